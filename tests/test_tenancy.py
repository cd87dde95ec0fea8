"""One installation, many countries: what one may see, no other does. The wall is PostgreSQL's, whatever views forget."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.utils import ProgrammingError

from certificates.models import Certificate, Status
from certificates.tasks import render_missing
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for, signing_in, sweeping
from tests.factories import NppoFactory, make_certificate, make_membership

pytestmark = pytest.mark.django_db

TENANT_MODELS = [model for model in apps.get_models() if any(f.related_model is Nppo for f in model._meta.fields)]


@pytest.fixture
def countries() -> tuple[Nppo, Nppo]:
    samoa, new_zealand = NppoFactory(code="WS"), NppoFactory(code="NZ")
    for nppo in (samoa, new_zealand):
        make_certificate(nppo, Status.DRAFT, by=make_membership(nppo, roles.INSPECTOR))
    return samoa, new_zealand


def test_there_are_tenant_tables() -> None:
    assert {model._meta.model_name for model in TENANT_MODELS} >= {
        "certificate",
        "message",
        "envelope",
        "membership",
        "event",
    }


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label)
def test_every_tenant_table_forces_row_level_security(model: type) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = %s", [model._meta.db_table]
        )
        assert cursor.fetchone() == (True, True)


def test_the_application_is_neither_superuser_nor_above_the_policies() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper, rolbypassrls, rolinherit FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("gens_app", False, False, False)


def test_a_query_without_visible_to_still_shows_one_country(countries: tuple[Nppo, Nppo]) -> None:
    for nppo in countries:
        with acting_for(nppo.pk):
            assert {c.nppo_id for c in Certificate.objects.all()} == {nppo.pk}


def test_outside_any_tenant_nothing_is_seen(countries: tuple[Nppo, Nppo]) -> None:
    assert list(Certificate.objects.all()) == []
    assert list(Membership.objects.all()) == []


def test_the_tenant_ends_with_its_block_and_comes_back_in_nested_ones(countries: tuple[Nppo, Nppo]) -> None:
    samoa, new_zealand = countries
    with acting_for(samoa.pk):
        with acting_for(new_zealand.pk):
            assert Certificate.objects.get().nppo == new_zealand
        assert Certificate.objects.get().nppo == samoa
    assert not Certificate.objects.exists()


def test_the_tenant_is_restored_after_an_error(countries: tuple[Nppo, Nppo]) -> None:
    samoa, new_zealand = countries
    with acting_for(samoa.pk):
        with pytest.raises(RuntimeError), acting_for(new_zealand.pk):
            raise RuntimeError
        assert Certificate.objects.get().nppo == samoa


def test_nobody_writes_into_another_country(countries: tuple[Nppo, Nppo]) -> None:
    samoa, new_zealand = countries
    with pytest.raises(ProgrammingError, match="row-level security"), acting_for(samoa.pk):
        make_row = Certificate.objects.get()
        make_row.pk, make_row.nppo, make_row._state.adding = None, new_zealand, True
        make_row.save()


def test_nobody_moves_a_row_into_another_country(countries: tuple[Nppo, Nppo]) -> None:
    samoa, new_zealand = countries
    with pytest.raises(ProgrammingError, match="row-level security"), acting_for(samoa.pk):
        Certificate.objects.update(nppo=new_zealand)


def test_a_task_in_the_wrong_tenant_sees_nothing(countries: tuple[Nppo, Nppo]) -> None:
    samoa, new_zealand = countries
    with acting_for(samoa.pk):
        pk = Certificate.objects.get().pk
    with acting_for(new_zealand.pk):
        assert not Certificate.objects.filter(pk=pk).exists()
    render_missing()  # nothing is issued: finds no work, and no error either


def test_a_sweep_sees_which_tenant_has_work_and_nothing_else(countries: tuple[Nppo, Nppo]) -> None:
    with sweeping():
        assert set(Certificate.objects.values_list("nppo_id", flat=True)) == {nppo.pk for nppo in countries}
    with pytest.raises(ProgrammingError, match="permission denied"), sweeping():
        list(Certificate.objects.values_list("exporter", flat=True))


def test_a_sweep_cannot_write(countries: tuple[Nppo, Nppo]) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), sweeping():
        Certificate.objects.update(status="issued")


def test_signing_in_shows_a_person_only_their_own_memberships(countries: tuple[Nppo, Nppo]) -> None:
    samoa, _new_zealand = countries
    person = make_membership(samoa, roles.AUDITOR)
    with signing_in(person.user_id):
        assert list(Membership.objects.all()) == [person]


@pytest.mark.parametrize(
    ("role", "issued", "received"),
    [
        (roles.INSPECTOR, 1, 0),
        (roles.CERTIFYING_OFFICER, 1, 0),
        (roles.IMPORT_OFFICER, 0, 1),
        (roles.ADMINISTRATOR, 1, 1),
        (roles.AUDITOR, 1, 1),
        (roles.OPERATOR, 0, 0),
    ],
)
def test_a_role_sees_its_direction_only(role: str, issued: int, received: int) -> None:
    nppo = NppoFactory(code="WS")
    make_certificate(nppo, Status.ISSUED, number="WS-1")
    make_certificate(nppo, Status.RECEIVED, direction="received", number="EC-1", counterpart="EC")
    membership = make_membership(nppo, role)
    with acting_for(nppo.pk):
        found = Certificate.objects.visible_to(membership)
        assert (found.filter(direction="issued").count(), found.filter(direction="received").count()) == (
            issued,
            received,
        )
