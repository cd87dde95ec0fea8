"""Keeping the electronic certificate back while it still waits; and the banner that says a Hub is silent."""

import pytest
from django.test import Client

from certificates import workflow
from certificates.models import Certificate, Status
from gens.accounts import roles
from gens.accounts.models import Event, Membership, Nppo
from gens.accounts.tenancy import acting_for
from hubclient.models import TROUBLE, Connection, Envelope
from tests.factories import NppoFactory, load, make_certificate, make_membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def nppo() -> Nppo:
    load()
    made: Nppo = NppoFactory(code="WS")
    with acting_for(made.pk):
        Connection.objects.create(
            nppo=made, kind="pilot", endpoint="https://127.0.0.1:1/", code="WS", grace_seconds=600
        )
    return made


@pytest.fixture
def officer(nppo: Nppo) -> Membership:
    return make_membership(nppo, roles.CERTIFYING_OFFICER)


@pytest.fixture
def issued(nppo: Nppo, officer: Membership) -> Certificate:
    author = make_membership(nppo, roles.INSPECTOR)
    with acting_for(nppo.pk):
        return workflow.perform("issue", make_certificate(nppo, Status.APPROVED, by=author), by=officer)


def test_within_the_grace_an_officer_recalls_it_with_a_reason(
    nppo: Nppo, officer: Membership, issued: Certificate, signed_in
) -> None:
    client: Client = signed_in(officer)
    address = f"/certificate/{issued.pk}/recall/"
    assert address in client.get(f"/certificate/{issued.pk}/").content.decode()
    assert client.post(address).status_code == 422
    page = client.post(address, {"reason": "The consignee is wrong."}, follow=True).content.decode()
    assert "Not sent to New Zealand" in page
    with acting_for(nppo.pk):
        envelope = Envelope.objects.get()
        assert (envelope.state, envelope.reason) == (Envelope.State.NOT_SENT, Envelope.Reason.RECALLED)
        assert Event.objects.filter(reason="The consignee is wrong.", by=officer).exists()
        assert Certificate.objects.get(pk=issued.pk).status == Status.ISSUED


def test_what_may_have_left_cannot_be_recalled(nppo: Nppo, officer: Membership, issued: Certificate, signed_in) -> None:
    with acting_for(nppo.pk):
        Envelope.objects.update(state=Envelope.State.SENDING)
    page = (
        signed_in(officer).post(f"/certificate/{issued.pk}/recall/", {"reason": "late"}, follow=True).content.decode()
    )
    assert "It has left, or may have." in page
    with acting_for(nppo.pk):
        assert Envelope.objects.get().state == Envelope.State.SENDING


@pytest.mark.parametrize(("failures", "is_told"), [(TROUBLE - 1, False), (TROUBLE, True)])
def test_officers_are_told_once_when_the_hub_is_silent(
    nppo: Nppo, officer: Membership, failures: int, is_told: bool, signed_in
) -> None:
    with acting_for(nppo.pk):
        Connection.objects.update(failures=failures)
    page = signed_in(officer).get("/list/issued/").content.decode()
    assert page.count("The Hub does not answer.") == is_told
