"""A phytosanitary certificate as one value: what forms edit, rules judge, XML and paper show.

Everything is text as it stands on the wire, so that nothing is lost by reading it; `dates.parse` and
`Measure.number` interpret it. Fields marked "not on the wire" (stable ids, names as printed, what is derived
from an attachment's bytes) take no part in equality: the law is `from_xml(to_xml(d)) == d`.
Sources: ISPM 12, Appendix 1; UN/CEFACT SPSCertificate 17A; IPPC ePhyto mapping guide.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import Final
from uuid import uuid4

VERSION: Final = 1
_DECIMAL: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)  # xs:decimal: no exponent, no other digits

EXPORT: Final = "851"
RE_EXPORT: Final = "657"
ISSUED: Final = "70"
WITHDRAWN: Final = "40"
# The boxes of the statement for re-export, in the order of the model (ISPM 12, Appendix 2): subjects of a line's notes.
BOXES: Final = ("RPCOR", "RPCTC", "RPCPK", "RPCRP", "RPCOC", "RPCNC", "RPCPC", "RPCAI")
# The fields of a line that hold its quantity declared, in the order in which they count.
MEASURES: Final = ("net_weight", "gross_weight", "net_volume", "gross_volume")


@dataclass(frozen=True, slots=True)
class Text:
    """A text and its language (languageID, ISO 639-1, lower case; "" when none is given)."""

    text: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """An SPSNote: IPPC subject code, text, language. One note for each Content on the wire, never merged.

    Of the document (SPSExchangedDocument/IncludedSPSNote):
    ADEDL    Additional declaration            ADIPEDL  Import permit number
    ADAOEDL  Additional official information   ADDIEDL  Date of inspection
    DMCL     Distinguishing marks              SPSFL    No financial liability: "5"
    ADRP     Replacement statement: "4"        ADRPN    Replaced certificate number
    ADRD     Issue date of the replaced one    ADRPR    Reason for replacement

    Of a line (IncludedSPSTradeLineItem/AdditionalInformationSPSNote):
    ADTLIL   Additional declaration            ADIPTLIL Import permit
    ADAOTLIL Additional official information   ADDITLIL Date of inspection
    DMTLIL   Distinguishing marks              OPTND    Number and description of packages in words
    OQV      Other quantity, value             OQU      Other quantity, unit
    RPCST    Re-export statement: "3"          RPCRF    Number of the original phytosanitary certificate
    RPCCO    Country of origin                 RPCPC    Tick: based on the original certificate
    RPCOR    Tick: original attached           RPCTC    Tick: certified true copy attached
    RPCPK    Tick: packed                      RPCRP    Tick: repacked
    RPCOC    Tick: original containers         RPCNC    Tick: new containers
    RPCAI    Tick: additional inspection
    """

    subject: str = ""
    text: str = ""
    language: str = ""


@lru_cache(2000)
def number_of(text: str) -> Decimal | None:
    """The number that the text is; None when it is empty or no decimal of XML."""
    text = text.strip()
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity as written: decimal text (XML form, "." as point) and UN/ECE Rec 20 unit code."""

    value: str = ""
    unit: str = ""
    unit_name: str = field(default="", compare=False)  # as printed, not on the wire

    @property
    def number(self) -> Decimal | None:
        """The value, or None when it is empty or no decimal of XML: the raw text is kept either way."""
        return number_of(self.value)

    def __bool__(self) -> bool:
        return bool(self.value or self.unit)


@dataclass(frozen=True, slots=True)
class Registration:
    """A party's number in a register (TypeCode with listName)."""

    register: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Exporter (ConsignorSPSParty) or consignee (ConsigneeSPSParty).

    name           Name of exporter, of consignee    Name, at most 450 characters
    address        Address                           SpecifiedSPSAddress/LineOne..LineFive, at most 200 each
    registrations  National registration number      TypeCode[@listName]
    """

    name: str = ""
    address: tuple[str, ...] = ()
    registrations: tuple[Registration, ...] = ()


@dataclass(frozen=True, slots=True)
class Country:
    """A country: ID, ISO 3166-1 alpha-2. Its Name is sent empty; the name as printed is not on the wire."""

    code: str = ""
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Location:
    """Declared point of entry (UnloadingBaseportSPSLocation).

    code  UN/LOCODE, optional  ID
    name  Name                 Name, at most 256 characters
    """

    code: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """Declared means of conveyance (MainCarriageSPSTransportMovement).

    mode    Mode, UN/ECE Rec 19: 0..9  ModeCode
    means   Name of the means          UsedSPSTransportMeans/Name
    number  Voyage or flight number    ID
    """

    mode: str = ""
    means: tuple[Text, ...] = ()
    number: str = ""
    mode_name: str = field(default="", compare=False)  # as printed, not on the wire


@dataclass(frozen=True, slots=True)
class Equipment:
    """A container and its seals (UtilizedSPSTransportEquipment).

    number  Container number, may be empty  ID
    seals   Seal numbers                    AffixedSPSSeal/ID
    """

    number: str = ""
    seals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """Number and description of packages, those of one level (PhysicalSPSPackage).

    level     1 inner, 2 intermediate, 3 outer, 4 no hierarchy, 5 shipment  LevelCode
    kind      Kind, UN/ECE Rec 21                                           TypeCode
    quantity  Number, as written                                            ItemQuantity
    """

    level: str = ""
    kind: str = ""
    quantity: str = ""
    kind_name: str = field(default="", compare=False)  # as printed, not on the wire


@dataclass(frozen=True, slots=True)
class Classification:
    """ApplicableSPSClassification: HS (a code), IPPCPCVP and IPPCPCC (terms with a language), or any other system.

    system  HS customs code, IPPCPCVP vegetable part, IPPCPCC condition  SystemName
    code    HS code                                                      ClassCode
    names   Term                                                         ClassName
    """

    system: str = ""
    code: str = ""
    names: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Place of origin.

    country  Country  OriginSPSCountry/ID
    areas    Areas    OriginSPSCountry/SubordinateSPSCountrySubDivision/Name, with HierarchicalLevelCode 0
    """

    country: Country = Country()
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Treatment:
    """Disinfestation and/or disinfection treatment (AppliedSPSProcess, TypeCode ZZZ).

    A characteristic is ApplicableSPSProcessCharacteristic with its code in Description[1], its value in the second
    Description or in ValueMeasure. A treatment, method or chemical is a code, or words with a language.

    start, end     Date, ISO 8601 as written      CompletionSPSPeriod/StartDateTime, EndDateTime
    duration       Duration                       CompletionSPSPeriod/DurationMeasure
    kind           Treatment                      TTL1
    method         Treatment, second level        TTL2
    chemicals      Chemical (active ingredient)   TTCH
    temperature    Temperature                    TTTM, ValueMeasure
    concentration  Concentration                  TTCO, ValueMeasure
    information    Additional information         TTAI
    full_text      The whole treatment as a text  TTFT
    """

    id: str = field(default="", compare=False)
    start: str = ""
    end: str = ""
    duration: Measure = Measure()
    kind: Text = Text()
    method: Text = Text()
    chemicals: tuple[Text, ...] = ()
    temperature: Measure = Measure()
    concentration: Measure = Measure()
    information: tuple[Text, ...] = ()
    full_text: tuple[Text, ...] = ()
    kind_name: str = field(default="", compare=False)  # names as printed, not on the wire
    method_name: str = field(default="", compare=False)
    chemical_names: tuple[str, ...] = field(default=(), compare=False)

    def __hash__(self) -> int:
        """Of what mostly differs, as that of a line."""
        return hash((self.start, self.end, self.kind.text, self.method.text))


@dataclass(frozen=True, slots=True)
class TradeLine:
    """One line of the consignment (IncludedSPSTradeLineItem). Its SequenceNumeric is its position, counted from 1.

    descriptions      Name of produce                     Description
    common_names      Common name                         CommonName
    scientific_names  Botanical name of plants            ScientificName
    batch             Lot                                 ProductionBatchID
    intended_uses     Intended use                        IntendedUse
    net_weight ...    Quantity declared                   NetWeightMeasure, GrossWeightMeasure, NetVolumeMeasure,
                                                          GrossVolumeMeasure with unitCode
    notes             see Note                            AdditionalInformationSPSNote
    classifications   HS code, vegetable part, condition  ApplicableSPSClassification
    packages          Number and description of packages  PhysicalSPSPackage
    origins           Place of origin                     OriginSPSCountry
    treatments        Treatments                          AppliedSPSProcess
    drawn_from        of a re-export: the received certificate and its line, "<certificate>.<line id>"; not on the wire
    """

    id: str = field(default="", compare=False)
    descriptions: tuple[Text, ...] = ()
    common_names: tuple[Text, ...] = ()
    scientific_names: tuple[Text, ...] = ()
    batch: str = ""
    intended_uses: tuple[Text, ...] = ()
    net_weight: Measure = Measure()
    gross_weight: Measure = Measure()
    net_volume: Measure = Measure()
    gross_volume: Measure = Measure()
    notes: tuple[Note, ...] = ()
    classifications: tuple[Classification, ...] = ()
    packages: tuple[Package, ...] = ()
    origins: tuple[Origin, ...] = ()
    treatments: tuple[Treatment, ...] = ()
    drawn_from: str = field(default="", compare=False)

    def __hash__(self) -> int:
        """Of what mostly differs: all of a line takes ten times as long, and drafts have five hundred."""
        return hash((self.batch, self.net_weight.value, *(text.text for text in self.descriptions)))


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment (ReferenceSPSReferencedDocument). Its bytes stand once in a blob named by sha256 (hex).

    kind          AWR the original certificate, ZZZ other     RelationshipTypeCode
    number        Number, at most 60 characters               ID
    date          Date, as written                            IssueDateTime
    sha256        of the file                                 AttachmentBinaryObject, Base64
    filename      Name of the file                            AttachmentBinaryObject/@filename
    undecoded     the text when it is no valid Base64 (sha256 is "" then)
    descriptions  Description                                 Information
    """

    id: str = field(default="", compare=False)
    sha256: str = ""
    filename: str = ""
    kind: str = ""
    number: str = ""
    date: str = ""
    descriptions: tuple[Text, ...] = ()
    undecoded: str = ""
    media_type: str = field(default="", compare=False)  # judged by content
    size: int = field(default=0, compare=False)  # bytes


@dataclass(frozen=True, slots=True)
class Further:
    """Something of a received message that no field holds: XPath-like path by local names, and the XML text."""

    path: str
    xml: str


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Document:
    """One certificate, from the first keystroke (with gaps) to the archive.

    Of SPSExchangedDocument:
    type            Kind: 851 for export, 657 for re-export         TypeCode
    status          70 issued, 40 withdrawn, or what arrived        StatusCode
    number          Certificate number                              ID
    issued          Date of issue, ISO 8601 with offset from us     IssueDateTime/DateTimeString
    issuer          Plant Protection Organization of                IssuerSPSParty/Name
    notes           see Note                                        IncludedSPSNote
    attachments     Attachments                                     ReferenceSPSReferencedDocument
    place_of_issue  Place of issue                  SignatorySPSAuthentication/IssueSPSLocation/Name
    officer         Name of authorized officer      .../ProviderSPSParty/SpecifiedSPSPerson/Name
    statements      Certifying statements           .../IncludedSPSClause/ID: 1, 2 practically free; one empty on a 657

    Of SPSConsignment:
    exporter, consignee     Name and address                        ConsignorSPSParty, ConsigneeSPSParty
    export_country          Exporting or re-exporting country       ExportSPSCountry/ID
    reexport_country        as some senders name it                 ReExportSPSCountry/ID
    import_country          TO: importing country                   ImportSPSCountry/ID
    transit_countries       Transit                                 TransitSPSCountry/ID
    entry                   Declared point of entry                 UnloadingBaseportSPSLocation
    movements               Declared means of conveyance            MainCarriageSPSTransportMovement
    equipment               Containers and seals                    UtilizedSPSTransportEquipment
    lines                   Commodity lines                         IncludedSPSConsignmentItem/IncludedSPSTradeLineItem
    """

    version: int = VERSION
    type: str = ""
    status: str = ""
    number: str = ""
    issued: str = ""
    issuer: str = ""
    notes: tuple[Note, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    place_of_issue: str = ""
    officer: str = ""
    statements: tuple[str, ...] = ()
    exporter: Party = Party()
    consignee: Party = Party()
    export_country: Country = Country()
    reexport_country: Country = Country()
    import_country: Country = Country()
    transit_countries: tuple[Country, ...] = ()
    entry: Location = Location()
    movements: tuple[Movement, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    lines: tuple[TradeLine, ...] = ()
    further: tuple[Further, ...] = ()


def new_id() -> str:
    """A stable id for a line, a treatment or an attachment; positions change, ids do not."""
    return uuid4().hex[:12]


def note_texts(notes: Iterable[Note], *subjects: str) -> list[Text]:
    """The texts of the notes with one of these subject codes, in order."""
    return [Text(note.text, note.language) for note in notes if note.subject in subjects]


def ticked(notes: Iterable[Note], subject: str) -> bool:
    """Whether the box of this subject code is ticked ("True" in any case)."""
    return any(text.text.strip().lower() == "true" for text in note_texts(notes, subject))


def set_notes(notes: Iterable[Note], subject: str, texts: Iterable[Text]) -> tuple[Note, ...]:
    """These notes with all of one subject replaced, in the place of the first of them; empty texts are left out."""
    before = list(notes)
    place = next((i for i, note in enumerate(before) if note.subject == subject), len(before))
    made = (Note(subject, t.text, t.language) for t in texts if t.text)
    return (*before[:place], *made, *(note for note in before[place:] if note.subject != subject))


def with_boxes_of(document: Document, line: TradeLine) -> TradeLine:
    """The line with the boxes of the document's other lines that it does not say itself: they stand on the paper once."""
    has = {note.subject for note in line.notes}
    others = next((other.notes for other in document.lines if other.id != line.id), ())
    missing = (note for note in others if note.subject in BOXES and note.subject not in has)
    return replace(line, notes=(*line.notes, *missing))


def line_by_id(document: Document, line_id: str) -> TradeLine | None:
    return next((line for line in document.lines if line.id == line_id), None)


def with_line(document: Document, line: TradeLine) -> Document:
    """The document with this line in the place of the one with its id, or added at the end."""
    if line_by_id(document, line.id) is None:
        return replace(document, lines=(*document.lines, line))
    return replace(
        document,
        lines=tuple(line if old.id == line.id else old for old in document.lines),
    )
