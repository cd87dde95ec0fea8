"""Each misbehaviour of the table, as a client sees it: by zeep and by raw sockets, never by our own client."""

import base64
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import zeep
from django.utils import timezone
from lxml import etree

from hubclient.pilothub import registry
from hubclient.pilothub.faults import ANYWHERE, CODE_LISTS, FAULTS
from hubclient.pilothub.models import Call, HeldEnvelope, Misbehaviour
from tests.hub_server import DATABASES, RunningHub
from tests.pilothub.callers import CONTENT, SOAP_OF, Caller, envelope

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)

RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21"
CERTIFICATE = (
    f'<?xml version="1.0" encoding="UTF-8"?><c xmlns:ram="{RAM}"><ram:StatusCode>70</ram:StatusCode>'
    "<ram:Name>Samoa</ram:Name><ram:Name languageID='en'>Apia Growers</ram:Name></c>"
)


@pytest.fixture
def both(samoa: Caller, new_zealand: Caller) -> tuple[Caller, Caller]:
    return samoa, new_zealand


def raw(hub: RunningHub, caller: Caller, request: str) -> bytes:
    """What a plain socket brings until the Hub ends it. TLS is done above it: Python's own hides a TCP reset."""
    place = urlsplit(hub.endpoint)
    context = ssl.create_default_context(cafile=str(hub.folder / "ca.pem"))
    context.load_cert_chain(caller.session.cert)
    data = SOAP_OF.format(request).encode()
    head = f"POST {place.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(arrived, leaving, server_hostname="localhost")
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=20) as plain:
        while not _shaken_hands(tls):
            plain.sendall(leaving.read())
            arrived.write(plain.recv(65_536))
        tls.write(head.encode() + data)
        plain.sendall(leaving.read())
        while piece := plain.recv(65_536):
            arrived.write(piece)
    answer = b""
    with suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
        while piece := tls.read(65_536):
            answer += piece
    return answer


def _shaken_hands(tls: ssl.SSLObject) -> bool:
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def deliver(**changes: Any) -> str:
    fields = "".join(f"<{k}>{v}</{k}>" for k, v in envelope(Content="x", **changes).items())
    return f"<h:DeliverEnvelope><h:env>{fields}</h:env></h:DeliverEnvelope>"


def acknowledge(tracking: str) -> str:
    return f"<h:AcknowledgeEnvelopeReceipt><h:hubTrackingNumber>{tracking}</h:hubTrackingNumber></h:AcknowledgeEnvelopeReceipt>"


@pytest.mark.parametrize(
    ("name", "queued"), [("reset_without_queueing", 0), ("reset_after_queueing", 1), ("reset_answer", 1)]
)
def test_a_reset_is_a_tcp_reset_with_and_without_queueing(
    hub: RunningHub, both: tuple[Caller, Caller], name: str, queued: int
) -> None:
    hub.misbehave("WS", name)
    with pytest.raises(ConnectionResetError):
        raw(hub, both[0], deliver())
    assert len(both[1].waiting()) == queued
    assert b"PendingDelivery" in raw(hub, both[0], deliver())


def test_the_hub_outlives_many_resets(hub: RunningHub, both: tuple[Caller, Caller]) -> None:
    hub.misbehave("WS", "reset_after_queueing", None)
    for _try in range(20):
        with pytest.raises(ConnectionResetError):
            raw(hub, both[0], deliver())
    hub.behave("WS")
    assert b"PendingDelivery" in raw(hub, both[0], deliver())
    assert len(both[1].waiting()) == 21


def test_a_lost_acknowledgement_leaves_the_header_where_it_was(hub: RunningHub, both: tuple[Caller, Caller]) -> None:
    samoa, new_zealand = both
    tracking = samoa.send()
    hub.misbehave("NZ", "lost_acknowledgement")
    with pytest.raises(ConnectionResetError):
        raw(hub, new_zealand, acknowledge(tracking))
    assert new_zealand.waiting() == [tracking]
    raw(hub, new_zealand, acknowledge(tracking))
    assert new_zealand.waiting() == []


@pytest.mark.parametrize(("name", "status"), [("method_not_allowed", 405), ("forbidden", 403), ("bad_gateway", 502)])
def test_gateways_answer_in_html(hub: RunningHub, both: tuple[Caller, Caller], name: str, status: int) -> None:
    hub.misbehave("WS", name)
    answer = both[0].post(deliver())
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert HeldEnvelope.objects.count() == 0


@pytest.mark.parametrize("operation", ANYWHERE)
def test_a_fault_can_strike_each_operation_alone(hub: RunningHub, samoa: Caller, operation: str) -> None:
    hub.misbehave("WS", "fault", operation=operation)
    other = "GetProfile" if operation != "GetProfile" else "GetActiveNppos"
    assert samoa.ask(other).tag.endswith(f"{other}Response")
    assert samoa.ask(operation).findtext(".//{*}message") == "The Hub was told to answer with a fault."
    assert Misbehaviour.objects.get().remaining == 0


def test_failed_delivery_comes_inside_http_200(hub: RunningHub, both: tuple[Caller, Caller]) -> None:
    hub.misbehave("WS", "failed_delivery")
    answer = both[0].post(deliver())
    assert answer.status_code == 200
    assert "<e:HUBTrackingInfo>FailedDelivery<" in answer.text
    assert both[1].waiting() == []


def test_pending_for_days_until_they_are_over_or_it_is_released(hub: RunningHub, both: tuple[Caller, Caller]) -> None:
    samoa, new_zealand = both
    hub.misbehave("WS", "pending_for_days", 2)
    first, second = samoa.send(), samoa.send(NPPOCertificateNumber="WS-2")
    assert new_zealand.waiting() == []
    assert not new_zealand.service.PULLImportEnvelope()
    assert [samoa.track(first), len(samoa.service.GetUnderDeliveryEnvelope())] == ["PendingDelivery", 2]
    past = timezone.now() - timedelta(seconds=1)
    assert HeldEnvelope.objects.get(tracking_number=first).hidden_until > timezone.now() + timedelta(days=2)
    HeldEnvelope.objects.filter(tracking_number=first).update(hidden_until=past)
    assert new_zealand.waiting() == [first]
    assert registry.release("NZ") == 2
    assert new_zealand.waiting() == [first, second]


def test_a_tracking_number_is_not_known_for_a_while_then_pending(hub: RunningHub, both: tuple[Caller, Caller]) -> None:
    tracking = both[0].send()
    hub.misbehave("WS", "not_exists", 2)
    states = [both[0].track(tracking) for _try in range(3)]
    assert states == ["EnvelopeNotExists", "EnvelopeNotExists", "PendingDelivery"]


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("ends_delivered", "Delivered"),
        ("ends_with_warnings", "DeliveredWithWarnings"),
        ("ends_not_readable", "DeliveredNotReadable"),
        ("ends_failed", "FailedDelivery"),
    ],
)
def test_each_end_state_can_be_shown_and_stays(
    hub: RunningHub, both: tuple[Caller, Caller], name: str, state: str
) -> None:
    tracking = both[0].send()
    hub.misbehave("WS", name)
    assert [both[0].track(tracking) for _twice in range(2)] == [state, state]
    assert both[1].waiting() == []


def test_an_unknown_tracking_value(hub: RunningHub, both: tuple[Caller, Caller]) -> None:
    tracking = both[0].send()
    hub.misbehave("WS", "unknown_tracking")
    assert [both[0].track(tracking) for _twice in range(2)] == ["HeldForReasonsUnknown", "PendingDelivery"]


@pytest.mark.parametrize(("name", "count"), [("single_item", 1), ("empty_list", 0), ("absent_list", 0)])
def test_lists_with_one_item_and_none(hub: RunningHub, both: tuple[Caller, Caller], name: str, count: int) -> None:
    samoa, new_zealand = both
    samoa.send(), samoa.send()
    hub.misbehave("NZ", name, None)
    assert len(new_zealand.waiting()) == count
    assert len(new_zealand.service.GetActiveNppos() or []) == count
    assert len(new_zealand.service.GetUnitMeasures() or []) == count
    assert len(new_zealand.service.PULLImportEnvelope() or []) == count
    inside = new_zealand.ask("GetImportEnvelopeHeaders")
    assert len(inside) == (0 if name == "absent_list" else 1)


@pytest.mark.parametrize("operation", CODE_LISTS)
def test_a_code_list_is_empty_or_fails(hub: RunningHub, samoa: Caller, operation: str) -> None:
    hub.misbehave("WS", "code_list_empty")
    assert not getattr(samoa.service, operation)()
    hub.misbehave("WS", "code_list_fails")
    with pytest.raises(zeep.exceptions.Fault, match="could not be read"):
        getattr(samoa.service, operation)()
    assert getattr(samoa.service, operation)()


def test_headers_come_twice_and_newest_first(hub: RunningHub, both: tuple[Caller, Caller]) -> None:
    samoa, new_zealand = both
    first, second = samoa.send(), samoa.send(CertificateStatus=40)
    hub.misbehave("NZ", "duplicate_header")
    assert new_zealand.waiting() == [first, first, second, second]
    hub.misbehave("NZ", "newest_first")
    assert new_zealand.waiting() == [second, first]


@pytest.mark.parametrize("name", ["PULLSingleImportEnvelope", "PULLImportEnvelope"])
def test_a_header_whose_pull_fails_once(hub: RunningHub, both: tuple[Caller, Caller], name: str) -> None:
    samoa, new_zealand = both
    tracking = samoa.send()
    arguments = {"hubTrackingNumber": tracking} if "Single" in name else {}
    hub.misbehave("NZ", "pull_fails")
    with pytest.raises(zeep.exceptions.Fault, match="could not be read"):
        getattr(new_zealand.service, name)(**arguments)
    pulled = getattr(new_zealand.service, name)(**arguments)
    assert (pulled if "Single" in name else pulled[0]).Content == CONTENT


def pulled(hub: RunningHub, both: tuple[Caller, Caller], name: str) -> str:
    tracking = both[0].send(Content=CERTIFICATE)
    hub.misbehave("NZ", name)
    answer = both[1].ask("PULLSingleImportEnvelope", f"<h:hubTrackingNumber>{tracking}</h:hubTrackingNumber>")
    held = HeldEnvelope.objects.get(tracking_number=tracking)
    assert held.content == CERTIFICATE  # spoiled on the way out only
    return answer.findtext(".//{*}Content")


def names(content: str) -> list[str]:
    return [e.text for e in etree.fromstring(content.encode()).iter(f"{{{RAM}}}Name")]


CONTENTS: dict[str, Callable[[str], bool]] = {
    "base64_content": lambda got: base64.b64decode(got, validate=True).decode() == CERTIFICATE,
    "utf16_declaration": lambda got: (
        got.startswith('<?xml version="1.0" encoding="UTF-16"?><c ') and got.count("?>") == 1
    ),
    "null_names": lambda got: names(got) == ["NULL", "NULL"],
    "acknowledgement_content": lambda got: (
        etree.fromstring(got).tag.endswith("}SPSAcknowledgement")
        and etree.fromstring(got).findtext(".//{*}ID") == "WS-1"
    ),
    "cdata_end": lambda got: "]]>" in got and etree.fromstring(got.encode()).tag == "c",
    "large_response": lambda got: len(got.encode()) == 10_000_000 and got.rstrip() == CERTIFICATE,
}


@pytest.mark.parametrize("name", CONTENTS)
def test_content_is_spoiled_as_told(hub: RunningHub, both: tuple[Caller, Caller], name: str) -> None:
    assert CONTENTS[name](pulled(hub, both, name))


def test_children_are_shuffled_and_all_there(hub: RunningHub, both: tuple[Caller, Caller]) -> None:
    samoa, new_zealand = both
    samoa.send()

    def children() -> list[str]:
        (header,) = new_zealand.ask("GetImportEnvelopeHeaders").iter("{*}EnvelopeHeader")
        return [etree.QName(child).localname for child in header]

    ordered = children()
    hub.misbehave("NZ", "shuffled_children", None)
    seen = [children() for _try in range(5)]
    assert all(sorted(one) == sorted(ordered) for one in seen)
    assert any(one != ordered for one in seen)


def test_a_withdrawal_follows_its_certificate(hub: RunningHub, both: tuple[Caller, Caller]) -> None:
    samoa, new_zealand = both
    hub.misbehave("WS", "withdrawal_after")
    tracking = samoa.send(Content=CERTIFICATE)
    certificate, withdrawal = new_zealand.service.PULLImportEnvelope()
    assert certificate.hubDeliveryNumber == tracking != withdrawal.hubDeliveryNumber
    assert (certificate.CertificateStatus, withdrawal.CertificateStatus) == (70, 40)
    assert certificate.NPPOCertificateNumber == withdrawal.NPPOCertificateNumber
    assert withdrawal.Content == CERTIFICATE.replace(">70<", ">40<")


def test_a_forwarding_nobody_asked_for(hub: RunningHub, both: tuple[Caller, Caller], production: str) -> None:
    fiji = Caller(hub, "FJ", production)
    hub.misbehave("WS", "unasked_forwarding")
    sent = both[0].service.DeliverEnvelope(env=envelope())
    (forwarding,) = sent.Forwardings.EnvelopeForwarding
    assert (forwarding.Code, fiji.waiting()) == ("FJ", [forwarding.HubDeliveryNumber])


TESTED = Path(__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FAULTS)
def test_each_row_of_the_table_has_its_test_and_its_words(name: str) -> None:
    assert f'"{name}"' in TESTED
    assert FAULTS[name].does
    assert set(FAULTS[name].where) <= set(ANYWHERE)


def test_a_rate_strikes_in_some_calls_and_leaves_others(hub: RunningHub, samoa: Caller) -> None:
    hub.misbehave("WS", "bad_gateway", None, rate=50)
    seen = {samoa.post("<h:GetProfile/>").status_code for _try in range(60)}
    assert seen == {200, 502}  # the same sixty times over: once in 2 ** 59 runs
    hub.misbehave("WS", "bad_gateway", None, rate=0)
    assert {samoa.post("<h:GetProfile/>").status_code for _try in range(20)} == {200}


def test_a_number_of_times_counts_what_was_shown(hub: RunningHub, samoa: Caller) -> None:
    hub.misbehave("WS", "bad_gateway", 3, rate=60)
    seen = [samoa.post("<h:GetProfile/>").status_code for _try in range(60)]
    assert seen.count(502) == 3


def test_one_operation_alone_is_struck(hub: RunningHub, both: tuple[Caller, Caller]) -> None:
    hub.misbehave("WS", "bad_gateway", None, operation="GetProfile")
    assert both[0].post("<h:GetActiveNppos/>").status_code == 200
    assert both[0].post("<h:GetProfile/>").status_code == 502
    assert both[1].post("<h:GetProfile/>").status_code == 200


def test_what_was_shown_stands_with_the_call(hub: RunningHub, samoa: Caller) -> None:
    hub.misbehave("WS", "reset_answer", operation="GetProfile")
    with pytest.raises(requests.ConnectionError):
        samoa.post("<h:GetProfile/>")
    assert [(c.operation, c.struck) for c in Call.objects.all()] == [("GetProfile", "reset_answer")]


@pytest.mark.parametrize("name", ["reset_without_queueing", "bad_gateway", "fault"])
def test_what_was_lost_on_purpose_is_kept_as_it_came(hub: RunningHub, both: tuple[Caller, Caller], name: str) -> None:
    hub.misbehave("WS", name)
    with suppress(requests.ConnectionError):
        both[0].post(deliver(NPPOCertificateNumber="WS-LOST"))
    call = Call.objects.get()
    assert b"WS-LOST" in bytes(call.request)
    assert call.refused.startswith("The Hub was told to ")
    assert HeldEnvelope.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "options", "error", "words"),
    [
        ("nonsense", {}, KeyError, "nonsense"),
        ("pull_fails", {"operation": "GetProfile"}, ValueError, "cannot strike GetProfile"),
        ("fault", {"rate": 101}, ValueError, "no percentage"),
        ("fault", {"rate": -1}, ValueError, "no percentage"),
    ],
)
def test_what_cannot_be_switched_on_is_refused(
    name: str, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        registry.misbehave("WS", name, **options)
    assert not Misbehaviour.objects.exists()


def test_behave_switches_off_one_or_all(hub: RunningHub) -> None:
    for name in ("fault", "bad_gateway", "forbidden"):
        hub.misbehave("WS", name)
    hub.misbehave("NZ", "fault")
    assert registry.behave("WS", "fault") == 1
    assert registry.behave("WS") == 2
    assert [str(m) for m in Misbehaviour.objects.all()] == ["NZ: fault 1×"]
