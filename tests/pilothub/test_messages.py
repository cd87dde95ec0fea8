"""What the pilot Hub reads and writes, without a database: the exact characters, whatever stands around them."""

import re
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from hubclient.namespaces import ENTITIES, HUB
from hubclient.pilothub import disguise, messages, wsdl
from hubclient.pilothub.models import HeldEnvelope, RegisteredNppo
from tests.pilothub.callers import SOAP_OF

XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="".join(map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])))
)  # fmt: skip


def request(content: str) -> bytes:
    return SOAP_OF.format(
        f"<h:DeliverEnvelope><h:env><Content>{content}</Content></h:env></h:DeliverEnvelope>"
    ).encode()


def content_of(data: bytes) -> str:
    _name, element = messages.operation(data)
    return messages.argument(messages.inner(element, "env"), "Content")


def element_of(data: bytes) -> etree._Element:
    return etree.fromstring(data).find("{*}Body")[0]


@given(XML_TEXT)
@example("]]>")
@example("\r\n\r")
@example("<![CDATA[ x ]]>")
def test_content_is_read_as_it_was_written(text: str) -> None:
    assert content_of(request(escape(text, {"\r": "&#13;"}))) == text


@given(XML_TEXT.filter(lambda text: "\r" not in text))
@example("]]>")
@example("a]]>b]]>")
def test_cdata_and_escaped_text_are_the_same(text: str) -> None:
    assert content_of(request("<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>")) == text


@given(XML_TEXT)
@example("\"'&<>]]>\r\n\t")
def test_what_is_given_back_is_what_was_held(text: str) -> None:
    written = messages.result("PULLSingleImportEnvelope", messages.entity("Content", text))
    assert element_of(written).findtext(f".//{{{ENTITIES}}}Content") == text


@given(st.text())
def test_no_message_makes_an_answer_that_is_no_xml(text: str) -> None:
    fault = element_of(messages.fault(text))
    assert fault.findtext("faultstring") == fault.findtext(f".//{{{HUB}}}message")


@given(XML_TEXT, XML_TEXT)
def test_findings_stay_apart(field: str, message: str) -> None:
    answer = element_of(messages.findings([("Schema", field, "INFO", message)] * 2))
    assert [(r.findtext("field"), r.findtext("msg")) for r in answer] == [(field, message)] * 2


@pytest.mark.parametrize(
    "before",
    [b"", b"\xef\xbb\xbf", b" \r\n\t", b'<?xml version="1.0" encoding="UTF-8"?>', b"<!-- <!DOCTYPE a> -->\n", b"<?x <!DOCTYPE ?>"],
)  # fmt: skip
def test_a_prolog_changes_nothing(before: bytes) -> None:
    assert messages.operation(before + SOAP_OF.format("<h:GetProfile/>").encode())[0] == "GetProfile"


@pytest.mark.parametrize("prefix", ["", "x:", "ns1:"])
def test_children_are_found_under_any_prefix_or_none(prefix: str) -> None:
    declared = f'xmlns:{prefix.strip(":")}="{ENTITIES}"' if prefix else f'xmlns="{ENTITIES}"'
    body = f"<h:DeliverEnvelope {declared}><h:env><{prefix}To>NZ</{prefix}To></h:env></h:DeliverEnvelope>"
    _name, element = messages.operation(SOAP_OF.format(body).encode())
    assert messages.argument(messages.inner(element, "env"), "To") == "NZ"


def test_addressing_headers_are_passed_over() -> None:
    data = SOAP_OF.replace(
        "<s:Body>",
        '<s:Header xmlns:a="http://www.w3.org/2005/08/addressing"><a:Action>GetActiveNppos</a:Action></s:Header><s:Body>',
    )
    assert messages.operation(data.format("<h:GetProfile/>").encode())[0] == "GetProfile"


def test_a_request_without_its_envelope_is_said_to_lack_it() -> None:
    _name, element = messages.operation(SOAP_OF.format("<h:DeliverEnvelope/>").encode())
    with pytest.raises(messages.BadRequest, match="holds no env"):
        messages.inner(element, "env", "envelope")


def test_a_typed_document_leaves_its_envelope_whole() -> None:
    body = (
        '<h:DeliverPhytoEnvelope xmlns:c="urn:c"><h:ePhytoEnvelope><c:SPSCertificate><c:a>1 &amp; 2</c:a></c:SPSCertificate>'
        "tail</h:ePhytoEnvelope></h:DeliverPhytoEnvelope>"
    )
    _name, element = messages.operation(SOAP_OF.format(body).encode())
    inside = etree.fromstring(messages.document(messages.inner(element, "ePhytoEnvelope"), "SPSCertificate"))
    assert (inside.tag, inside.findtext("{urn:c}a"), inside.tail) == ("{urn:c}SPSCertificate", "1 & 2", None)


def test_names_of_an_nppo_cannot_break_out_of_their_element() -> None:
    odd = RegisteredNppo(code='A"B', country="AB", name='"><x/>', accepts=[["851", "70"]])
    for written in (messages.nppo(odd), messages.channel(odd)):
        inside = etree.fromstring(f'<r xmlns:e="{ENTITIES}">{written}</r>')
        assert "x" not in [etree.QName(e).localname for e in inside.iter()]
        assert 'A"B' in inside.xpath("string()")


def held(content: str) -> HeldEnvelope:
    return HeldEnvelope(number="WS & 1", certificate_type="851", content=content)


@given(XML_TEXT)
def test_every_disguise_of_any_content_can_be_sent(text: str) -> None:
    for name, spoiled in disguise.DISGUISES.items():
        if name != "large_response":
            written = messages.result("PULLSingleImportEnvelope", messages.entity("Content", spoiled(held(text))))
            assert element_of(written).findtext(f".//{{{ENTITIES}}}Content") == spoiled(held(text))


def test_names_become_null_and_nothing_else_does() -> None:
    spoiled = disguise.DISGUISES["null_names"](
        held("<a><ram:Name>x</ram:Name><Name lang='en'>y</Name><CommonName>z</CommonName></a>")
    )
    assert spoiled == "<a><ram:Name>NULL</ram:Name><Name lang='en'>NULL</Name><CommonName>z</CommonName></a>"


def test_an_acknowledgement_names_the_certificate_it_stands_for() -> None:
    spoiled = etree.fromstring(disguise.DISGUISES["acknowledgement_content"](held("<a/>")))
    assert (spoiled.findtext(".//{*}ID"), spoiled.findtext(".//{*}TypeCode")) == ("WS & 1", "851")


def test_only_the_first_status_is_withdrawn() -> None:
    twice = "<a><r:StatusCode>70</r:StatusCode><r:StatusCode>70</r:StatusCode></a>"
    assert disguise.withdrawn(twice) == "<a><r:StatusCode>40</r:StatusCode><r:StatusCode>70</r:StatusCode></a>"


def test_the_contract_is_well_formed_whatever_the_address() -> None:
    written = etree.fromstring(wsdl.write('https://"<&>/'))
    address = written.find(".//{http://schemas.xmlsoap.org/wsdl/soap/}address")
    assert address.get("location") == 'https://"<&>/'


def test_every_type_the_contract_names_is_defined() -> None:
    text = wsdl.write("https://localhost/").decode()
    used = set(re.findall(r'(?:type|base)="([he]:\w+)"', text)) - {"h:IDeliveryService"}
    root = etree.fromstring(text.encode())
    prefix = {HUB: "h", ENTITIES: "e"}
    defined = {
        f"{prefix[schema.get('targetNamespace')]}:{kind.get('name')}"
        for schema in root.iter("{*}schema")
        if schema.get("targetNamespace") in prefix
        for kind in schema.findall("{*}complexType")
    }
    assert used <= defined
    assert defined - used == set()
