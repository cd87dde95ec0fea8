"""Skins: nothing but values within bounds, and in each of them the face is one page with everything in its place."""

import io
import random
import threading
from dataclasses import replace
from typing import Any

import pikepdf
import pytest

from certificates.ephyto.document import EXPORT, RE_EXPORT, Document, Note, Text
from certificates.paper import example, fit, pdf, room, sheets
from certificates.paper.face import face
from certificates.paper.skins import BOUNDS, CHOICES, USUAL, NotASkin, Skin, contrast, from_data, to_data
from tests.factories import load, re_export_document, valid_document
from tests.paper.layout import boxes_of, flaws, laid_out, words_of
from tests.paper.test_fit import WORDS, full

pytestmark = pytest.mark.django_db

LETTER = Skin(size="Letter")
FORM = Skin(
    size="Letter", numbering="square", languages="column", rules="strong", unused="line", ink="#1b2a6b", head=15
)
NARROW = Skin(
    side_margin=20, end_margin=15, head=18, signing_height=30, numbering="round", signing="signature", arms="end"
)
SHEET = Skin(size="Letter", is_preprinted=True, rules="none", code="stamp", numbering="plain")
CROWDED = Skin(
    size="Letter", side_margin=20, end_margin=18, head=20, signing_height=34, languages="column", numbering="square"
)
SKINS = {"usual": USUAL, "letter": LETTER, "form": FORM, "narrow": NARROW, "sheet": SHEET}


@pytest.fixture(autouse=True)
def lists() -> None:
    load()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", "A3"), ("size", ""), ("size", None), ("ink", "#ffcc00"), ("ink", "red"), ("ink", "#0A5233"),
        ("ink", "#0a5233;}"), ("ink", None), ("rules", "dotted"), ("numbering", "1"), ("languages", ""),
        ("side_margin", 7.5), ("side_margin", 21), ("end_margin", "12mm"), ("head", float("nan")), ("head", True),
        ("signing_height", 100), ("across", 20.5), ("down", -21), ("is_preprinted", "yes"), ("unused", None),
    ],
)  # fmt: skip
def test_what_is_no_value_of_a_skin_makes_none(field: str, value: object) -> None:
    with pytest.raises(NotASkin) as raised:
        replace(USUAL, **{field: value})  # type: ignore[arg-type]
    assert raised.value.field == field
    with pytest.raises(NotASkin):
        from_data(to_data(USUAL) | {field: value})


def test_a_skin_kept_by_an_older_version_is_as_usual_in_what_that_did_not_know() -> None:
    assert from_data({"size": "Letter", "of_later": 3}) == LETTER
    assert from_data(to_data(FORM)) == FORM


@pytest.mark.parametrize(("ink", "ratio"), [("#000000", 21), ("#ffffff", 1), ("#767676", 4.54), ("#0a5233", 9.3)])
def test_contrast_is_that_of_wcag(ink: str, ratio: float) -> None:
    assert contrast(ink) == pytest.approx(ratio, abs=0.05)


def test_only_values_of_the_list_reach_the_stylesheet() -> None:
    style = sheets.written(FORM, is_rtl=False)
    assert "var(" not in style
    assert "#1b2a6b" in style
    assert "size: 215.9mm 279.4mm" in style
    assert "#0a5233" not in style


def document(kind: str, **changes: Any) -> Document:
    said = {"number": "WS-2026-000123", "issued": "2026-07-15T10:42:00+13:00", "officer": "Sina Tuilagi"} | changes
    return replace(re_export_document() if kind == RE_EXPORT else valid_document(), **said)


def again(made: Document) -> Document:
    """The same for re-export."""
    lines = tuple(replace(line, notes=re_export_document().lines[0].notes) for line in made.lines)
    return replace(made, type=RE_EXPORT, statements=("",), lines=lines)


def tongues() -> list[tuple[str, str]]:
    return [(language, beside) for kind, language, beside in example.combinations() if kind == EXPORT]


@pytest.mark.parametrize("name", SKINS)
@pytest.mark.parametrize("kind", [EXPORT, RE_EXPORT])
def test_the_fullest_face_is_one_page_in_every_skin_kind_and_language(name: str, kind: str) -> None:
    skin = SKINS[name]
    made = full("WAREHOUSE MMWW ", 1.0)
    if kind == RE_EXPORT:
        made = again(made)
    for language, beside in tongues():
        assert flaws(made, language, beside=beside, skin=skin) == [], (language, beside)


@pytest.mark.parametrize("name", ["letter", "form", "narrow"])
@pytest.mark.parametrize("word", ["Wharf road ", "芋头已检查", "الشحنة "])
def test_nor_is_anything_cut_off_that_fits_by_a_hair(name: str, word: str) -> None:
    for language, beside in (("en", ""), ("en", "ru"), ("en", "ar"), ("zh-hans", ""), ("ar", "")):
        assert flaws(full(word, 0.45), language, beside=beside, skin=SKINS[name]) == [], (language, beside)


def drawn(chance: random.Random) -> Skin:
    """A skin of any values that may be kept."""
    while True:
        values: dict[str, Any] = {field: chance.choice(known) for field, known in CHOICES.items()}
        for field, (least, most) in BOUNDS.items():
            values[field] = chance.choice([least, most, round(chance.uniform(least, most) * 2) / 2])
        skin = Skin(**values, is_preprinted=chance.random() < 0.3)
        if example.has_room(skin):
            return skin


@pytest.mark.parametrize("seed", range(10))
def test_any_skin_that_may_be_kept_has_everything_in_its_place(seed: int) -> None:
    chance = random.Random(seed)
    skin, (kind, language, beside) = drawn(chance), chance.choice(list(example.combinations()))
    made = full(chance.choice(WORDS), chance.choice([0.25, 0.45, 0.6, 1.0]))
    if kind == RE_EXPORT:
        made = again(made)
    assert flaws(made, language, beside=beside, skin=skin) == [], (skin, kind, language, beside)


def test_the_check_sees_a_line_that_ends_below_its_box(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of these tests can fail: counted a quarter as wide as they are, words end below."""
    monkeypatch.setattr(room, "CHARACTER", room.CHARACTER / 4)
    assert any("below" in flaw for flaw in flaws(full("WAREHOUSE MMWW ", 1.0)))


@pytest.mark.parametrize("skin", [USUAL, LETTER], ids=["A4", "Letter"])
@pytest.mark.parametrize("kind", [EXPORT, RE_EXPORT])
def test_pages_have_the_size_of_the_skin(skin: Skin, kind: str) -> None:
    made = document(kind, lines=document(kind).lines * 30)
    with pikepdf.open(io.BytesIO(pdf.render(made, xml=b"", skin=skin))) as printed:
        assert len(printed.pages) > 1
        for page in printed.pages:
            assert [float(edge) * 25.4 / 72 for edge in page.mediabox[2:]] == pytest.approx(skin.page, abs=0.1)


def test_five_hundred_lines_and_eight_thousand_characters_print_the_same_bytes_in_every_skin() -> None:
    line = valid_document().lines[0]
    lines = tuple(replace(line, id=f"l{n}", descriptions=(Text(f"Produce {n}", "en"),)) for n in range(500))
    made = document(EXPORT, lines=lines, notes=(Note("ADEDL", "words " * 1333, "en"),))
    first, again = (pdf.render(made, xml=b"<a/>", beside="es", skin=FORM) for _ in range(2))
    assert first == again
    with pikepdf.open(io.BytesIO(first)) as printed:
        assert len(printed.pages) > 9


def test_too_much_around_the_boxes_leaves_no_room_and_is_told_before_it_is_kept() -> None:
    assert example.has_room(USUAL)
    assert example.has_room(FORM)
    assert not example.has_room(CROWDED)


def test_every_skin_of_these_tests_may_be_kept() -> None:
    assert [name for name, skin in SKINS.items() if not example.has_room(skin)] == []


@pytest.mark.parametrize("skin", [USUAL, LETTER], ids=["A4", "Letter"])
def test_reproductions_of_any_certificate_find_room(skin: Skin) -> None:
    """Whatever another country wrote into the blanks of the sentences: a hundred covering certificates, a long name."""
    numbers = ", ".join(f"BE-{number:06d}" for number in range(100))
    notes = tuple(
        Note(note.subject, numbers if note.subject == "RPCRF" else note.text)
        for note in re_export_document().lines[0].notes
    )
    line = replace(re_export_document().lines[0], notes=notes)
    made = document(RE_EXPORT, lines=(line,), issuer="Ministry " * 200, notes=(Note("SPSFL", "5"),))
    for language, beside in tongues():
        assert flaws(made, language, extra=1, beside=beside, skin=skin) == []
    assert "BE-000099" in " ".join(words_of(page) for page in laid_out(made, skin=skin))


# --- numbers, places, unused boxes -----------------------------------------------------------------------------------


def test_boxes_are_numbered_from_one_in_the_order_in_which_they_print() -> None:
    boxes = face(valid_document(), skin=replace(USUAL, numbering="plain", signing="signature")).boxes
    numbers = [number for box in boxes for number in (box.number, box.second_number) if number]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [box.key for box in boxes if box.label and not box.number] == ["description", "treatment_section"]
    assert [(box.key, box.number) for box in boxes][-2:] == [("signature", 22), ("stamp", 23)]


@pytest.mark.parametrize(("numbering", "shown"), [("plain", "7."), ("round", "(7)"), ("square", "7")])
def test_numbers_print_before_their_labels(numbering: str, shown: str) -> None:
    words = words_of(laid_out(valid_document(), skin=replace(USUAL, numbering=numbering))[0])
    assert f"{shown}   Place of origin" in words.replace("  ", " ").replace(shown + " ", shown + "   ")
    assert "7." not in words_of(laid_out(valid_document())[0])


def box_of(page: Any, name: str) -> Any:
    return next(
        box for box in boxes_of(page) if box.element is not None and name in str(box.element.get("class")).split()
    )


def test_stamp_and_signature_change_places_and_the_code_stands_where_the_skin_says() -> None:
    head = pdf.Letterhead(verify="https://example.org/v", code=b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    (usual,) = laid_out(valid_document(), letterhead=head)
    (swapped,) = laid_out(valid_document(), skin=replace(USUAL, signing="signature", code="stamp"), letterhead=head)
    assert box_of(usual, "stamp").position_x < box_of(usual, "signature").position_x
    assert box_of(swapped, "stamp").position_x > box_of(swapped, "signature").position_x
    for page, key in ((usual, "signature"), (swapped, "stamp")):
        assert box_of(page, "code") in list(box_of(page, key).descendants())


def test_the_code_is_one_link() -> None:
    head = pdf.Letterhead(verify="https://example.org/v", code=b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    with pikepdf.open(io.BytesIO(pdf.render(document(EXPORT), xml=b"", letterhead=head))) as printed:
        (link,) = printed.pages[0].Annots
        assert str(link.A.URI) == "https://example.org/v"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_unused_boxes_are_lined_through_or_say_none(language: str) -> None:
    made = replace(valid_document(), lines=())
    (word,) = laid_out(made, language)
    (line,) = laid_out(made, language, skin=replace(USUAL, unused="line"))
    none = face(made, language).none
    empty = [box for box in boxes_of(line) if box.element is not None and box.element.get("class") == "unused"]
    assert words_of(word).count(none) == len(empty) > 5
    assert none not in words_of(line)


def test_the_second_language_has_a_column_of_its_own() -> None:
    (page,) = laid_out(valid_document(), beside="ar", skin=replace(USUAL, languages="column"))
    exporter = box_of(page, "exporter")
    other = next(
        box for box in boxes_of(page) if box in list(exporter.descendants()) and box.element.get("class") == "other"
    )
    assert other.content_box_x() > exporter.position_x + exporter.width / 3


# --- sheets that were printed before ----------------------------------------------------------------------------------


def shown(page: Any) -> str:
    boxes = page._page_box.descendants()
    return " ".join(b.text for b in boxes if type(b).__name__ == "TextBox" and b.style["visibility"] == "visible")


def test_on_printed_sheets_only_data_print_and_each_where_it_stood() -> None:
    made = document(EXPORT, statements=("1", "2"))
    (whole,), (bare,) = (laid_out(made, skin=SHEET, is_bare=is_bare) for is_bare in (False, True))
    said = shown(bare)
    for word in (
        "Upolu Growers Ltd",
        "Colocasia esculenta",
        "WS-2026-000123",
        "Sina Tuilagi",
        "practically free",
        "None",
    ):
        assert word in said, word
    for word in ("Name and address of exporter", "Phytosanitary certificate", "This is to certify", "No."):
        assert word not in said
        assert word in shown(whole)

    def places(page: Any) -> list[tuple[str, float, float]]:
        boxes = page._page_box.descendants()
        return [(b.text, b.position_x, b.position_y) for b in boxes if type(b).__name__ == "TextBox"]

    assert places(whole) == places(bare)


def test_boxes_of_printed_sheets_stand_where_they_stand_whatever_is_certified() -> None:
    plain = document(EXPORT, issuer="Plant Protection Organization of Samoa")
    fuller = replace(full("Wharf road ", 0.45), issuer=plain.issuer, number=plain.number, statements=("1", "2"))
    for language, beside in (("en", ""), ("en", "es"), ("en", "zh-hans")):
        for made in (replace(plain, notes=(Note("SPSFL", "5"),)), fuller):
            assert heights(made, language, beside) == heights(plain, language, beside)


def heights(made: Document, language: str, beside: str) -> dict[str, str]:
    found = dict(fit.fitted(face(made, language, beside=beside, skin=SHEET), skin=SHEET).heights)
    return {key: height for key, height in found.items() if key != "liability"}


def test_a_sentence_with_blanks_prints_on_printed_sheets_too() -> None:
    (bare,) = laid_out(document(RE_EXPORT), skin=SHEET, is_bare=True)
    assert "BE-677636" in shown(bare)


# --- parsed once ------------------------------------------------------------------------------------------------------


def test_each_thread_parses_a_skin_once_and_keeps_only_so_many() -> None:
    def sheet(skin: Skin) -> int:
        return id(sheets.tools(skin, is_rtl=False, fetcher=pdf.Closed())[1][1])

    first = sheet(LETTER)
    assert sheet(LETTER) == first
    elsewhere: list[int] = []
    thread = threading.Thread(target=lambda: elsewhere.append(sheet(LETTER)))
    thread.start()
    thread.join()
    assert elsewhere != [first]
    for step in range(sheets.MOST + 5):
        sheet(replace(USUAL, side_margin=8 + step / 4))
    assert len(sheets._PER_THREAD.sheets) == sheets.MOST
