"""Where a field stands in a message: every path of every rule leads to the line it speaks of."""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from certificates.ephyto import rules
from certificates.ephyto.document import (
    EXPORT,
    RE_EXPORT,
    Attachment,
    Country,
    Document,
    Movement,
    Note,
    Party,
    TradeLine,
    Treatment,
)
from certificates.ephyto.xml import Message, from_xml, to_xml
from certificates.ephyto.xml.content import DEFAULT_LIMITS, parse
from certificates.ephyto.xml.places import Place, Places, place_of
from tests.ephyto.test_rules import CASES, complete
from tests.ephyto.valid_strategies import full

Element = etree._Element
HEAD, BODY = "/SPSCertificate/SPSExchangedDocument", "/SPSCertificate/SPSConsignment"
LINE = f"{BODY}/IncludedSPSConsignmentItem/IncludedSPSTradeLineItem"
PROCESS = f"{LINE}/AppliedSPSProcess"
SIGNED = f"{HEAD}/SignatorySPSAuthentication"
NOTE, LINE_NOTE = f"{HEAD}/IncludedSPSNote", f"{LINE}/AdditionalInformationSPSNote"
ATTACHMENT = f"{HEAD}/ReferenceSPSReferencedDocument"
CLASS, PACKAGE = f"{LINE}/ApplicableSPSClassification", f"{LINE}/PhysicalSPSPackage"

# Where each rule, as its cases break it, leads. Of what is missing it is the element around it.
LEADS = {
    "type.known": f"{HEAD}/TypeCode",
    "type.other": f"{HEAD}/TypeCode",
    "status.ours": f"{HEAD}/StatusCode",
    "status.other": f"{HEAD}/StatusCode",
    "number": f"{HEAD}/ID",
    "issued": f"{HEAD}/IssueDateTime/DateTimeString",
    "issuer": f"{HEAD}/IssuerSPSParty/Name",
    "place_of_issue": f"{SIGNED}/IssueSPSLocation/Name",
    "officer": f"{SIGNED}/ProviderSPSParty/SpecifiedSPSPerson/Name",
    "statement": f"{SIGNED}/IncludedSPSClause/ID",
    "statement.clause": SIGNED,
    "statement.re_export": f"{SIGNED}/IncludedSPSClause/ID",
    "statement.known": f"{SIGNED}/IncludedSPSClause[2]/ID",
    "exporter.name": f"{BODY}/ConsignorSPSParty/Name",
    "exporter.address": f"{BODY}/ConsignorSPSParty",
    "consignee.name": f"{BODY}/ConsigneeSPSParty/Name",
    "consignee.address": f"{BODY}/ConsigneeSPSParty",
    "address.lines": f"{BODY}/ConsigneeSPSParty/SpecifiedSPSAddress",
    "export_country": f"{BODY}/ExportSPSCountry/ID",
    "import_country": f"{BODY}/ImportSPSCountry/ID",
    "country.alpha2": f"{BODY}/ImportSPSCountry/ID",
    "entry.name": BODY,
    "entry.unnamed": f"{BODY}/UnloadingBaseportSPSLocation/Name",
    "entry.locode": f"{BODY}/UnloadingBaseportSPSLocation/ID",
    "movement.any": BODY,
    "movement.mode": f"{BODY}/MainCarriageSPSTransportMovement",
    "movement.known": f"{BODY}/MainCarriageSPSTransportMovement",
    "line.any": f"{BODY}/IncludedSPSConsignmentItem",
    "line.description": LINE,
    "line.botanical_name": f"{LINE}/ScientificName",
    "line.quantity": LINE,
    "line.other_quantity": LINE_NOTE,
    "line.net_above_gross": f"{LINE}/GrossWeightMeasure",
    "line.packages": (LINE, PACKAGE),
    "line.package": PACKAGE,
    "package.level": PACKAGE,
    "line.origin": LINE,
    "line.hs": CLASS,
    "classification.once": f"{CLASS}[1]",
    "classification.term": CLASS,
    "measure.number": f"{LINE}/NetWeightMeasure",
    "measure.unit": f"{LINE}/NetWeightMeasure",
    "treatment.date": f"{PROCESS}/CompletionSPSPeriod/StartDateTime/DateTimeString",
    "treatment.period": f"{PROCESS}/CompletionSPSPeriod/EndDateTime/DateTimeString",
    "treatment.future": f"{PROCESS}/CompletionSPSPeriod/StartDateTime/DateTimeString",
    "treatment.kind": PROCESS,
    "treatment.full_text": PROCESS,
    "declaration.commercial": NOTE,
    "note.once": f"{NOTE}[1]",
    "note.place": (NOTE, LINE_NOTE),
    "note.subject": NOTE,
    "language.code": (NOTE, f"{LINE}/Description"),
    "marks.once": f"{NOTE}[1]",
    "text.length": (NOTE, f"{ATTACHMENT}/ID", f"{PROCESS}/ApplicableSPSProcessCharacteristic[1]"),
    "text.unprintable": NOTE,
    "attachment.number": f"{ATTACHMENT}/ID",
    "attachment.kind": f"{ATTACHMENT}/RelationshipTypeCode",
    "attachment.file": ATTACHMENT,
    "attachment.type": ATTACHMENT,
    "attachment.download": ATTACHMENT,
    "attachment.decoded": ATTACHMENT,
    "replacement.complete": HEAD,
    "replacement.date": f"{NOTE}[4]",
    "replacement.itself": f"{NOTE}[2]",
    "re_export.statement": LINE,
    "re_export.original": LINE,
    "re_export.attached": f"{LINE_NOTE}[4]",
    "re_export.packed": f"{LINE_NOTE}[6]",
    "re_export.containers": LINE,
    "re_export.basis": f"{LINE_NOTE}[10]",
    "re_export.tick": f"{LINE_NOTE}[11]",
    "re_export.copy": HEAD,
    "re_export.elsewhere": f"{LINE_NOTE}[1]",
}


def as_read(document: Document) -> Document:
    """The document with the ids that reading gives."""
    lines = [
        replace(
            line, id=f"l{n}", treatments=tuple(replace(t, id=f"l{n}t{m}") for m, t in enumerate(line.treatments, 1))
        )
        for n, line in enumerate(document.lines, 1)
    ]
    attached = [replace(item, id=f"a{n}") for n, item in enumerate(document.attachments, 1)]
    return replace(document, lines=tuple(lines), attachments=tuple(attached))


def printed(document: Document) -> bytes:
    """Its message with an element a line; whatever files it names."""
    blobs: defaultdict[str, bytes] = defaultdict(lambda: b"%PDF-1.7")
    return etree.tostring(etree.fromstring(to_xml(document, blobs)), pretty_print=True, encoding="UTF-8")


def check(data: bytes, place: Place) -> None:
    """The line is that of the one element which the XPath leads to."""
    (element,) = etree.fromstring(data).xpath(re.sub(r"/(\w+)", r"/*[local-name()='\1']", place.xpath))
    assert element.sourceline == place.line
    name = place.xpath.rpartition("/")[2].partition("[")[0]
    assert re.match(rf"\s*<(\w+:)?{name}\b", data.decode().splitlines()[place.line - 1])


@pytest.mark.parametrize(("rule", "stage", "change"), CASES, ids=[f"{r}-{n}" for n, (r, _s, _c) in enumerate(CASES)])
def test_every_problem_of_every_rule_leads_to_its_line(
    rule: str, stage: rules.Problem, change: Callable[[Document], Document]
) -> None:
    document = as_read(change(complete()))
    data = printed(document)
    root, _repairs = parse(data, DEFAULT_LIMITS)
    found = [problem for problem in rules.problems(document, stage) if problem.rule == rule]  # type: ignore[arg-type]
    assert found
    for problem in found:
        place = place_of(root, problem.path, problem.params)
        assert place.xpath in (LEADS[rule] if isinstance(LEADS[rule], tuple) else (LEADS[rule],))
        check(data, place)


@pytest.mark.parametrize("rule", [rule.id for rule in rules.RULES])
def test_every_rule_leads_somewhere(rule: str) -> None:
    by_lists_or_many_lines = {"code.known", "unit.known", "declaration.treatment", "profile"}
    assert rule in LEADS or rule in by_lists_or_many_lines


def test_every_field_on_the_wire_has_its_element() -> None:
    document, _blobs = full(EXPORT)
    root, _repairs = parse(printed(document), DEFAULT_LIMITS)
    within = {"": Document, "exporter.": Party, "attachments.a1.": Attachment, "lines.l1.": TradeLine, "lines.l1.treatments.l1t1.": Treatment}  # fmt: skip
    for before, kind in within.items():
        around = place_of(root, before.rstrip(".")).xpath
        for field in fields(kind):
            if field.compare and field.name not in ("version", "further"):
                assert place_of(root, before + field.name).xpath.startswith(f"{around}/"), before + field.name


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("transit_countries", "<ram:ID>FJ"),
        ("consignee.registrations", '<ram:TypeCode listName="VAT">1<'),
        ("notes.ADDIEDL", "<ram:Subject>ADDIEDL"),
        ("lines.l2.descriptions", '<ram:Description languageID="en">Taro'),
        ("lines.l2.notes.OPTND", "<ram:IncludedSPSTradeLineItem>"),
        ("lines.l2.other_quantity", "<ram:Subject>OQV"),
        ("lines.l2.treatments.l2t2.temperature", '<ram:ValueMeasure unitCode="CEL">32'),
        ("lines.l2.treatments.l2t2.chemicals", "<ram:Description>TTCH"),
        ("lines.l2.treatments.l2t2.full_text", "<ram:Description>TTFT"),
        ("lines.l2.treatments.l2t3.full_text", "<ram:IncludedSPSTradeLineItem>"),
        ("lines.l3.net_weight", "<ram:IncludedSPSConsignmentItem>"),
        ("attachments.a3", "<ram:ReferenceSPSReferencedDocument>"),
        ("attachments.a3.filename", 'filename="lot.jpg"'),
        ("attachments.a9.filename", "<rsm:SPSExchangedDocument>"),
        ("", "<rsm:SPSCertificate"),
        ("unknown.field", "<rsm:SPSCertificate"),
        ("lines.3f2a9c.net_weight", "<ram:IncludedSPSTradeLineItem>"),
    ],
)
def test_a_path_leads_to_its_element_or_to_the_one_around_it(path: str, words: str) -> None:
    data = printed(full(EXPORT)[0])
    lines = data.decode().splitlines()
    place = place_of(parse(data, DEFAULT_LIMITS)[0], path)
    assert any(words in line for line in lines[place.line - 1 : place.line + 1]), lines[place.line - 1]
    check(data, place)
    second = path.startswith("lines.l2")
    assert second == (f"{LINE}[2]" in place.xpath)


@pytest.mark.parametrize(
    ("change", "stage", "rule", "words"),
    [
        ({"notes": (Note("ADEDL", "free"), Note("ADEDL", "as per invoice 7"))}, "submit", "declaration.commercial", "invoice"),
        ({"notes": (Note("DMCL", "x" * 9), Note("DMCL", "x" * 513))}, "submit", "text.length", "x" * 513),
        ({"notes": (Note("ADEDL", "a", "en"), Note("ADEDL", "b", "xx"))}, "hub", "language.code", 'languageID="xx"'),
        ({"transit_countries": (Country("FJ"), Country("LK2"))}, "hub", "country.alpha2", "LK2"),
        ({"movements": (Movement("1"), Movement("SEA"))}, "hub", "movement.known", "SEA"),
    ],
)  # fmt: skip
def test_of_several_it_is_the_one_that_says_it(change: dict, stage: rules.Problem, rule: str, words: str) -> None:
    document = as_read(complete(**change))
    data = printed(document)
    (problem,) = [p for p in rules.problems(document, stage) if p.rule == rule]  # type: ignore[arg-type]
    places = Places(parse(data, DEFAULT_LIMITS)[0])
    place = places.of(problem.path, problem.params)
    check(data, place)
    assert words in "".join(data.decode().splitlines()[place.line - 1 : place.line + 3])
    assert places.of(problem.path).line < place.line  # the first, where nothing tells which


def test_a_message_in_any_order_and_under_any_prefix(reference: Path) -> None:
    data = (reference / "ephyto/samples/851_full_example_AR-EC.xml").read_bytes()
    message = from_xml(data)
    assert isinstance(message, Message)
    root, _repairs = parse(data, DEFAULT_LIMITS)
    lines = data.decode().splitlines()
    for path, words in {
        "import_country": ">EC<",
        "entry.code": ">USSEA<",
        "attachments.a6.number": ">Rar-fil<",
        "lines.l1.treatments.l1t1.duration": ">3.0000<",
        "lines.l1.gross_volume": ">50<",
    }.items():
        assert words in lines[place_of(root, path).line - 1]
    for path, words in {"lines.l2.notes.OQU": ">OQU<", "lines.l1.treatments.l1t1.method": ">TTL2<"}.items():
        assert words in lines[place_of(root, path).line]  # the line behind that of the element


def test_lines_of_several_consignment_items_count_on() -> None:
    again = b"</ram:IncludedSPSConsignmentItem>\n<ram:IncludedSPSConsignmentItem>"
    data = printed(full(RE_EXPORT)[0])
    before, line, after = data.rpartition(b"<ram:IncludedSPSTradeLineItem>")
    data = before + again + line + after
    message = from_xml(data)
    assert isinstance(message, Message)
    assert [line.id for line in message.document.lines] == ["l1", "l2"]
    place = place_of(parse(data, DEFAULT_LIMITS)[0], "lines.l2.net_weight")
    assert "IncludedSPSConsignmentItem[2]/IncludedSPSTradeLineItem/" in place.xpath
    check(data, place)


WORD = st.sampled_from(
    ["lines", "l1", "l0", "l99999999999", "l1t1", "notes", "treatments", "a1", "attachments", "kind", "", "٣", "x"]
)


@given(st.one_of(st.text(max_size=20), st.lists(WORD, max_size=6).map(".".join)), st.dictionaries(st.sampled_from(["code", "length"]), st.text(max_size=3)))  # fmt: skip
def test_no_path_raises(path: str, params: dict[str, str]) -> None:
    for data in (b"<SPSCertificate/>", to_xml(complete(notes=(Note("ADEDL", "x"),)), {})):
        root, _repairs = parse(data, DEFAULT_LIMITS)
        assert place_of(root, path, params).xpath.startswith("/SPSCertificate")
