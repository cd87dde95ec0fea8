"""What is usual for a destination: kept by an administrator, offered to who drafts, written by nobody but them."""

from dataclasses import replace
from typing import Any

import pytest
from django.urls import reverse

from certificates import drafts
from certificates.ephyto.document import Country, Document, Location
from certificates.models import Certificate, Partnership
from gens.accounts import roles
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.drafting.test_drafting import fields_of, now, open_page, url
from tests.factories import NppoFactory, load, make_membership, valid_document

pytestmark = pytest.mark.django_db
SAID = {
    "way": "both", "transit_0": "FJ", "transit_2": "TO", "usual_clauses": "free", "usual_mode": "1",
    "usual_entry": "Auckland", "language_note": "Write in English only",
}  # fmt: skip


class World:
    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        self.inspector = make_membership(self.nppo, roles.INSPECTOR)
        self.admin = acting_client(make_membership(self.nppo, roles.ADMINISTRATOR))
        self.client = acting_client(self.inspector)

    def usual(self, country: str = "NZ", **said: str) -> Any:
        return self.admin.post(reverse("administration:partner", args=[country]), SAID | said)

    def draft(self, document: Document | None = None, kind: str = "851") -> Certificate:
        with acting_for(self.nppo.pk):
            return drafts.create(by=self.inspector, document=document, kind=kind)

    def page(self, draft: Certificate, section: str) -> str:
        return str(self.client.get(url(draft, section)).content.decode())


@pytest.fixture
def world() -> World:
    return World()


def to_new_zealand(**changes: object) -> Document:
    return Document(type="851", status="70", statements=("1",), import_country=Country("NZ"), **changes)  # type: ignore[arg-type]


def test_the_administrator_keeps_it_and_who_changed_it_is_told(world: World) -> None:
    assert world.usual().status_code == 302
    with acting_for(world.nppo.pk):
        row = Partnership.objects.get()
    assert (row.usual_transit, row.usual_clauses, row.usual_mode, row.usual_entry) == (
        ["FJ", "TO"], "free", "1", "Auckland",
    )  # fmt: skip
    assert world.usual(usual_clauses="neither").status_code == 302
    page = world.admin.get(reverse("administration:partner", args=["NZ"])).content.decode()
    assert "Nothing is filled in by itself." in page
    assert "Optional clauses: <bdi>“Practically free from other pests”</bdi>" in page
    assert 'value="Write in English only"' in page


@pytest.mark.parametrize(
    "said", [{"usual_clauses": "all"}, {"transit_1": "XX"}, {"usual_mode": "x"}, {"usual_entry": "x" * 257}]
)
def test_nonsense_is_refused(world: World, said: dict[str, str]) -> None:
    assert world.usual(**said).status_code == 422
    with acting_for(world.nppo.pk):
        assert not Partnership.objects.exists()


def test_choosing_the_first_destination_leads_to_the_offer(world: World) -> None:
    world.usual()
    draft = world.draft()
    address = url(draft, "consignment")
    saved = world.client.post(address, open_page(world.client, address) | {"destination": "NZ", "then": "next"})
    assert saved.url == address
    page = world.client.get(address).content.decode()
    assert "Usual for New Zealand:" in page
    assert "Fiji, Tonga" in page
    assert "Write in English only" in page
    assert now(draft).transit_countries == ()


def test_filling_in_saves_nothing_until_save(world: World) -> None:
    world.usual()
    draft = world.draft(to_new_zealand())
    address = url(draft, "consignment")
    typed = open_page(world.client, address) | {"marks": "Typed"}
    filled = world.client.post(address, typed | {"fill": "usual"}).content.decode()
    assert now(draft) == replace(to_new_zealand(), export_country=Country("WS"))
    assert "Usual for New Zealand:" not in filled
    shown = fields_of(filled)
    assert (shown["transits-0-country"], shown["transits-1-country"], shown["marks"]) == ("FJ", "TO", "Typed")
    assert "practically_free" in shown
    assert world.client.post(address, shown).status_code == 302
    after = now(draft)
    assert ([c.code for c in after.transit_countries], after.statements) == (["FJ", "TO"], ("1", "2"))


def test_it_can_be_asked_for_before_anything_is_saved(world: World) -> None:
    world.usual()
    draft = world.draft()
    address = url(draft, "consignment")
    assert "Show what is usual for this destination" in world.page(draft, "consignment")
    typed = open_page(world.client, address) | {"destination": "NZ", "seek": "usual"}
    shown = world.client.post(address, typed).content.decode()
    assert "Usual for New Zealand:" in shown
    assert now(draft).import_country == Country()
    filled = fields_of(world.client.post(address, fields_of(shown) | {"fill": "usual"}).content.decode())
    assert (filled["destination"], filled["transits-0-country"]) == ("NZ", "FJ")


def test_mode_and_point_of_entry_are_offered_with_the_transport(world: World) -> None:
    world.usual()
    draft = world.draft(to_new_zealand())
    address = url(draft, "transport")
    page = world.page(draft, "transport")
    assert "Declared point of entry: <bdi>Auckland</bdi>" in page
    filled = fields_of(world.client.post(address, fields_of(page) | {"fill": "usual"}).content.decode())
    assert world.client.post(address, filled).status_code == 302
    assert (now(draft).movements[0].mode, now(draft).entry) == ("1", Location("NZAKL", "Auckland"))
    assert "Usual for" not in world.page(draft, "transport")


def test_what_somebody_wrote_is_not_written_over(world: World) -> None:
    world.usual()
    draft = world.draft(to_new_zealand(entry=Location("", "Tauranga"), transit_countries=(Country("AU"),)))
    page = world.page(draft, "transport")
    assert "Mode of transport: <bdi>" in page
    filled = fields_of(world.client.post(url(draft, "transport"), fields_of(page) | {"fill": "usual"}).content.decode())
    assert (filled["movements-0-mode"], filled["entry_name"]) == ("1", "Tauranga")
    first = world.page(draft, "consignment")
    assert "Transit: <bdi>" not in first
    filled = fields_of(
        world.client.post(url(draft, "consignment"), fields_of(first) | {"fill": "usual"}).content.decode()
    )
    assert filled["transits-0-country"] == "AU"


def test_a_clause_that_is_not_usual_is_taken_off_when_asked(world: World) -> None:
    world.usual(usual_clauses="neither")
    draft = world.draft(replace(to_new_zealand(), statements=("1", "2")))
    page = world.page(draft, "consignment")
    assert "Neither optional clause" in page
    filled = fields_of(
        world.client.post(url(draft, "consignment"), fields_of(page) | {"fill": "usual"}).content.decode()
    )
    assert "practically_free" not in filled


def test_a_re_export_is_not_offered_the_clause_its_model_lacks(world: World) -> None:
    world.usual(transit_0="", transit_2="", usual_clauses="free", language_note="")
    draft = world.draft(replace(to_new_zealand(), type="657", statements=("",)))
    assert "Usual for" not in world.page(draft, "consignment")


def test_where_nothing_is_usual_nothing_is_offered(world: World) -> None:
    draft = world.draft()
    address = url(draft, "consignment")
    assert "Show what is usual" not in world.page(draft, "consignment")
    saved = world.client.post(address, open_page(world.client, address) | {"destination": "NZ", "then": "next"})
    assert saved.url == url(draft, "parties")
    assert "Usual for" not in world.page(draft, "transport")


def test_the_language_note_stands_where_declarations_are_written(world: World) -> None:
    world.usual()
    assert "Write in English only" in world.page(world.draft(valid_document()), "declarations")
    assert "Write in English only" not in world.page(world.draft(valid_document()), "parties")


def test_another_nppo_has_its_own(world: World) -> None:
    world.usual()
    stranger = make_membership(NppoFactory(code="EC"), roles.INSPECTOR)
    with acting_for(stranger.nppo_id):
        draft = drafts.create(by=stranger, document=to_new_zealand())
    page = acting_client(stranger).get(url(draft, "transport")).content.decode()
    assert "Auckland" not in page.split("<datalist")[0]
