"""The profile: everything we issue keeps to it, and whatever is out of order, unknown or of another form deviates."""

import csv
import re
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from certificates.ephyto import profile, rules
from certificates.ephyto.document import EXPORT, RE_EXPORT, Document
from certificates.ephyto.profile import Deviation, deviations
from certificates.ephyto.rules import notes
from certificates.ephyto.xml import NotReadable, from_xml, to_xml
from certificates.ephyto.xml.names import RSM, UDT
from tests.ephyto.test_profile_broken import FULL, HEAD, Element, changed, judged, local, with_value
from tests.ephyto.valid_strategies import Valid, full, valid

XS = "{http://www.w3.org/2001/XMLSchema}"
SCHEMAS = sorted(profile.SCHEMA.parent.glob("*.xsd"))

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
