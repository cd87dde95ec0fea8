"""People are told of their work: once, in their language, as they want it, and never of goods in a subject."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.urls import reverse
from django.utils import timezone

from certificates import notices, workflow
from certificates.models import Certificate, Message, Status
from gens.accounts import events, mail, noticing, roles
from gens.accounts.models import Mail, Membership, Notice, Notices
from gens.accounts.tenancy import acting_for
from hubclient import outbox
from hubclient.models import Connection
from tests.conftest import acting_client
from tests.factories import NppoFactory, load, make_certificate, make_membership

pytestmark = pytest.mark.django_db


class World:
    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS", time_zone="Pacific/Apia")
        self.author = make_membership(self.nppo, roles.INSPECTOR)
        self.officer = make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)

    def do(self, name: str, certificate: Certificate, by: Membership, reason: str = "") -> Certificate:
        with acting_for(self.nppo.pk):
            return workflow.perform(name, certificate, by=by, reason=reason)

    def mails(self, to: Membership) -> list[Mail]:
        with acting_for(self.nppo.pk):
            return list(Mail.objects.filter(to=to.user.email).order_by("pk"))

    def want(self, person: Membership, how: Notices) -> None:
        with acting_for(self.nppo.pk):
            Membership.objects.filter(pk=person.pk).update(notices=how)


@pytest.fixture
def world(settings: Any) -> World:
    settings.CELERY_BROKER_URL = "amqp://127.0.0.1:1"
    return World()


def test_a_returned_draft_is_told_to_its_author_in_their_language_with_the_reason(world: World) -> None:
    world.author.user.language = "fr"
    world.author.user.save()
    submitted = make_certificate(world.nppo, Status.SUBMITTED, by=world.author)
    world.do("return", submitted, world.officer, "Le poids manque")
    told = world.mails(world.author)
    assert len(told) == 1
    assert "Le poids manque" in told[0].text
    assert reverse("certificates:certificate", args=[submitted.pk]) in told[0].text
    assert submitted.reference in told[0].subject


def test_a_submitted_draft_is_told_to_officers_of_the_office_who_may_approve_it(world: World) -> None:
    elsewhere = make_membership(world.nppo, roles.CERTIFYING_OFFICER, types=["657"])
    draft = make_certificate(world.nppo, Status.DRAFT, by=world.author)
    world.do("submit", draft, world.author)
    assert len(world.mails(world.officer)) == 1
    assert world.mails(elsewhere) == world.mails(world.admin) == world.mails(world.author) == []


def test_the_same_draft_returned_twice_is_told_twice(world: World) -> None:
    draft = make_certificate(world.nppo, Status.DRAFT, by=world.author)
    for _ in range(2):
        world.do("submit", draft, world.author)
        world.do("return", draft, world.officer, "Again")
    assert len(world.mails(world.author)) == 2
    assert len(world.mails(world.officer)) == 2


def test_a_notice_is_stored_if_and_only_if_what_it_tells_commits(world: World) -> None:
    submitted = make_certificate(world.nppo, Status.SUBMITTED, by=world.author)
    with mock.patch("certificates.workflow._record", side_effect=RuntimeError), pytest.raises(RuntimeError):
        world.do("return", submitted, world.officer, "x")
    with acting_for(world.nppo.pk):
        assert not Notice.objects.exists()
        assert not Mail.objects.exists()


# the person's choice


def test_one_mail_a_day_gathers_what_came_before_seven_in_the_morning_there(world: World) -> None:
    world.want(world.author, Notices.DAILY)
    for _ in range(3):
        world.do("return", make_certificate(world.nppo, Status.SUBMITTED, by=world.author), world.officer, "Gather me")
    assert world.mails(world.author) == []
    here = timezone.now().astimezone(world.nppo.zone)
    tomorrow = datetime(here.year, here.month, here.day, 6, 59, tzinfo=world.nppo.zone) + timedelta(days=1)
    assert noticing.digests(tomorrow) == 0
    assert noticing.digests(tomorrow + timedelta(minutes=1)) == 1
    assert noticing.digests(tomorrow + timedelta(minutes=2)) == 0
    told = world.mails(world.author)
    assert len(told) == 1
    assert told[0].text.count("Gather me") == 3


def test_a_crash_before_the_digest_is_stored_loses_no_notice(world: World) -> None:
    world.want(world.author, Notices.DAILY)
    world.do("return", make_certificate(world.nppo, Status.SUBMITTED, by=world.author), world.officer, "x")
    later = (timezone.now().astimezone(world.nppo.zone) + timedelta(days=2)).replace(hour=12)
    with mock.patch.object(mail, "put", side_effect=RuntimeError), pytest.raises(RuntimeError):
        noticing.digests(later)
    assert noticing.digests(later) == 1
    assert len(world.mails(world.author)) == 1


def test_no_mail_still_stands_on_the_page(world: World) -> None:
    client = acting_client(world.author)
    assert client.post(reverse("accounts:notices"), {"notices": "none"}).status_code == 302
    assert client.post(reverse("accounts:notices"), {"notices": "nonsense"}).status_code == 302
    world.do("return", make_certificate(world.nppo, Status.SUBMITTED, by=world.author), world.officer, "Look here")
    assert world.mails(world.author) == []
    assert "Look here" in client.get(reverse("accounts:notices")).content.decode()


def test_nobody_reads_the_notices_of_somebody_else(world: World) -> None:
    world.do("return", make_certificate(world.nppo, Status.SUBMITTED, by=world.author), world.officer, "Secret")
    assert "Secret" not in acting_client(world.officer).get(reverse("accounts:notices")).content.decode()


# refusals and endings


def _ended(world: World, action: str, by: Membership | None = None) -> None:
    certificate = make_certificate(world.nppo, Status.ISSUED, by=world.author, number="WS-1", issued_by=world.officer)
    with acting_for(world.nppo.pk):
        connection = Connection.objects.create(nppo=world.nppo, kind="pilot", endpoint="https://localhost/", code="WS")
        envelope = outbox.enqueue(
            connection, receiver="NZ", certificate_type="851", certificate_status="70", certificate_number="WS-1", content=b"x",
        )  # fmt: skip
        Message.objects.create(
            nppo=world.nppo, certificate=certificate, envelope=envelope, status_code="70", xml=b"x", sha256="0"
        )
        events.record(envelope, action, by=by, reason="No such NPPO")


@pytest.mark.parametrize("action", [events.NOT_DELIVERED, events.NOT_SENT])
def test_what_was_not_delivered_is_told_once_to_who_issued_it(world: World, action: str) -> None:
    _ended(world, action)
    notices.refusals()
    notices.refusals()
    told = world.mails(world.officer)
    assert len(told) == 1
    assert "No such NPPO" in told[0].text
    assert "WS-1" in told[0].subject
    assert world.mails(world.author) == []


def test_what_somebody_held_back_is_no_news(world: World) -> None:
    _ended(world, events.NOT_SENT, by=world.officer)
    notices.refusals()
    assert world.mails(world.officer) == []


def test_an_authorisation_that_ends_is_told_at_thirty_and_at_seven_days(world: World) -> None:
    today = timezone.localdate(timezone=world.nppo.zone)
    with acting_for(world.nppo.pk):
        Membership.objects.filter(pk=world.officer.pk).update(authorised_until=today + timedelta(days=29))
    notices.endings()
    notices.endings()
    assert (len(world.mails(world.officer)), len(world.mails(world.admin))) == (1, 1)
    with acting_for(world.nppo.pk):
        Membership.objects.filter(pk=world.officer.pk).update(authorised_until=today + timedelta(days=5))
    notices.endings()
    assert len(world.mails(world.officer)) == 2
    with acting_for(world.nppo.pk):
        Membership.objects.filter(pk=world.officer.pk).update(authorised_until=today - timedelta(days=1))
    notices.endings()
    assert len(world.mails(world.officer)) == 2


def test_a_client_certificate_that_ends_is_told_to_administrators_once_a_level(world: World) -> None:
    from hubclient.credentials import Expiry

    with acting_for(world.nppo.pk):
        Connection.objects.create(nppo=world.nppo, kind="pilot", endpoint="https://localhost/", code="WS")
    ends = datetime.now(UTC) + timedelta(days=29)
    for level in (30, 30, 7):
        with mock.patch("hubclient.credentials.expiring", return_value=[Expiry("CN=WS", ends, level, level)]):
            notices.endings()
    assert len(world.mails(world.admin)) == 2
    assert world.mails(world.officer) == []
