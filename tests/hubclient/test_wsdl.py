"""What our client sends, against the production WSDL by zeep alone: the pilot Hub takes no part."""

import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import zeep
from lxml import etree

from hubclient.namespaces import ACTION, HUB
from hubclient.soap import LISTS, Forwarding, Header, HubClient, HubError

HEADER = Header("WS", "NZ", "851", "70", "WS-1")
FORWARDED = replace(HEADER, forwardings=(Forwarding("EU"), Forwarding("KE2")))
_UNECE = "urn:un:unece:uncefact:data:standard"
ACKNOWLEDGEMENT = (
    f'<a:SPSAcknowledgement xmlns:a="{_UNECE}:SPSAcknowledgement:17"><a:SPSAcknowledgementDocument>'
    f'<r:StatusCode xmlns:r="{_UNECE}:ReusableAggregateBusinessInformationEntity:21">43</r:StatusCode>'
    "</a:SPSAcknowledgementDocument></a:SPSAcknowledgement>"
).encode()
ENVELOPE = {
    "From": "WS", "To": "NZ", "CertificateType": 851, "CertificateStatus": 70, "NPPOCertificateNumber": "WS-1",
    "hubDeliveryNumber": "", "Content": "<a>]]&gt; é</a>",
}  # fmt: skip
CALLS: list[tuple[str, dict[str, Any], Callable[[HubClient], Any]]] = [
    (
        "ValidateAndDeliverEnvelope",
        {"envelope": ENVELOPE},
        lambda c: c.validate_and_deliver(HEADER, "<a>]]&gt; é</a>".encode()),
    ),
    ("GetEnvelopeTrackingInfo", {"hubTrackingNumber": "t"}, lambda c: c.tracking_info("t")),
    ("GetUnderDeliveryEnvelope", {}, lambda c: c.under_delivery()),
    ("GetImportEnvelopeHeaders", {"countryCode": ""}, lambda c: c.import_headers()),
    ("PULLSingleImportEnvelope", {"hubTrackingNumber": "t"}, lambda c: c.pull("t")),
    ("AcknowledgeEnvelopeReceipt", {"hubTrackingNumber": "t"}, lambda c: c.acknowledge("t")),
    (
        "AdvancedAcknowledgeEnvelopeReceipt",
        {"hubTrackingNumber": "t", "warningMessage": "w"},
        lambda c: c.acknowledge_with_warnings("t", "w"),
    ),
    (
        "AcknowledgeFailedEnvelopeReceipt",
        {"hubTrackingNumber": "t", "message": "m"},
        lambda c: c.acknowledge_failed("t", "m"),
    ),
    ("GetActiveNppos", {}, lambda c: c.active_nppos()),
    ("GetProfile", {}, lambda c: c.profile()),
    ("DeliverEnvelope", {"env": ENVELOPE}, lambda c: c.deliver(HEADER, "<a>]]&gt; é</a>".encode())),
    (
        "ValidateAndDeliverEnvelope",
        {"envelope": ENVELOPE | {"Forwardings": {"EnvelopeForwarding": [{"Code": "EU"}, {"Code": "KE2"}]}}},
        lambda c: c.validate_and_deliver(FORWARDED, "<a>]]&gt; é</a>".encode()),
    ),
    (
        "DeliverCountryResponseEnvelope",
        {
            "CountryResponseEnvelope": {
                **{name: value for name, value in ENVELOPE.items() if name != "Content"},
                "SPSAcknowledgement": {"SPSAcknowledgementDocument": {"StatusCode": 43}},
            }
        },
        lambda c: c.deliver_response(HEADER, ACKNOWLEDGEMENT),
    ),
    ("ValidatePhytoXML", {"ePhytoXML": "<a/>"}, lambda c: c.validate(b"<a/>")),
    ("PULLImportEnvelope", {}, lambda c: c.pull_all()),
    ("GetAvailableChannels", {}, lambda c: c.channels()),
    *((operation, {}, lambda c, name=name: c.code_list(name)) for name, (operation, _item) in LISTS.items()),
]
REFUSED = {
    "DeliverPhytoEnvelope": (lambda c: c.deliver_phyto(), "loses parts"),
    "SetTrackingInfoUpdate": (lambda c: c.set_tracking_info(), "not published"),
}


def shape(element: Any) -> Any:
    """Names, texts and children, whatever the prefixes."""
    return element.tag, element.text or "", [shape(child) for child in element]


def body(data: bytes) -> Any:
    return etree.fromstring(data).find("{*}Body")[0]


@pytest.fixture(scope="module")
def wsdl(reference: Path) -> zeep.Client:
    return zeep.Client(str(reference / "hub" / "hub-prod.wsdl"))


def test_every_operation_of_the_wsdl_is_here_or_refused(wsdl: zeep.Client) -> None:
    (binding,) = wsdl.wsdl.bindings.values()
    assert set(binding.all()) == {operation for operation, _arguments, _call in CALLS} | set(REFUSED)
    assert len(binding.all()) == 27


@pytest.mark.parametrize("operation", REFUSED)
def test_what_loses_fields_or_means_nothing_known_is_refused_plainly(operation: str) -> None:
    call, words = REFUSED[operation]
    with pytest.raises(HubError, match=words) as caught:
        call(HubClient("https://localhost/", ssl.create_default_context()))
    assert caught.value.permanent


@pytest.mark.parametrize(("operation", "arguments", "call"), CALLS, ids=[c[0] for c in CALLS])
def test_a_request_is_what_zeep_would_send(
    wsdl: zeep.Client, operation: str, arguments: dict[str, Any], call: Callable[[HubClient], Any]
) -> None:
    service = wsdl.create_service(f"{{{HUB}}}DeliveryServiceSoapBinding", "https://localhost/")
    wanted = wsdl.create_message(service, operation, **arguments)
    ours = HubClient("https://localhost/", ssl.create_default_context())
    with mock.patch.object(ours, "_post", return_value=(500, b"nothing")) as posted, pytest.raises(HubError):
        call(ours)
    (name, data), _keywords = posted.call_args
    assert name == operation
    assert shape(body(data)) == shape(wanted.find("{*}Body")[0])


def test_the_action_is_the_wsdls() -> None:
    ours = HubClient("https://localhost/", ssl.create_default_context())
    with mock.patch.object(ours.session, "post", side_effect=OSError("stop")) as posted, pytest.raises(HubError):
        ours.profile()
    assert posted.call_args.kwargs["headers"]["SOAPAction"] == f'"{ACTION}GetProfile"'


@pytest.mark.parametrize(
    ("status", "data", "permanent", "unknown"),
    [
        (200, b"<x/>", False, True),
        (200, b"", False, True),
        (200, b"<!DOCTYPE a><a/>", False, True),
        (405, b"<html>", False, False),
        (403, b"", False, False),
        (502, b"<html><body>Bad gateway</body></html>", False, True),
        (
            500,
            b"<e:Envelope xmlns:e='x'><e:Body><e:Fault><faultstring>no</faultstring></e:Fault></e:Body></e:Envelope>",
            True,
            False,
        ),
        (200, b"<Envelope><Body><OtherResponse/></Body></Envelope>", False, True),
    ],
)
def test_strange_answers_have_their_kind_of_error(status: int, data: bytes, permanent: bool, unknown: bool) -> None:
    ours = HubClient("https://localhost/", ssl.create_default_context())
    with mock.patch.object(ours, "_post", return_value=(status, data)), pytest.raises(HubError) as caught:
        ours.validate_and_deliver(HEADER, b"<a/>")
    assert (caught.value.permanent, caught.value.unknown) == (permanent, unknown)


def test_answers_are_read_under_any_prefix_and_qualification() -> None:
    data = (
        b"<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body><GetImportEnvelopeHeadersResponse>"
        b"<x:GetImportEnvelopeHeadersResult xmlns:x='y'><EnvelopeHeader><x:From>WS</x:From><To>NZ</To>"
        b"<hubDeliveryNumber> t1 </hubDeliveryNumber><HUBTrackingInfo>New</HUBTrackingInfo></EnvelopeHeader>"
        b"</x:GetImportEnvelopeHeadersResult></GetImportEnvelopeHeadersResponse></S:Body></S:Envelope>"
    )
    ours = HubClient("https://localhost/", ssl.create_default_context())
    with mock.patch.object(ours, "_post", return_value=(200, data)):
        (header,) = ours.import_headers()
    assert (header.sender, header.receiver, header.tracking_number, header.tracking_info) == ("WS", "NZ", "t1", "New")


@pytest.mark.parametrize("inner", [b"", b"<GetImportEnvelopeHeadersResult/>"])
def test_empty_lists_come_as_absent_or_empty_elements(inner: bytes) -> None:
    data = (
        b"<Envelope><Body><GetImportEnvelopeHeadersResponse>"
        + inner
        + b"</GetImportEnvelopeHeadersResponse></Body></Envelope>"
    )
    ours = HubClient("https://localhost/", ssl.create_default_context())
    with mock.patch.object(ours, "_post", return_value=(200, data)):
        assert ours.import_headers() == []


def test_a_message_over_the_limit_never_leaves() -> None:
    ours = HubClient("https://localhost/", ssl.create_default_context(), max_content=10)
    with mock.patch.object(ours, "_post") as posted, pytest.raises(HubError) as caught:
        ours.validate_and_deliver(HEADER, b"x" * 11)
    assert caught.value.permanent
    assert not posted.called
