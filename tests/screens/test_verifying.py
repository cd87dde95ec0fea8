"""Anybody who has the paper can ask whether it is valid, learns no more than the paper says, and nobody can guess an address."""

import gzip
import hashlib
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Response, expect

from certificates import printing, public
from certificates.models import Certificate, Message, PublicLink, Rendering, Status
from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for
from tests.browsing import violations
from tests.factories import NppoFactory, load, make_certificate, valid_document

pytestmark = pytest.mark.django_db
XML = b"<issued/>"


class World:
    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        self.issued = self.made("WS-1", Status.ISSUED)

    def made(self, number: str, status: Status, **fields: Any) -> Certificate:
        document = valid_document(number=number, issued="2026-07-15T10:42:00+13:00")
        made = make_certificate(self.nppo, status, document=document, number=number, **fields)
        with acting_for(self.nppo.pk):
            Message.objects.create(
                nppo=self.nppo, certificate=made, status_code="70", xml=XML, sha256=hashlib.sha256(XML).hexdigest()
            )
        return made

    def token(self, certificate: Certificate) -> str:
        with acting_for(self.nppo.pk):
            return f"{self.nppo.pk}-{public.link_of(certificate).secret}"

    def ask(self, certificate: Certificate, **headers: str) -> Any:
        return Client().get(reverse("certificates:verify", args=[self.token(certificate)]), headers=headers)

    def data(self, certificate: Certificate) -> Any:
        return Client().get(reverse("certificates:verify_json", args=[self.token(certificate)])).json()

    def show(self, detail: str) -> None:
        with acting_for(self.nppo.pk):
            Nppo.objects.filter(pk=self.nppo.pk).update(public_detail=detail)


@pytest.fixture
def world() -> World:
    return World()


def test_an_issued_certificate_is_valid(world: World) -> None:
    page = world.ask(world.issued)
    assert page.status_code == 200
    assert "valid as far as its NPPO knows" in page.content.decode()
    assert world.data(world.issued)["state"] == "valid"
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "same-origin")
    assert "noindex" in page.headers["X-Robots-Tag"]


def test_a_withdrawn_one_says_so(world: World) -> None:
    gone = world.made("WS-2", Status.WITHDRAWN)
    assert "Withdrawn: no longer valid" in world.ask(gone).content.decode()
    assert world.data(gone)["state"] == "withdrawn"


def test_a_replaced_one_leads_to_what_replaced_it(world: World) -> None:
    old = world.made("WS-2", Status.REPLACED)
    new = world.made("WS-3", Status.ISSUED, replaces=old)
    page = world.ask(old).content.decode()
    assert "Replaced: no longer valid" in page
    assert world.token(new) in page
    assert world.data(old)["replaced_by"] == "WS-3"


@pytest.mark.parametrize("token", ["1-x", "x", "-", "1-", "99999999999-abc", "٣-abc", "1-" + "a" * 500])
def test_what_is_no_address_is_unknown(world: World, token: str) -> None:
    for name in ("verify", "verify_json"):
        answer = Client().get(reverse(f"certificates:{name}", args=[token]))
        assert answer.status_code == 404
    assert answer.json() == {"state": "unknown"}


def test_a_draft_has_no_public_page_even_if_it_had_a_link(world: World) -> None:
    draft = make_certificate(world.nppo, Status.DRAFT)
    assert world.ask(draft).status_code == 404


def test_how_much_is_shown_is_the_nppos_choice(world: World) -> None:
    words = {"state": (False, False), "summary": (True, False), "face": (True, True)}
    for detail, (produce, exporter) in words.items():
        world.show(detail)
        page = world.ask(world.issued).content.decode()
        assert ("Taro, fresh corms" in page, "Upolu Growers Ltd" in page) == (produce, exporter)
        assert ("produce" in world.data(world.issued)) is produce
        assert "Upolu" not in str(world.data(world.issued))


def test_training_is_never_taken_for_valid(world: World) -> None:
    training = NppoFactory(code="WS-T", country="WS", is_training=True)
    made = make_certificate(training, Status.ISSUED, number="WS-T-1", document=valid_document(number="WS-T-1"))
    with acting_for(training.pk):
        token = f"{training.pk}-{public.link_of(made).secret}"
    assert "TRAINING – NOT VALID" in Client().get(reverse("certificates:verify", args=[token])).content.decode()
    assert Client().get(reverse("certificates:verify_json", args=[token])).json()["training"] is True


def test_who_asks_too_often_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "MOST", 3)
    answers = [world.ask(world.issued).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    assert Client().get(reverse("certificates:verify_json", args=["1-x"])).status_code == 429


@pytest.mark.parametrize(("data", "words"), [(XML, "byte for byte"), (XML + b" ", "not the file as it was issued")])
def test_a_file_is_compared_and_not_kept(world: World, data: bytes, words: str) -> None:
    address = reverse("certificates:verify", args=[world.token(world.issued)])
    page = Client().post(address, {"file": SimpleUploadedFile("a.xml", data)}).content.decode()
    shown = [line for line in page.splitlines() if 'role="status" data-' in line and " hidden>" not in line]
    assert len(shown) == 1
    assert words in shown[0]


def test_no_file_is_an_error_that_says_what_to_do(world: World) -> None:
    page = Client().post(reverse("certificates:verify", args=[world.token(world.issued)])).content.decode()
    assert "Choose the PDF or XML file of the certificate." in page


def test_the_paper_carries_the_address_and_its_code(world: World) -> None:
    import io

    import pikepdf

    printing.render(world.issued.pk, world.nppo.pk)
    with acting_for(world.nppo.pk):
        data = bytes(Rendering.objects.get(certificate=world.issued).pdf)
        secret = PublicLink.objects.get(certificate=world.issued).secret
    with pikepdf.open(io.BytesIO(data)) as printed:
        links = [str(a.A.URI) for page in printed.pages for a in page.get("/Annots", []) if "/A" in a]
    assert set(links) == {f"http://localhost:8000/verify/{world.nppo.pk}-{secret}"}
    assert len(secret) >= 22


def test_the_code_is_the_address() -> None:
    import qrcode

    svg = public.qr("https://gens.example/verify/1-abc").decode()
    expected = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_M)
    expected.add_data("https://gens.example/verify/1-abc")
    expected.make(fit=True)
    drawn = {
        (int(x) + n, int(y)) for x, y, wide in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3", svg) for n in range(int(wide))
    }
    assert drawn == {(x, y) for y, row in enumerate(expected.get_matrix()) for x, is_dark in enumerate(row) if is_dark}


@pytest.mark.django_db(transaction=True)
@pytest.mark.browser
def test_in_a_browser_the_file_stays_on_the_device(world: World, live_server: Any, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 800}, bypass_csp=True, locale="en")
    page = context.new_page()
    address = live_server.url + reverse("certificates:verify", args=[world.token(world.issued)])
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(address, wait_until="networkidle")
    assert len(answers) >= 4
    # Packed here, as the files are where GeNS runs: the server of the tests sends them as they lie.
    assert sum(len(gzip.compress(answer.body())) for answer in answers) < 20_000
    assert violations(page) == []
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.set_input_files("#file", {"name": "a.xml", "mimeType": "application/xml", "buffer": XML})
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("[data-same]")).to_be_visible()
    page.set_input_files("#file", {"name": "a.xml", "mimeType": "application/xml", "buffer": b"other"})
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("[data-other]")).to_be_visible()
    assert sent == []
    context.close()
