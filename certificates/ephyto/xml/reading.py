"""Reading: by local name, in any order and under any prefix. What no field holds goes to `further`, so nothing is lost."""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

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
from certificates.ephyto.media import media_type
from certificates.ephyto.xml.content import DEFAULT_LIMITS, Limits, NotReadable, Paths, parse
from certificates.ephyto.xml.names import ACKNOWLEDGEMENT, ADDRESS_LINES, AREA_LEVEL, CERTIFICATE, TREATMENT_TYPE

Element = etree._Element


@dataclass(frozen=True)
class Message:
    """A certificate as it arrived: the document, its attachments' bytes by sha256, and what reading repaired."""

    document: Document
    blobs: dict[str, bytes] = field(default_factory=dict)
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Acknowledgement:
    """An SPSAcknowledgement: the importing country's answer about certificates named by their numbers."""

    status: str
    issued: str = ""
    reasons: tuple[Text, ...] = ()
    references: tuple[str, ...] = ()


def from_xml(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Message | Acknowledgement:
    """Read a message. Raises NotReadable for what is no XML, or neither a certificate nor an acknowledgement."""
    root, repairs = parse(data, limits)
    name = _name(root)
    if name == ACKNOWLEDGEMENT:
        return _acknowledgement(_Reader(root, limits), root)
    if name != CERTIFICATE:
        raise NotReadable(f"The content is {name[:60]}, neither SPSCertificate nor SPSAcknowledgement.")
    reader = _Reader(root, limits)
    document = _document(reader, root)
    return Message(document, reader.blobs, tuple(repairs))


def _name(element: Element) -> str:
    return etree.QName(element).localname


class _Reader:
    """One walk through a message: remembers what was read, so that the rest can be kept as further information."""

    def __init__(self, root: Element, limits: Limits) -> None:
        self.root, self.limits = root, limits
        self.unread = dict.fromkeys(root.iter())
        self.unread_attributes = {(e, str(key)): str(value) for e in self.unread for key, value in e.attrib.items()}
        self.blobs: dict[str, bytes] = {}
        self.paths = Paths()
        self.unread.pop(root)

    def all(self, parent: Element | None, name: str) -> list[Element]:
        """The children of this local name that nobody read yet, marked as read."""
        found = [] if parent is None else [e for e in parent if _name(e) == name and e in self.unread]
        for element in found:
            self.unread.pop(element)
        return found

    def first(self, parent: Element | None, name: str) -> Element | None:
        """The first of them; the others stay unread, hence further information."""
        if parent is None:
            return None
        for element in parent:
            if _name(element) == name and element in self.unread:
                self.unread.pop(element)
                return element
        return None

    def text(self, parent: Element | None, *path: str) -> str:
        """The exact text at the end of a path of first children; "" when it is not there."""
        element = parent
        for name in path:
            element = self.first(element, name)
        return "" if element is None else element.text or ""

    def attribute(self, element: Element, name: str) -> str:
        return self.unread_attributes.pop((element, name), "")

    def language(self, element: Element) -> str:
        return self.attribute(element, "languageID").lower()

    def texts(self, parent: Element | None, name: str) -> tuple[Text, ...]:
        """Texts with their languages; empty ones are dropped."""
        return tuple(Text(e.text, self.language(e)) for e in self.all(parent, name) if e.text)

    def moment(self, parent: Element | None, name: str) -> str:
        """A DateTimeString, or the plain text that some senders write in its place."""
        element = self.first(parent, name)
        return self.text(element, "DateTimeString") or _own_text(element)

    def measure(self, parent: Element | None, name: str) -> Measure:
        element = self.first(parent, name)
        return Measure() if element is None else Measure(element.text or "", self.attribute(element, "unitCode"))

    def further(self) -> Iterator[Further]:
        """What has content and was not read: whole elements, attributes, and text between elements."""
        for element in self.unread:
            parent = element.getparent()
            if parent is not None and parent not in self.unread and _has_content(element):
                yield Further(self.paths.of(element), etree.tostring(element, encoding="unicode", with_tail=False))
        for (element, key), value in self.unread_attributes.items():
            if element not in self.unread and value:
                yield Further(f"{self.paths.of(element)}/@{etree.QName(key).localname}", value)
        for element in self.root.iter():
            if element not in self.unread:
                yield from self._loose_text(element)

    def _loose_text(self, element: Element) -> Iterator[Further]:
        loose = [element.text or ""] if len(element) else []
        loose += [child.tail or "" for child in element]
        for text in loose:
            if text.strip():
                yield Further(f"{self.paths.of(element)}/text()", text)


def _own_text(element: Element | None) -> str:
    """The text of an element without children."""
    return "" if element is None or len(element) else element.text or ""


def _has_content(element: Element) -> bool:
    return any(text.strip() for text in element.itertext()) or any(e.attrib for e in element.iter())


def _document(reader: _Reader, root: Element) -> Document:
    head, body = reader.first(root, "SPSExchangedDocument"), reader.first(root, "SPSConsignment")
    signatory = reader.first(head, "SignatorySPSAuthentication")
    entry = reader.first(body, "UnloadingBaseportSPSLocation")
    document = Document(
        type=reader.text(head, "TypeCode"),
        status=reader.text(head, "StatusCode"),
        number=reader.text(head, "ID"),
        issued=reader.moment(head, "IssueDateTime"),
        issuer=reader.text(head, "IssuerSPSParty", "Name"),
        notes=_notes(reader, head, "IncludedSPSNote"),
        attachments=_attachments(reader, head),
        place_of_issue=reader.text(signatory, "IssueSPSLocation", "Name"),
        officer=reader.text(signatory, "ProviderSPSParty", "SpecifiedSPSPerson", "Name"),
        statements=_statements(reader, signatory),
        exporter=_party(reader, reader.first(body, "ConsignorSPSParty")),
        consignee=_party(reader, reader.first(body, "ConsigneeSPSParty")),
        export_country=_country(reader, reader.first(body, "ExportSPSCountry")),
        reexport_country=_country(reader, reader.first(body, "ReExportSPSCountry")),
        import_country=_country(reader, reader.first(body, "ImportSPSCountry")),
        transit_countries=tuple(_country(reader, e) for e in reader.all(body, "TransitSPSCountry")),
        entry=Location(reader.text(entry, "ID"), reader.text(entry, "Name")),
        movements=tuple(_movement(reader, e) for e in reader.all(body, "MainCarriageSPSTransportMovement")),
        equipment=tuple(_equipment(reader, e) for e in reader.all(body, "UtilizedSPSTransportEquipment")),
        lines=_lines(reader, body),
    )
    return _with(document, further=_remaining(reader, root))


def _with(document: Document, *, further: tuple[Further, ...]) -> Document:
    object.__setattr__(document, "further", further)  # the walk must be over before it is known
    return document


def _remaining(reader: _Reader, root: Element) -> tuple[Further, ...]:
    """Further information, after forgetting the elements whose only sense is to be there."""
    for item in [e for e in reader.unread if _name(e) == "SequenceNumeric"]:
        if (item.text or "").strip().isdigit():
            reader.unread.pop(item)
    kept: list[Further] = []
    size = 0
    for further in reader.further():
        kept.append(further)
        size += len(further.path) + len(further.xml)
        if size > reader.limits.further:
            raise NotReadable("The content has too much that no certificate holds.")
    return tuple(kept)


def _notes(reader: _Reader, parent: Element | None, name: str) -> tuple[Note, ...]:
    """One Note for each Content, in the order of the message. A note without Content keeps its subject."""
    notes: list[Note] = []
    for element in reader.all(parent, name):
        subject = reader.text(element, "Subject")
        contents = reader.all(element, "Content")
        notes += [Note(subject, e.text or "", reader.language(e)) for e in contents] or [Note(subject)]
    return tuple(notes)


def _attachments(reader: _Reader, head: Element | None) -> tuple[Attachment, ...]:
    elements = reader.all(head, "ReferenceSPSReferencedDocument")
    if len(elements) > reader.limits.attachments:
        raise NotReadable(f"The message has more than {reader.limits.attachments} attachments.")
    return tuple(_attachment(reader, e, f"a{n}") for n, e in enumerate(elements, start=1))


def _attachment(reader: _Reader, element: Element, attachment_id: str) -> Attachment:
    binary = reader.first(element, "AttachmentBinaryObject")
    encoded = _own_text(binary)
    data = _decoded(encoded, reader.limits)
    sha256 = hashlib.sha256(data).hexdigest() if data else ""
    if data:
        reader.blobs[sha256] = data
    return Attachment(
        id=attachment_id,
        sha256=sha256,
        filename="" if binary is None else reader.attribute(binary, "filename"),
        kind=reader.text(element, "RelationshipTypeCode"),
        number=reader.text(element, "ID"),
        date=reader.moment(element, "IssueDateTime"),
        descriptions=reader.texts(element, "Information"),
        undecoded="" if data else encoded,
        media_type=media_type(data) if data else "",
        size=len(data),
    )


def _decoded(encoded: str, limits: Limits) -> bytes:
    """The bytes, or none when it is no valid Base64: the text is kept then."""
    if len(encoded) * 3 // 4 > limits.decoded_bytes:
        raise NotReadable(f"An attachment has more than {limits.decoded_bytes} bytes.")
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _statements(reader: _Reader, signatory: Element | None) -> tuple[str, ...]:
    return tuple(reader.text(clause, "ID") for clause in reader.all(signatory, "IncludedSPSClause"))


def _party(reader: _Reader, element: Element | None) -> Party:
    address = reader.first(element, "SpecifiedSPSAddress")
    lines = [reader.text(address, name) for name in ADDRESS_LINES]
    while lines and not lines[-1]:
        lines.pop()
    registrations = [
        Registration(reader.attribute(e, "listName"), e.text or "") for e in reader.all(element, "TypeCode")
    ]
    return Party(reader.text(element, "Name"), tuple(lines), tuple(registrations))


def _country(reader: _Reader, element: Element | None) -> Country:
    return Country(reader.text(element, "ID"), reader.text(element, "Name"))


def _movement(reader: _Reader, element: Element) -> Movement:
    return Movement(
        mode=reader.text(element, "ModeCode"),
        means=reader.texts(reader.first(element, "UsedSPSTransportMeans"), "Name"),
        number=reader.text(element, "ID"),
    )


def _equipment(reader: _Reader, element: Element) -> Equipment:
    seals = (reader.text(seal, "ID") for seal in reader.all(element, "AffixedSPSSeal"))
    return Equipment(reader.text(element, "ID"), tuple(seal for seal in seals if seal))


def _lines(reader: _Reader, body: Element | None) -> tuple[TradeLine, ...]:
    items = reader.all(body, "IncludedSPSConsignmentItem")
    elements = [line for item in items for line in reader.all(item, "IncludedSPSTradeLineItem")]
    return tuple(_line(reader, e, f"l{n}") for n, e in enumerate(elements, start=1))


def _line(reader: _Reader, element: Element, line_id: str) -> TradeLine:
    return TradeLine(
        id=line_id,
        descriptions=reader.texts(element, "Description"),
        common_names=reader.texts(element, "CommonName"),
        scientific_names=reader.texts(element, "ScientificName"),
        batch=reader.text(element, "ProductionBatchID"),
        intended_uses=reader.texts(element, "IntendedUse"),
        net_weight=reader.measure(element, "NetWeightMeasure"),
        gross_weight=reader.measure(element, "GrossWeightMeasure"),
        net_volume=reader.measure(element, "NetVolumeMeasure"),
        gross_volume=reader.measure(element, "GrossVolumeMeasure"),
        notes=_notes(reader, element, "AdditionalInformationSPSNote"),
        classifications=tuple(_classification(reader, e) for e in reader.all(element, "ApplicableSPSClassification")),
        packages=tuple(_package(reader, e) for e in reader.all(element, "PhysicalSPSPackage")),
        origins=tuple(_origin(reader, e) for e in reader.all(element, "OriginSPSCountry")),
        treatments=tuple(
            _treatment(reader, e, f"{line_id}t{n}") for n, e in enumerate(reader.all(element, "AppliedSPSProcess"), 1)
        ),
    )


def _classification(reader: _Reader, element: Element) -> Classification:
    return Classification(
        reader.text(element, "SystemName"), reader.text(element, "ClassCode"), reader.texts(element, "ClassName")
    )


def _package(reader: _Reader, element: Element) -> Package:
    return Package(
        reader.text(element, "LevelCode"), reader.text(element, "TypeCode"), reader.text(element, "ItemQuantity")
    )


def _origin(reader: _Reader, element: Element) -> Origin:
    areas: list[str] = []
    for division in reader.all(element, "SubordinateSPSCountrySubDivision"):
        areas.append(reader.text(division, "Name"))
        for level in division:
            if _name(level) == "HierarchicalLevelCode" and level.text == AREA_LEVEL:
                reader.unread.pop(level, None)
    return Origin(_country(reader, element), tuple(area for area in areas if area))


def _treatment(reader: _Reader, element: Element, treatment_id: str) -> Treatment:
    for code in element:
        if _name(code) == "TypeCode" and code.text == TREATMENT_TYPE:
            reader.unread.pop(code, None)
    period = reader.first(element, "CompletionSPSPeriod")
    taken = {
        code: _characteristics(reader, element, code)
        for code in ("TTL1", "TTL2", "TTCH", "TTTM", "TTCO", "TTAI", "TTFT")
    }
    return Treatment(
        id=treatment_id,
        start=reader.moment(period, "StartDateTime"),
        end=reader.moment(period, "EndDateTime"),
        duration=reader.measure(period, "DurationMeasure"),
        kind=_only(reader, taken["TTL1"][:1]),
        method=_only(reader, taken["TTL2"][:1]),
        chemicals=tuple(text for e in taken["TTCH"] if (text := _only(reader, [e])).text),
        temperature=reader.measure(next(iter(taken["TTTM"]), None), "ValueMeasure"),
        concentration=reader.measure(next(iter(taken["TTCO"]), None), "ValueMeasure"),
        information=_described(reader, taken["TTAI"][:1]),
        full_text=_described(reader, taken["TTFT"][:1]),
    )


_ONCE = ("TTL1", "TTL2", "TTTM", "TTCO", "TTAI", "TTFT")


def _characteristics(reader: _Reader, process: Element, code: str) -> list[Element]:
    """The characteristics of one code: the first Description names it. Those that stand once stay unread when repeated."""
    found: list[Element] = []
    for element in process:
        if _name(element) != "ApplicableSPSProcessCharacteristic" or element not in reader.unread:
            continue
        names = [e for e in element if _name(e) == "Description"]
        if names and (names[0].text or "").strip() == code and not (found and code in _ONCE):
            reader.unread.pop(element)
            reader.unread.pop(names[0])
            found.append(element)
    return found


def _described(reader: _Reader, elements: list[Element]) -> tuple[Text, ...]:
    return tuple(text for element in elements for text in reader.texts(element, "Description"))


def _only(reader: _Reader, elements: list[Element]) -> Text:
    """The one Description after the code; a second one stays unread."""
    for element in elements:
        description = reader.first(element, "Description")
        if description is not None and description.text:
            return Text(description.text, reader.language(description))
    return Text()


def _acknowledgement(reader: _Reader, root: Element) -> Acknowledgement:
    head = reader.first(root, "SPSAcknowledgementDocument")
    return Acknowledgement(
        status=reader.text(head, "StatusCode"),
        issued=reader.moment(head, "IssueDateTime"),
        reasons=reader.texts(head, "ReasonInformation"),
        references=tuple(reader.text(e, "ID") for e in reader.all(head, "ReferenceSPSReferencedDocument")),
    )
