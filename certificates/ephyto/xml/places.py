"""Where the field of a problem stands in a message: its line and its XPath by local names. For who shows a message with
what is wrong in it; paths are those of rules.Problem, ids (l1, l1t1, a1) those that reading gives.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

from lxml import etree

Element = etree._Element


@dataclass(frozen=True)
class Place:
    """line: of the message, from 1. xpath: by local names, such as /SPSCertificate/SPSConsignment/ImportSPSCountry/ID."""

    line: int
    xpath: str


class Step(NamedTuple):
    """One step down: the children of this name of which a child says a word; of them the nth, or all when nth is 0."""

    name: str
    nth: int = 0
    child: str = ""
    word: str = ""


# Field of the document -> elements below the root. A=word: with a child that says it. A|B: the one that is there.
_HEAD: Final = "SPSExchangedDocument"
_SIGNED: Final = f"{_HEAD}/SignatorySPSAuthentication"
_BODY: Final = "SPSConsignment"
_DOCUMENT: Final = {
    "type": f"{_HEAD}/TypeCode",
    "status": f"{_HEAD}/StatusCode",
    "number": f"{_HEAD}/ID",
    "issued": f"{_HEAD}/IssueDateTime/DateTimeString",
    "issuer": f"{_HEAD}/IssuerSPSParty/Name",
    "notes": f"{_HEAD}/IncludedSPSNote",
    "attachments": f"{_HEAD}/ReferenceSPSReferencedDocument",
    "place_of_issue": f"{_SIGNED}/IssueSPSLocation/Name",
    "officer": f"{_SIGNED}/ProviderSPSParty/SpecifiedSPSPerson/Name",
    "statements": f"{_SIGNED}/IncludedSPSClause/ID",
    "exporter": f"{_BODY}/ConsignorSPSParty",
    "consignee": f"{_BODY}/ConsigneeSPSParty",
    "export_country": f"{_BODY}/ExportSPSCountry/ID",
    "reexport_country": f"{_BODY}/ReExportSPSCountry/ID",
    "import_country": f"{_BODY}/ImportSPSCountry/ID",
    "transit_countries": f"{_BODY}/TransitSPSCountry/ID",
    "entry": f"{_BODY}/UnloadingBaseportSPSLocation",
    "movements": f"{_BODY}/MainCarriageSPSTransportMovement",
    "equipment": f"{_BODY}/UtilizedSPSTransportEquipment",
    "lines": f"{_BODY}/IncludedSPSConsignmentItem/IncludedSPSTradeLineItem",
}
_PARTY: Final = {"name": "Name", "address": "SpecifiedSPSAddress", "registrations": "TypeCode"}
_ENTRY: Final = {"code": "ID", "name": "Name"}
_ATTACHMENT: Final = {
    "number": "ID",
    "kind": "RelationshipTypeCode",
    "date": "IssueDateTime",
    "sha256": "AttachmentBinaryObject",
    "filename": "AttachmentBinaryObject",
    "undecoded": "AttachmentBinaryObject",
    "descriptions": "Information",
}
_LINE: Final = {
    "descriptions": "Description",
    "common_names": "CommonName",
    "scientific_names": "ScientificName",
    "batch": "ProductionBatchID",
    "intended_uses": "IntendedUse",
    "net_weight": "NetWeightMeasure",
    "gross_weight": "GrossWeightMeasure",
    "net_volume": "NetVolumeMeasure",
    "gross_volume": "GrossVolumeMeasure",
    "notes": "AdditionalInformationSPSNote",
    "other_quantity": "AdditionalInformationSPSNote=OQV|AdditionalInformationSPSNote=OQU",
    "classifications": "ApplicableSPSClassification",
    "packages": "PhysicalSPSPackage",
    "origins": "OriginSPSCountry",
    "treatments": "AppliedSPSProcess",
}
_TREATMENT: Final = {
    "start": "CompletionSPSPeriod/StartDateTime/DateTimeString",
    "end": "CompletionSPSPeriod/EndDateTime/DateTimeString",
    "duration": "CompletionSPSPeriod/DurationMeasure",
    "kind": "ApplicableSPSProcessCharacteristic=TTL1|ApplicableSPSProcessCharacteristic=TTL2",
    "method": "ApplicableSPSProcessCharacteristic=TTL2",
    "chemicals": "ApplicableSPSProcessCharacteristic=TTCH",
    "temperature": "ApplicableSPSProcessCharacteristic=TTTM/ValueMeasure",
    "concentration": "ApplicableSPSProcessCharacteristic=TTCO/ValueMeasure",
    "information": "ApplicableSPSProcessCharacteristic=TTAI",
    "full_text": "ApplicableSPSProcessCharacteristic=TTFT",
}
# Field -> what is in it by field, where something is.
_WITHIN: Final = {
    "exporter": _PARTY,
    "consignee": _PARTY,
    "entry": _ENTRY,
    "attachments": _ATTACHMENT,
    "lines": _LINE,
    "treatments": _TREATMENT,
}
_NUMBERED: Final = re.compile(r"(?:l|l\d+t|a)([1-9]\d{0,8})", re.ASCII)
# The child that says what an element is about.
_TELLING: Final = {"ApplicableSPSProcessCharacteristic": "Description", "AdditionalInformationSPSNote": "Subject"}


def place_of(root: Element, path: str, params: Mapping[str, str] | None = None) -> Place:
    """Where the field of a path such as consignee.name or lines.l3.notes.OQV stands; what is missing, by the nearest
    element around it that is there. params: of the Problem; they tell which it is where a field stands several times.
    A path that no table knows is the root's. Never raises.
    """
    ways = [_deepest(root, steps) for steps in _ways(path)]
    elements = max(ways, key=lambda way: way[1])[0]
    element = _meant(elements, params or {})
    return Place(line_of(element), xpath(element))


def _ways(path: str) -> list[list[Step]]:
    """The steps of the path, in as many ways as its field may stand, as far as the tables know it."""
    ways: list[list[Step]] = [[]]
    table, field = _DOCUMENT, ""
    for word in path.split("."):
        if word in table:
            ways = [way + _steps(found) for way in ways for found in table[word].split("|")]
            table, field = _WITHIN.get(word, {}), word
        elif field == "notes":
            ways = [[*way[:-1], Step(way[-1].name, 0, "Subject", word)] for way in ways]
        elif field and (numbered := _NUMBERED.fullmatch(word)):
            ways = [[*way[:-1], Step(way[-1].name, int(numbered[1]))] for way in ways]
        else:
            break
    return ways


def _steps(elements: str) -> list[Step]:
    parts = [element.partition("=") for element in elements.split("/")]
    return [Step(name, 0, _TELLING[name] if word else "", word) for name, _, word in parts]


def _deepest(root: Element, steps: list[Step]) -> tuple[list[Element], int]:
    """The elements that the steps lead to, or the last ones on the way; and how far that is."""
    here = [root]
    for depth, step in enumerate(steps):
        found = [child for element in here for child in _children(element, step)]
        found = found[step.nth - 1 : step.nth] if step.nth else found
        if not found:
            return here, depth
        here = found
    return here, len(steps)


def _children(element: Element, step: Step) -> Iterator[Element]:
    for child in element:
        if local(child) == step.name and (not step.child or _said(child, step.child) == step.word):
            yield child


def _said(element: Element, name: str) -> str:
    """The text of its first child of this name."""
    return next(((child.text or "").strip() for child in element if local(child) == name), "")


def _meant(elements: list[Element], params: Mapping[str, str]) -> Element:
    """Of several, the one that says what the problem is about; else the first."""
    words = [params[key] for key in ("code", "value", "words") if params.get(key)]
    length = params.get("length", "")
    for element in elements if len(elements) > 1 else ():
        said = [str(text) for text in (*element.itertext(), *(v for e in element.iter() for v in e.attrib.values()))]
        if any(word in said for word in words) or any(str(len(text)) == length for text in said):
            return element
    parts = (e for e in elements if any(word in text for word in words for text in map(str, e.itertext())))
    return next(parts, elements[0])


def line_of(element: Element) -> int:
    """The line on which its start tag ends."""
    return cast("int | None", element.sourceline) or 1


def local(element: Element) -> str:
    """The name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def xpath(element: Element) -> str:
    """By local names, with positions where several have the same, as Further.path has it."""
    parent = element.getparent()
    return f"/{local(element)}" if parent is None else f"{xpath(parent)}/{numbered(parent)[element]}"


def numbered(parent: Element, name_of: Callable[[Element], str] = local) -> dict[Element, str]:
    """Each child's name, with its position where several have the same."""
    names = {child: name_of(child) for child in parent}
    total, seen = Counter(names.values()), Counter[str]()
    steps: dict[Element, str] = {}
    for child, name in names.items():
        seen[name] += 1
        steps[child] = f"{name}[{seen[name]}]" if total[name] > 1 else name
    return steps
