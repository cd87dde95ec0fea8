"""Passkeys and security keys in a real browser with a virtual one, and whether everybody can use the pages of signing in."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from tests.browsing import is_wider_than_the_window, violations
from tests.codes import PASSWORD, SECRET, code_of, give_app, typed, with_password
from tests.conftest import acting_client
from tests.factories import NppoFactory, make_membership

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def officer() -> Membership:
    membership = make_membership(NppoFactory(code="WS"), roles.CERTIFYING_OFFICER)
    with_password(membership.user)
    return membership


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A window under the strict policy of the site; what it refuses fails the test."""
    context = browser.new_context(viewport={"width": 1366, "height": 800}, base_url=live_server.url)
    page, refused = context.new_page(), list[str]()
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()
    assert refused == []


def plug_in(page: Page, **options: Any) -> tuple[Any, str]:
    """A virtual key in this window."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY | options})
    return tools, made["authenticatorId"]


def sign_in(page: Page, member: Membership) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(member.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_key(page: Page, name: str, *, is_alone: bool) -> None:
    page.goto("/account/security/")
    page.get_by_role("link", name="Add a passkey or key").click()
    if "reauthenticate" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Sign in with it alone").set_checked(is_alone)
    page.get_by_role("button", name="Add").click()


def require(nppo: Nppo, *names: str) -> None:
    with acting_for(nppo.pk):
        Nppo.objects.filter(pk=nppo.pk).update(second_factor_roles=list(names))


def test_a_key_is_added_and_asked_for_after_the_password(page: Page, officer: Membership) -> None:
    require(officer.nppo, roles.CERTIFYING_OFFICER)
    plug_in(page)
    sign_in(page, officer)
    expect(page.get_by_role("heading", name="Set up a second factor first")).to_be_visible()
    add_key(page, "Office computer", is_alone=False)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have them. Go on").click()
    expect(
        page.get_by_role("heading", name="To approve and issue").or_(page.get_by_role("heading", name="Drafts"))
    ).to_be_visible()
    page.context.clear_cookies()
    sign_in(page, officer)
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    page.get_by_role("button", name="Use your passkey or key").click()
    expect(page.get_by_role("link", name="Drafts")).to_be_visible()
    page.goto("/account/security/")
    expect(page.get_by_text("Office computer")).to_be_visible()
    expect(page.get_by_text("Last used")).to_be_visible()


def test_a_passkey_signs_in_without_a_password(page: Page, officer: Membership) -> None:
    plug_in(page)
    sign_in(page, officer)
    add_key(page, "Phone", is_alone=True)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("link", name="Drafts")).to_be_visible()
    page.goto("/account/security/")
    page.get_by_role("link", name="Show the codes").click()  # delicate: asks again, and the passkey answers
    page.get_by_role("link", name="Use a security key").click()
    page.get_by_role("button", name="Use your passkey or key").click()
    expect(page.locator(".codes")).to_be_visible()


def test_a_key_that_does_not_ask_who_holds_it_does_not_sign_in_alone(page: Page, officer: Membership) -> None:
    tools, key = plug_in(page)
    sign_in(page, officer)
    add_key(page, "Phone", is_alone=True)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.goto("/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert").filter(has_text="no answer from the passkey or key")).to_be_visible()


def test_a_strange_key_does_not_let_in(page: Page, officer: Membership) -> None:
    tools, key = plug_in(page)
    sign_in(page, officer)
    add_key(page, "Phone", is_alone=False)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()
    tools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": key})
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    sign_in(page, officer)
    page.get_by_role("button", name="Use your passkey or key").click()
    expect(page.get_by_role("alert").filter(has_text="no answer from the passkey or key")).to_be_visible()
    page.goto("/list/drafts/")
    assert page.url.endswith("/account/security/authenticate/")  # still half way


def test_a_key_is_renamed_and_removed(page: Page, officer: Membership) -> None:
    plug_in(page)
    sign_in(page, officer)
    add_key(page, "", is_alone=False)
    page.goto("/account/security/")
    page.get_by_role("link", name="Rename Key 1").click()
    page.get_by_label("Name").fill(" ")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Write the name.")).to_be_visible()
    page.get_by_label("Name").fill("مفتاح")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove مفتاح").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="Sign-in and security")).to_be_visible()
    assert not Authenticator.objects.exists()


def test_without_javascript_codes_work_and_keys_say_why_not(
    browser: Browser, live_server: Any, officer: Membership
) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    page = context.new_page()
    give_app(officer.user)
    sign_in(page, officer)
    page.get_by_label("Code").fill(code_of(SECRET))
    page.get_by_role("button", name="Sign in").click()
    page.goto("/account/security/")
    page.get_by_role("link", name="Add a passkey or key").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("JavaScript is off in it")).to_be_visible()
    expect(page.get_by_role("button", name="Add")).not_to_be_visible()
    context.close()


PAGES = (
    "/account/security/", "/account/reauthenticate/", "/account/security/reauthenticate/",
    "/account/security/webauthn/reauthenticate/", "/account/password/change/",
    "/account/security/totp/deactivate/", "/account/security/recovery-codes/", "/account/security/recovery-codes/generate/",
    "/account/security/webauthn/add/", "/account/security/webauthn/keys/{key}/edit/",
    "/account/security/webauthn/keys/{key}/remove/",
)  # fmt: skip


def _wrong(page: Page, address: str) -> list[tuple[str, Any]]:
    page.goto(address, wait_until="networkidle")
    wide = [(address, "wider than 360 px")] if is_wider_than_the_window(page) else []
    return wide + [(address, found) for found in violations(page)]


def _window(browser: Browser, url: str, client: Client) -> Page:
    context = browser.new_context(viewport={"width": 360, "height": 800}, bypass_csp=True, base_url=url)
    context.add_cookies([{"name": name, "value": morsel.value, "url": url} for name, morsel in client.cookies.items()])
    return context.new_page()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_can_be_used_by_everybody(
    live_server: Any, browser: Browser, page: Page, officer: Membership, language: str
) -> None:
    officer.user.language = language
    officer.user.save(update_fields=["language"])
    require(officer.nppo, roles.CERTIFYING_OFFICER)
    client = acting_client(officer)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    window, found = _window(browser, live_server.url, client), []
    found += _wrong(window, "/account/security/")
    found += _wrong(window, "/account/security/totp/activate/")
    secret = re.search(r'class="code found">([A-Z2-7]{32})<', window.content())
    assert secret
    window.fill("#id_code", "1")
    window.press("#id_code", "Enter")
    window.wait_for_selector(".errors")
    found += [("errors", each) for each in violations(window)]
    window.fill("#id_code", code_of(secret[1]))
    window.press("#id_code", "Enter")
    window.wait_for_selector(".codes")
    key = Authenticator.objects.create(user=officer.user, type="webauthn", data=_registered(page, officer))
    for address in PAGES:
        found += _wrong(window, address.format(key=key.pk))
    window.context.close()
    half_way = _window(browser, live_server.url, typed(officer.user))
    half_way.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    found += _wrong(half_way, "/account/security/authenticate/")
    half_way.context.close()
    assert found == []


def _registered(page: Page, officer: Membership) -> Any:
    """What a browser says of a new key: of another person, made in another window."""
    other = make_membership(officer.nppo, roles.INSPECTOR)
    with_password(other.user)
    plug_in(page)
    sign_in(page, other)
    add_key(page, "Office", is_alone=False)
    page.wait_for_selector(".codes")
    return Authenticator.objects.get(user=other.user, type="webauthn").data
