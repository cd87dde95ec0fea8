"""Many at once in a real browser: tick, ask, press, and see it through, with JavaScript and without."""

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from playwright.sync_api import Browser, Page, expect

from certificates import batches
from certificates.models import Batch, Certificate, Status
from gens.accounts import roles
from gens.accounts.tenancy import acting_for
from tests.browsing import is_wider_than_the_window, violations
from tests.conftest import acting_client
from tests.factories import NppoFactory, make_certificate, make_membership

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture(autouse=True)
def bells() -> Iterator[None]:
    with mock.patch("certificates.batches.nudge"), mock.patch("hubclient.outbox.nudge"):
        yield


def _opened(browser: Browser, url: str, officer: Any, *, script: bool) -> Page:
    context = browser.new_context(viewport={"width": 360, "height": 800}, bypass_csp=script, java_script_enabled=script)
    cookies = [{"name": k, "value": v.value, "url": url} for k, v in acting_client(officer).cookies.items()]
    context.add_cookies(cookies)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{url}/list/submitted/")
    return page


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_two_are_ticked_issued_and_seen_through(live_server: Any, browser: Browser, script: bool) -> None:
    nppo = NppoFactory(code="WS")
    author, officer = make_membership(nppo, roles.INSPECTOR), make_membership(nppo, roles.CERTIFYING_OFFICER)
    for _ in range(2):
        make_certificate(nppo, Status.APPROVED, by=author)
    page = _opened(browser, live_server.url, officer, script=script)
    if script:
        page.get_by_label("Tick all").check()
    else:
        expect(page.get_by_text("Tick all")).to_be_hidden()
        for box in page.locator("[name=pick]").all():
            box.check()
    page.get_by_role("button", name="Issue the ticked ones").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Issue 2 certificates")
    page.get_by_role("button", name="Issue", exact=True).click()
    expect(page.locator("progress")).to_be_visible()
    if script:
        assert not is_wider_than_the_window(page)
    with acting_for(nppo.pk):
        batch = Batch.objects.get()
    batches.run(batch.pk, nppo.pk)
    expect(page.get_by_text("All are done")).to_be_visible(timeout=15_000)  # nobody pressed anything
    with acting_for(nppo.pk):
        numbers = list(Certificate.objects.values_list("number", flat=True))
    for number in numbers:
        expect(page.get_by_role("link", name=number)).to_be_visible()
    if script:
        assert violations(page) == []
    page.context.close()
