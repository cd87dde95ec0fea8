"""Nothing on the face is ever cut off or pushed out: the counting rules hold against the real layout."""

from dataclasses import replace

import pytest

from certificates.ephyto.document import Country, Document, Measure, Note, Party, Text, Treatment
from certificates.paper import fit, pdf
from certificates.paper.face import face
from tests.factories import load, valid_document
from tests.paper.layout import flaws, laid_out, words_of

pytestmark = pytest.mark.django_db

LANGUAGES = ("en", "es", "fr", "ar", "ru", "zh-hans")
WORDS = ("Wharf road ", "WAREHOUSE MMWW ", "Плодоовощная ", "芋头已检查", "الشحنة ", "unbrokenmarkunbrokenmark")


@pytest.fixture(autouse=True)
def lists() -> None:
    load()


def full(word: str, share: float) -> Document:
    """Every box filled with this word to this share of what it may hold."""

    def text(characters: int) -> str:
        return (word * characters)[: max(1, int(characters * share))]

    treatment = Treatment(
        start="2026-07-10", end="2026-07-12", kind=Text(text(60)), duration=Measure("2", "HUR", "hours"),
        chemicals=(Text(text(60)),), information=(Text(text(80)),),
    )  # fmt: skip
    line = replace(
        valid_document().lines[0],
        descriptions=(Text(text(60)),),
        scientific_names=(Text(text(40)),),
        treatments=(treatment,),
    )
    party = Party(text(60), tuple(text(46) for _ in range(max(1, int(4 * share)))))
    return valid_document(
        number="WS-2026-000123", issued="2026-07-15T10:42:00+13:00", issuer=text(90), officer=text(50),
        place_of_issue=text(50), exporter=party, consignee=party, import_country=Country("NZ", text(60)),
        statements=("1", "2"), notes=(Note("SPSFL", "5"), Note("DMCL", text(130)), Note("ADEDL", text(650))),
        lines=tuple(replace(line, id=f"l{n}") for n in range(max(1, int(8 * share)))),
    )  # fmt: skip


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("word", WORDS)
def test_nothing_is_cut_off_however_full_the_boxes_are(word: str, share: float) -> None:
    for language in LANGUAGES:
        assert flaws(full(word, share), language) == []


@pytest.mark.parametrize("share", [0.25, 0.75, 1.0])
@pytest.mark.parametrize("beside", LANGUAGES[1:])
def test_two_languages_side_by_side_fit_as_well(beside: str, share: float) -> None:
    for word in WORDS[:3]:
        assert flaws(full(word, share), "en", beside=beside) == []


def test_labels_and_sentences_stand_in_both_languages() -> None:
    made = face(valid_document(), beside="es")
    boxes = {box.key: box for box in made.boxes}
    assert (boxes["exporter"].label, boxes["exporter"].beside) == (
        "Name and address of exporter",
        "Nombre y dirección del exportador",
    )
    assert (boxes["issued"].beside, boxes["treatment_chemical"].beside) == (
        "Fecha",
        "Producto químico (ingrediente activo)",
    )
    assert boxes["produce"].second_beside == "Nombre botánico de las plantas"
    assert [text.language for text in boxes["certifying"].texts] == ["en", "es"]
    assert (made.title_beside, made.none, made.none_beside) == ("Certificado fitosanitario", "None", "Ninguno")


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_the_line_of_a_reproduction_leaves_the_face_on_one_page(share: float) -> None:
    assert flaws(full("Wharf road ", share), "en", extra=1) == []


def test_an_ordinary_address_of_five_lines_stays_on_the_face() -> None:
    party = Party("Upolu Growers Ltd", ("Vaitele Industrial Zone", "PO Box 1877", "Apia", "Samoa"))
    assert fit.fitted(face(valid_document(exporter=party, consignee=party))).attached == ()


def test_a_name_and_five_lines_of_address_stand_on_the_face() -> None:
    party = Party("Upolu Growers Ltd", ("Block 4", "Vaitele Industrial Zone", "PO Box 1877", "Apia", "Samoa"))
    assert fit.fitted(face(valid_document(exporter=party))).attached == ()


def test_what_is_longer_moves_whole_to_the_attachment() -> None:
    name = "Upolu Growers and Packers of Root Crops and Breadfruit Co-operative Ltd"
    party = Party(name, ("Block 4", "Vaitele Industrial Zone", "PO Box 1877", "Vaitele", "Tuamasaga", "Apia", "Samoa"))
    (attached,) = fit.fitted(face(valid_document(exporter=party))).attached
    assert [text.text for text in attached.texts][-1] == "Samoa"


def test_every_attachment_page_carries_number_date_officer_and_areas_and_which_page_of_how_many_it_is() -> None:
    line = valid_document().lines[0]
    document = valid_document(
        number="WS-1", officer="Sina Tuilagi", issued="2026-07-15T10:42:00+13:00", lines=(line,) * 120
    )
    first, *attachment = laid_out(document)
    assert len(attachment) > 2
    assert f"Page 1 of {len(attachment) + 1}" in words_of(first)
    for number, page in enumerate(attachment, start=2):
        words = words_of(page)
        said = ("WS-1", "Sina Tuilagi", "15 July 2026", "Stamp of Organization", "Signature")
        assert [word for word in said if word not in words] == []
        assert f"Page {number} of {len(attachment) + 1}" in words


def test_the_head_of_arabic_attachments_runs_from_right_to_left() -> None:
    line = valid_document().lines[0]
    _first, page = laid_out(valid_document(number="WS-1", officer="Sina", lines=(line,) * 30), "ar")
    cells = [
        box
        for box in page._page_box.descendants()
        if "cell" in str(box.element is not None and box.element.get("class"))
    ]
    edges = [box.position_x for box in cells if box.element_tag == "div" and hasattr(box, "children")]
    assert len(edges) == 3
    assert edges == sorted(edges, reverse=True)


@pytest.mark.parametrize(("text", "direction"), [("14 Wharf Road", "ltr"), ("14 شارع الميناء", "rtl"), ("2026", "ltr")])
def test_each_text_prints_in_its_own_direction(text: str, direction: str) -> None:
    document = valid_document(exporter=Party(text))
    html = pdf.page(face(document, "ar"), document)
    assert f'dir="{direction}">{text}<' in html
