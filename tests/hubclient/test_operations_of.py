"""What operators see of a connection, and what they may do."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gens.accounts import roles
from gens.accounts.models import Event, Membership
from gens.accounts.tenancy import acting_for
from hubclient import inbox, operations_of, outbox
from hubclient.models import Connection, Envelope
from hubclient.soap import Header
from tests.factories import NppoFactory, make_membership
from tests.hub_server import DATABASES
from tests.hubclient.sending import World

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
State = Envelope.State


@pytest.fixture
def world(sending: World) -> World:
    return sending


@pytest.fixture
def operator(world: World) -> Membership:
    return make_membership(world.nppo, roles.OPERATOR)


def overview(world: World) -> operations_of.Overview:
    with acting_for(world.nppo.pk):
        return operations_of.overview(Connection.objects.get(pk=world.connection.pk))


def test_the_queues_are_counted_with_the_age_of_their_oldest(world: World) -> None:
    oldest = world.enqueue("WS-1")
    world.enqueue("WS-2")
    world.enqueue("WS-3")
    outbox.deliver(oldest.pk, world.nppo.pk, world.client)
    queues = {queue.state: (queue.count, queue.oldest) for queue in overview(world).queues}
    assert queues[State.PENDING] == (1, oldest.created_at)
    assert queues[State.WAITING][0] == 2


def test_a_connection_without_traffic_has_nothing_to_tell(world: World) -> None:
    seen = overview(world)
    assert (seen.queues, seen.failed, seen.untaken) == ([], 0, 0)


def test_failures_are_listed_with_their_reason_the_latest_first(world: World) -> None:
    for number in ("WS-1", "WS-2"):
        world.enqueue(number)
        world.hub.misbehave("WS", "fault")
        world.sweep()
    with acting_for(world.nppo.pk):
        failed = operations_of.failures(world.connection)
    assert [(e.certificate_number, e.reason) for e in failed] == [("WS-2", "refused"), ("WS-1", "refused")]
    assert overview(world).failed == 2


def test_what_failed_long_ago_is_no_longer_shown(world: World) -> None:
    world.enqueue()
    world.hub.misbehave("WS", "fault")
    world.sweep()
    with acting_for(world.nppo.pk):
        Envelope.objects.update(ended_at=timezone.now() - operations_of.RECENT)
        assert operations_of.failures(world.connection) == []


def test_what_is_tried_again_and_again_is_shown_by_itself(world: World) -> None:
    world.enqueue()
    world.hub.misbehave("WS", "forbidden", times=operations_of.SLOW)
    for _ in range(operations_of.SLOW - 1):
        world.deliver()
    with acting_for(world.nppo.pk):
        assert operations_of.slow(world.connection) == []
    slow = world.deliver()
    with acting_for(world.nppo.pk):
        assert operations_of.slow(world.connection) == [slow]


def test_the_calls_about_one_envelope_can_be_read(world: World) -> None:
    world.enqueue("WS-1")
    world.enqueue("WS-2")
    world.sweep()
    with acting_for(world.nppo.pk):
        number = Envelope.objects.get(certificate_number="WS-2").tracking_number
        assert [call.tracking_number for call in operations_of.calls(world.connection, number)] == [number]
        assert len(operations_of.calls(world.connection)) == 2


def test_an_overview_costs_the_same_with_one_envelope_and_with_three(
    world: World, django_assert_num_queries: Any
) -> None:
    for count in (1, 2):
        for number in range(count):
            world.enqueue(f"WS-{count}-{number}")
        with acting_for(world.nppo.pk):
            connection = Connection.objects.get()
            with django_assert_num_queries(4):
                operations_of.overview(connection)


def test_trying_again_is_recorded_with_who_did_it(world: World, operator: Membership) -> None:
    world.enqueue()
    world.hub.misbehave("WS", "fault")
    failed = world.deliver()
    with acting_for(world.nppo.pk):
        operations_of.again(failed, by=operator)
        told = Event.objects.get(action="retried")
    assert (told.by_id, told.by_roles) == (operator.pk, [roles.OPERATOR])
    assert world.deliver().state == State.PENDING


def test_what_comes_in_can_be_tried_again_until_it_is_taken(world: World, operator: Membership) -> None:
    world.hub.client("NZ").validate_and_deliver(Header("NZ", "WS", "851", "70", "NZ-1"), b"<a/>")
    inbox.fetch(world.connection, world.client)
    with acting_for(world.nppo.pk):
        Envelope.objects.update(due_at=timezone.now() + timedelta(hours=1))
        operations_of.again(Envelope.objects.get(), by=operator)
        assert inbox.due(world.connection) == [Envelope.objects.get().pk]
        Envelope.objects.update(state=State.ACKNOWLEDGED, is_taken=True)
        with pytest.raises(outbox.NotPossible):
            operations_of.again(Envelope.objects.get(), by=operator)


def test_a_system_operator_learns_of_every_connection_and_whose_an_envelope_is(world: World) -> None:
    other = NppoFactory(code="EC")
    with acting_for(other.pk):
        theirs = world.hub.connect(other)
    assert operations_of.connections() == [(world.connection.pk, world.nppo.pk), (theirs.pk, other.pk)]
    assert operations_of.nppo_of(world.enqueue().pk) == world.nppo.pk
    assert operations_of.nppo_of(0) is None
