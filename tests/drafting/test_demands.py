"""What the destination demands: beside a line, written into its declaration, summed up before submitting; warnings and days."""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from certificates import demands, requirements
from certificates.ephyto.document import Classification, Country, Document, Note, Text, TradeLine, new_id
from certificates.models import Certificate, Requirement, Status
from certificates.templatetags.gens import numbered_lines
from certificates.views.beside import limit_words
from codelists.folding import fold
from gens.accounts import roles
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.drafting.test_drafting import fields_of, now, open_page, url
from tests.factories import NppoFactory, load, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db

FREE = "The taro was inspected and found free from {pest} in {place}."
WASHED = "The corms were washed free of soil."


class World:
    """Samoa drafts a certificate of taro to New Zealand."""

    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        self.by = make_membership(self.nppo, roles.INSPECTOR)
        self.client: Client = acting_client(self.by)

    def demand(self, plant: str = "Colocasia esculenta", destination: str = "NZ", **fields: Any) -> Requirement:
        with acting_for(self.nppo.pk):
            return Requirement.objects.create(
                nppo=self.nppo,
                destination=destination,
                plant=plant,
                folded=fold(plant),
                **{"kind": "conditions"} | fields,
            )

    def draft(self, *changes: dict[str, Any], **fields: Any) -> Certificate:
        """With a line for each change of the valid one."""
        (line,) = valid_document().lines
        lines = tuple(replace(line, id=new_id(), **change) for change in changes or ({},))
        return make_certificate(self.nppo, Status.DRAFT, by=self.by, document=valid_document(lines=lines, **fields))

    def line(self, draft: Certificate, number: int = 1) -> str:
        return url(draft, f"line.{draft.document.lines[number - 1].id}")

    def page(self, address: str) -> str:
        answer = self.client.get(address)
        assert answer.status_code == 200
        return answer.content.decode()

    def press(self, address: str, data: dict[str, Any]) -> str:
        answer = self.client.post(address, data)
        assert answer.status_code == 200
        return answer.content.decode()

    def of(self, document: Document) -> list[demands.Demand]:
        with acting_for(self.nppo.pk):
            return demands.of(self.nppo, "NZ", demands.goods_of(document), demands.declared(document), date(2026, 7, 1))


@pytest.fixture
def world() -> World:
    return World()


def panel(page: str) -> str:
    found = re.search(r'<section class="card stack demanded".*?</section>', page, re.DOTALL)
    return found[0] if found else ""


# Comparing


@pytest.mark.parametrize(
    ("template", "said", "is_said"),
    [
        (WASHED, "  THE corms   were washed\nfree of soil. ", True),
        (WASHED, "One.\n\nThe corms were washed free of soil.\n\nThree.", True),
        (WASHED, "The corms were washed.", False),
        (FREE, "The taro was inspected and found free from Papuana huebneri in Upolu.", True),
        (FREE, "The taro was inspected and found free from in Upolu.", False),
        (FREE, "found free from x in y. The taro was inspected and", False),
        ("{all}", "", False), ("{all}", "x", True), ("Libre de {plaga}", "LIBRE DÉ x", True),
    ],
)  # fmt: skip
def test_a_declaration_is_found_whatever_fills_its_braces(template: str, said: str, is_said: bool) -> None:
    assert requirements.is_declared(template, said) is is_said


def test_a_declaration_is_filled_in() -> None:
    assert requirements.filled("{a}, { b } and {a}", {"a": "1", "b": "{x}"}) == "1, {x} and 1"


def test_looking_for_declarations_stays_fast_with_many_braces() -> None:
    assert not requirements.is_declared("a {x} " * 200 + "b", "a " * 4000)


def test_entries_hold_for_the_lines_of_their_plant_and_not_for_a_part_that_the_list_knows_as_another(
    world: World,
) -> None:
    world.demand(text="roots", part="Roots")
    world.demand(text="racines", part="racines")
    world.demand(text="leaves", part="Leaves")
    world.demand(text="unheard", part="Corms")
    world.demand("Musa", text="musa")
    world.demand("", text="planting", intended_use="Planting")
    (line,) = valid_document().lines
    root = replace(
        line,
        classifications=(Classification("IPPCPCVP", "", (Text("roots", "en"),)),),
        intended_uses=(Text("Consumption"),),
    )
    plain, banana = replace(line, id="b"), TradeLine(id="c", scientific_names=(Text("Musa acuminata"),))
    held = {d.entry.text: [g.number for g in d.goods] for d in world.of(valid_document(lines=(root, plain, banana)))}
    assert held == {
        "roots": [1, 2], "racines": [1, 2], "leaves": [2], "unheard": [1, 2], "musa": [3], "planting": [2, 3],
    }  # fmt: skip


def test_prohibitions_stand_first_and_what_is_apart_last(world: World) -> None:
    world.demand(text="apart", part="Leaves", kind="prohibited")
    world.demand(text="first", kind="prohibited")
    world.demand(text="second")
    (line,) = valid_document().lines
    line = replace(line, classifications=(Classification("IPPCPCVP", "", (Text("Roots", "en"),)),))
    found = world.of(valid_document(lines=(line,)))
    assert [(d.entry.text, d.is_prohibition) for d in found] == [("first", True), ("second", False), ("apart", False)]


def test_what_the_consignment_or_the_line_declares_is_not_missing(world: World) -> None:
    world.demand(declarations=[WASHED, FREE])
    said = FREE.replace("{pest}", "Papuana").replace("{place}", "Upolu")
    (line,) = valid_document().lines
    first = replace(line, notes=(Note("ADTLIL", said, "en"),))
    document = valid_document(lines=(first, replace(line, id="b")), notes=(Note("ADEDL", WASHED, "en"),))
    (demand,) = world.of(document)
    assert [[g.number for g in d.missing] for d in demand.declarations] == [[], [2]]


def test_comparing_takes_the_same_queries_for_many_lines_and_entries(world: World) -> None:
    def queries(lines: int) -> int:
        (line,) = valid_document().lines
        line = replace(line, classifications=(Classification("IPPCPCVP", "", (Text("Leaves", "en"),)),))
        with CaptureQueriesContext(connection) as asked:
            assert world.of(valid_document(lines=tuple(replace(line, id=new_id()) for _ in range(lines))))
        return len(asked)

    world.demand(part="Roots")
    queries(1)  # the process has the short lists after it
    few = queries(1)
    for _ in range(5):
        world.demand(part="Roots", declarations=[FREE])
    assert queries(8) == few


# Beside a line


def test_the_panel_tells_everything_and_a_prohibition_is_loud(world: World) -> None:
    world.demand(treatments="Hot water", documents="Import permit", validity_days=7, declarations=[WASHED])
    page = world.page(world.line(world.draft()))
    beside = panel(page)
    assert all(words in beside for words in ("Hot water", "Import permit", "Days from inspection", ">7<", WASHED))
    assert "prohibits this" not in page
    world.demand("Colocasia", kind="prohibited", text="Closed since 2020.")
    loud = world.page(world.line(world.draft()))
    assert "New Zealand prohibits this" in loud
    assert loud.index("prohibits this") < loud.index('name="botanical"')


def test_a_declaration_without_braces_is_written_in_at_once_and_saved_by_saving(world: World) -> None:
    row = world.demand(declarations=[WASHED])
    draft = world.draft()
    address = world.line(draft)
    data = open_page(world.client, address) | {"declaration": "First.\r\n\r\nSecond.", "hs": "0714"}
    page = world.press(address, data | {"insert": f"{row.pk}.0"})
    after = fields_of(page)
    assert after["declaration"] == f"First.\n\nSecond.\n\n{WASHED}"
    assert after["hs"] == "0714"
    assert "Save to keep it" in page
    assert "Stands in the certificate" in panel(page)
    again = world.press(address, after | {"insert": f"{row.pk}.0"})
    assert fields_of(again)["declaration"] == after["declaration"]
    assert "stands here already" in again
    assert now(draft).lines[0].notes == ()
    assert world.client.post(address, after).status_code == 302
    assert [note.text for note in now(draft).lines[0].notes] == ["First.", "Second.", WASHED]


def test_braces_are_asked_for_and_nothing_typed_is_lost(world: World) -> None:
    row = world.demand(declarations=[WASHED, FREE])
    address = world.line(draft := world.draft())
    data = open_page(world.client, address) | {"marks": "UGL 7"}
    asked = world.press(address, data | {"insert": f"{row.pk}.1"})
    assert "Complete the declaration" in asked
    assert "Write what it is" not in asked
    half = fields_of(asked) | {"parameter-0": " Papuana  huebneri ", "insert": f"{row.pk}.1"}
    wrong = world.press(address, half)
    assert wrong.count("Write what it is") == 2  # the summary and the field
    assert 'href="#parameter-1"' in wrong
    assert fields_of(wrong)["parameter-0"] == "Papuana huebneri"
    done = fields_of(world.press(address, fields_of(wrong) | {"parameter-1": "Upolu", "insert": f"{row.pk}.1"}))
    assert done["declaration"] == "The taro was inspected and found free from Papuana huebneri in Upolu."
    assert done["marks"] == "UGL 7"
    assert "parameter-0" not in done
    assert world.client.post(address, done).status_code == 302
    assert now(draft).lines[0].notes[-1].text == done["declaration"]


def test_another_button_keeps_what_was_typed_into_the_braces_and_saving_writes_it_in(world: World) -> None:
    row = world.demand(declarations=[FREE])
    address = world.line(draft := world.draft())
    asked = fields_of(world.press(address, open_page(world.client, address) | {"insert": f"{row.pk}.0"}))
    typed = asked | {"parameter-0": "Papuana", "parameter-1": ""}
    kept = world.press(address, typed | {"add": "treatments"})
    assert fields_of(kept)["parameter-0"] == "Papuana"
    assert "Write what it is" not in kept
    unfinished = world.press(address, typed)  # Save
    assert 'href="#parameter-1"' in unfinished
    assert "inserting" not in fields_of(world.press(address, typed | {"drop": "1"}))
    assert world.client.post(address, typed | {"parameter-1": "Upolu"}).status_code == 302
    assert "Papuana in Upolu" in now(draft).lines[0].notes[0].text
    nothing = asked | {"opened_with": open_page(world.client, address)["opened_with"]}
    assert world.client.post(address, nothing).status_code == 302  # the fieldset is left empty, and saving saves


def test_what_was_typed_for_one_declaration_is_not_taken_for_another(world: World) -> None:
    row = world.demand(declarations=[FREE, "Grown in {place}."])
    address = world.line(world.draft())
    asked = fields_of(world.press(address, open_page(world.client, address) | {"insert": f"{row.pk}.0"}))
    other = world.press(address, asked | {"parameter-0": "Papuana", "insert": f"{row.pk}.1"})
    assert "Grown in {place}." in other
    assert fields_of(other)["parameter-0"] == ""


@pytest.mark.parametrize("key", ["{0}.9", "9999999.0", "x", ".", "{0}", "{0}.-1", "9" * 40 + ".0", "\x00.0"])
def test_a_declaration_that_is_not_there_is_not_found(world: World, key: str) -> None:
    row = world.demand(declarations=[WASHED])
    address = world.line(world.draft())
    data = open_page(world.client, address) | {"insert": key.format(row.pk)}
    assert world.client.post(address, data).status_code == 404


def test_the_declarations_of_another_nppo_are_not_there(world: World) -> None:
    other = NppoFactory(code="EC")
    with acting_for(other.pk):
        theirs = Requirement.objects.create(nppo=other, destination="NZ", declarations=["Secret."])
    address = world.line(world.draft())
    answer = world.client.post(address, open_page(world.client, address) | {"insert": f"{theirs.pk}.0"})
    assert answer.status_code == 404
    assert "Secret" not in answer.content.decode()


# For the whole consignment


def test_the_page_of_declarations_has_the_demands_of_all_lines_and_writes_into_its_own_field(world: World) -> None:
    row = world.demand(declarations=[WASHED])
    draft = world.draft({}, {}, {"scientific_names": (Text("Cocos nucifera"),)})
    address = url(draft, "declarations")
    page = world.page(address)
    lacking = re.findall(r"#demanded\">(line \d)", panel(page))
    assert lacking == ["line 1", "line 2"]
    data = fields_of(world.press(address, open_page(world.client, address) | {"insert": f"{row.pk}.0"}))
    assert world.client.post(address, data).status_code == 302
    assert now(draft).notes == (Note("ADEDL", WASHED, "en"),)
    assert "Stands in the certificate" in panel(world.page(address))
    assert "Stands in the certificate" in panel(world.page(world.line(draft, 2)))
    assert panel(world.page(url(draft, "parties"))) == ""


def test_before_submitting_everything_is_summed_up_and_blocks_nothing(world: World) -> None:
    world.demand(declarations=[WASHED, FREE], documents="Permit 7")
    world.demand("Cocos", kind="prohibited", text="No coconuts.")
    draft = world.draft({}, {"scientific_names": (Text("Cocos nucifera"),)}, notes=(Note("ADEDL", WASHED, "en"),))
    page = world.page(reverse("certificates:check", args=[draft.pk]))
    assert "asks for 1 declaration that is not found" in page
    assert "New Zealand prohibits this" in page
    assert "Permit 7" in page
    assert f"{world.line(draft)}?check=1#demanded" in page
    assert world.client.post(reverse("certificates:act", args=[draft.pk, "submit"])).status_code == 302


def test_without_demands_or_destination_nothing_is_shown(world: World) -> None:
    world.demand("", destination="", declarations=[WASHED])
    draft = world.draft(import_country=Country())
    for address in (world.line(draft), reverse("certificates:check", args=[draft.pk]), url(draft, "declarations")):
        page = world.page(address)
        assert WASHED not in page
        assert "demands" not in page


# Warnings and days beside their fields


def test_a_warning_stands_beside_its_field_when_the_section_is_opened(world: World) -> None:
    draft = world.draft(notes=(Note("ADEDL", "As per letter of credit 7.", "en"),))
    page = world.page(url(draft, "declarations"))
    beside = re.search(
        r'<textarea name="declaration".*?aria-describedby="([^"]+)".*?<div id="id_declaration_beside">(.*?)</div>',
        page,
        re.DOTALL,
    )
    assert beside
    assert beside[1].split() == ["id_declaration_helptext", "id_declaration_beside"]
    assert "looks like a commercial reference" in beside[2]
    assert "commercial reference" not in world.page(url(draft, "parties"))
    address = url(draft, "declarations")
    assert world.client.post(address, open_page(world.client, address) | {"declaration": "One."}).status_code == 302
    assert "commercial reference" not in world.page(address)


def test_a_line_shows_its_own_warnings_only(world: World) -> None:
    draft = world.draft({"scientific_names": ()}, {})
    first, second = (world.page(world.line(draft, number)) for number in (1, 2))
    assert re.search(r'<div id="id_botanical_beside">.*?write the botanical name', first, re.DOTALL)
    assert "write the botanical name" not in second


def test_warnings_that_no_field_is_about_stand_on_top(world: World) -> None:
    page = world.page(
        url(world.draft(notes=(Note("ADEDL", "Fumigated.", "en"), Note("ADOTHER", "x", "zz"))), "declarations")
    )
    assert re.search(r'<p class="note wait">“zz” is not a language code', page)


def test_severe_problems_wait_for_the_check_page(world: World) -> None:
    page = world.page(world.line(world.draft({"packages": ()})))
    assert "packages stand either by kind" not in page


def test_the_days_left_stand_beside_the_date_of_inspection(world: World) -> None:
    world.demand(validity_days=7)
    world.demand("", validity_days=14)
    with timezone.override(world.nppo.zone):
        today = timezone.localdate()
    for ago, words, tone in ((None, "within 7 days of inspection", "info"), (1, "6 days are left", "info"),
                             (6, "1 day is left", "wait"), (8, "inspect again", "wait")):  # fmt: skip
        notes = () if ago is None else (Note("ADDIEDL", (today - timedelta(days=ago)).isoformat()),)
        draft = world.draft(notes=notes)
        page = world.page(url(draft, "declarations"))
        beside = re.search(r'<div id="id_inspected_beside"><p class="flag (\w+)">(.*?)</p>', page)
        assert beside
        assert words in beside[2]
        assert beside[1] == tone
        check = world.page(reverse("certificates:check", args=[draft.pk]))
        assert words in check


def test_the_last_day_is_told() -> None:
    entry = Requirement(validity_days=1)
    demand = demands.Demand(entry, [demands.Goods(1, "a", "", "", (), "")], [])
    limit = demands.limit([demand], "2026-07-12", date(2026, 7, 13))
    assert limit == demands.Limit(1, date(2026, 7, 13), 0)
    assert "within 1 day of inspection" in limit_words(limit)
    assert "0 days are left" in limit_words(limit)
    assert demands.limit([demand], "soon", date(2026, 7, 13)) == demands.Limit(1, None, None)
    assert demands.limit([demands.Demand(entry, [], [])], "2026-07-12", date(2026, 7, 13)) is None


def test_recommended_declarations_are_offered_and_their_braces_asked_for(world: World) -> None:
    draft = world.draft()
    address = world.line(draft)
    assert "Inspected and found free from {pest}" in world.page(address)
    said = open_page(world.client, address)
    page = world.client.post(address, said | {"insert": "recommended.inspected"}).content.decode()
    assert 'name="parameter-0"' in page
    filled = said | {
        "inserting": "recommended.inspected",
        "parameter-0": "Papuana uninodis",
        "insert": "recommended.inspected",
    }
    page = world.client.post(address, filled).content.decode()
    assert "Inspected and found free from Papuana uninodis" in page
    assert world.client.post(address, said | {"insert": "recommended.nonsense"}).status_code == 404
    assert "Recommended declarations" not in world.page(url(draft, "parties"))


def test_what_hundreds_of_lines_lack_is_told_in_few_words(world: World) -> None:
    world.demand("", declarations=[WASHED])
    draft = world.draft(*({"batch": str(number)} for number in range(300)))
    for name in ("check", "declarations"):
        address = reverse("certificates:check", args=[draft.pk]) if name == "check" else url(draft, name)
        page = world.page(address)
        assert len(re.findall(r'#demanded">line \d+</a>', page)) == 12
        assert "and 288 more lines" in page
    assert 'lines <bdi dir="ltr">1-300</bdi>' in world.page(reverse("certificates:check", args=[draft.pk]))


def test_the_lines_of_an_entry_are_numbered_in_the_readers_language() -> None:
    assert numbered_lines([3]) == "line 3"
    assert numbered_lines([1, 2, 3, 7]) == 'lines <bdi dir="ltr">1-3, 7</bdi>'
    with translation.override("ar"):
        assert numbered_lines([1, 2, 3, 7]) == 'البنود <bdi dir="ltr">1-3, 7</bdi>'
    every_third = numbered_lines([*range(3, 500, 3)])
    assert every_third == 'lines <bdi dir="ltr">3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36</bdi> and 154 more lines'


def test_each_line_is_held_against_what_it_declares_itself(world: World) -> None:
    """Lines of one kind are judged together; what they declare is not."""
    world.demand(declarations=[WASHED])
    world.draft()
    (line,) = valid_document().lines
    said = replace(line, id="b", notes=(*line.notes, Note("ADTLIL", WASHED, "en")))
    (demand,) = world.of(valid_document(lines=(line, said, replace(line, id="c"))))
    assert [goods.number for goods in demand.goods] == [1, 2, 3]
    assert [goods.number for goods in demand.declarations[0].missing] == [1, 3]
