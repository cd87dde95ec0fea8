"""Approving and issuing many: what can go is said before, each is done for itself, once, whatever dies meanwhile."""

import os
import re
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certificates import batches, workflow
from certificates.models import Batch, Certificate, Status
from certificates.tasks import do_batch, do_batches
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from hubclient.models import Envelope
from tests.conftest import acting_client
from tests.factories import NppoFactory, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db
at_commit = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture(autouse=True)
def bells() -> Iterator[mock.Mock]:
    """Bells that ring into nothing: what they would start is called by hand."""
    with mock.patch("certificates.batches.nudge") as nudge, mock.patch("hubclient.outbox.nudge"):
        yield nudge


class World:
    """An author, an officer, and what waits for them."""

    def __init__(self) -> None:

        self.nppo: Nppo = NppoFactory(code="WS")
        self.author = make_membership(self.nppo, roles.INSPECTOR)
        self.officer = make_membership(self.nppo, roles.CERTIFYING_OFFICER)

    def approved(self, count: int = 1, **fields: Any) -> list[Certificate]:
        return [make_certificate(self.nppo, Status.APPROVED, by=self.author, **fields) for _ in range(count)]

    def submitted(self, **fields: Any) -> Certificate:
        return make_certificate(self.nppo, Status.SUBMITTED, **{"by": self.author, **fields})

    def start(self, action: str, certificates: list[Certificate], by: Membership | None = None) -> Batch:
        with acting_for(self.nppo.pk):
            return batches.start(action, certificates, by=by or self.officer, key=uuid4())

    def outcomes(self, batch: Batch) -> list[tuple[str, str]]:
        with acting_for(self.nppo.pk):
            return list(batch.items.order_by("pk").values_list("outcome", "words"))

    def states(self) -> list[str]:
        with acting_for(self.nppo.pk):
            return list(Certificate.objects.order_by("pk").values_list("status", flat=True))

    def numbers(self) -> list[str]:
        with acting_for(self.nppo.pk):
            found = Certificate.objects.exclude(number="").values_list("number", flat=True)
            return sorted(number[-6:] for number in found)


@pytest.fixture
def world() -> World:
    return World()


# The page that asks


def _ask(world: World, action: str, certificates: list[Certificate], by: Membership | None = None) -> Any:
    address = reverse("certificates:ask_batch", args=[action])
    return acting_client(by or world.officer).get(address, {"pick": [each.pk for each in certificates]})


def _press(client: Client, page: Any) -> Any:
    """Press the button of the page that asks, with what stands in it."""
    fields = re.findall(r'<input type="hidden" name="(pick|key)" value="([^"]+)"', page.content.decode())
    picks = [value for name, value in fields if name == "pick"]
    key = next((value for name, value in fields if name == "key"), "")
    return client.post(page.request["PATH_INFO"], {"pick": picks, "key": key})


def test_the_list_has_a_tick_for_each_row_and_a_button_for_what_this_person_may_do(world: World) -> None:
    found = world.submitted()
    page = acting_client(world.officer).get("/list/submitted/").content.decode()
    assert f'name="pick" value="{found.pk}"' in page
    assert reverse("certificates:ask_batch", args=["issue"]) in page
    assert reverse("certificates:ask_batch", args=["approve"]) in page
    assert 'name="pick"' not in acting_client(world.author).get("/list/submitted/").content.decode()
    assert 'name="pick"' not in acting_client(world.officer).get("/list/issued/").content.decode()


def test_the_page_says_which_can_go_and_why_the_others_cannot(world: World) -> None:
    world.officer.destinations = ["NZ"]
    with acting_for(world.nppo.pk):
        world.officer.save(update_fields=["destinations"])
    (good,) = world.approved()
    mine = make_certificate(world.nppo, Status.APPROVED, by=world.officer)
    (broken,) = world.approved(document=valid_document(lines=()))
    (far,) = world.approved()
    with acting_for(world.nppo.pk):
        Certificate.objects.filter(pk=far.pk).update(destination="AU")
    early, gone = world.submitted(), make_certificate(world.nppo, Status.RETURNED, by=world.author)
    answer = _ask(world, "issue", [good, mine, broken, far, early, gone])
    said = {each.certificate.pk: each.obstacle for each in answer.context["verdicts"]}
    assert said[good.pk] == ""
    assert said[mine.pk] == "You wrote this certificate. Another person must do this."
    assert said[broken.pk].startswith("1 problem stands in the way. ")
    assert said[far.pk] == "Your authorisation does not cover this kind of certificate, or its destination."
    assert said[early.pk] == "It is not approved yet."
    assert said[gone.pk] == "It is elsewhere now: Returned."
    page = answer.content.decode()
    assert "<h1>Issue 1 certificate</h1>" in page
    assert re.findall(r'name="pick" value="(\d+)"', page) == [str(good.pk)]  # only what can go, goes
    assert world.states().count("issued") == 0  # asking does nothing


def test_one_person_does_both_at_once_only_where_the_nppo_lets_them(world: World) -> None:
    found = world.submitted()
    assert _ask(world, "issue", [found]).context["able"] == 0
    world.nppo.approves_and_issues = True
    with acting_for(world.nppo.pk):
        world.nppo.save(update_fields=["approves_and_issues"])
    assert _ask(world, "issue", [found]).context["able"] == 1
    batch = world.start("issue", [found])
    batches.run(batch.pk, world.nppo.pk)
    assert world.states() == ["issued"]


def test_nothing_ticked_is_said_and_starts_nothing(world: World) -> None:
    client, address = acting_client(world.officer), reverse("certificates:ask_batch", args=["approve"])
    assert "Tick at least one certificate in the list." in client.get(address).content.decode()
    assert client.post(address).status_code == 422
    with acting_for(world.nppo.pk):
        assert not Batch.objects.exists()


def test_none_that_can_go_any_more_is_409(world: World) -> None:
    (found,) = world.approved()
    client, page = acting_client(world.officer), _ask(world, "issue", [found])
    with acting_for(world.nppo.pk):
        workflow.perform("return", found, by=world.officer, reason="Wait.")
    answer = _press(client, page)
    assert answer.status_code == 409
    assert "None of these certificates can go now." in answer.content.decode()


def test_too_many_at_once_are_refused(world: World) -> None:
    with mock.patch("certificates.batches.MOST", 2):
        found = world.approved(3)
        address = reverse("certificates:ask_batch", args=["issue"])
        answer = acting_client(world.officer).post(address, {"pick": [each.pk for each in found]})
    assert answer.status_code == 422
    assert "Tick at most 2 certificates at once." in answer.content.decode()


def test_who_may_not_is_403_and_what_is_not_ours_404(world: World) -> None:
    (found,) = world.approved()
    assert _ask(world, "issue", [found], by=world.author).status_code == 403
    assert _ask(world, "nonsense", [found]).status_code == 404
    stranger = make_membership(NppoFactory(code="NZ"), roles.CERTIFYING_OFFICER)
    assert _ask(world, "issue", [found], by=stranger).status_code == 404
    address = reverse("certificates:ask_batch", args=["issue"])
    assert acting_client(world.officer).get(address, {"pick": ["x", "9" * 30]}).status_code == 200  # no ids at all


def test_late_officers_lose_the_button_and_the_page(world: World) -> None:
    yesterday = timezone.localdate(timezone=world.nppo.zone) - timedelta(days=1)
    late = make_membership(world.nppo, roles.CERTIFYING_OFFICER, authorised_until=yesterday)
    (found,) = world.approved()
    assert _ask(world, "issue", [found], by=late).status_code == 403
    assert "Issue the ticked ones" not in acting_client(late).get("/list/submitted/").content.decode()


def test_pressing_twice_is_one_batch(world: World, django_capture_on_commit_callbacks: Any, bells: mock.Mock) -> None:
    client, page = acting_client(world.officer), _ask(world, "issue", world.approved(2))
    with django_capture_on_commit_callbacks(execute=True):
        first = _press(client, page)
        second = _press(client, page)
    assert (first.status_code, first.url) == (302, second.url)
    with acting_for(world.nppo.pk):
        batch = Batch.objects.get()
        assert batch.items.count() == 2
    assert [call.args for call in bells.call_args_list] == [(do_batch, batch.pk, world.nppo.pk)]


# The work


def test_each_is_done_and_told_and_one_that_cannot_stops_no_other(world: World) -> None:
    first, second, third = world.approved(3)
    batch = world.start("issue", [first, second, third])
    with acting_for(world.nppo.pk):
        workflow.perform("return", second, by=world.officer, reason="Wait.")
    batches.run(batch.pk, world.nppo.pk)
    assert world.outcomes(batch) == [("done", ""), ("not_done", "It is elsewhere now: Returned."), ("done", "")]
    assert world.states() == ["issued", "returned", "issued"]
    assert world.numbers() == ["000001", "000002"]
    with acting_for(world.nppo.pk):
        (event,) = Certificate.objects.get(pk=first.pk).events.all()
    assert (event.action, event.by_id) == ("issued", world.officer.pk)


def test_approving_many(world: World) -> None:
    mine = make_certificate(world.nppo, Status.SUBMITTED, by=world.officer)
    batch = world.start("approve", [world.submitted(), mine])
    batches.run(batch.pk, world.nppo.pk)
    assert [outcome for outcome, _words in world.outcomes(batch)] == ["done", "not_done"]
    assert world.states() == ["submitted", "approved"]


@pytest.mark.parametrize("change", ["role", "membership", "person", "dates", "scope"])
def test_what_the_person_may_do_is_asked_again_when_the_turn_comes(world: World, change: str) -> None:
    batch, officer = world.start("issue", world.approved()), world.officer
    with acting_for(world.nppo.pk):
        if change == "role":
            officer.roles = [roles.INSPECTOR]
        elif change == "membership":
            officer.is_active = False
        elif change == "dates":
            officer.authorised_until = timezone.localdate(timezone=world.nppo.zone) - timedelta(days=1)
        elif change == "scope":
            officer.types = ["657"]
        officer.save()
    if change == "person":
        officer.user.is_active = False
        officer.user.save(update_fields=["is_active"])
    batches.run(batch.pk, world.nppo.pk)
    ((outcome, words),) = world.outcomes(batch)
    assert (outcome, world.states()) == ("not_done", ["approved"])
    assert "authorisation" in words


def test_the_words_are_in_the_language_of_who_wanted_it(world: World) -> None:
    world.officer.user.language = "es"
    world.officer.user.save(update_fields=["language"])
    mine = make_certificate(world.nppo, Status.SUBMITTED, by=world.officer)
    batch = world.start("approve", [mine])
    batches.run(batch.pk, world.nppo.pk)
    ((_outcome, words),) = world.outcomes(batch)
    assert words != "You wrote this certificate. Another person must do this."
    assert "certificado" in words


def test_a_failure_of_ours_is_told_and_the_others_go_on(world: World, caplog: pytest.LogCaptureFixture) -> None:
    first, second = world.approved(2)
    batch, real = world.start("issue", [first, second]), workflow.perform

    def fails(name: str, certificate: Certificate, **options: Any) -> Certificate:
        done = real(name, certificate, **options)
        if certificate.pk == first.pk:
            raise ValueError("A mistake in our code.")
        return done

    with mock.patch("certificates.workflow.perform", fails):
        batches.run(batch.pk, world.nppo.pk)
    (told, done) = world.outcomes(batch)
    assert told[0] == "not_done"
    assert "tell your administrator" in told[1]
    assert done == ("done", "")
    assert world.states() == ["approved", "issued"]  # what failed is as it was
    assert "could not be done" in caplog.text


def test_a_batch_that_is_through_does_nothing_more(world: World) -> None:
    batch = world.start("issue", world.approved())
    for _ in range(2):
        batches.run(batch.pk, world.nppo.pk)
    assert world.numbers() == ["000001"]
    with acting_for(world.nppo.pk):
        assert Certificate.objects.get().messages.count() == 1


def test_another_nppo_s_worker_finds_nothing_of_it(world: World) -> None:
    batch = world.start("issue", world.approved())
    batches.run(batch.pk, NppoFactory(code="NZ").pk)
    assert world.states() == ["approved"]


@at_commit
def test_two_workers_share_a_batch_and_issue_nothing_twice(world: World) -> None:
    batch = world.start("issue", world.approved(12))
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        try:
            batches.run(batch.pk, world.nppo.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert world.outcomes(batch) == [("done", "")] * 12
    assert world.numbers() == [f"{n:06d}" for n in range(1, 13)]
    with acting_for(world.nppo.pk):
        assert {each.messages.count() for each in Certificate.objects.all()} == {1}


@at_commit
def test_two_batches_of_the_same_certificate_issue_it_once(world: World) -> None:
    (found,) = world.approved()
    both = [world.start("issue", [found]) for _ in range(2)]
    together = threading.Barrier(2)

    def work(batch: Batch) -> None:
        together.wait()
        try:
            batches.run(batch.pk, world.nppo.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(batch,)) for batch in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    told = sorted(outcome for batch in both for outcome, _words in world.outcomes(batch))
    assert told == ["done", "not_done"]
    assert world.numbers() == ["000001"]


def _killed_at(count: int, batch: Batch) -> int:
    """The wait status of a worker process that is killed after doing this many, before it could commit the last."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    for inherited in connections.all(initialized_only=True):
        del connections[inherited.alias]  # they are the parent's
    real, done = workflow.perform, []

    def dies(name: str, certificate: Certificate, **options: Any) -> Certificate:
        done.append(real(name, certificate, **options))
        if len(done) == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return done[-1]

    with mock.patch("certificates.workflow.perform", dies):
        batches.run(batch.pk, batch.nppo_id)
    os._exit(0)


@at_commit
def test_the_sweep_picks_up_what_a_killed_worker_left(world: World) -> None:
    batch = world.start("issue", world.approved(5))
    status = _killed_at(3, batch)
    assert (os.WIFSIGNALED(status), os.WTERMSIG(status)) == (True, signal.SIGKILL)
    assert [outcome for outcome, _words in world.outcomes(batch)] == ["done", "done", *["waiting"] * 3]
    assert world.numbers() == ["000001", "000002"]
    with mock.patch("certificates.tasks.outbox.nudge", lambda task, *arguments: task(*arguments)):
        do_batches()
    assert world.outcomes(batch) == [("done", "")] * 5
    assert world.numbers() == [f"{n:06d}" for n in range(1, 6)]  # the third number was given back
    with acting_for(world.nppo.pk):
        assert {each.messages.count() for each in Certificate.objects.all()} == {1}
        assert not Envelope.objects.exists()


@at_commit
def test_the_sweep_rings_for_each_batch_of_each_country_and_for_none_that_is_through(world: World) -> None:
    through, left = world.start("issue", world.approved()), world.start("issue", world.approved(3))
    batches.run(through.pk, world.nppo.pk)
    with mock.patch("certificates.tasks.outbox.nudge") as nudge:
        do_batches()
    assert [call.args[1:] for call in nudge.call_args_list] == [(left.pk, world.nppo.pk)]


# The page that tells


def _told(world: World, batch: Batch, by: Membership | None = None) -> Any:
    return acting_client(by or world.officer).get(reverse("certificates:batch", args=[batch.pk]))


def test_the_page_counts_while_it_runs_and_reloads_itself_without_javascript(world: World) -> None:
    batch = world.start("issue", world.approved(2))
    page = _told(world, batch).content.decode()
    assert '<progress max="2" value="0"' in page
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    assert "data-running" in page
    with acting_for(world.nppo.pk), mock.patch("certificates.batches.acting_for"):
        batches._next(batch.pk, world.nppo.pk)
    assert '<progress max="2" value="1"' in _told(world, batch).content.decode()


def test_the_page_tells_each_line_when_it_is_through(world: World) -> None:
    (good,) = world.approved()
    mine = make_certificate(world.nppo, Status.APPROVED, by=world.officer)
    batch = world.start("issue", [good, mine])
    batches.run(batch.pk, world.nppo.pk)
    page = _told(world, batch).content.decode()
    with acting_for(world.nppo.pk):
        number = Certificate.objects.get(pk=good.pk).number
    assert "Issued as" in page
    assert f'<bdi dir="ltr">{number}</bdi>' in page
    assert "Another person must do this." in page
    assert "1 of 2 are done" in page
    assert "<progress" not in page
    assert 'http-equiv="refresh"' not in page
    assert f'href="{reverse("certificates:batch", args=[batch.pk])}"' in (
        acting_client(world.officer).get("/list/submitted/").content.decode()
    )


def test_who_reads_certificates_reads_batches_and_no_other_country_does(world: World) -> None:
    batch = world.start("approve", [world.submitted()])
    assert _told(world, batch, by=world.author).status_code == 200
    assert _told(world, batch, by=make_membership(world.nppo, roles.IMPORT_OFFICER)).status_code == 403
    stranger = make_membership(NppoFactory(code="NZ"), roles.CERTIFYING_OFFICER)
    assert _told(world, batch, by=stranger).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_pages_cost_the_same_with_one_and_with_three(
    world: World, count: int, django_assert_num_queries: Any
) -> None:
    found = world.approved(count)
    batch = world.start("issue", found)
    client = acting_client(world.officer)
    address = reverse("certificates:batch", args=[batch.pk])
    client.get(address)
    with django_assert_num_queries(15):
        client.get(address)


def test_what_is_not_inspected_stays_and_says_why() -> None:
    world = World()
    world.nppo.needs_inspection = True
    with acting_for(world.nppo.pk):
        world.nppo.save(update_fields=["needs_inspection"])
    waiting = world.approved()
    with acting_for(world.nppo.pk):
        assert [each.obstacle for each in batches.verdicts("issue", waiting, world.officer)] == [
            "No inspection is recorded as done."
        ]
    batch = world.start("issue", waiting)
    do_batch(batch.pk, world.nppo.pk)
    ((outcome, words),) = world.outcomes(batch)
    assert (outcome, words) == ("not_done", "No inspection is recorded as done.")
