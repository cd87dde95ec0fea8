"""Every row of the IPPC mapping: a message that says only this is read, shown, printed, and written at the same place."""

import csv
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from certificates.ephyto import document as document_module
from certificates.ephyto import show
from certificates.ephyto.xml import Message, from_xml, to_xml
from certificates.ephyto.xml.names import RAM, RSM, UDT
from certificates.paper.face import face

pytestmark = pytest.mark.django_db

SPACES = {"rsm": RSM, "ram": RAM, "udt": UDT}
STEP = re.compile(r"""/?(?:(rsm|ram|udt):)?(\w+)(?:\[((?:[^\[\]]|\[\d\])*)\])?""")
# Not a field of the certificate, or fixed by what it is: kept as further information, or written whatever it says.
NO_FIELD = {
    "(document title, not a PC field)", "(signing date, not a PC field)", "(provider name, not a PC field)", "(clause text)",
    "(country name, not needed)", "(examination place, not a PC field)", "(line number)", "Treatment: wrapper",
}  # fmt: skip
# On the paper in another form: title, mark across the page, statutory sentences and their boxes, pages of their own.
OTHERWISE_ON_PAPER = {
    "Certificate type (PC or PC/R)", "Certificate status", "No financial liability (optional clause)", "Replacement statement",
    "Reason for replacement", "Issue date of the replaced certificate", "Certifying statement (PC)",
    "Declared point of entry: UN/LOCODE", "Treatment: full text", "PC/R: Re-export statement (statement code 3)",
}  # fmt: skip


def _rows(reference: Path) -> list[dict[str, str]]:
    with (reference / "ephyto/mapping.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _paths(xpath: str) -> Iterator[str]:
    """One path for each element that a row names."""
    xpath = xpath.replace(" (+ HierarchicalLevelCode 0)", "")
    if match := re.search(r"\(([^)]*)\)", xpath):
        for name in match[1].split(","):
            yield xpath.replace(match[0], f"ram:{name}")
    elif "LineOne..LineFive" in xpath:
        for name in ("LineOne", "LineTwo", "LineThree", "LineFour", "LineFive"):
            yield xpath.replace("LineOne..LineFive", name)
    else:
        yield xpath.replace("[2..n]", "[2]")


def _made(path: str, word: str) -> bytes:
    """A message with this word at the end of the path, and nothing else."""
    root: etree._Element | None = None
    path, _at, attribute = path.partition("/@")
    element: etree._Element | None = None
    for prefix, name, predicate in STEP.findall(path):
        tag = f"{{{SPACES[prefix]}}}{name}"
        if element is None:
            root = element = etree.Element(tag)
        else:
            element = etree.SubElement(element, tag)
            if named := re.fullmatch(r'ram:(\w+)(?:\[1\])?="(\w+)"', predicate):
                etree.SubElement(element, f"{{{RAM}}}{named[1]}").text = named[2]
            if predicate == "@listName":
                element.set("listName", "NationalRegistrationNumber")
    assert element is not None
    assert root is not None
    element.text = word
    if attribute:
        element.set(attribute, "KGM")
    _beside(root)
    return etree.tostring(root)


def _beside(root: etree._Element) -> None:
    """What a value needs beside it to be printed: the number of a pair, the number that a replacement names."""
    if (subject := root.find(f".//{{{RAM}}}Subject")) is not None and subject.text in ("OQV", "OQU"):
        other = etree.SubElement(subject.getparent().getparent(), f"{{{RAM}}}AdditionalInformationSPSNote")
        etree.SubElement(other, f"{{{RAM}}}Subject").text = "OQU" if subject.text == "OQV" else "OQV"
        etree.SubElement(other, f"{{{RAM}}}Content").text = "1"


def _printed(document: object) -> str:
    words = face(document)  # type: ignore[arg-type]
    boxes = [text.text for box in words.boxes for text in box.texts]
    rows = [f"{row.name} {row.quantity} {row.botanical}" for box in words.boxes for row in box.rows]
    return "\n".join([words.number, *boxes, *rows])


def test_every_row_of_the_mapping_is_read_shown_printed_and_written_again(reference: Path) -> None:
    rows = _rows(reference)
    for row in rows:
        field, word = (
            row["ispm12_field"],
            "7.25" if "Measure" in row["xpath"] or "ItemQuantity" in row["xpath"] else "Q7x",
        )
        if "PC/R: Tick" in field:
            word = "True"
        for path in _paths(row["xpath"]):
            message = from_xml(_made(path, word))
            assert isinstance(message, Message)
            document = message.document
            assert any(word in shown.value for shown in show.rows(document)) or field in NO_FIELD, field
            if field in NO_FIELD:
                continue
            assert document.further == (), (field, document.further)
            written = etree.fromstring(to_xml(document, message.blobs))
            again = written.xpath(path.partition("/@")[0], namespaces=SPACES)
            assert [element.text for element in again] == [word], (field, path)
            if (
                not field.startswith(("Attachment", "PC/R"))
                and field not in OTHERWISE_ON_PAPER
                and "LevelCode" not in path
            ):
                assert word in _printed(document), (field, path)
    assert len(rows) > 70


def test_what_is_no_field_is_still_kept(reference: Path) -> None:
    kept = [row for row in _rows(reference) if row["ispm12_field"] in NO_FIELD]
    assert len(kept) == len(NO_FIELD)
    for row in kept:
        for path in _paths(row["xpath"]):
            message = from_xml(_made(path, "Q7x"))
            assert isinstance(message, Message)
            assert any("Q7x" in shown.value + shown.meaning for shown in show.rows(message.document)), row[
                "ispm12_field"
            ]


def test_the_tables_of_the_document_name_every_element_and_subject_of_the_mapping(reference: Path) -> None:
    said = "\n".join(c.__doc__ or "" for c in vars(document_module).values() if dataclasses.is_dataclass(c))
    for row in _rows(reference):
        if row["ispm12_field"] not in NO_FIELD:
            predicates = re.findall('"(\\w+)"', row["xpath"])
            names = re.findall(r"(?:ram:|/)([A-Z]\w+)", re.sub(r"\[[^\]]*\]", "", row["xpath"]))
            for name in predicates or names[-1:]:
                assert name in said, (row["ispm12_field"], name)
