"""Who issues in a chaos run, and what: two NPPOs, each with approved certificates for the other; an officer at the web."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import requests
from django.conf import settings

from certificates.ephyto.document import Country
from certificates.models import Certificate, Status
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from hubclient.models import Connection
from hubclient.pilothub import pki, registry
from tests.chaos.world import PASSWORD, World
from tests.factories import NppoFactory, make_certificate, make_membership, valid_document


@dataclass
class Side:
    """One of the two: its NPPO, its officer, its certificates to issue."""

    nppo: Nppo
    partner: str
    officer: Membership
    waiting: list[int]


def sides(world: World, each: int) -> list[Side]:
    """Samoa and New Zealand, each connected, each with so many approved certificates for the other."""
    found = []
    for code, partner in (("WS", "NZ"), ("NZ", "WS")):
        nppo = NppoFactory(code=code)
        officer = make_membership(nppo, roles.CERTIFYING_OFFICER)
        officer.user.set_password(PASSWORD)
        officer.user.save()
        _connect(world, nppo)
        inspector = make_membership(nppo, roles.INSPECTOR)
        document = valid_document(export_country=Country(code), import_country=Country(partner))
        waiting = [make_certificate(nppo, Status.APPROVED, by=inspector, document=document).pk for _ in range(each)]
        found.append(Side(nppo, partner, officer, waiting))
    return found


def _connect(world: World, nppo: Nppo) -> None:
    certificate, private_key = pki.client(settings.PILOTHUB_DIRECTORY, nppo.code)
    registry.register(nppo.code, nppo.country, nppo.name, certificate)
    with acting_for(nppo.pk):
        Connection.objects.create(
            nppo=nppo, kind=Connection.Kind.PILOT, endpoint=f"https://localhost:{world.hub}/hub/DeliveryService",
            code=nppo.code, ca=(settings.PILOTHUB_DIRECTORY / "ca.pem").read_text(), certificate=certificate,
            private_key=private_key,
        )  # fmt: skip


class Desk:
    """An officer at the web: signs in, presses Issue, presses again when nobody knows what became of it."""

    def __init__(self, world: World, officer: Membership) -> None:
        self.url, self.officer = world.url, officer
        self.session = requests.Session()
        self.presses = 0

    def sign_in(self) -> None:
        """Again from the first page when the server died between the password and the page after it: the token is spent then."""
        for _ in range(10):
            self.session = requests.Session()
            answer = self._sent_password()
            if answer.ok and "/account/login/" not in answer.url:
                return
            time.sleep(0.5)
        raise AssertionError(f"the officer could not sign in: {answer.status_code} {answer.text[:2000]}")

    def _sent_password(self) -> requests.Response:
        page = self._tried("GET", "/account/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        data = {
            "login": self.officer.user.email,
            "password": PASSWORD,
            "csrfmiddlewaretoken": token[1] if token else "",
        }
        return self._tried("POST", "/account/login/", data)

    def issue(self, pk: int) -> None:
        """Until the page says that it is issued: by this press, or by an earlier one whose answer was lost."""
        while True:
            answer = self._tried("POST", f"/certificate/{pk}/do/issue/")
            if answer.status_code == 409 or (answer.ok and not answer.url.endswith("/issue/")):
                return
            assert answer.status_code in (200, 500, 502, 503), (answer.status_code, answer.text[:2000])
            time.sleep(0.2)

    def _tried(self, method: str, path: str, data: dict[str, str] | None = None) -> requests.Response:
        """An answer, however often the server dies over it."""
        while True:
            self.presses += method == "POST"
            headers = {"X-CSRFToken": self.session.cookies.get("csrftoken") or "", "Referer": self.url}
            try:
                return self.session.request(method, self.url + path, data=data, headers=headers, timeout=20)
            except requests.RequestException:
                time.sleep(0.2)


def issued(side: Side) -> Iterator[Certificate]:
    """The certificates of this side that are issued."""
    with acting_for(side.nppo.pk):
        yield from Certificate.objects.filter(pk__in=side.waiting, status=Status.ISSUED)
