"""Several clients, threads and processes at once: what must happen once happens once."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connections

from hubclient.pilothub import pki, registry
from hubclient.pilothub.faults import Asked, told
from hubclient.pilothub.models import Call, ClientCertificate, CodeItem, HeldEnvelope, Misbehaviour, RegisteredNppo
from tests.hub_server import DATABASES, RunningHub
from tests.pilothub.callers import Caller, envelope

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


def at_once(number: int, work: Callable[[int], Any]) -> list[Any]:
    """The results of `work`, done by so many threads that start together."""
    barrier = threading.Barrier(number)
    results: list[Any] = [None] * number

    def run(which: int) -> None:
        barrier.wait(20)
        try:
            results[which] = work(which)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(which,)) for which in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_the_last_showing_of_a_misbehaviour_is_shown_once(hub: RunningHub) -> None:
    hub.pair("WS")
    registry.misbehave("WS", "fault", 3)
    caller = RegisteredNppo.objects.get()

    def shown(_which: int) -> bool:
        return Asked(caller, Call(caller=caller, operation="GetProfile"), told(caller)).shows("fault")

    assert sorted(at_once(8, shown)) == [False] * 5 + [True] * 3
    assert Misbehaviour.objects.get().remaining == 0


def test_of_two_acknowledgements_at_once_one_is_final(hub: RunningHub, samoa: Caller, new_zealand: Caller) -> None:
    other = requests.Session()
    other.trust_env, other.verify, other.cert = False, new_zealand.session.verify, new_zealand.session.cert
    tracking = samoa.send()
    number = f"<h:hubTrackingNumber>{tracking}</h:hubTrackingNumber>"

    def acknowledge(which: int) -> int:
        if which:
            return new_zealand.post(
                f"<h:AcknowledgeEnvelopeReceipt>{number}</h:AcknowledgeEnvelopeReceipt>"
            ).status_code
        body = f"<h:AcknowledgeFailedEnvelopeReceipt>{number}<h:message>no</h:message></h:AcknowledgeFailedEnvelopeReceipt>"
        new_zealand_too = Caller.__new__(Caller)
        new_zealand_too.session, new_zealand_too.endpoint = other, new_zealand.endpoint
        return new_zealand_too.post(body).status_code

    assert at_once(2, acknowledge) == [200, 200]
    held = HeldEnvelope.objects.get()
    assert (held.state, held.error_message) in [("Delivered", ""), ("DeliveredNotReadable", "no")]
    assert samoa.track(tracking) == held.state


def test_an_nppo_registered_by_several_at_once_is_one(tmp_path: Path) -> None:
    certificate, _key = pki.client(tmp_path, "WS")
    at_once(4, lambda _which: registry.register("WS", "WS", "Samoa", certificate))
    assert (RegisteredNppo.objects.count(), ClientCertificate.objects.count()) == (1, 1)


def test_code_lists_filled_by_several_at_once_are_filled_once() -> None:
    CodeItem.objects.all().delete()
    at_once(4, lambda _which: registry.fill_code_lists())
    assert CodeItem.objects.filter(list="UnitMeasure", code="KGM").count() == 1
    assert CodeItem.objects.count() == CodeItem.objects.values("list", "code", "lang").distinct().count() > 100


def test_many_senders_at_once_get_a_tracking_number_each(hub: RunningHub, production: str) -> None:
    hub.pair("NZ")
    senders = [Caller(hub, code, production) for code in ("WS", "FJ", "TO", "LK2")]

    def send(which: int) -> list[str]:
        code = ("WS", "FJ", "TO", "LK2")[which]
        return [
            senders[which].post(
                "<h:DeliverEnvelope><h:env>"
                + "".join(f"<{k}>{v}</{k}>" for k, v in envelope(From=code, Content="x").items())
                + "</h:env></h:DeliverEnvelope>"
            ).text.split("hubDeliveryNumber>")[1].removesuffix("</e:")
            for _n in range(10)
        ]  # fmt: skip

    numbers = [number for sent in at_once(4, send) for number in sent]
    assert len(set(numbers)) == 40
    assert set(HeldEnvelope.objects.values_list("tracking_number", flat=True)) == set(numbers)
