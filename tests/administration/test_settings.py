"""Settings of an NPPO: each is read by something, tells who changed it, and can be put back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from certificates import inspected, inspections, numbering, workflow
from certificates.models import Inspection, NumberSequence, Status
from gens.accounts import roles
from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for
from hubclient.models import Connection, Envelope
from tests.conftest import acting_client
from tests.factories import NppoFactory, load, make_certificate, make_membership

pytestmark = pytest.mark.django_db


class World:
    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        with acting_for(self.nppo.pk):
            Connection.objects.create(nppo=self.nppo, kind="pilot", endpoint="https://127.0.0.1:1/", code="WS")
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.author = make_membership(self.nppo, roles.INSPECTOR)
        self.officer = make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        self.client = acting_client(self.admin)
        self.url = reverse("administration:settings")

    def save(self, **changes: Any) -> Any:
        said = {
            "name": self.nppo.name, "time_zone": "Pacific/Apia", "language": "en", "four_eyes": "on",
            "number_pattern": "{code}-{year}-{number:06d}", "next_number": "", "grace_minutes": "0",
            "public_detail": "summary",
        } | changes  # fmt: skip
        return self.client.post(self.url, said)

    def issue(self) -> str:
        certificate = make_certificate(self.nppo, Status.APPROVED, by=self.author)
        with acting_for(self.nppo.pk):
            by = self.officer
            by.nppo.refresh_from_db()
            return workflow.perform("issue", certificate, by=by).number


@pytest.fixture
def world(settings: Any) -> World:
    settings.CELERY_BROKER_URL = "amqp://127.0.0.1:1"
    return World()


def test_an_nppo_that_issued_4711_begins_at_4712(world: World) -> None:
    assert world.save(next_number="4712", number_pattern="{code}/{year}/{number}").status_code == 302
    year = numbering.this_year(world.nppo)
    assert world.issue() == f"WS/{year}/4712"
    assert f"WS/{year}/4713" in world.client.get(world.url).content.decode()
    refused = world.save(next_number="4712")
    assert (refused.status_code, "is given already" in refused.content.decode()) == (422, True)
    assert world.issue() == f"WS/{year}/4713"


def test_a_number_is_never_given_twice_whatever_the_pattern(world: World) -> None:
    year = numbering.this_year(world.nppo)
    assert world.issue() == f"WS-{year}-000001"
    with acting_for(world.nppo.pk):
        NumberSequence.objects.filter(kind="certificate").update(last=0)
    assert world.issue() == f"WS-{year}-000002"


@pytest.mark.parametrize(
    "pattern",
    ["", "{year}", "{number}", "{code}-{number}", "{year}{number}{secret}", "{code.__class__}{year}{number}", "A B{year}{number}",
     "{year}{number:09999d}", "x" * 50 + "{year}{number}", "{year}{number", "{year!r}{number}", "<b>{year}{number}"],
)  # fmt: skip
def test_a_pattern_that_could_repeat_leak_or_break_is_refused(world: World, pattern: str) -> None:
    assert world.save(number_pattern=pattern).status_code == 422
    assert Nppo.objects.get(pk=world.nppo.pk).number_pattern == "{code}-{year}-{number:06d}"


def test_four_eyes_and_the_time_to_recall_are_read_where_they_work(world: World) -> None:
    assert world.save(four_eyes="", grace_minutes="30").status_code == 302
    certificate = make_certificate(world.nppo, Status.SUBMITTED, by=world.officer)
    with acting_for(world.nppo.pk):
        world.officer.nppo.refresh_from_db()
        workflow.perform("approve", certificate, by=world.officer)
        workflow.perform("issue", certificate, by=world.officer)
        envelope = Envelope.objects.get()
        assert (envelope.due_at - envelope.created_at).total_seconds() > 29 * 60


@pytest.mark.parametrize(
    "changes",
    [
        {"time_zone": "Mars/Olympus"},
        {"language": "xx"},
        {"name": " "},
        {"grace_minutes": "-1"},
        {"next_number": "x"},
        {"inspection_days": "-1"},
        {"inspection_days": "367"},
        {"inspection_days": "two"},
    ],
)
def test_what_makes_no_sense_is_told_and_changes_nothing(world: World, changes: dict[str, str]) -> None:
    assert world.save(**changes).status_code == 422
    assert Nppo.objects.get(pk=world.nppo.pk).time_zone == "Pacific/Apia"


def test_a_setting_tells_who_changed_it_and_is_put_back(world: World) -> None:
    before = world.nppo.name
    world.save(name="NPPO of Samoa")
    page = world.client.get(world.url).content.decode()
    assert world.admin.user.name in page
    assert before in page
    assert world.client.post(world.url, {"back": "name"}).status_code == 302
    assert Nppo.objects.get(pk=world.nppo.pk).name == before
    assert world.client.post(world.url, {"back": "nppo_id"}).status_code == 302
    world.save(next_number="50")
    world.client.post(world.url, {"back": "next_number"})
    with acting_for(world.nppo.pk):
        assert NumberSequence.objects.get(kind="certificate").last == 49


def test_issue_may_be_bound_to_an_inspection_that_is_not_too_old(world: World) -> None:
    today = timezone.localdate(timezone=world.nppo.zone)
    assert world.save(needs_inspection="on", inspection_days="2").status_code == 302
    with pytest.raises(inspected.NotInspected):
        world.issue()
    certificate = make_certificate(world.nppo, Status.APPROVED, by=world.author)
    done = {"nppo": world.nppo, "certificate": certificate, "officer": world.author, "place": "Apia", "state": "passed"}
    with acting_for(world.nppo.pk):
        inspections.record(Inspection(done_on=today - timedelta(days=2), **done), by=world.author)
        assert workflow.perform("issue", certificate, by=world.officer).number
    assert "Issue only with a passed inspection" in world.client.get(world.url).content.decode()
    world.client.post(world.url, {"back": "inspection_days"})
    world.client.post(world.url, {"back": "needs_inspection"})
    world.nppo.refresh_from_db()
    assert (world.nppo.needs_inspection, world.nppo.inspection_days) == (False, None)
    assert world.issue()


def test_no_country_changes_another_ones_settings_whatever_a_view_forgets(world: World) -> None:
    stranger = NppoFactory(code="NZ")
    with acting_for(stranger.pk):
        assert Nppo.objects.filter(pk=world.nppo.pk).update(name="taken over") == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'accounts_nppo'")
        assert cursor.fetchone() == (True,)


def test_the_roles_that_need_a_second_factor_are_set_told_and_put_back(world: World) -> None:
    assert world.save(second_factor_roles=[roles.INSPECTOR, roles.AUDITOR]).status_code == 302
    assert Nppo.objects.get(pk=world.nppo.pk).second_factor_roles == [roles.INSPECTOR, roles.AUDITOR]
    page = world.client.get(world.url).content.decode()
    assert "Roles that need a second factor</b>" in page
    assert world.save(second_factor_roles=[roles.INSPECTOR]).status_code == 302
    assert "<bdi>Inspector, Auditor</bdi>" in world.client.get(world.url).content.decode()
    assert world.client.post(world.url, {"back": "second_factor_roles"}).status_code == 302
    assert Nppo.objects.get(pk=world.nppo.pk).second_factor_roles == [roles.INSPECTOR, roles.AUDITOR]


def test_a_role_that_does_not_exist_cannot_need_a_second_factor(world: World) -> None:
    assert world.save(second_factor_roles=["emperor"]).status_code == 422
    assert Nppo.objects.get(pk=world.nppo.pk).second_factor_roles == []


def test_an_administrator_who_asks_it_of_administrators_is_led_to_set_one_up(world: World) -> None:
    assert world.save(second_factor_roles=[roles.ADMINISTRATOR]).status_code == 302
    assert world.client.get(world.url).url == reverse("mfa_index")
