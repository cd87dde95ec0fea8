"""What every test may use. The application connects as gens_app: a test that forgets acting_for sees nothing."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client, TransactionTestCase

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Playwright keeps an event loop in the thread of the tests; Django may talk to its database there all the same.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
# A shell starts what runs in its background deaf to Ctrl-C, and so would be every process that a test starts and stops.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs PostgreSQL, so that it can run again on another version. owner makes the tables for gens_app."""
    for item in items:
        if marker := item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)
            marker.kwargs.setdefault("databases", ["default", "owner"])


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of reference data (WSDL, samples). Named by GENS_REFERENCE, a missing one is a failure."""
    named = os.environ.get("GENS_REFERENCE")
    folder = Path(named) if named else ROOT.parent / "shared"
    if not (folder / "ephyto" / "samples").is_dir():
        if named:
            pytest.fail(f"GENS_REFERENCE names {named}, and it holds no reference data.")
        pytest.skip("No reference data: set GENS_REFERENCE.")
    return folder


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The starting lists are put by; at the end the application lets go of the database before owner drops it."""
    from tests import flushing, stash

    with django_db_blocker.unblock():
        stash.make()
    TransactionTestCase._fixture_teardown = flushing.flush  # type: ignore[method-assign]
    yield
    connections["default"].close()


@pytest.fixture(autouse=True)
def fast_passwords(settings: object) -> Iterator[None]:
    """Passwords that hash fast."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    return


@pytest.fixture(autouse=True)
def no_attempts_before() -> None:
    """Each test starts with all its attempts: the limits of logins are counted in the cache, by address."""
    cache.clear()


def acting_client(membership: object, client: Client | None = None) -> Client:
    """A browser in which this membership is signed in."""
    client = client or Client()
    client.force_login(membership.user)  # type: ignore[attr-defined]
    session = client.session
    session["nppo"], session["membership"] = membership.nppo_id, membership.pk  # type: ignore[attr-defined]
    session.save()
    return client


@pytest.fixture
def signed_in(client: Client):
    """Sign a membership in: signed_in(membership) -> the client acting for it."""
    return lambda membership: acting_client(membership, client)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """One Chromium for all tests; each opens a context of its own."""
    from playwright.sync_api import sync_playwright

    from tests.browsing import CHROMIUM, QUIET

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()
