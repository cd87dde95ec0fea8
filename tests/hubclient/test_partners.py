"""Nothing is sent to a country that cannot take it: the officer is told to print instead (duty 13)."""

from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from gens.accounts.tenancy import acting_for
from hubclient import partners, tasks
from hubclient.models import Connection, Envelope, Partner
from hubclient.pilothub.models import RegisteredNppo
from hubclient.soap import HubClient, HubError, HubNppo
from tests.hub_server import DATABASES
from tests.hubclient.sending import World

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
State, Reason = Envelope.State, Envelope.Reason


@pytest.fixture
def world(sending: World) -> World:
    tasks.refresh_partners_of(sending.connection.pk, sending.nppo.pk)
    return sending


def kept(world: World) -> dict[str, bool]:
    with acting_for(world.nppo.pk):
        return dict(Partner.objects.values_list("code", "is_active"))


def answered(world: World, *told: HubNppo) -> None:
    with mock.patch.object(HubClient, "active_nppos", return_value=list(told)):
        partners.keep(world.connection, world.client)


def test_the_active_nppos_are_kept_with_what_they_accept(world: World) -> None:
    assert kept(world) == {"NZ": True, "WS": True}
    with acting_for(world.nppo.pk):
        assert Partner.objects.get(code="NZ").accepts == [["851", "70"], ["851", "40"], ["657", "70"], ["657", "40"]]


def test_a_country_that_left_the_list_becomes_inactive_and_is_not_deleted(world: World) -> None:
    answered(world, HubNppo("WS", sends=True, receives=True))
    assert kept(world) == {"NZ": False, "WS": True}


def test_an_empty_list_and_a_failing_one_keep_the_last_good_one(world: World) -> None:
    answered(world)
    assert kept(world) == {"NZ": True, "WS": True}
    world.hub.misbehave("WS", "fault")
    tasks.refresh_partners_of(world.connection.pk, world.nppo.pk)
    assert kept(world) == {"NZ": True, "WS": True}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"may_receive": False}, Reason.NOT_RECEIVING),
        ({"accepts": [["657", "70"]]}, Reason.NOT_ACCEPTED),
        ({"accepts": [["851", "40"]]}, Reason.NOT_ACCEPTED),
    ],
)
def test_an_envelope_for_a_country_that_does_not_take_it_is_not_sent(world: World, change: Any, reason: str) -> None:
    RegisteredNppo.objects.filter(code="NZ").update(**change)
    partners.keep(world.connection, world.client)
    world.enqueue()
    ended = world.deliver()
    assert (ended.state, ended.reason, ended.attempts) == (State.NOT_SENT, reason, 0)
    assert world.hub.held() == []


def test_an_envelope_for_a_country_that_is_not_connected_is_not_sent(world: World) -> None:
    world.enqueue(receiver="EC")
    assert world.deliver().reason == Reason.NOT_CONNECTED


def test_an_old_list_is_fetched_again_before_it_keeps_an_envelope_back(world: World) -> None:
    """The country joined this morning."""
    world.hub.pair("EC")
    with acting_for(world.nppo.pk):
        Connection.objects.update(nppos_kept_at=timezone.now() - partners.DOUBTED)
    world.enqueue(receiver="EC")
    assert world.deliver().state == State.PENDING
    assert kept(world)["EC"]


def test_while_the_list_cannot_be_fetched_again_the_envelope_waits(world: World) -> None:
    with acting_for(world.nppo.pk):
        Connection.objects.update(nppos_kept_at=timezone.now() - partners.DOUBTED)
    world.enqueue(receiver="EC")
    with mock.patch.object(HubClient, "active_nppos", side_effect=HubError("down")):
        waiting = world.deliver()
    assert (waiting.state, waiting.message) == (State.WAITING, "down")


def test_before_any_list_is_known_the_hub_itself_decides(world: World) -> None:
    with acting_for(world.nppo.pk):
        Partner.objects.all().delete()
    world.enqueue(receiver="EC")
    assert world.deliver().reason == Reason.REFUSED


def test_a_country_that_did_not_say_what_it_accepts_is_sent_everything(world: World) -> None:
    with acting_for(world.nppo.pk):
        Partner.objects.filter(code="NZ").update(accepts=[])
    world.enqueue()
    assert world.deliver().state == State.PENDING


def test_one_connection_s_list_says_nothing_of_another_s(world: World) -> None:
    with acting_for(world.nppo.pk):
        Connection.objects.update(is_active=False)
        other = world.hub.connect(world.nppo)
        Partner.objects.update(is_active=False)
        envelope = Envelope(connection=other, receiver="NZ")
        assert partners.objection(envelope) is None


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ([], "LK"),
        (["LK2"], "LK2"),
        (["LK"], "LK"),
        (["LK", "LK2"], "LK"),
        (["LK2", "LK3"], "LK"),  # nobody knows which
        (["XLK"], "LK"),
    ],
)
def test_a_country_is_reached_under_its_connection_code(world: World, told: list[str], code: str) -> None:
    answered(world, *(HubNppo(each, sends=True, receives=True) for each in [*told, "NZ"]))
    with acting_for(world.nppo.pk):
        assert partners.code_for(world.connection, "LK") == code
        assert partners.code_for(world.connection, "") == ""


def test_the_sweep_refreshes_a_list_once_a_day(world: World, settings: Any) -> None:
    with mock.patch("hubclient.outbox.nudge") as nudged:
        tasks.refresh_partners()
        assert not nudged.called
        with acting_for(world.nppo.pk):
            Connection.objects.update(nppos_kept_at=timezone.now() - partners.OLD)
        tasks.refresh_partners()
    nudged.assert_called_once_with(tasks.refresh_partners_of, world.connection.pk, world.nppo.pk)
