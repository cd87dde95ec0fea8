"""The first person of an empty installation: an engineer's command invites them, all the rest is done by screen."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from gens.accounts import mail
from gens.accounts.models import Nppo
from tests.factories import load

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-Phrase-7"


def invited(email: str = "Pita@example.org") -> str:
    """The path of the link that the command prints."""
    out = StringIO()
    call_command("operator", email, "Pita Lemalu", stdout=out)
    found = re.search(r"http://[^/]+(/people/invitation/\S+)", out.getvalue())
    assert found
    return found[1]


def test_from_an_empty_installation_to_the_first_nppo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "nudge", lambda *arguments: None)
    load()
    lost, link = invited(), invited()
    assert Client().get(lost).status_code == 404
    client = Client()
    said = {"name": "Pita Lemalu", "language": "en", "password": PASSWORD, "again": PASSWORD}
    assert client.post(link, said).status_code == 302
    assert client.get("/", follow=True).status_code == 200
    first = {
        "code": "TO", "country": "TO", "name": "Plant Protection of Tonga", "time_zone": "Pacific/Tongatapu",
        "language": "en", "office": "Nuku'alofa", "place": "Nuku'alofa", "person": "Mele Vea", "email": "mele@to.example",
    }  # fmt: skip
    assert client.post(reverse("administration:new_nppo"), first).status_code == 302
    assert set(Nppo.objects.values_list("code", flat=True)) == {"GENS", "TO"}
    invited("second@example.org")
    assert Nppo.objects.filter(code="GENS").count() == 1
