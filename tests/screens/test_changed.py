"""Whoever approves a certificate that was returned before sees what its author changed since."""

from dataclasses import replace

import pytest
from django.urls import reverse

from certificates import storage, workflow
from certificates.ephyto.document import Party
from certificates.models import Certificate, Status
from gens.accounts import roles
from gens.accounts.models import Membership
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, load, make_certificate, make_membership

pytestmark = pytest.mark.django_db


def _page(certificate: Certificate, by: Membership) -> str:
    return acting_client(by).get(reverse("certificates:certificate", args=[certificate.pk])).content.decode()


def test_the_officer_sees_what_changed_since_the_last_return() -> None:
    load()
    nppo = NppoFactory(code="WS")
    author, officer = make_membership(nppo, roles.INSPECTOR), make_membership(nppo, roles.CERTIFYING_OFFICER)
    found = make_certificate(nppo, Status.SUBMITTED, by=author)
    assert "Changed since it was returned" not in _page(found, officer)
    with acting_for(nppo.pk):
        found = workflow.perform("return", found, by=officer, reason="Which exporter?")
        storage.store(found, replace(found.document, exporter=Party("Savaii Growers Ltd", ("Salelologa",))))
        found = workflow.perform("submit", found, by=author)
    page = _page(found, officer)
    assert "Changed since it was returned" in page
    assert '<del dir="auto">Upolu Growers Ltd</del>' in page
    assert '<ins dir="auto">Savaii Growers Ltd</ins>' in page
    with acting_for(nppo.pk):
        found = workflow.perform("return", found, by=officer, reason="And the weight?")
        found = workflow.perform("submit", found, by=author)
    assert "Nothing was changed." in _page(found, officer)
