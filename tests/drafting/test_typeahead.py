"""Typeahead in Chromium: by keyboard alone, by pointer, right to left, narrow, with a network that fails, and without
JavaScript."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, Route, expect

from certificates.models import Certificate, Requirement, Status
from codelists.models import CodeRequest
from gens.accounts import roles
from gens.accounts.tenancy import acting_for
from tests.browsing import is_wider_than_the_window, violations
from tests.conftest import acting_client
from tests.drafting.test_drafting import now, url
from tests.factories import NppoFactory, load, make_certificate, make_membership

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

expect.set_options(timeout=30_000)  # a busy machine is no failure
BOTANICAL = "#id_botanical"
STATUS = ".combo:has(#id_botanical) [role=status]"


class World:
    """An inspector of Samoa with a draft to New Zealand open in a browser."""

    def __init__(self, server: str, browser: Browser) -> None:
        load()
        self.server, self.browser = server, browser
        self.nppo = NppoFactory(code="WS")
        self.by = make_membership(self.nppo, roles.INSPECTOR)
        self.client: Client = acting_client(self.by)
        self.draft: Certificate = make_certificate(self.nppo, Status.DRAFT, by=self.by)

    def open(self, section: str, *, language: str = "en", width: int = 1366, **options: Any) -> Page:
        self.by.user.language = language
        self.by.user.save(update_fields=["language"])
        context = self.browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True, **options)
        cookies = [{"name": n, "value": m.value, "url": self.server} for n, m in self.client.cookies.items()]
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(self.server + url(self.draft, section))
        return page

    @property
    def line(self) -> str:
        return f"line.{self.draft.document.lines[0].id}"


@pytest.fixture
def world(live_server: Any, browser: Browser) -> World:
    return World(live_server.url, browser)


def state(page: Page, field: str = BOTANICAL) -> tuple[str | None, str | None]:
    """aria-expanded, and the text of the name that the field calls its current one."""
    box = page.locator(field)
    current = box.get_attribute("aria-activedescendant")
    if current:
        assert page.locator(f"#{current}").get_attribute("aria-selected") == "true"
        assert page.locator("[aria-selected=true]").count() == 1
    return box.get_attribute("aria-expanded"), page.locator(f"#{current} i").inner_text() if current else None


def test_a_plant_is_chosen_by_keyboard_alone(world: World) -> None:
    page = world.open("line.new")
    box = page.locator(BOTANICAL)
    assert box.get_attribute("role") == "combobox"
    assert box.get_attribute("aria-autocomplete") == "list"
    assert box.get_attribute("aria-controls") == page.locator("[role=listbox]").first.get_attribute("id")
    assert state(page) == ("false", None)
    box.focus()
    page.keyboard.type("artocarpus")
    options = page.locator(f"#{box.get_attribute('aria-controls')} [role=option]")
    expect(options.first).to_be_visible()
    expect(page.locator(STATUS)).to_have_text(f"{options.count()} suggestions. Use the arrow keys.")
    assert state(page) == ("true", None)
    names = [name.strip() for name in options.locator("i").all_inner_texts()]
    assert len(names) >= 2
    for key, current in (
        ("ArrowDown", names[0]), ("ArrowDown", names[1]), ("ArrowUp", names[0]), ("ArrowUp", names[-1]),
        ("ArrowDown", names[0]), ("Home", None), ("ArrowDown", names[0]), ("End", None), ("ArrowUp", names[-1]),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert state(page) == ("true", current), key
    page.keyboard.press("Home")
    assert box.evaluate("e => e.selectionStart") == 0
    page.keyboard.press("Escape")
    assert state(page) == ("false", None)
    assert box.input_value() == "artocarpus"
    expect(page.locator(STATUS)).to_have_text("")
    page.keyboard.press("Control+A")
    page.keyboard.type("papa chi")
    expect(options).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert box.input_value() == "Colocasia esculenta"
    assert state(page) == ("false", None)
    assert page.url.endswith("/line/new/")  # Enter chose, and sent nothing
    assert page.locator("#id_common_name").input_value() == "taro"
    assert page.locator("#id_description").input_value() == "taro"


def test_what_was_typed_is_never_overwritten_and_several_plants_stand_side_by_side(world: World) -> None:
    page = world.open("line.new")
    page.fill("#id_description", "Talo")
    for typed, key in (("colocasia escu", "Enter"), (", breadf", "Enter")):
        page.locator(BOTANICAL).press_sequentially(typed)
        expect(page.locator("[role=option]").first).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press(key)
    assert page.locator(BOTANICAL).input_value() == "Colocasia esculenta, Artocarpus altilis"
    assert page.locator("#id_description").input_value() == "Talo"
    assert page.locator("#id_common_name").input_value() == "taro"
    page.fill(BOTANICAL, "breadf")
    page.locator("[role=option]").first.click()  # what the first choice wrote follows the second
    assert page.locator("#id_common_name").input_value() == "breadfruit"
    assert page.evaluate("document.activeElement.id") == "id_botanical"
    page.keyboard.press("Tab")
    page.locator("#id_condition").press("ArrowDown")
    expect(page.locator("#id_condition_names [role=option]").first).to_be_visible()
    page.keyboard.press("Tab")
    assert page.locator(".pop:visible").count() == 0


@pytest.mark.parametrize(("language", "width"), [("en", 1366), ("ar", 1366), ("en", 360), ("ar", 360)])
def test_the_open_list_can_be_read_by_everybody(world: World, language: str, width: int) -> None:
    page = world.open("line.new", language=language, width=width)
    for field, typed in ((BOTANICAL, "mus"), ("#id_condition", ""), (BOTANICAL, "zzqx")):
        page.fill(field, "")
        page.locator(field).press_sequentially(typed)
        page.locator(field).press("ArrowDown")
        expect(page.locator(".pop:visible")).to_have_count(1)
        assert violations(page) == []
        assert not is_wider_than_the_window(page)
        box, pop = page.locator(field).bounding_box(), page.locator(".pop:visible").bounding_box()
        assert box
        assert pop
        assert pop["x"] >= 0
        assert pop["x"] + pop["width"] <= width
        side = (lambda r: r["x"]) if language == "en" else (lambda r: r["x"] + r["width"])
        assert abs(side(box) - side(pop)) <= 1


def test_a_network_that_fails_or_is_late_leaves_a_plain_field(world: World) -> None:
    page = world.open("line.new")
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    answers: dict[str, Any] = {"now": lambda route: route.abort()}
    page.route("**/look-up/**", lambda route: answers["now"](route))
    look_up = page.get_by_role("button", name="Look up")
    expect(look_up).to_be_hidden()

    def broken(route: Route) -> None:
        route.fulfill(status=500, body="<div data-said='x'><ul><li>no</li></ul></div>")

    for answer in (
        answers["now"],
        broken,
        lambda route: route.fulfill(status=302, headers={"location": "/account/login/"}),
    ):
        answers["now"] = answer
        page.fill(BOTANICAL, "taro")
        expect(look_up).to_be_visible()
        assert state(page) == ("false", None)
        answers["now"] = lambda route: route.continue_()
        page.fill(BOTANICAL, "taro ")
        expect(page.locator("[role=option]").first).to_be_visible()
        expect(look_up).to_be_hidden()
        page.keyboard.press("Escape")
    answers["now"] = lambda route: route.abort()
    page.fill("#id_condition", "fr")
    expect(page.locator("#id_condition[list=list-condition]")).to_have_count(1)
    page.fill(BOTANICAL, "Colocasia")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert [n.text for n in now(world.draft).lines[-1].scientific_names] == ["Colocasia"]
    assert heard == []


def test_an_older_answer_never_replaces_a_newer_one(world: World) -> None:
    page = world.open("line.new")
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        if "q=breadf" in route.request.url:
            waiting.append(route)
        else:
            route.continue_()

    page.route("**/look-up/**", hold)
    with page.expect_request("**/look-up/**"):
        page.locator(BOTANICAL).evaluate(
            "e => { for (const text of ['b', 'br', 'breadf']) { e.focus(); e.value = text; e.dispatchEvent(new Event('input', {bubbles: true})); } }"
        )
    page.fill(BOTANICAL, "papa chi")
    expect(page.locator("[role=option]")).to_have_count(1)
    assert [route.request.url.split("?")[1] for route in waiting] == ["q=breadf"]  # not of every letter
    waiting[0].abort()
    page.wait_for_timeout(400)
    assert page.locator("[role=option] i").all_inner_texts() == ["Colocasia esculenta"]


def test_points_of_entry_are_those_of_the_destination(world: World) -> None:
    page = world.open("transport")
    page.fill("#id_entry_name", "")
    page.locator("#id_entry_name").press("ArrowDown")
    expect(page.locator("[role=option]").first).to_be_visible()
    assert {code[:2] for code in page.locator("[role=option] .code").all_inner_texts()} == {"NZ"}


def test_requesting_a_missing_code_loses_nothing_not_even_rows_that_were_added(world: World) -> None:
    page = world.open(world.line)
    page.get_by_role("button", name="Add a treatment").click()
    page.fill("#id_treatments-0-information", "In the hold")
    page.fill(BOTANICAL, "zzqxia")
    expect(page.locator(STATUS)).to_have_text("Nothing in the list matches. What you typed can stay.")
    page.locator(BOTANICAL).press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Request this code"
    page.keyboard.press("Enter")
    expect(page.locator("#id_text")).to_have_value("zzqxia")
    page.get_by_role("button", name="Request", exact=True).click()
    expect(page.locator(BOTANICAL)).to_have_value("zzqxia")
    expect(page.locator("#id_treatments-0-information")).to_have_value("In the hold")
    expect(page.get_by_text("This browser kept what you had typed")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert now(world.draft).lines[0].treatments[0].information[0].text == "In the hold"
    with acting_for(world.nppo.pk):
        assert CodeRequest.objects.get().text == "zzqxia"


def test_without_javascript_names_are_looked_up_and_declarations_written_in(world: World) -> None:
    with acting_for(world.nppo.pk):
        Requirement.objects.create(
            nppo=world.nppo, destination="NZ", plant="Colocasia", folded="colocasia", kind="permit",
            declarations=["Found free from {pest}."],
        )  # fmt: skip
    page = world.open(world.line, java_script_enabled=False)
    assert page.locator("[role=combobox]").count() == 0
    page.fill("#id_marks", "UGL 7")
    page.fill(BOTANICAL, "papa chi")
    page.fill("#id_common_name", "")
    page.get_by_role("button", name="Look up").click()
    page.get_by_label("Colocasia esculenta").check()
    page.get_by_role("button", name="Use this name").click()
    assert page.locator(BOTANICAL).input_value() == "Colocasia esculenta"
    assert page.locator("#id_common_name").input_value() == "taro"
    page.get_by_role("button", name="Add it to the declaration").click()
    page.get_by_label("pest").fill("Papuana huebneri")
    page.get_by_role("button", name="Add the declaration").click()
    assert page.locator("#id_declaration").input_value() == "Found free from Papuana huebneri."
    page.locator("#id_hs").press("Enter")  # presses the first button of the form
    assert page.get_by_text("Saved.").is_visible()
    (line,) = now(world.draft).lines
    assert {note.subject: note.text for note in line.notes} == {
        "DMTLIL": "UGL 7", "ADTLIL": "Found free from Papuana huebneri.",
    }  # fmt: skip
