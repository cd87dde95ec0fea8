"""Every field of a document as a list of (path, label, value): what screens and command lines show when all is wanted."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from certificates.ephyto.document import Document, Further, Measure, Note, Text
from certificates.ephyto.rules.shapes import gettext_noop as _
from certificates.ephyto.rules.shapes import is_blank

_HIDDEN: Final = {"version", "id", "size"}
# What people call the fields, and the notes by their subject codes. A code or field without a name stands for itself.
_FIELDS: Final = {
    "type": _("Type"),
    "status": _("State"),
    "number": _("Number"),
    "issued": _("Date of issue"),
    "issuer": _("Issuing NPPO"),
    "place_of_issue": _("Place of issue"),
    "officer": _("Name of authorized officer"),
    "statements": _("Statement"),
    "name": _("Name"),
    "address": _("Address"),
    "register": _("Register"),
    "code": _("Code"),
    "mode": _("Mode of transport"),
    "means": _("Name of the means"),
    "seals": _("Seal"),
    "descriptions": _("Description"),
    "common_names": _("Common name"),
    "scientific_names": _("Botanical name"),
    "batch": _("Batch"),
    "intended_uses": _("Intended use"),
    "net_weight": _("Net weight"),
    "gross_weight": _("Gross weight"),
    "net_volume": _("Net volume"),
    "gross_volume": _("Gross volume"),
    "system": _("Classification"),
    "names": _("Class"),
    "level": _("Level"),
    "kind": _("Kind"),
    "kind_name": _("Kind"),
    "quantity": _("Quantity"),
    "areas": _("Place of origin"),
    "start": _("Start"),
    "end": _("End"),
    "duration": _("Duration"),
    "method": _("Method"),
    "chemicals": _("Chemical (active ingredient)"),
    "temperature": _("Temperature"),
    "concentration": _("Concentration"),
    "information": _("Additional information"),
    "full_text": _("Full text"),
    "filename": _("File name"),
    "date": _("Date"),
    "media_type": _("Kind of file"),
    "undecoded": _("File that could not be decoded"),
    "sha256": "SHA-256",
}
_SUBJECTS: Final = {
    "ADEDL": _("Additional declaration"),
    "ADTLIL": _("Additional declaration"),
    "ADAOEDL": _("Additional official information"),
    "ADAOTLIL": _("Additional official information"),
    "ADIPEDL": _("Import permit number"),
    "ADIPTLIL": _("Import permit number"),
    "ADDIEDL": _("Date of inspection"),
    "ADDITLIL": _("Date of inspection"),
    "DMCL": _("Distinguishing marks"),
    "DMTLIL": _("Distinguishing marks"),
    "SPSFL": _("Statement"),
    "OPTND": _("Packages in words"),
    "OQV": _("Other quantity"),
    "OQU": _("Counted in"),
    "ADRP": _("Statement"),
    "ADRPN": _("Number of the replaced certificate"),
    "ADRPR": _("Reason for replacement"),
    "ADRD": _("Date of issue of the replaced certificate"),
    "RPCST": _("Statement"),
    "RPCCO": _("Country of origin"),
    "RPCRF": _("Number of the original certificate"),
    "RPCOR": _("The original certificate is attached"),
    "RPCTC": _("A certified true copy is attached"),
    "RPCPK": _("Packed"),
    "RPCRP": _("Repacked"),
    "RPCOC": _("In original containers"),
    "RPCNC": _("In new containers"),
    "RPCPC": _("Based on the original phytosanitary certificate"),
    "RPCAI": _("Based on additional inspection"),
}
# What codes mean, by field or subject code: UNCL 1001 and 4405, and the IPPC's statements. An unknown code stands alone.
_STATEMENTS: Final = {
    "1": _("Certifying statement"),
    "2": _("Practically free from other pests"),
    "3": _("Statement of re-export"),
    "4": _("Statement of replacement"),
    "5": _("No financial liability"),
}
_MEANINGS: Final = {
    "type": {"851": _("For export"), "657": _("For re-export")},
    "status": {
        "70": _("Issued"),
        "40": _("Withdrawn"),
        "39": _("Approved"),
        "41": _("Rejected"),
        "122": _("Partial"),
        "17": _("Requested"),
        "26": _("Subject to clearing"),
    },
    "system": {"IPPCPCVP": _("Vegetable part"), "IPPCPCC": _("Condition"), "HS": _("Customs code")},
    "kind": {"AWR": _("Original certificate"), "ZZZ": _("Other document")},
    **dict.fromkeys(("statements", "SPSFL", "ADRP", "RPCST"), _STATEMENTS),
}
FURTHER: Final = _("Further information")


@dataclass(frozen=True)
class Row:
    """One value of the document. label: English, a msgid; language: of the value, "" when it says none."""

    path: str
    label: str
    value: str
    language: str = ""
    meaning: str = ""  # of a code, English, a msgid


def rows(document: Document) -> list[Row]:
    """All that the document says, in its own order; empty fields, and words that say nothing, are left out."""
    return list(_walk(document, "", ""))


def _meaning(name: str, code: str) -> str:
    return _MEANINGS[name].get(code.strip(), "") if name in _MEANINGS else ""


def _walk(value: Any, path: str, label: str, name: str = "") -> Iterator[Row]:
    if isinstance(value, str | Text):
        text = value if isinstance(value, Text) else Text(value)
        if not is_blank(text.text):
            yield Row(path, label, text.text, text.language, _meaning(name, text.text))
    elif isinstance(value, Note):
        if not is_blank(value.text) or value.subject not in _SUBJECTS:
            said, meaning = _SUBJECTS.get(value.subject, value.subject), _meaning(value.subject, value.text)
            yield Row(path, said, value.text, value.language, meaning)
    elif isinstance(value, Measure):
        if value:
            yield Row(path, label, f"{value.value} {value.unit_name or value.unit}".strip())
    elif isinstance(value, Further):
        yield Row(value.path, FURTHER, value.xml)
    elif isinstance(value, tuple):
        yield from _items(value, path, label, name)
    elif is_dataclass(value):
        yield from _fields(value, path)


def _items(values: tuple[Any, ...], path: str, label: str, name: str) -> Iterator[Row]:
    for number, value in enumerate(values, start=1):
        place = f"{path}.{getattr(value, 'id', '') or number}"
        yield from _walk(value, place, label, name)


def _fields(value: Any, path: str) -> Iterator[Row]:
    for field in fields(value):
        if field.name not in _HIDDEN:
            here = f"{path}.{field.name}" if path else field.name
            yield from _walk(getattr(value, field.name), here, _FIELDS.get(field.name, field.name), field.name)
