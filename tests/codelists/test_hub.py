"""The Hub's lists, from the real pilot Hub over mutual TLS: applied, held, cleaned, and never emptied by a failure."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codelists import hub
from codelists.lookup import name_of
from codelists.models import Code, ListSource, Refresh
from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for
from hubclient.models import Connection
from hubclient.pilothub.models import CodeItem
from hubclient.soap import ListItem
from tests.factories import NppoFactory
from tests.hub_server import DATABASES, start_hub

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


class World:
    def __init__(self, server: Any, nppo: Nppo, connection: Connection) -> None:
        self.server, self.nppo, self.connection = server, nppo, connection


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with start_hub(tmp_path) as server:
        nppo = NppoFactory(code="WS")
        with acting_for(nppo.pk):
            connection = server.connect(nppo)
        ListSource.objects.create(pk=1, nppo_key=nppo.pk, connection=connection, by_name="Operator")
        yield World(server, nppo, connection)


def states() -> dict[str, str]:
    return dict(Refresh.objects.order_by("at").values_list("list", "state"))


def test_every_list_of_the_hub_is_fetched_and_applied(world: World) -> None:
    hub.refresh_all()
    assert states() == dict.fromkeys(hub.LISTS, "applied")
    items = CodeItem.objects.filter(is_active=True)
    for list_name, element in (("package", "PackageType"), ("unit", "UnitMeasure"), ("statement", "Statement")):
        theirs = set(items.filter(list=element).values_list("code", flat=True))
        assert set(Code.objects.filter(list=list_name).values_list("code", flat=True)) == theirs
    kilogram = Code.objects.get(list="unit", code="KGM")
    assert (kilogram.kind, kilogram.source) == ("WEIGHT", "IPPC Hub")


def test_a_second_day_without_changes_changes_nothing(world: World) -> None:
    hub.refresh_all()
    assert {(row.added, row.changed, row.retired) for row in hub.refresh_all()} == {(0, 0, 0)}


def test_a_changed_name_is_applied_by_itself_and_told(world: World) -> None:
    hub.refresh_all()
    CodeItem.objects.filter(list="UnitMeasure", code="KGM").update(text="kilogramme")
    done = next(row for row in hub.refresh_all() if row.list == "unit")
    change = done.changes.get()
    assert change.changes["names"][1]["en"] == "kilogramme"
    assert name_of("unit", "KGM", "en") == "kilogramme"


def test_a_list_that_lost_more_than_a_tenth_waits_for_the_operator_and_is_applied_by_them(world: World) -> None:
    hub.refresh_all()
    before = Code.objects.filter(list="package", is_active=True).count()
    kept = list(CodeItem.objects.filter(list="PackageType").values_list("pk", flat=True)[: before // 2])
    CodeItem.objects.filter(list="PackageType").exclude(pk__in=kept).update(is_active=False)
    hub.refresh_all()
    hub.refresh_all()
    held = Refresh.objects.get(list="package", state="held")
    assert Code.objects.filter(list="package", is_active=True).count() == before
    assert (held.retired, len(held.wanted)) == (before - len(kept), len(kept))
    hub.apply(held, by_name="Operator")
    assert Code.objects.filter(list="package", is_active=True).count() == len(kept)
    held.refresh_from_db()
    assert (held.state, held.by_name, held.wanted) == ("applied", "Operator", None)


def test_what_the_operator_refuses_changes_nothing(world: World) -> None:
    hub.refresh_all()
    CodeItem.objects.filter(list="Condition").delete()
    hub.refresh_all()
    held = Refresh.objects.get(list="condition", state="held")
    assert "without a single code" in held.reason
    hub.refuse(held, by_name="Operator")
    assert Code.objects.filter(list="condition", is_active=True).exists()
    with pytest.raises(Refresh.DoesNotExist):
        hub.apply(held, by_name="Operator")


@pytest.mark.parametrize("fault", ["code_list_fails", "code_list_empty", "bad_gateway", "reset_answer"])
def test_a_hub_that_fails_keeps_every_code_and_says_so_once(world: World, fault: str) -> None:
    hub.refresh_all()
    before = Code.objects.filter(is_active=True).count()
    world.server.misbehave("WS", fault, times=None)
    hub.refresh_all()
    hub.refresh_all()
    assert Code.objects.filter(is_active=True).count() == before
    undecided = Refresh.objects.filter(state__in=["held", "failed"])
    assert {row.list for row in undecided} <= set(hub.LISTS)
    assert 0 < undecided.count() <= len(hub.LISTS)
    assert all(row.reason for row in undecided)


def test_after_a_failure_the_next_good_day_is_applied(world: World) -> None:
    world.server.misbehave("WS", "code_list_fails", times=None)
    hub.refresh_all()
    assert set(states().values()) == {"failed"}
    world.server.behave("WS")
    hub.refresh_all()
    assert states() == dict.fromkeys(hub.LISTS, "applied")
    assert Refresh.objects.count() == len(hub.LISTS)


def test_without_a_named_connection_nothing_is_fetched(world: World) -> None:
    ListSource.objects.all().delete()
    assert hub.refresh_all() == []
    assert not Refresh.objects.exists()


# texts


@pytest.mark.parametrize(
    ("came", "kept"),
    [
        ("Fresh", "Fresh"), (" Fresh\n\tfruit ", "Fresh fruit"), ("NULL", ""), ("null", ""), ("--.", ""), ("", ""),
        ("a\u2028b", "a b"), ("\u200f", ""), ("水果", "水果"), ("N/A", ""), ("\x00Dry", "Dry"),
    ],
)  # fmt: skip
def test_texts_come_on_one_line_and_nothing_is_nothing(came: str, kept: str) -> None:
    assert hub.tidy(came) == kept


def test_what_was_mended_is_told_and_a_code_without_text_keeps_its_name() -> None:
    items = [ListItem("A", "Dry\n"), ListItem("B", "NULL"), ListItem("C", "Seco", "ES"), ListItem("C", "Dry", "en")]
    codes, mended = hub.read("condition", items)
    assert [(c.code, c.names) for c in codes] == [("A", {"en": "Dry"}), ("B", {}), ("C", {"es": "Seco", "en": "Dry"})]
    assert mended == [["A", "Dry\n", "Dry"], ["B", "NULL", ""]]


def test_inactive_and_impossible_codes_are_left_out() -> None:
    items = [ListItem("A", "Dry", is_active=False), ListItem("", "Dry"), ListItem("X" * 25, "Dry")]
    assert hub.read("condition", items)[0] == []


def test_a_new_code_takes_over_the_translations_of_the_name_we_know() -> None:
    Code.objects.create(list="condition", code="dry", names={"en": "Dry", "fr": "sec"}, source="Starting list")
    codes, _mended = hub.read("condition", [ListItem("IPPC-1", "DRY", "en")])
    assert codes[0].names == {"en": "DRY", "fr": "sec"}
