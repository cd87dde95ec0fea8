"""Every operation of the Hub: by zeep from the production WSDL, by zeep from our own, and plainly, without either."""

import http.client
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import zeep
from cryptography import x509
from django.db import connections
from django.test.utils import CaptureQueriesContext
from lxml import etree

from hubclient.namespaces import ENTITIES, HUB
from hubclient.pilothub import messages, pki, registry, wsdl
from hubclient.pilothub.faults import ANYWHERE, CODE_LISTS
from hubclient.pilothub.models import Call, ClientCertificate, CodeItem, HeldEnvelope, RegisteredNppo
from hubclient.pilothub.operations import OPERATIONS, answer
from tests.hub_server import DATABASES, RunningHub, start_hub
from tests.pilothub.callers import CONTENT, SOAP_OF, Caller, document, envelope

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
ACK = "urn:un:unece:uncefact:data:standard:SPSAcknowledgement:17"
RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21"
ACKNOWLEDGEMENT = f'<SPSAcknowledgementDocument xmlns="{ACK}" xmlns:r="{RAM}"><r:StatusCode>41</r:StatusCode></SPSAcknowledgementDocument>'


@pytest.fixture(params=["production", "own"])
def two(request: pytest.FixtureRequest, hub: RunningHub, production: str) -> tuple[Caller, Caller]:
    """Samoa and New Zealand, their clients made from the production Hub's WSDL or from ours."""
    place = production if request.param == "production" else ""
    return Caller(hub, "WS", place), Caller(hub, "NZ", place)


def test_there_are_twenty_seven_operations_and_no_other(production: str, two: tuple[Caller, Caller]) -> None:
    theirs = document(production).bindings[f"{{{HUB}}}DeliveryServiceSoapBinding"].all()
    assert len(theirs) == 27
    ours = two[0].client.wsdl.bindings[f"{{{HUB}}}DeliveryServiceSoapBinding"].all()
    assert set(OPERATIONS) == set(theirs) == set(ours) == set(wsdl.operations()) == set(ANYWHERE)


OPEN = ("SPSCertificate", "SPSAcknowledgement")  # ours leaves what stands inside to its own schema


def shape(kind: Any) -> Any:
    """A type as zeep read it: names, namespaces, how often, attributes, and the same of what stands inside."""
    if not hasattr(kind, "elements"):
        return kind.accepted_types or kind.name
    inside = [
        (str(element.qname), element.min_occurs, element.max_occurs, element.name in OPEN or shape(element.type))
        for name, element in kind.elements
        if name != "_value_1"  # zeep's own, for an extension without children
    ]
    return inside, sorted((name, attribute.required) for name, attribute in kind.attributes)


def test_both_contracts_are_one(hub: RunningHub, production: str) -> None:
    """Whatever the prefix, order of definition or name of a type: the same operations, actions, arguments and answers."""
    ours = Caller(hub, "WS", "").client.wsdl.bindings[f"{{{HUB}}}DeliveryServiceSoapBinding"].all()
    for name, theirs in document(production).bindings[f"{{{HUB}}}DeliveryServiceSoapBinding"].all().items():
        assert ours[name].soapaction == theirs.soapaction
        for side in ("input", "output"):
            mine, other = (getattr(operation, side).body.type for operation in (ours[name], theirs))
            assert shape(mine) == shape(other), (name, side)


def test_our_contract_is_no_copy(hub: RunningHub, production: str) -> None:
    own = wsdl.write("https://localhost/").decode()
    lines = {line.strip() for line in Path(production).read_text(encoding="utf-8").splitlines() if len(line) > 60}
    assert not [line for line in lines if line in own]


def test_delivery_pull_and_the_three_acknowledgements(two: tuple[Caller, Caller]) -> None:
    samoa, new_zealand = two
    service = new_zealand.service
    numbers = [samoa.send(NPPOCertificateNumber=f"WS-{n}") for n in range(4)]
    assert new_zealand.waiting() == numbers
    assert [e.Content for e in service.PULLImportEnvelope()] == [CONTENT] * 4
    assert service.PULLSingleImportEnvelope(hubTrackingNumber=numbers[0]).Content == CONTENT
    service.AcknowledgeEnvelopeReceipt(hubTrackingNumber=numbers[0])
    service.AdvancedAcknowledgeEnvelopeReceipt(hubTrackingNumber=numbers[1], warningMessage="no consignee")
    service.AcknowledgeFailedEnvelopeReceipt(hubTrackingNumber=numbers[2], message="no XML")
    assert [samoa.track(n) for n in numbers] == [
        "Delivered", "DeliveredWithWarnings", "DeliveredNotReadable", "PendingDelivery",
    ]  # fmt: skip
    assert new_zealand.waiting() == numbers[3:]
    assert [h.hubDeliveryNumber for h in samoa.service.GetUnderDeliveryEnvelope()] == numbers[3:]


def test_all_at_once_is_as_much_as_fits(hub: RunningHub, samoa: Caller, new_zealand: Caller) -> None:
    for _n in range(4):
        samoa.send(Content="x" * 3_000_000)
    assert new_zealand.ask("PULLImportEnvelope").xpath("count(//*[local-name()='Content'])") == 3
    hub.misbehave("NZ", "large_response", None)
    assert new_zealand.ask("PULLImportEnvelope").xpath("count(//*[local-name()='Content'])") == 1


def test_the_first_acknowledgement_is_final(two: tuple[Caller, Caller]) -> None:
    samoa, new_zealand = two
    tracking = samoa.send()
    new_zealand.service.AcknowledgeEnvelopeReceipt(hubTrackingNumber=tracking)
    new_zealand.service.AcknowledgeFailedEnvelopeReceipt(hubTrackingNumber=tracking, message="late")
    assert samoa.track(tracking) == "Delivered"


def test_validation_finds_what_the_configured_validator_finds(two: tuple[Caller, Caller], settings: Any) -> None:
    samoa, _new_zealand = two
    settings.PILOTHUB_VALIDATOR = "certificates.ephyto.rules.hub_findings"
    found = samoa.service.ValidatePhytoXML(ePhytoXML="no xml")
    assert [(f.area, f.level) for f in found] == [("Schema", "SEVERE")]
    refused = samoa.service.ValidateAndDeliverEnvelope(envelope=envelope(Content="no xml"))
    assert refused.HUBTrackingInfo == "FailedDelivery"
    (held,) = HeldEnvelope.objects.all()
    assert (held.content, held.findings[0][2]) == ("no xml", "SEVERE")
    assert samoa.service.DeliverEnvelope(env=envelope(Content="no xml")).HUBTrackingInfo == "PendingDelivery"


def test_a_typed_certificate_is_queued_as_a_document(two: tuple[Caller, Caller]) -> None:
    samoa, new_zealand = two
    fields = {name: value for name, value in envelope().items() if name != "Content"}
    sent = samoa.service.DeliverPhytoEnvelope(ePhytoEnvelope=fields | {"SPSCertificate": {}})
    assert sent.HUBTrackingInfo == "PendingDelivery"
    pulled = new_zealand.service.PULLSingleImportEnvelope(hubTrackingNumber=sent.hubDeliveryNumber)
    assert etree.fromstring(pulled.Content).tag.endswith("SPSCertificate:17}SPSCertificate")


def test_a_country_response_is_delivered_whatever_its_status(two: tuple[Caller, Caller]) -> None:
    samoa, new_zealand = two
    fields = {k: v for k, v in envelope(From="NZ", To="WS", CertificateStatus=41).items() if k != "Content"}
    typed = {"SPSAcknowledgementDocument": {"StatusCode": 41}}
    inside = {"_value_1": [etree.fromstring(ACKNOWLEDGEMENT)]} if new_zealand.is_own else typed
    sent = new_zealand.service.DeliverCountryResponseEnvelope(
        CountryResponseEnvelope=fields | {"SPSAcknowledgement": inside}
    )
    pulled = samoa.service.PULLSingleImportEnvelope(hubTrackingNumber=sent.hubDeliveryNumber)
    content = etree.fromstring(pulled.Content)
    assert (content.tag, content.findtext(".//{*}StatusCode")) == (f"{{{ACK}}}SPSAcknowledgement", "41")
    assert (pulled.From, pulled.CertificateStatus) == ("NZ", 41)


def test_a_tracking_update_is_answered_and_recorded(two: tuple[Caller, Caller]) -> None:
    samoa, _new_zealand = two
    header = {name: value for name, value in envelope().items() if name != "Content"}
    answer = samoa.service.SetTrackingInfoUpdate(header=header | {"hubDeliveryNumber": "t1", "HUBTrackingInfo": "New"})
    assert answer is None
    call = Call.objects.get(operation="SetTrackingInfoUpdate")
    assert (call.caller.code, call.tracking_number) == ("WS", "t1")
    assert call.note.startswith("From: WS\nTo: NZ\n")
    assert call.note.endswith("HUBTrackingInfo: New")


def test_profile_active_nppos_and_channels(two: tuple[Caller, Caller]) -> None:
    samoa, _new_zealand = two
    RegisteredNppo.objects.filter(code="NZ").update(may_send=False, accepts=[["657", "40"]])
    new_zealand = samoa.service.GetActiveNppos()[0]
    assert (new_zealand.Country, new_zealand.Send, new_zealand.Receive) == ("NZ", "false", "true")
    (document_,) = new_zealand.AllowedDocument
    assert (document_.certificateType.number, document_.certificateStatus.number) == (657, 40)
    assert samoa.service.GetProfile().Country == "WS"
    (channel,) = samoa.service.GetAvailableChannels()
    assert (channel.Code, channel.Name, channel.Send, channel.Receive) == ("NZ", "NPPO of NZ", False, True)


@pytest.mark.parametrize("operation", CODE_LISTS)
def test_a_code_list_is_whole_and_says_that_it_is_a_sample(two: tuple[Caller, Caller], operation: str) -> None:
    samoa, _new_zealand = two
    items = getattr(samoa.service, operation)()
    assert len(items) == CodeItem.objects.filter(list=messages.etree.QName(wsdl_item(operation)).localname).count() > 0
    for item in items:
        assert item.active is True
        assert item.lastModifiedBy.startswith("pilot Hub, ")
        assert item.lastModified > datetime(2020, 1, 1, tzinfo=UTC)
        code = getattr(item, "code", None) or str(item.modeCode)
        assert code.startswith("SAMPLE-") or item.lastModifiedBy != "pilot Hub, sample"


def wsdl_item(operation: str) -> str:
    return wsdl.operations()[operation][1].partition(":")[0]


def test_treatments_know_their_parents_and_units_what_they_measure(two: tuple[Caller, Caller]) -> None:
    samoa, _new_zealand = two
    treatments = {t.code: t for t in samoa.service.GetTreatmentTypes()}
    fumigation = treatments["SAMPLE-FUMIGATION"]
    assert (fumigation.level, treatments[fumigation.parentCode].level) == (2, 1)
    units = {u.code: (u.type, u.symbol) for u in samoa.service.GetUnitMeasures()}
    assert units["KGM"] == ("WEIGHT", "kg")
    assert {kind for kind, _symbol in units.values()} == {
        "WEIGHT", "VOLUME", "DURATION", "TEMPERATURE", "CONCENTRATION", "AREA", "DISTANCE",
    }  # fmt: skip


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_a_plain_client_is_served_in_every_operation(samoa: Caller, new_zealand: Caller, operation: str) -> None:
    """No WS-Addressing, no SOAPAction, no prefix that the Hub would know."""
    tracking = new_zealand.send(From="NZ", To="WS")
    header = "".join(f'<{k} xmlns="{ENTITIES}">{v}</{k}>' for k, v in envelope(Content="").items() if k != "Content")
    text, number = f'<Content xmlns="{ENTITIES}">x</Content>', f"<h:hubTrackingNumber>{tracking}</h:hubTrackingNumber>"
    bodies = {
        "DeliverEnvelope": f"<h:env>{header}{text}</h:env>",
        "ValidateAndDeliverEnvelope": f"<h:envelope>{header}{text}</h:envelope>",
        "DeliverPhytoEnvelope": f"<h:ePhytoEnvelope>{header}<SPSCertificate/></h:ePhytoEnvelope>",
        "DeliverCountryResponseEnvelope": f"<h:CountryResponseEnvelope>{header}<SPSAcknowledgement/></h:CountryResponseEnvelope>",
        "SetTrackingInfoUpdate": f"<h:header>{header}</h:header>",
    }
    answer = samoa.ask(operation, bodies.get(operation, number))
    assert answer.tag == f"{{{HUB}}}{operation}Response"


def test_a_connection_code_is_no_country_code(hub: RunningHub, production: str, samoa: Caller) -> None:
    sri_lanka = Caller(hub, "LK2", production)
    tracking = samoa.send(To="LK2")
    assert sri_lanka.waiting() == [tracking]
    assert RegisteredNppo.objects.get(code="LK2").country == "LK"
    refused = samoa.service.DeliverEnvelope(env=envelope(To="LK"))
    assert refused.hubDeliveryErrorMessage == "LK is not connected, or does not receive."


def test_each_forwarding_is_a_delivery_of_its_own(hub: RunningHub, production: str, samoa: Caller) -> None:
    new_zealand, fiji = Caller(hub, "NZ", production), Caller(hub, "FJ", production)
    codes = {"EnvelopeForwarding": [{"Code": "FJ"}, {"Code": "XX"}, {"Code": "FJ"}]}
    sent = samoa.service.DeliverEnvelope(env=envelope(Forwardings=codes))
    forwarded = {f.Code: f.HubDeliveryNumber for f in sent.Forwardings.EnvelopeForwarding}
    assert set(forwarded) == {"FJ", "XX"}
    assert len({sent.hubDeliveryNumber, *forwarded.values()}) == 3
    assert (new_zealand.waiting(), fiji.waiting()) == ([sent.hubDeliveryNumber], [forwarded["FJ"]])
    pulled = fiji.service.PULLSingleImportEnvelope(hubTrackingNumber=forwarded["FJ"])
    assert (pulled.From, pulled.To, pulled.Content) == ("WS", "FJ", CONTENT)
    fiji.service.AcknowledgeEnvelopeReceipt(hubTrackingNumber=forwarded["FJ"])
    states = [samoa.track(n) for n in (sent.hubDeliveryNumber, forwarded["FJ"], forwarded["XX"])]
    assert states == ["PendingDelivery", "Delivered", "FailedDelivery"]
    told = samoa.service.GetEnvelopeTrackingInfo(hubTrackingNumber=sent.hubDeliveryNumber)
    assert {f.Code for f in told.Forwardings.EnvelopeForwarding} == {"FJ", "XX"}


def test_who_is_no_channel_gets_no_forwarding(hub: RunningHub, production: str, samoa: Caller) -> None:
    Caller(hub, "NZ", production), Caller(hub, "FJ", production)
    RegisteredNppo.objects.filter(code="FJ").update(is_channel=False)
    assert [c.Code for c in samoa.service.GetAvailableChannels()] == ["NZ"]
    sent = samoa.service.DeliverEnvelope(env=envelope(Forwardings={"EnvelopeForwarding": [{"Code": "FJ"}]}))
    assert sent.HUBTrackingInfo == "PendingDelivery"
    (forwarded,) = HeldEnvelope.objects.filter(receiver="FJ")
    assert (forwarded.state, forwarded.error_message) == ("FailedDelivery", "FJ is no channel for forwardings.")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"CertificateType": 657}, "NZ does not accept 657 with status 70."),
        ({"From": "NZ"}, "From is NZ, but the client certificate is that of WS."),
        ({"To": "XX"}, "XX is not connected, or does not receive."),
    ],
)
def test_what_is_not_allowed_comes_back_as_failed_delivery(
    samoa: Caller, new_zealand: Caller, changes: dict[str, Any], words: str
) -> None:
    RegisteredNppo.objects.filter(code="NZ").update(accepts=[["851", "70"]])
    refused = samoa.service.DeliverEnvelope(env=envelope(**changes))
    assert (refused.HUBTrackingInfo, refused.hubDeliveryErrorMessage) == ("FailedDelivery", words)
    assert new_zealand.waiting() == []
    assert HeldEnvelope.objects.get(tracking_number=refused.hubDeliveryNumber).content == CONTENT


def test_what_was_refused_or_is_kept_for_days_cannot_be_pulled(
    hub: RunningHub, samoa: Caller, new_zealand: Caller
) -> None:
    hub.misbehave("WS", "pending_for_days")
    kept = samoa.send()
    refused = samoa.service.DeliverEnvelope(env=envelope(From="FJ")).hubDeliveryNumber
    assert HeldEnvelope.objects.get(tracking_number=refused).receiver == "NZ"
    for tracking in (kept, refused):
        with pytest.raises(zeep.exceptions.Fault, match="There is no envelope"):
            new_zealand.service.PULLSingleImportEnvelope(hubTrackingNumber=tracking)


def findings(content: bytes) -> list[tuple[str, str, str, str]]:
    """A validator as another installation may name it by PILOTHUB_VALIDATOR."""
    if content == b"many":
        return [("Mapping", f"field {n}", "SEVERE", f"This is wrong, number {n}.") for n in range(1000)]
    return [("Mapping", "field", "WARNING", "This is odd.")]


def test_warnings_are_kept_and_stop_nothing_and_a_refusal_is_no_novel(
    samoa: Caller, new_zealand: Caller, settings: Any
) -> None:
    settings.PILOTHUB_VALIDATOR = f"{__name__}.findings"
    sent = samoa.service.ValidateAndDeliverEnvelope(envelope=envelope())
    assert sent.HUBTrackingInfo == "PendingDelivery"
    assert HeldEnvelope.objects.get().findings == [["Mapping", "field", "WARNING", "This is odd."]]
    refused = samoa.service.ValidateAndDeliverEnvelope(envelope=envelope(Content="many"))
    assert refused.hubDeliveryErrorMessage.startswith("This is wrong, number 0.; This is wrong, number 1.")
    assert len(refused.hubDeliveryErrorMessage) == 2000
    assert len(HeldEnvelope.objects.latest("id").findings) == 1000


def test_who_may_not_send_is_told(samoa: Caller, new_zealand: Caller) -> None:
    RegisteredNppo.objects.filter(code="WS").update(may_send=False)
    assert samoa.service.DeliverEnvelope(env=envelope()).hubDeliveryErrorMessage == "WS is not enabled to send."


def test_headers_can_be_asked_of_one_country(samoa: Caller, new_zealand: Caller) -> None:
    samoa.send()
    assert len(new_zealand.service.GetImportEnvelopeHeaders(countryCode="WS")) == 1
    assert len(new_zealand.service.GetImportEnvelopeHeaders(countryCode="NZ")) == 1
    assert not new_zealand.service.GetImportEnvelopeHeaders(countryCode="FJ")


def test_nobody_sees_tracks_pulls_or_ends_what_is_anothers(hub: RunningHub, production: str, samoa: Caller) -> None:
    Caller(hub, "NZ", production)
    fiji = Caller(hub, "FJ", production)
    tracking = samoa.send()
    assert fiji.waiting() == []
    assert fiji.track(tracking) == "EnvelopeNotExists"
    for name in ("PULLSingleImportEnvelope", "AcknowledgeEnvelopeReceipt"):
        with pytest.raises(zeep.exceptions.Fault, match="There is no envelope"):
            getattr(fiji.service, name)(hubTrackingNumber=tracking)
    assert samoa.track(tracking) == "PendingDelivery"


def test_a_renewed_certificate_works_beside_the_old_one_until_it_expires(hub: RunningHub, production: str) -> None:
    old, new = Caller(hub, "WS", production), None
    hub.pair("WS", is_new=True)
    new = Caller(hub, "WS", production)
    assert old.session.cert == new.session.cert  # one file: sessions that are open keep what they loaded
    assert ClientCertificate.objects.filter(nppo__code="WS").count() == 2
    assert new.service.GetProfile().Country == "WS"


def test_a_certificate_proves_one_nppo_only(hub: RunningHub) -> None:
    certificate, _key = hub.pair("WS")
    with pytest.raises(registry.Taken, match="registered for WS"):
        registry.register("NZ", "NZ", "New Zealand", certificate)
    assert not RegisteredNppo.objects.filter(code="NZ").exists()


def test_an_expired_client_certificate_does_not_get_in(hub: RunningHub) -> None:
    certificate, private_key = pki.pair(hub.folder, "WS", days=-1)
    registry.register("WS", "WS", "Samoa", certificate)
    pair = hub.folder / "expired.pem"
    pair.write_text(private_key + certificate)
    with pytest.raises((requests.exceptions.SSLError, requests.ConnectionError)):
        requests.post(hub.endpoint, data=b"x", verify=str(hub.folder / "ca.pem"), cert=str(pair), timeout=20)
    assert list(hub.folder.glob("*/*")) == []  # nothing of it is kept


def test_certificates_last_825_days_and_carry_the_names_they_are_asked_to(tmp_path: Path) -> None:
    certificate, _key = pki.client(tmp_path, "WS")
    left = pki.expires_at(certificate) - datetime.now(UTC)
    assert timedelta(days=824) < left <= timedelta(days=825)
    first = pki.ensure(tmp_path).certificate.read_bytes()
    assert pki.ensure(tmp_path).certificate.read_bytes() == first
    pki.ensure(tmp_path, "hub.example.org", "192.0.2.7")
    pki.ensure(tmp_path, "other.example.org")
    hub = x509.load_pem_x509_certificate((tmp_path / "hub.pem").read_bytes())
    names = hub.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "hub.example.org", "other.example.org"]
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "192.0.2.7"]


@pytest.mark.parametrize("code", ["", "../x", "A" * 13, "a b"])
def test_a_code_that_is_none_makes_no_file(tmp_path: Path, code: str) -> None:
    with pytest.raises(ValueError, match="is no connection code"):
        pki.client(tmp_path, code)


def test_every_call_is_kept_and_what_was_refused_as_it_came(samoa: Caller) -> None:
    samoa.service.GetProfile()
    samoa.session.post(samoa.endpoint, data=b"<a/>", timeout=20)
    good, bad = Call.objects.order_by("id")
    assert (good.operation, good.refused, bytes(good.request)) == ("GetProfile", "", b"")
    assert (bad.operation, bytes(bad.request)) == ("", b"<a/>")
    assert "no SOAP 1.1 envelope" in bad.refused


def test_a_stranger_is_turned_away_and_noted(hub: RunningHub, tmp_path: Path) -> None:
    certificate, private_key = hub.pair("XX", registered=False)
    (tmp_path / "x.pem").write_text(private_key + certificate)
    answer = requests.post(
        hub.endpoint, data=b"x", verify=str(hub.folder / "ca.pem"), cert=str(tmp_path / "x.pem"), timeout=20
    )
    assert answer.status_code == 500
    assert "<h:message>NPPO from client certificate not found</h:message>" in answer.text
    assert Call.objects.get().caller is None


class Wire:
    """A TLS connection as it is, for what requests would not send."""

    def __init__(self, hub: RunningHub, caller: Caller) -> None:
        context = ssl.create_default_context(cafile=str(hub.folder / "ca.pem"))
        context.load_cert_chain(caller.session.cert)
        place = urlsplit(hub.endpoint)
        self.connection = http.client.HTTPSConnection(place.hostname or "", place.port, context=context, timeout=60)
        self.path = place.path

    def post(self, pieces: Iterator[bytes]) -> tuple[int, str, bytes]:
        self.connection.request(
            "POST", self.path, pieces, encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
        )
        answer = self.connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()


def test_a_chunked_request_over_the_limit_is_refused_in_soap_and_the_connection_lives(
    hub: RunningHub, samoa: Caller
) -> None:
    wire = Wire(hub, samoa)
    piece = b"x" * 100_000
    for _twice in range(2):
        status, kind, body = wire.post(iter([piece] * 161))
        assert (status, kind) == (413, "text/xml; charset=utf-8")
        assert b"more than 16000000 bytes" in body
    wire.connection.close()


def test_a_request_over_the_limit_is_refused_in_soap(samoa: Caller) -> None:
    answer = samoa.session.post(samoa.endpoint, data=b"x" * 16_000_001, timeout=60)
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "text/xml; charset=utf-8")
    assert "more than 16000000 bytes" in answer.text


def test_a_request_that_announces_far_too_much_is_refused_before_it_comes(hub: RunningHub, samoa: Caller) -> None:
    wire = Wire(hub, samoa)
    wire.connection.putrequest("POST", wire.path)
    wire.connection.putheader("Content-Length", "10000000000")
    wire.connection.endheaders()
    answer = wire.connection.getresponse()
    assert (answer.status, answer.headers["Content-Type"]) == (413, "text/plain")
    wire.connection.close()


def test_a_chunked_request_without_end_is_cut_off(hub: RunningHub, samoa: Caller) -> None:
    wire = Wire(hub, samoa)
    status, _kind, body = wire.post(iter([b"x" * 1_000_000] * 64))
    assert status == 413
    assert b"more than 16000000 bytes" in body
    wire.connection.close()


LISTINGS = (
    "GetImportEnvelopeHeaders",
    "GetUnderDeliveryEnvelope",
    "PULLImportEnvelope",
    "GetActiveNppos",
    "GetUnitMeasures",
)


@pytest.mark.parametrize("operation", LISTINGS)
def test_a_listing_costs_the_same_with_one_row_and_with_many(hub: RunningHub, operation: str) -> None:
    def queries(rows: int) -> int:
        for n in range(rows):
            code = f"N{RegisteredNppo.objects.count()}"
            RegisteredNppo.objects.create(code=code, country="WS", name=code)
            held = {"certificate_type": "851", "certificate_status": "70", "number": f"{n}", "content": "x"}
            first = HeldEnvelope.objects.create(sender="WS", receiver="WS", **held)
            HeldEnvelope.objects.create(sender="WS", receiver="NZ", forwarded_from=first, **held)
        caller = RegisteredNppo.objects.get(code="WS")
        with CaptureQueriesContext(connections["pilothub"]) as captured:
            answer(caller, SOAP_OF.format(f"<h:{operation}/>").encode())
        return len([q for q in captured if q["sql"].startswith(("SELECT", "INSERT", "UPDATE", "DECLARE"))])

    hub.pair("WS")
    assert queries(1) == queries(5) <= 4


def test_listings_of_a_full_hub_read_an_index() -> None:
    """Whatever was delivered before: a listing reads what waits and nothing else."""
    rows = [
        HeldEnvelope(sender="WS", receiver="NZ", number=f"WS-{n}", content="x", state="Delivered") for n in range(2000)
    ]
    HeldEnvelope.objects.bulk_create(rows)
    with connections["pilothub"].cursor() as cursor:
        cursor.execute("ANALYZE pilothub_heldenvelope")
    for column, index in (("receiver", "held_for"), ("sender", "held_from")):
        plan = HeldEnvelope.objects.filter(**{column: "WS"}, state="PendingDelivery").order_by("id").explain()
        assert index in plan
    assert "held_number" in HeldEnvelope.objects.filter(number="y").explain()


def test_other_addresses_and_methods_answer_in_plain_text(samoa: Caller) -> None:
    for method, path, status in (("GET", "", 405), ("PUT", "", 405), ("POST", "/other", 404), ("GET", "/../", 404)):
        answer = samoa.session.request(method, samoa.endpoint + path, timeout=20)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/plain")


def test_the_contract_names_the_address_it_was_asked_at(samoa: Caller) -> None:
    answer = samoa.session.get(f"{samoa.endpoint}?wsdl", timeout=20)
    address = etree.fromstring(answer.content).find(".//{http://schemas.xmlsoap.org/wsdl/soap/}address")
    assert address.get("location") == samoa.endpoint


def test_code_lists_are_filled_once(hub: RunningHub, tmp_path: Path) -> None:
    count = CodeItem.objects.count()
    CodeItem.objects.filter(code="KGM").update(text="changed here")
    with start_hub(tmp_path):
        assert CodeItem.objects.count() == count
        assert CodeItem.objects.get(code="KGM").text == "changed here"
