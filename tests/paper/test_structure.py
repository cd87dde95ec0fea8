"""What a certificate says to who does not see it: headings in order, tables with their headers, each part in its language."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import pikepdf
import pytest
from weasyprint.pdf import tags

from certificates.ephyto.document import EXPORT, RE_EXPORT, Document, Note
from certificates.paper import aligning, example, marking, pdf, sealmark, tagging
from certificates.paper.face import Box, face
from certificates.paper.skins import USUAL, Skin
from certificates.paper.words import statements
from certificates.seals import keys, making, signing
from tests.factories import NppoFactory, load
from tests.paper.structure import HEADINGS, Structure, read
from tests.paper.test_archiving import letterhead
from tests.seals.world import place

pytestmark = pytest.mark.django_db

COLUMNS = replace(USUAL, languages="column", numbering="square", size="Letter")
KINDS = [EXPORT, RE_EXPORT]
TONGUES = [("en", ""), ("en", "ar"), ("ar", ""), ("zh-hans", ""), ("zh-hans", "en"), ("ru", ""), ("en", "fr")]
SCRIPTS = {"ar": "\u0600-\u06ff", "zh-hans": "\u4e00-\u9fff", "ru": "\u0400-\u04ff"}


@pytest.fixture(autouse=True)
def lists() -> None:
    load()


def certified(kind: str = EXPORT, lines: int = 3) -> Document:
    made = example.document(kind, issuer="NPPO of Samoa", country="Samoa", lines=lines)
    notes = (*made.notes, Note("ADEDL", "Le lot a été inspecté.", "fr"))
    return replace(made, notes=notes)


def printed(document: Document, language: str = "en", beside: str = "", skin: Skin = USUAL, **more: Any) -> bytes:
    return pdf.render(
        document, xml=b"<a/>", language=language, beside=beside, skin=skin, letterhead=letterhead(), **more
    )


@cache
def file(kind: str, language: str, beside: str, lines: int = 3) -> bytes:
    """Printed once for all tests that look at it."""
    return printed(certified(kind, lines), language, beside)


@cache
def structure_of(kind: str, language: str, beside: str, lines: int = 3) -> Structure:
    return read(file(kind, language, beside, lines))


def flaws(structure: Structure) -> list[str]:
    """What is wrong with it, whatever the certificate says."""
    return [*_headings(structure), *_contents(structure), *_tables(structure), *_figures(structure)]


def _headings(structure: Structure) -> Iterator[str]:
    before = 0
    for element in structure.all(*HEADINGS):
        level = int(element.kind[1])
        if level > before + 1:
            yield f"{element.kind} {structure.text(element)} follows level {before}"
        if any(inner.kind in HEADINGS for inner in element.within() if inner is not element):
            yield f"{element.kind} {structure.text(element)} has a heading in it"
        if not structure.text(element):
            yield f"{element.kind} without words"
        before = level
    if len(structure.all("H1")) != 1:
        yield "not one title"


def _contents(structure: Structure) -> Iterator[str]:
    yield from (f"{said!r} stands in no element" for said in structure.outside)
    for at in structure.words:
        if len(structure.owners.get(at, [])) != 1:
            yield f"{structure.words[at]!r} stands in {len(structure.owners.get(at, []))} elements"
    yield from (f"{at} is nowhere on the page" for at in structure.owners if at not in structure.words)


def _tables(structure: Structure) -> Iterator[str]:
    for table in structure.all("Table"):
        named = {str(cell.found.ID): cell for cell in table.within() if cell.kind == "TH"}
        yield from (f"header {name} without words" for name, cell in named.items() if not structure.text(cell))
        for cell in table.within():
            if cell.kind == "TD":
                heads = [str(name) for name in cell.found.A.get("/Headers", [])]
                if not heads or not set(heads) <= set(named):
                    yield f"cell {structure.text(cell)} has the headers {heads}"


def _figures(structure: Structure) -> Iterator[str]:
    for figure in structure.all("Figure"):
        left, low, right, high = (float(edge) for edge in figure.found.A.BBox)
        page = [float(edge) for edge in figure.found.Pg.MediaBox]
        if not str(figure.found.get("/Alt", "")):
            yield "a figure without words"
        if not (0 <= left < right <= page[2] and 0 <= low < high <= page[3]):
            yield "a figure that stands on no page"


def parents(structure: Structure) -> list[str]:
    """Where the list of contents and the elements do not agree."""
    found = []
    numbers = list(structure.pdf.Root.StructTreeRoot.ParentTree.Nums)
    lists = {int(number): owners for number, owners in zip(numbers[::2], numbers[1::2], strict=True)}
    for at, page in enumerate(structure.pdf.pages):
        for content, owner in enumerate(lists[int(page.obj.StructParents)]):
            said = structure.owners.get((at, content), [])
            if [element.found.objgen for element in said] != ([owner.objgen] if owner is not None else []):
                found.append(f"content {content} of page {at}")
    return found


def letters(text: str) -> str:
    """Its letters in any order: Arabic comes in the order in which it is drawn."""
    return "".join(sorted(re.sub(r"[\s\u200e\u200f\u2066-\u2069]", "", text)))


def labels(box: Box) -> Iterator[str]:
    """As they are heard."""
    said = [(box.label, box.beside, box.number)]
    said += [(box.second_label, box.second_beside, box.second_number)] if box.rows else []
    for label, beside, number in said:
        if label:
            yield f"{number or ''}{label}{' / ' if beside else ''}{beside}"


# --- every kind, in many languages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("language", "beside"), TONGUES)
def test_nothing_is_wrong_with_the_structure_of_one_page_or_of_many(kind: str, language: str, beside: str) -> None:
    for lines in (3, 20):
        assert flaws(structure_of(kind, language, beside, lines)) == []
        assert parents(structure_of(kind, language, beside, lines)) == []


@pytest.mark.parametrize(("language", "beside"), [("en", ""), ("en", "ar"), ("en", "fr")])
def test_nor_in_another_skin(language: str, beside: str) -> None:
    assert flaws(read(printed(certified(lines=20), language, beside, COLUMNS))) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("language", "beside"), TONGUES)
def test_it_is_heard_in_the_order_of_the_model(kind: str, language: str, beside: str) -> None:
    document = certified(kind)
    made, structure = face(document, language, beside=beside), structure_of(kind, language, beside)
    heard = [letters(structure.text(element)) for element in structure.all("H2", "H3", "TH")]
    expected = [letters(label) for box in made.boxes for label in labels(box)]
    number = structure.text(next(element for element in structure.all("TH")))
    heard.remove(letters(number))
    assert heard == expected
    (title,) = structure.all("H1")
    assert letters(structure.text(title)) == letters(made.title + made.title_beside)


@pytest.mark.parametrize("kind", KINDS)
def test_each_part_is_heard_after_its_label(kind: str) -> None:
    structure = structure_of(kind, "en", "")
    heard = structure.text(structure.root)
    order = ["Name and address of exporter", "Example Growers Ltd", "Declared name", "Example Fresh Imports",
             "Distinguishing marks", "EX / 214", "Colocasia esculenta", "This is to certify", "II. Additional Declaration",
             "The consignment was inspected", "III. Disinfestation", "Methyl bromide", "Example Officer", "Signature",
             "No financial liability"]  # fmt: skip
    places = [heard.find(word) for word in order]
    assert -1 not in places
    assert places == sorted(places)


# --- languages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("language", "beside"), TONGUES)
def test_every_script_is_said_to_be_in_its_language(kind: str, language: str, beside: str) -> None:
    found = structure_of(kind, language, beside).languages()
    for tongue, letter in SCRIPTS.items():
        having = {each for each, words in found.items() for word in words if re.search(f"[{letter}]", word)}
        assert having <= {tongue, tongue.split("-")[0]}
        assert having or tongue not in (language, beside)


@pytest.mark.parametrize(("language", "beside"), TONGUES)
def test_names_of_plants_are_latin_and_what_officers_wrote_is_in_the_language_they_wrote(
    language: str, beside: str
) -> None:
    found = structure_of(EXPORT, language, beside, 20).languages()
    assert "Colocasia esculenta" in found["la"]
    assert not any("Colocasia" in word for tongue, words in found.items() if tongue != "la" for word in words)
    assert "Le lot a été inspecté." in found["fr"]
    assert any("free from Papuana uninodis" in word for word in found["en"])
    assert any("Taro, fresh corms" in word for word in found["en"])
    assert any("Fumigation" in word for word in found["en"])


@pytest.mark.parametrize(("language", "beside"), [("ar", ""), ("zh-hans", ""), ("en", "ru")])
def test_an_english_sentence_in_the_place_of_another_is_said_to_be_english(language: str, beside: str) -> None:
    assert len(statements("no_liability", beside or language)) == 1  # nobody has it in these
    found = structure_of(EXPORT, language, beside).languages()
    assert any("No financial liability" in word for word in found["en"])
    assert any("This is to certify" in word for word in found["en"])


def test_reference_to_the_attachment_and_an_unused_box_speak_both_languages() -> None:
    document = replace(certified(lines=20), entry=replace(certified().entry, name=""))
    found = read(printed(document, "en", "es")).languages()
    assert any("See attachment" in word for word in found["en"])
    assert "Véase el documento adjunto" in found["es"]
    assert "Ninguno" in found["es"]
    assert "Documento adjunto a Certificado fitosanitario" in " ".join(found["es"])


def test_the_blank_of_a_sentence_refers_in_the_language_of_the_sentence() -> None:
    document = replace(certified(), issuer="Ministry of Agriculture, Fisheries and " * 8)
    said = next(box for box in face(document, "es").boxes if box.key == "liability")
    assert [text.language for text in said.short] == ["en"]
    assert "(See attachment)" in said.short[0].text


# --- tables, figures, what is apart -----------------------------------------------------------------------------------


def test_every_cell_of_a_line_has_the_headers_of_its_column() -> None:
    structure = read(printed(certified(lines=100)))
    pages = structure.all("Table")
    assert len(pages) > 1  # each page's rows are a table with headers of their own
    for table in pages:
        heads = {str(cell.found.ID): structure.text(cell) for cell in table.within() if cell.kind == "TH"}
        for row in (row for row in table.within() if row.kind == "TR"):
            cells = [cell for cell in row.within() if cell.kind == "TD"]
            said = [[heads[str(name)] for name in cell.found.A.Headers] for cell in cells]
            produce = ["Name of produce and quantity declared"]
            assert said in ([], [["No."], produce, produce, ["Botanical name of plants"]])


def test_the_names_of_headers_are_listed_in_order() -> None:
    with pikepdf.open(io.BytesIO(printed(certified(lines=100)))) as opened:
        names = list(opened.Root.StructTreeRoot.IDTree.Names)
        assert [str(name) for name in names[::2]] == sorted(str(name) for name in names[::2])
        assert all(str(element.ID) == str(name) for name, element in zip(names[::2], names[1::2], strict=True))


def test_head_and_number_of_a_page_and_a_mark_across_it_are_not_of_the_certificate() -> None:
    structure = read(printed(certified(lines=20), mark="DRAFT"))
    apart = "".join(structure.apart)
    for word in ("DRAFT", "Page", "P.O. Box 1874", "Stamp of Organization"):
        assert word in apart, word
    assert "DRAFT" not in structure.text(structure.root)
    assert flaws(structure) == []


def test_who_hears_a_draft_hears_so_from_its_title() -> None:
    with pikepdf.open(io.BytesIO(printed(certified(), mark="DRAFT"))) as opened, opened.open_metadata() as metadata:
        assert metadata["dc:title"].endswith("(DRAFT)")


def test_arms_have_words_even_where_nobody_is_named() -> None:
    nobody = replace(certified(), issuer="", export_country=replace(certified().export_country, name=""))
    assert flaws(read(printed(nobody))) == []


# --- later prints -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", [marking.COPY, marking.TRUE_COPY, marking.REPLACED, marking.CANCELLED])
def test_a_mark_leaves_the_structure_as_it_is_and_adds_nothing_to_what_is_heard(word: str) -> None:
    plain = file(EXPORT, "en", "ar", 20)
    marked = marking.marked(plain, word, "Countersigned by Ioane Leavasa, 29 November 2026")
    assert flaws(read(marked)) == []
    assert parents(read(marked)) == []
    assert read(marked).languages() == read(plain).languages()
    assert no_tags_within(marked)


def test_nor_do_rulers_or_a_page_that_was_moved() -> None:
    plain = printed(certified())
    for data in (aligning.moved(plain, 3, -2), aligning.with_rulers(plain, USUAL)):
        assert flaws(read(data)) == []
        assert parents(read(data)) == []
        assert no_tags_within(data)


def test_a_seal_leaves_the_structure_as_it_is() -> None:
    nppo, plain = NppoFactory(code="WS"), file(EXPORT, "en", "ar", 20)
    where = place(nppo)
    if not where.file.exists():
        making.make(nppo, where)
    mark = sealmark.drawn("Electronically sealed", nppo.name, "http://localhost:8000/verify/")
    with keys.opened(where) as key:
        sealed = signing.sealed(plain, key, key.chain, mark=mark).data
    assert flaws(read(sealed)) == []
    assert parents(read(sealed)) == []
    assert read(sealed).languages() == read(plain).languages()
    assert no_tags_within(sealed)
    with pikepdf.open(io.BytesIO(sealed)) as opened:
        assert opened.Root.MarkInfo.Marked
        assert len(opened.Root.AF) == 1


def no_tags_within(data: bytes) -> bool:
    """Whether what is laid on the pages brings no tags of its own: its numbers would mean other elements."""
    with pikepdf.open(io.BytesIO(data)) as opened:
        forms = [
            found for found in opened.objects if isinstance(found, pikepdf.Stream) and found.get("/Subtype") == "/Form"
        ]
        return all(b"MCID" not in form.read_bytes() for form in forms)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("language", "beside"), TONGUES)
def test_it_says_that_it_is_tagged_and_has_the_message_inside_once(kind: str, language: str, beside: str) -> None:
    with pikepdf.open(io.BytesIO(file(kind, language, beside, 20))) as opened:
        assert opened.Root.MarkInfo.Marked
        assert str(opened.Root.Lang) == language
        (inside,) = opened.Root.AF
        assert inside.AFRelationship == pikepdf.Name.Source
        assert [attached.get_file().read_bytes() for attached in opened.attachments.values()] == [b"<a/>"]


# --- these tests can fail ---------------------------------------------------------------------------------------------


@contextmanager
def untouched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """WeasyPrint's tags as it makes them."""
    with monkeypatch.context() as patched:
        patched.setattr(tags, "_build_box_tree", tagging._tagged)
        patched.setattr(tagging, "finished", lambda _document, _pdf: None)
        yield


def test_without_what_is_completed_here_the_flaws_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    with untouched(monkeypatch):
        structure = read(printed(certified(lines=20), "en", "ar"))
    found = " | ".join(flaws(structure))
    for flaw in ("has a heading in it", "stands in 0 elements", "has the headers []", "stands on no page"):
        assert flaw in found
    assert set(structure.languages()) == {"en"}


def test_weasyprint_still_makes_its_tags_as_this_counts_on() -> None:
    """Its function calls itself by its name: else only the page's own element would be completed."""
    assert tags._build_box_tree is tagging._completed
    assert "_build_box_tree" in tagging._tagged.__code__.co_names
