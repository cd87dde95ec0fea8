"""Writing: strictly in schema order, elements that are mandatory without meaning present and empty."""

import base64
from collections.abc import Iterable, Mapping
from typing import Final

from lxml import etree

from certificates.ephyto.document import (
    Attachment,
    Classification,
    Country,
    Document,
    Equipment,
    Measure,
    Movement,
    Note,
    Origin,
    Party,
    Text,
    TradeLine,
    Treatment,
)
from certificates.ephyto.xml.names import ADDRESS_LINES, AREA_LEVEL, RAM, RSM, TREATMENT_TYPE, UDT

_PREFIXES: Final = {"rsm": RSM, "ram": RAM, "udt": UDT}
Element = etree._Element


def to_xml(document: Document, blobs: Mapping[str, bytes]) -> bytes:
    """The message as UTF-8 XML. blobs: attachment bytes by sha256; a missing one raises KeyError.

    Raises ValueError for characters that XML cannot carry. `further` is never written.
    """
    root = etree.Element(f"{{{RSM}}}SPSCertificate", nsmap=_PREFIXES)
    _exchanged_document(etree.SubElement(root, f"{{{RSM}}}SPSExchangedDocument"), document, blobs)
    _consignment(etree.SubElement(root, f"{{{RSM}}}SPSConsignment"), document)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def indented(data: bytes) -> bytes:
    """The same message with an element a line, for people to read."""
    root = etree.fromstring(data, etree.XMLParser(huge_tree=True, resolve_entities=False))
    etree.indent(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def _add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    """A ram child; attributes without a value are left out."""
    child = etree.SubElement(parent, f"{{{RAM}}}{name}", {key: value for key, value in attributes.items() if value})
    child.text = text
    return child


def _group(parent: Element, name: str) -> Element:
    return etree.SubElement(parent, f"{{{RAM}}}{name}")


def _texts(parent: Element, name: str, texts: Iterable[Text]) -> None:
    for text in texts:
        _add(parent, name, text.text, languageID=text.language)


def _moment(parent: Element, name: str, text: str) -> None:
    etree.SubElement(_group(parent, name), f"{{{UDT}}}DateTimeString").text = text


def _measure(parent: Element, name: str, measure: Measure) -> None:
    if measure:
        _add(parent, name, measure.value, unitCode=measure.unit)


def _notes(parent: Element, name: str, notes: Iterable[Note]) -> None:
    """One note for each text: the Hub allows one Content per document note."""
    for note in notes:
        element = _group(parent, name)
        _add(element, "Subject", note.subject)
        _add(element, "Content", note.text, languageID=note.language)


def _exchanged_document(parent: Element, document: Document, blobs: Mapping[str, bytes]) -> None:
    _add(parent, "Name")
    _add(parent, "ID", document.number)
    _add(parent, "TypeCode", document.type)
    _add(parent, "StatusCode", document.status)
    _moment(parent, "IssueDateTime", document.issued)
    _add(_group(parent, "IssuerSPSParty"), "Name", document.issuer)
    _notes(parent, "IncludedSPSNote", document.notes)
    for attachment in document.attachments:
        _attachment(_group(parent, "ReferenceSPSReferencedDocument"), attachment, blobs)
    _signatory(_group(parent, "SignatorySPSAuthentication"), document)


def _attachment(parent: Element, attachment: Attachment, blobs: Mapping[str, bytes]) -> None:
    if attachment.date:
        _add(parent, "IssueDateTime", attachment.date)
    _add(parent, "RelationshipTypeCode", attachment.kind)
    _add(parent, "ID", attachment.number)
    if attachment.sha256 or attachment.undecoded or attachment.filename:
        encoded = base64.b64encode(blobs[attachment.sha256]).decode() if attachment.sha256 else attachment.undecoded
        _add(parent, "AttachmentBinaryObject", encoded, filename=attachment.filename)
    _texts(parent, "Information", attachment.descriptions)


def _signatory(parent: Element, document: Document) -> None:
    _moment(parent, "ActualDateTime", "")
    _add(_group(parent, "IssueSPSLocation"), "Name", document.place_of_issue)
    provider = _group(parent, "ProviderSPSParty")
    _add(provider, "Name")
    _add(_group(provider, "SpecifiedSPSPerson"), "Name", document.officer)
    for statement in document.statements:
        clause = _group(parent, "IncludedSPSClause")
        if statement:
            _add(clause, "ID", statement)
        _add(clause, "Content")


def _consignment(parent: Element, document: Document) -> None:
    _party(_group(parent, "ConsignorSPSParty"), document.exporter)
    _party(_group(parent, "ConsigneeSPSParty"), document.consignee)
    _country(parent, "ExportSPSCountry", document.export_country)
    if document.reexport_country.code:
        _country(parent, "ReExportSPSCountry", document.reexport_country)
    _country(parent, "ImportSPSCountry", document.import_country)
    for country in document.transit_countries:
        _country(parent, "TransitSPSCountry", country)
    if document.entry.code or document.entry.name:
        entry = _group(parent, "UnloadingBaseportSPSLocation")
        if document.entry.code:
            _add(entry, "ID", document.entry.code)
        _add(entry, "Name", document.entry.name)
    _add(_group(_group(parent, "ExaminationSPSEvent"), "OccurrenceSPSLocation"), "Name")
    for movement in document.movements:
        _movement(_group(parent, "MainCarriageSPSTransportMovement"), movement)
    for equipment in document.equipment:
        _equipment(_group(parent, "UtilizedSPSTransportEquipment"), equipment)
    item = _group(parent, "IncludedSPSConsignmentItem")
    for number, line in enumerate(document.lines, start=1):
        _line(_group(item, "IncludedSPSTradeLineItem"), number, line)


def _party(parent: Element, party: Party) -> None:
    _add(parent, "Name", party.name)
    for registration in party.registrations:
        _add(parent, "TypeCode", registration.number, listName=registration.register)
    if party.address:
        address = _group(parent, "SpecifiedSPSAddress")
        shown = (*party.address[:4], ", ".join(party.address[4:]))[: len(party.address)]
        for name, line in zip(ADDRESS_LINES, shown, strict=False):
            _add(address, name, line)


def _country(parent: Element, name: str, country: Country) -> Element:
    element = _group(parent, name)
    _add(element, "ID", country.code)
    _add(element, "Name")
    return element


def _movement(parent: Element, movement: Movement) -> None:
    if movement.number:
        _add(parent, "ID", movement.number)
    _add(parent, "ModeCode", movement.mode)
    if movement.means:
        _texts(_group(parent, "UsedSPSTransportMeans"), "Name", movement.means)


def _equipment(parent: Element, equipment: Equipment) -> None:
    _add(parent, "ID", equipment.number)
    for seal in equipment.seals:
        _add(_group(parent, "AffixedSPSSeal"), "ID", seal)


def _line(parent: Element, number: int, line: TradeLine) -> None:
    _add(parent, "SequenceNumeric", str(number))
    _texts(parent, "Description", line.descriptions)
    _texts(parent, "CommonName", line.common_names)
    _texts(parent, "ScientificName", line.scientific_names)
    if line.batch:
        _add(parent, "ProductionBatchID", line.batch)
    _texts(parent, "IntendedUse", line.intended_uses)
    _measure(parent, "NetWeightMeasure", line.net_weight)
    _measure(parent, "GrossWeightMeasure", line.gross_weight)
    _measure(parent, "NetVolumeMeasure", line.net_volume)
    _measure(parent, "GrossVolumeMeasure", line.gross_volume)
    _notes(parent, "AdditionalInformationSPSNote", line.notes)
    for classification in line.classifications:
        _classification(_group(parent, "ApplicableSPSClassification"), classification)
    for package in line.packages:
        element = _group(parent, "PhysicalSPSPackage")
        _add(element, "LevelCode", package.level)
        _add(element, "TypeCode", package.kind)
        _add(element, "ItemQuantity", package.quantity)
    for origin in line.origins:
        _origin(parent, origin)
    for treatment in line.treatments:
        _treatment(_group(parent, "AppliedSPSProcess"), treatment)


def _classification(parent: Element, classification: Classification) -> None:
    _add(parent, "SystemName", classification.system)
    if classification.code:
        _add(parent, "ClassCode", classification.code)
    _texts(parent, "ClassName", classification.names or (Text(),))


def _origin(parent: Element, origin: Origin) -> None:
    element = _country(parent, "OriginSPSCountry", origin.country)
    for area in origin.areas:
        division = _group(element, "SubordinateSPSCountrySubDivision")
        _add(division, "Name", area)
        _add(division, "HierarchicalLevelCode", AREA_LEVEL)


def _treatment(parent: Element, treatment: Treatment) -> None:
    _add(parent, "TypeCode", TREATMENT_TYPE)
    _period(parent, treatment)
    for code, text in (("TTL1", treatment.kind), ("TTL2", treatment.method)):
        if text.text:
            _characteristic(parent, code, [text])
    for chemical in treatment.chemicals:
        _characteristic(parent, "TTCH", [chemical])
    for code, measure in (("TTTM", treatment.temperature), ("TTCO", treatment.concentration)):
        if measure:
            _measure(_characteristic(parent, code, []), "ValueMeasure", measure)
    for code, texts in (("TTAI", treatment.information), ("TTFT", treatment.full_text)):
        if texts:
            _characteristic(parent, code, texts)


def _period(parent: Element, treatment: Treatment) -> None:
    if treatment.start or treatment.end or treatment.duration:
        period = _group(parent, "CompletionSPSPeriod")
        for name, moment in (("StartDateTime", treatment.start), ("EndDateTime", treatment.end)):
            if moment:
                _moment(period, name, moment)
        _measure(period, "DurationMeasure", treatment.duration)


def _characteristic(parent: Element, code: str, texts: Iterable[Text]) -> Element:
    element = _group(parent, "ApplicableSPSProcessCharacteristic")
    _add(element, "Description", code)
    _texts(element, "Description", texts)
    return element
