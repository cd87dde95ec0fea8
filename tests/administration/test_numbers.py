"""Patterns of numbers by kind and office, reserved blocks, and approving and issuing in one step."""

from typing import Any

import pytest
from django.urls import reverse

from certificates import numbering, workflow
from certificates.models import NumberRule, ReservedNumbers, Status
from gens.accounts import events, roles
from gens.accounts.models import Event, Nppo
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, OfficeFactory, load, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db


class World:
    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.author = make_membership(self.nppo, roles.INSPECTOR)
        self.officer = make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        self.year = numbering.this_year(self.nppo)
        with acting_for(self.nppo.pk):
            self.port = OfficeFactory(nppo=self.nppo, name="Port office", place="Salelologa")

    def post(self, name: str, *arguments: Any, **data: Any) -> Any:
        return acting_client(self.admin).post(reverse(f"administration:{name}", args=arguments), data)

    def number(self, kind: str = "851", office: Any = None) -> str:
        """The number that the next certificate of this kind gets."""
        from django.utils import timezone

        with acting_for(self.nppo.pk):
            return numbering.certificate_number(self.nppo, kind, office or self.officer.office, timezone.now())

    def allow_one_step(self) -> None:
        with acting_for(self.nppo.pk):
            Nppo.objects.filter(pk=self.nppo.pk).update(approves_and_issues=True)

    def issue(self, name: str = "issue", status: Status = Status.APPROVED, by: Any = None) -> Any:
        certificate = make_certificate(self.nppo, status, by=self.author, document=valid_document())
        by = by or self.officer
        with acting_for(self.nppo.pk):
            by.nppo.refresh_from_db()
            return workflow.perform(name, certificate, by=by)


@pytest.fixture
def world(settings: Any) -> World:
    settings.CELERY_BROKER_URL = "amqp://127.0.0.1:1"
    return World()


def test_each_kind_and_office_counts_by_itself_and_the_closest_pattern_wins(world: World) -> None:
    world.post("new_rule", type="657", pattern="RE-{year}-{number}")
    world.post("new_rule", office=world.port.pk, pattern="PORT/{year}/{number:03d}")
    world.post("new_rule", type="657", office=world.port.pk, pattern="PORT-RE-{year}-{number}")
    year = world.year
    assert world.number() == f"WS-{year}-000001"
    assert world.number("657") == f"RE-{year}-1"
    assert world.number("851", world.port) == f"PORT/{year}/001"
    assert world.number("657", world.port) == f"PORT-RE-{year}-1"
    assert world.number("657") == f"RE-{year}-2"
    assert world.number() == f"WS-{year}-000002"


def test_an_ended_pattern_gives_way_to_the_nppos_own(world: World) -> None:
    world.post("new_rule", type="657", pattern="RE-{year}-{number}")
    with acting_for(world.nppo.pk):
        rule = NumberRule.objects.get()
    assert world.post("rule", rule.pk, end="1").status_code == 302
    assert world.number("657") == f"WS-{world.year}-000001"
    world.post("new_rule", type="657", pattern="X-{year}-{number}")
    assert world.number("657") == f"X-{world.year}-1"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"pattern": "{number}"}, "begin anew each year"), ({"pattern": ""}, "begin anew each year"),
        ({"pattern": "{code}-{year}-{number:06d}"}, "Another count has this pattern"),
        ({"type": "657", "pattern": "A-{year}-{number}"}, "for this kind and office already"),
        ({"pattern": "RE-{year}-{number}"}, "Another count has this pattern"),
        ({"type": "999", "pattern": "A-{year}-{number}"}, "999"),
    ],
)  # fmt: skip
def test_a_pattern_that_would_repeat_numbers_is_refused(world: World, said: dict[str, str], words: str) -> None:
    world.post("new_rule", type="657", pattern="RE-{year}-{number}")
    shown = world.post("new_rule", **said)
    assert shown.status_code == 422
    assert words in shown.content.decode()


def test_two_patterns_that_write_the_same_number_never_give_it_twice(world: World) -> None:
    world.post("new_rule", type="657", pattern="WS-{year}-00000{number}")
    first = world.issue().number
    assert first == f"WS-{world.year}-000001"
    assert world.number("657") == f"WS-{world.year}-000002"


def test_numbers_kept_for_paper_are_never_given(world: World) -> None:
    assert world.number() == f"WS-{world.year}-000001"
    assert world.post("reserve", count="certificate", size="3", purpose="Book at the port").status_code == 302
    assert world.post("reserve", count="certificate", size="2", purpose="Another").status_code == 302
    assert world.number() == f"WS-{world.year}-000007"
    with acting_for(world.nppo.pk):
        assert list(ReservedNumbers.objects.order_by("first").values_list("first", "last")) == [(2, 4), (5, 6)]
    page = acting_client(world.admin).get(reverse("administration:numbers")).content.decode()
    assert f"WS-{world.year}-000002" in page
    assert f"WS-{world.year}-000008" in page


@pytest.mark.parametrize(
    "said",
    [{"size": "0"}, {"size": "10001"}, {"size": "many"}, {"purpose": " "}, {"count": "draft"}, {"count": "rule-99"}],
)
def test_a_block_that_cannot_be_is_refused(world: World, said: dict[str, str]) -> None:
    assert world.post("reserve", **{"count": "certificate", "size": "3", "purpose": "x"} | said).status_code == 422
    with acting_for(world.nppo.pk):
        assert not ReservedNumbers.objects.exists()


def test_the_settings_show_the_number_after_a_block(world: World) -> None:
    world.post("reserve", count="certificate", size="10", purpose="x")
    assert (
        f"WS-{world.year}-000011" in acting_client(world.admin).get(reverse("administration:settings")).content.decode()
    )


# approving and issuing in one step


def test_one_step_is_there_only_where_the_nppo_wants_it(world: World) -> None:
    with pytest.raises(workflow.NotAllowed):
        world.issue("approve_and_issue", Status.SUBMITTED)
    world.allow_one_step()
    done = world.issue("approve_and_issue", Status.SUBMITTED)
    assert done.status == Status.ISSUED
    with acting_for(world.nppo.pk):
        told = Event.objects.filter(subject_id=done.pk, action__in=[events.APPROVED, events.ISSUED]).order_by("pk")
        assert [(e.action, e.from_state, e.by) for e in told] == [
            ("approved", "submitted", world.officer), ("issued", "approved", world.officer),
        ]  # fmt: skip


def test_one_step_still_needs_a_second_person(world: World) -> None:
    world.allow_one_step()
    certificate = make_certificate(world.nppo, Status.SUBMITTED, by=world.officer)
    with acting_for(world.nppo.pk):
        world.officer.nppo.refresh_from_db()
        assert "approve_and_issue" not in [a.name for a in workflow.available_actions(world.officer, certificate)]
        with pytest.raises(workflow.SecondPersonNeeded):
            workflow.perform("approve_and_issue", certificate, by=world.officer)


def test_a_problem_at_issue_leaves_it_unapproved(world: World) -> None:
    world.allow_one_step()
    certificate = make_certificate(world.nppo, Status.SUBMITTED, by=world.author, document=valid_document(lines=()))
    with acting_for(world.nppo.pk):
        world.officer.nppo.refresh_from_db()
        with pytest.raises(workflow.Blocked):
            workflow.perform("approve_and_issue", certificate, by=world.officer)
        certificate.refresh_from_db()
        assert certificate.status == Status.SUBMITTED


def test_the_button_is_on_the_page_and_issues(world: World) -> None:
    world.allow_one_step()
    certificate = make_certificate(world.nppo, Status.SUBMITTED, by=world.author)
    client = acting_client(world.officer)
    address = reverse("certificates:act", args=[certificate.pk, "approve_and_issue"])
    assert address in client.get(reverse("certificates:certificate", args=[certificate.pk])).content.decode()
    assert "can never be changed again" in client.get(address).content.decode()
    assert client.post(address).status_code == 302
    assert client.post(address).status_code == 409
