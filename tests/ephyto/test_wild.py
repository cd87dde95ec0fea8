"""What arrives in the wild is read, and nothing of it is lost; what is hostile is refused before it costs anything."""

import base64
from pathlib import Path

import pytest
from lxml import etree

from certificates.ephyto import rules, show
from certificates.ephyto.document import Measure, Note, Text
from certificates.ephyto.stored import to_json
from certificates.ephyto.xml import Acknowledgement, Limits, Message, NotReadable, Outcome, from_xml, to_xml
from tests.factories import valid_document

RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21"
SAMPLES = ["made_851_issued_70", "made_657_reexport_70", "made_851_replacement_70", "made_851_withdrawn_40"]


def sample(reference: Path, name: str) -> bytes:
    return (reference / "ephyto" / "samples" / f"{name}.xml").read_bytes()


def read(data: bytes, **limits: int) -> Message:
    message = from_xml(data, Limits(**limits))
    assert isinstance(message, Message)
    return message


def strings(data: object) -> list[str]:
    """Every text in JSON-ready data."""
    if isinstance(data, dict):
        return [text for value in data.values() for text in strings(value)]
    if isinstance(data, list):
        return [text for value in data for text in strings(value)]
    return [str(data)]


def canonical(data: bytes) -> bytes:
    root = etree.fromstring(data, etree.XMLParser(remove_blank_text=True))
    return etree.tostring(root, method="c14n")


@pytest.mark.parametrize("name", SAMPLES)
def test_the_composed_samples_are_written_again_as_they_are(reference: Path, name: str) -> None:
    message = read(sample(reference, name))
    assert message.document.further == ()
    assert canonical(to_xml(message.document, message.blobs)) == canonical(sample(reference, name))


@pytest.mark.parametrize("name", ["851_full_example_AR-EC", "851_full_example_AR-EC_with_attachments"])
def test_the_real_example_keeps_every_word(reference: Path, name: str) -> None:
    data = sample(reference, name)
    message = read(data)
    kept = [*strings(to_json(message.document)), *(base64.b64encode(blob).decode() for blob in message.blobs.values())]
    compact = "".join(" ".join(kept).split())
    for element in etree.fromstring(data, etree.XMLParser(huge_tree=True)).iter(etree.Element):
        is_numbering = etree.QName(element).localname in ("SequenceNumeric", "HierarchicalLevelCode")
        for text in [element.text or "", *element.attrib.values()]:
            wanted = "".join(text.split())
            if (
                wanted
                and not is_numbering
                and wanted not in ("ZZZ", "TTL1", "TTL2", "TTCH", "TTTM", "TTCO", "TTAI", "TTFT")
            ):
                assert wanted in compact, (element.tag, text[:60])


def test_the_real_example_in_detail(reference: Path) -> None:
    document = read(sample(reference, "851_full_example_AR-EC_with_attachments")).document
    assert [note for note in document.notes if note.subject == "ADEDL"] == [
        Note("ADEDL", "Phyllocnistiscitrella is absent in Argentina", "en"),
        Note("ADEDL", "The shipment was inspected and found free of Trogoderma variable.", "nn"),
    ]
    assert [a.media_type for a in document.attachments] == [
        "application/pdf", "image/png", "image/jpeg", "image/gif", "application/pdf", "",
    ]  # fmt: skip
    assert document.attachments[5].undecoded.startswith("VBERi0")
    assert document.lines[0].gross_weight == Measure("60", "KGM")
    assert document.lines[0].treatments[0].method == Text("OP", "no")
    assert any("AdditionalInformationSPSNote" in item.path for item in document.further)


def test_any_prefix_and_any_order(reference: Path) -> None:
    plain = sample(reference, "made_851_issued_70")
    root = etree.fromstring(plain)
    for element in root.iter():
        element[:] = (
            reversed(element[:])
            if etree.QName(element).localname != "ApplicableSPSProcessCharacteristic"
            else element[:]
        )
    shuffled = etree.tostring(root).replace(b"ram:", b"x:").replace(b"xmlns:ram", b"xmlns:x")
    assert read(shuffled).document.exporter == read(plain).document.exporter
    assert set(read(shuffled).document.notes) == set(read(plain).document.notes)
    default = plain.replace(b"<rsm:", b"<").replace(b"</rsm:", b"</").replace(b"xmlns:rsm=", b"xmlns=")
    assert read(default).document == read(plain).document


def test_a_declaration_of_utf_16_on_utf_8(reference: Path) -> None:
    data = sample(reference, "made_851_issued_70").replace(b"encoding='UTF-8'", b"encoding='UTF-16'")
    message = read(data)
    assert message.repairs == ("encoding",)
    assert "inspecté" in message.document.notes[2].text


def test_real_utf_16_and_latin_1(reference: Path) -> None:
    text = sample(reference, "made_851_issued_70").decode()
    wanted = read(text.encode()).document
    assert read(text.replace("'UTF-8'", "'UTF-16'").encode("utf-16")).document == wanted
    assert read(text.replace("'UTF-8'", "'ISO-8859-1'").encode("latin-1")).document == wanted


def test_content_in_base64(reference: Path) -> None:
    plain = sample(reference, "made_851_issued_70")
    message = read(base64.encodebytes(plain))
    assert message.repairs == ("base64",)
    assert message.document == read(plain).document


@pytest.mark.parametrize("word", ["NULL", "Ninguno", "sin dato", " null "])
def test_words_for_nothing_count_as_empty_and_stay_as_written(word: str) -> None:
    document = read(to_xml(valid_document(issuer=word), {})).document
    assert document.issuer == word
    assert "issuer" in {problem.rule for problem in rules.problems(document, "hub")}
    assert not any(row.path == "issuer" for row in show.rows(document))


def test_unknown_subjects_statuses_elements_and_attributes_are_kept() -> None:
    data = to_xml(valid_document(status="998", notes=(Note("XYZ", "new subject", "mi"),)), {})
    data = data.replace(b"<rsm:SPSConsignment>", b'<rsm:SPSConsignment><ram:Brand kind="x">New</ram:Brand>')
    data = data.replace(b"<ram:ModeCode>", b'<ram:ModeCode listID="19">')
    document = read(data).document
    assert document.status == "998"
    assert document.notes == (Note("XYZ", "new subject", "mi"),)
    kept = {item.path.rsplit("/", 2)[-1]: item.xml for item in document.further}
    assert "New" in kept["Brand"]
    assert kept["@listID"] == "19"


def test_a_second_treatment_type_is_not_lost(reference: Path) -> None:
    again = (
        b"<ram:ApplicableSPSProcessCharacteristic><ram:Description>TTL1</ram:Description>"
        b"<ram:Description>SECOND</ram:Description></ram:ApplicableSPSProcessCharacteristic></ram:AppliedSPSProcess>"
    )
    data = sample(reference, "made_851_issued_70").replace(b"</ram:AppliedSPSProcess>", again)
    document = read(data).document
    assert document.lines[0].treatments[0].kind == Text("CHT")
    assert any("SECOND" in item.xml for item in document.further)


def test_an_acknowledgement_is_an_outcome_of_its_own() -> None:
    data = b"<a:SPSAcknowledgement xmlns:a='x'><a:SPSAcknowledgementDocument><a:StatusCode>39</a:StatusCode>" \
           b"<a:ReasonInformation>fine</a:ReasonInformation></a:SPSAcknowledgementDocument></a:SPSAcknowledgement>"  # fmt: skip
    assert from_xml(data) == Acknowledgement("39", reasons=(Text("fine"),))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not XML"),
        (b"%PDF-1.7 ...", "not XML"),
        (b"<a><b></a>", "not XML"),
        (b"<html><body/></html>", "neither SPSCertificate nor SPSAcknowledgement"),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "DOCTYPE"),
        (b"<?xml version='1.0'?>\n<!-- c -->\n<!DOCTYPE SPSCertificate SYSTEM 'file:///etc/passwd'><a/>", "DOCTYPE"),
        ("<!DOCTYPE a><a/>".encode("utf-16"), "DOCTYPE"),
        (base64.b64encode(b"<!DOCTYPE a><a/>"), "DOCTYPE"),
        (b"<a>&unknown;</a>", "not XML|neither"),
        (b"<a>&#0;</a>", "not XML"),
        (b"\xff\xfe\x00", "not XML"),
    ],
)
def test_what_is_not_readable_says_why_in_a_short_line(data: bytes, words: str) -> None:
    with pytest.raises(NotReadable, match=words) as refused:
        from_xml(data)
    assert len(str(refused.value)) <= 250


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (b"", Outcome.NOT_XML),
        (b"Dear colleague, please find attached", Outcome.NOT_XML),
        (b"PK\x03\x04 a zip file", Outcome.NOT_XML),
        (b"<html><body/></html>", Outcome.OTHER_DOCUMENT),
        (b"<SPSImportPermit/>", Outcome.OTHER_DOCUMENT),
        (b"<!DOCTYPE SPSCertificate><SPSCertificate/>", Outcome.REFUSED),
        (b"<SPSCertificate>" + b"<a>" * 100 + b"</a>" * 100 + b"</SPSCertificate>", Outcome.TOO_MUCH),
    ],
)
def test_what_is_not_readable_has_an_outcome_of_its_own(data: bytes, outcome: Outcome) -> None:
    with pytest.raises(NotReadable) as refused:
        from_xml(data)
    assert refused.value.outcome == outcome


@pytest.mark.parametrize("kind", ["636", "911", ""])
def test_another_sps_document_in_the_same_clothes_is_read_and_named(kind: str) -> None:
    """A CHED of TRACES is an SPSCertificate of type 636: kept and shown, and said to be no phytosanitary certificate."""
    document = read(to_xml(valid_document(type=kind), {})).document
    assert document.type == kind
    (problem,) = [p for p in rules.problems(document, "received") if p.area == "MandatoryElements" and p.path == "type"]
    assert (problem.rule, problem.level) == ("type.other", rules.SEVERE)
    assert f"type {kind}." in rules.english(problem)


def test_billion_laughs_are_refused_at_once() -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(12))
    with pytest.raises(NotReadable, match="DOCTYPE"):  # expanding them would take hours
        from_xml(f"<!DOCTYPE a [{entities}]><a>&l11;</a>".encode())


def _of_size(megabytes: float) -> bytes:
    filler = "A" * (int(megabytes * 1_000_000) - 4000)
    note = Note("ADAOEDL", filler, "en")
    return to_xml(valid_document(notes=(note,)), {})


def test_nearly_ten_megabytes_are_read() -> None:
    assert len(read(_of_size(9.9)).document.notes[0].text) > 9_800_000


@pytest.mark.parametrize("megabytes", [10.1, 16.1])
def test_more_than_ten_megabytes_are_refused_unread(megabytes: float) -> None:
    with pytest.raises(NotReadable, match="more than 10000000 bytes"):
        from_xml(_of_size(megabytes))


def test_depth_elements_and_attachments_are_bounded() -> None:
    with pytest.raises(NotReadable, match="nested deeper"):
        from_xml(b"<SPSCertificate>" + b"<a>" * 100 + b"</a>" * 100 + b"</SPSCertificate>")
    with pytest.raises(NotReadable, match="elements"):
        from_xml(b"<SPSCertificate>" + b"<a/>" * 500_000 + b"</SPSCertificate>")
    many = b"<a:ReferenceSPSReferencedDocument><a:ID>1</a:ID></a:ReferenceSPSReferencedDocument>" * 201
    head = b"<SPSCertificate xmlns:a='x'><SPSExchangedDocument>" + many + b"</SPSExchangedDocument></SPSCertificate>"
    with pytest.raises(NotReadable, match="200 attachments"):
        from_xml(head)


def test_a_file_named_pdf_is_judged_by_its_content(reference: Path) -> None:
    data = sample(reference, "made_657_reexport_70").replace(
        b"JVBERi0xLjQgcGxhY2Vob2xkZXI=", base64.b64encode(b"<html>")
    )
    (attachment,) = read(data).document.attachments
    assert (attachment.filename, attachment.media_type) == ("PC-BE-677636.pdf", "application/octet-stream")
