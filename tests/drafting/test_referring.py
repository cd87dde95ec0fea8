"""The own reference: found, listed, changed at any time; in neither the message nor the paper."""

import io
from typing import Any

import pikepdf
import pytest
from django.db.utils import ProgrammingError
from django.urls import reverse

from certificates import printing, referring, storage, workflow
from certificates.ephyto.xml import to_xml
from certificates.models import Certificate, Message, Rendering, Status
from certificates.paper.face import face
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from hubclient.models import Connection
from tests.conftest import acting_client
from tests.factories import NppoFactory, load, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db
OWN = "PO-4711/Täro"


@pytest.fixture
def nppo() -> Nppo:
    load()
    return NppoFactory(code="WS")


@pytest.fixture
def inspector(nppo: Nppo) -> Membership:
    return make_membership(nppo, roles.INSPECTOR)


def write(certificate: Certificate, by: Membership, text: str = OWN) -> Any:
    address = reverse("certificates:reference", args=[certificate.pk])
    return acting_client(by).post(address, {"own_reference": text})


def now(certificate: Certificate) -> Certificate:
    with acting_for(certificate.nppo_id):
        return Certificate.objects.get(pk=certificate.pk)


def test_it_is_in_neither_the_message_nor_the_paper(nppo: Nppo, inspector: Membership, settings: Any) -> None:
    settings.CELERY_BROKER_URL = "amqp://127.0.0.1:1"
    officer = make_membership(nppo, roles.CERTIFYING_OFFICER)
    with acting_for(nppo.pk):
        Connection.objects.create(nppo=nppo, kind="pilot", endpoint="https://127.0.0.1:1/", code="WS")
    approved = make_certificate(nppo, Status.APPROVED, by=inspector)
    write(approved, inspector)
    with acting_for(nppo.pk):
        issued = workflow.perform("issue", approved, by=officer)
        message = Message.objects.get()
        assert (now(issued).own_reference, now(issued).status) == (OWN, Status.ISSUED)
    printing.render(issued.pk, nppo.pk)
    with acting_for(nppo.pk):
        pdf = bytes(Rendering.objects.get().pdf)
    told = bytes(message.xml).decode()
    assert issued.number in told
    assert "4711" not in told
    opened = pikepdf.open(io.BytesIO(pdf))
    parts = [bytes(stream.read_bytes()) for stream in opened.objects if isinstance(stream, pikepdf.Stream)]
    assert any(issued.number.encode() in part for part in parts)  # the message inside names the certificate
    assert not any(b"4711" in part for part in parts)
    assert "4711" not in str(face(issued.document))
    assert b"4711" not in to_xml(issued.document, {})


def test_it_is_found_by_search_and_shown_in_lists(nppo: Nppo, inspector: Membership) -> None:
    first, second = (make_certificate(nppo, Status.DRAFT, by=inspector) for _ in range(2))
    write(first, inspector)
    client = acting_client(inspector)
    assert client.get("/search/?q=po-4711/taro").url == reverse("certificates:certificate", args=[first.pk])
    listed = client.get("/list/drafts/").content.decode()
    assert listed.count(OWN) == 1
    assert OWN in client.get("/new/?q=4711").content.decode()
    assert second.pk not in [row.pk for row in client.get("/list/drafts/?q=4711").context["rows"]]


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED, Status.ISSUED, Status.WITHDRAWN, Status.REPLACED])
def test_it_is_written_at_any_time_and_what_it_was_before_stays_told(
    nppo: Nppo, inspector: Membership, status: Status
) -> None:
    number = "" if status in (Status.DRAFT, Status.SUBMITTED) else "WS-7"
    found = make_certificate(nppo, status, by=inspector, number=number, document=valid_document(number=number))
    assert write(found, inspector).status_code == 302
    assert write(found, inspector, "  PO   5 ").status_code == 302
    assert now(found).own_reference == "PO 5"
    assert now(found).document == found.document
    with acting_for(nppo.pk):
        told = list(found.events.order_by("pk").values_list("action", "changes"))
    assert told == [
        ("referred", {"own_reference": ["", OWN]}), ("referred", {"own_reference": [OWN, "PO 5"]}),
    ]  # fmt: skip


def test_saving_a_section_keeps_it_findable(nppo: Nppo, inspector: Membership) -> None:
    found = make_certificate(nppo, Status.DRAFT, by=inspector)
    write(found, inspector)
    row = now(found)
    with acting_for(nppo.pk):
        storage.store(row, row.document)
    assert "po-4711/taro" in now(found).search_text


def test_the_same_again_tells_nothing(nppo: Nppo, inspector: Membership) -> None:
    found = make_certificate(nppo, Status.DRAFT, by=inspector, own_reference=OWN)
    write(found, inspector)
    with acting_for(nppo.pk):
        assert not found.events.exists()


def test_too_long_a_one_comes_back_with_what_was_typed(nppo: Nppo, inspector: Membership) -> None:
    found = make_certificate(nppo, Status.DRAFT, by=inspector)
    refused = write(found, inspector, "x" * 121)
    assert refused.status_code == 422
    assert "x" * 121 in refused.content.decode()
    assert "<title>Error:" in refused.content.decode()
    assert now(found).own_reference == ""


def test_who_drafts_sees_the_form_and_who_reads_sees_the_words(nppo: Nppo, inspector: Membership) -> None:
    found = make_certificate(nppo, Status.ISSUED, by=inspector, number="WS-7", own_reference=OWN)
    address = reverse("certificates:certificate", args=[found.pk])
    assert f'value="{OWN}"' in acting_client(inspector).get(address).content.decode()
    read = acting_client(make_membership(nppo, roles.AUDITOR)).get(address).content.decode()
    assert OWN in read
    assert 'name="own_reference"' not in read


def test_who_only_reads_writes_none_and_received_ones_have_none(nppo: Nppo, inspector: Membership) -> None:
    found = make_certificate(nppo, Status.ISSUED, by=inspector, number="WS-7")
    with acting_for(nppo.pk), pytest.raises(workflow.NotAllowed):
        referring.refer(found, OWN, by=make_membership(nppo, roles.AUDITOR))
    received = make_certificate(nppo, Status.ACCEPTED, direction="received", counterpart="NZ", number="NZ-1")
    both = make_membership(nppo, roles.INSPECTOR, roles.IMPORT_OFFICER)
    assert write(received, both).status_code == 404
    with acting_for(nppo.pk), pytest.raises(workflow.NotAllowed):
        referring.refer(received, OWN, by=both)


def test_the_issued_document_stays_under_its_trigger(nppo: Nppo, inspector: Membership) -> None:
    found = make_certificate(nppo, Status.ISSUED, by=inspector, number="WS-7")
    with pytest.raises(ProgrammingError, match="Cannot update"), acting_for(nppo.pk):
        storage.store(found, valid_document(number="WS-7"))
