"""Sending survives anything: kills between any two steps, resets, a Hub that is down. Nothing lost, nothing doubled."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection, connections
from django.utils import timezone
from kombu.exceptions import OperationalError

from gens.accounts.tenancy import acting_for
from hubclient import outbox, tasks
from hubclient.models import Connection, Envelope
from hubclient.models import Forwarding as Forwarded
from hubclient.pilothub.models import ClientCertificate, HeldEnvelope
from hubclient.soap import Forwarding, Header, HubClient
from tests.hub_server import DATABASES
from tests.hubclient.sending import World

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
State = Envelope.State


@pytest.fixture
def world(sending: World) -> World:
    return sending


def test_an_envelope_is_sent_and_tracked_to_its_end(world: World) -> None:
    world.enqueue()
    sent = world.deliver()
    assert (sent.state, sent.hub_state, sent.attempts) == (State.PENDING, "PendingDelivery", 1)
    assert world.track().state == State.PENDING
    world.hub.client("NZ").acknowledge(sent.tracking_number)
    ended = world.track()
    assert (ended.state, ended.hub_state) == (State.DELIVERED, "Delivered")
    assert ended.ended_at is not None


@pytest.mark.parametrize(
    ("acknowledge", "state", "message"),
    [
        ("acknowledge_with_warnings", State.DELIVERED_WITH_WARNINGS, "No address."),
        ("acknowledge_failed", State.NOT_READABLE, "No address."),
    ],
)
def test_the_end_states_are_told_apart(world: World, acknowledge: str, state: str, message: str) -> None:
    world.enqueue()
    getattr(world.hub.client("NZ"), acknowledge)(world.deliver().tracking_number, message)
    ended = world.track()
    assert (ended.state, ended.message) == (state, message)


@pytest.mark.parametrize("fault", ["fault", "failed_delivery"])
def test_a_refusal_is_final_and_says_why(world: World, fault: str) -> None:
    world.enqueue()
    world.hub.misbehave("WS", fault)
    ended = world.deliver()
    assert ended.state == State.FAILED
    assert "told to" in ended.message
    assert world.deliver().attempts == 1  # never sent again


@pytest.mark.parametrize("content", [b"x" * 101, b"\xff\xfe<"], ids=["too-large", "not-utf-8"])
def test_what_cannot_be_sent_at_all_is_not_said_to_be_refused_by_the_hub(world: World, content: bytes) -> None:
    world.client.max_content = 100
    world.enqueue(content=content)
    ended = world.deliver()
    assert (ended.state, ended.reason) == (State.NOT_SENT, "unfit")
    assert ended.was_never_queued


def test_a_hub_that_refuses_at_the_door_is_tried_again_later(world: World) -> None:
    world.enqueue()
    world.hub.misbehave("WS", "forbidden")
    waiting = world.deliver()
    assert waiting.state == State.WAITING
    assert waiting.due_at > timezone.now()
    assert world.deliver().state == State.PENDING


def test_a_reset_after_queueing_is_looked_for_and_adopted(world: World) -> None:
    world.enqueue()
    world.hub.misbehave("WS", "reset_after_queueing")
    assert world.deliver().state == State.UNKNOWN
    assert world.deliver().state == State.UNKNOWN  # not sent blindly again
    adopted = world.settle()
    assert (adopted.state, adopted.is_resent) == (State.PENDING, False)
    assert [held.tracking_number for held in world.hub.held()] == [adopted.tracking_number]


def test_a_reset_before_queueing_is_looked_for_twice_and_then_sent_again(world: World) -> None:
    world.enqueue()
    world.hub.misbehave("WS", "reset_without_queueing")
    assert world.deliver().state == State.UNKNOWN
    once = world.settle()
    assert (once.state, once.looks) == (State.UNKNOWN, 1)
    twice = world.settle()
    assert (twice.state, twice.is_resent) == (State.WAITING, True)
    assert world.deliver().state == State.PENDING
    assert len(world.hub.held()) == 1


def test_a_header_of_another_envelope_is_not_adopted(world: World) -> None:
    """The same number sent before stands in the listing: its tracking number is taken."""
    world.enqueue()
    first = world.deliver()
    with acting_for(world.nppo.pk):
        Envelope.objects.filter(pk=first.pk).update(certificate_status="39")
    world.enqueue()
    world.hub.misbehave("WS", "reset_without_queueing")
    with acting_for(world.nppo.pk):
        second = Envelope.objects.exclude(pk=first.pk).get()
    outbox.deliver(second.pk, world.nppo.pk, world.client)
    world.all_due()
    outbox.settle_unknown(world.connection.pk, world.nppo.pk, world.client)
    with acting_for(world.nppo.pk):
        second.refresh_from_db()
    assert (second.state, second.looks) == (State.UNKNOWN, 1)


def test_a_tracking_number_that_the_hub_does_not_know_yet_is_no_failure(world: World) -> None:
    world.enqueue()
    world.deliver()
    world.hub.misbehave("WS", "not_exists")
    waiting = world.track()
    assert (waiting.state, waiting.hub_state) == (State.PENDING, "EnvelopeNotExists")
    assert world.track().hub_state == "PendingDelivery"


def test_an_unknown_tracking_value_is_shown_and_crashes_nothing(world: World) -> None:
    world.enqueue()
    world.deliver()
    world.hub.misbehave("WS", "unknown_tracking")
    assert world.track().hub_state == "HeldForReasonsUnknown"


def test_no_call_happens_inside_a_transaction(world: World) -> None:
    world.enqueue()
    real = HubClient.validate_and_deliver

    def looked_at(self: HubClient, *args: Any) -> Any:
        assert not connection.in_atomic_block
        return real(self, *args)

    with mock.patch.object(HubClient, "validate_and_deliver", looked_at):
        assert world.deliver().state == State.PENDING


def test_two_workers_at_once_send_once(world: World) -> None:
    envelope = world.enqueue()
    together = threading.Barrier(2)

    def work() -> None:
        client = world.hub.client("WS")
        together.wait()
        outbox.deliver(envelope.pk, world.nppo.pk, client)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert world.envelope().attempts == 1
    assert len(world.hub.held()) == 1


def test_a_missing_tracking_number_ends_the_delivery_only_after_days_and_a_second_answer(world: World) -> None:
    world.enqueue()
    world.deliver()
    with acting_for(world.nppo.pk):
        Envelope.objects.update(sent_at=timezone.now() - timedelta(days=2))
    world.hub.misbehave("WS", "not_exists", times=2)
    assert world.track().state == State.PENDING  # one such answer, days later, is a hiccup
    ended = world.track()
    assert (ended.state, ended.hub_state) == (State.FAILED, "EnvelopeNotExists")


def test_a_hub_that_knows_the_envelope_again_clears_the_doubt(world: World) -> None:
    world.enqueue()
    world.deliver()
    with acting_for(world.nppo.pk):
        Envelope.objects.update(sent_at=timezone.now() - timedelta(days=2))
    for _ in range(2):
        world.hub.misbehave("WS", "not_exists")
        assert world.track().hub_state == "EnvelopeNotExists"
        assert world.track().hub_state == "PendingDelivery"


def test_a_tracking_value_of_any_length_is_kept_as_far_as_it_fits(world: World) -> None:
    world.enqueue()
    world.deliver()
    held = HeldEnvelope.objects.get()
    endless = Header("WS", "NZ", "851", "70", "WS-1", held.tracking_number, "Held" * 100)
    with mock.patch.object(HubClient, "tracking_info", return_value=endless):
        assert world.track().hub_state == ("Held" * 100)[:256]


def test_a_failure_that_comes_after_the_lease_undoes_nothing(world: World) -> None:
    """The call hangs for longer than its lease; meanwhile a sweep finds the envelope at the Hub."""
    world.enqueue()
    world.hub.misbehave("WS", "reset_after_queueing")
    real = HubClient.validate_and_deliver

    def late(self: HubClient, *args: Any) -> Any:
        try:
            return real(self, *args)
        finally:
            world.settle()
            assert world.settle().state == State.PENDING

    with mock.patch.object(HubClient, "validate_and_deliver", late):
        ended = world.deliver()
    assert ended.state == State.PENDING
    assert [held.tracking_number for held in world.hub.held()] == [ended.tracking_number]


@pytest.mark.parametrize("fault", ["fault", "failed_delivery", "reset_without_queueing", "forbidden"])
def test_one_envelope_that_fails_does_not_stop_the_next(world: World, fault: str) -> None:
    first, second = world.enqueue("WS-1"), world.enqueue("WS-2")
    world.hub.misbehave("WS", fault)
    tasks.deliver_of(world.connection.pk, world.nppo.pk)
    with acting_for(world.nppo.pk):
        states = dict(Envelope.objects.values_list("pk", "state"))
    assert states[first.pk] in (State.FAILED, State.UNKNOWN, State.WAITING)
    assert states[second.pk] == State.PENDING


def test_an_envelope_of_an_inactive_connection_waits(world: World) -> None:
    envelope = world.enqueue()
    with acting_for(world.nppo.pk):
        Connection.objects.update(is_active=False)
    tasks.deliver(envelope.pk, world.nppo.pk)
    tasks.deliver_of(world.connection.pk, world.nppo.pk)
    assert (world.envelope().state, world.hub.held()) == (State.WAITING, [])


def test_a_dead_broker_costs_neither_the_envelope_nor_a_crash(world: World, caplog: Any) -> None:
    envelope = world.enqueue()
    with mock.patch.object(tasks.deliver, "apply_async", side_effect=OperationalError("no broker")):
        outbox.nudge(tasks.deliver, envelope.pk, world.nppo.pk)
    assert "a sweep will do it" in caplog.text
    tasks.deliver_of(world.connection.pk, world.nppo.pk)
    assert world.envelope().state == State.PENDING


def test_an_envelope_leaves_only_with_its_transaction(world: World) -> None:
    with pytest.raises(LookupError), acting_for(world.nppo.pk):
        outbox.enqueue(
            world.connection, receiver="NZ", certificate_type="851", certificate_status="70",
            certificate_number="WS-1", content=b"<a/>",
        )  # fmt: skip
        raise LookupError
    tasks.deliver_of(world.connection.pk, world.nppo.pk)
    assert world.hub.held() == []


def test_a_tracking_number_of_another_envelope_ends_it_instead_of_going_round_for_ever(world: World) -> None:
    first, second = world.enqueue("WS-1"), world.enqueue("WS-2")
    queued = Header("WS", "NZ", "851", "70", "WS-1", "t1", "PendingDelivery")
    with mock.patch.object(HubClient, "validate_and_deliver", return_value=queued):
        world.sweep()
    assert world.envelope(first.pk).state == State.PENDING
    ended = world.envelope(second.pk)
    assert (ended.state, ended.reason, ended.tracking_number) == (State.FAILED, "no_tracking", "")
    assert not ended.was_never_queued


def test_a_tracking_number_too_long_to_keep_ends_it_too(world: World) -> None:
    world.enqueue()
    endless = Header("WS", "NZ", "851", "70", "WS-1", "t" * 257, "PendingDelivery")
    with mock.patch.object(HubClient, "validate_and_deliver", return_value=endless):
        ended = world.deliver()
    assert (ended.state, ended.reason) == (State.FAILED, "no_tracking")


def test_a_long_tracking_number_is_kept_and_asked_about(world: World) -> None:
    world.enqueue()
    long = Header("WS", "NZ", "851", "70", "WS-1", "t" * 256, "PendingDelivery")
    with mock.patch.object(HubClient, "validate_and_deliver", return_value=long):
        assert world.deliver().tracking_number == "t" * 256
    assert world.track().hub_state == "EnvelopeNotExists"


def test_a_late_answer_does_not_take_the_place_of_what_was_found_meanwhile(world: World) -> None:
    """The call outlives its lease and succeeds after all: what the sweep adopted stays."""
    world.enqueue()
    real = HubClient.validate_and_deliver

    def late(self: HubClient, *args: Any) -> Any:
        answer = real(self, *args)
        world.settle()
        world.settle()
        return Header(**{**vars(answer), "tracking_number": "another"})

    with mock.patch.object(HubClient, "validate_and_deliver", late):
        kept = world.deliver()
    assert kept.tracking_number == world.hub.held()[0].tracking_number


def test_a_hub_that_no_longer_knows_our_certificate_fails_no_envelope(world: World) -> None:
    """It refuses us, not what we sent: everything waits until it knows us again."""
    world.enqueue()
    ClientCertificate.objects.filter(nppo__code="WS").delete()
    waiting = world.deliver()
    assert (waiting.state, waiting.message) == (State.WAITING, "NPPO from client certificate not found")
    world.hub.pair("WS")
    assert world.deliver().state == State.PENDING


def test_how_long_the_hub_may_not_know_an_envelope_is_for_the_connection_to_say(world: World) -> None:
    world.enqueue()
    world.deliver()
    with acting_for(world.nppo.pk):
        Connection.objects.update(missing_hours=72)
        Envelope.objects.update(sent_at=timezone.now() - timedelta(days=2))
    world.hub.misbehave("WS", "not_exists", times=2)
    world.track()
    assert world.track().state == State.PENDING


FORWARDED = Header(
    "WS", "NZ", "851", "70", "WS-1", "t1", "PendingDelivery", "", (Forwarding("EU", "t2"), Forwarding("KE2", ""))
)


def test_each_forwarding_is_tracked_to_an_end_of_its_own(world: World) -> None:
    world.enqueue(forwardings=["EU", "KE2", "EU"])
    with mock.patch.object(HubClient, "validate_and_deliver", return_value=FORWARDED) as sent:
        world.deliver()
    assert [each.code for each in sent.call_args.args[0].forwardings] == ["EU", "KE2"]
    told = {"t1": ("PendingDelivery", ""), "t2": ("DeliveredNotReadable", "no XML")}

    def answer(self: HubClient, number: str) -> Header:
        return Header("WS", "NZ", "851", "70", "WS-1", number, *told[number])

    with acting_for(world.nppo.pk):
        Forwarded.objects.update(due_at=timezone.now())
    world.all_due()
    with mock.patch.object(HubClient, "tracking_info", answer):
        tasks.track_of(world.connection.pk, world.nppo.pk)
    with acting_for(world.nppo.pk):
        rows = {row.code: (row.state, row.tracking_number, row.message) for row in Forwarded.objects.all()}
    assert rows == {"EU": (State.NOT_READABLE, "t2", "no XML"), "KE2": (State.NOT_SENT, "", "")}
    assert world.envelope().state == State.PENDING


def test_the_intervals_of_tracking_widen_from_a_sweep_to_hours(settings: Any) -> None:
    settings.SWEEP_SECONDS = 60
    assert timedelta(seconds=30) <= outbox.record.interval(timedelta()) <= timedelta(seconds=60)
    assert timedelta(hours=1) <= outbox.record.interval(timedelta(days=1)) <= timedelta(hours=2.4)
    assert timedelta(hours=3) <= outbox.record.interval(timedelta(days=30)) <= timedelta(hours=6)
    assert len({outbox.record.pause(3) for _ in range(20)}) > 1  # with jitter


def test_our_answer_to_a_country_goes_by_its_own_operation(world: World) -> None:
    world.enqueue(is_response=True)
    with (
        mock.patch.object(HubClient, "deliver_response", return_value=FORWARDED) as sent,
        mock.patch.object(HubClient, "validate_and_deliver") as other,
    ):
        assert world.deliver().state == State.PENDING
    assert (sent.call_count, other.call_count) == (1, 0)


KILL_AT = ["_claim", "validate_and_deliver", "_record_taken"]

# A worker of its own that is killed by SIGKILL just before or just after one step of `deliver`.
WORKER = """
import os, signal, sys
import django
django.setup()
from django.conf import settings
from django.db import connections
for alias, name in (("default", sys.argv[4]), ("owner", sys.argv[4])):
    connections[alias].settings_dict["NAME"] = name
from hubclient import outbox, soap
from hubclient.accounts import client_of, connection_of
step, when = sys.argv[5], sys.argv[6]
place = soap.HubClient if hasattr(soap.HubClient, step) else outbox.sending
real = getattr(place, step)
def killed(*args, **kwargs):
    if when == "after":
        real(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(place, step, killed)
envelope, nppo, connection = map(int, sys.argv[1:4])
with client_of(connection_of(connection, nppo)) as client:
    outbox.deliver(envelope, nppo, client)
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", KILL_AT)
def test_a_worker_killed_between_two_steps_loses_and_doubles_nothing(world: World, step: str, when: str) -> None:
    envelope = world.enqueue()
    arguments = [envelope.pk, world.nppo.pk, world.connection.pk, connection.settings_dict["NAME"], step, when]
    killed = subprocess.run(
        [sys.executable, "-c", WORKER, *map(str, arguments)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "gens.settings"}, check=False, capture_output=True, timeout=60,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    for _ in range(4):  # what the sweeps do, until the envelope is at the Hub
        world.settle()
        world.deliver()
    ended = world.envelope()
    held = HeldEnvelope.objects.filter(state="PendingDelivery")
    assert ended.state == State.PENDING
    assert [h.tracking_number for h in held] == [ended.tracking_number]
