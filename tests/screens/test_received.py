"""What arrived is shown complete: the real example with every value, its attachments, and what no field holds."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from certificates import storage
from certificates.ephyto import show
from certificates.ephyto.xml import Message, from_xml
from certificates.models import Status
from gens.accounts import roles
from gens.accounts.tenancy import acting_for
from tests.factories import NppoFactory, load, make_certificate, make_membership

pytestmark = pytest.mark.django_db


def test_the_real_example_is_shown_with_all_its_content(reference: Path, signed_in: Any) -> None:
    load()
    message = from_xml((reference / "ephyto/samples/851_full_example_AR-EC_with_attachments.xml").read_bytes())
    assert isinstance(message, Message)
    nppo = NppoFactory(code="EC")
    certificate = make_certificate(
        nppo, Status.RECEIVED, direction="received", number="123ABC", counterpart="AR", document=message.document
    )
    with acting_for(nppo.pk):
        storage.keep_blobs(nppo.pk, message.blobs)
    client = signed_in(make_membership(nppo, roles.IMPORT_OFFICER))
    page = _plain(client.get(reverse("certificates:certificate", args=[certificate.pk])).content.decode())
    for row in show.rows(message.document):
        assert _plain(html.escape(row.value)) in page, row.path
    for attachment in message.document.attachments:
        assert attachment.filename in page
    first, *_rest, damaged = message.document.attachments
    sent = client.get(reverse("certificates:attachment", args=[certificate.pk, first.id]))
    assert (sent.content, sent.headers["Content-Type"]) == (message.blobs[first.sha256], "application/pdf")
    assert client.get(reverse("certificates:attachment", args=[certificate.pk, damaged.id])).status_code == 404


def test_an_auditor_reads_without_marking_it_as_opened(signed_in: Any) -> None:
    load()
    nppo = NppoFactory(code="EC")
    certificate = make_certificate(nppo, Status.RECEIVED, direction="received", number="X", counterpart="AR")
    address = reverse("certificates:certificate", args=[certificate.pk])
    assert signed_in(make_membership(nppo, roles.AUDITOR)).get(address).status_code == 200
    with acting_for(nppo.pk):
        certificate.refresh_from_db()
        assert certificate.status == Status.RECEIVED
    signed_in(make_membership(nppo, roles.IMPORT_OFFICER)).get(address)
    with acting_for(nppo.pk):
        certificate.refresh_from_db()
        assert (certificate.status, certificate.events.get().action) == (Status.OPENED, "opened")


def _plain(text: str) -> str:
    return "".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())


@pytest.mark.parametrize(
    "name", ["account_reset_password", "account_reset_password_done", "account_signup", "account_login"]
)
def test_the_pages_of_the_account_stand_in_our_frame(client: Any, name: str) -> None:
    page = client.get(reverse(name)).content.decode()
    assert 'class="bar"' in page
    assert 'href="/static/gens.css"' in page
