"""Attaching files to a draft: the four kinds that partners accept, within one envelope, and off again."""

import hashlib
import struct
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from certificates import drafts, workflow
from certificates.ephyto.document import Attachment
from certificates.ephyto.xml import Message as Read
from certificates.ephyto.xml import from_xml
from certificates.forms.attaching import REST, room
from certificates.models import Blob, Certificate, Message
from gens.accounts import roles
from gens.accounts.models import Membership
from gens.accounts.tenancy import acting_for
from tests.factories import NppoFactory, load, make_membership, valid_document

pytestmark = pytest.mark.django_db


def png(extra: int = 0) -> bytes:
    """One grey pixel, and a text chunk of so many bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    said = chunk(b"tEXt", b"Comment\0" + b"x" * extra) if extra else b""
    return b"\x89PNG\r\n\x1a\n" + head + said + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


@pytest.fixture
def inspector() -> Membership:
    load()
    return make_membership(NppoFactory(code="WS"), roles.INSPECTOR)


@pytest.fixture
def draft(inspector: Membership) -> Certificate:
    with acting_for(inspector.nppo_id):
        return drafts.create(by=inspector, document=valid_document())


@pytest.fixture
def client(inspector: Membership, signed_in: Any) -> Client:
    browser: Client = signed_in(inspector)
    return browser


def attach(client: Client, draft: Certificate, data: bytes, name: str = "permit.png", **fields: str) -> Any:
    posted = {"kind": "ZZZ", "file": SimpleUploadedFile(name, data)} | fields
    return client.post(drafts.url_of(draft, "attachments"), posted)


def held(draft: Certificate) -> tuple[Attachment, ...]:
    with acting_for(draft.nppo_id):
        return Certificate.objects.get(pk=draft.pk).document.attachments


def test_a_file_is_kept_shown_and_sent(client: Client, draft: Certificate, inspector: Membership) -> None:
    data = png()
    said = {"kind": "AWR", "number": "BE-1", "date": "12 7 2026", "description": "Certified true copy"}
    assert attach(client, draft, data, "../évil\u202egnp.png", **said).status_code == 302
    (item,) = held(draft)
    assert (item.sha256, item.size, item.media_type) == (hashlib.sha256(data).hexdigest(), len(data), "image/png")
    assert (item.kind, item.number, item.date) == ("AWR", "BE-1", "2026-07-12")
    page = client.get(drafts.url_of(draft, "attachments")).content.decode()
    assert "Certified true copy" in page
    assert "\u202e" not in page
    got = client.get(reverse("certificates:attachment", args=[draft.pk, item.id]))
    assert (got.content, got.headers["Content-Type"]) == (data, "image/png")
    officer = make_membership(inspector.nppo, roles.CERTIFYING_OFFICER)
    with acting_for(draft.nppo_id):
        for step, by in (("submit", inspector), ("approve", officer), ("issue", officer)):
            workflow.perform(step, draft, by=by)
        read = from_xml(bytes(Message.objects.get().xml))
    assert isinstance(read, Read)
    assert read.blobs == {item.sha256: data}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00 a program", "not a whole PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a whole PDF"),
        (png()[:-4], "not a whole PDF"),
        (png() + b"<script>", "not a whole PDF"),
        (png(8_000_000), "too large"),
    ],
    ids=["nothing", "program", "svg", "cut", "tail", "large"],
)
def test_what_partners_would_not_take_is_refused_with_what_to_do(
    client: Client, draft: Certificate, data: bytes, words: str
) -> None:
    refused = attach(client, draft, data, description="Kept in the form")
    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert "Kept in the form" in refused.content.decode()
    assert held(draft) == ()


def test_all_attachments_together_fit_into_one_envelope(client: Client, draft: Certificate) -> None:
    assert attach(client, draft, png(4_000_000)).status_code == 302
    assert attach(client, draft, png(4_000_000)).status_code == 422
    assert attach(client, draft, png(2_000_000)).status_code == 302
    left = room(valid_document(attachments=held(draft)))
    assert 0 < left < 7_200_000 - 6_000_000
    assert sum(item.size for item in held(draft)) * 4 / 3 + REST < 10_000_000


def test_no_file_at_all_is_told(client: Client, draft: Certificate) -> None:
    assert client.post(drafts.url_of(draft, "attachments"), {"kind": "ZZZ"}).status_code == 422


def test_the_same_file_twice_is_two_attachments_and_one_blob(client: Client, draft: Certificate) -> None:
    attach(client, draft, png())
    attach(client, draft, png())
    assert [item.number for item in held(draft)] == ["1", "2"]
    with acting_for(draft.nppo_id):
        assert Blob.objects.count() == 1


def test_taking_off_asks_first(client: Client, draft: Certificate) -> None:
    attach(client, draft, png())
    (item,) = held(draft)
    address = reverse("certificates:detach", args=[draft.pk, item.id])
    assert "It leaves the draft." in client.get(address).content.decode()
    assert len(held(draft)) == 1
    assert client.post(address).status_code == 302
    assert held(draft) == ()
    assert client.post(address).status_code == 404


def test_after_submitting_nothing_is_attached(client: Client, draft: Certificate, inspector: Membership) -> None:
    with acting_for(draft.nppo_id):
        workflow.perform("submit", draft, by=inspector)
    assert attach(client, draft, png()).status_code == 409
    assert held(draft) == ()
