"""Django's own admin: for operators, of the NPPO they act for, without secrets, to read and never to change."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from certificates.administration.site import site
from gens.accounts import changes, events, roles
from gens.accounts.models import Event, Invitation, Membership, Office
from gens.accounts.tenancy import acting_for
from hubclient.models import Connection
from tests.conftest import acting_client
from tests.factories import NppoFactory, OfficeFactory, make_membership

pytestmark = pytest.mark.django_db
KEY = "-----BEGIN PRIVATE KEY-----\nvery-secret\n-----END PRIVATE KEY-----"


class World:
    """Samoa with an operator, a connection and an invitation; New Zealand with an office."""

    def __init__(self) -> None:
        self.nppo, self.other = NppoFactory(code="WS"), NppoFactory(code="NZ")
        self.operator = make_membership(self.nppo, roles.OPERATOR)
        self.client: Client = acting_client(self.operator)
        with acting_for(self.nppo.pk):
            self.connection = Connection(
                nppo=self.nppo, kind="pilot", endpoint="https://hub.example/", code="WS", private_key=KEY, certificate=KEY
            )  # fmt: skip
            changes.save(self.connection, by=self.operator, secret=("private_key", "certificate", "ca"))
            self.invitation = Invitation.objects.create(
                nppo=self.nppo, email="new@example.org", name="New", office=self.operator.office, roles=[roles.INSPECTOR],
                secret_hash="very-secret", expires_at="2030-01-01T00:00:00Z",
            )  # fmt: skip
        with acting_for(self.other.pk):
            self.elsewhere: Office = OfficeFactory(nppo=self.other, name="Auckland office", place="Auckland")

    def get(self, name: str, *arguments: object, **query: str) -> Any:
        return self.client.get(reverse(f"admin:{name}", args=arguments), query)


@pytest.fixture
def world() -> World:
    return World()


def test_an_operator_sees_the_rows_of_the_nppo_they_act_for_and_of_no_other(world: World) -> None:
    page = world.get("accounts_office_changelist").content.decode()
    assert "Apia office" in page
    assert "Auckland office" not in page
    assert world.get("accounts_office_change", world.elsewhere.pk).status_code == 404
    assert world.get("accounts_office_change", world.operator.office_id).status_code == 200


def test_no_page_of_it_shows_a_secret(world: World) -> None:
    pages = [world.get("index")]
    for model in site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        pages.append(world.get(f"{name}_changelist"))
        with acting_for(world.nppo.pk):
            pks = list(model._default_manager.values_list("pk", flat=True)[:5])
        pages += [world.get(f"{name}_change", pk) for pk in pks]
    shown = "".join(page.content.decode() for page in pages)
    assert {page.status_code for page in pages} == {200}
    assert "new@example.org" in shown
    assert "hub.example" in shown
    assert "very-secret" not in shown
    assert "PRIVATE KEY" not in shown


def test_nothing_can_be_added_changed_or_deleted(world: World) -> None:
    office = world.operator.office
    for verb in ("add", "delete", "history"):
        with pytest.raises(NoReverseMatch):
            reverse(f"admin:accounts_office_{verb}", args=[] if verb == "add" else [office.pk])
    address = reverse("admin:accounts_office_change", args=[office.pk])
    assert world.client.post(address, {"name": "Renamed", "place": "x", "nppo": world.nppo.pk}).status_code == 403
    listed = reverse("admin:accounts_office_changelist")
    world.client.post(listed, {"action": "delete_selected", "_selected_action": [office.pk], "post": "yes"})
    with acting_for(world.nppo.pk):
        assert Office.objects.get(pk=office.pk).name == office.name


@pytest.mark.parametrize("role", [role for role in roles.ROLE_NAMES if role != roles.OPERATOR])
def test_no_other_role_enters(world: World, role: str) -> None:
    client = acting_client(make_membership(world.nppo, role))
    assert client.get(reverse("admin:index")).status_code == 403


def test_who_is_not_signed_in_is_led_to_our_own_login() -> None:
    assert Client().get(reverse("admin:index")).url.startswith("/account/login/")


def test_its_pages_carry_nothing_that_the_strict_policy_would_stop(world: World) -> None:
    for page in (
        world.get("index"),
        world.get("accounts_event_changelist"),
        world.get("hubclient_connection_change", world.connection.pk),
    ):
        text = page.content.decode()
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", text)


def test_a_long_list_has_pages_and_is_searched(world: World) -> None:
    with acting_for(world.nppo.pk):
        for number in range(60):
            events.record(world.operator.office, events.CHANGED if number else "unheard", by=None)
    first = world.get("accounts_event_changelist").content.decode()
    assert "?p=2" in first
    assert "?q=x&amp;p=2" not in first
    second = world.get("accounts_event_changelist", p="2").content.decode()
    assert "unheard" in second
    assert "unheard" not in first
    found = world.get("accounts_event_changelist", q="unheard").content.decode()
    assert found.count("<tr>") == 2
    assert world.get("accounts_event_changelist", q="nothing").content.decode().count("No row") == 1


def test_a_list_costs_the_same_with_few_rows_and_with_many(world: World) -> None:
    counted = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            world.get("accounts_membership_changelist")
        counted.append(len(queries))
        for _ in range(3):
            make_membership(world.nppo, roles.INSPECTOR)
    assert counted[0] == counted[1]
    with acting_for(world.nppo.pk):
        assert Membership.objects.count() == 7
        assert Event.objects.exists()
