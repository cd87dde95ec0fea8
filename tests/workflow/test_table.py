"""Every role, status and action against a table written by hand from ISPM 12 and the design, not from the code."""

import pytest

from certificates import workflow
from certificates.models import Direction, Status
from gens.accounts import roles
from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for
from tests.factories import NppoFactory, make_certificate, make_membership

pytestmark = pytest.mark.django_db

# (role, status, action) that are allowed; every other combination is refused.
INSPECTOR, OFFICER, IMPORTER = roles.INSPECTOR, roles.CERTIFYING_OFFICER, roles.IMPORT_OFFICER
ALLOWED = {
    (INSPECTOR, "draft", "submit"), (INSPECTOR, "returned", "submit"),
    (INSPECTOR, "draft", "discard"), (INSPECTOR, "returned", "discard"),
    (OFFICER, "draft", "submit"), (OFFICER, "returned", "submit"),
    (OFFICER, "draft", "discard"), (OFFICER, "returned", "discard"),
    (OFFICER, "submitted", "approve"), (OFFICER, "submitted", "return"),
    (OFFICER, "approved", "return"), (OFFICER, "approved", "issue"), (OFFICER, "issued", "withdraw"),
    (IMPORTER, "received", "open"), (IMPORTER, "received", "accept"), (IMPORTER, "received", "refuse"),
    (IMPORTER, "opened", "accept"), (IMPORTER, "opened", "refuse"),
}  # fmt: skip
THEIRS = {"received", "opened", "accepted", "refused"}


def _direction(status: str) -> Direction:
    return Direction.RECEIVED if status in THEIRS else Direction.ISSUED


@pytest.fixture
def nppo() -> Nppo:
    return NppoFactory(code="WS")


@pytest.mark.parametrize("role", list(roles.ROLE_NAMES))
def test_each_role_may_exactly_what_the_table_says(nppo: Nppo, role: str) -> None:
    membership, other = make_membership(nppo, role), make_membership(nppo, INSPECTOR)
    for status in Status:
        certificate = make_certificate(nppo, status, by=other, direction=_direction(status))
        with acting_for(nppo.pk):
            offered = {action.name for action in workflow.available_actions(membership, certificate)}
        assert offered == {action for r, s, action in ALLOWED if (r, s) == (role, status.value)}, status


@pytest.mark.parametrize("role", list(roles.ROLE_NAMES))
@pytest.mark.parametrize("action", sorted(set(workflow.TRANSITIONS) - {"issue"}))
def test_a_verb_refuses_everything_else_and_changes_nothing(nppo: Nppo, role: str, action: str) -> None:
    membership, other = make_membership(nppo, role), make_membership(nppo, INSPECTOR)
    for status in Status:
        certificate = make_certificate(nppo, status, by=other, direction=_direction(status))
        with acting_for(nppo.pk):
            if (role, status.value, action) in ALLOWED:
                workflow.perform(action, certificate, by=membership, reason="Because.", original="lost")
                certificate.refresh_from_db()
                assert certificate.status == workflow.TRANSITIONS[action].target
            else:
                with pytest.raises((workflow.NotAllowed, workflow.WrongStatus)):
                    workflow.perform(action, certificate, by=membership, reason="Because.", original="lost")
                certificate.refresh_from_db()
                assert certificate.status == status
                assert certificate.events.count() == 0


def test_every_change_of_state_says_who_when_and_why(nppo: Nppo) -> None:
    author, officer = make_membership(nppo, INSPECTOR), make_membership(nppo, OFFICER)
    certificate = make_certificate(nppo, Status.SUBMITTED, by=author)
    with acting_for(nppo.pk):
        workflow.perform("return", certificate, by=officer, reason=" Line 2 needs a unit. ")
        event = certificate.events.get()
    assert (event.action, event.from_state, event.to_state) == ("returned", "submitted", "returned")
    assert (event.by_id, event.by_name, event.office_name) == (officer.pk, officer.user.name, officer.office.name)
    assert event.reason == "Line 2 needs a unit."
    with acting_for(nppo.pk):
        certificate.refresh_from_db()
    assert certificate.holder_id == author.pk


def test_returning_needs_a_reason(nppo: Nppo) -> None:
    certificate = make_certificate(nppo, Status.SUBMITTED, by=make_membership(nppo, INSPECTOR))
    officer = make_membership(nppo, OFFICER)
    with acting_for(nppo.pk), pytest.raises(workflow.ReasonMissing):
        workflow.perform("return", certificate, by=officer, reason="   ")


@pytest.mark.parametrize(("status", "action"), [(Status.SUBMITTED, "approve"), (Status.APPROVED, "issue")])
def test_four_eyes_refuse_whoever_wrote_it(nppo: Nppo, status: Status, action: str) -> None:
    officer = make_membership(nppo, OFFICER)
    certificate = make_certificate(nppo, status, by=officer)
    with acting_for(nppo.pk):
        assert action not in {a.name for a in workflow.available_actions(officer, certificate)}
        with pytest.raises(workflow.SecondPersonNeeded):
            workflow.perform(action, certificate, by=officer)


def test_four_eyes_are_a_setting_of_the_nppo() -> None:
    nppo = NppoFactory(code="TK", four_eyes=False)
    officer = make_membership(nppo, OFFICER)
    certificate = make_certificate(nppo, Status.SUBMITTED, by=officer)
    with acting_for(nppo.pk):
        assert workflow.perform("approve", certificate, by=officer).status == Status.APPROVED


def test_whoever_submits_is_an_author_too(nppo: Nppo) -> None:
    author, officer = make_membership(nppo, INSPECTOR), make_membership(nppo, OFFICER)
    certificate = make_certificate(nppo, Status.DRAFT, by=author)
    with acting_for(nppo.pk):
        workflow.perform("submit", certificate, by=officer)
        with pytest.raises(workflow.SecondPersonNeeded):
            workflow.perform("approve", certificate, by=officer)
