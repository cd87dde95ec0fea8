"""Every call is logged with its tracking number; a Hub that does not answer is left in peace, and officers are told."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from certificates import tasks as receiving
from gens.accounts.tenancy import acting_for
from hubclient import calls, tasks
from hubclient.accounts import client_of, opened
from hubclient.models import TROUBLE, Call, Connection, Envelope
from hubclient.pilothub.models import ClientCertificate
from hubclient.soap import HubClient, HubError
from tests.hub_server import DATABASES
from tests.hubclient.scripted import Scripted, answers, envelope, http
from tests.hubclient.sending import World

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
State = Envelope.State


@pytest.fixture
def world(sending: World) -> World:
    return sending


@pytest.fixture
def silent(world: World, server: Scripted, settings: Any) -> Iterator[World]:
    """The connection leads to a Hub that reads everything and says nothing."""
    settings.HUBCLIENT_TIMEOUT_SECONDS = 0.2
    server.scripts += [server.hangs] * 100
    server.silence.set()
    move(world, server)
    return world


def move(world: World, server: Scripted) -> None:
    certificate, private_key = server.pair
    with acting_for(world.nppo.pk):
        Connection.objects.update(
            endpoint=server.endpoint, ca=server.files.ca.read_text(), certificate=certificate, private_key=private_key
        )


def connection(world: World) -> Connection:
    with acting_for(world.nppo.pk):
        return Connection.objects.get()


def logged(world: World) -> list[tuple[str, str, str]]:
    with acting_for(world.nppo.pk):
        return list(Call.objects.order_by("pk").values_list("operation", "tracking_number", "outcome"))


def test_every_call_of_the_background_work_is_logged_with_its_tracking_number(world: World) -> None:
    world.enqueue()
    world.sweep()
    number = world.envelope().tracking_number
    world.all_due()
    tasks.track_of(world.connection.pk, world.nppo.pk)
    receiving.receive(world.connection.pk, world.nppo.pk)
    assert logged(world) == [
        ("ValidateAndDeliverEnvelope", number, "answered"),
        ("GetEnvelopeTrackingInfo", number, "answered"),
        ("GetImportEnvelopeHeaders", "", "answered"),
    ]
    with acting_for(world.nppo.pk):
        assert all(call.milliseconds >= 0 and call.message == "" for call in Call.objects.all())


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("fault", "refused"), ("reset_without_queueing", "unknown"), ("forbidden", "not_done")],
)
def test_a_failed_call_is_logged_with_what_the_hub_said(world: World, fault: str, outcome: str) -> None:
    world.enqueue()
    world.hub.misbehave("WS", fault)
    world.sweep()
    assert logged(world) == [("ValidateAndDeliverEnvelope", "", outcome)]
    with acting_for(world.nppo.pk):
        assert Call.objects.get().message == world.envelope().message


def test_calls_are_logged_though_the_work_that_made_them_crashes(world: World) -> None:
    with pytest.raises(LookupError), client_of(world.connection) as client:
        client.profile()
        raise LookupError
    assert logged(world) == [("GetProfile", "", "answered")]


def test_the_log_is_bounded_by_age(world: World) -> None:
    with client_of(world.connection) as client:
        client.profile()
        client.channels = None  # type: ignore[assignment]
    with acting_for(world.nppo.pk):
        Call.objects.update(at=timezone.now() - calls.KEPT - timedelta(minutes=1))
    with client_of(world.connection) as client:
        client.active_nppos()
    calls.forget(world.connection)
    assert [operation for operation, _number, _outcome in logged(world)] == ["GetActiveNppos"]


def test_a_hub_that_hangs_costs_a_few_timeouts_and_not_one_for_each_envelope(silent: World, server: Scripted) -> None:
    for number in range(10):
        silent.enqueue(f"WS-{number}")
    silent.sweep()
    assert len(server.requests) == TROUBLE
    silent.sweep()  # paused: nothing is even tried
    receiving.receive(silent.connection.pk, silent.nppo.pk)
    assert len(server.requests) == TROUBLE
    assert silent.states().count(State.WAITING) == 10 - TROUBLE


def test_officers_can_be_told_that_certificates_wait_and_go_out_by_themselves(silent: World) -> None:
    assert not connection(silent).is_in_trouble
    for number in range(4):
        silent.enqueue(f"WS-{number}")
    silent.sweep()
    troubled = connection(silent)
    assert (troubled.is_in_trouble, troubled.is_paused, troubled.failures) == (True, True, TROUBLE)
    assert "did not answer in time" in troubled.last_failure


def test_after_a_pause_one_call_tries_the_hub_and_its_failure_pauses_for_longer(
    silent: World, server: Scripted, settings: Any
) -> None:
    settings.SWEEP_SECONDS = 60
    for number in range(6):
        silent.enqueue(f"WS-{number}")
    silent.sweep()
    first = connection(silent).paused_until
    assert first is not None
    with acting_for(silent.nppo.pk):
        Connection.objects.update(paused_until=timezone.now())
        Envelope.objects.exclude(state=State.WAITING).delete()
    silent.sweep()
    second = connection(silent).paused_until
    assert len(server.requests) == TROUBLE + 1
    assert second is not None
    assert second - first > timedelta(seconds=50)


def test_a_hub_that_answers_again_ends_the_trouble(world: World) -> None:
    with acting_for(world.nppo.pk):
        Connection.objects.update(failures=7, paused_until=timezone.now())
    world.enqueue()
    world.sweep()
    well = connection(world)
    assert (well.failures, well.paused_until, world.envelope().state) == (0, None, State.PENDING)
    assert well.last_contact_at is not None


def test_the_pause_has_an_end(world: World) -> None:
    with acting_for(world.nppo.pk):
        Connection.objects.update(failures=500)
    calls.failed(world.connection, "still down")
    assert world.connection.paused_until is not None
    assert world.connection.paused_until <= timezone.now() + calls.QUIET


def test_an_answer_that_refuses_or_says_nothing_useful_is_no_trouble_with_the_hub(
    world: World, server: Scripted
) -> None:
    """A reachable Hub must not be shown as one that cannot be reached."""
    server.scripts += [answers(http(envelope("PULLSingleImportEnvelope", "")))] * TROUBLE
    move(world, server)
    with client_of(connection(world)) as client:
        for _ in range(TROUBLE):
            with pytest.raises(HubError):
                client.pull("t1")
    assert not connection(world).is_in_trouble


def test_a_hub_that_does_not_know_us_is_trouble_in_its_own_words(world: World) -> None:
    ClientCertificate.objects.filter(nppo__code="WS").delete()
    for _ in range(TROUBLE):
        world.enqueue()
    world.sweep()
    assert connection(world).is_in_trouble
    assert connection(world).last_failure == "NPPO from client certificate not found"


def test_a_connection_without_a_usable_certificate_is_trouble_and_no_crash(world: World) -> None:
    world.enqueue()
    with acting_for(world.nppo.pk):
        Connection.objects.update(certificate="", private_key="")
    for _ in range(TROUBLE):
        world.sweep()
    assert world.envelope().state == State.WAITING
    assert "no client certificate that is valid today" in connection(world).last_failure
    assert connection(world).is_in_trouble


def test_the_trouble_of_one_nppo_is_not_another_s(silent: World) -> None:
    with mock.patch.object(HubClient, "profile", side_effect=AssertionError("not called")):
        for _ in range(TROUBLE):
            calls.failed(silent.connection, "down")
    with opened(silent.connection.pk, silent.nppo.pk + 1000) as account:
        assert account is None  # the connection belongs to somebody else
    assert connection(silent).is_paused
