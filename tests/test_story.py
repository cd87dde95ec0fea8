"""The whole road in a real browser: Samoa drafts, approves and issues; New Zealand receives and accepts; Samoa sees it."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from certificates import demo, tasks
from certificates.models import Certificate
from codelists.loading import load
from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for
from hubclient import tasks as hub_tasks
from hubclient.models import Connection, Envelope
from tests.hub_server import DATABASES, start_hub

pytestmark = [pytest.mark.django_db(transaction=True, databases=DATABASES), pytest.mark.browser]


@pytest.fixture
def world(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The demo's people at a real pilot Hub; the sweeps are rung by `sweep`, as beat would."""
    settings.DEMO, settings.BEHIND_TLS = True, False
    settings.PILOTHUB_DIRECTORY = tmp_path
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {}
    load()
    with start_hub(tmp_path) as hub:
        monkeypatch.setattr(demo, "_samoa", lambda staff: None)
        monkeypatch.setattr(demo, "_new_zealand", lambda staff: None)
        monkeypatch.setattr(demo, "_ecuador", lambda staff: None)
        demo.load(hub.endpoint)
        yield


def sweep() -> None:
    """What the worker does between two looks of an officer, in a thread of its own as it is."""

    def work() -> None:
        from django.db import connections

        for nppo in Nppo.objects.all():
            with acting_for(nppo.pk):
                Envelope.objects.update(due_at=timezone.now() - timedelta(seconds=1))
                connection = Connection.objects.get()
            hub_tasks.deliver_of(connection.pk, nppo.pk)
            tasks.receive(connection.pk, nppo.pk)
            with acting_for(nppo.pk):
                Envelope.objects.update(due_at=timezone.now() - timedelta(seconds=1))
            hub_tasks.track_of(connection.pk, nppo.pk)
        tasks.render_missing()
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    worker.join(60)


def sign_in(page: Page, url: str, email: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{url}/account/login/")
    page.locator(f'form:has(input[value="{email}"]) button').click()
    expect(page.locator("nav.tabs")).to_be_visible()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()


class Mouse:
    """Hands that click."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, name: str) -> None:
        press(self.page, name)

    def follow(self, name: str) -> None:
        follow(self.page, name)

    def write(self, field: Locator, text: str) -> None:
        field.fill(text)

    def choose(self, field: Locator, value: str) -> None:
        field.select_option(value)


class Keyboard(Mouse):
    """Hands that only have keys: what Tab does not reach, or does not show that it reached, is not there."""

    def press(self, name: str) -> None:
        self._enter(self.page.get_by_role("button", name=name, exact=True).first)

    def follow(self, name: str) -> None:
        self._enter(self.page.get_by_role("link", name=name, exact=True).first)

    def write(self, field: Locator, text: str) -> None:
        self._reach(field)
        self.page.keyboard.press("Control+A")
        for number, line in enumerate(text.split("\n")):
            if number:
                self.page.keyboard.press("Enter")
            self.page.keyboard.type(line)
        self.page.keyboard.press("Escape")  # what a field suggests

    def choose(self, field: Locator, value: str) -> None:
        self._reach(field)
        name = field.locator(f'option[value="{value}"]').first.inner_text()
        self.page.keyboard.type(name)
        expect(field).to_have_value(value)

    def _enter(self, target: Locator) -> None:
        self._reach(target)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def _reach(self, target: Locator) -> None:
        expect(target).to_be_attached()
        for _ in range(250):
            if target.evaluate("element => element === document.activeElement"):
                shown = "e => getComputedStyle(e).outlineStyle !== 'none' || getComputedStyle(e).boxShadow !== 'none'"
                assert target.evaluate(shown), "the focus is not to be seen"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no key leads to {target}")


def draft_and_submit(hands: Mouse) -> None:
    page = hands.page
    hands.follow("New certificate")
    hands.press("Empty certificate for export")
    hands.choose(page.get_by_label("TO: importing country"), "NZ")
    hands.write(page.get_by_label("Distinguishing marks"), "UGL/AKL 07-26")
    hands.press("Save and continue")
    hands.write(page.get_by_label("Name of exporter"), "Savai'i Root Crops Co-operative")
    hands.write(page.get_by_label("Address of exporter"), "Salelologa\nSamoa")
    hands.write(page.get_by_label("Declared name of consignee"), "Pasifika Fresh Imports Ltd")
    hands.write(page.get_by_label("Declared address of consignee"), "14 Wharf Road\nAuckland")
    hands.press("Save and continue")
    hands.choose(page.get_by_label("Mode of transport").first, "1")
    hands.write(page.get_by_label("Name of the means").first, "Southern Pearl")
    hands.write(page.get_by_label("Declared point of entry").first, "Auckland")
    hands.press("Save and continue")
    hands.follow("Add a line")
    hands.write(page.get_by_label("Botanical name").first, "Colocasia esculenta")
    hands.write(page.get_by_label("Name of produce"), "Taro, fresh corms")
    hands.write(page.get_by_label("Net weight", exact=True), "12 400")
    hands.choose(page.locator("#id_net_weight_unit"), "KGM")
    hands.write(page.locator("#id_packages-0-quantity"), "620")
    hands.choose(page.locator("#id_packages-0-kind"), "5H")
    hands.press("Save and show all lines")
    hands.follow("Continue")
    declaration = "The taro was inspected and found free from Papuana uninodis."
    hands.write(page.get_by_label("Additional declaration", exact=True), declaration)
    hands.press("Save")
    hands.follow("Check and submit")
    hands.press("Submit for approval")
    expect(page.get_by_role("heading", name="Submitted")).to_be_visible()


@pytest.mark.parametrize(
    ("javascript", "kind"),
    [(True, Mouse), (False, Mouse), (True, Keyboard)],
    ids=["with JavaScript", "without JavaScript", "with the keyboard alone"],
)
def test_from_an_inspector_in_apia_to_an_officer_in_auckland_and_back(
    world: None, live_server: Any, browser: Browser, javascript: bool, kind: type[Mouse]
) -> None:
    page = browser.new_context(java_script_enabled=javascript, locale="en").new_page()
    url, hands = live_server.url, kind(page)

    sign_in(page, url, "inspector@ws.example")
    draft_and_submit(hands)
    address = page.url

    sign_in(page, url, "certifying@ws.example")
    page.goto(address)
    hands.follow("Approve")
    hands.press("Approve")
    hands.follow("Issue")
    hands.press("Issue")
    number = page.locator("h1 .code").inner_text()
    assert number.startswith("WS-20")
    expect(page.get_by_role("status").filter(has_text="Waiting to be sent to New Zealand")).to_be_visible()
    sweep()
    page.goto(address)
    expect(page.get_by_text("Sent. Waiting for New Zealand to collect it.")).to_be_visible()
    sweep()

    sign_in(page, url, "import@nz.example")
    hands.follow(number)
    expect(page.get_by_text("Came through the Hub")).to_be_visible()
    expect(page.get_by_text("Savai'i Root Crops Co-operative").first).to_be_visible()
    hands.follow("Accept")
    hands.press("Accept")
    expect(page.get_by_role("heading", name="Accepted")).to_be_visible()

    sign_in(page, url, "inspector@ws.example")
    page.goto(address)
    expect(page.get_by_role("heading", name="Delivered. New Zealand has received it.")).to_be_visible()
    with page.expect_download() as download:
        follow(page, "Certificate (PDF)")
    assert Path(str(download.value.path())).read_bytes().startswith(b"%PDF-1.7")


def a_draft() -> int:
    from certificates import drafts
    from gens.accounts.models import Membership
    from tests.factories import valid_document

    nppo = Nppo.objects.get(code="WS")
    with acting_for(nppo.pk):
        inspector = Membership.objects.select_related("nppo", "user", "office").get(roles=["inspector"])
        made: Certificate = drafts.create(by=inspector, document=valid_document())
    return made.pk


def test_what_was_typed_and_not_saved_is_there_again(world: None, live_server: Any, browser: Browser) -> None:
    pk = a_draft()
    page = browser.new_page()
    sign_in(page, live_server.url, "inspector@ws.example")
    page.goto(f"{live_server.url}/certificate/{pk}/edit/parties/")
    page.get_by_label("Name of exporter").fill("Typed and left")
    page.goto(f"{live_server.url}/list/drafts/")
    page.goto(f"{live_server.url}/certificate/{pk}/edit/parties/")
    expect(page.get_by_label("Name of exporter")).to_have_value("Typed and left")
    expect(page.get_by_text("This browser kept what you had typed here without saving.")).to_be_visible()
    press(page, "Save")
    page.goto(f"{live_server.url}/certificate/{pk}/edit/parties/")
    expect(page.get_by_text("This browser kept what you had typed here without saving.")).to_be_hidden()
    expect(page.get_by_label("Name of exporter")).to_have_value("Typed and left")


def test_the_error_summary_takes_the_focus_and_leads_to_the_field(
    world: None, live_server: Any, browser: Browser
) -> None:
    pk = a_draft()
    page = browser.new_page()
    sign_in(page, live_server.url, "inspector@ws.example")
    page.goto(f"{live_server.url}/certificate/{pk}/line/l1/")
    page.get_by_label("Net weight", exact=True).fill("12,5 kgs")
    press(page, "Save")
    expect(page).to_have_title(re.compile("^Error:"))
    expect(page.locator(".errors")).to_be_focused()
    page.locator(".errors a").click()
    expect(page.get_by_label("Net weight", exact=True)).to_be_focused()
