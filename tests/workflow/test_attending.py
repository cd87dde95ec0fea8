"""Nobody has looked, somebody has, somebody cannot finish: told apart, and never a state of their own."""

from typing import Any

import pytest
from django.urls import reverse

from certificates import attending, workflow
from certificates.models import Certificate, Status
from gens.accounts import roles
from gens.accounts.models import Membership, Notice, Nppo
from gens.accounts.tenancy import acting_for
from tests.factories import NppoFactory, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db


class World:
    """Samoa: an author, two certifying officers, an import officer; one of ours submitted and one of theirs received."""

    def __init__(self) -> None:
        self.nppo: Nppo = NppoFactory(code="WS")
        self.author = make_membership(self.nppo, roles.INSPECTOR)
        self.officer = make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        self.second = make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        self.importer = make_membership(self.nppo, roles.IMPORT_OFFICER)
        self.submitted = make_certificate(self.nppo, Status.SUBMITTED, by=self.author, holder=None)
        self.received = make_certificate(
            self.nppo, Status.RECEIVED, direction="received", number="NZ-1", counterpart="NZ",
            document=valid_document(number="NZ-1"),
        )  # fmt: skip

    def now(self, certificate: Certificate) -> Certificate:
        with acting_for(self.nppo.pk):
            return Certificate.objects.select_related("holder", "office", "decided_by").get(pk=certificate.pk)

    def told(self, certificate: Certificate) -> list[tuple[str, str]]:
        with acting_for(self.nppo.pk):
            return list(certificate.events.order_by("pk").values_list("action", "reason"))


@pytest.fixture
def world() -> World:
    return World()


def look(signed_in: Any, who: Membership, certificate: Certificate) -> str:
    response = signed_in(who).get(reverse("certificates:certificate", args=[certificate.pk]))
    assert response.status_code == 200
    return str(response.content.decode())


def press(signed_in: Any, who: Membership, certificate: Certificate, verb: str, **data: str) -> Any:
    return signed_in(who).post(reverse("certificates:attend", args=[certificate.pk, verb]), data)


def test_who_may_approve_has_opened_it_by_looking(world: World, signed_in: Any) -> None:
    page = look(signed_in, world.officer, world.submitted)
    row = world.now(world.submitted)
    assert (row.status, row.holder) == (Status.SUBMITTED, world.officer)
    assert world.told(world.submitted) == [("taken", "")]
    assert "Give it back" in page
    look(signed_in, world.officer, world.submitted)
    assert world.told(world.submitted) == [("taken", "")], "looking again is nothing new"


@pytest.mark.parametrize("who", ["author", "auditor", "drafting_officer", "narrow_officer"])
def test_who_may_not_approve_it_looks_without_a_trace(world: World, signed_in: Any, who: str) -> None:
    watcher = {
        "author": world.author,
        "auditor": make_membership(world.nppo, roles.AUDITOR),
        "drafting_officer": world.officer,
        "narrow_officer": make_membership(world.nppo, roles.CERTIFYING_OFFICER, destinations=["EC"]),
    }[who]
    if who == "drafting_officer":
        with acting_for(world.nppo.pk):
            Certificate.objects.filter(pk=world.submitted.pk).update(authors=[world.officer.pk])
    page = look(signed_in, watcher, world.submitted)
    assert world.now(world.submitted).holder is None
    assert world.told(world.submitted) == []
    assert "Wait for information" not in page
    assert press(signed_in, watcher, world.submitted, "take").status_code == 403
    assert press(signed_in, watcher, world.submitted, "wait", lacking="x").status_code == 403
    assert world.now(world.submitted).awaits_since is None


def test_a_second_officer_sees_who_has_it_and_takes_nothing_by_looking(world: World, signed_in: Any) -> None:
    look(signed_in, world.officer, world.submitted)
    page = look(signed_in, world.second, world.submitted)
    assert f"Take over from {world.officer.user.name}" in page
    assert world.now(world.submitted).holder == world.officer


def test_taking_over_says_from_whom(world: World, signed_in: Any) -> None:
    look(signed_in, world.officer, world.submitted)
    response = press(signed_in, world.second, world.submitted, "take", **{"from": str(world.officer.pk)})
    assert response.status_code == 302
    assert world.now(world.submitted).holder == world.second
    assert world.told(world.submitted)[-1] == ("taken", f"{world.officer.user.name} → {world.second.user.name}")


@pytest.mark.parametrize("said", ["", "0", "-1", "garbage", "99999999999999999999999"])
def test_taking_over_from_somebody_who_no_longer_has_it_is_a_409(world: World, signed_in: Any, said: str) -> None:
    look(signed_in, world.officer, world.submitted)
    assert press(signed_in, world.second, world.submitted, "take", **{"from": said}).status_code == 409
    assert world.now(world.submitted).holder == world.officer


def test_given_back_it_is_new_again(world: World, signed_in: Any) -> None:
    look(signed_in, world.officer, world.submitted)
    response = press(signed_in, world.officer, world.submitted, "release")
    assert response.url == reverse("certificates:worklist", args=["submitted"])
    assert world.now(world.submitted).holder is None
    assert [action for action, _reason in world.told(world.submitted)] == ["taken", "released"]
    assert press(signed_in, world.officer, world.submitted, "release").status_code == 409


def test_nobody_gives_back_what_another_has(world: World, signed_in: Any) -> None:
    look(signed_in, world.officer, world.submitted)
    assert press(signed_in, world.second, world.submitted, "release").status_code == 409
    assert world.now(world.submitted).holder == world.officer


def test_waiting_says_what_is_missing_and_its_author_is_told(world: World, signed_in: Any) -> None:
    response = press(
        signed_in, world.officer, world.submitted, "wait", lacking="The treatment record", asked="Upolu Growers"
    )
    assert response.status_code == 302
    row = world.now(world.submitted)
    assert (row.awaits, row.awaits_from, row.holder) == ("The treatment record", "Upolu Growers", world.officer)
    assert row.status == Status.SUBMITTED
    assert world.told(row) == [("awaiting", "The treatment record (Upolu Growers)")]
    with acting_for(world.nppo.pk):
        notice = Notice.objects.get(membership=world.author)
    assert "The treatment record" in notice.text
    assert "treatment" not in notice.subject
    assert "The treatment record" in look(signed_in, world.author, world.submitted)


def test_without_words_it_does_not_wait_and_nothing_typed_is_lost(world: World, signed_in: Any) -> None:
    response = press(signed_in, world.officer, world.submitted, "wait", lacking="  ", asked="Upolu <Growers>")
    page = response.content.decode()
    assert response.status_code == 422
    assert page.count("Write what is missing.") == 2
    assert "Upolu &lt;Growers&gt;" in page
    assert world.now(world.submitted).awaits_since is None


def test_changing_the_words_keeps_since_when_it_waits(world: World) -> None:
    with acting_for(world.nppo.pk):
        first = attending.wait(world.submitted, by=world.officer, lacking="A record", asked="x" * 500)
        since = first.awaits_since
        again = attending.wait(world.submitted, by=world.second, lacking="A record and a permit")
    assert (again.awaits_since, again.holder, again.awaits_from) == (since, world.officer, "")
    assert len(first.awaits_from) == 200


def test_the_information_comes_once(world: World, signed_in: Any) -> None:
    press(signed_in, world.officer, world.submitted, "wait", lacking="A record")
    assert press(signed_in, world.officer, world.submitted, "resume").status_code == 302
    row = world.now(world.submitted)
    assert (row.awaits, row.awaits_since, row.holder) == ("", None, world.officer)
    assert world.told(row)[-1] == ("informed", "A record")
    assert press(signed_in, world.officer, world.submitted, "resume").status_code == 409


@pytest.mark.parametrize("step", ["approve", "return"])
def test_the_next_state_ends_all_of_it(world: World, step: str) -> None:
    with acting_for(world.nppo.pk):
        attending.wait(world.submitted, by=world.officer, lacking="A record", asked="Somebody")
        done = workflow.perform(step, world.submitted, by=world.officer, reason="So")
    row = world.now(done)
    assert (row.awaits, row.awaits_from, row.awaits_since) == ("", "", None)
    assert row.holder == (world.author if step == "return" else None)


def test_a_stale_click_on_what_is_decided_is_a_409(world: World, signed_in: Any) -> None:
    with acting_for(world.nppo.pk):
        workflow.perform("approve", world.submitted, by=world.officer)
    for verb in ("take", "release", "wait", "resume"):
        response = press(signed_in, world.officer, world.submitted, verb, lacking="x")
        assert response.status_code == 409, verb
    address = reverse("certificates:attend", args=[world.submitted.pk, "wait"])
    assert signed_in(world.officer).get(address).status_code == 409


def test_a_received_one_waits_too_and_belongs_to_who_opened_it(world: World, signed_in: Any) -> None:
    look(signed_in, world.importer, world.received)
    row = world.now(world.received)
    assert (row.status, row.holder, row.office) == (Status.OPENED, world.importer, world.importer.office)
    press(signed_in, world.importer, world.received, "wait", lacking="The original")
    assert world.now(world.received).awaits == "The original"
    with acting_for(world.nppo.pk):
        workflow.perform("accept", world.received, by=world.importer)
    row = world.now(world.received)
    assert (row.awaits_since, row.holder, row.decided_by) == (None, None, world.importer)


def test_waiting_opens_a_received_one_that_nobody_looked_at(world: World) -> None:
    with acting_for(world.nppo.pk):
        attending.wait(world.received, by=world.importer, lacking="The original")
    assert world.now(world.received).status == Status.OPENED
    assert [action for action, _reason in world.told(world.received)] == ["opened", "awaiting"]


def test_given_back_a_received_one_is_taken_by_who_looks_next(world: World, signed_in: Any) -> None:
    other = make_membership(world.nppo, roles.IMPORT_OFFICER)
    look(signed_in, world.importer, world.received)
    press(signed_in, world.importer, world.received, "release")
    look(signed_in, other, world.received)
    row = world.now(world.received)
    assert (row.status, row.holder) == (Status.OPENED, other)


def test_a_withdrawal_from_abroad_ends_the_waiting(world: World) -> None:
    from certificates.reception import _end

    with acting_for(world.nppo.pk):
        attending.wait(world.received, by=world.importer, lacking="The original")
        row = Certificate.objects.get(pk=world.received.pk)
        _end(row, Status.WITHDRAWN, "withdrawn")
    assert world.now(world.received).awaits_since is None


def test_another_country_neither_sees_nor_takes_it(world: World, signed_in: Any) -> None:
    stranger = make_membership(NppoFactory(code="NZ"), roles.CERTIFYING_OFFICER)
    for verb in ("take", "wait", "release", "resume"):
        assert press(signed_in, stranger, world.submitted, verb, lacking="x").status_code == 404
    assert world.now(world.submitted).holder is None
