"""The paper: one page for the face, the statement word for word, the exact XML inside, everything else on attachments."""

import io
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from certificates.ephyto.document import Document, Note, Text
from certificates.ephyto.xml import Message, from_xml, to_xml
from certificates.paper import fit, pdf
from certificates.paper.face import face
from certificates.paper.words import label, statements
from tests.factories import load, valid_document

pytestmark = pytest.mark.django_db

CERTIFYING = (
    "This is to certify that the plants, plant products or other regulated articles described herein have been inspected "
    "and/or tested according to appropriate official procedures and are considered to be free from the quarantine pests "
    "specified by the importing contracting party and to conform with the current phytosanitary requirements of the "
    "importing contracting party, including those for regulated non-quarantine pests."
)


@pytest.fixture(autouse=True)
def lists() -> None:
    load()


def issued(**changes: object) -> Document:
    filled = {
        "number": "WS-2026-000123", "issued": "2026-07-15T10:42:00+13:00", "issuer": "NPPO of Samoa",
        "place_of_issue": "Apia", "officer": "Sina Tuilagi",
    }  # fmt: skip
    return valid_document(**(filled | changes))


def opened(document: Document, **options: object) -> pikepdf.Pdf:
    data = pdf.render(document, xml=to_xml(document, {}), **options)  # type: ignore[arg-type]
    return pikepdf.open(io.BytesIO(data))


def many_lines(count: int) -> Document:
    line = issued().lines[0]
    return issued(
        lines=tuple(replace(line, id=f"l{n}", descriptions=(Text(f"Produce {n}", "en"),)) for n in range(count))
    )


def test_the_certifying_statement_is_the_models_word_for_word() -> None:
    assert statements("certifying", "en") == [("en", CERTIFYING)]


def test_an_unverified_sentence_prints_only_beside_the_english_one() -> None:
    languages = [language for language, _text in statements("certifying", "es")]
    assert languages == ["en", "es"]
    assert statements("no_liability", "es") == statements("no_liability", "en")


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar", "zh-hans", "ru"])
def test_every_label_exists_in_every_language(language: str) -> None:
    assert label("exporter", language)
    assert language == "en" or label("exporter", language) != label("exporter", "en")


def test_the_boxes_stand_in_the_order_of_the_model() -> None:
    keys = [box.key for box in face(issued()).boxes]
    assert keys == [
        "organization", "to", "description", "exporter", "consignee", "packages", "marks", "origin", "conveyance", "entry",
        "produce", "certifying", "declaration", "treatment_section", "treatment_date", "treatment_treatment",
        "treatment_chemical", "treatment_duration", "treatment_concentration", "treatment_information",
        "place", "officer", "issued", "stamp", "signature",
    ]  # fmt: skip


def test_the_face_says_quantities_and_places_as_people_read_them() -> None:
    boxes = {box.key: box for box in face(issued()).boxes}
    assert boxes["produce"].rows[0].quantity == "12\u202f400\u00a0kg"
    assert [t.text for t in boxes["packages"].texts] == ["620\u00a0bag"]
    assert [t.text for t in boxes["origin"].texts] == ["Samoa (Aleipata, Upolu)"]
    assert [t.text for t in boxes["issued"].texts] == ["15 July 2026"]


@pytest.mark.parametrize("lines", [1, 8])
def test_what_fits_is_one_page(lines: int) -> None:
    assert len(opened(many_lines(lines)).pages) == 1


@pytest.mark.parametrize(
    "document", [many_lines(12), many_lines(500), issued(notes=(Note("ADEDL", "word " * 1600, "en"),))]
)
def test_what_does_not_fit_goes_to_attachment_pages_and_the_face_stays_one(document: Document) -> None:
    made = fit.fitted(face(document))
    assert len(made.attached) == 1
    assert any(text.text == "See attachment" for box in made.face.boxes for text in box.texts)
    with opened(document) as printed:
        assert len(printed.pages) >= 2
        first = printed.pages[0]
        assert float(first.mediabox[3]) == pytest.approx(842, abs=1)


def test_the_same_document_prints_the_same_bytes() -> None:
    document = issued()
    data = to_xml(document, {})
    assert pdf.render(document, xml=data) == pdf.render(document, xml=data)


def test_the_exact_xml_is_attached_once_as_source() -> None:
    document = issued()
    with opened(document) as printed:
        (name,) = printed.attachments
        assert name == "WS-2026-000123.xml"
        assert printed.attachments[name].get_file().read_bytes() == to_xml(document, {})
        assert len(printed.Root.AF) == 1
        assert printed.Root.AF[0].AFRelationship == pikepdf.Name.Source


def test_it_is_tagged_pdf_a_3a_with_language_and_embedded_fonts() -> None:
    with opened(issued()) as printed:
        with printed.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert printed.Root.MarkInfo.Marked
        assert str(printed.Root.Lang) == "en"
        assert "/StructTreeRoot" in printed.Root
        for font in printed.pages[0].Resources.Font.values():
            assert "/FontFile2" in font.DescendantFonts[0].FontDescriptor


def test_text_comes_out_again_in_every_script(tmp_path: Path) -> None:
    import subprocess

    document = issued(
        notes=(Note("ADEDL", "Груз досмотрен 芋头已检查 Savai'i", "ru"), Note("ADEDL", "تم فحص الشحنة", "ar"))
    )
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf.render(document, xml=b""))
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    flat = " ".join(text.split())
    assert CERTIFYING in flat.replace("non- quarantine", "non-quarantine")
    assert "Груз досмотрен 芋头已检查 Savai'i" in flat
    assert subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False).returncode == 0


def test_a_reproduction_says_what_it_is_and_shows_everything(reference: Path, tmp_path: Path) -> None:
    import subprocess

    from certificates import printing

    message = from_xml((reference / "ephyto/samples/851_full_example_AR-EC_with_attachments.xml").read_bytes())
    assert isinstance(message, Message)
    path = tmp_path / "r.pdf"
    origin = pdf.Origin("AR", "10 July 2026, 06:14")
    path.write_bytes(pdf.render(message.document, xml=b"<a/>", origin=origin, listed=printing._rest(message.document)))
    text = " ".join(
        subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout.split()
    )
    assert "Reproduction of electronic data received from AR, 10 July 2026, 06:14" in text
    for word in ("Miguel Perrerra", "Ribes", "UkjentFiltype", "G2382564"):
        assert word in text


def test_a_re_export_prints_its_own_sentence_with_its_blanks_filled(reference: Path) -> None:
    message = from_xml((reference / "ephyto/samples/made_657_reexport_70.xml").read_bytes())
    assert isinstance(message, Message)
    (sentence,) = next(box for box in face(message.document).boxes if box.key == "certifying").texts
    assert "imported into Argentina (contracting party of re-export) from Belgium" in sentence.text
    assert "covered by Phytosanitary Certificate No. PC-BE-677636" in sentence.text
    assert sentence.text.count("■") == 4
    assert "practically free" not in sentence.text


def test_a_blank_that_nobody_filled_stays_a_blank_and_a_country_without_a_code_has_its_name() -> None:
    from certificates.ephyto.document import Country
    from tests.factories import re_export_document

    bare = re_export_document(reexport_country=Country("", "Samoa"), export_country=Country("", ""))
    bare = replace(bare, lines=tuple(replace(line, notes=()) for line in bare.lines))
    (sentence,) = next(box for box in face(bare).boxes if box.key == "certifying").texts
    assert (
        "imported into Samoa (contracting party of re-export) from ___ (contracting party of origin)" in sentence.text
    )
    assert "Phytosanitary Certificate No. ___" in sentence.text


def test_the_paper_fetches_nothing() -> None:
    with pytest.raises(ValueError, match="fetches nothing"):
        pdf.Closed().fetch("https://example.org/x.css")
    with pytest.raises(ValueError, match="fetches nothing"):
        pdf.Closed().fetch("file:///etc/passwd")
