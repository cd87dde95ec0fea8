"""Administrators require a second factor, see who has one, and reset what somebody of their NPPO lost."""

from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.urls import reverse

from gens.accounts import mail, roles
from gens.accounts.models import Event, Mail, Membership, Nppo
from gens.accounts.tenancy import acting_for
from tests.codes import give_app
from tests.conftest import acting_client
from tests.factories import NppoFactory, make_membership

pytestmark = pytest.mark.django_db


class World:
    """Samoa with two administrators and an inspector who has an app, a key and recovery codes."""

    def __init__(self) -> None:
        self.nppo = NppoFactory(code="WS")
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.inspector = make_membership(self.nppo, roles.INSPECTOR)
        self.client = acting_client(self.admin)
        give_app(self.inspector.user)
        for kind in ("webauthn", "webauthn", "recovery_codes"):
            Authenticator.objects.create(user=self.inspector.user, type=kind, data={"name": "Key"})

    def url(self, name: str, *arguments: object) -> str:
        return reverse(f"administration:{name}", args=arguments)

    def reset(self, member: Membership, **data: Any) -> Any:
        return self.client.post(self.url("reset_second_factor", member.pk), data)

    def event(self, member: Membership) -> Event | None:
        with acting_for(member.nppo_id):
            return Event.objects.filter(subject_id=member.pk, action="second_factor_reset").first()

    def mails(self, nppo: Nppo) -> list[str]:
        with acting_for(nppo.pk):
            return list(Mail.objects.filter(kind="sign_in").values_list("to", flat=True))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(mail, "nudge", lambda *arguments: None)
    return World()


def test_the_page_of_a_person_says_what_they_have(world: World) -> None:
    page = world.client.get(world.url("person", world.inspector.pk)).content.decode()
    assert "Authenticator app, 2 passkeys or keys" in page
    assert world.url("reset_second_factor", world.inspector.pk) in page
    assert "second-factor" not in world.client.get(world.url("person", world.admin.pk)).content.decode()


def test_the_list_says_who_has_one_who_needs_one_and_is_filtered_by_it(world: World) -> None:
    with acting_for(world.nppo.pk):
        Nppo.objects.filter(pk=world.nppo.pk).update(second_factor_roles=[roles.INSPECTOR])
    without = make_membership(world.nppo, roles.INSPECTOR)
    page = world.client.get(world.url("people")).content.decode()
    assert (page.count(">set up</td>"), page.count("To be set up"), page.count(">none</td>")) == (1, 1, 1)
    names = {each.user.name for each in (world.admin, world.inspector, without)}
    for factor, found in (("yes", {world.inspector.user.name}), ("no", {world.admin.user.name, without.user.name})):
        page = world.client.get(world.url("people"), {"factor": factor}).content.decode()
        table = page[page.index("<tbody>") : page.index("</tbody>")]
        assert {name for name in names if f">{name}</a>" in table} == found


@pytest.mark.parametrize("more", [0, 3])
def test_the_list_costs_the_same_however_many_have_one(
    world: World, django_assert_max_num_queries: Any, django_assert_num_queries: Any, more: int
) -> None:
    world.client.get(world.url("people"))
    with django_assert_max_num_queries(60) as one:
        world.client.get(world.url("people"))
    for _ in range(more):
        give_app(make_membership(world.nppo, roles.INSPECTOR).user)
    with django_assert_num_queries(len(one)):
        world.client.get(world.url("people"))


def test_a_lost_factor_is_reset_recorded_and_told(world: World) -> None:
    asked = world.client.get(world.url("reset_second_factor", world.inspector.pk)).content.decode()
    assert "recovery codes of this person open nothing any more" in asked
    assert world.reset(world.inspector, reason=" Phone stolen ").status_code == 302
    assert not Authenticator.objects.filter(user=world.inspector.user).exists()
    event = world.event(world.inspector)
    assert event is not None
    assert (event.by_id, event.reason) == (world.admin.pk, "Phone stolen")
    assert world.mails(world.nppo) == [world.inspector.user.email]
    page = world.client.get(world.url("person", world.inspector.pk)).content.decode()
    assert "Second factor reset" in page
    assert "Phone stolen" in page
    assert world.reset(world.inspector, reason="again").status_code == 404


@pytest.mark.parametrize("reason", ["", "   "])
def test_without_a_reason_nothing_is_reset(world: World, reason: str) -> None:
    answer = world.reset(world.inspector, reason=reason)
    assert (answer.status_code, "Write the reason." in answer.content.decode()) == (422, True)
    assert Authenticator.objects.filter(user=world.inspector.user).count() == 4
    assert world.event(world.inspector) is None


def test_looking_resets_nothing(world: World) -> None:
    assert world.client.get(world.url("reset_second_factor", world.inspector.pk)).status_code == 200
    assert Authenticator.objects.filter(user=world.inspector.user).count() == 4


def test_an_administrator_of_another_nppo_finds_nobody(world: World) -> None:
    stranger = acting_client(make_membership(NppoFactory(code="NZ"), roles.ADMINISTRATOR))
    for answer in (
        stranger.get(world.url("reset_second_factor", world.inspector.pk)),
        stranger.post(world.url("reset_second_factor", world.inspector.pk), {"reason": "mine now"}),
    ):
        assert answer.status_code == 404
    assert Authenticator.objects.filter(user=world.inspector.user).count() == 4


@pytest.mark.parametrize("role", [role for role in roles.ROLE_NAMES if role != roles.ADMINISTRATOR])
def test_nobody_but_an_administrator_resets(world: World, role: str) -> None:
    client = acting_client(make_membership(world.nppo, role))
    address = world.url("reset_second_factor", world.inspector.pk)
    assert (client.get(address).status_code, client.post(address, {"reason": "x"}).status_code) == (403, 403)
    assert Authenticator.objects.filter(user=world.inspector.user).count() == 4


def test_their_own_is_changed_on_their_own_page_only(world: World) -> None:
    give_app(world.admin.user)
    assert world.reset(world.admin, reason="quick").url == "/account/security/"
    assert Authenticator.objects.filter(user=world.admin.user).exists()


def test_somebody_who_no_longer_works_here_is_not_reset(world: World) -> None:
    with acting_for(world.nppo.pk):
        world.inspector.is_active = False
        world.inspector.save(update_fields=["is_active"])
    assert world.reset(world.inspector, reason="x").status_code == 404
    assert Authenticator.objects.filter(user=world.inspector.user).count() == 4


def test_a_reset_stands_in_the_history_of_every_nppo_of_the_person(world: World) -> None:
    other = NppoFactory(code="NZ")
    with acting_for(other.pk):
        elsewhere = make_membership(other, roles.INSPECTOR)
        elsewhere.user = world.inspector.user
        elsewhere.save(update_fields=["user"])
    world.reset(world.inspector, reason="Phone lost")
    event = world.event(elsewhere)
    assert event is not None
    assert (event.by_name, event.office_name) == (world.admin.user.name, world.admin.office.name)
    assert world.mails(other) == []


def test_after_a_reset_a_role_that_needs_it_sets_up_a_new_one(world: World) -> None:
    with acting_for(world.nppo.pk):
        Nppo.objects.filter(pk=world.nppo.pk).update(second_factor_roles=[roles.INSPECTOR])
    client = acting_client(world.inspector)
    assert client.get("/list/drafts/").status_code == 200
    world.reset(world.inspector, reason="Phone lost")
    assert client.get("/list/drafts/").url == "/account/security/"


def test_who_runs_the_installation_resets_the_only_administrator(world: World) -> None:
    give_app(world.admin.user)
    out = StringIO()
    call_command("reset_second_factor", world.admin.user.email.upper(), "Called from the known number", stdout=out)
    assert world.admin.user.email in out.getvalue()
    assert not Authenticator.objects.filter(user=world.admin.user).exists()
    event = world.event(world.admin)
    assert event is not None
    assert (event.by_id, event.reason) == (None, "Called from the known number")
    assert world.mails(world.nppo) == [world.admin.user.email]


@pytest.mark.parametrize(
    ("email", "reason", "words"),
    [("nobody@example.org", "x", "Nobody has the address"), ("", "x", "Nobody"), ("inspector", " ", "Write the reason"),
     ("admin", "x", "has no second factor")],
)  # fmt: skip
def test_the_command_says_what_is_wrong_and_changes_nothing(world: World, email: str, reason: str, words: str) -> None:
    address = getattr(world, email).user.email if hasattr(world, email) else email
    with pytest.raises(CommandError, match=words):
        call_command("reset_second_factor", address, reason)
    assert Authenticator.objects.count() == 4
    assert world.mails(world.nppo) == []
