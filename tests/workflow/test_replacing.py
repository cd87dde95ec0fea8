"""Replacing and withdrawing what was issued: nothing is changed, everything is told, and the other country follows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certificates import replacing, tasks, workflow
from certificates.ephyto.document import Party, note_texts
from certificates.ephyto.xml import from_xml
from certificates.models import Certificate, Message, Status
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from hubclient import tasks as hub_tasks
from hubclient.models import Connection, Envelope
from tests.factories import NppoFactory, load, make_certificate, make_membership
from tests.hub_server import DATABASES, RunningHub, start_hub

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
State, Reason = Envelope.State, Envelope.Reason


class World:
    """Samoa issues, New Zealand receives, through a pilot Hub."""

    def __init__(self, hub: RunningHub) -> None:
        self.hub = hub
        self.samoa, self.new_zealand = NppoFactory(code="WS"), NppoFactory(code="NZ")
        self.accounts: dict[str, Connection] = {}
        for nppo in (self.samoa, self.new_zealand):
            with acting_for(nppo.pk):
                self.accounts[nppo.code] = hub.connect(nppo)
        self.author = make_membership(self.samoa, roles.INSPECTOR)
        self.officer = make_membership(self.samoa, roles.CERTIFYING_OFFICER)

    def do(self, name: str, certificate: Certificate, by: Membership | None = None, **more: str) -> Certificate:
        with acting_for(self.samoa.pk):
            return workflow.perform(name, certificate, by=by or self.officer, **more)

    def issued(self) -> Certificate:
        return self.do("issue", make_certificate(self.samoa, Status.APPROVED, by=self.author))

    def replaced(self, old: Certificate) -> Certificate:
        """A replacement of it, issued."""
        with acting_for(self.samoa.pk):
            made = replacing.draft(old, by=self.author, reason="Change of consignee", original="returned")
        self.do("submit", made, self.author)
        self.do("approve", made)
        return self.do("issue", made)

    def now(self, certificate: Certificate) -> Certificate:
        with acting_for(certificate.nppo_id):
            return Certificate.objects.get(pk=certificate.pk)

    def travel(self) -> None:
        """Send everything of Samoa's, and receive it in New Zealand."""
        for step, nppo in ((hub_tasks.deliver_of, self.samoa), (tasks.receive, self.new_zealand)):
            with acting_for(nppo.pk):
                Envelope.objects.update(due_at=timezone.now() - timedelta(seconds=1))
            step(self.accounts[nppo.code].pk, nppo.pk)

    def there(self) -> dict[str, str]:
        """Number and status of each certificate in New Zealand."""
        with acting_for(self.new_zealand.pk):
            return dict(Certificate.objects.values_list("number", "status"))

    def envelopes(self, nppo: Nppo | None = None) -> list[Envelope]:
        with acting_for((nppo or self.samoa).pk):
            return list(Envelope.objects.order_by("pk"))


@pytest.fixture
def world(tmp_path: Path, settings: Any) -> Iterator[World]:
    settings.PILOTHUB_VALIDATOR = ""
    settings.CELERY_BROKER_URL = "amqp://127.0.0.1:1"
    load()
    with start_hub(tmp_path) as hub:
        yield World(hub)


def test_a_withdrawal_travels_under_the_same_number_and_both_sides_keep_the_record(world: World) -> None:
    certificate = world.issued()
    world.travel()
    assert world.there() == {certificate.number: "received"}
    done = world.do("withdraw", certificate, reason="The consignment was not loaded", original="returned")
    assert (done.status, done.original) == (Status.WITHDRAWN, "returned")
    world.travel()
    assert world.there() == {certificate.number: "withdrawn"}
    with acting_for(world.samoa.pk):
        first, second = Message.objects.order_by("pk")
        event = done.events.get(action="withdrawn")
    assert (first.status_code, second.status_code) == ("70", "40")
    sent = from_xml(bytes(second.xml)).document  # type: ignore[union-attr]
    assert replace(sent, status="70") == world.now(certificate).document
    assert (event.by_id, event.reason) == (world.officer.pk, "The consignment was not loaded")


def test_a_withdrawal_is_not_recalled_and_nobody_is_told_to_print(world: World, signed_in: Any) -> None:
    certificate = world.issued()
    world.travel()
    world.do("withdraw", certificate, reason="Not loaded", original="returned")
    client: Client = signed_in(world.officer)
    page = client.get(reverse("certificates:certificate", args=[certificate.pk])).content.decode()
    assert "New Zealand is told as soon as the Hub takes the withdrawal." in page
    assert "Print" not in page.split('class="case"')[0].split("<main")[1]
    client.post(reverse("certificates:recall", args=[certificate.pk]), {"reason": "Kept after all"})
    world.travel()
    assert world.there() == {certificate.number: "withdrawn"}


def test_what_never_left_is_closed_and_nothing_is_sent(world: World) -> None:
    certificate = world.issued()
    world.do("withdraw", certificate, reason="Wrong consignee", original="returned")
    assert [(e.state, e.reason) for e in world.envelopes()] == [(State.NOT_SENT, Reason.OVERTAKEN)] * 2
    world.travel()
    assert world.hub.held() == []


def test_without_a_hub_only_the_record_is_withdrawn(world: World) -> None:
    with acting_for(world.samoa.pk):
        Connection.objects.update(is_active=False)
    certificate = world.issued()
    assert world.do("withdraw", certificate, reason="Wrong", original="lost").status == Status.WITHDRAWN
    assert world.envelopes() == []


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"reason": " ", "original": "lost"}, workflow.ReasonMissing),
        ({"reason": "Wrong", "original": ""}, workflow.OriginalMissing),
        ({"reason": "Wrong", "original": "eaten"}, workflow.OriginalMissing),
    ],
)
def test_withdrawing_asks_why_and_where_the_paper_is(
    world: World, more: dict[str, str], error: type[Exception]
) -> None:
    certificate = world.issued()
    with pytest.raises(error):
        world.do("withdraw", certificate, **more)
    assert world.now(certificate).status == Status.ISSUED
    assert len(world.envelopes()) == 1


def test_a_withdrawal_is_final(world: World) -> None:
    certificate = world.issued()
    world.do("withdraw", certificate, reason="Wrong", original="lost")
    with pytest.raises(workflow.WrongStatus):
        world.do("withdraw", certificate, reason="Wrong", original="lost")
    with acting_for(world.samoa.pk), pytest.raises(workflow.WrongStatus):
        replacing.draft(certificate, by=world.author, reason="Again", original="lost")


def test_a_replacement_cancels_the_old_one_in_the_moment_it_is_issued(world: World) -> None:
    old = world.issued()
    world.travel()
    with acting_for(world.samoa.pk):
        made = replacing.draft(old, by=world.author, reason="Change of consignee", original="circulating")
    assert world.now(old).status == Status.ISSUED
    assert made.document.consignee == old.document.consignee
    for step, by in (("submit", world.author), ("approve", None), ("issue", None)):
        made = world.do(step, made, by)
    assert made.number not in ("", old.number)
    before = world.now(old)
    assert (before.status, before.original) == (Status.REPLACED, "circulating")
    notes = {note.subject: note.text for note in made.document.notes}
    assert (notes["ADRP"], notes["ADRPN"], notes["ADRD"]) == ("4", old.number, old.document.issued)
    world.travel()
    assert world.there() == {old.number: "replaced", made.number: "received"}
    with acting_for(world.samoa.pk):
        event = before.events.get(action="replaced")
    assert event.reason == f"{made.number}: Change of consignee"


def test_a_replacement_before_the_old_one_left_sends_only_the_new_one(world: World) -> None:
    old = world.issued()
    made = world.replaced(old)
    world.travel()
    assert world.there() == {made.number: "received"}
    assert world.envelopes()[0].reason == Reason.OVERTAKEN


def test_a_replacement_of_a_replacement_names_only_the_last(world: World) -> None:
    second = world.replaced(world.issued())
    third = world.replaced(second)
    assert [text.text for text in note_texts(third.document.notes, "ADRPN")] == [second.number]
    assert world.now(second).status == Status.REPLACED


def test_withdrawn_meanwhile_the_replacement_is_not_issued_and_nothing_changes(world: World) -> None:
    old = world.issued()
    with acting_for(world.samoa.pk):
        made = replacing.draft(old, by=world.author, reason="Change of consignee", original="returned")
    world.do("submit", made, world.author)
    world.do("approve", made)
    world.do("withdraw", old, reason="Not loaded", original="returned")
    with pytest.raises(workflow.WrongStatus) as told:
        world.do("issue", made)
    assert told.value.certificate == old
    assert (world.now(made).status, world.now(made).number) == (Status.APPROVED, "")


def test_one_replacement_at_a_time(world: World) -> None:
    old = world.issued()
    with acting_for(world.samoa.pk):
        first = replacing.draft(old, by=world.author, reason="Change of consignee", original="returned")
        with pytest.raises(replacing.UnderWay) as told:
            replacing.draft(old, by=world.author, reason="Change of consignee", original="returned")
        assert told.value.draft == first
        workflow.perform("discard", first, by=world.author)
        assert replacing.draft(old, by=world.author, reason="Another try", original="lost").pk != first.pk


def test_what_an_officer_presses(world: World, signed_in: Any) -> None:
    old = world.issued()
    client: Client = signed_in(world.author)
    page = client.get(reverse("certificates:certificate", args=[old.pk])).content.decode()
    assert reverse("certificates:replace", args=[old.pk]) in page
    assert "withdraw" not in page
    address = reverse("certificates:replace", args=[old.pk])
    refused = client.post(address, {"reason": "Change of <consignee>"})
    assert refused.status_code == 422
    assert "Say what became of the original." in refused.content.decode()
    assert "Change of &lt;consignee&gt;" in refused.content.decode()
    made = client.post(address, {"reason": "Change of consignee", "original": "lost"})
    draft = Certificate(pk=int(made.url.strip("/").split("/")[-1]), nppo=world.samoa)
    assert world.now(draft).document.exporter == Party("Upolu Growers Ltd", ("Vaitele Industrial Zone", "Apia, Samoa"))
    assert client.post(address, {"reason": "Change", "original": "lost"}).url == made.url
    shown = client.get(reverse("certificates:certificate", args=[old.pk])).content.decode()
    assert "Replacement under way" in shown
    client = signed_in(world.officer)
    withdrawal = reverse("certificates:act", args=[old.pk, "withdraw"])
    assert client.post(withdrawal, {"reason": "Not loaded"}).status_code == 422
    assert client.post(withdrawal, {"reason": "Not loaded", "original": "lost"}).status_code == 302
    assert "Original on paper" in client.get(reverse("certificates:certificate", args=[old.pk])).content.decode()
