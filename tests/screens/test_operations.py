"""The operations page: all connections for system operators, a smaller one of their own for administrators."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gens.accounts import roles
from gens.accounts.models import Event, Membership, Nppo
from gens.accounts.tenancy import acting_for
from hubclient import outbox
from hubclient.models import Call, Connection, Envelope
from tests.factories import NppoFactory, make_membership

pytestmark = pytest.mark.django_db
State = Envelope.State
SignedIn = Callable[[Membership], Client]


class World:
    """Samoa and New Zealand, each with a connection, an envelope that failed and one that waits."""

    def __init__(self) -> None:
        self.connections: dict[str, Connection] = {}
        self.failed: dict[str, Envelope] = {}
        self.waiting: dict[str, Envelope] = {}
        for code in ("WS", "NZ"):
            nppo: Nppo = NppoFactory(code=code)
            with acting_for(nppo.pk):
                self.connections[code] = Connection.objects.create(
                    nppo=nppo, kind="pilot", endpoint=f"https://{code.lower()}.example/", code=code
                )
                self.failed[code] = self.enqueue(code, f"{code}-failed")
                Envelope.objects.update(
                    state=State.FAILED, reason="refused", message=f"{code} said no", ended_at=timezone.now()
                )
                self.waiting[code] = self.enqueue(code, f"{code}-waiting", attempts=5)
                Call.objects.create(
                    nppo=nppo, connection=self.connections[code], at=timezone.now(), operation=f"Get{code}",
                    tracking_number="t1", milliseconds=12, outcome="answered",
                )  # fmt: skip

    def enqueue(self, code: str, number: str, **changes: object) -> Envelope:
        envelope = outbox.enqueue(
            self.connections[code], receiver="EC", certificate_type="851", certificate_status="70",
            certificate_number=number, content=b"exact bytes",
        )  # fmt: skip
        Envelope.objects.filter(pk=envelope.pk).update(**changes)
        return envelope

    def now(self, envelope: Envelope) -> Envelope:
        with acting_for(envelope.nppo_id):
            return Envelope.objects.get(pk=envelope.pk)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def operator(world: World, signed_in: SignedIn) -> Client:
    return signed_in(make_membership(NppoFactory(code="WS"), roles.OPERATOR))


@pytest.fixture
def administrator(world: World, signed_in: SignedIn) -> Client:
    return signed_in(make_membership(NppoFactory(code="WS"), roles.ADMINISTRATOR))


def at(world: World, code: str) -> str:
    return reverse("certificates:connection", args=[world.connections[code].pk])


def act(envelope: Envelope, name: str) -> str:
    return reverse("certificates:envelope", args=[envelope.pk, name])


def test_an_operator_sees_every_connection(operator: Client) -> None:
    page = operator.get("/operations/").content.decode()
    assert "https://ws.example/" in page
    assert "https://nz.example/" in page


def test_an_administrator_sees_the_own_one_without_calls_and_bytes(administrator: Client, world: World) -> None:
    page = administrator.get("/operations/").content.decode()
    assert "https://ws.example/" in page
    assert "https://nz.example/" not in page
    own = administrator.get(at(world, "WS")).content.decode()
    assert "WS-failed" in own
    assert "GetWS" not in own
    assert "Download the bytes" not in own
    assert administrator.get(at(world, "NZ")).status_code == 404


def test_an_administrator_touches_no_envelope_of_another_country(administrator: Client, world: World) -> None:
    for name in ("again", "give-up"):
        assert administrator.post(act(world.failed["NZ"], name), {"reason": "x"}).status_code == 404
    assert world.now(world.failed["NZ"]).state == State.FAILED


def test_failures_stand_there_with_their_reason_code_and_the_hubs_words(operator: Client, world: World) -> None:
    page = operator.get(at(world, "NZ")).content.decode()
    for words in ("NZ-failed", "The Hub refused it.", "refused", "NZ said no", "NZ-waiting", "GetNZ"):
        assert words in page
    assert "WS-failed" not in page


def test_an_operator_tries_again_and_it_is_recorded_in_that_country(operator: Client, world: World) -> None:
    failed = world.failed["NZ"]
    assert "tried again at once" in operator.get(act(failed, "again")).content.decode()
    assert operator.post(act(failed, "again")).url == at(world, "NZ")
    assert world.now(failed).state == State.WAITING
    with acting_for(failed.nppo_id):
        assert Event.objects.get(action="retried").by_roles == [roles.OPERATOR]


def test_giving_up_needs_a_reason(operator: Client, world: World) -> None:
    waiting = world.waiting["WS"]
    refused = operator.post(act(waiting, "give-up"), {"reason": "  "})
    assert refused.status_code == 422
    assert "Write the reason." in refused.content.decode()
    operator.post(act(waiting, "give-up"), {"reason": "sent by post"})
    ended = world.now(waiting)
    assert (ended.state, ended.reason, ended.message) == (State.FAILED, "given_up", "sent by post")


def test_what_has_gone_on_meanwhile_is_said_and_not_changed(operator: Client, world: World) -> None:
    failed = world.failed["WS"]
    said = operator.post(act(failed, "give-up"), {"reason": "late"}, follow=True).content.decode()
    assert "gone on meanwhile" in said
    assert world.now(failed).reason == "refused"


def test_the_exact_bytes_are_a_download(operator: Client, world: World) -> None:
    response = operator.get(reverse("certificates:envelope_content", args=[world.failed["NZ"].pk]))
    assert response.content == b"exact bytes"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert operator.get(reverse("certificates:envelope_content", args=[0])).status_code == 404


def test_calls_can_be_searched_by_tracking_number(operator: Client, world: World) -> None:
    assert "GetWS" in operator.get(at(world, "WS") + "?number=t1").content.decode()
    assert "No call is logged." in operator.get(at(world, "WS") + "?number=t2").content.decode()


def test_trouble_is_shown_with_what_the_hub_said(operator: Client, world: World) -> None:
    connection = world.connections["WS"]
    with acting_for(connection.nppo_id):
        later = timezone.now() + timedelta(minutes=5)
        Connection.objects.update(failures=3, paused_until=later, last_failure="connection reset")
    page = operator.get("/operations/").content.decode()
    assert "Does not answer" in page
    assert "connection reset" in page
    assert "Working" in page  # New Zealand's


def test_a_page_costs_the_same_with_one_failure_and_with_three(operator: Client, world: World) -> None:
    address = at(world, "WS")

    operator.get(address)
    with CaptureQueriesContext(connection) as first:
        operator.get(address)
    with acting_for(world.connections["WS"].nppo_id):
        for number in range(2):
            world.enqueue("WS", f"more-{number}", state=State.FAILED, reason="missing", ended_at=timezone.now())
    with CaptureQueriesContext(connection) as second:
        operator.get(address)
    assert len(first) == len(second) < 40
