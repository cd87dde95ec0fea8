"""Look-up of codes while drafting: what it answers, to whom, at what price; and the same by a button without JavaScript."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from certificates import drafts
from certificates.ephyto.document import Country, Location
from certificates.models import DraftInput, Status
from codelists import lookup
from codelists.models import Choice, CodeRequest, Used
from gens.accounts import roles
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.drafting.test_drafting import fields_of, now, open_page, url
from tests.factories import NppoFactory, load, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db


class World:
    """An inspector of Samoa and a draft to New Zealand."""

    def __init__(self, language: str = "en") -> None:
        load()
        self.nppo = NppoFactory(code="WS", language=language)
        self.by = make_membership(self.nppo, roles.INSPECTOR)
        self.client: Client = acting_client(self.by)
        self.draft = make_certificate(self.nppo, Status.DRAFT, by=self.by)
        self.line = url(self.draft, f"line.{self.draft.document.lines[0].id}")

    def look(self, name: str, q: str = "", **query: str) -> Any:
        return self.client.get(reverse("certificates:look_up", args=[name]), {"q": q, **query})

    def found(self, name: str, q: str = "", **query: str) -> list[Any]:
        answer = self.look(name, q, **query)
        assert answer.status_code == 200
        return list(answer.context["found"])

    def press(self, address: str, **data: Any) -> str:
        """Post what the page holds with these changes; the page that comes back."""
        answer = self.client.post(address, open_page(self.client, address) | data)
        assert answer.status_code == 200
        return answer.content.decode()


@pytest.fixture
def world() -> World:
    return World()


def test_a_plant_is_told_with_its_code_its_names_and_the_one_that_matched(world: World) -> None:
    (one, *_rest) = world.found("taxon", "papa chi")
    assert (one.code, one.value, one.name, one.matched) == ("CXSES", "Colocasia esculenta", "taro", "papa china")
    assert one.others == ["dasheen"]
    page = world.look("taxon", "papa chi").content.decode()
    assert 'role="option"' in page
    assert 'data-value="Colocasia esculenta" data-name="taro"' in page
    assert "1 suggestion." in page


def test_names_are_the_reader_s_and_what_is_written_is_the_nppo_s() -> None:
    world = World(language="es")
    world.by.user.language = "ar"
    world.by.user.save(update_fields=["language"])
    (dry,) = [one for one in world.found("condition", "dry") if one.code == "dry"]
    assert (dry.value, dry.name, dry.matched) == ("seco", "جاف", "Dry")
    (taro,) = world.found("taxon", "taro")[:1]
    assert (taro.value, taro.name, taro.common) == ("Colocasia esculenta", "قلقاس", "taro")
    assert 'list="list-condition"' in world.client.get(world.line).content.decode()
    assert '<option value="seco">' in world.client.get(world.line).content.decode()


def test_points_of_entry_are_those_of_the_destination_where_it_has_any(world: World) -> None:
    everywhere = {one.code[:2] for one in world.found("port")}
    assert len(everywhere) > 1
    assert {one.code[:2] for one in world.found("port", kind="NZ")} == {"NZ"}
    assert [one.code for one in world.found("port", "auck", kind="NZ")] == ["NZAKL"]
    assert [one.code for one in world.found("port", "sydn", kind="NZ")] == ["AUSYD"]  # none there: those of others
    assert world.found("port", kind="XX")[:1] == world.found("port")[:1]


def test_the_nppo_s_own_and_hidden_codes_count(world: World) -> None:
    with acting_for(world.nppo.pk):
        Choice.objects.create(
            nppo=world.nppo,
            list="condition",
            code="WS-UMU",
            is_own=True,
            names={"en": "smoked"},
            folded="smoked\nws-umu",
        )
        Choice.objects.create(nppo=world.nppo, list="condition", code="dry", is_hidden=True, folded="dry")
    assert [one.value for one in world.found("condition", "smo")] == ["smoked"]
    assert "dry" not in [one.code for one in world.found("condition", "dry")]
    assert "WS-UMU" not in [one.code for one in world.found("condition", "smo", kind="X")][1:]


def test_without_a_text_the_list_stands_in_its_order_and_of_a_long_one_what_was_used_last(world: World) -> None:
    assert [one.value for one in world.found("condition")][:2] == sorted(["Debarked", "Dry"])
    with acting_for(world.nppo.pk):
        lookup.used("taxon", ["CCNNU"], by=world.by)
    assert world.found("taxon")[0].code == "CCNNU"
    assert len(world.found("taxon")) == lookup.FOUND


def test_saving_a_line_remembers_each_of_its_plants(world: World) -> None:
    data = open_page(world.client, world.line) | {"botanical": "Cocos nucifera, Artocarpus altilis, Nova incognita"}
    assert world.client.post(world.line, data).status_code == 302
    with acting_for(world.nppo.pk):
        assert set(Used.objects.values_list("code", flat=True)) == {"CCNNU", "artocarpus-altilis"}


@pytest.mark.parametrize(
    "q", ["\x00", "%", "\\", "_", "'", "<script>", "ﷺ" * 3000, "x" * 9000, "\ud800", " , ", "\U0010ffff"]
)
def test_whatever_is_asked_is_answered_and_never_as_markup(world: World, q: str) -> None:
    answer = world.client.get(reverse("certificates:look_up", args=["taxon"]), {"q": q.encode("utf-8", "replace")})
    assert answer.status_code == 200
    assert b"<script>" not in answer.content
    assert len(answer.content) < 9000


def test_when_nothing_matches_it_says_so_and_offers_to_request_the_code(world: World) -> None:
    page = world.look("taxon", "zzqx&more").content.decode()
    assert "Nothing in the list matches" in page
    assert f"{reverse('administration:ask')}?list=taxon&amp;text=zzqx%26more" in page
    assert "<ul" not in page


def test_other_lists_and_other_people_get_nothing(world: World) -> None:
    assert world.look("reason").status_code == 404
    assert world.look("country").status_code == 404
    address = reverse("certificates:look_up", args=["taxon"])
    assert acting_client(make_membership(world.nppo, roles.IMPORT_OFFICER)).get(address).status_code == 403
    assert acting_client(world.by).post(address).status_code == 405


def test_an_answer_costs_the_same_queries_whatever_is_found(world: World) -> None:
    def queries(name: str, q: str, **query: str) -> int:
        world.look(name, q, **query)  # what is read once by the process
        with CaptureQueriesContext(connection) as asked:
            world.look(name, q, **query)
        return len(asked)

    assert queries("taxon", "ar") <= queries("taxon", "papa chi") <= 18  # twelve cost no more than one
    assert queries("port", "sydn", kind="NZ") <= 30  # asked twice: there, then everywhere


def test_the_line_s_page_is_light(world: World) -> None:
    page = world.client.get(world.line).content
    assert len(page) < 70_000  # 80,058 bytes while 300 plants stood in it
    assert b'<option value="Artocarpus altilis">' not in page
    assert b'<option value="Fresh">' in page


# Without JavaScript


def test_a_point_of_entry_is_looked_up_and_chosen_by_buttons_and_nothing_typed_is_lost(world: World) -> None:
    address = url(world.draft, "transport")
    page = world.press(address, entry_name="taur", containers="MSKU1234567, S1", look="entry_name")
    assert "Tauranga" in page
    assert "Sydney" not in page
    assert "data-unsaved" in page
    chosen = fields_of(page) | {"chosen": "NZTRG", "choose": "entry_name"}
    data = fields_of(world.client.post(address, chosen).content.decode())
    assert (data["entry_name"], data["containers"]) == ("Tauranga", "MSKU1234567, S1")
    assert world.client.post(address, data).status_code == 302
    assert now(world.draft).entry == Location("NZTRG", "Tauranga")


def test_of_several_plants_the_last_is_looked_up_and_replaced(world: World) -> None:
    page = world.press(world.line, botanical="Cocos nucifera, breadf", common_name="", look="botanical")
    data = fields_of(page) | {"chosen": "artocarpus-altilis", "choose": "botanical"}
    data = fields_of(world.client.post(world.line, data).content.decode())
    assert (data["botanical"], data["common_name"]) == ("Cocos nucifera, Artocarpus altilis", "")


def test_choosing_nothing_or_what_is_not_there_changes_nothing(world: World) -> None:
    for chosen in ({}, {"chosen": "nonsense"}, {"chosen": "\x00"}):
        data = fields_of(world.press(world.line, botanical="taro", choose="botanical", **chosen))
        assert data["botanical"] == "taro"
    for button in ("look", "choose"):
        data = open_page(world.client, world.line) | {button: "exporter_name"}
        assert world.client.post(world.line, data).status_code == 404


def test_a_missing_code_is_requested_after_saving_and_the_way_leads_back(world: World) -> None:
    page = world.press(world.line, botanical="zzqxia", look="botanical")
    assert "Save and request this code" in page
    answer = world.client.post(world.line, fields_of(page) | {"ask": "botanical"})
    query = {name: values[0] for name, values in parse_qs(urlsplit(answer.url).query).items()}
    assert query == {"list": "taxon", "text": "zzqxia", "next": world.line}
    assert now(world.draft).lines[0].scientific_names[0].text == "zzqxia"
    form = world.client.get(answer.url).content.decode()
    assert f'href="{world.line}"' in form
    asked = world.client.post(answer.url, {"list": "taxon", "text": "zzqxia", "note": ""})
    assert asked.url == world.line
    with acting_for(world.nppo.pk):
        assert CodeRequest.objects.get().text == "zzqxia"


def test_what_cannot_be_read_is_kept_before_a_code_is_requested(world: World) -> None:
    data = open_page(world.client, world.line) | {"botanical": "zzqxia", "net_weight": "12 kgs", "ask": "botanical"}
    assert world.client.post(world.line, data).url.startswith(reverse("administration:ask"))
    with acting_for(world.nppo.pk):
        assert DraftInput.objects.get().data["net_weight"] == ["12 kgs"]


@pytest.mark.parametrize("back", ["https://example.org/", "//example.org/", "javascript:alert(1)"])
def test_the_way_back_never_leads_elsewhere(world: World, back: str) -> None:
    address = f"{reverse('administration:ask')}?next={back}"
    assert f'<a href="{back}"' not in world.client.get(address).content.decode()
    answer = world.client.post(address, {"list": "taxon", "text": "x", "note": ""})
    assert answer.url == reverse("administration:requests")


def test_a_draft_s_form_saves_when_enter_is_pressed(world: World) -> None:
    """A browser presses the first button of the form: it must be the one that saves."""
    page = world.client.get(world.line).content.decode()
    form = page[page.index('<form class="main') :]
    first = form[form.index("<button") :].split(">")[0]
    assert "name=" not in first


def test_a_certificate_without_destination_is_offered_every_port(world: World) -> None:
    with acting_for(world.nppo.pk):
        made = drafts.create(by=world.by, document=valid_document(import_country=Country()))
    page = world.client.post(
        url(made, "transport"),
        open_page(world.client, url(made, "transport")) | {"entry_name": "sydn", "look": "entry_name"},
    )
    assert "Sydney" in page.content.decode()
