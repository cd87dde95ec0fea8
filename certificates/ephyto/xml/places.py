"""Where the field of a problem stands in a message: its line and its XPath by local names. For who shows a message with
what is wrong in it; paths are those of rules.Problem, ids (l1, l1t1, a1) those that reading gives.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

from certificates.ephyto.xml.paths import Element, Paths, local


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
    """One place of a message; who asks for many asks `Places`."""
    return Places(root).of(path, params)


class Places:
    """The places of one message. It remembers what it found: very many problems take time in proportion."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self._named: dict[Element, dict[str, list[Element]]] = {}
        self._told: dict[tuple[Element, Step], dict[str, list[Element]]] = {}
        self._known: dict[tuple[Step, ...], list[Element]] = {}
        self._paths = Paths()
        self._found: dict[str, list[Element]] = {}
        self._saying: dict[str, dict[str, Element]] = {}

    def of(self, path: str, params: Mapping[str, str] | None = None) -> Place:
        """Where the field of a path such as consignee.name or lines.l3.notes.OQV stands; what is missing, by the nearest
        element around it that is there. params: of the Problem; they tell which it is where a field stands several
        times. A path that no table knows is the root's. Never raises.
        """
        if path not in self._found:
            self._found[path] = max((self._deepest(steps) for steps in _ways(path)), key=lambda way: way[1])[0]
        element = self._meant(path, params or {})
        return Place(line_of(element), self._paths.of(element))

    def _deepest(self, steps: tuple[Step, ...]) -> tuple[list[Element], int]:
        """The elements that the steps lead to, or the last ones on the way; and how far that is."""
        ways = ((self._at(steps[:depth]), depth) for depth in range(len(steps), 0, -1))
        return next((way for way in ways if way[0]), ([self.root], 0))

    def _at(self, steps: tuple[Step, ...]) -> list[Element]:
        """The elements at the end of the steps."""
        if not steps:
            return [self.root]
        if steps not in self._known:
            before, step = steps[:-1], steps[-1]
            if step.nth:
                self._known[steps] = self._at((*before, step._replace(nth=0)))[step.nth - 1 : step.nth]
            else:
                self._known[steps] = [child for e in self._at(before) for child in self._children(e, step)]
        return self._known[steps]

    def _children(self, element: Element, step: Step) -> list[Element]:
        if element not in self._named:
            self._named[element] = _grouped(element, local)
        same = self._named[element].get(step.name, [])
        if not step.child:
            return same
        key = (element, Step(step.name, child=step.child))
        if key not in self._told:
            self._told[key] = _grouped(same, lambda child: _said(child, step.child))
        return self._told[key].get(step.word, [])

    def _meant(self, path: str, params: Mapping[str, str]) -> Element:
        """Of several elements, the one that says what the problem is about; else the first."""
        elements = self._found[path]
        words = [params[key] for key in ("code", "value", "words") if params.get(key)]
        if len(elements) > 1 and path not in self._saying:
            self._saying[path] = _saying(elements)
        for word in (*words, f"length {params.get('length')}"):
            found = self._saying.get(path, {}).get(word)
            if found is not None:
                return found
        parts = (e for e in elements if any(word in text for word in words for text in map(str, e.itertext())))
        return next(parts, elements[0])


def _ways(path: str) -> list[tuple[Step, ...]]:
    """The steps of the path, in as many ways as its field may stand, as far as the tables know it."""
    ways: list[tuple[Step, ...]] = [()]
    table, field = _DOCUMENT, ""
    for word in path.split("."):
        if word in table:
            ways = [(*way, *_steps(found)) for way in ways for found in table[word].split("|")]
            table, field = _WITHIN.get(word, {}), word
        elif field == "notes":
            ways = [(*way[:-1], Step(way[-1].name, 0, "Subject", word)) for way in ways]
        elif field and (number := _NUMBERED.fullmatch(word)):
            ways = [(*way[:-1], Step(way[-1].name, int(number[1]))) for way in ways]
        else:
            break
    return ways


def _steps(elements: str) -> list[Step]:
    parts = [element.partition("=") for element in elements.split("/")]
    return [Step(name, 0, _TELLING[name] if word else "", word) for name, _, word in parts]


def _grouped(elements: Iterable[Element], word_of: Callable[[Element], str]) -> dict[str, list[Element]]:
    groups: dict[str, list[Element]] = {}
    for element in elements:
        groups.setdefault(word_of(element), []).append(element)
    return groups


def _said(element: Element, name: str) -> str:
    """The text of its first child of this name."""
    return next(((child.text or "").strip() for child in element if local(child) == name), "")


def _saying(elements: list[Element]) -> dict[str, Element]:
    """The first element that says a text, by the text and by its length."""
    saying: dict[str, Element] = {}
    for element in elements:
        for inner in element.iter():
            for text in (inner.text or "", *map(str, inner.attrib.values())):
                saying.setdefault(text, element)
                saying.setdefault(f"length {len(text)}", element)
    return saying


def line_of(element: Element) -> int:
    """The line on which its start tag ends."""
    return cast("int | None", element.sourceline) or 1
