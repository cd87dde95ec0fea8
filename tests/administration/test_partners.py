"""Partners: a country that wants paper only gets no envelope; everybody else is sent one; officers read the note."""

from typing import Any

import pytest
from django.urls import reverse

from certificates import workflow
from certificates.models import Certificate, Partnership, Status
from gens.accounts import roles
from gens.accounts.models import Event
from gens.accounts.tenancy import acting_for
from hubclient.models import Connection, Envelope, Partner
from tests.conftest import acting_client
from tests.factories import NppoFactory, load, make_certificate, make_membership

pytestmark = pytest.mark.django_db


class World:
    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.author = make_membership(self.nppo, roles.INSPECTOR)
        self.officer = make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        with acting_for(self.nppo.pk):
            self.connection = Connection.objects.create(
                nppo=self.nppo, kind="pilot", endpoint="https://127.0.0.1:1/", code="WS"
            )

    def save(self, country: str, **said: str) -> Any:
        return acting_client(self.admin).post(reverse("administration:partner", args=[country]), said)

    def approved(self) -> Certificate:
        return make_certificate(self.nppo, Status.APPROVED, by=self.author)

    def envelopes(self) -> int:
        with acting_for(self.nppo.pk):
            return Envelope.objects.count()

    def perform(self, name: str, certificate: Certificate, **said: str) -> Certificate:
        with acting_for(self.nppo.pk):
            return workflow.perform(name, certificate, by=self.officer, **said)


@pytest.fixture
def world(settings: Any) -> World:
    settings.CELERY_BROKER_URL = "amqp://127.0.0.1:1"
    return World()


@pytest.mark.parametrize(("way", "sent"), [("both", 1), ("electronic", 1), ("paper", 0)])
def test_what_goes_on_paper_only_is_not_sent(world: World, way: str, sent: int) -> None:
    assert world.save("NZ", way=way).status_code == 302
    done = world.perform("issue", world.approved())
    assert (done.status, world.envelopes()) == (Status.ISSUED, sent)
    page = acting_client(world.officer).get(reverse("certificates:certificate", args=[done.pk])).content.decode()
    assert ("as your NPPO wants it for this country" in page) is (way == "paper")


def test_the_withdrawal_of_what_was_sent_is_sent_whatever_was_decided_meanwhile(world: World) -> None:
    done = world.perform("issue", world.approved())
    world.save("NZ", way="paper")
    world.perform("withdraw", done, reason="x", original="returned")
    assert world.envelopes() == 2


def test_the_officer_who_issues_reads_the_note(world: World) -> None:
    world.save("NZ", way="paper", note="Send the paper with the goods")
    address = reverse("certificates:act", args=[world.approved().pk, "issue"])
    page = acting_client(world.officer).get(address).content.decode()
    assert "Send the paper with the goods" in page
    assert "goes to New Zealand on paper only" in page


def test_who_changed_it_is_told_and_another_nppo_sees_none_of_it(world: World) -> None:
    world.save("NZ", way="paper")
    world.save("NZ", way="both")
    with acting_for(world.nppo.pk):
        row = Partnership.objects.get()
        assert Event.objects.filter(subject_id=row.pk, by=world.admin, action__in=["added", "changed"]).count() == 2
    other = make_membership(NppoFactory(code="EC"), roles.ADMINISTRATOR)
    assert "On paper only" not in acting_client(other).get(reverse("administration:partners")).content.decode()


def test_the_list_shows_what_the_hub_says_first_and_is_found_by_name(world: World) -> None:
    with acting_for(world.nppo.pk):
        Partner.objects.create(
            nppo=world.nppo, connection=world.connection, code="NZ", sends=True, receives=True, accepts=[]
        )
    client = acting_client(world.admin)
    page = client.get(reverse("administration:partners"))
    assert [row[0] for row in page.context["page"]][:1] == ["NZ"]
    assert "Receives" in page.content.decode()
    assert "No country matches" in client.get(reverse("administration:partners") + "?q=zzz").content.decode()
    assert [row[0] for row in client.get(reverse("administration:partners") + "?q=ecuad").context["page"]] == ["EC"]


def test_nonsense_is_refused(world: World) -> None:
    assert world.save("NZ", way="pigeon").status_code == 422
    assert world.save("XX", way="paper").status_code == 404
