"""Content made to get past the reader, to stop it, or to make it grow: each of these once did."""

import pytest

from certificates import storage
from certificates.ephyto import rules
from certificates.ephyto.document import Measure, Note, TradeLine
from certificates.ephyto.stored import from_json, to_json
from certificates.ephyto.xml import Limits, Message, NotReadable, Outcome, from_xml
from tests.factories import valid_document

WITH_ENTITY = (
    '<!DOCTYPE SPSCertificate [<!ENTITY a "EXPANDED">]><SPSCertificate><SPSConsignment kind="&a;"/></SPSCertificate>'
)
PLAIN = "<SPSCertificate><SPSExchangedDocument><ID>7</ID></SPSExchangedDocument></SPSCertificate>"


def inside(content: str, root: str = "SPSCertificate") -> bytes:
    return f"<{root}><SPSConsignment>{content}</SPSConsignment></SPSCertificate>".encode()


def read(data: bytes, limits: Limits | None = None) -> Message:
    message = from_xml(data, limits or Limits())
    assert isinstance(message, Message)
    return message


@pytest.mark.parametrize(
    "data",
    [
        ("<!--><a-->" + WITH_ENTITY).encode(),
        ("<?xml version='1.0'?><!---><b--> " + WITH_ENTITY).encode(),
        ("<?xml version='1.0'?>" + WITH_ENTITY).encode("utf-16-le"),
        ("<?xml version='1.0'?>" + WITH_ENTITY).encode("utf-16-be"),
        ("<?xml version='1.0'?>" + WITH_ENTITY).encode("utf-32-le"),
        ("<?xml version='1.0'?>" + WITH_ENTITY).encode("utf-32-be"),
    ],
)
def test_no_disguise_gets_a_doctype_past_the_reader(data: bytes) -> None:
    with pytest.raises(NotReadable):
        from_xml(data)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_read(encoding: str) -> None:
    assert read(("<?xml version='1.0' encoding='UTF-16'?>" + PLAIN).encode(encoding)).document.number == "7"


@pytest.mark.parametrize("name", [b"undefined", b"idna", b"punycode", b"hex", b"x" * 90])
def test_an_encoding_that_is_none_is_no_crash(name: bytes) -> None:
    message = read(b"<?xml version='1.0' encoding='" + name + b"'?><SPSCertificate><a>\xff</a></SPSCertificate>")
    assert message.repairs == ("encoding",)


@pytest.mark.parametrize("child", ["<x>1</x>", '<MainCarriageSPSTransportMovement a="1"/>', "<TransitSPSCountry/>1"])
def test_very_many_unknown_things_take_time_in_proportion(child: str) -> None:
    document = read(inside(child * 20_000)).document  # took minutes, when each path counted all its siblings anew
    assert len(document.further) == 20_000


def test_attributes_are_counted_before_they_are_read() -> None:
    named = " ".join(f'a{n}="1"' for n in range(300_000))  # took minutes: each value was looked for among all others
    with pytest.raises(NotReadable, match="too many attributes") as refused:
        from_xml(f"<SPSCertificate {named}/>".encode())
    assert refused.value.outcome is Outcome.TOO_MUCH
    with pytest.raises(NotReadable, match="too many attributes"):
        read(inside('<x a="1" b="2"/>' * 6), Limits(elements=9))
    assert len(read(inside('<TransitSPSCountry a="1" b="2"/>' * 3), Limits(attributes=2)).document.further) == 6


@pytest.mark.parametrize("name", ["idna", "IDNA", "punycode"])
def test_a_codec_that_takes_the_square_of_time_is_not_asked(name: str) -> None:
    label = "xn--" + "a9" * 2_000_000  # took minutes
    data = f"<?xml version='1.0' encoding='{name}'?><SPSCertificate>.{label}.".encode() + b"\xff</SPSCertificate>"
    message = read(data)
    assert message.repairs == ("encoding",)
    assert label in message.document.further[0].xml


def test_a_note_without_subject_is_stored_and_comes_back() -> None:
    head = "<IncludedSPSNote><Content>said</Content></IncludedSPSNote>"
    document = read(
        f"<SPSCertificate><SPSExchangedDocument>{head}</SPSExchangedDocument></SPSCertificate>".encode()
    ).document
    assert document.notes == (Note("", "said"),)
    assert from_json(to_json(document)) == document  # stored it could never be opened again


def test_positions_in_paths_count_the_elements_of_the_same_name() -> None:
    document = read(inside("<x>1</x><y>2</y><x>3</x>")).document
    assert [(item.path.rsplit("/", 1)[1], item.xml) for item in document.further] == [
        ("x[1]", "<x>1</x>"), ("y", "<y>2</y>"), ("x[2]", "<x>3</x>"),
    ]  # fmt: skip


def test_a_long_namespace_does_not_multiply_with_the_elements_under_it() -> None:
    root = f'SPSCertificate xmlns:p="{"u" * 100_000}"'
    with pytest.raises(NotReadable, match="too much"):
        from_xml(inside("<x>1</x>" * 10_000, root))
    with pytest.raises(NotReadable, match="too much"):
        read(inside("<x>1</x>" * 10), Limits(further=50))


def test_text_after_an_empty_element_that_is_not_read_is_kept() -> None:
    document = read(inside("<ExaminationSPSEvent><Name/>said here</ExaminationSPSEvent>")).document
    assert "said here" in document.further[0].xml


@pytest.mark.parametrize("value", ["1_000", "٣٢٠", "1e3", "1E9999999", "Infinity", "NaN", "0x10", "."])
def test_only_a_decimal_of_xml_is_a_number(value: str) -> None:
    line = TradeLine(id="l1", net_weight=Measure(value, "KGM"))
    assert line.net_weight.number is None
    assert "measure.number" in {problem.rule for problem in rules.problems(valid_document(lines=(line,)), "hub")}
    assert storage.quantity(valid_document(lines=(line,))) == ""


@pytest.mark.parametrize(("value", "number"), [("12.50", "12.50"), (" 5 ", "5"), (".5", "0.5"), ("-3.", "-3")])
def test_every_decimal_of_xml_is_a_number(value: str, number: str) -> None:
    assert str(Measure(value).number) == number
