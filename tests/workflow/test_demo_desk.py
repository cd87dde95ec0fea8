"""The demo's desk: what it shows is made by the real verbs."""

import pytest

from certificates import batches, demo_desk
from certificates.models import Batch, Certificate, HandIssued, Print, Returned, Sheet, Status
from gens.accounts import roles
from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for
from tests.factories import NppoFactory, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db


def test_the_demo_has_something_of_each() -> None:
    nppo: Nppo = NppoFactory(code="WS")
    people = [roles.INSPECTOR, roles.CERTIFYING_OFFICER, roles.CERTIFYING_OFFICER, roles.ADMINISTRATOR]
    author, officer, _second, _admin = (make_membership(nppo, role) for role in people)
    issued = [make_certificate(nppo, Status.ISSUED, by=author, number=f"WS-2026-00000{n}") for n in (1, 2, 3)]
    approved = [make_certificate(nppo, Status.APPROVED, by=author) for _ in range(2)]
    submitted = make_certificate(nppo, Status.SUBMITTED, by=author)
    with acting_for(nppo.pk):
        demo_desk.remark(submitted, by=officer)
        demo_desk.make(officer, issued, together=approved, on_paper=valid_document())
        batch = Batch.objects.get()
    batches.run(batch.pk, nppo.pk)
    with acting_for(nppo.pk):
        assert set(Returned.objects.get().remarks) == {"lines", "transport"}
        assert [item.outcome for item in batch.items.all()] == ["done", "done"]
        assert sorted(Print.objects.values_list("outcome", flat=True)) == ["asked", "good", "good", "spoiled"]
        assert Sheet.objects.filter(is_spoiled=True).count() == 1
        hand = HandIssued.objects.select_related("certificate").get()
        assert (hand.certificate.status, hand.certificate.number) == ("issued", hand.number)
        assert hand.number.endswith("-009101")
        assert Certificate.objects.filter(number=hand.number).count() == 1
