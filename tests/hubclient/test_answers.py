"""Every operation against a bare server that answers in the shapes seen in the WSDL and on the wire."""

from collections.abc import Callable
from typing import Any

import pytest

from hubclient.soap import (
    LISTS,
    Channel,
    ChannelRule,
    Finding,
    Forwarding,
    Header,
    HubClient,
    HubError,
    HubNppo,
    ListItem,
    Signature,
)
from tests.hubclient.scripted import Scripted, answers, envelope, http

HEADER = Header("WS", "NZ", "851", "70", "WS-1")
NIL = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"'
ENTITIES = 'xmlns:e="http://ephyto.ippc.int/HUB.Entities"'


def ask(server: Scripted, operation: str, inner: str, call: Callable[[HubClient], Any]) -> Any:
    server.scripts.append(answers(http(envelope(operation, inner))))
    with server.client() as client:
        return call(client)


def result(operation: str, inner: str) -> str:
    return f"<{operation}Result {ENTITIES}>{inner}</{operation}Result>"


QUALIFIED = (
    "<e:From>WS</e:From><e:To>NZ</e:To><e:CertificateType>851</e:CertificateType>"
    "<e:CertificateStatus> 70 </e:CertificateStatus><e:NPPOCertificateNumber>WS-1</e:NPPOCertificateNumber>"
    "<e:hubDeliveryNumber>t1</e:hubDeliveryNumber><e:HUBTrackingInfo>HeldByCustoms</e:HUBTrackingInfo>"
    f"<e:hubDeliveryErrorMessage {NIL}/><e:Forwardings><e:EnvelopeForwarding><e:Code>EU</e:Code>"
    "<e:HubDeliveryNumber>t2</e:HubDeliveryNumber></e:EnvelopeForwarding>"
    "<e:EnvelopeForwarding><e:Code>KE2</e:Code></e:EnvelopeForwarding></e:Forwardings>"
)
READ = Header(
    "WS", "NZ", "851", "70", "WS-1", "t1", "HeldByCustoms", "", (Forwarding("EU", "t2"), Forwarding("KE2", ""))
)


@pytest.mark.parametrize("prefix", ["e:", ""], ids=["qualified", "unqualified"])
def test_a_header_is_read_with_forwardings_and_an_unknown_state(server: Scripted, prefix: str) -> None:
    told = QUALIFIED.replace("e:", prefix)
    operation = "GetEnvelopeTrackingInfo"
    assert ask(server, operation, result(operation, told), lambda c: c.tracking_info("t1")) == READ


def test_what_became_of_another_envelope_says_nothing_of_this_one(server: Scripted) -> None:
    operation = "GetEnvelopeTrackingInfo"
    with pytest.raises(HubError, match="asked about t9 and told of t1"):
        ask(server, operation, result(operation, QUALIFIED), lambda c: c.tracking_info("t9"))


@pytest.mark.parametrize(
    ("inner", "count"),
    [
        ("", 0),
        (result("GetUnderDeliveryEnvelope", ""), 0),
        (f"<GetUnderDeliveryEnvelopeResult {NIL}/>", 0),
        (result("GetUnderDeliveryEnvelope", f"<e:EnvelopeHeader {NIL}/>"), 0),
        (result("GetUnderDeliveryEnvelope", f"<e:EnvelopeHeader>{QUALIFIED}</e:EnvelopeHeader>"), 1),
        (result("GetUnderDeliveryEnvelope", f"<e:EnvelopeHeader>{QUALIFIED}</e:EnvelopeHeader>" * 3), 3),
    ],
    ids=["absent", "empty", "nil", "nil-item", "single", "three"],
)
def test_a_list_may_be_absent_empty_nil_or_hold_a_single_item(server: Scripted, inner: str, count: int) -> None:
    assert ask(server, "GetUnderDeliveryEnvelope", inner, lambda c: c.under_delivery()) == [READ] * count


def test_the_plural_result_of_pulling_all_is_read_and_an_envelope_without_content_left_out(server: Scripted) -> None:
    full = f"<e:Envelope>{QUALIFIED}<e:Content>&lt;a/&gt;</e:Content></e:Envelope>"
    inner = (
        f"<PULLImportEnvelopesResult {ENTITIES}>{full}<e:Envelope>{QUALIFIED}</e:Envelope></PULLImportEnvelopesResult>"
    )
    (pulled,) = ask(server, "PULLImportEnvelope", inner, lambda c: c.pull_all())
    assert (pulled.header, pulled.content) == (READ, b"<a/>")


ONE = "<area>Mapping</area><field>ID</field><level>SEVERE</level><msg>missing</msg>"


@pytest.mark.parametrize(
    "inner",
    [
        f"<ValidationResult>{ONE}</ValidationResult>",
        f"<ValidatePhytoXMLResult>{ONE}</ValidatePhytoXMLResult>",
        f"<ValidatePhytoXMLResult><ValidationResult>{ONE}</ValidationResult></ValidatePhytoXMLResult>",
    ],
)
def test_a_finding_is_read_under_either_name(server: Scripted, inner: str) -> None:
    unqualified = inner.replace("<area>", '<area xmlns="">').replace("<msg>", '<msg xmlns="">')
    found = ask(server, "ValidatePhytoXML", unqualified, lambda c: c.validate(b"<a/>"))
    assert found == [Finding("Mapping", "ID", "SEVERE", "missing")]


@pytest.mark.parametrize("inner", ["", "<ValidatePhytoXMLResult/>"])
def test_no_finding_is_clean(server: Scripted, inner: str) -> None:
    assert ask(server, "ValidatePhytoXML", inner, lambda c: c.validate(b"<a/>")) == []


NPPO = (
    "<e:Country>LK2</e:Country><e:Receive>True</e:Receive><e:Send>0</e:Send>"
    '<e:AllowedDocument active="true"><certificateType xmlns="" number="851"/><certificateStatus xmlns="" number="70"/>'
    '</e:AllowedDocument><e:AllowedDocument active="false"><certificateType number="657"/></e:AllowedDocument>'
    '<e:Signature><dn xmlns="">CN=LK</dn><certificate xmlns="">PEM</certificate></e:Signature><e:ChannelRules>'
    '<e:ChannelRule id="7" active="true" ruleType="FORWARD" certificateType="851" certificateStatus="70"'
    ' countryCode="NZ" direction="OUT"/></e:ChannelRules>'
)
SRI_LANKA = HubNppo(
    "LK2",
    sends=False,
    receives=True,
    accepts=(("851", "70"),),  # what is not active is not accepted
    signature=Signature("CN=LK", "PEM"),
    rules=(ChannelRule("7", "FORWARD", "OUT", "NZ", "851", "70", is_active=True),),
)


def test_an_nppo_is_read_with_what_it_accepts_its_signature_and_its_rules(server: Scripted) -> None:
    inner = result("GetActiveNppos", f"<e:Nppo>{NPPO}</e:Nppo><e:Nppo {NIL}/>")
    assert ask(server, "GetActiveNppos", inner, lambda c: c.active_nppos()) == [SRI_LANKA]
    assert ask(server, "GetProfile", result("GetProfile", NPPO), lambda c: c.profile()) == SRI_LANKA


def test_a_hub_without_a_profile_for_us_is_an_error(server: Scripted) -> None:
    with pytest.raises(HubError, match="no profile"):
        ask(server, "GetProfile", "", lambda c: c.profile())


def test_channels_carry_their_directions_in_attributes(server: Scripted) -> None:
    channel = '<e:Channel Receive="true" Send="false"><e:Code>EU</e:Code><e:Name>TRACES</e:Name></e:Channel>'
    found = ask(server, "GetAvailableChannels", result("GetAvailableChannels", channel), lambda c: c.channels())
    assert found == [Channel("EU", "TRACES", sends=False, receives=True)]


ITEMS = {
    "statements": (
        "<code>1</code><docTypeOnly>851</docTypeOnly><lang>en</lang><text>This is to certify</text>",
        ListItem("1", "This is to certify", "en", document_type="851"),
    ),
    "additional_declarations": (
        "<additionalCode>A</additionalCode><code>AD1</code><optionalText>or</optionalText><text>free from</text>",
        ListItem("AD1", "free from", additional_code="A", optional_text="or"),
    ),
    "treatment_types": (
        "<code>F</code><description>Fumigation</description><level>2</level><parentCode>C</parentCode>",
        ListItem("F", "Fumigation", level="2", parent="C"),
    ),
    "intended_uses": ("<code>1</code><name>Planting</name>", ListItem("1", "Planting")),
    "product_descriptions": ("<code>2</code><name>Corms</name>", ListItem("2", "Corms")),
    "conditions": ("<code>3</code><name>Fresh</name>", ListItem("3", "Fresh")),
    "means_of_transport": (
        "<modeCode>1</modeCode><usedTransportMean>Ship</usedTransportMean>",
        ListItem("1", "Ship"),
    ),
    "package_types": ("<code>BG</code><description>Bag</description>", ListItem("BG", "Bag")),
    "pesticides": (
        "<code>MB</code><description>Methyl bromide</description><lastModified>2024-01-02T03:04:05</lastModified>",
        ListItem("MB", "Methyl bromide", modified="2024-01-02T03:04:05"),
    ),
    "unit_measures": (
        "<code>KGM</code><name>kilogram</name><symbol>kg</symbol><type>WEIGHT</type>",
        ListItem("KGM", "kilogram", kind="WEIGHT", symbol="kg"),
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_an_item_of_every_list_is_read_whatever_its_fields_are_called(server: Scripted, name: str) -> None:
    operation, element = LISTS[name]
    inner, wanted = ITEMS[name]
    one = f'<{element}><active xmlns="">true</active>{inner}</{element}>'
    gone = f"<{element}><active>false</active><code>X</code></{element}>"
    assert ask(server, operation, one, lambda c: c.code_list(name)) == [wanted]
    assert ask(server, operation, one + gone, lambda c: c.code_list(name))[1].is_active is False
    assert ask(server, operation, "", lambda c: c.code_list(name)) == []


def test_our_answer_to_a_country_is_queued_like_an_envelope(server: Scripted) -> None:
    operation = "DeliverCountryResponseEnvelope"
    told = ask(server, operation, result(operation, QUALIFIED), lambda c: c.deliver_response(HEADER, b"<a/>"))
    assert told == READ
    with pytest.raises(HubError, match="no element first"), server.client() as client:
        client.deliver_response(HEADER, b"<!DOCTYPE a><a/>")
