"""Whatever an attachment is and is called, it reaches a person as a file to keep: never as a page, never as a program."""

import hashlib
import io
import re
from email.message import Message as Headers
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser

from certificates import storage
from certificates.ephyto.document import Attachment
from certificates.ephyto.media import SHOWN, UNKNOWN
from certificates.ephyto.xml import Message, from_xml, to_xml
from certificates.models import Blob, Certificate, Status
from certificates.paper import pdf as pdf_of
from gens.accounts import roles
from gens.accounts.models import Membership
from gens.accounts.tenancy import acting_for
from hubclient.models import Connection, Envelope
from tests.ephyto.files import image, pdf, png
from tests.factories import NppoFactory, load, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db

PAGE = b"<!DOCTYPE html><script>document.title='run'</script>"
CONTENTS = {
    "pdf": pdf(), "png": image("PNG"), "jpeg": image("JPEG"), "gif": image("GIF"), "page": PAGE, "script": b"alert(1)",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "program": b"MZ\x90\0", "GIF and page": image("GIF") + PAGE,
    "PDF and page": pdf() + PAGE, "bomb": png(2**31 - 1, 2**31 - 1), "one byte": b"\0",
}  # fmt: skip
NAMES = [
    "letter.pdf", "letter.pdf.exe", 'a"b.html', "a\\b.html", "../../up.html", "a\tb\nc.js", "letter\u202efdp.exe", "x" * 300,
    "", "شحنة.pdf", "芋头 证书.jpeg", "<script>alert(1)</script>.svg", "a; filename=b.exe", "%2e%2e%2f.pdf", "index.html", ".",
]  # fmt: skip


def received(contents: list[bytes], name: str) -> tuple[Membership, Certificate, Message]:
    """A certificate that came with these attachments, all of one name, and a person who may read it."""
    blobs = {hashlib.sha256(data).hexdigest(): data for data in contents}
    attached = tuple(Attachment(sha256=sha256, filename=name, kind="ZZZ", number="7") for sha256 in blobs)
    message = from_xml(to_xml(valid_document(attachments=attached), blobs))
    assert isinstance(message, Message)
    nppo = NppoFactory(code="NZ")
    certificate = make_certificate(
        nppo, Status.RECEIVED, direction="received", number="WS-1", counterpart="WS", document=message.document
    )
    with acting_for(nppo.pk):
        storage.keep_blobs(nppo.pk, message.blobs)
    return make_membership(nppo, roles.IMPORT_OFFICER), certificate, message


def name_of(disposition: str) -> str:
    """The file name as a program reads it that knows RFC 6266 and RFC 5987."""
    header = Headers()
    header["Content-Disposition"] = disposition
    assert header.get_content_disposition() == "attachment"
    return header.get_filename() or ""


@pytest.mark.parametrize("name", NAMES)
def test_every_attachment_is_a_file_to_keep(name: str, signed_in: Any) -> None:
    officer, certificate, message = received(list(CONTENTS.values()), name)
    client = signed_in(officer)
    for item in message.document.attachments:
        response = client.get(reverse("certificates:attachment", args=[certificate.pk, item.id]))
        assert response.content == message.blobs[item.sha256]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"].startswith("sandbox;")
        assert "allow-" not in response.headers["Content-Security-Policy"]
        kind = response.headers["Content-Type"]
        saved = name_of(response.headers["Content-Disposition"])
        assert kind in {UNKNOWN, *SHOWN}
        assert saved.endswith((f".{SHOWN.get(kind, 'bin')}", ".jpeg"))
        assert saved.isprintable()
        assert not set(saved) & set('/\\":;<>|*?')
        assert len(saved.encode()) <= 255


def test_only_what_is_wholly_one_of_the_four_kinds_is_called_so(signed_in: Any) -> None:
    officer, certificate, message = received(list(CONTENTS.values()), "letter.pdf")
    client = signed_in(officer)
    told = {}
    for name, item in zip(CONTENTS, message.document.attachments, strict=True):
        told[name] = client.get(reverse("certificates:attachment", args=[certificate.pk, item.id])).headers[
            "Content-Type"
        ]
    four = {"pdf": "application/pdf", "png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif"}
    assert told == {name: four.get(name, UNKNOWN) for name in CONTENTS}
    with acting_for(certificate.nppo_id):
        assert {blob.sha256: blob.media_type for blob in Blob.objects.all()} == {
            item.sha256: item.media_type for item in message.document.attachments
        }


@pytest.mark.parametrize("name", ["شحنة.pdf", "芋头 证书.pdf", "Ñandú.pdf", "100 € lot.pdf"])
def test_names_in_every_script_survive(name: str, signed_in: Any) -> None:
    officer, certificate, message = received([CONTENTS["pdf"]], name)
    (item,) = message.document.attachments
    response = signed_in(officer).get(reverse("certificates:attachment", args=[certificate.pk, item.id]))
    assert response.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert name_of(response.headers["Content-Disposition"]) == name


def test_the_page_names_the_file_as_it_will_be_saved(signed_in: Any) -> None:
    load()
    officer, certificate, _message = received([CONTENTS["program"]], "letter\u202efdp.exe")
    page = signed_in(officer).get(reverse("certificates:certificate", args=[certificate.pk])).content.decode()
    link = re.search(r'<a href="[^"]*/attachment/[^>]*>([^<]*)</a>', page)
    assert link is not None
    assert link[1] == "letterfdp.exe.bin"


def test_what_nobody_could_read_is_a_file_to_keep(signed_in: Any) -> None:
    nppo = NppoFactory(code="NZ")
    with acting_for(nppo.pk):
        connected = Connection.objects.create(nppo=nppo, kind="pilot", endpoint="https://localhost/", code="NZ")
        envelope = Envelope.objects.create(
            nppo=nppo, connection=connected, is_incoming=True, sender="WS", receiver="NZ", content=PAGE, sha256="0",
            state="acknowledged", verdict="unreadable", tracking_number='1"; filename="x.html', due_at=timezone.now(),
        )  # fmt: skip
    client = signed_in(make_membership(nppo, roles.IMPORT_OFFICER))
    response = client.get(reverse("certificates:unreadable_content", args=[envelope.pk]))
    assert (response.content, response.headers["Content-Type"]) == (PAGE, UNKNOWN)
    assert name_of(response.headers["Content-Disposition"]) == "envelope-1__ filename=_x.html.bin"
    assert response.headers["Content-Security-Policy"].startswith("sandbox;")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_browser_saves_every_attachment_and_opens_none(
    signed_in: Any, live_server: Any, settings: Any, browser: Browser
) -> None:
    settings.BEHIND_TLS = False
    officer, certificate, message = received(list(CONTENTS.values()), "شحنة\u202efdp.html")
    cookie = signed_in(officer).cookies["sessionid"].value
    context = browser.new_context()
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page = context.new_page()
    for item in message.document.attachments:
        address = reverse("certificates:attachment", args=[certificate.pk, item.id])
        with page.expect_download() as coming:
            page.evaluate("address => { location.href = address }", live_server.url + address)
        assert Path(coming.value.path()).read_bytes() == message.blobs[item.sha256]
        assert coming.value.suggested_filename == f"شحنةfdp.html.{SHOWN.get(item.media_type, 'bin')}"
        assert page.title() == ""
    context.close()


def test_a_reproduction_carries_the_message_under_a_plain_name_and_no_attachment() -> None:
    number = "../../run\u202elmx.exe"
    data = hashlib.sha256(CONTENTS["program"]).hexdigest()
    attached = (Attachment(sha256=data, filename="run.exe", kind="ZZZ", number="7"),)
    document = valid_document(number=number, attachments=attached)
    content = to_xml(document, {data: CONTENTS["program"]})
    made = pdf_of.render(document, xml=content, origin=pdf_of.Origin("WS", "today"))
    with pikepdf.open(io.BytesIO(made)) as opened:
        assert {name: item.get_file().read_bytes() for name, item in opened.attachments.items()} == {
            "_.._runlmx.exe.xml": content
        }
