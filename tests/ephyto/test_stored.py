"""Documents as they are stored, and what is at hand of them."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import ValidationError

from certificates.ephyto import stored
from certificates.ephyto.document import Country, Document, Origin, Package, TradeLine, with_line
from certificates.ephyto.once import once
from certificates.ephyto.stored import _AtHand, documents_at_hand, from_text, lines_at_hand, to_bytes, to_text
from tests.factories import large_document

MANY = 60


@pytest.fixture(autouse=True)
def nothing_at_hand() -> Iterator[None]:
    _forget()
    yield
    _forget()


def _forget() -> None:
    documents_at_hand.clear()
    lines_at_hand.clear()


def test_each_line_stands_in_a_row_of_its_own() -> None:
    document = large_document(MANY)
    rows = to_text(document).split("\n")
    assert len(rows) == MANY + 2
    assert json.loads(rows[1].removesuffix(","))["id"] == document.lines[0].id
    assert json.loads("".join(rows))["version"] == 1


@pytest.mark.parametrize("lines", [0, 1, 50, 51, MANY])
def test_however_many_lines_there_are_they_come_back(lines: int) -> None:
    document = large_document(MANY)
    document = replace(document, lines=document.lines[:lines])
    text = to_text(document)
    _forget()
    assert to_bytes(from_text(text)) == to_bytes(document)
    assert to_text(from_text(text)) == text


def test_what_was_read_or_written_last_is_the_same_again() -> None:
    document = large_document(MANY)
    text = to_text(document)
    assert from_text(text) is document
    _forget()
    read = from_text(text)
    assert read is not document
    assert from_text(text) is read


def test_of_a_changed_document_only_the_changed_line_is_read_and_written(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    written = stored._line
    monkeypatch.setattr(stored, "_line", lambda line: asked.append(line.id) or written(line))
    before = from_text(to_text(large_document(MANY)))
    asked.clear()
    text = to_text(with_line(before, replace(before.lines[7], batch="LOT 7")))
    assert asked == [before.lines[7].id]
    documents_at_hand.clear()  # as a process reads it that did not write it
    after = from_text(text)
    assert after.lines[7].batch == "LOT 7"
    assert [new is old for new, old in zip(after.lines, before.lines, strict=True)].count(False) == 1


def test_equal_lines_keep_their_ids_and_names() -> None:
    """They take no part in the equality of lines: who looks for an equal line finds another one's."""
    lines = tuple(
        TradeLine(
            f"l{n}", packages=(Package("4", "BG", "1", f"sack {n}"),), origins=(Origin(Country("WS", f"Samoa {n}")),)
        )
        for n in range(MANY)
    )
    document = Document(lines=lines)
    assert len(set(lines)) == 1
    text = to_text(document)
    assert to_bytes(from_text(text)) == to_bytes(document)
    _forget()
    assert to_bytes(from_text(text)) == to_bytes(document)


def test_text_that_others_wrote_is_read_too() -> None:
    document = large_document(MANY)
    told = json.loads(to_text(document))
    for text in (json.dumps(told), json.dumps(told, indent=1), json.dumps(told, indent=1, sort_keys=True)):
        read = from_text(text)
        assert to_bytes(read) == to_bytes(document)
        assert from_text(text) is read


@pytest.mark.parametrize("changed", [("[\n{", "[\n["), ("}\n]}", "}\n]"), ('{"version', "{version")])
def test_text_that_is_no_document_is_refused(changed: tuple[str, str]) -> None:
    text = to_text(large_document(MANY))
    with pytest.raises(ValidationError):
        from_text(text.replace(*changed, 1))


def test_the_oldest_is_forgotten_and_what_is_too_long_is_not_kept() -> None:
    known = _AtHand[Document](2, 10)
    documents = [Document(number=str(n)) for n in range(3)]
    for document in documents[:2]:
        known.keep(document.number, document)
    assert known.value("0") is documents[0]  # asked for: now the other one is the oldest
    known.keep("2", documents[2])
    assert [known.value(text) for text in ("0", "1", "2")] == [documents[0], None, documents[2]]
    assert [known.text(document) for document in documents] == ["0", None, "2"]
    known.keep("x" * 11, documents[1])
    assert known.text(documents[1]) is None


def test_what_follows_from_a_document_is_found_once_for_each() -> None:
    asked: list[tuple[str, str]] = []

    @once
    def said(document: Document, word: str = "so") -> str:
        asked.append((document.export_country.name, word))
        return f"{document.export_country.name} {word}"

    samoa, other = Document(export_country=Country("WS", "Samoa")), Document(export_country=Country("WS", "Sāmoa"))
    assert samoa == other
    assert [said(samoa), said(samoa), said(other), said(samoa, "no"), said(samoa, word="no")] == [
        "Samoa so", "Samoa so", "Sāmoa so", "Samoa no", "Samoa no"
    ]  # fmt: skip
    assert asked == [("Samoa", "so"), ("Sāmoa", "so"), ("Samoa", "no"), ("Samoa", "no")]


def test_what_is_known_of_a_document_goes_with_it() -> None:
    asked: list[str] = []

    @once
    def said(document: Document) -> str:
        asked.append(document.number)
        return document.number

    for number in range(50):  # the next one stands where the last one stood
        assert said(Document(number=str(number))) == str(number)
    assert len(asked) == 50
