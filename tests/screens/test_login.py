"""Logging in: attempts are limited, and the limit speaks plainly."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def _attempt(client: Client, address: str, number: int) -> int:
    data = {"login": f"nobody{number}@example.org", "password": "wrong"}
    return client.post("/account/login/", data, headers={"x-forwarded-for": address}).status_code


def test_too_many_attempts_from_one_address_are_told_to_wait_and_others_are_not(client: Client, settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1  # as behind the proxy of an installation
    answers = [_attempt(client, "203.0.113.7", number) for number in range(31)]
    assert answers[0] == 200
    assert answers[-1] == 429
    assert _attempt(client, "203.0.113.8", 32) == 200
    page = client.post("/account/login/", {"login": "a@b.c"}, headers={"x-forwarded-for": "203.0.113.7"})
    assert "Too many attempts" in page.content.decode()
    assert "Wait a minute" in page.content.decode()
