"""Any PDF is told apart: unchanged, changed, another XML inside, never issued, too late, somebody else's, without a seal."""

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect

from certificates import printing, prints, public
from certificates.models import Certificate, Seal, SealedFile, Status
from certificates.paper import marking
from certificates.seals import answering, attached, keys, looking, making, signing, using
from certificates.seals.answering import Verdict, asked
from gens.accounts.tenancy import acting_for
from tests.factories import NppoFactory
from tests.seals import world as helpers
from tests.seals.test_printing import World
from tests.seals.test_signing import _signed_on_top, hole_of
from tests.seals.world import place

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def data(world: World) -> bytes:
    return world.pdf(world.printed("WS-1")) or b""


def sealed(data: bytes, world: World, name: str = "2026", chain: str = "") -> bytes:
    """By whoever has the key, past the register."""
    with keys.opened(place(world.nppo, name)) as key:
        return signing.sealed(data, key, chain or key.chain).data


def flipped(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 0x01]) + data[position + 1 :]


def with_xml(data: bytes, xml: bytes) -> bytes:
    """The PDF with another message inside."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        (name,) = pdf.attachments
        pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, xml, filename=name)
        pdf.save(out)
    return out.getvalue()


def appended_xml(data: bytes, xml: bytes) -> bytes:
    """The same by an incremental update, as a clever hand does it: not one sealed byte is touched."""
    from pyhanko.pdf_utils import embed
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer, out = IncrementalPdfFileWriter(io.BytesIO(data)), io.BytesIO()
    names = writer.root["/Names"]
    del names["/EmbeddedFiles"]
    writer.update_container(names)
    content = embed.EmbeddedFileObject.from_file_data(writer, data=xml)
    embed.embed_file(writer, embed.FileSpec("WS-1.xml", embedded_data=content))
    writer.write(out)
    return out.getvalue()


# What is good


def test_an_issued_certificate_is_unchanged_and_whose_it_is_is_told(world: World, data: bytes) -> None:
    answer = asked(data)
    assert (answer.verdict, answer.nppo, answer.is_original) == (Verdict.UNCHANGED, world.nppo, True)
    assert answer.certificate is not None
    assert answer.certificate.number == "WS-1"
    assert answer.at == world.files()[0].at


def test_a_later_print_is_unchanged_too(world: World) -> None:
    made = world.printed("WS-1")
    with acting_for(world.nppo.pk):
        copies = [prints.start(made, by=world.desk) for _ in range(2)]
    answer = asked(printing.pages(copies[1]) or b"")
    assert (answer.verdict, answer.is_original) == (Verdict.UNCHANGED, False)


def test_what_an_old_seal_sealed_is_unchanged_after_two_more(world: World, data: bytes) -> None:
    helpers.in_use(world.nppo, "2027")
    place(world.nppo).file.unlink()
    second = world.pdf(world.printed("WS-2")) or b""
    helpers.in_use(world.nppo, "2028")
    third = world.pdf(world.printed("WS-3")) or b""
    with acting_for(world.nppo.pk):
        using.retire(Seal.objects.in_use().get(), by=None, reason="on paper only")
    assert [asked(each).verdict for each in (data, second, third)] == [Verdict.UNCHANGED] * 3
    assert {file.seal.name for file in world.files()} == {"2026", "2027", "2028"}


def test_a_seal_stays_good_when_its_certificate_has_ended_since(
    world: World, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = timezone.now() + timedelta(days=4000)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert asked(data).verdict == Verdict.UNCHANGED


def test_two_countries_of_one_installation_are_told_apart(world: World, data: bytes) -> None:
    there = World("NZ")
    theirs = there.pdf(there.printed("NZ-1")) or b""
    assert [asked(each).nppo for each in (data, theirs)] == [world.nppo, there.nppo]


def test_a_time_stamp_is_told(settings: Any) -> None:
    with helpers.time_server() as address:
        settings.SEAL_TIME_SERVERS = [address]
        world = World(time_server=address)
        data = world.pdf(world.printed("WS-1")) or b""
    answer = asked(data)
    assert (answer.verdict, answer.has_time) == (Verdict.UNCHANGED, True)


# What is not


def test_a_changed_byte_is_told_wherever_it_is(world: World, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {asked(flipped(data, position)).verdict for position in range(0, len(data), len(data) // 23)}
    assert found <= {Verdict.CHANGED, Verdict.SWAPPED, Verdict.NO_PDF}  # some of them are the XML's
    assert Verdict.CHANGED in found
    assert asked(flipped(data, len(data) // 3)).nppo == world.nppo  # whose seal it was


def test_no_digit_of_the_seal_itself_can_be_another(world: World, data: bytes) -> None:
    """Some of what a signature carries is not signed. The register knows the file as it was made."""
    start, end = hole_of(data)
    used = len(data[start:end].rstrip(b"0"))
    never_signed = [
        position for position in range(start, start + used, 3)
        if looking.signatures(flipped(data, position))[0].is_unchanged
    ]  # fmt: skip
    assert len(never_signed) < 40
    positions = [*never_signed, *range(start, end, (end - start) // 8)]
    assert all(not asked(flipped(data, each)).is_good for each in positions)
    assert {asked(flipped(data, each)).verdict for each in never_signed} <= {Verdict.NOT_ISSUED}


@pytest.mark.parametrize("more", [b"\n", b"\n%%EOF\n"])
def test_whatever_stands_behind_the_seal_changes_the_file(world: World, data: bytes, more: bytes) -> None:
    answer = asked(data + more)
    assert (answer.verdict, answer.nppo) == (Verdict.CHANGED, world.nppo)
    assert answer.certificate is not None
    assert answer.certificate.number == "WS-1"


def test_a_signature_of_somebody_s_on_top_changes_the_file(world: World, data: bytes) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    helpers.written(place(world.nppo, "other"), helpers.pem(key) + helpers.certificate(world.nppo, key).encode())
    with keys.opened(place(world.nppo, "other")) as opened:
        answer = asked(_signed_on_top(data, signing._Signer(opened, signing._certificates(opened.chain))))
    assert (answer.verdict, answer.nppo) == (Verdict.CHANGED, world.nppo)


@pytest.mark.parametrize("swap", [appended_xml, with_xml])
def test_another_xml_inside_is_told_as_such(world: World, data: bytes, swap: Callable[[bytes, bytes], bytes]) -> None:
    other = swap(data, b"<other/>")
    assert attached.hashes(other) == {hashlib.sha256(b"<other/>").hexdigest()}
    assert asked(other).verdict == Verdict.SWAPPED


def test_the_xml_of_another_certificate_inside_is_not_unchanged(world: World, data: bytes) -> None:
    second = world.printed("WS-2")
    with acting_for(world.nppo.pk):
        xml = bytes(second.messages.get().xml)
    answer = asked(appended_xml(data, xml))
    assert answer.verdict == Verdict.SWAPPED
    assert answer.certificate is not None
    assert answer.certificate.number == "WS-1"  # what was sealed, not what was put in
    assert asked(with_xml(data, xml)).verdict == Verdict.CHANGED


def test_a_good_seal_on_what_was_never_issued_is_told(world: World, data: bytes) -> None:
    unsealed = marking.marked(data, marking.COPY)
    answer = asked(sealed(unsealed, world))
    assert (answer.verdict, answer.nppo) == (Verdict.NOT_ISSUED, world.nppo)
    assert asked(sealed(with_xml(unsealed, b"<other/>"), world)).verdict == Verdict.SWAPPED


def test_a_seal_put_on_after_its_certificate_ended_is_told(world: World, data: bytes) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    chain = helpers.expired(world.nppo, key)
    old = helpers.written(place(world.nppo, "old"), helpers.pem(key) + chain.encode())
    with acting_for(world.nppo.pk):
        using.retire(world.fresh(), by=None, reason="x")
        from certificates.seals.using import _facts, _read

        Seal.objects.create(nppo=world.nppo, kind="file", name="old", **_facts(_read(chain)))
    assert old.file.exists()
    answer = asked(sealed(marking.marked(data, marking.COPY), world, "old"))
    assert (answer.verdict, answer.nppo) == (Verdict.EXPIRED, world.nppo)


def test_a_seal_put_on_after_it_was_retired_is_told(world: World, data: bytes) -> None:
    with acting_for(world.nppo.pk):
        seal = world.fresh()
        Seal.objects.filter(pk=seal.pk).update(retired_at=timezone.now() - timedelta(hours=1))
    assert asked(sealed(marking.marked(data, marking.COPY), world)).verdict == Verdict.EXPIRED
    assert asked(data).verdict == Verdict.UNCHANGED  # what is in the register was sealed when it was


def test_a_seal_of_somebody_else_is_told_with_its_name(world: World, data: bytes) -> None:
    elsewhere = NppoFactory(code="EC", name="Somebody else")
    making.make(elsewhere, place(elsewhere))
    with keys.opened(place(elsewhere)) as key:
        foreign = signing.sealed(marking.marked(data, marking.COPY), key, key.chain).data
    answer = asked(foreign)
    assert (answer.verdict, answer.nppo, answer.certificate) == (Verdict.FOREIGN, None, None)
    assert "Somebody else" in answer.subject


def test_a_certificate_that_only_looks_like_ours_is_somebody_else_s(world: World, data: bytes) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    chain = making.self_signed(world.nppo, key).public_bytes(keys.Encoding.PEM)  # the same names
    helpers.written(place(world.nppo, "fake"), helpers.pem(key) + chain)
    answer = asked(sealed(marking.marked(data, marking.COPY), world, "fake"))
    assert (answer.verdict, answer.nppo) == (Verdict.FOREIGN, None)


def test_our_certificate_with_another_key_is_no_seal_of_ours(world: World, data: bytes) -> None:
    """Certificates are public: anybody can put ours into a signature of theirs."""
    chain = world.seal.chain
    key = ec.generate_private_key(ec.SECP256R1())
    other = keys.Key(keys._key_of(helpers.pem(key)).sign, key.public_key(), chain)
    before = marking.marked(data, marking.COPY)
    forged = _signed_on_top(before, signing._Signer(other, signing._certificates(chain)))
    assert not looking.signatures(forged)[0].is_intact
    assert asked(forged).verdict == Verdict.CHANGED


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (b"", Verdict.NO_PDF), (b"<xml/>", Verdict.NO_PDF), (b"PK\x03\x04" * 99, Verdict.NO_PDF),
        (b"%PDF-1.7", Verdict.NOT_SEALED), (b"%PDF-1.7" + b"x" * 12_000_000, Verdict.NO_PDF),
        (b"%PDF-1.7 /ByteRange [0 1 2 3]", Verdict.CHANGED),
        (b"%PDF-1.7\nxref\n0 1\ntrailer<</Prev 9/Root 1 0 R>>\nstartxref\n9\n%%EOF", Verdict.NOT_SEALED),
    ],
)  # fmt: skip
def test_whatever_is_brought_gets_an_answer(data: bytes, verdict: Verdict) -> None:
    assert asked(data).verdict == verdict


def test_an_encrypted_copy_is_changed_or_has_no_seal(world: World, data: bytes) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="x", user="x", R=6))
    assert asked(out.getvalue()).verdict in (Verdict.CHANGED, Verdict.NOT_SEALED)


# On the page


def post(data: bytes, **headers: str) -> Any:
    file = SimpleUploadedFile("a.pdf", data, "application/pdf")
    return Client().post(reverse("certificates:verify_file"), {"file": file}, headers=headers)


def test_the_page_tells_the_verdict_and_leads_to_the_certificate(world: World, data: bytes) -> None:
    page = post(data)
    words = page.content.decode()
    assert "Sealed, and unchanged since" in words
    assert world.nppo.name in words
    with acting_for(world.nppo.pk):
        assert public.address_of(Certificate.objects.get()) in words
    assert (page.headers["Cache-Control"], page.status_code) == ("no-store", 200)
    assert "valid as far as its NPPO knows" in words


def test_the_page_says_of_a_good_seal_that_the_certificate_is_withdrawn(world: World, data: bytes) -> None:
    with acting_for(world.nppo.pk):
        Certificate.objects.update(status=Status.WITHDRAWN)
    words = post(data).content.decode()
    assert "Sealed, and unchanged since" in words
    assert "was withdrawn since" in words


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_has_its_own_words_on_the_page(
    world: World, data: bytes, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "asked", lambda _data: answering.Answer(verdict, nppo=world.nppo))
    words = post(data).content.decode()
    assert [each for each in Verdict if str(each.label) in words] == [verdict]


def test_the_page_asks_for_a_file_and_bears_no_other_method_s_data(client: Client) -> None:
    address = reverse("certificates:verify_file")
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 422
    assert "Choose a PDF" in client.post(address, {"file": "x"}).content.decode()


def test_who_asks_too_often_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "MOST", 2)
    assert [post(b"%PDF-1.7").status_code for _ in range(3)] == [200, 200, 429]


def test_training_is_never_taken_for_valid() -> None:
    world = World("WS-T", twin=True)
    data = world.pdf(world.printed("WS-T-1")) or b""
    words = post(data).content.decode()
    assert "TRAINING – NOT VALID" in words


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_browser_brings_a_file_with_and_without_javascript(
    live_server: Any, browser: Browser, tmp_path: Path
) -> None:
    world = World()
    made = world.printed("WS-1")
    (tmp_path / "good.pdf").write_bytes(world.pdf(made) or b"")
    (tmp_path / "bad.pdf").write_bytes((world.pdf(made) or b"") + b"x")
    with acting_for(world.nppo.pk):
        token = public.link_of(made).secret
    for has_javascript in (True, False):
        context = browser.new_context(java_script_enabled=has_javascript)
        page = context.new_page()
        for name, words in (("good", "Sealed, and unchanged since"), ("bad", "Changed after it was sealed")):
            page.goto(live_server.url + reverse("certificates:verify_file"))
            page.get_by_label("PDF of a certificate").set_input_files(tmp_path / f"{name}.pdf")
            page.get_by_role("button", name="Look at the seal").click()
            expect(page.locator("#answer")).to_contain_text(words)
        page.goto(live_server.url + reverse("certificates:verify", args=[f"{world.nppo.pk}-{token}"]))
        page.get_by_label("PDF or XML of the certificate").set_input_files(tmp_path / "good.pdf")
        page.get_by_role("button", name="Compare").click()
        expect(page.locator("[data-same]")).to_be_visible()
        context.close()


# By command


def test_the_command_tells_the_same_and_exits_with_1(
    world: World, data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(data)
    bad.write_bytes(flipped(data, 9000))
    call_command("seal", "verify", str(good))
    assert "good.pdf: Sealed, and unchanged since" in capsys.readouterr().out
    with pytest.raises(SystemExit) as end:
        call_command("seal", "verify", str(good), str(bad), str(tmp_path / "none.pdf"))
    said = capsys.readouterr()
    assert end.value.code == 1
    assert "bad.pdf: Changed after it was sealed" in said.out
    assert "WS-1" in said.out
    assert "none.pdf: No such file" in said.out


def test_the_command_makes_a_key_puts_it_into_use_and_lists_it(
    key_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nppo = NppoFactory(code="WS")
    call_command("seal", "new", "WS", "2026", "--csr")
    assert "BEGIN CERTIFICATE REQUEST" in capsys.readouterr().out
    call_command("seal", "use", "WS", "2026", "--visible")
    call_command("seal", "list")
    said = capsys.readouterr().out
    assert "WS  2026" in said
    with acting_for(nppo.pk):
        seal = Seal.objects.get()
    assert (seal.is_visible, seal.retired_at, SealedFile.objects.count()) == (True, None, 0)
    assert (key_folder / "WS" / "2026.pem").exists()
    for wrong in (["new", "WS", "2026"], ["new", "XX", "a"], ["new", "WS", "../a"], ["use", "WS", "none"]):
        with pytest.raises(Exception, match=r"."):
            call_command("seal", *wrong)
