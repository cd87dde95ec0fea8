"""The profile: everything we issue keeps to it, and whatever is out of order, unknown or of another form deviates."""

import copy
import csv
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from certificates.ephyto import profile, rules
from certificates.ephyto.document import EXPORT, RE_EXPORT, Document
from certificates.ephyto.profile import Deviation, deviations
from certificates.ephyto.rules import notes
from certificates.ephyto.xml import NotReadable, from_xml, to_xml
from certificates.ephyto.xml.names import RAM, RSM, UDT
from tests.ephyto.valid_strategies import Valid, full, valid

Element = etree._Element
XS = "{http://www.w3.org/2001/XMLSchema}"
NAMESPACES = {"rsm": RSM, "ram": RAM, "udt": UDT}
SCHEMAS = sorted(profile.SCHEMA.parent.glob("*.xsd"))
FULL = etree.fromstring(to_xml(*full(EXPORT)))

# What a full certificate may leave out, and what may stand more than once: children by parent.
OPTIONAL = {
    "SPSExchangedDocument": "IncludedSPSNote ReferenceSPSReferencedDocument",
    "ReferenceSPSReferencedDocument": "IssueDateTime AttachmentBinaryObject Information",
    "IncludedSPSClause": "ID",
    "SPSConsignment": (
        "ReExportSPSCountry TransitSPSCountry UnloadingBaseportSPSLocation UtilizedSPSTransportEquipment"
    ),
    "UnloadingBaseportSPSLocation": "ID",
    "ConsignorSPSParty": "TypeCode SpecifiedSPSAddress",
    "ConsigneeSPSParty": "TypeCode SpecifiedSPSAddress",
    "SpecifiedSPSAddress": "LineTwo LineThree LineFour LineFive",
    "MainCarriageSPSTransportMovement": "ID UsedSPSTransportMeans",
    "UtilizedSPSTransportEquipment": "AffixedSPSSeal",
    "IncludedSPSTradeLineItem": (
        "CommonName ScientificName ProductionBatchID IntendedUse NetWeightMeasure GrossWeightMeasure "
        "NetVolumeMeasure GrossVolumeMeasure AdditionalInformationSPSNote ApplicableSPSClassification "
        "PhysicalSPSPackage AppliedSPSProcess"
    ),
    "ApplicableSPSClassification": "ClassCode",
    "OriginSPSCountry": "SubordinateSPSCountrySubDivision",
    "AppliedSPSProcess": "CompletionSPSPeriod",
    "CompletionSPSPeriod": "StartDateTime EndDateTime DurationMeasure",
}
REPEATABLE = {
    "SPSExchangedDocument": "IncludedSPSNote ReferenceSPSReferencedDocument",
    "ReferenceSPSReferencedDocument": "Information",
    "SignatorySPSAuthentication": "IncludedSPSClause",
    "ConsignorSPSParty": "TypeCode",
    "ConsigneeSPSParty": "TypeCode",
    "SPSConsignment": "TransitSPSCountry MainCarriageSPSTransportMovement UtilizedSPSTransportEquipment",
    "UsedSPSTransportMeans": "Name",
    "UtilizedSPSTransportEquipment": "AffixedSPSSeal",
    "IncludedSPSConsignmentItem": "IncludedSPSTradeLineItem",
    "IncludedSPSTradeLineItem": (
        "Description CommonName ScientificName IntendedUse AdditionalInformationSPSNote "
        "ApplicableSPSClassification PhysicalSPSPackage OriginSPSCountry AppliedSPSProcess"
    ),
    "ApplicableSPSClassification": "ClassName",
    "OriginSPSCountry": "SubordinateSPSCountrySubDivision",
    "AppliedSPSProcess": "ApplicableSPSProcessCharacteristic",
    "ApplicableSPSProcessCharacteristic": "Description",
}


def local(element: Element) -> str:
    return etree.QName(element).localname


def kinds(table: dict[str, str]) -> set[str]:
    return {f"{parent}/{name}" for parent, names in table.items() for name in names.split()}


def kind(element: Element) -> str:
    return f"{local(element.getparent())}/{local(element)}"  # type: ignore[arg-type]


def judged(root: Element) -> list[Deviation]:
    return deviations(etree.tostring(root))


def changed(
    change: Callable[[Element], bool | None], root: Element = FULL
) -> Iterator[tuple[Element, list[Deviation]]]:
    """Each element of the full certificate, and what deviates once it is changed; False: it cannot be changed so."""
    for place, before in enumerate(root.iter()):
        again = copy.deepcopy(root)
        element = list(again.iter())[place]
        if change(element) is not False:
            yield before, judged(again)


# What keeps to it


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(valid())
def test_what_may_be_issued_keeps_to_the_profile_and_is_read_again(issued: Valid) -> None:
    document, blobs = issued
    assert rules.problems(document, "issue") == []
    data = to_xml(document, blobs)
    assert deviations(data) == []
    message = from_xml(data)
    assert (message.document, message.blobs) == (document, blobs)  # type: ignore[union-attr]


@pytest.mark.parametrize("certificate", [EXPORT, RE_EXPORT])
def test_a_certificate_that_fills_every_field_keeps_to_it(certificate: str) -> None:
    document, blobs = full(certificate)
    assert rules.problems(document, "issue") == []
    assert deviations(to_xml(document, blobs)) == []


@pytest.mark.parametrize("name", ["657_reexport_70", "851_issued_70", "851_replacement_70", "851_withdrawn_40"])
def test_the_samples_composed_from_the_mapping_keep_to_it(reference: Path, name: str) -> None:
    assert deviations((reference / f"ephyto/samples/made_{name}.xml").read_bytes()) == []


# Order, number, names


def test_elements_in_another_order_deviate() -> None:
    def swap(element: Element) -> bool:
        following = element.getnext()
        if following is None or following.tag == element.tag:
            return False
        following.addnext(element)
        return True

    tried = [(before, found) for before, found in changed(swap)]
    assert [kind(before) for before, found in tried if not found] == []
    assert len(tried) == 174


@pytest.mark.parametrize(
    "change",
    [
        lambda tag: f"{tag}s",
        lambda tag: tag.replace(RAM, UDT) if RAM in tag else tag.replace(UDT, RAM).replace(RSM, RAM),
        lambda tag: tag.rpartition("}")[2],
    ],
    ids=["another name", "another namespace", "no namespace"],
)
def test_elements_of_another_name_deviate(change: Callable[[str], str]) -> None:
    def rename(element: Element) -> bool:
        element.tag = change(str(element.tag))
        return element.getparent() is not None  # another root is no certificate

    tried = list(changed(rename))
    assert [kind(before) for before, found in tried if not found] == []
    assert len(tried) == len(list(FULL.iter())) - 1


@pytest.mark.parametrize("at", ["first", "last"])
def test_unknown_children_deviate(at: str) -> None:
    def insert(element: Element) -> None:
        element.insert(0 if at == "first" else len(element), etree.Element(f"{{{RAM}}}Brand"))

    tried = list(changed(insert))
    assert [local(before) for before, found in tried if not found] == []
    assert len(tried) == len(list(FULL.iter()))


def test_unknown_attributes_deviate() -> None:
    tried = list(changed(lambda element: element.set("schemeID", "x")))
    assert [local(before) for before, found in tried if not found] == []
    assert len(tried) == len(list(FULL.iter()))


def test_text_between_elements_deviates() -> None:
    tried = list(changed(lambda element: bool(len(element)) and setattr(element, "text", "loose") is None))
    assert [local(before) for before, found in tried if not found] == []
    assert len(tried) > 100


def test_what_is_mandatory_deviates_when_it_is_gone_and_only_that() -> None:
    def remove(element: Element) -> bool:
        parent = element.getparent()
        for same in [] if parent is None else parent.findall(str(element.tag)):
            parent.remove(same)  # type: ignore[union-attr]
        return parent is not None

    tried = list(changed(remove))
    assert {kind(before) for before, found in tried if not found} == kinds(OPTIONAL)
    assert {kind(before) for before, found in tried if found} & kinds(OPTIONAL) == set()
    assert len(tried) == len(list(FULL.iter())) - 1


def test_what_stands_once_deviates_when_it_stands_twice_and_only_that() -> None:
    def double(element: Element) -> bool:
        if element.getparent() is not None:
            element.addnext(copy.deepcopy(element))
        return element.getparent() is not None

    tried = list(changed(double))
    assert {kind(before) for before, found in tried if not found} == kinds(REPEATABLE)
    measured = "ApplicableSPSProcessCharacteristic/Description"  # once beside a measure
    assert {kind(before) for before, found in tried if found} & kinds(REPEATABLE) == {measured}
    assert len(tried) == len(list(FULL.iter())) - 1


@pytest.mark.parametrize(
    ("attribute", "mandatory"), [("unitCode", True), ("listName", True), ("filename", True), ("languageID", False)]
)
def test_attributes_are_mandatory_but_for_the_language(attribute: str, mandatory: bool) -> None:
    found = [judged for _before, judged in changed(lambda element: element.attrib.pop(attribute, None) is not None)]
    assert len(found) > 3
    assert {bool(deviation) for deviation in found} == {mandatory}


# Forms of values

HEAD, BODY = "rsm:SPSExchangedDocument", "rsm:SPSConsignment"
LINE = f"{BODY}/ram:IncludedSPSConsignmentItem/ram:IncludedSPSTradeLineItem"
PROCESS = f"{LINE}/ram:AppliedSPSProcess"
TWENTY, FOURTEEN = "9999999999999999.9999", "9999999999.9999"
FORMS = [
    # path, what keeps to the profile, what does not
    (f"{HEAD}/ram:Name", ["", "Certificate", "x" * 256], ["x" * 257]),
    (f"{HEAD}/ram:ID", ["1", "芋" * 60], ["", "x" * 61]),
    (f"{HEAD}/ram:TypeCode", ["851", "657"], ["", "636", "851 "]),
    (f"{HEAD}/ram:StatusCode", ["70", "40", "122", "1"], ["", "1234", "issued"]),
    (
        f"{HEAD}/ram:IssueDateTime/udt:DateTimeString",
        ["2026-07-15T10:42:00Z", "2026-07-15T10:42:00.25-11:00"],
        ["", "2026-07-15", "2026-07-15T10:42:00", "2026-02-30T10:42:00Z", "15/07/2026"],
    ),
    (f"{HEAD}/ram:IssuerSPSParty/ram:Name", ["x" * 256], ["", "x" * 257]),
    (f"{HEAD}/ram:IncludedSPSNote/ram:Subject", ["ADEDL", "DMCL"], ["", "ADTLIL", "XYZ", "adedl"]),
    (f"{HEAD}/ram:IncludedSPSNote/ram:Content", ["x" * 8000], ["", "x" * 8001]),
    (f"{HEAD}/ram:ReferenceSPSReferencedDocument/ram:IssueDateTime", ["2026-07-01", "July"], [""]),
    (f"{HEAD}/ram:ReferenceSPSReferencedDocument/ram:RelationshipTypeCode", ["AWR", "ZZZ"], ["", "AAA"]),
    (f"{HEAD}/ram:ReferenceSPSReferencedDocument/ram:ID", ["x" * 60], ["", "x" * 61]),
    (f"{HEAD}/ram:ReferenceSPSReferencedDocument/ram:AttachmentBinaryObject", ["JVBERi0="], ["", "VBERi0", "a.b="]),
    (f"{HEAD}/ram:ReferenceSPSReferencedDocument/ram:Information", ["x" * 8000], ["", "x" * 8001]),
    (
        f"{HEAD}/ram:SignatorySPSAuthentication/ram:ActualDateTime/udt:DateTimeString",
        ["", "2026-07-15T10:42:00Z"],
        ["today", "2026-07-15"],
    ),
    (f"{HEAD}/ram:SignatorySPSAuthentication/ram:IssueSPSLocation/ram:Name", ["x" * 256], ["", "x" * 257]),
    (f"{HEAD}//ram:SpecifiedSPSPerson/ram:Name", ["x" * 256], ["", "x" * 257]),
    (f"{HEAD}//ram:IncludedSPSClause/ram:Content", ["", "x" * 256], ["x" * 257]),
    (f"{BODY}/ram:ConsignorSPSParty/ram:Name", ["x" * 450], ["", "x" * 451]),
    (f"{BODY}/ram:ConsigneeSPSParty/ram:TypeCode", ["1"], [""]),
    (f"{BODY}/ram:ConsigneeSPSParty/ram:SpecifiedSPSAddress/ram:LineOne", ["", "x" * 200], ["x" * 201]),
    (f"{BODY}/ram:ConsigneeSPSParty/ram:SpecifiedSPSAddress/ram:LineFive", ["", "x" * 200], ["x" * 201]),
    (f"{BODY}/ram:ExportSPSCountry/ram:ID", ["WS"], ["", "ws", "LK2", "WSM", "Samoa"]),
    (f"{BODY}/ram:ExportSPSCountry/ram:Name", ["", "Samoa"], ["x" * 257]),
    (f"{BODY}/ram:UnloadingBaseportSPSLocation/ram:ID", ["NZAKL", "NZ"], ["", "Auckland", "nzakl", "NZAK"]),
    (f"{BODY}/ram:UnloadingBaseportSPSLocation/ram:Name", ["x" * 256], ["", "x" * 257]),
    (f"{BODY}/ram:MainCarriageSPSTransportMovement/ram:ModeCode", ["0", "9"], ["", "10", "SEA"]),
    (f"{BODY}/ram:MainCarriageSPSTransportMovement/ram:ID", ["x" * 256], ["", "x" * 257]),
    (f"{BODY}//ram:UsedSPSTransportMeans/ram:Name", ["x" * 256], ["", "x" * 257]),
    (f"{BODY}/ram:UtilizedSPSTransportEquipment/ram:ID", ["", "MSKU1"], ["x" * 257]),
    (f"{BODY}//ram:AffixedSPSSeal/ram:ID", ["x" * 256], ["", "x" * 257]),
    (f"{LINE}/ram:SequenceNumeric", ["1", "2000"], ["", "0", "-1", "one", "1.5"]),
    (f"{LINE}/ram:Description", ["x" * 256], ["", "x" * 257]),
    (f"{LINE}/ram:ProductionBatchID", ["LOT"], [""]),
    (f"{LINE}/ram:NetWeightMeasure", [TWENTY, "0.0001", "12"], ["", "0", "-1", "1.00001", "9" + TWENTY, "12,5", "1e3"]),
    (f"{LINE}/ram:AdditionalInformationSPSNote/ram:Subject", ["ADTLIL", "RPCAI"], ["", "ADEDL", "TTL1"]),
    (f"{LINE}/ram:ApplicableSPSClassification/ram:SystemName", ["HS", "CN"], [""]),
    (f"{LINE}/ram:ApplicableSPSClassification/ram:ClassCode", ["06029048"], [""]),
    (f"{LINE}/ram:ApplicableSPSClassification/ram:ClassName", ["", "x" * 70], ["x" * 71]),
    (f"{LINE}/ram:PhysicalSPSPackage/ram:LevelCode", ["1", "5"], ["", "0", "6", "11"]),
    (f"{LINE}/ram:PhysicalSPSPackage/ram:TypeCode", ["BG", "4H"], ["", "bag", "BAG"]),
    (f"{LINE}/ram:PhysicalSPSPackage/ram:ItemQuantity", [TWENTY, "1"], ["", "0", "many"]),
    (f"{LINE}/ram:OriginSPSCountry/ram:ID", ["BE"], ["", "BEL"]),
    (f"{LINE}//ram:SubordinateSPSCountrySubDivision/ram:Name", ["x" * 256], ["", "x" * 257]),
    (f"{LINE}//ram:SubordinateSPSCountrySubDivision/ram:HierarchicalLevelCode", ["0"], ["", "1"]),
    (f"{PROCESS}/ram:TypeCode", ["ZZZ"], ["", "CHT"]),
    (
        f"{PROCESS}//ram:StartDateTime/udt:DateTimeString",
        ["2026-07-12", "2026-07-12T10:00:00", "2026-07-12T10:00:00Z", "2026-07-12+13:00"],
        ["", "12/07/2026", "next week"],
    ),
    (f"{PROCESS}//ram:DurationMeasure", [FOURTEEN, "0"], ["", "9" + FOURTEEN, "1.00001", "3 h"]),
    (f"{PROCESS}//ram:ValueMeasure", ["-18.5", FOURTEEN], ["", "cold"]),
    (f"{PROCESS}//ram:Description[2]", ["x" * 8000], ["", "x" * 8001]),
]
ATTRIBUTES = [
    ("languageID", ["en", "mi"], ["", "EN", "eng", "e"]),
    ("unitCode", ["KGM", "59", "4K"], ["", "kg", "KILO", "K"]),
    ("filename", ["letter.pdf"], [""]),
    ("listName", ["VAT"], [""]),
]


def with_value(path: str, value: str, attribute: str = "") -> tuple[Element, str]:
    """The full certificate with another value at the first element of a path; and where that is."""
    root = copy.deepcopy(FULL)
    element = root.xpath(path, namespaces=NAMESPACES)[0]
    if attribute:
        element.set(attribute, value)
    else:
        element.text = value
    return root, local(element)


@pytest.mark.parametrize(("path", "good", "bad"), FORMS, ids=[path.rpartition("ram:")[2] for path, _g, _b in FORMS])
def test_values_keep_to_their_form(path: str, good: list[str], bad: list[str]) -> None:
    for value in good:
        assert judged(with_value(path, value)[0]) == [], value
    for value in bad:
        root, name = with_value(path, value)
        assert [d.path.rpartition("/")[2].partition("[")[0] for d in judged(root)] == [name], value


@pytest.mark.parametrize(("attribute", "good", "bad"), ATTRIBUTES)
def test_attributes_keep_to_their_form(attribute: str, good: list[str], bad: list[str]) -> None:
    for value in good:
        assert judged(with_value(f"//*[@{attribute}]", value, attribute)[0]) == [], value
    for value in bad:
        (deviation,) = judged(with_value(f"//*[@{attribute}]", value, attribute)[0])
        assert deviation.message.startswith(f"Attribute '{attribute}': "), value


def test_a_characteristic_has_a_value() -> None:
    root = copy.deepcopy(FULL)
    characteristic = root.find(".//{*}ApplicableSPSProcessCharacteristic")
    assert characteristic is not None
    del characteristic[1:]
    assert [deviation.message[:25] for deviation in judged(root)] == ["Missing child element(s)."]


# Where it deviates, in which words


def test_a_deviation_says_where_it_is_in_plain_words() -> None:
    data = etree.tostring(FULL, pretty_print=True).replace(b">NZAKL<", b">Auckland<").replace(b">WS<", b">Samoa<", 1)
    lines = data.decode().splitlines()
    assert deviations(data) == [
        Deviation(
            next(n for n, line in enumerate(lines, 1) if ">Samoa<" in line),
            "/SPSCertificate/SPSConsignment/ExportSPSCountry/ID",
            "The value 'Samoa' is not accepted by the pattern '[A-Z]{2}'.",
        ),
        Deviation(
            next(n for n, line in enumerate(lines, 1) if ">Auckland<" in line),
            "/SPSCertificate/SPSConsignment/UnloadingBaseportSPSLocation/ID",
            "The value 'Auckland' is not accepted by the pattern '[A-Z]{2}([0-9A-Z]{3})?'.",
        ),
    ]


def test_no_deviation_shows_a_namespace_or_runs_on() -> None:
    def spoil(element: Element) -> None:
        element.set(f"{{{UDT}}}kind", "x")
        element.tag = f"{{{RSM}}}{local(element)}"
        element.text = "<" * 500

    told = [deviation.message for _before, found in changed(spoil) for deviation in found]
    assert len(told) > 400
    assert [words for words in told if "urn:" in words or len(words) > 250] == []


def test_a_name_of_another_namespace_is_said_to_be_so() -> None:
    data = etree.tostring(FULL).replace(b"<ram:TransitSPSCountry>", b"<rsm:TransitSPSCountry>")
    data = data.replace(b"</ram:TransitSPSCountry>", b"</rsm:TransitSPSCountry>")
    assert [deviation.message for deviation in deviations(data)] == ["This element is of another namespace."]


@pytest.mark.parametrize("name", ["851_full_example_AR-EC", "851_full_example_AR-EC_with_attachments"])
def test_the_real_example_deviates_in_its_order_and_is_read_all_the_same(reference: Path, name: str) -> None:
    data = (reference / f"ephyto/samples/{name}.xml").read_bytes()
    lines = data.decode().splitlines()
    found = deviations(data)
    assert [(d.path.partition("/SPSCertificate/")[2], d.message) for d in found] == [
        ("SPSExchangedDocument/SignatorySPSAuthentication/IssueSPSLocation/ID", "This element is not expected. Expected is (Name)."),
        ("SPSExchangedDocument/ReferenceSPSReferencedDocument[1]", "This element is not expected."),
        ("SPSConsignment/TransitSPSCountry", "This element is not expected. Expected is (ConsignorSPSParty)."),
    ]  # fmt: skip
    for deviation in found:
        assert deviation.path.rpartition("/")[2].partition("[")[0] in lines[deviation.line - 1]
    assert isinstance(from_xml(data).document, Document)  # type: ignore[union-attr]


@pytest.mark.parametrize("before", ["\n\n\n", "\r\n\r\n\r\n", " \n\t\n \n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_lines_are_those_of_the_content_as_it_was_sent(before: str, encoding: str) -> None:
    text = '<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(FULL, pretty_print=True, encoding="unicode")
    bad = text.replace(">NZAKL<", ">Auckland<")
    wanted = bad[: bad.index(">Auckland<")].count("\n") + 1
    assert [d.line for d in deviations(bad.encode(encoding))] == [wanted]
    assert [d.line for d in deviations((before + bad).encode(encoding))] == [wanted + 3]


def test_lines_beyond_65535_are_counted() -> None:
    data = etree.tostring(FULL).replace(b"<rsm:SPSConsignment>", b"\n" * 70_000 + b"<rsm:SPSConsignment>")
    (deviation,) = deviations(data.replace(b">NZAKL<", b">Auckland<"))
    assert deviation.line == 70_001


def test_any_prefix_is_judged_and_found_again() -> None:
    plain = etree.tostring(FULL).replace(b">NZAKL<", b">Auckland<")
    named = plain.replace(b"ram:", b"x:").replace(b":ram=", b":x=")
    default = re.sub(rb"(</?)ram:", rb"\1", plain).replace(b"xmlns:ram=", b"xmlns=")
    assert deviations(named) == deviations(default) == deviations(plain) != []


@pytest.mark.parametrize(
    "data", [b"", b"no message", b"<html/>", b"<!DOCTYPE a><SPSCertificate/>", b"<SPSCertificate>"]
)
def test_what_is_no_message_is_not_readable_as_elsewhere(data: bytes) -> None:
    with pytest.raises(NotReadable) as here:
        deviations(data)
    with pytest.raises(NotReadable) as there:
        from_xml(data)
    assert (str(here.value), here.value.outcome) == (str(there.value), there.value.outcome)


@pytest.mark.parametrize("name", ["SPSCertificate", "SPSAcknowledgement"])
def test_another_root_is_one_deviation(name: str) -> None:
    (deviation,) = deviations(f"<{name}/>".encode())
    assert deviation.path == f"/{name}"
    assert deviation.message == f"{name} is not the root of a certificate, or is of another namespace."


def test_a_crowd_of_deviations_is_bounded() -> None:
    note = b'<ram:IncludedSPSNote schemeID=""/>'
    before = b"<ram:IncludedSPSNote>"
    data = etree.tostring(FULL)
    many = deviations(data.replace(before, note * (profile.CROWD // 2) + before, 1))
    assert len(many) == profile.MOST
    (deviation,) = deviations(data.replace(before, note * profile.CROWD + before, 1))
    assert (deviation.path, "too many" in deviation.message) == ("/SPSCertificate/SPSExchangedDocument", True)


def test_threads_do_not_mix_what_they_find() -> None:
    told: dict[int, list[list[str]]] = {n: [] for n in range(4)}
    start = threading.Barrier(4)

    def judge(n: int) -> None:
        data = etree.tostring(with_value(f"{HEAD}/ram:StatusCode", f"wrong {n}")[0])
        start.wait()
        told[n] += [[d.message for d in deviations(data)] for _ in range(50)]

    threads = [threading.Thread(target=judge, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n, messages in told.items():
        assert messages == [[f"The value 'wrong {n}' is not accepted by the pattern '[0-9]{{1,3}}'."]] * 50


# The schemas themselves


def mapping(reference: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((reference / "ephyto/mapping.csv").read_text(encoding="utf-8").splitlines()))


def test_every_type_and_every_element_says_what_it_is_in_one_line() -> None:
    spoken = 0
    for path in SCHEMAS:
        for tag in ("element", "complexType", "simpleType", "attribute", "attributeGroup", "enumeration"):
            for declared in etree.parse(path).iter(f"{XS}{tag}"):
                if declared.get("ref"):
                    continue
                texts = [
                    str(text)
                    for text in declared.xpath("xs:annotation/xs:documentation/text()", namespaces={"xs": XS[1:-1]})
                ]
                assert texts, (path.name, dict(declared.attrib))
                assert not any("\n" in text for text in texts)
                spoken += 1
    assert spoken > 200


def test_every_row_of_the_mapping_stands_in_the_schemas(reference: Path) -> None:
    said = {node.text for path in SCHEMAS for node in etree.parse(path).iter(f"{XS}documentation")}
    assert {row["ispm12_field"] for row in mapping(reference)} - said == set()


def test_the_full_certificate_fills_every_element_of_the_schemas() -> None:
    declared = {
        str(element.get("name"))
        for path in SCHEMAS
        for element in etree.parse(path).iter(f"{XS}element")
        if element.get("name")
    }
    assert declared == {local(element) for element in FULL.iter()}


def test_lengths_are_those_of_the_mapping(reference: Path) -> None:
    tried = 0
    for row in mapping(reference):
        length = re.match(r"(\d+)( each| \(CAN\))?$", row["max_length"])
        path = row["xpath"].replace("/rsm:SPSCertificate/", "", 1).replace("LineOne..LineFive", "ram:LineThree")
        path = re.sub(r"/ram:ram:", "/ram:", path).replace("[@listName]", "").partition(" (+")[0]
        if length is None or "[ram:" in path or "CountryID" in path or int(length[1]) <= 2 or "ClassCode" in path:
            continue
        assert judged(with_value(path, "x" * int(length[1]))[0]) == [], path
        assert len(judged(with_value(path, "x" * (int(length[1]) + 1))[0])) == 1, path
        tried += 1
    assert tried >= 20


def test_subjects_are_those_of_the_mapping_and_of_the_rules(reference: Path) -> None:
    types = etree.parse(profile.SCHEMA.parent / "ram.xsd")
    for name, place, element in (
        ("DocumentSubject", notes.DOCUMENT, "IncludedSPSNote"),
        ("LineSubject", notes.LINE, "AdditionalInformationSPSNote"),
    ):
        listed = {
            str(node.get("value")) for node in types.find(f"{XS}simpleType[@name='{name}']").iter(f"{XS}enumeration")
        }  # type: ignore[union-attr]
        mapped = {
            found[1]
            for row in mapping(reference)
            if (found := re.search(rf'{element}\[ram:Subject="(\w+)"', row["xpath"]))
        }
        assert listed == mapped == {code for code, subject in notes.SUBJECTS.items() if subject.place == place}
