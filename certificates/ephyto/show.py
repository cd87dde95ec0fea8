"""Every field of a document as a list of (path, label, value): what screens and command lines show when all is wanted."""

from collections.abc import Container, Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, Final

from certificates.ephyto.document import (
    Attachment,
    Classification,
    Country,
    Document,
    Equipment,
    Further,
    Location,
    Measure,
    Movement,
    Note,
    Origin,
    Package,
    Party,
    Registration,
    Text,
    TradeLine,
    Treatment,
)
from certificates.ephyto.once import once
from certificates.ephyto.rules.shapes import gettext_noop as _
from certificates.ephyto.rules.shapes import is_blank

_HIDDEN: Final = {"version", "id", "size", "drawn_from"}
# What people call the fields, class by class. One without a name stands for itself.
_FIELDS: Final[dict[type, dict[str, str]]] = {
    Document: {
        "type": _("Type"),
        "status": _("State"),
        "number": _("Number"),
        "issued": _("Date of issue"),
        "issuer": _("Issuing NPPO"),
        "place_of_issue": _("Place of issue"),
        "officer": _("Name of authorized officer"),
        "statements": _("Statement"),
        "export_country": _("Exporting country"),
        "reexport_country": _("Re-exporting country"),
        "import_country": _("Importing country"),
        "transit_countries": _("Transit"),
    },
    Party: {"name": _("Name"), "address": _("Address")},
    Registration: {"register": _("Register"), "number": _("Registration number")},
    Location: {"code": "UN/LOCODE", "name": _("Declared point of entry")},
    Movement: {
        "mode": _("Mode of transport"),
        "means": _("Name of the means"),
        "number": _("Voyage or flight number"),
        "mode_name": _("Mode of transport"),
    },
    Equipment: {"number": _("Container"), "seals": _("Seal")},
    TradeLine: {
        "descriptions": _("Description"),
        "common_names": _("Common name"),
        "scientific_names": _("Botanical name"),
        "batch": _("Lot"),
        "intended_uses": _("Intended use"),
        "net_weight": _("Net weight"),
        "gross_weight": _("Gross weight"),
        "net_volume": _("Net volume"),
        "gross_volume": _("Gross volume"),
    },
    Classification: {"system": _("Classification"), "code": _("Code"), "names": _("Class")},
    Package: {
        "level": _("Level of packaging"),
        "kind": _("Kind of package"),
        "kind_name": _("Kind of package"),
        "quantity": _("Number of packages"),
    },
    Origin: {"country": _("Country of origin"), "areas": _("Place of origin")},
    Treatment: {
        "start": _("Start"),
        "end": _("End"),
        "duration": _("Duration"),
        "kind": _("Treatment"),
        "kind_name": _("Treatment"),
        "method": _("Method"),
        "method_name": _("Method"),
        "chemicals": _("Chemical (active ingredient)"),
        "chemical_names": _("Chemical (active ingredient)"),
        "temperature": _("Temperature"),
        "concentration": _("Concentration"),
        "information": _("Additional information"),
        "full_text": _("Full text"),
    },
    Attachment: {
        "filename": _("File name"),
        "kind": _("Kind"),
        "number": _("Number"),
        "date": _("Date"),
        "descriptions": _("Description"),
        "media_type": _("Kind of file"),
        "undecoded": _("File that could not be decoded"),
        "sha256": "SHA-256",
    },
}
# Under which heading the rows of a field stand; all others under the first.
_GROUPS: Final = {
    "notes": _("Declarations and notes"),
    "attachments": _("Attachments"),
    "exporter": _("Exporter"),
    "consignee": _("Consignee"),
    "entry": _("Transport"),
    "movements": _("Transport"),
    "equipment": _("Transport"),
    "transit_countries": _("Transport"),
    "lines": _("Line"),
    "further": _("Further information"),
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
FURTHER: Final = _GROUPS["further"]


@dataclass(frozen=True)
class Row:
    """One value of the document. label: English, a msgid; language: of the value, "" when it says none."""

    path: str
    label: str
    value: str
    language: str = ""
    meaning: str = ""  # of a code, English, a msgid; or the name of a country as printed


@dataclass(frozen=True)
class Group:
    """The rows under one heading (English, a msgid); number: of the line, 0 when it is no line."""

    heading: str
    number: int
    rows: list[Row]


def rows(document: Document) -> list[Row]:
    """All that the document says, in its own order; empty fields, and words that say nothing, are left out."""
    return [row for group in groups(document) for row in group.rows]


@once
def groups(document: Document, numbers: Container[int] | None = None) -> list[Group]:
    """The same under headings, of the lines only those of these numbers; those without rows are left out."""
    found: dict[tuple[str, int], list[Row]] = {}
    for name in (each.name for each in fields(document)):
        values = [(0, "", getattr(document, name))]
        if name == "lines":
            values = [(number, f".{line.id or number}", line) for number, line in enumerate(document.lines, start=1)]
        for number, place, value in values:
            if name not in _HIDDEN and (not number or numbers is None or number in numbers):
                key = (_GROUPS.get(name, _("Certificate")), number)
                found.setdefault(key, []).extend(_walk(value, name + place, _label(document, name), name))
    return [Group(heading, number, under) for (heading, number), under in found.items() if under]


def _label(of: Any, name: str) -> str:
    return _FIELDS.get(type(of), {}).get(name, name)


def meaning(name: str, code: str) -> str:
    """What a code of this field or subject means (English, a msgid); "" when nobody knows: it is shown by itself."""
    return _MEANINGS[name].get(code.strip(), "") if name in _MEANINGS else ""


def _walk(value: Any, path: str, label: str, name: str) -> Iterator[Row]:
    if isinstance(value, tuple):
        for number, item in enumerate(value, start=1):
            yield from _walk(item, f"{path}.{getattr(item, 'id', '') or number}", label, name)
    elif isinstance(value, str | Text | Note | Country | Measure | Further):
        yield from _one(value, path, label, name)
    elif is_dataclass(value):
        of: Any = type(value)
        for field, said in _shown(of):
            if (inner := getattr(value, field)) not in ("", ()):
                yield from _walk(inner, f"{path}.{field}", said, field)


@cache
def _shown(of: Any) -> list[tuple[str, str]]:
    """The fields of a part of the document that are shown, with their labels."""
    labels = _FIELDS.get(of, {})
    return [(field.name, labels.get(field.name, field.name)) for field in fields(of) if field.name not in _HIDDEN]


def _one(value: str | Text | Note | Country | Measure | Further, path: str, label: str, name: str) -> Iterator[Row]:
    """The row of one value; none when it says nothing."""
    match value:
        case Note(subject, text, language):
            if not is_blank(text) or (subject and subject not in _SUBJECTS):
                yield Row(path, _SUBJECTS.get(subject, subject), text, language, meaning(subject, text))
        case Country(code, country_name):
            if not is_blank(code) or not is_blank(country_name):
                yield Row(path, label, code, "", country_name)
        case Measure(number, unit, unit_name):
            if value:
                yield Row(path, label, f"{number} {unit_name or unit}".strip())
        case Further(place, xml):
            yield Row(place, FURTHER, xml)
        case Text(text, language):
            if not is_blank(text):
                yield Row(path, label, text, language, meaning(name, text))
        case _:
            yield from _one(Text(str(value)), path, label, name)
