"""Every page of the permission table: WCAG 2.2 AA, 360 px wide without sideways scrolling, under 100 kB at a first visit."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page

from gens.accounts import roles
from gens.accounts.models import Membership
from tests.browsing import Weighed, is_wider_than_the_window, violations
from tests.conftest import acting_client
from tests.factories import make_membership
from tests.screens.test_permissions import ROLES, TABLE, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


PARTS = {"certificates:look_up"}  # of a page: tests/drafting/test_typeahead.py judges it where it stands


def addresses(world: World, role: str, client: Client, seen: set[str]) -> list[str]:
    """The HTML pages that this role may see and no role before it."""
    found = []
    for (name, arguments, method), answers in TABLE.items():
        address = reverse(name, args=world.arguments(name, arguments))
        if name not in PARTS and method == "get" and answers[ROLES.index(role)] == 200 and address not in seen:
            seen.add(address)
            if client.get(address).headers["Content-Type"].startswith("text/html"):
                found.append(address)
    return found


def opened(browser: Browser, url: str, client: Client) -> Page:
    context = browser.new_context(viewport={"width": 360, "height": 800}, bypass_csp=True)
    cookies = [{"name": name, "value": morsel.value, "url": url} for name, morsel in client.cookies.items()]
    context.add_cookies(cookies)  # type: ignore[arg-type]
    return context.new_page()


def speak(membership: Membership, language: str) -> None:
    membership.user.language = language
    membership.user.save(update_fields=["language"])


def test_every_page_can_be_used_by_everybody_and_costs_little(live_server: Any, browser: Browser) -> None:
    world, seen, wrong = World(), set[str](), []
    for role in (roles.ADMINISTRATOR, *ROLES):
        membership = make_membership(world.nppo, role)
        client = acting_client(membership)
        pages = addresses(world, role, client, seen)
        for language in ("en", "ar"):
            speak(membership, language)
            page = opened(browser, live_server.url, client)
            shared = 0
            for address in pages:
                with Weighed(page) as wire:
                    page.goto(live_server.url + address, wait_until="load")
                repeated, shared = (wire.bytes if shared else 0), shared or wire.bytes
                # the first visit brings style and script; then the browser keeps them
                wrong += [(language, address, *found) for found in violations(page)]
                wrong += [(language, address, "wider than 360 px")] if is_wider_than_the_window(page) else []
                wrong += [(language, address, wire.bytes + shared)] if wire.bytes + shared > 100_000 else []
                wrong += [(language, address, "again", repeated)] if repeated > 15_000 else []
            page.context.close()
    assert len(seen) >= 30
    assert wrong == []


def test_the_login_page_too(live_server: Any, browser: Browser) -> None:
    page = opened(browser, live_server.url, Client())
    with Weighed(page) as wire:
        page.goto(live_server.url + reverse("account_login"), wait_until="load")
    assert violations(page) == []
    assert not is_wider_than_the_window(page)
    assert wire.bytes < 100_000
