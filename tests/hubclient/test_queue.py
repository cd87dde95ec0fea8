"""What people do to envelopes that wait, and what goes before what: grace, recall, withdrawal, replacement, retry."""

from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from gens.accounts.models import Event
from gens.accounts.tenancy import acting_for
from hubclient import outbox
from hubclient.models import Connection, Envelope
from hubclient.soap import Header, HubClient, HubError
from tests.hub_server import DATABASES
from tests.hubclient.sending import World

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
State, Reason = Envelope.State, Envelope.Reason


@pytest.fixture
def world(sending: World) -> World:
    return sending


def actions(world: World, envelope: Envelope) -> list[str]:
    with acting_for(world.nppo.pk):
        return list(Event.objects.filter(subject_id=envelope.pk).order_by("pk").values_list("action", flat=True))


def recall(world: World, envelope: Envelope) -> Envelope:
    with acting_for(world.nppo.pk):
        return outbox.recall(envelope, by=None, reason="wrong weight")


def retry(world: World, envelope: Envelope) -> Envelope:
    with acting_for(world.nppo.pk):
        return outbox.retry(envelope, by=None)


def with_grace(world: World, seconds: int) -> None:
    with acting_for(world.nppo.pk):
        Connection.objects.update(grace_seconds=seconds)


def test_an_envelope_leaves_at_once_unless_its_nppo_wants_time_to_recall_it(world: World) -> None:
    assert world.enqueue("WS-1").due_at <= timezone.now()
    with_grace(world, 600)
    held = world.enqueue("WS-2")
    assert held.due_at > timezone.now() + timedelta(minutes=9)
    outbox.deliver(held.pk, world.nppo.pk, world.client)
    assert world.hub.held() == []


def test_a_recalled_envelope_never_leaves_and_says_who_and_why(world: World) -> None:
    with_grace(world, 600)
    recalled = recall(world, world.enqueue())
    assert (recalled.state, recalled.reason, recalled.message) == (State.NOT_SENT, Reason.RECALLED, "wrong weight")
    world.sweep()
    assert world.hub.held() == []
    assert actions(world, recalled) == ["not_sent"]


@pytest.mark.parametrize("fault", [None, "reset_without_queueing"])
def test_what_left_or_may_have_left_cannot_be_recalled(world: World, fault: str | None) -> None:
    world.enqueue()
    if fault:
        world.hub.misbehave("WS", fault)
    left = world.deliver()
    if fault:
        world.settle()
        left = world.settle()
        assert left.state == State.WAITING  # to be sent again; but who knows what became of the first
    with pytest.raises(outbox.NotPossible):
        recall(world, left)
    assert world.envelope().state == left.state


def test_a_withdrawal_of_what_never_left_closes_both(world: World) -> None:
    with_grace(world, 600)
    world.enqueue()
    world.enqueue(status="40")
    assert world.states() == [State.NOT_SENT, State.NOT_SENT]
    world.sweep()
    assert world.hub.held() == []


def test_a_withdrawal_goes_after_its_certificate_and_without_grace(world: World) -> None:
    world.enqueue()
    world.deliver()
    with_grace(world, 600)
    world.enqueue(status="40")
    world.sweep()
    assert world.states() == [State.PENDING, State.PENDING]
    assert [held.certificate_status for held in world.hub.held()] == ["70", "40"]


def test_a_withdrawal_waits_while_nobody_knows_of_its_certificate_and_then_goes_after_it(world: World) -> None:
    first = world.enqueue()
    world.hub.misbehave("WS", "reset_without_queueing")
    world.deliver()
    withdrawal = world.enqueue(status="40")
    world.all_due()
    outbox.deliver(withdrawal.pk, world.nppo.pk, world.client)
    assert world.states() == [State.UNKNOWN, State.WAITING]
    for _ in range(3):
        world.sweep()
    assert world.envelope(first.pk).state == world.envelope(withdrawal.pk).state == State.PENDING
    assert [held.certificate_status for held in world.hub.held()] == ["70", "40"]


def test_a_withdrawal_of_a_refused_certificate_is_closed_as_never_sent(world: World) -> None:
    """The certificate is refused while its withdrawal already waits: no dead end."""
    world.enqueue()
    real = HubClient.validate_and_deliver

    def refused(self: HubClient, header: Header, content: bytes) -> Header:
        if header.certificate_status == "70":
            world.enqueue(status="40")
            raise HubError("The Hub refuses.", permanent=True)
        return real(self, header, content)

    with mock.patch.object(HubClient, "validate_and_deliver", refused):
        world.sweep()
        world.sweep()
    assert world.states() == [State.FAILED, State.NOT_SENT]
    assert world.hub.held() == []


def test_a_withdrawal_of_a_certificate_refused_before_is_closed_at_once(world: World) -> None:
    world.enqueue()
    world.hub.misbehave("WS", "fault")
    world.deliver()
    assert world.enqueue(status="40").reason == Reason.OVERTAKEN
    assert world.states() == [State.FAILED, State.NOT_SENT]


@pytest.mark.parametrize("end", [State.DELIVERED, State.NOT_READABLE, State.FAILED])
def test_after_any_end_at_the_hub_the_withdrawal_goes(world: World, end: str) -> None:
    world.enqueue()
    first = world.deliver()
    with acting_for(world.nppo.pk):
        Envelope.objects.filter(pk=first.pk).update(state=end)
    world.enqueue(status="40")
    world.sweep()
    assert world.states() == [end, State.PENDING]


def test_a_withdrawal_follows_the_certificate_of_its_own_number_type_and_receiver(world: World) -> None:
    mine = world.enqueue()
    world.enqueue("WS-2")
    world.enqueue(certificate_type="657")
    world.enqueue(receiver="EC")
    assert world.enqueue(status="40").follows == mine


def test_a_withdrawal_without_any_certificate_goes(world: World) -> None:
    world.enqueue(status="40")
    assert world.deliver().state == State.PENDING


def test_a_replacement_closes_an_original_that_never_left_and_goes_itself(world: World) -> None:
    with_grace(world, 600)
    original = world.enqueue()
    world.enqueue("WS-2", replaces=original)
    world.sweep()
    assert world.states() == [State.NOT_SENT, State.PENDING]


def test_a_replacement_waits_for_an_original_of_unknown_outcome(world: World) -> None:
    original = world.enqueue()
    world.hub.misbehave("WS", "reset_after_queueing")
    world.deliver()
    replacement = world.enqueue("WS-2", replaces=original)
    world.all_due()
    outbox.deliver(replacement.pk, world.nppo.pk, world.client)
    assert world.states() == [State.UNKNOWN, State.WAITING]
    world.sweep()
    world.sweep()
    assert world.states() == [State.PENDING, State.PENDING]
    assert [held.number for held in world.hub.held()] == ["WS-1", "WS-2"]


def test_a_refused_envelope_may_be_tried_again(world: World) -> None:
    world.enqueue()
    world.hub.misbehave("WS", "fault")
    again = retry(world, world.deliver())
    assert (again.state, again.reason, again.is_resent) == (State.WAITING, "", False)
    assert world.deliver().state == State.PENDING
    assert actions(world, again) == ["not_delivered", "retried", "hub_accepted"]


def test_what_the_hub_once_had_is_marked_as_sent_again(world: World) -> None:
    world.enqueue()
    sent = world.deliver()
    with acting_for(world.nppo.pk):
        Envelope.objects.update(state=State.FAILED, reason=Reason.MISSING)
    again = retry(world, sent)
    assert (again.tracking_number, again.is_resent, again.was_never_queued) == ("", True, False)
    assert world.deliver().state == State.PENDING


def test_what_was_recalled_or_withdrawn_is_not_sent_by_a_retry(world: World) -> None:
    with_grace(world, 600)
    recalled = recall(world, world.enqueue("WS-1"))
    certificate = world.enqueue("WS-2")
    withdrawal = world.enqueue("WS-2", status="40")
    for envelope in (recalled, certificate, withdrawal):
        with pytest.raises(outbox.NotPossible):
            retry(world, envelope)
    world.sweep()
    assert world.hub.held() == []


@pytest.mark.parametrize("fault", [None, "reset_without_queueing", "forbidden"])
def test_an_operator_gives_up_and_nothing_is_tried_any_more(world: World, fault: str | None) -> None:
    world.enqueue()
    if fault:
        world.hub.misbehave("WS", fault)
    tried = world.deliver()
    with acting_for(world.nppo.pk):
        ended = outbox.give_up(tried, by=None, reason="sent by post")
    assert (ended.state, ended.reason, ended.message) == (State.FAILED, Reason.GIVEN_UP, "sent by post")
    world.sweep()
    assert world.envelope().attempts == 1
    with pytest.raises(outbox.NotPossible), acting_for(world.nppo.pk):
        outbox.give_up(ended, by=None, reason="again")
