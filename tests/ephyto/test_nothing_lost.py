"""Nothing is lost: whatever stands anywhere in a message is in the document, and whoever asks is shown it."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from certificates.ephyto import show
from certificates.ephyto.stored import to_json
from certificates.ephyto.xml import Message, from_xml

WORD = "TOKEN7"


def _with_text(element: etree._Element) -> None:
    element.text = (element.text or "") + WORD


def _with_attribute(element: etree._Element) -> None:
    element.set("odd", WORD)


def _with_child(element: etree._Element) -> None:
    etree.SubElement(element, "{urn:x}Odd").text = WORD


def _with_tail(element: etree._Element) -> None:
    element.tail = WORD


def _again(element: etree._Element) -> None:
    again = copy.deepcopy(element)
    [e for e in again.iter() if len(e) == 0][-1].text = WORD
    again.tail = None
    element.addnext(again)


def _changed(data: bytes, change: object) -> Iterator[bytes]:
    """The message, changed at each of its elements in turn."""
    whole = etree.fromstring(data)
    for number in range(len(list(whole.iter()))):
        root = copy.deepcopy(whole)
        element = list(root.iter())[number]
        if element is root and change in (_with_tail, _again):
            continue
        change(element)  # type: ignore[operator]
        yield etree.tostring(root)


@pytest.mark.parametrize("change", [_with_text, _with_attribute, _with_child, _with_tail, _again])
@pytest.mark.parametrize("name", ["made_657_reexport_70", "made_851_replacement_70", "851_full_example_AR-EC"])
def test_a_word_anywhere_in_a_message_is_kept_and_shown(reference: Path, name: str, change: object) -> None:
    tried = 0
    for data in _changed((reference / f"ephyto/samples/{name}.xml").read_bytes(), change):
        message = from_xml(data)
        assert isinstance(message, Message)
        assert WORD in json.dumps(to_json(message.document)), data
        assert any(WORD in row.value + row.label + row.meaning for row in show.rows(message.document)), data
        tried += 1
    assert tried > 50
