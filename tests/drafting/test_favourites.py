"""Favourites: kept while saving a section, filled in without saving, remembered with who used them, managed on a page."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from certificates import drafts, favourites
from certificates.ephyto.document import Country, Document, Location, Party, Text
from certificates.models import Certificate, Favourite
from gens.accounts import roles
from gens.accounts.models import Event, Membership
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.drafting.test_drafting import fields_of, now, open_page, url
from tests.factories import NppoFactory, load, make_membership, valid_document

pytestmark = pytest.mark.django_db
EMPTY = Document(type="851", status="70")


class World:
    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        self.inspector = make_membership(self.nppo, roles.INSPECTOR)
        self.colleague = make_membership(self.nppo, roles.INSPECTOR)
        self.client: Client = acting_client(self.inspector)

    def draft(self, document: Document = EMPTY, by: Membership | None = None) -> Certificate:
        with acting_for(self.nppo.pk):
            return drafts.create(by=by or self.inspector, document=document)

    def save(self, draft: Certificate, section: str, client: Client | None = None, **typed: str) -> Any:
        browser, address = client or self.client, url(draft, section)
        return browser.post(address, open_page(browser, address) | typed)

    def keep(self, kind: str, document: Document | None = None) -> Favourite:
        with acting_for(self.nppo.pk):
            kept = favourites.keep(document or valid_document(), kind, by=self.inspector)
        assert kept
        return kept

    def rows(self, kind: str = "exporter") -> list[Favourite]:
        with acting_for(self.nppo.pk):
            return list(Favourite.objects.filter(kind=kind).order_by("name"))


@pytest.fixture
def world() -> World:
    return World()


def test_ticking_keeps_the_exporter_and_the_consignee(world: World) -> None:
    draft = world.draft(valid_document())
    assert world.save(draft, "parties", keep_exporter="on").status_code == 302
    (exporter,) = world.rows()
    assert (exporter.name, exporter.data) == ("Upolu Growers Ltd", Document(exporter=valid_document().exporter))
    assert exporter.used_by_id == world.inspector.pk
    assert world.rows("consignee") == []
    world.save(draft, "parties", keep_consignee="on")
    assert [row.data.consignee for row in world.rows("consignee")] == [valid_document().consignee]


def test_without_the_tick_nothing_is_kept(world: World) -> None:
    world.save(world.draft(valid_document()), "parties")
    world.save(world.draft(valid_document()), "transport")
    assert world.rows() == world.rows("consignee") == world.rows("route") == []


def test_a_route_is_kept_with_its_destination_and_without_the_voyage(world: World) -> None:
    world.save(world.draft(valid_document()), "transport", keep_route="on")
    (route,) = world.rows("route")
    assert (route.name, route.destination) == ("Southern Pearl, Port of Auckland, New Zealand", "NZ")
    said = route.data
    assert (said.entry.code, said.movements[0].number, said.movements[0].means) == (
        "NZAKL", "", (Text("Southern Pearl", "en"),),
    )  # fmt: skip


@pytest.mark.parametrize(("section", "tick"), [("parties", "keep_exporter"), ("transport", "keep_route")])
def test_what_says_nothing_is_not_kept(world: World, section: str, tick: str) -> None:
    assert world.save(world.draft(), section, **{tick: "on"}).status_code == 302
    assert world.rows() == world.rows("route") == []


def test_keeping_the_same_name_again_brings_it_up_to_date(world: World) -> None:
    world.keep("exporter")
    moved = valid_document(exporter=Party("Upolu Growers Ltd", ("New street 1", "Apia")))
    world.save(world.draft(moved), "parties", keep_exporter="on")
    (row,) = world.rows()
    assert row.data.exporter.address == ("New street 1", "Apia")


def test_filling_in_fills_the_fields_and_saves_nothing(world: World) -> None:
    kept, draft = world.keep("exporter"), world.draft()
    page = open_page(world.client, url(draft, "parties")) | {"consignee_name": "Typed already"}
    filled = world.client.post(url(draft, "parties"), page | {"fill": "exporter", "favourite_exporter": str(kept.pk)})
    shown = fields_of(filled.content.decode())
    assert (filled.status_code, shown["exporter_name"], shown["consignee_name"]) == (
        200, "Upolu Growers Ltd", "Typed already",
    )  # fmt: skip
    assert shown["exporter_address"] == "Vaitele Industrial Zone\nApia, Samoa"
    assert now(draft).exporter == Party()
    assert shown["favourite_exporter"] == ""
    assert world.client.post(url(draft, "parties"), shown).status_code == 302
    assert now(draft).exporter == valid_document().exporter


def test_a_route_fills_means_and_point_of_entry(world: World) -> None:
    kept = world.keep("route", valid_document(entry=Location("NZAKL", "Auckland")))
    draft = world.draft()
    page = open_page(world.client, url(draft, "transport")) | {"containers": "MSCU1, S1"}
    filled = world.client.post(url(draft, "transport"), page | {"fill": "route", "favourite_route": str(kept.pk)})
    assert world.client.post(url(draft, "transport"), fields_of(filled.content.decode())).status_code == 302
    after = now(draft)
    assert (after.movements[0].mode, after.movements[0].number, after.entry.code) == ("1", "", "NZAKL")
    assert after.equipment[0].number == "MSCU1"


def test_routes_to_another_destination_are_not_offered(world: World) -> None:
    world.keep("route")
    fiji = replace(EMPTY, import_country=replace(valid_document().import_country, code="FJ", name="Fiji"))
    assert "Southern Pearl" in world.client.get(url(world.draft(), "transport")).content.decode()
    assert "Southern Pearl" not in world.client.get(url(world.draft(fiji), "transport")).content.decode()


@pytest.mark.parametrize("chosen", ["", "nonsense", "999999", "9" * 40])
def test_a_choice_that_is_none_changes_nothing(world: World, chosen: str) -> None:
    world.keep("exporter")
    draft = world.draft()
    page = open_page(world.client, url(draft, "parties")) | {"exporter_name": "Mine"}
    again = world.client.post(url(draft, "parties"), page | {"fill": "exporter", "favourite_exporter": chosen})
    assert fields_of(again.content.decode())["exporter_name"] == "Mine"


def test_a_consignee_does_not_become_an_exporter(world: World) -> None:
    kept, draft = world.keep("consignee"), world.draft()
    page = open_page(world.client, url(draft, "parties"))
    again = world.client.post(url(draft, "parties"), page | {"fill": "exporter", "favourite_exporter": str(kept.pk)})
    assert fields_of(again.content.decode())["exporter_name"] == ""


def test_who_used_it_last_is_remembered_and_it_stands_first(world: World) -> None:
    first = world.keep("exporter")
    world.keep("exporter", valid_document(exporter=Party("Savai'i Root Crops", ("Salelologa",))))
    with acting_for(world.nppo.pk):
        assert favourites.of(world.inspector, "exporter")[0].name == "Savai'i Root Crops"
    theirs = acting_client(world.colleague)
    world.save(world.draft(valid_document()), "parties", theirs, consignee_name="X")
    with acting_for(world.nppo.pk):
        latest = favourites.of(world.inspector, "exporter")[0]
    assert (latest, latest.used_by_id) == (first, world.colleague.pk)


def test_among_many_one_is_found_by_its_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(favourites, "OFFERED", 2)
    for number in range(4):
        world.keep("exporter", valid_document(exporter=Party(f"Éxport {number}", ("Apia",))))
    draft = world.draft()
    page = world.client.get(url(draft, "parties")).content.decode()
    assert "Éxport 3" in page
    assert "Éxport 0" not in page
    asked = fields_of(page) | {"exporter_name": "Mine", "seek": "exporter", "seek_exporter": "export 0"}
    found = world.client.post(url(draft, "parties"), asked).content.decode()
    assert "Éxport 0" in found
    assert "Éxport 3" not in found
    assert fields_of(found)["exporter_name"] == "Mine"
    none = world.client.post(url(draft, "parties"), asked | {"seek_exporter": "zzz"}).content.decode()
    assert "No favourite matches." in none


def test_saving_without_javascript_is_what_the_enter_key_presses(world: World) -> None:
    world.keep("exporter")
    page = world.client.get(url(world.draft(), "parties")).content.decode()
    form = page[page.index('<form class="main') :]
    assert form.index('<button class="vh" tabindex="-1" aria-hidden="true">Save') < form.index('name="fill"')


def test_favourites_are_the_nppos_own(world: World) -> None:
    kept = world.keep("exporter")
    stranger = acting_client(make_membership(NppoFactory(code="NZ"), roles.INSPECTOR))
    assert "Upolu" not in stranger.get(reverse("certificates:favourites")).content.decode()
    assert stranger.post(reverse("certificates:delete_favourite", args=[kept.pk])).status_code == 404
    assert world.rows() == [kept]


# the page


def test_one_is_renamed_and_changed(world: World) -> None:
    kept = world.keep("exporter")
    address = reverse("certificates:favourite", args=[kept.pk])
    said = {"label": "Upolu (Vaitele)", "name": "Upolu Growers Limited", "address": "Vaitele\r\n\r\nApia"}
    assert world.client.post(address, said).url == "/favourites/?kind=exporter"
    (row,) = world.rows()
    assert (row.name, row.data.exporter.name, row.data.exporter.address) == (
        "Upolu (Vaitele)", "Upolu Growers Limited", ("Vaitele", "Apia"),
    )  # fmt: skip
    page = world.client.get("/favourites/?q=limited").content.decode()
    assert "Upolu (Vaitele)" in page


def test_a_route_is_changed(world: World) -> None:
    kept = world.keep("route")
    address = reverse("certificates:favourite", args=[kept.pk])
    said = {"label": "By air", "destination": "FJ", "mode": "4", "means": "", "entry_name": "Nadi"}
    assert world.client.post(address, said).status_code == 302
    (row,) = world.rows("route")
    assert (row.destination, row.data.import_country.name, row.data.entry.name) == ("FJ", "Fiji", "Nadi")
    assert (row.data.movements[0].mode, row.data.movements[0].means) == ("4", ())


@pytest.mark.parametrize(
    ("kind", "said", "words"),
    [
        ("exporter", {"label": "", "name": "x"}, "Write the name."),
        ("exporter", {"label": "x", "name": " "}, "Write the name."),
        ("exporter", {"label": "Taken", "name": "x"}, "Another favourite has this name."),
        ("route", {"label": "x", "destination": "NZ"}, "Write by what, or where to."),
        ("route", {"label": "x", "destination": "XX", "means": "y"}, "“XX” is not in the list."),
    ],
)
def test_bad_input_is_told_and_nothing_typed_is_lost(world: World, kind: str, said: dict[str, str], words: str) -> None:
    world.keep("exporter", valid_document(exporter=Party("Taken", ())))
    kept = world.keep(kind)
    refused = world.client.post(reverse("certificates:favourite", args=[kept.pk]), said | {"address": "kept words"})
    page = refused.content.decode()
    assert (refused.status_code, words in page, "<title>Error:" in page) == (422, True, True)
    assert kind == "route" or "kept words" in page
    assert kept.name in {row.name for row in world.rows(kind)}


def test_deleting_asks_first_and_stays_told(world: World) -> None:
    kept = world.keep("exporter")
    address = reverse("certificates:delete_favourite", args=[kept.pk])
    assert "Nobody of your NPPO can fill it in any more" in world.client.get(address).content.decode()
    assert world.rows() == [kept]
    world.client.post(address)
    assert world.rows() == []
    with acting_for(world.nppo.pk):
        told = Event.objects.filter(subject_id=kept.pk, subject_type__model="favourite").order_by("pk")
        assert [(e.action, e.by_id) for e in told] == [("added", world.inspector.pk), ("ended", world.inspector.pk)]
        assert told[1].reason == "Upolu Growers Ltd"


def test_the_page_is_searched_by_kind_and_paged(world: World) -> None:
    for number in range(51):
        world.keep("exporter", valid_document(exporter=Party(f"Export {number}", ("Aleipata",))))
    world.keep("consignee")
    assert len(world.client.get("/favourites/").context["page"]) == 50
    assert len(world.client.get("/favourites/?page=2").context["page"]) == 1
    assert [r.name for r in world.client.get("/favourites/?q=EXPORT 50").context["page"]] == ["Export 50"]
    assert len(world.client.get("/favourites/?q=aleipata").context["page"]) == 50
    assert [r.kind for r in world.client.get("/favourites/?kind=consignee").context["page"]] == ["consignee"]
    assert "No favourite of this kind yet" in world.client.get("/favourites/?kind=route").content.decode()
    assert "No favourite matches" in world.client.get("/favourites/?q=zzz").content.decode()
    assert world.client.get("/favourites/?kind=nonsense").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_it_costs_the_same_with_one_and_with_three(world: World, django_assert_num_queries: Any, count: int) -> None:
    for number in range(count):
        world.keep("exporter", valid_document(exporter=Party(f"Export {number}", ())))
    world.client.get("/favourites/")
    with django_assert_num_queries(12):
        world.client.get("/favourites/")


def test_routes_cost_the_same_with_one_and_with_three(world: World, django_assert_num_queries: Any) -> None:
    whole = valid_document()
    for number, count in ((1, 1), (3, 3)):
        for place in range(count):
            entry = Location("", f"Port {place}")
            world.keep("route", replace(whole, entry=entry, import_country=Country(("NZ", "FJ", "AU")[place], "x")))
        world.client.get("/favourites/?kind=route")
        with django_assert_num_queries(14):
            assert len(world.client.get("/favourites/?kind=route").context["page"]) == number
