"""Every field of a document as a list of (path, label, value): what screens and command lines show when all is wanted."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from certificates.ephyto.document import Attachment, Document, Further, Measure, Note, Text

_HIDDEN: Final = {"version", "id"}
_WORDS: Final = {
    "ADEDL": "Additional declaration",
    "ADTLIL": "Additional declaration",
    "ADAOEDL": "Additional official information",
    "ADAOTLIL": "Additional official information",
    "ADIPEDL": "Import permit number",
    "ADIPTLIL": "Import permit number",
    "ADDIEDL": "Date of inspection",
    "ADDITLIL": "Date of inspection",
    "DMCL": "Distinguishing marks",
    "DMTLIL": "Distinguishing marks",
    "SPSFL": "No financial liability (statement)",
    "OPTND": "Packages in words",
    "OQV": "Other quantity, value",
    "OQU": "Other quantity, unit",
    "ADRP": "Replacement (statement)",
    "ADRPN": "Replaced certificate number",
    "ADRPR": "Reason for replacement",
    "ADRD": "Issue date of the replaced certificate",
    "RPCST": "Re-export (statement)",
    "RPCCO": "Country of origin of the original certificate",
    "RPCRF": "Number of the original certificate",
}


@dataclass(frozen=True)
class Row:
    """One value of the document. label: words in English; language: of the value, "" when it says none."""

    path: str
    label: str
    value: str
    language: str = ""


def rows(document: Document) -> list[Row]:
    """All that the document says, in its own order; empty fields are left out."""
    return list(_walk(document, "", ""))


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _walk(value: Any, path: str, label: str) -> Iterator[Row]:
    if isinstance(value, str | Text):
        text = value if isinstance(value, Text) else Text(value)
        if text.text:
            yield Row(path, label, text.text, text.language)
    elif isinstance(value, Note):
        yield Row(path, _WORDS.get(value.subject, value.subject), value.text, value.language)
    elif isinstance(value, Measure):
        if value:
            yield Row(path, label, f"{value.value} {value.unit_name or value.unit}".strip())
    elif isinstance(value, Further):
        yield Row(value.path, "Further information", value.xml)
    elif isinstance(value, tuple):
        yield from _items(value, path, label)
    elif is_dataclass(value):
        yield from _fields(value, path)


def _items(values: tuple[Any, ...], path: str, label: str) -> Iterator[Row]:
    for number, value in enumerate(values, start=1):
        place = f"{path}.{getattr(value, 'id', '') or number}"
        yield from _walk(value, place, f"{label} {number}" if len(values) > 1 else label)


def _fields(value: Any, path: str) -> Iterator[Row]:
    for field in fields(value):
        if field.name in _HIDDEN or (isinstance(value, Attachment) and field.name == "size"):
            continue
        here = f"{path}.{field.name}" if path else field.name
        yield from _walk(getattr(value, field.name), here, _label(field.name))
