"""The archive copy: the same pages, valid PDF/A-1b in the judgement of PDFBox's Preflight."""

import io
import subprocess
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageChops, ImageDraw

from certificates import public
from certificates.ephyto.document import Document, Note
from certificates.ephyto.xml import to_xml
from certificates.paper import archiving, marking, pdf
from tests.factories import load, re_export_document
from tests.paper.preflight import complaints
from tests.paper.test_pdf import issued, many_lines

pytestmark = pytest.mark.django_db

SPOKEN = [("en", ""), *((language, "") for language in ("es", "fr", "ar", "ru", "zh-hans"))]
SPOKEN += [("en", beside) for beside in ("es", "fr", "ar", "ru", "zh-hans")]


@pytest.fixture(autouse=True)
def lists() -> None:
    load()


def shining() -> bytes:
    """Arms with soft edges and a half transparent middle."""
    picture = Image.new("RGBA", (120, 120), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((10, 10, 110, 110), fill=(200, 30, 30, 140), outline=(20, 90, 40, 255), width=6)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def letterhead() -> pdf.Letterhead:
    address = "https://gens.example/verify/4Qk2"
    return pdf.Letterhead(shining(), shining(), "P.O. Box 1874, Apia, Samoa", address, public.qr(address))


def re_exported() -> Document:
    said = {"number": "WS-2026-000124", "issued": "2026-07-15T10:42:00+13:00", "issuer": "NPPO of Samoa",
            "place_of_issue": "Apia", "officer": "Sina Tuilagi"}  # fmt: skip
    return re_export_document(**said)


def printed(document: Document, language: str = "en", beside: str = "") -> bytes:
    return pdf.render(document, xml=b"<a/>", language=language, beside=beside, letterhead=letterhead())


def text_of(data: bytes, path: Path) -> str:
    path.write_bytes(data)
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout


def picture_of(data: bytes, path: Path) -> Image.Image:
    path.with_suffix(".pdf").write_bytes(data)
    command = ["pdftoppm", "-r", "60", "-png", "-singlefile", str(path.with_suffix(".pdf")), str(path)]
    subprocess.run(command, check=True)
    return Image.open(f"{path}.png").convert("RGB")


@pytest.mark.parametrize("kind", ["export", "re-export"])
def test_preflight_finds_nothing_in_either_kind_in_any_language(kind: str, tmp_path: Path) -> None:
    document = issued() if kind == "export" else re_exported()
    files = {f"{one}-{two}": archiving.archived(printed(document, one, two)) for one, two in SPOKEN}
    assert complaints(files, tmp_path) == {name: [] for name in files}


def test_preflight_finds_nothing_in_marked_long_and_training_copies(tmp_path: Path) -> None:
    plain = printed(issued())
    training = pdf.render(issued(), xml=b"<a/>", mark="TRAINING – NOT VALID")
    words = issued(notes=(Note("ADEDL", "芋头已检查 تم فحص الشحنة Груз досмотрен <b>&amp;", "ru"),))
    files = {
        word: archiving.archived(marking.marked(plain, word, "Withdrawn on 29 November 2026 <&>", is_flat=True))
        for word in (marking.COPY, marking.TRUE_COPY, marking.REPLACED, marking.CANCELLED)
    }
    files |= {"training": archiving.archived(training), "long": archiving.archived(printed(many_lines(120)))}
    files |= {"scripts": archiving.archived(printed(words))}
    assert complaints(files, tmp_path) == {name: [] for name in files}


def test_preflight_refuses_the_kept_file_itself(tmp_path: Path) -> None:
    found = complaints({"kept": printed(issued())}, tmp_path)
    assert found["kept"] != []


def test_pages_words_and_pictures_are_those_of_the_kept_file(tmp_path: Path) -> None:
    kept = printed(many_lines(40))
    copy = archiving.archived(kept)
    assert text_of(copy, tmp_path / "a.pdf") == text_of(kept, tmp_path / "b.pdf")
    apart = ImageChops.difference(picture_of(copy, tmp_path / "a"), picture_of(kept, tmp_path / "b"))
    assert max(high for _low, high in apart.getextrema()) <= 40  # only edges of the arms


def test_it_holds_no_file_and_is_clean(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    data = archiving.archived(pdf.render(issued(), xml=to_xml(issued(), {})))
    path.write_bytes(data)
    assert b"SPSCertificate" not in data
    with pikepdf.open(path) as opened:
        assert (opened.pdf_version, list(opened.attachments)) == ("1.4", [])
        assert not any(
            item.get("/Type") == pikepdf.Name.EmbeddedFile for item in opened.objects if hasattr(item, "keys")
        )
    assert subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False).returncode == 0


def test_the_same_file_makes_the_same_copy() -> None:
    kept = printed(issued())
    assert archiving.archived(kept) == archiving.archived(kept)


def test_a_word_that_shines_through_is_refused_not_laid_over_the_text() -> None:
    with pytest.raises(archiving.ShinesThrough):
        archiving.archived(marking.marked(printed(issued()), marking.COPY))


def test_the_flat_word_stands_below_the_text(tmp_path: Path) -> None:
    plain = printed(issued())
    flat = marking.marked(plain, marking.CANCELLED, "Withdrawn", is_flat=True)
    assert "Withdrawn" in text_of(flat, tmp_path / "a.pdf")
    before, after = picture_of(plain, tmp_path / "b"), picture_of(flat, tmp_path / "c")
    dark = [(x, y) for x in range(0, 490, 3) for y in range(60, 690, 3) if max(before.getpixel((x, y))) < 60]
    assert len(dark) > 20
    ink = [at for at in ((x, y) for x in range(490) for y in range(60, 690)) if after.getpixel(at) == (224, 177, 175)]
    assert len(ink) > 500
    assert all(max(after.getpixel(at)) < 90 for at in dark)  # what was black stays black


def test_no_field_of_a_seal_stays() -> None:
    with pikepdf.open(io.BytesIO(printed(issued()))) as opened:
        field = opened.make_indirect(
            pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Sig, T="Seal")
        )
        opened.Root.AcroForm = pikepdf.Dictionary(Fields=[field], SigFlags=3)
        opened.pages[0].obj.Annots = pikepdf.Array([*opened.pages[0].obj.get("/Annots", []), field])
        out = io.BytesIO()
        opened.save(out)
    with pikepdf.open(io.BytesIO(archiving.archived(out.getvalue()))) as copy:
        assert "/AcroForm" not in copy.Root
        assert all(each.Subtype == pikepdf.Name.Link for each in copy.pages[0].obj.Annots)
