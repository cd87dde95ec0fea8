"""The profile, broken: each element of a full certificate moved, renamed, doubled or gone, each value in another form."""

import copy
from collections.abc import Callable, Iterator

import pytest
from lxml import etree

from certificates.ephyto.document import EXPORT
from certificates.ephyto.profile import Deviation, deviations
from certificates.ephyto.xml import to_xml
from certificates.ephyto.xml.names import RAM, RSM, UDT
from tests.ephyto.valid_strategies import full

Element = etree._Element
NAMESPACES = {"rsm": RSM, "ram": RAM, "udt": UDT}
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
