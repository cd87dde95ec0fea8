"""The pilot Hub's console as it runs: a process, a port, a browser."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import call_command
from playwright.sync_api import Browser, Page

from hubclient.pilothub import registry
from hubclient.pilothub.models import HeldEnvelope
from tests.browsing import is_wider_than_the_window, violations
from tests.hub_server import DATABASES, RunningHub
from tests.pilothub.callers import Caller, database_url, envelope

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[str]:
    """The console as `manage.py pilothub console` starts it: its address."""
    environment = os.environ | {"PILOTHUB_DATABASE_URL": database_url(), "BEHIND_TLS": "false"}
    environment = {k: v for k, v in environment.items() if k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
    command = [sys.executable, "manage.py", "pilothub", "--directory", str(tmp_path), "console", "--console-port", "0"]
    site = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert site.stdout is not None
        yield site.stdout.readline().split()[-1]
    finally:
        site.send_signal(signal.SIGTERM)
        site.wait(20)


def test_the_site_runs_apart_from_the_hub_and_from_gens(
    running: str, hub: RunningHub, samoa: Caller, settings: Any
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # the other process has no other
    out = StringIO()
    call_command("pilothub", "operator", "anna", stdout=out)
    with requests.Session() as browser:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(f"{running}login/", timeout=20).text)
        assert token
        data = {"csrfmiddlewaretoken": token[1], "username": "anna", "password": out.getvalue().split()[-1]}
        answer = browser.post(f"{running}login/", data=data, headers={"Referer": running}, timeout=20)
        assert "Every envelope this Hub was given" in answer.text
        assert set(browser.cookies.keys()) == {"pilothub_csrf", "pilothub_session"}
        assert browser.get(f"{running}static/gens.css", timeout=20).status_code == 200
        assert browser.post(f"{running}hub/DeliveryService", data=b"x", timeout=20).status_code in (403, 404)
    for path in ("/", "/login/", "/nppos/", "/static/gens.css"):
        address = samoa.endpoint.replace("/hub/DeliveryService", path)
        assert samoa.session.get(address, timeout=20).status_code == 404


def test_the_console_does_not_offer_passwords_to_the_network() -> None:
    environment = os.environ | {"BEHIND_TLS": "false", "DJANGO_SETTINGS_MODULE": "hubclient.pilothub.console.settings"}
    command = [sys.executable, "-m", "hubclient.pilothub.console", "0.0.0.0", "0"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "clear text" in done.stderr


@pytest.fixture
def page(running: str, settings: Any, browser: Browser) -> Iterator[Page]:
    """Chromium, with an operator signed in."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    out = StringIO()
    call_command("pilothub", "operator", "anna", stdout=out)
    page = browser.new_context(viewport={"width": 360, "height": 800}, bypass_csp=True).new_page()
    page.goto(f"{running}login/")
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill(out.getvalue().split()[-1])
    page.get_by_role("button", name="Sign in").click()
    yield page
    page.context.close()


@pytest.mark.browser
def test_pages_pass_axe_and_fit_360_px(page: Page, running: str, samoa: Caller, new_zealand: Caller) -> None:
    samoa.service.DeliverEnvelope(env=envelope(Forwardings={"EnvelopeForwarding": [{"Code": "XX"}]}))
    samoa.session.post(samoa.endpoint, data=b"<a/>", timeout=20)
    registry.misbehave("WS", "pull_fails", None, operation="PULLSingleImportEnvelope")
    HeldEnvelope.objects.update(findings=[["Schema", "SPSCertificate", "SEVERE", "This is not a certificate."]])
    tracking = HeldEnvelope.objects.earliest("id").tracking_number
    for path in ("", "nppos/", "nppos/WS/", "findings/", "misbehaviour/", f"envelopes/{tracking}/", "nothing/"):
        page.goto(running + path)
        assert not is_wider_than_the_window(page), path
        assert violations(page) == [], path


@pytest.mark.browser
def test_an_operator_registers_hands_over_a_certificate_and_switches_a_fault_on(page: Page, running: str) -> None:
    page.goto(f"{running}nppos/")
    page.get_by_label("Connection code").fill("LK2")
    page.get_by_label("Country").fill("LK")
    page.get_by_label("Name", exact=True).fill("Sri Lanka")
    page.get_by_role("button", name="Register").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Make and download").click()
    assert download.value.suggested_filename == "pilot-hub-LK2.zip"
    page.get_by_role("link", name="Misbehaviour").click()
    page.get_by_label("What the Hub does").select_option("bad_gateway")
    page.get_by_role("button", name="Switch on").click()
    assert page.get_by_text("Switched on for LK2.").is_visible()
    page.get_by_role("button", name="Switch off bad_gateway for LK2").click()
    assert page.get_by_text("The Hub behaves").is_visible()
