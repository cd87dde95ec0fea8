"""Reading: by local name, in any order and under any prefix. What no field holds goes to `further`, so nothing is lost."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field, replace

from lxml import etree

from certificates.ephyto.document import (
    Attachment,
    Classification,
    Country,
    Document,
    Equipment,
    Further,
    Location,
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
from certificates.ephyto.xml.content import DEFAULT_LIMITS, Limits, NotReadable, Outcome, parse
from certificates.ephyto.xml.names import (
    ACKNOWLEDGEMENT,
    ADDRESS_LINES,
    AREA_LEVEL,
    CERTIFICATE,
    CHARACTERISTICS,
    REPEATED_CHARACTERISTICS,
    TREATMENT_TYPE,
)
from certificates.ephyto.xml.nodes import Node, Tree


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
    element, repairs = parse(data, limits)
    name = etree.QName(element).localname
    if name == ACKNOWLEDGEMENT:
        return _acknowledgement(Tree(element, limits))
    if name != CERTIFICATE:
        words = f"The content is {name[:60]}, neither SPSCertificate nor SPSAcknowledgement."
        raise NotReadable(words, Outcome.OTHER_DOCUMENT)
    blobs: dict[str, bytes] = {}
    document = _document(Tree(element, limits), blobs)
    return Message(document, blobs, tuple(repairs))


def _document(tree: Tree, blobs: dict[str, bytes]) -> Document:
    head, body = tree.first(tree.root, "SPSExchangedDocument"), tree.first(tree.root, "SPSConsignment")
    signatory = tree.first(head, "SignatorySPSAuthentication")
    entry = tree.first(body, "UnloadingBaseportSPSLocation")
    document = Document(
        type=tree.text(head, "TypeCode"),
        status=tree.text(head, "StatusCode"),
        number=tree.text(head, "ID"),
        issued=tree.moment(head, "IssueDateTime"),
        issuer=tree.text(head, "IssuerSPSParty", "Name"),
        notes=_notes(tree, head, "IncludedSPSNote"),
        attachments=_attachments(tree, head, blobs),
        place_of_issue=tree.text(signatory, "IssueSPSLocation", "Name"),
        officer=tree.text(signatory, "ProviderSPSParty", "SpecifiedSPSPerson", "Name"),
        statements=_statements(tree, signatory),
        exporter=_party(tree, tree.first(body, "ConsignorSPSParty")),
        consignee=_party(tree, tree.first(body, "ConsigneeSPSParty")),
        export_country=_country(tree, tree.first(body, "ExportSPSCountry")),
        reexport_country=_country(tree, tree.first(body, "ReExportSPSCountry")),
        import_country=_country(tree, tree.first(body, "ImportSPSCountry")),
        transit_countries=tuple(_country(tree, e) for e in tree.all(body, "TransitSPSCountry")),
        entry=Location(tree.text(entry, "ID"), tree.text(entry, "Name")),
        movements=tuple(_movement(tree, e) for e in tree.all(body, "MainCarriageSPSTransportMovement")),
        equipment=tuple(_equipment(tree, e) for e in tree.all(body, "UtilizedSPSTransportEquipment")),
        lines=_lines(tree, body),
    )
    return replace(document, further=_further(tree))


def _further(tree: Tree) -> tuple[Further, ...]:
    kept: list[Further] = []
    size = 0
    for further in tree.further():
        kept.append(further)
        size += len(further.path) + len(further.xml)
        if size > tree.limits.further:
            raise NotReadable("The content has too much that no certificate holds.", Outcome.TOO_MUCH)
    return tuple(kept)


def _notes(tree: Tree, parent: Node | None, name: str) -> tuple[Note, ...]:
    """One Note for each Content, in the order of the message. A note without Content keeps its subject."""
    notes: list[Note] = []
    for node in tree.all(parent, name):
        subject = tree.text(node, "Subject")
        contents = tree.all(node, "Content")
        notes += [Note(subject, content.take(), content.language()) for content in contents] or [Note(subject)]
    return tuple(notes)


def _attachments(tree: Tree, head: Node | None, blobs: dict[str, bytes]) -> tuple[Attachment, ...]:
    nodes = tree.all(head, "ReferenceSPSReferencedDocument")
    if len(nodes) > tree.limits.attachments:
        raise NotReadable(f"The message has more than {tree.limits.attachments} attachments.", Outcome.TOO_MUCH)
    return tuple(_attachment(tree, node, f"a{n}", blobs) for n, node in enumerate(nodes, start=1))


def _attachment(tree: Tree, node: Node, attachment_id: str, blobs: dict[str, bytes]) -> Attachment:
    binary = tree.first(node, "AttachmentBinaryObject")
    encoded = "" if binary is None or binary.children else binary.take()
    data = _decoded(encoded, tree.limits)
    sha256 = hashlib.sha256(data).hexdigest() if data else ""
    if data:
        blobs[sha256] = data
    return Attachment(
        id=attachment_id,
        sha256=sha256,
        filename="" if binary is None else binary.attribute("filename"),
        kind=tree.text(node, "RelationshipTypeCode"),
        number=tree.text(node, "ID"),
        date=tree.moment(node, "IssueDateTime"),
        descriptions=tree.texts(node, "Information"),
        undecoded="" if data else encoded,
        media_type=media_type(data, tree.limits.pixels) if data else "",
        size=len(data),
    )


def _decoded(encoded: str, limits: Limits) -> bytes:
    """The bytes, or none when it is no valid Base64: the text is kept then."""
    if len(encoded) * 3 // 4 > limits.decoded_bytes:
        raise NotReadable(f"An attachment has more than {limits.decoded_bytes} bytes.", Outcome.TOO_MUCH)
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _statements(tree: Tree, signatory: Node | None) -> tuple[str, ...]:
    return tuple(tree.text(clause, "ID") for clause in tree.all(signatory, "IncludedSPSClause"))


def _party(tree: Tree, node: Node | None) -> Party:
    address = tree.first(node, "SpecifiedSPSAddress")
    lines = [tree.text(address, name) for name in ADDRESS_LINES]
    while lines and not lines[-1]:
        lines.pop()
    registrations = [Registration(e.attribute("listName"), e.take()) for e in tree.all(node, "TypeCode")]
    return Party(tree.text(node, "Name"), tuple(lines), tuple(registrations))


def _country(tree: Tree, node: Node | None) -> Country:
    return Country(tree.text(node, "ID"), tree.text(node, "Name"))


def _movement(tree: Tree, node: Node) -> Movement:
    return Movement(
        mode=tree.text(node, "ModeCode"),
        means=tree.texts(tree.first(node, "UsedSPSTransportMeans"), "Name"),
        number=tree.text(node, "ID"),
    )


def _equipment(tree: Tree, node: Node) -> Equipment:
    seals = (tree.text(seal, "ID") for seal in tree.all(node, "AffixedSPSSeal"))
    return Equipment(tree.text(node, "ID"), tuple(seal for seal in seals if seal))


def _lines(tree: Tree, body: Node | None) -> tuple[TradeLine, ...]:
    items = tree.all(body, "IncludedSPSConsignmentItem")
    nodes = [line for item in items for line in tree.all(item, "IncludedSPSTradeLineItem")]
    for node in nodes:
        tree.forget_number(node, "SequenceNumeric")  # the position says it
    return tuple(_line(tree, node, f"l{n}") for n, node in enumerate(nodes, start=1))


def _line(tree: Tree, node: Node, line_id: str) -> TradeLine:
    return TradeLine(
        id=line_id,
        descriptions=tree.texts(node, "Description"),
        common_names=tree.texts(node, "CommonName"),
        scientific_names=tree.texts(node, "ScientificName"),
        batch=tree.text(node, "ProductionBatchID"),
        intended_uses=tree.texts(node, "IntendedUse"),
        net_weight=tree.measure(node, "NetWeightMeasure"),
        gross_weight=tree.measure(node, "GrossWeightMeasure"),
        net_volume=tree.measure(node, "NetVolumeMeasure"),
        gross_volume=tree.measure(node, "GrossVolumeMeasure"),
        notes=_notes(tree, node, "AdditionalInformationSPSNote"),
        classifications=tuple(_classification(tree, e) for e in tree.all(node, "ApplicableSPSClassification")),
        packages=tuple(_package(tree, e) for e in tree.all(node, "PhysicalSPSPackage")),
        origins=tuple(_origin(tree, e) for e in tree.all(node, "OriginSPSCountry")),
        treatments=tuple(
            _treatment(tree, e, f"{line_id}t{n}") for n, e in enumerate(tree.all(node, "AppliedSPSProcess"), 1)
        ),
    )


def _classification(tree: Tree, node: Node) -> Classification:
    return Classification(tree.text(node, "SystemName"), tree.text(node, "ClassCode"), tree.texts(node, "ClassName"))


def _package(tree: Tree, node: Node) -> Package:
    return Package(tree.text(node, "LevelCode"), tree.text(node, "TypeCode"), tree.text(node, "ItemQuantity"))


def _origin(tree: Tree, node: Node) -> Origin:
    areas: list[str] = []
    for division in tree.all(node, "SubordinateSPSCountrySubDivision"):
        areas.append(tree.text(division, "Name"))
        tree.forget(division, "HierarchicalLevelCode", AREA_LEVEL)
    return Origin(_country(tree, node), tuple(area for area in areas if area))


def _treatment(tree: Tree, node: Node, treatment_id: str) -> Treatment:
    tree.forget(node, "TypeCode", TREATMENT_TYPE)
    period = tree.first(node, "CompletionSPSPeriod")
    taken = _characteristics(tree, node)
    return Treatment(
        id=treatment_id,
        start=tree.moment(period, "StartDateTime"),
        end=tree.moment(period, "EndDateTime"),
        duration=tree.measure(period, "DurationMeasure"),
        kind=_only(tree, taken["TTL1"]),
        method=_only(tree, taken["TTL2"]),
        chemicals=tuple(text for e in taken["TTCH"] if (text := _only(tree, [e])).text),
        temperature=tree.measure(next(iter(taken["TTTM"]), None), "ValueMeasure"),
        concentration=tree.measure(next(iter(taken["TTCO"]), None), "ValueMeasure"),
        information=_described(tree, taken["TTAI"]),
        full_text=_described(tree, taken["TTFT"]),
    )


def _characteristics(tree: Tree, process: Node) -> dict[str, list[Node]]:
    """The characteristics by the code in their first Description. What stands once and comes again stays unread."""
    found: dict[str, list[Node]] = {code: [] for code in CHARACTERISTICS}
    others: list[Node] = []
    same = (process.children or {}).get("ApplicableSPSProcessCharacteristic", [])
    for node in same:
        names = (node.children or {}).get("Description")
        code = names[0].text.strip() if names else ""
        if code not in found or (found[code] and code not in REPEATED_CHARACTERISTICS):
            others.append(node)
        else:
            found[code].append(node)
            tree.read.append(node)
            tree.text(node, "Description")
    same[:] = others
    return found


def _described(tree: Tree, nodes: list[Node]) -> tuple[Text, ...]:
    return tuple(text for node in nodes for text in tree.texts(node, "Description"))


def _only(tree: Tree, nodes: list[Node]) -> Text:
    """The one Description after the code; a second one stays unread."""
    for node in nodes:
        description = tree.first(node, "Description")
        if description is not None:
            return Text(description.take(), description.language())
    return Text()


def _acknowledgement(tree: Tree) -> Acknowledgement:
    head = tree.first(tree.root, "SPSAcknowledgementDocument")
    return Acknowledgement(
        status=tree.text(head, "StatusCode"),
        issued=tree.moment(head, "IssueDateTime"),
        reasons=tree.texts(head, "ReasonInformation"),
        references=tuple(tree.text(e, "ID") for e in tree.all(head, "ReferenceSPSReferencedDocument")),
    )
