"""A new NPPO from nothing to its first issued certificate, in Spanish, using only the screens and the mails they cause."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Browser, Page, expect

from codelists.loading import load
from gens.accounts import roles
from gens.accounts.models import Mail, Nppo, User
from gens.accounts.tenancy import acting_for
from hubclient import tasks
from hubclient.models import Connection, Envelope
from tests.factories import NppoFactory, make_membership
from tests.hub_server import DATABASES, RunningHub, start_hub

pytestmark = [pytest.mark.django_db(transaction=True, databases=DATABASES), pytest.mark.browser]
PASSWORD = "maracuyá-y-quinua"


@pytest.fixture
def hub(tmp_path: Path, settings: Any) -> Iterator[RunningHub]:
    settings.BEHIND_TLS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    settings.SECURE_SSL_REDIRECT = False
    settings.CELERY_BROKER_URL, settings.CELERY_BROKER_TRANSPORT_OPTIONS = "memory://", {}
    load()
    with start_hub(tmp_path) as running:
        running.pair("NZ")
        yield running


def es(words: str, **said: Any) -> str:
    """As an officer reads it who works in Spanish."""
    with translation.override("es"):
        return gettext(words) % said if said else gettext(words)


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=es(words), exact=True).first.click()


def follow(page: Page, words: str) -> None:
    page.get_by_role("link", name=es(words), exact=True).first.click()


def fill(page: Page, words: str, text: str) -> None:
    page.get_by_label(es(words), exact=True).first.fill(text)


def choose(page: Page, words: str, value: str) -> None:
    page.get_by_label(es(words), exact=True).first.select_option(value)


def person(browser: Browser) -> Page:
    """A browser of somebody who was never here."""
    return browser.new_context(locale="es").new_page()


def link_of(email: str, url: str) -> str:
    """The link in the last mail to this person, at the server of this test."""
    nppo = Nppo.objects.get(code="PE")
    with acting_for(nppo.pk):
        text = Mail.objects.filter(to=email).latest("pk").text
    found = re.search(r"https?://\S+?(/people/\S+)", text)
    assert found, text
    return url + found.group(1)


def accept(page: Page, url: str, email: str) -> None:
    page.goto(link_of(email, url))
    fill(page, "Password", PASSWORD)
    fill(page, "The password again", PASSWORD)
    page.locator("main form button").first.click()
    expect(page.locator("nav.tabs")).to_be_visible()


def invite(page: Page, name: str, email: str, role: str) -> None:
    follow(page, "Administration")
    follow(page, "People")
    follow(page, "Invite somebody")
    fill(page, "Name", name)
    fill(page, "E-mail", email)
    page.get_by_label(es(role), exact=True).check()
    press(page, "Invite")
    expect(page.get_by_text(email)).to_be_visible()


def found(page: Page, url: str) -> None:
    """The system operator makes the NPPO."""
    operator = make_membership(NppoFactory(code="WS"), roles.OPERATOR)
    user = User.objects.get(pk=operator.user_id)
    user.language = "es"
    user.set_password(PASSWORD)
    user.save()
    page.goto(f"{url}/account/login/")
    page.locator("#id_login").fill(user.email)
    page.locator("#id_password").fill(PASSWORD)
    press(page, "Sign in")
    expect(page.locator("details.menu").last).to_be_visible()
    page.goto(f"{url}/administration/nppos/")
    follow(page, "New NPPO")
    fill(page, "Code", "pe")
    choose(page, "Country", "PE")
    fill(page, "Name of the NPPO", "Organización de Protección Fitosanitaria del Perú")
    choose(page, "Time zone", "America/Lima")
    choose(page, "Language of certificates", "es")
    fill(page, "Name of the office", "Oficina Callao")
    fill(page, "Place of issue", "Callao")
    fill(page, "Name", "Rosa Quispe")
    fill(page, "E-mail", "rosa@pe.example")
    press(page, "Make it")
    expect(page.get_by_role("status")).to_contain_text("Perú")


def connect(page: Page, hub: RunningHub) -> None:
    certificate, private_key = hub.pair("PE")
    follow(page, "Administration")
    follow(page, "Connections to the Hub")
    follow(page, "Add a connection")
    choose(page, "Kind", "pilot")
    fill(page, "Address of the Hub", hub.endpoint)
    fill(page, "Our code at the Hub", "PE")
    fill(page, "Authority of the Hub's certificate", hub.ca)
    press(page, "Save")
    page.locator("#id_certificate").fill(certificate)
    page.locator("#id_private_key").fill(private_key)
    press(page, "Add")
    press(page, "Test this connection")
    expect(page.locator("#trial .pill.ok")).to_have_count(6)
    press(page, "Put into use")
    expect(page.get_by_text(es("In use"), exact=True).first).to_be_visible()


def draft(page: Page) -> str:
    follow(page, "New certificate")
    press(page, "Empty certificate for export")
    choose(page, "TO: importing country", "NZ")
    press(page, "Save and continue")
    fill(page, "Name of exporter", "Agroexportadora Peñafiel S.A.")
    fill(page, "Address of exporter", "Av. Argentina 12\nCallao")
    fill(page, "Declared name of consignee", "Pasifika Fresh Imports Ltd")
    fill(page, "Declared address of consignee", "14 Wharf Road\nAuckland")
    press(page, "Save and continue")
    choose(page, "Mode of transport", "1")
    fill(page, "Declared point of entry", "Auckland")
    press(page, "Save and continue")
    follow(page, "Add a line")
    fill(page, "Botanical name", "Mangifera indica")
    fill(page, "Name of produce", "Mangos frescos")
    fill(page, "Net weight", "12,5")
    page.locator("#id_net_weight_unit").select_option("TNE")
    page.locator("#id_packages-0-quantity").fill("620")
    page.locator("#id_packages-0-kind").select_option("CT")
    press(page, "Save and show all lines")
    follow(page, "Check and submit")
    press(page, "Submit for approval")
    expect(page.get_by_role("heading", name=es("Submitted"))).to_be_visible()
    return page.url


def test_an_administrator_takes_a_new_nppo_from_nothing_to_its_first_certificate(
    hub: RunningHub, live_server: Any, browser: Browser
) -> None:
    url = live_server.url
    found(person(browser), url)

    rosa = person(browser)
    accept(rosa, url, "rosa@pe.example")
    follow(rosa, "Administration")
    rosa.get_by_role("link", name=re.compile(es("Ready to issue: %(done)s of %(all)s").split(":")[0])).click()
    expect(rosa.get_by_text(es("Something that every certificate needs is missing."))).to_be_visible()
    invite(rosa, "Luis Huamán", "luis@pe.example", "Inspector")
    invite(rosa, "María Ñahui", "maria@pe.example", "Certifying officer")
    connect(rosa, hub)

    luis, maria = person(browser), person(browser)
    accept(luis, url, "luis@pe.example")
    accept(maria, url, "maria@pe.example")
    follow(rosa, "Administration")
    rosa.goto(f"{url}/administration/ready/")
    expect(rosa.get_by_text(es("Certificates can be issued."))).to_be_visible()
    expect(rosa.locator(".pill.bad")).to_have_count(0)

    address = draft(luis)
    maria.goto(address)
    follow(maria, "Approve")
    press(maria, "Approve")
    follow(maria, "Issue")
    press(maria, "Issue")
    number = maria.locator("h1 .code").inner_text()
    assert re.fullmatch(r"PE-20\d\d-000001", number)

    nppo = Nppo.objects.get(code="PE")
    with acting_for(nppo.pk):
        connection = Connection.objects.get()
    tasks.deliver_of(connection.pk, nppo.pk)
    with acting_for(nppo.pk):
        assert Envelope.objects.get().certificate_number == number
    assert [held.number for held in hub.held(receiver="NZ")] == [number]
