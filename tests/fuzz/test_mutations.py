"""Messages made worse in a few hundred ways: never anything but a message, an acknowledgement or NotReadable."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from certificates.ephyto import show
from certificates.ephyto.document import Document, Note
from certificates.ephyto.stored import from_json, to_json
from certificates.ephyto.xml import DEFAULT_LIMITS, Limits, Message, from_xml, to_xml
from tests.ephyto import valid_strategies
from tests.ephyto.strategies import documents
from tests.factories import valid_document
from tests.fuzz import mutations
from tests.fuzz.target import TIGHT, put_through

SEEDS = mutations.seeds()
SMALL_CHANGES = [change for change in mutations.CHANGES if change is not mutations.nest]
WORD = "§TOKEN7"  # no Base64, no number, no code
boundedly = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def shown(document: Document) -> str:
    return "\n".join(f"{row.label} {row.value} {row.meaning} {row.language}" for row in show.rows(document))


@pytest.mark.parametrize("name", SEEDS)
def test_the_seeds_are_what_they_are_called(name: str) -> None:
    kind = put_through(SEEDS[name])
    assert kind == {"acknowledgement": "acknowledgement"}.get(name, "not readable" if len(name) < 5 else "message")


@given(st.sampled_from(sorted(SEEDS)), st.sampled_from([DEFAULT_LIMITS, TIGHT]), st.randoms(use_true_random=False))
@boundedly
def test_no_mutation_of_a_message_gets_through(name: str, limits: Limits, chance: random.Random) -> None:
    assert put_through(mutations.mutated(SEEDS[name], chance), limits) in {"message", "acknowledgement", "not readable"}


@given(documents, st.randoms(use_true_random=False))
@boundedly
def test_no_mutation_of_any_document_gets_through(document: Document, chance: random.Random) -> None:
    assert put_through(mutations.mutated(to_xml(document, {}), chance)) in {"message", "not readable"}


@given(st.binary(max_size=200))
@example(b"<")
@boundedly
def test_no_bytes_get_through(data: bytes) -> None:
    assert put_through(data) == "not readable"


@given(st.sampled_from(["851", "657"]), st.sampled_from(SMALL_CHANGES), st.randoms(use_true_random=False))
@boundedly
def test_a_word_in_a_message_that_was_torn_apart_is_shown(kind: str, change: object, chance: random.Random) -> None:
    """One mutation of the structure, then a word as text, behind an element, or as an attribute."""
    root = etree.fromstring(to_xml(*valid_strategies.full(kind)))
    elements = list(root.iter())
    change(chance.choice(elements[1:]), elements, chance)  # type: ignore[operator]
    marked = chance.choice(list(root.iter()))
    place = chance.choice(["text", "attribute", "tail"])
    if place == "text":
        marked.text = WORD
    elif place == "attribute" or marked is root:
        marked.set(chance.choice(["languageID", "unitCode", "filename", "listName", "odd"]), WORD)
    else:
        marked.tail = WORD
    message = from_xml(etree.tostring(root, encoding="UTF-8"))
    assert isinstance(message, Message)
    assert WORD.lower() in shown(message.document).lower()


@given(st.sampled_from(mutations.HOSTILE), st.randoms(use_true_random=False))
@boundedly
def test_a_hostile_text_anywhere_is_kept_as_it_is(text: str, chance: random.Random) -> None:
    root = etree.fromstring(to_xml(valid_document(notes=(Note("ADEDL", "free", "en"),)), {}))
    marked = chance.choice([e for e in root.iter() if len(e) == 0 and e.text])
    marked.text = f"{WORD}{text}{WORD}"
    message = from_xml(etree.tostring(root, encoding="UTF-8"))
    assert isinstance(message, Message)
    assert f"{WORD}{text}{WORD}" in shown(message.document) or f"{WORD}{text}{WORD}" in _texts(message.document)
    assert from_json(to_json(message.document)) == message.document


def _texts(document: Document) -> str:
    """What further information says, without its markup."""
    return "\n".join("".join(etree.fromstring(f.xml).itertext()) for f in document.further if f.xml.startswith("<"))


def test_a_note_without_a_subject_is_kept() -> None:
    document = valid_document(notes=(Note("", "free from pests", "en"),))
    assert from_json(to_json(document)) == document  # found by the fuzzer: what arrived so could never be opened


def test_the_kept_seeds_are_few_and_get_through() -> None:
    kept = [path.read_bytes() for path in (Path(__file__).parent / "seeds").iterdir() if path.name[0] != "."]
    assert 0 < sum(map(len, kept)) < 200_000
    for data in kept:
        assert put_through(data)
