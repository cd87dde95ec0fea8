"""The NPPO's seal by screen: among its own keys only, tried out before it is used, retired with a reason."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.urls import reverse
from django.utils import timezone

from certificates import notices, printing, tasks
from certificates.administration.checklist import checks
from certificates.models import Seal
from certificates.seals import making, using
from gens.accounts import roles
from gens.accounts.models import Event, Notice
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, make_membership
from tests.seals import world as helpers
from tests.seals.test_printing import World
from tests.seals.world import place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def key_folder(settings: Any, tmp_path: Path) -> Path:
    settings.SEAL_KEYS = tmp_path / "keys"
    return tmp_path / "keys"


class House:
    """An administrator of an NPPO that has keys in place, and no seal yet."""

    def __init__(self, *names: str, **fields: Any) -> None:
        self.nppo = NppoFactory(**({"code": "WS"} | fields))
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.client = acting_client(self.admin)
        for name in names:
            making.make(self.nppo, place(self.nppo, name))

    def page(self, name: str = "seal", *arguments: object) -> str:
        return self.client.get(reverse(f"administration:{name}", args=arguments)).content.decode()

    def choose(self, name: str = "2026", **said: str) -> Any:
        known = {"key": f"file:{name}", "certificate": "", "time_server": ""}
        return self.client.post(reverse("administration:new_seal"), known | said)

    def seals(self) -> list[Seal]:
        with acting_for(self.nppo.pk):
            return list(Seal.objects.order_by("pk"))

    def events(self) -> list[tuple[str, str]]:
        with acting_for(self.nppo.pk):
            found = Event.objects.filter(subject_type__model="seal").order_by("pk")
            return [(event.action, event.by_name) for event in found]


def test_a_house_without_keys_is_told_how_to_make_one() -> None:
    house = House()
    assert "Papers have no electronic seal" in house.page()
    assert "manage.py seal new WS" in house.page("new_seal")
    assert house.choose().status_code == 422


def test_a_key_in_place_is_put_into_use_and_its_dates_are_shown() -> None:
    house = House("2026")
    assert "2026 – A file of the installation" in house.page("new_seal")
    assert house.choose(is_visible="on").status_code == 302
    (seal,) = house.seals()
    assert (seal.name, seal.is_visible, seal.retired_at) == ("2026", True, None)
    page = house.page()
    assert seal.fingerprint in page
    assert "BEGIN CERTIFICATE" in page
    assert "PRIVATE KEY" not in page
    assert str(place(house.nppo).file) not in page
    assert house.events() == [("added", str(house.admin.user))]


def test_an_authority_s_certificate_is_pasted() -> None:
    house, key = House(), ec.generate_private_key(ec.SECP256R1())
    helpers.written(place(house.nppo), helpers.pem(key))
    assert "the certificate is missing" in house.choose().content.decode()
    secret = house.choose(certificate=helpers.pem(key).decode())
    assert "without the key" in secret.content.decode()
    other = helpers.certificate(house.nppo, ec.generate_private_key(ec.SECP256R1()))
    assert house.choose(certificate=other).status_code == 422
    assert "Its certificate has ended" in house.choose(certificate=helpers.expired(house.nppo, key)).content.decode()
    assert house.seals() == []
    assert house.choose(certificate=helpers.certificate(house.nppo, key)).status_code == 302
    assert house.seals()[0].chain.count("BEGIN CERTIFICATE") == 2


@pytest.mark.parametrize("key", ["file:../NZ/2026", "file:theirs", "environment:PATH", "pkcs11:x", "", "file:"])
def test_only_the_own_keys_that_are_in_place_can_be_chosen(key: str) -> None:
    house = House("2026")
    there = NppoFactory(code="NZ")
    making.make(there, place(there, "theirs"))
    assert "theirs" not in house.page("new_seal")
    assert house.choose(key=key).status_code == 422
    assert house.seals() == []


def test_the_key_of_the_real_nppo_is_refused_in_training() -> None:
    house = House("2026")
    house.choose()
    twin = House(code="WS-T", country="WS", is_training=True)
    helpers.written(place(twin.nppo), place(house.nppo).file.read_bytes())
    answer = twin.choose()
    assert answer.status_code == 422
    assert "Another NPPO seals with this key" in answer.content.decode()
    assert twin.seals() == []


def test_a_key_that_others_can_read_is_refused_in_words() -> None:
    house = House("2026")
    place(house.nppo).file.chmod(0o644)
    assert "Others than the installation could read" in house.choose().content.decode()


def test_changing_to_a_new_seal_keeps_the_old_one_in_the_list() -> None:
    house = House("2026", "2027")
    house.choose()
    house.choose("2027")
    old, new = house.seals()
    assert (old.retired_at is None, new.retired_at) == (False, None)
    page = house.page()
    assert "Seals before" in page
    assert "2026" in page.split("Seals before", 1)[1]
    assert [action for action, _who in house.events()] == ["added", "ended", "added"]


def test_how_papers_carry_it_is_changed_with_an_event(settings: Any) -> None:
    settings.SEAL_TIME_SERVERS = ["http://time.example.org/"]
    house = House("2026")
    house.choose()
    address = reverse("administration:seal")
    assert house.client.post(address, {"time_server": "http://elsewhere.example.org/"}).status_code == 422
    said = {"time_server": "http://time.example.org/", "is_visible": "on"}
    assert house.client.post(address, said).status_code == 302
    (seal,) = house.seals()
    assert (seal.time_server, seal.is_visible) == ("http://time.example.org/", True)
    assert house.events()[-1] == ("changed", str(house.admin.user))
    assert "Time-stamp server: <bdi>–</bdi>" in house.page()


def test_retiring_asks_for_a_reason() -> None:
    house = House("2026")
    house.choose()
    address = reverse("administration:retire_seal", args=[house.seals()[0].pk])
    assert "cannot be undone" in house.client.get(address).content.decode()
    assert house.client.post(address, {"reason": " "}).status_code == 422
    assert house.client.post(address, {"reason": "The key was copied"}).status_code == 302
    assert house.seals()[0].retired_at is not None
    assert "The key was copied" in house.page()
    assert house.client.post(address, {"reason": "Again"}).status_code == 404


def test_a_seal_of_another_country_is_not_found() -> None:
    house, there = House("2026"), House("theirs", code="NZ")
    there.choose("theirs")
    address = reverse("administration:retire_seal", args=[there.seals()[0].pk])
    assert house.client.get(address).status_code == 404
    assert house.client.post(address, {"reason": "x"}).status_code == 404


# While it is away


def test_what_waits_is_told_where_somebody_can_do_something() -> None:
    world = World()
    admin = make_membership(world.nppo, roles.ADMINISTRATOR)
    place(world.nppo).file.unlink()
    for number in ("WS-1", "WS-2"):
        printing.render(world.issued(number).pk, world.nppo.pk)
    page = acting_client(admin).get(reverse("administration:seal")).content.decode()
    assert "2 papers wait for the seal" in page
    assert "Its key is not where it was." in page
    assert page.count("The seal is away") == 1
    operator = make_membership(NppoFactory(code="NZ"), roles.OPERATOR)
    other = make_membership(NppoFactory(code="NZ"), roles.ADMINISTRATOR)
    for member, is_told in ((admin, True), (operator, True), (other, False)):
        words = acting_client(member).get(reverse("certificates:operations")).content.decode()
        assert ("Papers wait for a seal" in words) is is_told
    with acting_for(world.nppo.pk):
        assert "Papers are sealed electronically, for a month at least" in _missing(world)


def test_administrators_hear_that_papers_wait_once_and_after_a_while() -> None:
    world = World()
    admin = make_membership(world.nppo, roles.ADMINISTRATOR)
    made, file = world.issued("WS-1"), place(world.nppo).file
    file.chmod(0o644)
    printing.render(made.pk, world.nppo.pk)
    heard = []
    for minutes in (0, 14, 16, 60):
        with acting_for(world.nppo.pk):
            Seal.objects.update(trouble_since=timezone.now().replace(microsecond=0) - timedelta(minutes=minutes))
        tasks.render_missing()
        tasks.render_missing()
        with acting_for(world.nppo.pk):
            told = Notice.objects.filter(membership=admin, key__startswith="seal away")
            heard.append(told.count())
    assert heard == [0, 0, 1, 2]  # the test moves its beginning: two times
    with acting_for(world.nppo.pk):
        notice = Notice.objects.latest("pk")
        assert not Notice.objects.exclude(membership=admin).exists()
    assert "Others than the installation could read the file of its key." in notice.text
    file.chmod(0o600)
    tasks.render_missing()
    assert world.pdf(made) is not None


def _missing(world: World) -> set[str]:
    return {str(check.words) for check in checks(world.nppo) if not check.is_done}


def test_the_checklist_looks_a_month_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    words = "Papers are sealed electronically, for a month at least"
    for days, is_missing in ((40, False), (29, True)):
        monkeypatch.setattr(timezone, "now", lambda days=days: world.seal.ends - timedelta(days=days))
        with acting_for(world.nppo.pk):
            assert (words in _missing(world)) is is_missing


def test_administrators_hear_of_its_end_a_month_and_a_week_before_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    admin = make_membership(world.nppo, roles.ADMINISTRATOR)
    heard = []
    for days in (31, 29, 28, 6, 5):
        monkeypatch.setattr(timezone, "now", lambda days=days: world.seal.ends - timedelta(days=days))
        notices.endings()
        with acting_for(world.nppo.pk):
            heard.append(Notice.objects.filter(membership=admin, key__startswith="seal").count())
    assert heard == [0, 1, 1, 2, 2]
    monkeypatch.undo()
    with acting_for(world.nppo.pk):
        assert "The electronic seal ends on" in Notice.objects.latest("pk").subject
        assert using.active(world.nppo.pk) is not None
