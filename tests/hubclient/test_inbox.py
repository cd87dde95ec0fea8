"""What comes in, without a judge: stored once, told once, and told again as long as the Hub lists it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for
from hubclient import inbox
from hubclient.models import Connection, Envelope
from hubclient.pilothub.models import HeldEnvelope
from hubclient.soap import Header, HubClient, HubError
from tests.factories import NppoFactory
from tests.hub_server import DATABASES, RunningHub, start_hub

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
State, Verdict = Envelope.State, Envelope.Verdict


class World:
    """New Zealand's inbox at a running Hub."""

    def __init__(self, hub: RunningHub, nppo: Nppo, connection: Connection) -> None:
        self.hub, self.nppo, self.connection = hub, nppo, connection
        self.client, self.samoa = hub.client("NZ"), hub.client("WS")

    def send(self, number: str = "WS-1", status: str = "70", content: bytes = b"<a/>") -> str:
        return self.samoa.validate_and_deliver(Header("WS", "NZ", "851", status, number), content).tracking_number

    def fetch(self) -> None:
        """List, and pull whatever is listed."""
        inbox.fetch(self.connection, self.client)
        for envelope in self.envelopes():
            if envelope.state == State.LISTED:
                inbox.pull(envelope, self.client)

    def envelopes(self) -> list[Envelope]:
        with acting_for(self.nppo.pk):
            return list(Envelope.objects.order_by("pk"))

    def claim(self) -> Envelope:
        with acting_for(self.nppo.pk):
            Envelope.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        (pk,) = inbox.due(self.connection)
        claimed = inbox.claim(pk, self.nppo.pk)
        assert claimed is not None
        return claimed

    def judged(self, verdict: str = Verdict.CLEAN, message: str = "") -> Envelope:
        self.fetch()
        envelope = self.claim()
        inbox.keep_verdict(envelope, verdict, message)
        return envelope


@pytest.fixture
def world(tmp_path: Path, settings: Any) -> Iterator[World]:
    settings.PILOTHUB_VALIDATOR = ""
    with start_hub(tmp_path) as hub:
        nppo = NppoFactory(code="NZ")
        with acting_for(nppo.pk):
            connected = hub.connect(nppo)
        yield World(hub, nppo, connected)


def test_what_waits_is_stored_byte_for_byte_and_once(world: World) -> None:
    content = "<a>]]&gt; ملح 芋\r\n</a>".encode()
    number = world.send(content=content)
    for _ in range(3):
        world.fetch()
    (envelope,) = world.envelopes()
    assert (envelope.tracking_number, bytes(envelope.content), envelope.state) == (number, content, State.STORED)
    assert world.hub.held()[0].state == "PendingDelivery"  # nothing is told yet


def test_one_number_with_two_statuses_is_two_envelopes(world: World) -> None:
    world.send(status="70")
    world.send(status="40")
    world.fetch()
    assert [e.certificate_status for e in world.envelopes()] == ["70", "40"]


def test_a_listing_that_fails_stores_and_tells_nothing(world: World) -> None:
    world.send()
    world.hub.misbehave("NZ", "fault")
    with pytest.raises(HubError):
        world.fetch()
    assert world.envelopes() == []
    assert world.hub.held()[0].state == "PendingDelivery"


def tell(envelope: Envelope, client: HubClient) -> None:
    inbox.acknowledge(envelope, client)
    inbox.acknowledged(envelope)


@pytest.mark.parametrize(
    ("verdict", "state", "message"),
    [
        (Verdict.CLEAN, "Delivered", ""),
        (Verdict.WARNINGS, "DeliveredWithWarnings", "No address."),
        (Verdict.UNREADABLE, "DeliveredNotReadable", "It is not XML."),
    ],
)
def test_each_verdict_is_told_in_its_own_way(world: World, verdict: str, state: str, message: str) -> None:
    world.send()
    tell(world.judged(verdict, message), world.client)
    (held,) = world.hub.held()
    assert (held.state, held.error_message) == (state, message)
    (envelope,) = world.envelopes()
    assert envelope.state == State.ACKNOWLEDGED
    assert envelope.ended_at is not None


@pytest.mark.parametrize("fault", ["lost_acknowledgement", "forbidden", "bad_gateway"])
def test_an_acknowledgement_that_did_not_arrive_is_told_again_with_the_same_verdict(world: World, fault: str) -> None:
    world.send()
    envelope = world.judged(Verdict.WARNINGS, "No address.")
    world.hub.misbehave("NZ", fault)
    with pytest.raises(HubError):
        tell(envelope, world.client)
    (stored,) = world.envelopes()
    assert (stored.state, stored.ended_at) == (State.JUDGED, None)
    tell(world.claim(), world.client)
    assert world.hub.held()[0].error_message == "No address."


def test_an_acknowledgement_refused_for_good_ends_there(world: World) -> None:
    """The first one arrived and its answer was lost: the Hub has nothing more to hear about this envelope."""
    world.send()
    envelope = world.judged()
    HeldEnvelope.objects.all().delete()
    tell(envelope, world.client)
    (stored,) = world.envelopes()
    assert stored.state == State.ACKNOWLEDGED
    assert "There is no envelope" in stored.hub_state
    with acting_for(world.nppo.pk):
        inbox.taken(envelope)
    assert inbox.due(world.connection) == []


def test_a_refused_acknowledgement_is_told_again_when_the_hub_still_lists_the_envelope(world: World) -> None:
    world.send()
    envelope = world.judged(Verdict.WARNINGS, "No address.")
    world.hub.misbehave("NZ", "fault")
    tell(envelope, world.client)
    assert world.hub.held()[0].state == "PendingDelivery"
    world.fetch()
    again = world.claim()
    assert (again.state, again.verdict) == (State.JUDGED, Verdict.WARNINGS)
    tell(again, world.client)
    assert world.hub.held()[0].state == "DeliveredWithWarnings"
    assert len(world.envelopes()) == 1


def test_a_header_without_a_usable_tracking_number_blocks_nothing(world: World, caplog: Any) -> None:
    listed = [
        Header("WS", "NZ", "851", "70", "WS-0", ""),
        Header("WS", "NZ", "851", "70", "WS-0", "n" * 257),
        world.samoa.validate_and_deliver(Header("WS", "NZ", "851", "70", "WS-1"), b"<a/>"),
    ]
    world.client.import_headers = lambda: listed  # type: ignore[method-assign]  # the pilot Hub numbers properly
    world.fetch()
    assert [e.certificate_number for e in world.envelopes()] == ["WS-1"]
    assert caplog.text.count("no usable tracking number") == 2


def test_a_worker_that_died_with_an_envelope_blocks_it_only_for_a_while(world: World) -> None:
    world.send()
    world.fetch()
    first = world.claim()
    assert inbox.due(world.connection) == []
    assert inbox.claim(first.pk, world.nppo.pk) is None
    assert world.claim().attempts == 2


def test_another_nppo_sees_nothing_of_it(world: World) -> None:
    world.send()
    world.fetch()
    stranger = NppoFactory(code="EC")
    with acting_for(stranger.pk):
        assert not Envelope.objects.exists()
    assert inbox.claim(world.envelopes()[0].pk, stranger.pk) is None


def test_what_is_listed_is_pulled_by_whoever_comes_and_waits_when_that_fails(world: World) -> None:
    number = world.send()
    inbox.fetch(world.connection, world.client)
    (listed,) = world.envelopes()
    assert (listed.state, listed.tracking_number, bytes(listed.content)) == (State.LISTED, number, b"")
    world.hub.misbehave("NZ", "pull_fails")
    with pytest.raises(HubError):
        inbox.pull(world.claim(), world.client)
    assert world.envelopes()[0].state == State.LISTED
    inbox.pull(world.claim(), world.client)
    assert world.envelopes()[0].state == State.STORED


def test_what_is_gone_before_anybody_pulled_it_is_not_waited_for(world: World) -> None:
    number = world.send()
    inbox.fetch(world.connection, world.client)
    world.client.acknowledge(number)  # by another system of the same country
    inbox.fetch(world.connection, world.client)
    assert world.envelopes() == []


def test_what_another_worker_is_pulling_is_not_taken_from_under_its_hands(world: World) -> None:
    number = world.send()
    inbox.fetch(world.connection, world.client)
    pulled = world.claim()
    listed = world.client.import_headers
    world.client.import_headers = list  # type: ignore[method-assign]  # a listing that fails to list
    inbox.fetch(world.connection, world.client)
    inbox.pull(pulled, world.client)
    world.client.import_headers = listed  # type: ignore[method-assign]
    inbox.fetch(world.connection, world.client)
    assert [(e.tracking_number, e.state) for e in world.envelopes()] == [(number, State.STORED)]


def test_ten_thousand_waiting_headers_are_noted_in_a_few_queries(
    world: World, django_assert_max_num_queries: Any
) -> None:
    listed = [Header("WS", "NZ", "851", "70", f"WS-{n}", f"t{n}") for n in range(10_000)]
    world.client.import_headers = lambda: listed  # type: ignore[method-assign]
    with django_assert_max_num_queries(20):
        inbox.fetch(world.connection, world.client)
    with acting_for(world.nppo.pk):
        assert Envelope.objects.filter(state=State.LISTED).count() == 10_000


@pytest.mark.parametrize(("again", "is_changed"), [(b"<a/>", False), (b"<a>other</a>", True)])
def test_a_duplicate_with_equal_bytes_is_told_apart_from_a_changed_one(
    world: World, again: bytes, is_changed: bool
) -> None:
    world.send(content=b"<a/>")
    world.send(content=again)
    world.fetch()
    first, second = world.envelopes()
    assert (first.repeats, first.is_changed_duplicate) == (None, False)
    with acting_for(world.nppo.pk):
        assert (second.repeats, second.is_changed_duplicate) == (first, is_changed)


def test_another_status_sender_or_type_of_one_number_is_no_duplicate(world: World) -> None:
    world.send(status="70")
    world.send(status="40")
    world.samoa.validate_and_deliver(Header("WS", "NZ", "657", "70", "WS-1"), b"<a/>")
    world.hub.client("EC").validate_and_deliver(Header("EC", "NZ", "851", "70", "WS-1"), b"<a/>")
    world.fetch()
    assert [envelope.repeats for envelope in world.envelopes()] == [None] * 4


def test_one_tracking_number_at_two_hubs_is_two_envelopes(world: World) -> None:
    """The NPPO moved from one Hub to another: what the first one numbered says nothing of the second."""
    number = world.send()
    world.fetch()
    with acting_for(world.nppo.pk):
        Envelope.objects.update(state=State.ACKNOWLEDGED)
        Connection.objects.update(is_active=False)
        world.connection = world.hub.connect(world.nppo)
    world.fetch()
    assert [(e.tracking_number, e.state) for e in world.envelopes()] == [
        (number, State.ACKNOWLEDGED),
        (number, State.STORED),
    ]
