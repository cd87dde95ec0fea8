"""The pilot Hub against the production WSDL, by zeep alone: no line of our own client takes part."""

import http.client
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import zeep

from hubclient.namespaces import HUB, SOAP
from hubclient.pilothub import messages, pki
from tests.hub_server import DATABASES, RunningHub
from tests.pilothub.callers import CONTENT, SOAP_OF, Caller, envelope

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


@pytest.mark.parametrize(
    ("operation", "argument"), [("DeliverEnvelope", "env"), ("ValidateAndDeliverEnvelope", "envelope")]
)
def test_an_envelope_goes_all_its_way(samoa: Caller, new_zealand: Caller, operation: str, argument: str) -> None:
    sent = getattr(samoa.service, operation)(**{argument: envelope()})
    assert (sent.From, sent.To, sent.CertificateType, sent.CertificateStatus) == ("WS", "NZ", 851, 70)
    assert (sent.NPPOCertificateNumber, sent.HUBTrackingInfo) == ("WS-1", "PendingDelivery")
    tracking = sent.hubDeliveryNumber
    assert [h.hubDeliveryNumber for h in samoa.service.GetUnderDeliveryEnvelope()] == [tracking]
    assert [h.hubDeliveryNumber for h in new_zealand.service.GetImportEnvelopeHeaders(countryCode="")] == [tracking]
    pulled = new_zealand.service.PULLSingleImportEnvelope(hubTrackingNumber=tracking)
    assert (pulled.Content, pulled.From) == (CONTENT, "WS")
    assert new_zealand.service.AcknowledgeEnvelopeReceipt(hubTrackingNumber=tracking) is None
    assert samoa.service.GetEnvelopeTrackingInfo(hubTrackingNumber=tracking).HUBTrackingInfo == "Delivered"
    assert not samoa.service.GetUnderDeliveryEnvelope()


@pytest.mark.parametrize(
    ("operation", "argument", "state"),
    [
        ("AdvancedAcknowledgeEnvelopeReceipt", "warningMessage", "DeliveredWithWarnings"),
        ("AcknowledgeFailedEnvelopeReceipt", "message", "DeliveredNotReadable"),
    ],
)
def test_two_acknowledgements_that_share_an_action_are_told_apart(
    samoa: Caller, new_zealand: Caller, operation: str, argument: str, state: str
) -> None:
    tracking = samoa.service.DeliverEnvelope(env=envelope()).hubDeliveryNumber
    getattr(new_zealand.service, operation)(hubTrackingNumber=tracking, **{argument: "why"})
    told = samoa.service.GetEnvelopeTrackingInfo(hubTrackingNumber=tracking)
    assert (told.HUBTrackingInfo, told.hubDeliveryErrorMessage) == (state, "why")


def test_who_is_connected(samoa: Caller, new_zealand: Caller) -> None:
    nppos = samoa.service.GetActiveNppos()
    assert [(n.Country, n.Send, n.Receive) for n in nppos] == [("NZ", "true", "true"), ("WS", "true", "true")]
    accepts = [(d.certificateType.number, d.certificateStatus.number) for d in nppos[0].AllowedDocument]
    assert accepts == [(851, 70), (851, 40), (657, 70), (657, 40)]
    assert samoa.service.GetProfile().Country == "WS"


def test_validation_answers_in_the_wsdls_shape(samoa: Caller, new_zealand: Caller, settings: Any) -> None:
    settings.PILOTHUB_VALIDATOR = "certificates.ephyto.rules.hub_findings"
    (finding,) = samoa.service.ValidatePhytoXML(ePhytoXML="no xml")
    assert (finding.area, finding.level) == ("Schema", "SEVERE")
    refused = samoa.service.ValidateAndDeliverEnvelope(envelope=envelope(Content="no xml"))
    assert refused.HUBTrackingInfo == "FailedDelivery"
    assert "not XML" in refused.hubDeliveryErrorMessage


def test_a_fault_is_a_hub_web_exception(samoa: Caller, new_zealand: Caller) -> None:
    with pytest.raises(zeep.exceptions.Fault, match="There is no envelope x for NZ") as fault:
        new_zealand.service.PULLSingleImportEnvelope(hubTrackingNumber="x")
    assert "HubWebException" in str(zeep.wsdl.utils.etree_to_string(fault.value.detail))


def test_a_client_without_ws_addressing_and_with_a_wrong_action_is_served(samoa: Caller) -> None:
    answer = samoa.post("<h:GetProfile/>", SOAPAction='"http://ephyto.ippc.int/IDeliveryService/GetActiveNppos"')
    assert answer.status_code == 200
    assert b"GetProfileResponse" in answer.content


def test_chunked_requests_are_read_whole(samoa: Caller) -> None:
    data = f'<s:Envelope xmlns:s="{SOAP}" xmlns:h="{HUB}"><s:Body><h:GetProfile/></s:Body></s:Envelope>'.encode()
    answer = samoa.session.post(samoa.endpoint, data=iter([data[:20], data[20:]]), timeout=20)
    assert b"GetProfileResponse" in answer.content


def test_nobody_gets_in_without_a_client_certificate(hub: RunningHub) -> None:
    with pytest.raises((requests.exceptions.SSLError, requests.ConnectionError)):
        requests.post(hub.endpoint, data=b"x", verify=str(hub.folder / "ca.pem"), timeout=20)


def test_strict_verification_accepts_our_certificates(hub: RunningHub) -> None:
    hub.pair("WS")
    context = ssl.create_default_context(cafile=str(hub.folder / "ca.pem"))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_cert_chain(hub.folder / "client-WS.pem", hub.folder / "client-WS.key")
    place = urlsplit(hub.endpoint)
    connection = http.client.HTTPSConnection(place.hostname or "", place.port, context=context, timeout=20)
    connection.request("GET", place.path)
    assert connection.getresponse().status == 405
    connection.close()


def test_keys_are_readable_by_nobody_else(tmp_path: Path) -> None:
    pki.client(tmp_path / "new", "WS")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"CertificateType": "abc"}, "are numbers"),
        ({"CertificateStatus": "9999999999"}, "are numbers"),
        ({"To": "N" * 13}, "too long"),
        ({"NPPOCertificateNumber": "N" * 257}, "too long"),
    ],
)
def test_a_header_that_does_not_fit_is_a_fault(samoa: Caller, changes: dict[str, str], words: str) -> None:
    fields = {k: str(v) for k, v in (envelope(Content="x") | changes).items()}
    answer = samoa.post(
        "<h:DeliverEnvelope><h:env>"
        + "".join(f"<{k}>{v}</{k}>" for k, v in fields.items())
        + "</h:env></h:DeliverEnvelope>"
    )
    assert answer.status_code == 500
    assert words in answer.text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not XML"),
        (b"<a", "not XML"),
        (b"<a/>", "no SOAP 1.1 envelope"),
        (SOAP_OF.format("<GetProfile/>").encode(), "no SOAP 1.1 envelope"),
        (SOAP_OF.format("<h:Nonsense/>").encode(), "does not know Nonsense"),
        (b"<!DOCTYPE a [<!ENTITY e 'x'>]>" + SOAP_OF.format("<h:GetProfile/>").encode(), "DOCTYPE"),
        (b"<!--" + b"x" * 5000 + b"-->\n<!DOCTYPE a>" + SOAP_OF.format("<h:GetProfile/>").encode(), "DOCTYPE"),
        (("<!DOCTYPE a>" + SOAP_OF.format("<h:GetProfile/>")).encode("utf-16"), "not XML in UTF-8"),
        (SOAP_OF.format("<h:GetProfile>" + "<a/>" * 1_000_001 + "</h:GetProfile>").encode(), "too many elements"),
    ],
    ids=["empty", "broken", "other root", "no namespace", "unknown", "doctype", "hidden doctype", "utf-16", "elements"],
)  # fmt: skip
def test_hostile_requests_are_refused_in_soap(samoa: Caller, data: bytes, words: str) -> None:
    answer = samoa.session.post(samoa.endpoint, data=data, timeout=60)
    assert answer.status_code == 500
    assert words in answer.text


def test_a_doctype_inside_content_is_only_content(samoa: Caller, new_zealand: Caller) -> None:
    html = "<!DOCTYPE html><html/>"
    sent = samoa.service.DeliverEnvelope(env=envelope(Content=html))
    assert new_zealand.service.PULLSingleImportEnvelope(hubTrackingNumber=sent.hubDeliveryNumber).Content == html


def test_more_than_16_mb_are_refused_before_they_are_parsed() -> None:
    too_much = messages.MAX_SOAP + 1
    with pytest.raises(messages.BadRequest, match="more than 16000000 bytes"):
        messages.operation(b"x" * too_much)


def test_ten_megabytes_go_through(samoa: Caller, new_zealand: Caller) -> None:
    content = "é" * 4_999_000
    sent = samoa.service.DeliverEnvelope(env=envelope(Content=content))
    got = new_zealand.session.post(
        new_zealand.endpoint,
        data=SOAP_OF.format(
            f"<h:PULLSingleImportEnvelope><h:hubTrackingNumber>{sent.hubDeliveryNumber}</h:hubTrackingNumber></h:PULLSingleImportEnvelope>"
        ).encode(),
        timeout=60,
    )
    assert content.encode() in got.content


def test_ten_thousand_waiting_headers_are_one_listing(samoa: Caller, new_zealand: Caller) -> None:
    from hubclient.pilothub.models import HeldEnvelope

    HeldEnvelope.objects.bulk_create(
        HeldEnvelope(
            sender="WS", receiver="NZ", certificate_type="851", certificate_status="70", number=f"WS-{n}", content="x"
        )
        for n in range(10_000)
    )
    answer = new_zealand.post("<h:GetImportEnvelopeHeaders><h:countryCode/></h:GetImportEnvelopeHeaders>")
    assert answer.text.count("hubDeliveryNumber>") == 20_000


def test_a_misbehaviour_shows_as_often_as_told_and_only_to_its_nppo(
    hub: RunningHub, samoa: Caller, new_zealand: Caller
) -> None:
    hub.misbehave("WS", "bad_gateway", 2)
    answers = [samoa.post("<h:GetProfile/>").status_code for _ in range(3)]
    assert answers == [502, 502, 200]
    hub.misbehave("WS", "bad_gateway")
    assert new_zealand.post("<h:GetProfile/>").status_code == 200
    with pytest.raises(KeyError):
        hub.misbehave("WS", "nonsense")


def test_many_comments_may_stand_before_the_envelope() -> None:
    """Each costs its own length: when every one copied the rest, this took minutes."""
    data = b"<!---->" * 200_000 + SOAP_OF.format("<h:GetProfile/>").encode()
    assert messages.operation(data)[0] == "GetProfile"


def test_a_doctype_inside_cdata_is_only_content() -> None:
    request = SOAP_OF.format(
        "<h:DeliverEnvelope><h:env><Content><![CDATA[<!DOCTYPE a><a/>]]></Content></h:env></h:DeliverEnvelope>"
    )
    _name, element = messages.operation(request.encode())
    assert messages.argument(messages.inner(element, "env"), "Content") == "<!DOCTYPE a><a/>"
