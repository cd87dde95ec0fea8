"""Receiving: stored, judged, acknowledged with the verdict, kept once. Our own failure acknowledges nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from certificates import reception, tasks
from certificates.ephyto.document import Document, Note
from certificates.ephyto.xml import to_xml
from certificates.models import Certificate, Message, Status
from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for
from hubclient import inbox, outbox
from hubclient.models import Connection, Envelope
from hubclient.soap import Header, HubError
from tests.factories import NppoFactory, load, make_certificate, valid_document
from tests.hub_server import DATABASES, RunningHub, start_hub

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


class World:
    """New Zealand receives what Samoa sends."""

    def __init__(self, hub: RunningHub, nppo: Nppo, connection: Connection) -> None:
        self.hub, self.nppo, self.connection = hub, nppo, connection
        self.samoa = hub.client("WS")

    def send(self, content: bytes, number: str = "WS-1", status: str = "70") -> str:
        return self.samoa.validate_and_deliver(Header("WS", "NZ", "851", status, number), content).tracking_number

    def receive(self) -> None:
        with acting_for(self.nppo.pk):
            Envelope.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        tasks.receive(self.connection.pk, self.nppo.pk)

    def certificates(self) -> list[Certificate]:
        with acting_for(self.nppo.pk):
            return list(Certificate.objects.order_by("number"))

    def envelopes(self) -> list[Envelope]:
        with acting_for(self.nppo.pk):
            return list(Envelope.objects.order_by("pk"))

    def hub_states(self) -> list[str]:
        return [held.state for held in self.hub.held()]


@pytest.fixture
def world(tmp_path: Path, settings: Any) -> Iterator[World]:
    settings.PILOTHUB_VALIDATOR = ""
    load()
    with start_hub(tmp_path) as hub:
        nppo = NppoFactory(code="NZ", time_zone="Pacific/Auckland")
        with acting_for(nppo.pk):
            connected = hub.connect(nppo)
        yield World(hub, nppo, connected)


def issued(number: str = "WS-1", **changes: Any) -> Document:
    filled = valid_document(
        number=number, issued="2026-07-15T10:42:00+13:00", issuer="NPPO of Samoa", place_of_issue="Apia", officer="Sina"
    )
    return replace(filled, **changes)


def test_a_certificate_arrives_is_kept_and_acknowledged(world: World) -> None:
    data = to_xml(issued(), {})
    world.send(data)
    world.receive()
    (certificate,) = world.certificates()
    assert (certificate.number, certificate.counterpart, certificate.status) == ("WS-1", "WS", Status.RECEIVED)
    assert world.hub_states() == ["Delivered"]
    with acting_for(world.nppo.pk):
        assert bytes(Message.objects.get().xml) == data
        assert certificate.events.get().action == "arrived"


def test_findings_travel_back_as_warnings(world: World) -> None:
    world.send(to_xml(issued(officer=""), {}))
    world.receive()
    (held,) = world.hub.held()
    assert held.state == "DeliveredWithWarnings"
    assert held.error_message == "The name of the authorized officer is missing."
    with acting_for(world.nppo.pk):
        assert [f["rule"] for f in Message.objects.get().findings] == ["officer"]


@pytest.mark.parametrize("content", [b"%PDF", b"<html/>", b"<a", "ملح".encode()])
def test_what_is_not_readable_is_kept_and_blocks_nothing(world: World, content: bytes) -> None:
    world.send(content, "WS-0")
    world.send(to_xml(issued(), {}))
    world.receive()
    assert world.hub_states() == ["DeliveredNotReadable", "Delivered"]
    first, _second = world.envelopes()
    assert bytes(first.content) == content
    assert first.verdict == "unreadable"
    assert [c.number for c in world.certificates()] == ["WS-1"]


def test_receiving_again_changes_nothing(world: World) -> None:
    world.send(to_xml(issued(), {}))
    for _ in range(3):
        world.receive()
    assert len(world.certificates()) == len(world.envelopes()) == 1


def test_the_same_message_sent_twice_is_one_certificate(world: World) -> None:
    for _ in range(2):
        world.send(to_xml(issued(), {}))
    world.receive()
    assert len(world.certificates()) == 1
    assert world.hub_states() == ["Delivered", "Delivered"]
    with acting_for(world.nppo.pk):
        assert Message.objects.count() == 1


def test_a_changed_duplicate_is_another_message_of_the_same_certificate(world: World) -> None:
    world.send(to_xml(issued(), {}))
    world.send(to_xml(issued(officer="Somebody else"), {}))
    world.receive()
    assert len(world.certificates()) == 1
    with acting_for(world.nppo.pk):
        assert Message.objects.count() == 2


def test_a_withdrawal_ends_the_certificate(world: World) -> None:
    world.send(to_xml(issued(), {}))
    world.receive()
    world.send(to_xml(issued(status="40"), {}), status="40")
    world.receive()
    (certificate,) = world.certificates()
    assert certificate.status == Status.WITHDRAWN
    with acting_for(world.nppo.pk):
        assert sorted(Message.objects.values_list("status_code", flat=True)) == ["40", "70"]


def test_a_withdrawal_that_comes_first_is_not_revived_by_its_certificate(world: World) -> None:
    world.send(to_xml(issued(status="40"), {}), status="40")
    world.receive()
    world.send(to_xml(issued(), {}))
    world.receive()
    (certificate,) = world.certificates()
    assert certificate.status == Status.WITHDRAWN


def test_a_replacement_marks_the_original_replaced(world: World) -> None:
    world.send(to_xml(issued(), {}))
    notes = (Note("ADRP", "4"), Note("ADRPN", "WS-1"), Note("ADRPR", "change", "en"))
    world.send(to_xml(issued("WS-2", notes=notes), {}), "WS-2")
    world.receive()
    assert [(c.number, c.status) for c in world.certificates()] == [("WS-1", "replaced"), ("WS-2", "received")]


def test_nobody_replaces_the_certificate_of_another_country(world: World) -> None:
    world.send(to_xml(issued(), {}))
    world.receive()
    ecuador = world.hub.client("EC")
    notes = (Note("ADRP", "4"), Note("ADRPN", "WS-1"))
    forged = to_xml(issued("EC-9", notes=notes), {})
    ecuador.validate_and_deliver(Header("EC", "NZ", "851", "70", "EC-9"), forged)
    world.receive()
    assert {c.number: c.status for c in world.certificates()} == {"WS-1": "received", "EC-9": "received"}


def test_one_number_from_two_countries_is_two_certificates(world: World) -> None:
    world.send(to_xml(issued(), {}))
    world.hub.client("EC").validate_and_deliver(Header("EC", "NZ", "851", "70", "WS-1"), to_xml(issued(), {}))
    world.receive()
    assert sorted(c.counterpart for c in world.certificates()) == ["EC", "WS"]


def test_a_pull_that_fails_blocks_nothing_and_is_no_negative_acknowledgement(world: World) -> None:
    world.send(to_xml(issued(), {}))
    world.send(to_xml(issued("WS-2"), {}), "WS-2")
    world.hub.misbehave("NZ", "pull_fails")
    world.receive()
    assert [c.number for c in world.certificates()] == ["WS-2"]
    assert world.hub_states() == ["PendingDelivery", "Delivered"]
    world.receive()
    assert world.hub_states() == ["Delivered", "Delivered"]


def test_a_lost_acknowledgement_is_told_again_without_storing_twice(world: World) -> None:
    world.send(to_xml(issued(), {}))
    world.hub.misbehave("NZ", "lost_acknowledgement")
    world.receive()
    assert world.hub_states() == ["PendingDelivery"]
    assert len(world.certificates()) == 1  # taken all the same
    world.receive()
    assert world.hub_states() == ["Delivered"]
    assert len(world.envelopes()) == len(world.certificates()) == 1


def test_an_envelope_listed_after_its_acknowledgement_is_acknowledged_again(world: World) -> None:
    world.send(to_xml(issued(), {}))
    world.receive()
    (held,) = world.hub.held()
    held.state = "PendingDelivery"
    held.save()
    world.receive()
    assert world.hub_states() == ["Delivered"]
    assert len(world.envelopes()) == 1


@pytest.mark.parametrize(
    ("step", "is_acknowledged"),
    [
        ("hubclient.inbox.store", False),
        ("certificates.reception.judge", False),
        ("hubclient.inbox.keep_verdict", False),
        ("hubclient.soap.HubClient.acknowledge", False),
        ("certificates.reception.take", True),
        ("hubclient.inbox.taken", True),
    ],
)
def test_a_crash_in_any_step_loses_and_doubles_nothing(world: World, step: str, is_acknowledged: bool) -> None:
    """MemoryError stands for the worker's death: nothing of ours catches it."""
    world.send(to_xml(issued(), {}))
    with mock.patch(step, side_effect=MemoryError), pytest.raises(MemoryError):
        world.receive()
    assert (world.hub_states() == ["Delivered"]) is is_acknowledged
    for _ in range(2):
        world.receive()
    assert world.hub_states() == ["Delivered"]
    assert len(world.certificates()) == len(world.envelopes()) == 1


@pytest.mark.parametrize("step", ["certificates.reception.judge", "certificates.reception.take"])
def test_an_error_of_our_own_lets_the_next_envelope_pass(world: World, step: str) -> None:
    world.send(to_xml(issued(), {}))
    world.send(to_xml(issued("WS-2"), {}), "WS-2")
    name = step.rsplit(".", 1)[1]
    real = getattr(reception, name)
    calls = []

    def first_fails(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            raise ValueError("a bug of ours")
        return real(*arguments)

    with mock.patch(step, first_fails):
        world.receive()
    assert [c.number for c in world.certificates()] == ["WS-2"]
    assert "DeliveredNotReadable" not in world.hub_states()
    world.receive()
    assert [c.number for c in world.certificates()] == ["WS-1", "WS-2"]


def test_a_hub_that_is_down_is_no_crash(world: World) -> None:
    with mock.patch.object(inbox, "fetch", side_effect=HubError("down")):
        world.receive()
    assert world.certificates() == []


def test_the_real_example_comes_through_the_hub_with_all_its_content(world: World, reference: Path) -> None:
    data = (reference / "ephyto" / "samples" / "851_full_example_AR-EC_with_attachments.xml").read_bytes()
    world.hub.client("AR").validate_and_deliver(Header("AR", "NZ", "851", "70", "123ABC"), data)
    world.receive()
    (certificate,) = world.certificates()
    with acting_for(world.nppo.pk):
        assert bytes(Message.objects.get().xml) == data
        assert certificate.number == "123ABC"
        assert len(certificate.document.further) == 3
        from certificates.models import Blob

        assert Blob.objects.count() == 4  # the first PDF came twice; the damaged file keeps its text


ANSWER = (
    '<a:SPSAcknowledgement xmlns:a="urn:un:unece:uncefact:data:standard:SPSAcknowledgement:17" xmlns:r="urn:x">'
    "<a:SPSAcknowledgementDocument><r:StatusCode>43</r:StatusCode><r:ReasonInformation>The seal was broken."
    "</r:ReasonInformation><r:ReferenceSPSReferencedDocument><r:ID>{number}</r:ID>"
    "</r:ReferenceSPSReferencedDocument></a:SPSAcknowledgementDocument></a:SPSAcknowledgement>"
)


def ours(world: World, number: str = "NZ-1", receiver: str = "WS") -> Certificate:
    """A certificate that New Zealand issued and sent."""
    document = valid_document(number=number)
    certificate = make_certificate(world.nppo, Status.ISSUED, number=number, document=document)
    with acting_for(world.nppo.pk):
        envelope = outbox.enqueue(
            world.connection, receiver=receiver, certificate_type="851", certificate_status="70",
            certificate_number=number, content=b"<a/>",
        )  # fmt: skip
        Message.objects.create(
            nppo=world.nppo, certificate=certificate, envelope=envelope, status_code="70", xml=b"<a/>", sha256="0"
        )
    return certificate


def answers(world: World, certificate: Certificate) -> list[Message]:
    with acting_for(world.nppo.pk):
        return list(certificate.messages.filter(envelope__is_incoming=True))


def test_an_answer_of_the_importing_country_is_kept_with_the_certificate_it_answers(world: World) -> None:
    certificate = ours(world)
    data = ANSWER.format(number="NZ-1").encode()
    for _ in range(2):  # and again without effect
        world.send(data, "NZ-1")
        world.receive()
    (kept,) = answers(world, certificate)
    assert (kept.status_code, bytes(kept.xml)) == ("43", data)
    assert world.hub_states() == ["Delivered", "Delivered"]
    with acting_for(world.nppo.pk):
        told = certificate.events.get(action="answered")
        assert (told.reason, told.partner) == ("The seal was broken.", "WS")


def test_a_country_to_which_it_was_never_sent_answers_nothing(world: World) -> None:
    certificate = ours(world, receiver="EC")
    world.send(ANSWER.format(number="NZ-1").encode(), "NZ-1")
    world.receive()
    assert answers(world, certificate) == []
    assert world.hub_states() == ["Delivered"]


def test_an_answer_to_nothing_of_ours_is_acknowledged_and_done_with(world: World) -> None:
    world.send(ANSWER.format(number="XX-9").encode(), "XX-9")
    world.receive()
    (envelope,) = world.envelopes()
    assert (envelope.state, envelope.is_taken) == ("acknowledged", True)
    assert world.certificates() == []


def test_a_limit_that_was_lowered_after_the_verdict_delays_one_certificate_and_no_other(
    world: World, settings: Any
) -> None:
    world.send(to_xml(issued("WS-1", notes=(Note("ADEDL", "x" * 5000),)), {}))
    with mock.patch.object(reception, "take", side_effect=ValueError):
        world.receive()
    assert world.hub_states() == ["Delivered"]
    usual = settings.EPHYTO_LIMITS
    settings.EPHYTO_LIMITS = {**usual, "bytes": 5000}
    world.send(to_xml(issued("WS-2"), {}), "WS-2")
    world.receive()
    assert [c.number for c in world.certificates()] == ["WS-2"]
    settings.EPHYTO_LIMITS = usual
    world.receive()
    assert [c.number for c in world.certificates()] == ["WS-1", "WS-2"]
