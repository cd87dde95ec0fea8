"""The law of the message: what we write we read back, whatever is in it; and rules never raise."""

import hashlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certificates.ephyto import rules, show
from certificates.ephyto.document import (
    VERSION,
    Attachment,
    Country,
    Document,
    Origin,
    TradeLine,
)
from certificates.ephyto.rules.shapes import is_blank
from certificates.ephyto.stored import from_json, from_text, to_bytes, to_json, to_text
from certificates.ephyto.xml import Message, from_xml, to_xml
from tests.ephyto.strategies import documents

quickly = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _read(data: bytes) -> Message:
    message = from_xml(data)
    assert isinstance(message, Message)
    return message


@quickly
@given(documents)
def test_reading_gives_back_what_was_written(document: Document) -> None:
    assert _read(to_xml(document, {})).document == document


@quickly
@given(documents)
def test_json_gives_back_what_was_stored(document: Document) -> None:
    assert from_json(to_json(document)) == document
    assert to_bytes(from_text(to_text(document))) == to_bytes(document)  # ids and names as printed too


def test_json_names_its_version_and_countries_without_a_code() -> None:
    nameless = Document(
        import_country=Country("", "Samoa"), lines=(TradeLine(origins=(Origin(Country("", "Samoa")),)),)
    )
    assert json.loads(to_text(Document()))["version"] == VERSION
    assert to_bytes(from_text(to_text(nameless))) == to_bytes(nameless)


@quickly
@given(st.binary(min_size=1, max_size=200), st.text("abc.pdf ", max_size=9))
def test_attachments_come_back_byte_for_byte(data: bytes, filename: str) -> None:
    sha256 = hashlib.sha256(data).hexdigest()
    message = _read(to_xml(Document(attachments=(Attachment(sha256=sha256, filename=filename),)), {sha256: data}))
    assert message.blobs == {sha256: data}
    assert message.document.attachments[0].filename == filename
    assert message.document.attachments[0].size == len(data)


@quickly
@given(documents, st.sampled_from(["submit", "issue", "received", "hub"]))
def test_rules_never_raise_and_say_everything_in_words(document: Document, stage: rules.Problem) -> None:
    for problem in rules.problems(document, stage):  # type: ignore[arg-type]
        assert "{" not in rules.english(problem).replace(str(problem.params), "") or problem.params
        assert rules.from_data(rules.as_data(problem)) == problem


@quickly
@given(documents)
def test_every_value_is_shown(document: Document) -> None:
    shown = {row.value for row in show.rows(document)}
    for value in (document.number, document.officer, document.exporter.name, *document.consignee.address):
        assert is_blank(value) or value in shown


def test_codes_and_ids_are_not_on_the_wire_and_take_no_part_in_equality() -> None:
    from tests.factories import valid_document

    document = valid_document()
    again = _read(to_xml(document, {})).document
    assert again == document
    assert again.lines[0].id != document.lines[0].id
    assert again.lines[0].net_weight.unit_name == ""


def test_characters_that_xml_cannot_carry_are_an_error_and_not_a_broken_message() -> None:
    with pytest.raises(ValueError, match="XML compatible"):
        to_xml(Document(number="a\x00b"), {})
