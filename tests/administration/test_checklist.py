"""The checklist says what is missing before the first certificate, and nothing else; defaults of drafts are read."""

from typing import Any

import pytest
from django.urls import reverse

from certificates import drafts
from certificates.administration.checklist import checks
from certificates.ephyto.document import RE_EXPORT, note_texts
from gens.accounts import mail, roles
from gens.accounts.models import Mail, Nppo, Office
from gens.accounts.tenancy import acting_for
from hubclient.models import Connection
from tests.conftest import acting_client
from tests.factories import NppoFactory, load, make_membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def nppo() -> Any:
    made = NppoFactory(code="WS", four_eyes=True)
    with acting_for(made.pk):
        yield made


def missing(nppo: Nppo) -> set[str]:
    return {str(check.words) for check in checks(nppo) if not check.is_done}


def test_a_new_nppo_lacks_everything_but_its_name(nppo: Nppo) -> None:
    assert len(missing(nppo)) == len(checks(nppo)) - 2  # its name; no mail has failed


def test_step_by_step_it_becomes_ready(nppo: Nppo) -> None:
    load()
    Office.objects.create(nppo=nppo, name="Apia", place="Apia")
    inspector = make_membership(nppo, roles.INSPECTOR)
    assert "Somebody can draft certificates" not in missing(nppo)
    assert "Somebody is authorised to issue today" in missing(nppo)
    officer = make_membership(nppo, roles.CERTIFYING_OFFICER)
    assert {word for word in missing(nppo) if "Hub" not in word} == {
        "Its client certificate is valid for two months at least",
        "Papers are sealed electronically, for a month at least",
    }
    inspector.is_active = False
    inspector.save()
    assert "There is a second person, or the NPPO does without four eyes" in missing(nppo)
    nppo.four_eyes = False
    assert "There is a second person, or the NPPO does without four eyes" not in missing(nppo)
    officer.authorised_until = "2020-01-01"
    officer.save()
    assert "Somebody is authorised to issue today" in missing(nppo)


def test_a_connection_that_fails_and_mails_that_do_not_leave_are_told(nppo: Nppo) -> None:
    connection = Connection.objects.create(
        nppo=nppo, kind="pilot", endpoint="https://localhost/", code="WS", last_contact_at="2026-11-24T00:00:00Z"
    )
    assert "The Hub has answered" not in missing(nppo)
    connection.failures = 5
    connection.save()
    Mail.objects.create(nppo=nppo, to="a@example.org", kind="x", subject="x", text="x", attempts=mail.MOST)
    assert missing(nppo) >= {"The Hub has answered", "E-mails leave"}


def test_the_page_counts_and_leads_to_each_screen(nppo: Nppo) -> None:
    admin = make_membership(nppo, roles.ADMINISTRATOR)
    client = acting_client(admin)
    index = client.get(reverse("administration:index")).content.decode()
    assert "Ready to issue: 3 of 11" in index
    page = client.get(reverse("administration:checklist")).content.decode()
    assert "Something that every certificate needs is missing." in page
    assert reverse("administration:people") in page


def test_the_optional_clauses_of_the_nppo_stand_in_new_drafts(nppo: Nppo) -> None:
    author = make_membership(nppo, roles.INSPECTOR)
    assert drafts.create(by=author).document.statements == ("1",)
    author.nppo.certifies_practically_free = author.nppo.disclaims_liability = True
    made = drafts.create(by=author).document
    assert made.statements == ("1", "2")
    assert [text.text for text in note_texts(made.notes, "SPSFL")] == ["5"]
    assert drafts.create(by=author, kind=RE_EXPORT).document.statements == ("",)
