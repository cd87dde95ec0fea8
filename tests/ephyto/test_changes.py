"""What changed between two states of a document, as an officer reads it."""

from dataclasses import replace

from hypothesis import given

from certificates.ephyto.changes import Change, changes
from certificates.ephyto.document import Document, Measure, Note, Package, Party, TradeLine
from tests.ephyto.strategies import documents

TARO = TradeLine(id="a", net_weight=Measure("12400", "KGM", "kg"), packages=(Package("4", "BG", "620", "bag"),))
YAM = TradeLine(id="b", net_weight=Measure("300", "KGM", "kg"))
DRAFT = Document(exporter=Party("Upolu Growers Ltd"), notes=(Note("ADEDL", "Free from A"),), lines=(TARO, YAM))


def _said(found: list[Change]) -> list[tuple[str, int, str, list[str], list[str]]]:
    return [(c.heading, c.number, c.label, [r.value for r in c.before], [r.value for r in c.after]) for c in found]


@given(documents)
def test_a_document_does_not_differ_from_itself(document: Document) -> None:
    assert changes(document, document) == []


def test_a_changed_field_says_what_stood_there_and_what_stands_there_now() -> None:
    now = replace(DRAFT, exporter=Party("Savaii Growers Ltd"))
    assert _said(changes(DRAFT, now)) == [("Exporter", 0, "Name", ["Upolu Growers Ltd"], ["Savaii Growers Ltd"])]


def test_a_line_is_known_by_its_id_wherever_it_stands() -> None:
    assert changes(DRAFT, replace(DRAFT, lines=(YAM, TARO))) == []
    heavier = replace(TARO, net_weight=Measure("12500", "KGM", "kg"))
    assert _said(changes(DRAFT, replace(DRAFT, lines=(YAM, heavier)))) == [
        ("Line", 2, "Net weight", ["12400 kg"], ["12500 kg"])
    ]


def test_what_was_put_before_a_declaration_leaves_the_declaration_alone() -> None:
    now = replace(DRAFT, notes=(Note("ADEDL", "Free from B"), *DRAFT.notes))
    assert _said(changes(DRAFT, now)) == [("Declarations and notes", 0, "Additional declaration", [], ["Free from B"])]


def test_a_removed_line_is_told_with_everything_it_said() -> None:
    assert _said(changes(DRAFT, replace(DRAFT, lines=(TARO,)))) == [("Line", 2, "Net weight", ["300 kg"], [])]


def test_a_code_and_its_name_are_one_change() -> None:
    boxed = replace(TARO, packages=(Package("4", "BX", "620", "box"),))
    found = _said(changes(DRAFT, replace(DRAFT, lines=(boxed, YAM))))
    assert found == [("Line", 1, "Kind of package", ["BG", "bag"], ["BX", "box"])]
