"""A sealed PDF: PAdES, over every byte, still PDF/A-3a in structure; and no byte of it can be another."""

import io
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certificates.models import Seal
from certificates.paper import marking, pdf, sealmark
from certificates.seals import attached, keys, looking, making, signing, using
from certificates.seals.keys import Key, NotAtHand
from gens.accounts.models import Nppo
from tests.factories import NppoFactory, load
from tests.paper.test_pdf import issued, many_lines
from tests.seals import world
from tests.seals.world import forms, place

pytestmark = pytest.mark.django_db
XML = b"<a/>"


@pytest.fixture
def nppo() -> Nppo:
    load()
    return NppoFactory(code="WS")


@pytest.fixture
def paper(nppo: Nppo) -> bytes:
    return pdf.render(issued(), xml=XML)


def sealed(data: bytes, nppo: Nppo, **options: Any) -> bytes:
    where = place(nppo)
    if not where.file.exists():
        making.make(nppo, where)
    with keys.opened(where) as key:
        return signing.sealed(data, key, key.chain, **options).data


def pdfsig(data: bytes, folder: Path) -> str:
    path = folder / "sealed.pdf"
    path.write_bytes(data)
    return subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout


def test_poppler_finds_one_valid_signature_over_the_whole_file(nppo: Nppo, paper: bytes, tmp_path: Path) -> None:
    said = pdfsig(sealed(paper, nppo), tmp_path)
    assert "Signature #2" not in said
    assert "Signature Type: ETSI.CAdES.detached" in said
    assert "Total document signed" in said
    assert "Signature is Valid" in said
    assert "Signing Hash Algorithm: SHA-256" in said


def test_pyhanko_s_own_validation_agrees(nppo: Nppo, paper: bytes) -> None:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    signature = PdfFileReader(io.BytesIO(sealed(paper, nppo))).embedded_signatures[0]
    with ThreadPoolExecutor(1) as apart:  # it starts an event loop; the browser of other tests has one in this thread
        trusting = ValidationContext(trust_roots=[signature.signer_cert])
        status = apart.submit(validate_pdf_signature, signature, trusting).result()
    assert status.bottom_line
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    assert status.docmdp_ok
    names = [attribute["type"].native for attribute in signature.signer_info["signed_attrs"]]
    assert "signing_certificate_v2" in names
    assert "signing_time" not in names  # PAdES: the time stands in the PDF
    assert not signature.signer_info["unsigned_attrs"]


def test_what_was_there_stays_byte_for_byte_and_the_file_is_sound(nppo: Nppo, paper: bytes, tmp_path: Path) -> None:
    data = sealed(paper, nppo)
    assert data.startswith(paper)
    (tmp_path / "a.pdf").write_bytes(data)
    assert (
        subprocess.run(["qpdf", "--check", str(tmp_path / "a.pdf")], capture_output=True, check=False).returncode == 0
    )
    with pikepdf.open(io.BytesIO(data)) as printed, printed.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert printed.Root.MarkInfo.Marked
        assert "/Version" not in printed.Root
        (widget,) = [each for each in printed.pages[0].Annots if each.get("/FT") == "/Sig"]
        assert (int(widget.F) & 0b100111, list(widget.Rect)) == (0b100, [0, 0, 0, 0])  # printed, not hidden
        (name,) = printed.attachments
        assert printed.attachments[name].get_file().read_bytes() == XML


def test_the_same_paper_is_sealed_to_the_same_length(nppo: Nppo, paper: bytes) -> None:
    assert len({len(sealed(paper, nppo)) for _ in range(8)}) == 1


def test_a_seal_is_small_and_quick(nppo: Nppo, paper: bytes) -> None:
    """Of the order of 30 ms; the limit is that of a busy machine."""
    sealed(paper, nppo)  # what is loaded once
    took = []
    for _ in range(10):
        start = time.perf_counter()
        data = sealed(paper, nppo)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.15
    assert len(data) - len(paper) < 12_000


@pytest.mark.parametrize("lines", [1, 40])
def test_a_visible_seal_stands_in_the_stamp_s_box_with_its_fonts(nppo: Nppo, lines: int, tmp_path: Path) -> None:
    mark = sealmark.drawn("Electronically sealed", nppo.name, "http://localhost:8000/verify/")
    data = sealed(pdf.render(many_lines(lines), xml=XML), nppo, mark=mark)
    (tmp_path / "a.pdf").write_bytes(data)
    assert (
        subprocess.run(["qpdf", "--check", str(tmp_path / "a.pdf")], capture_output=True, check=False).returncode == 0
    )
    with pikepdf.open(io.BytesIO(data)) as printed:
        (widget,) = [each for each in printed.pages[0].Annots if each.get("/FT") == "/Sig"]
        left, bottom, right, top = (float(edge) for edge in widget.Rect)
        assert (round(right - left), round(top - bottom)) == (77, 33)  # 27 by 11.5 mm
        assert 0 < left < right < 595
        assert 0 < bottom < top < 160
        fonts = [font for each in forms(widget.AP.N) for font in each.get("/Resources", {}).get("/Font", {}).values()]
        assert fonts
        assert all("/FontFile2" in font.DescendantFonts[0].FontDescriptor for font in fonts)
    drawn = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "a.pdf"), "-"], capture_output=True, text=True, check=True
    )
    assert "Electronically sealed" in drawn.stdout


def hole_of(data: bytes) -> tuple[int, int]:
    """Where the digits of the seal stand, without their brackets."""
    start = data.rindex(b"/Contents <") + len(b"/Contents <")
    return start, data.index(b">", start)


def test_no_byte_around_the_seal_s_digits_can_be_another(nppo: Nppo, paper: bytes) -> None:
    data = sealed(paper, nppo)
    (whole,) = looking.signatures(data)
    assert whole.is_unchanged
    assert whole.fingerprint
    start, end = hole_of(data)
    for position in (*range(0, len(paper), 150), *range(len(paper), start, 3), *range(end, len(data), 2)):
        flipped = data[position] ^ (0x20 if position % 2 else 0x01)
        other = data[:position] + bytes([flipped]) + data[position + 1 :]
        assert not any(each.is_unchanged for each in looking.signatures(other)), position


def test_the_digits_can_be_written_in_one_way_only(nppo: Nppo, paper: bytes) -> None:
    """What they say beside what is signed, the register of sealed files knows: test_answering."""
    data = sealed(paper, nppo)
    start, end = hole_of(data)
    digits = data[start:end]
    used = len(digits.rstrip(b"0"))
    for other in (
        digits.lower(), digits[:-1] + b"1", digits[:-2], digits + b"00", digits[:used] + b" " * (len(digits) - used),
        digits.replace(b"A", b"a", 1), b"00" + digits[:-2],
    ):  # fmt: skip
        assert not any(each.is_unchanged for each in looking.signatures(data[:start] + other + data[end:])), other[-9:]


@pytest.mark.parametrize("more", [b"\n", b" ", b"%%EOF\n", b"1 0 obj\n<<>>\nendobj\n"])
def test_nothing_can_be_added_at_either_end(nppo: Nppo, paper: bytes, more: bytes) -> None:
    data = sealed(paper, nppo)
    assert not any(each.is_unchanged for each in looking.signatures(data + more))
    assert not any(each.is_unchanged for each in looking.signatures(more + data))
    assert not any(each.is_unchanged for each in looking.signatures(data[: -len(more)]))


def test_a_second_signature_breaks_the_first_for_us(nppo: Nppo, paper: bytes) -> None:
    """A reader may take it for an update that is allowed; a certificate has one seal, over all of it."""

    data = sealed(paper, nppo)
    making.make(nppo, place(nppo, "other"))
    with keys.opened(place(nppo, "other")) as key:
        double = _signed_on_top(data, signing._Signer(key, signing._certificates(key.chain)))
    first, second = looking.signatures(double)
    assert (first.is_whole, second.is_unchanged) == (False, True)
    assert first.is_intact  # of what it covers: it is told whose it was


def _signed_on_top(data: bytes, signer: Any) -> bytes:
    """An object more, with a signature of somebody's over all of it."""
    import hashlib

    room, before = 8000, data + b"\n99 0 obj\n<< /Type /Sig /Contents "
    start, end = len(before), len(before) + room + 2
    after = b" /ByteRange [0 %d %d %d] /M (D:20261130000000Z) >>\nendobj\n"
    for rest in range(60, 99):  # its length stands in it
        if len(after % (start, end, rest)) == rest:
            after = after % (start, end, rest)
            break
    digest = hashlib.sha256(before + after).digest()
    signed = signing._awaited(signer.async_sign(digest, "sha256", use_pades=True)).dump()
    return before + b"<" + signed.hex().upper().encode().ljust(room, b"0") + b">" + after


def test_a_key_that_is_not_the_certificate_s_never_leaves_a_broken_seal(nppo: Nppo, paper: bytes) -> None:
    making.make(nppo, place(nppo))
    other = ec.generate_private_key(ec.SECP256R1())
    with keys.opened(place(nppo)) as key:
        wrong = Key(keys._key_of(world.pem(other)).sign, key.public, key.chain)
        with pytest.raises(NotAtHand) as why:
            signing.sealed(paper, wrong, key.chain)
    assert why.value.trouble == Seal.Trouble.UNFIT


def test_an_rsa_key_of_an_authority_seals_too(nppo: Nppo, paper: bytes, tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    chain = world.certificate(nppo, key)
    where = world.written(place(nppo, "rsa"), world.pem(key) + chain.encode())
    with keys.opened(where) as opened:
        data = signing.sealed(paper, opened, opened.chain).data
    assert looking.signatures(data)[0].is_unchanged
    assert "Signature is Valid" in pdfsig(data, tmp_path)


def test_a_time_stamp_is_of_this_very_seal(nppo: Nppo, paper: bytes, tmp_path: Path) -> None:
    with world.time_server() as address:
        data = sealed(paper, nppo, time_server=address)
    (found,) = looking.signatures(data)
    assert (found.is_unchanged, found.has_time) == (True, True)
    assert "Signature is Valid" in pdfsig(data, tmp_path)
    assert len(data) - len(paper) < 36_000


@pytest.mark.parametrize(
    ("answer", "status"),
    [(b"", 200), (b"<html>", 200), (b"\x30\x03\x02\x01\x02", 200), (None, 503), (b"x" * 200_000, 200)],
)
def test_a_time_server_that_says_nothing_good_is_told(
    nppo: Nppo, paper: bytes, answer: bytes | None, status: int
) -> None:
    with world.time_server(answer=answer, status=status) as address, pytest.raises(NotAtHand) as why:
        sealed(paper, nppo, time_server=address)
    assert why.value.trouble == Seal.Trouble.TIME


def test_a_time_server_that_is_not_there_is_told(nppo: Nppo, paper: bytes) -> None:
    with pytest.raises(NotAtHand) as why:
        sealed(paper, nppo, time_server="http://127.0.0.1:9/")
    assert why.value.trouble == Seal.Trouble.TIME


def test_a_mark_across_the_pages_takes_the_seal_off_and_leaves_the_xml(nppo: Nppo, paper: bytes) -> None:
    mark = sealmark.drawn("Electronically sealed", nppo.name, "http://localhost:8000/verify/")
    copy = marking.marked(sealed(paper, nppo, mark=mark), marking.COPY)
    assert looking.signatures(copy) == []
    assert attached.hashes(copy) == attached.hashes(paper)
    with pikepdf.open(io.BytesIO(copy)) as printed:
        assert "/AcroForm" not in printed.Root
        assert not any(each.get("/FT") == "/Sig" for each in printed.pages[0].get("/Annots", []))
    again = sealed(copy, nppo, mark=mark)
    assert looking.signatures(again)[0].is_unchanged
    assert marking.marked(sealed(paper, nppo), marking.COPY) == marking.marked(sealed(paper, nppo), marking.COPY)


def test_links_of_the_paper_outlive_the_seal(nppo: Nppo) -> None:
    head = pdf.Letterhead(verify="http://localhost:8000/verify/1-x", code=b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    plain = pdf.render(issued(), xml=XML, letterhead=head)
    for data in (sealed(plain, nppo), marking.marked(sealed(plain, nppo), marking.COPY)):
        with pikepdf.open(io.BytesIO(data)) as printed:
            links = [str(each.A.URI) for each in printed.pages[0].Annots if each.get("/Subtype") == "/Link"]
            assert set(links) == {"http://localhost:8000/verify/1-x"}


# What is no seal


@pytest.mark.parametrize(
    "data",
    [
        b"", b"%PDF-1.7", b"%PDF-1.7\n/ByteRange [0 1 2 3]", b"/Contents <" + b"0" * 4000 + b">",
        b"/ByteRange [0 99999999999 1 1]/Contents <" + b"30" * 2000 + b">",
        b"/ByteRange [0 9 9999999999 9999999999]/Contents <" + b"3082" * 1000 + b">",
        b"/Contents <" + b"30800609" * 500 + b">", b"/Contents <" + b"30" * 199_000 + b">",
        (b"/ByteRange [0 1 2 3]" + b"/Contents <" + b"ab" * 300 + b">") * 500,
    ],
    ids=range(9),
)  # fmt: skip
def test_garbage_is_looked_at_quickly_and_is_no_seal(data: bytes) -> None:
    start = time.perf_counter()
    found = looking.signatures(data)
    assert not any(each.is_unchanged or each.is_intact or each.fingerprint for each in found)
    assert time.perf_counter() - start < 2


def test_a_huge_file_is_looked_at_in_linear_time() -> None:
    start = time.perf_counter()
    looking.signatures(b"%PDF-1.7" + b"/Contents <3082 /ByteRange [0 /M (D:" * 350_000)
    assert time.perf_counter() - start < 5


def _bomb() -> bytes:
    made, out = pikepdf.new(), io.BytesIO()
    made.add_blank_page()
    made.attachments["a.xml"] = b"\0" * 400_000_000
    made.save(out)
    return out.getvalue()


def test_attachments_are_unpacked_within_bounds(paper: bytes) -> None:
    import hashlib

    assert attached.hashes(paper) == {hashlib.sha256(XML).hexdigest()}
    assert attached.hashes(b"%PDF-1.7 nothing") is None
    bomb = _bomb()
    assert len(bomb) < 1_000_000
    assert attached.hashes(bomb) is None


def test_using_is_not_reached_without_a_key(nppo: Nppo) -> None:
    with pytest.raises(NotAtHand) as why:
        using.prepared(nppo, place(nppo, "none"))
    assert why.value.trouble == Seal.Trouble.NO_KEY
