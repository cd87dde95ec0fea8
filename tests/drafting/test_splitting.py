"""Splitting and combining drafts: lines and parts of them move, nothing is lost, originals stay readable, four eyes stay four."""

import gzip
import html
import re
import threading
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from certificates import drafts, splitting, workflow
from certificates.ephyto.document import (
    Attachment,
    Document,
    Equipment,
    Measure,
    Note,
    Package,
    Party,
    Text,
    TradeLine,
    Treatment,
    note_texts,
    ticked,
)
from certificates.models import Certificate, DraftInput, Status
from certificates.splitting import Share
from gens.accounts import roles
from gens.accounts.models import Membership
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import (
    NppoFactory,
    large_document,
    load,
    make_certificate,
    make_membership,
    re_export_document,
    valid_document,
)

pytestmark = pytest.mark.django_db


def lines(*names: str, document: Document | None = None) -> Document:
    """A document with a line of each name; the ids are the names."""
    start = document or valid_document()
    line = start.lines[0]
    return replace(start, lines=tuple(replace(line, id=name, descriptions=(Text(name, "en"),)) for name in names))


def taro_and(*names: str) -> Document:
    """12 400 kg of taro in 620 bags, and lines of 100 kg in 10."""
    document = lines("taro", *names)
    taro = replace(
        document.lines[0], net_weight=Measure("12400", "KGM", "kg"), gross_weight=Measure("12500", "KGM", "kg"),
        packages=(Package("4", "5H", "620"),), treatments=(Treatment(id="t", start="2026-07-12"),),
    )  # fmt: skip
    small = [
        replace(
            line, net_weight=Measure("100", "KGM", "kg"), gross_weight=Measure("101", "KGM", "kg"),
            packages=(Package("4", "5H", "10"),),
        )
        for line in document.lines[1:]
    ]  # fmt: skip
    return replace(document, lines=(taro, *small))


def unmeasured(line: TradeLine) -> TradeLine:
    return replace(line, net_weight=Measure(), gross_weight=Measure(), packages=())


def weights(certificate: Certificate) -> list[str]:
    return [line.net_weight.value for line in certificate.document.lines]


class World:
    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        self.author = make_membership(self.nppo, roles.INSPECTOR)
        self.other = make_membership(self.nppo, roles.INSPECTOR)

    def draft(self, document: Document, by: Membership | None = None) -> Certificate:
        with acting_for(self.nppo.pk):
            return drafts.create(by=by or self.author, document=document)

    def split(self, draft: Certificate, *ids: str, by: Membership | None = None) -> list[Certificate]:
        """These lines into one new draft."""
        return self.share(draft, {name: Share(1) for name in ids}, by=by)

    def share(
        self, draft: Certificate, shares: dict[str, Share], count: int = 2, by: Membership | None = None, **options: Any
    ) -> list[Certificate]:
        with acting_for(self.nppo.pk):
            return splitting.split(draft, shares, count, by=by or self.author, **options)

    def combine(self, *drafts: Certificate, by: Membership | None = None) -> Certificate:
        with acting_for(self.nppo.pk):
            return splitting.combine(drafts, by=by or self.author)

    def now(self, draft: Certificate) -> Certificate:
        with acting_for(self.nppo.pk):
            return Certificate.objects.get(pk=draft.pk)

    def told(self, draft: Certificate) -> list[tuple[str, str]]:
        with acting_for(self.nppo.pk):
            return list(draft.events.order_by("pk").values_list("action", "reason"))


@pytest.fixture
def world() -> World:
    return World()


def ids(certificate: Certificate) -> list[str]:
    return [line.id for line in certificate.document.lines]


# splitting


def test_whole_lines_leave_and_the_rest_stands_in_both(world: World) -> None:
    draft = world.draft(replace(lines("a", "b", "c"), notes=(Note("DMCL", "UGL"), Note("ADDIEDL", "2026-07-14"))))
    (made,) = world.split(draft, "c", "a")
    assert (ids(world.now(draft)), ids(made)) == (["b"], ["a", "c"])
    before, after = world.now(draft).document, made.document
    assert replace(before, lines=()) == replace(after, lines=())
    assert (made.status, made.holder, made.line_count) == (Status.DRAFT, world.author, 2)
    assert world.now(draft).commodity == "b"


def test_one_draft_becomes_several_at_once(world: World) -> None:
    """12 400 kg in 620 bags for three containers, and a line that goes whole."""
    draft = world.draft(taro_and("yam"))
    shares = {"taro": Share(0, {1: Decimal(4000), 2: Decimal("4200")}), "yam": Share(2)}
    made = world.share(draft, shares, 3)
    every = [world.now(draft), *made]
    assert [weights(each) for each in every] == [["4200"], ["4000"], ["4200", "100"]]
    assert [each.document.lines[0].gross_weight.value for each in every] == ["4234", "4032", "4234"]
    assert [each.document.lines[0].packages[0].quantity for each in every] == ["210", "200", "210"]
    assert len({line.id for each in every for line in each.document.lines}) == 4
    treatments = [each.document.lines[0].treatments[0] for each in every]
    assert (len(set(treatments)), len({each.id for each in treatments})) == (1, 3)


def test_each_draft_tells_of_the_others(world: World) -> None:
    draft = world.draft(lines("a", "b", "c"))
    two, three = world.share(draft, {"b": Share(1), "c": Share(2)}, 3)
    assert world.told(draft)[1:] == [("split", f"What left it is in {two.reference}, {three.reference}")]
    assert world.told(two) == [
        ("drafted", f"Split off {draft.reference}"), ("split", f"Split off together with {three.reference}"),
    ]  # fmt: skip
    assert world.told(three)[1:] == [("split", f"Split off together with {two.reference}")]
    other = world.draft(lines("a", "b"))
    (made,) = world.split(other, "b")
    assert world.told(other)[1:] == [("split", f"What left it is in {made.reference}")]
    assert world.told(made) == [("drafted", f"Split off {other.reference}")]


def test_a_container_goes_with_its_draft_and_the_others_stand_in_each(world: World) -> None:
    draft = world.draft(replace(lines("a", "b", "c"), equipment=tuple(map(Equipment, ("C1", "C2", "C3", "C4")))))
    made = world.share(draft, {"b": Share(1), "c": Share(2)}, 3, containers={"C1": 0, "C2": 1, "C3": 2})
    numbers = [[each.number for each in row.document.equipment] for row in (world.now(draft), *made)]
    assert numbers == [["C1", "C4"], ["C2", "C4"], ["C3", "C4"]]


def test_whoever_wrote_it_is_an_author_of_both(world: World) -> None:
    draft = world.draft(lines("a", "b"), world.author)
    (made,) = world.split(draft, "b", by=world.other)
    assert set(made.authors) == set(world.now(draft).authors) == {world.author.pk, world.other.pk}
    both = make_membership(world.nppo, roles.INSPECTOR, roles.CERTIFYING_OFFICER)
    mine = world.draft(lines("a", "b"), both)
    (theirs,) = world.split(mine, "b", by=world.other)
    with acting_for(world.nppo.pk):
        workflow.perform("submit", theirs, by=world.other)
        with pytest.raises(workflow.SecondPersonNeeded):
            workflow.perform("approve", theirs, by=both)


def test_what_could_not_be_read_goes_with_its_line(world: World) -> None:
    draft = world.draft(lines("a", "b", "c"))
    with acting_for(world.nppo.pk):
        for section in ("line.c", "line.b", "line.a", "parties"):
            drafts.keep_input(draft, section, {"net_weight": ["12 kgs"]}, by=world.author)
    two, three = world.share(draft, {"b": Share(1), "c": Share(2)}, 3)
    with acting_for(world.nppo.pk):
        assert drafts.kept_input(two, "line.b") == drafts.kept_input(three, "line.c") == {"net_weight": ["12 kgs"]}
        kept = DraftInput.objects.filter(certificate=draft).values_list("section", flat=True)
        assert set(kept) == {"line.a", "parties"}


def test_a_line_that_could_not_be_read_is_not_divided(world: World) -> None:
    draft = world.draft(taro_and("yam"))
    with acting_for(world.nppo.pk):
        drafts.keep_input(draft, "line.taro", {"net_weight": ["12 kgs"]}, by=world.author)
    with pytest.raises(splitting.NotPossible, match="typed in line 1 could not be read"):
        world.share(draft, {"taro": Share(0, {1: Decimal(5)})}, 2)
    page = ask(world, draft, {"part-taro-1": "5", "rest-taro": "0"})
    assert (page.status_code, "typed in line 1 could not be read" in page.content.decode()) == (422, True)


@pytest.mark.parametrize(
    ("shares", "count", "words"),
    [
        ({}, 2, "Say what goes"),
        ({"zzz": Share(1)}, 2, "Say what goes"),
        ({"taro": Share(1), "yam": Share(1)}, 2, "Leave at least one line"),
        ({"taro": Share(2)}, 3, "Draft 2 gets nothing"),
        ({"taro": Share(0, {1: Decimal(12400)}), "yam": Share(1)}, 2, "Leave at least one line"),
        ({"taro": Share(0, {1: Decimal("12400.01")})}, 2, "Line 1 has less"),
        ({"taro": Share(0, {1: Decimal(12000), 2: Decimal(500)})}, 3, "Line 1 has less"),
    ],
)
def test_a_split_leaves_something_everywhere_and_takes_no_more_than_there_is(
    world: World, shares: dict[str, Share], count: int, words: str
) -> None:
    draft = world.draft(taro_and("yam"))
    with pytest.raises(splitting.NotPossible, match=words):
        world.share(draft, shares, count)
    assert ids(world.now(draft)) == ["taro", "yam"]
    with acting_for(world.nppo.pk):
        assert Certificate.objects.count() == 1


def test_it_is_all_or_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    draft, made = world.draft(lines("a", "b", "c")), []

    def create(**options: Any) -> Certificate:
        if made:
            raise RuntimeError("the second draft fails")
        made.append(create_draft(**options))
        return made[0]

    create_draft = drafts.create
    monkeypatch.setattr(drafts, "create", create)
    with pytest.raises(RuntimeError, match="second draft"):
        world.share(draft, {"b": Share(1), "c": Share(2)}, 3)
    assert (ids(world.now(draft)), len(made)) == (["a", "b", "c"], 1)
    with acting_for(world.nppo.pk):
        assert Certificate.objects.count() == 1


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.APPROVED, Status.ISSUED, Status.DISCARDED])
def test_what_is_no_draft_is_neither_split_nor_combined(world: World, status: Status) -> None:
    number = "WS-1" if status == Status.ISSUED else ""
    found = make_certificate(world.nppo, status, by=world.author, document=lines("a", "b"), number=number)
    with pytest.raises(workflow.WrongStatus):
        world.split(found, "a")
    with pytest.raises(workflow.WrongStatus):
        world.combine(found, world.draft(lines("c")))
    client = acting_client(world.author)
    assert client.post(reverse("certificates:split", args=[found.pk]), {"rest-a": "1"}).status_code == 409
    assert client.post(reverse("certificates:combine", args=[found.pk])).status_code == 409


def test_a_returned_draft_stays_returned(world: World) -> None:
    found = make_certificate(world.nppo, Status.RETURNED, by=world.author, document=lines("a", "b"))
    (made,) = world.split(found, "a")
    assert (made.status, world.now(found).status) == (Status.DRAFT, Status.RETURNED)


def test_a_replacement_stays_one(world: World) -> None:
    old = make_certificate(world.nppo, Status.ISSUED, by=world.author, number="WS-1")
    draft = make_certificate(
        world.nppo, Status.DRAFT, by=world.author, document=lines("a", "b"), replaces=old, reference="D-9"
    )
    with pytest.raises(splitting.NotPossible, match="D-9 replaces a certificate"):
        world.split(draft, "a")
    with pytest.raises(splitting.NotPossible, match="D-9 replaces a certificate"):
        world.combine(world.draft(lines("c")), draft)
    page = acting_client(world.author).get(reverse("certificates:certificate", args=[draft.pk])).content.decode()
    assert "Split into several drafts" not in page


def test_who_drafts_nothing_splits_and_combines_nothing(world: World) -> None:
    draft, auditor = world.draft(lines("a", "b")), make_membership(world.nppo, roles.AUDITOR)
    with pytest.raises(workflow.NotAllowed):
        world.split(draft, "a", by=auditor)
    with pytest.raises(workflow.NotAllowed):
        world.combine(draft, world.draft(lines("c")), by=auditor)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_of_two_who_split_the_same_draft_at_once_one_is_told(world: World) -> None:
    draft, together, answers = world.draft(lines("a", "b", "c")), threading.Barrier(2), []
    opened = drafts.section_hash(draft.document, "lines")

    def press() -> None:
        together.wait()
        try:
            answers.append(len(world.share(draft, {"a": Share(1), "b": Share(2)}, 3, opened_with=opened)))
        except drafts.Conflict as conflict:
            answers.append(-conflict.certificate.line_count)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answers) == [-1, 2]
    with acting_for(world.nppo.pk):
        assert Certificate.objects.count() == 3


# the page that splits


def ask(world: World, draft: Certificate, data: dict[str, str]) -> Any:
    return acting_client(world.author).post(reverse("certificates:split", args=[draft.pk]), data)


def carried(page: Any) -> dict[str, str]:
    """What the page posts again: everything that is hidden in it."""
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))
    return {name: html.unescape(value) for name, value in found.items() if name != "csrfmiddlewaretoken"}


def test_what_an_inspector_presses_to_split(world: World) -> None:
    draft, client = world.draft(lines("Taro", "Yam")), acting_client(world.author)
    before = client.get(reverse("certificates:certificate", args=[draft.pk])).content.decode()
    assert "Split into several drafts" in before
    page = client.get(reverse("certificates:split", args=[draft.pk])).content.decode()
    assert "Taro" in page
    checked = ask(world, draft, {"rest-Taro": "0", "rest-Yam": "1"})
    assert "2 drafts come of it" in checked.content.decode()
    with acting_for(world.nppo.pk):
        assert Certificate.objects.count() == 1
    made = client.post(reverse("certificates:split", args=[draft.pk]), {**carried(checked), "save": "1"}, follow=True)
    assert "This is the new draft" in made.content.decode()
    assert made.context["certificate"].commodity == "Yam"


def test_parts_and_totals_are_seen_before_anything_happens(world: World) -> None:
    draft = world.draft(replace(taro_and("yam"), equipment=(Equipment("C1"), Equipment("C2"))))
    typed = {"count": "3", "part-taro-1": "4\u202f000", "part-taro-2": "٤٢٠٠", "rest-taro": "0", "rest-yam": "2"}
    checked = ask(world, draft, {**typed, "container-1": "1"})
    said = [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in checked.content.decode().split("<tr>")]
    plain = [html.unescape(row).replace("\u202f", " ").replace("\xa0", " ") for row in said]
    assert plain[2:4] == [
        "This draft part of 1 line 4 200 kg 4 234 kg 210 bag, woven plastic C1",
        "Draft 2 part of 1 line 4 000 kg 4 032 kg 200 bag, woven plastic C1 C2",
    ]
    assert plain[4].startswith("Draft 3 2 ; part of 1 line 4 300 kg 4 335 kg 220 bag, woven plastic C1")
    assert plain[6:8] == [
        "1 taro This draft 4 200 kg 210 bag, woven plastic",
        "1 taro Draft 2 4 000 kg 200 bag, woven plastic",
    ]
    answer = ask(world, draft, {**carried(checked), "save": "1"})
    assert answer.url == reverse("certificates:worklist", args=["drafts"])
    with acting_for(world.nppo.pk):
        rows = list(Certificate.objects.order_by("pk"))
        assert [weights(row) for row in rows] == [["4200"], ["4000"], ["4200", "100"]]
    listed = acting_client(world.author).get(answer.url).content.decode()
    assert rows[1].reference in listed


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ("-5", "part-1-1", "is not a number"), ("12 kgs", "part-1-1", "is not a number"), ("0", "part-1-1", "more than nothing"),
        ("12,400", "part-1-1", "read in two ways"), ("13000", "part-1-1", "Line 1 has less"), ("9" * 40, "part-1-1", "at most 30"),
    ],
)  # fmt: skip
def test_an_amount_that_cannot_be_is_said_at_its_field_and_nothing_is_lost(
    world: World, typed: str, field: str, words: str
) -> None:
    draft = world.draft(taro_and("yam"))
    page = ask(world, draft, {"part-taro-1": typed, "rest-taro": "0", "rest-yam": "1"})
    text = page.content.decode()
    assert (page.status_code, words in text) == (422, True)
    assert f'<a href="#{field}">' in text
    assert f'id="{field}" name="part-taro-1" value="{typed}"' in text
    assert re.search(r'name="rest-yam".*?value="1" selected', text, re.DOTALL)
    assert ids(world.now(draft)) == ["taro", "yam"]


@pytest.mark.parametrize("count", ["1", "21", "1000", "-3", "two", "", "2.5", "9" * 30])
def test_so_many_drafts_cannot_be(world: World, count: str) -> None:
    draft = world.draft(taro_and("yam"))
    for button in ("show", "check", "save", "page"):
        page = ask(world, draft, {"count": count, "rest-yam": "1", "part-taro-1": "5", "rest-taro": "0", button: "1"})
        text = page.content.decode()
        assert (page.status_code, "Write a number from 2 to 20." in text) == (422, True)
        assert f'value="{count[:20]}"' in text
        assert 'name="part-taro-1" value="5"' in text
    with acting_for(world.nppo.pk):
        assert Certificate.objects.count() == 1


def test_numbers_of_packages_that_are_to_be_written_are_told_and_block_submitting(world: World) -> None:
    draft = world.draft(taro_and("yam"))
    checked = ask(world, draft, {"part-taro-1": "4133", "rest-taro": "0", "rest-yam": "1"})
    text = checked.content.decode()
    assert (text.count("To be written in this draft"), text.count("with some still to be written")) == (2, 2)
    assert ask(world, draft, {**carried(checked), "save": "1"}).status_code == 302
    with acting_for(world.nppo.pk):
        made = Certificate.objects.latest("pk")
        assert [each.lines[0].packages[0].quantity for each in (made.document, world.now(draft).document)] == ["", ""]
        with pytest.raises(workflow.Blocked) as blocked:
            workflow.perform("submit", made, by=world.author)
    assert "line.package" in {problem.rule for problem in blocked.value.problems}


def test_a_line_without_a_quantity_goes_whole(world: World) -> None:
    bare = replace(taro_and("yam"), lines=tuple(map(unmeasured, taro_and("yam").lines)))
    draft = world.draft(bare)
    assert "It says no quantity, and goes whole." in ask(world, draft, {"show": "1"}).content.decode()
    page = ask(world, draft, {"part-taro-1": "5", "rest-taro": "0"})
    assert (page.status_code, "no quantity that could be divided" in page.content.decode()) == (422, True)
    assert ask(world, draft, {"rest-yam": "1"}).status_code == 200


def test_who_asks_for_fewer_and_then_for_more_finds_what_was_typed(world: World) -> None:
    draft = world.draft(taro_and("yam"))
    typed = {"count": "4", "rest-taro": "3", "part-taro-1": "1", "part-taro-2": "2", "part-taro-3": "3", "show": "1"}
    four = ask(world, draft, typed)
    two = ask(world, draft, {**carried(four), "count": "2", "rest-taro": "0", "part-taro-1": "1", "show": "1"})
    assert two.content.decode().count('name="part-taro-') == 1
    again = ask(world, draft, {**carried(two), "count": "4", "rest-taro": "0", "part-taro-1": "7", "show": "1"})
    assert re.findall(r'name="part-taro-\d" value="(\d*)"', again.content.decode()) == ["7", "2", "3"]


@pytest.mark.parametrize(
    "kept", ["", "[", "{}", "[2,{},5]", '["x",{},{}]', '[900,{"taro":["800"]},{}]', "[" * 20000, '[2,{"taro":[{}]},{}]']
)
def test_what_our_pages_never_sent_is_nothing(world: World, kept: str) -> None:
    draft = world.draft(taro_and("yam"))
    assert ask(world, draft, {"kept": kept, "rest-taro": "99", "rest-yam": "x"}).status_code == 422
    assert ask(world, draft, {"kept": kept, "rest-yam": "1"}).status_code in (200, 422)
    assert ids(world.now(draft)) == ["taro", "yam"]


def test_pressed_twice_it_is_done_once_and_the_second_is_told(world: World) -> None:
    draft = world.draft(lines("a", "b", "c"))
    checked = carried(ask(world, draft, {"rest-b": "1"}))
    assert ask(world, draft, {**checked, "save": "1"}).status_code == 302
    again = ask(world, draft, {**checked, "save": "1"})
    assert (again.status_code, "The lines were changed meanwhile" in again.content.decode()) == (409, True)
    with acting_for(world.nppo.pk):
        assert Certificate.objects.count() == 2


def test_lines_that_somebody_changed_meanwhile_are_looked_at_again(world: World) -> None:
    draft = world.draft(taro_and("yam"))
    checked = carried(ask(world, draft, {"part-taro-1": "4000", "rest-taro": "0"}))
    with acting_for(world.nppo.pk):
        opened = drafts.section_hash(draft.document, "line.yam")
        drafts.save_section(
            draft, "line.yam", by=world.other, opened_with=opened, change=lambda d: drafts.without_line(d, "yam")
        )
    refused = ask(world, draft, {**checked, "save": "1"})
    assert refused.status_code == 409
    assert 'name="part-taro-1" value="4000"' in refused.content.decode()
    unseen = ask(world, draft, {"part-taro-1": "4000", "rest-taro": "0", "save": "1"})
    assert unseen.status_code == 409


def test_500_lines_are_paged_and_what_was_typed_travels_along(world: World) -> None:
    document = large_document()
    draft = world.draft(document)
    first, last = document.lines[0], document.lines[-1]
    page = ask(world, draft, {"count": "3", f"rest-{first.id}": "0", f"part-{first.id}-1": "500", "page": "20"})
    assert page.content.decode().count("<tr>") == 1 + 25
    widest = ask(world, draft, {**carried(page), "count": "20", "show": "1"}).content
    assert (widest.count(b'name="part-'), len(gzip.compress(widest)) < 15_000) == (25 * 19, True)
    many = ask(world, draft, {**carried(page), "count": "3", "numbers": "2-100, 400", "to": "2", "set": "1"})
    assert many.status_code == 200
    checked = ask(world, draft, {**carried(many), "count": "3", f"rest-{last.id}": "1"})
    text = html.unescape(checked.content.decode())
    assert "101-399, 401-499" in text
    assert ">2-100, 400<" in text
    assert ask(world, draft, {**carried(checked), "save": "1"}).status_code == 302
    with acting_for(world.nppo.pk):
        rows = list(Certificate.objects.order_by("pk"))
        assert [row.line_count for row in rows] == [399, 2, 100]
        assert [line.net_weight.value for line in rows[1].document.lines] == ["500", "1500"]


def test_numbers_that_name_no_line_are_said_and_an_error_shows_its_page(world: World) -> None:
    document = large_document(60)
    draft = world.draft(document)
    wrong = ask(world, draft, {"numbers": "61", "to": "1", "set": "1"})
    assert (wrong.status_code, "names no line" in wrong.content.decode(), 'value="61"' in wrong.content.decode()) == (
        422, True, True,
    )  # fmt: skip
    there = ask(
        world, draft, {f"rest-{document.lines[59].id}": "0", f"part-{document.lines[59].id}-1": "x", "page": "1"}
    )
    back = ask(world, draft, carried(there))
    assert (back.status_code, 'id="part-60-1"' in back.content.decode()) == (422, True)


def test_a_draft_without_lines_leads_to_them(world: World) -> None:
    draft = world.draft(replace(lines("a"), lines=()))
    page = acting_client(world.author).get(reverse("certificates:split", args=[draft.pk])).content.decode()
    assert reverse("certificates:section", args=[draft.pk, "lines"]) in page
    certificate = acting_client(world.author).get(reverse("certificates:certificate", args=[draft.pk]))
    assert "Split into several" not in certificate.content.decode()


# combining


def test_lines_and_what_the_drafts_say_come_together(world: World) -> None:
    first = replace(
        lines("a"), statements=("1", "2"), equipment=(Equipment("C1"),),
        notes=(Note("DMCL", "UGL"), Note("ADEDL", "Free from soil.", "en"), Note("ADIPEDL", "P-1"), Note("SPSFL", "5")),
        attachments=(Attachment("x", "0" * 64, "a.pdf", "ZZZ", "1"),),
    )  # fmt: skip
    second = replace(
        lines("b", "c"), statements=("1",), equipment=(Equipment("C1"), Equipment("C2")),
        notes=(Note("ADEDL", "Free from pests.", "en"), Note("ADEDL", "Free from soil.", "en"), Note("DMCL", "SAV"),
               Note("ADIPEDL", "P-1")),
        attachments=(Attachment("y", "1" * 64, "b.pdf", "ZZZ", "1"), Attachment("z", "0" * 64, "a.pdf", "ZZZ", "1")),
    )  # fmt: skip
    made = world.combine(world.draft(first), world.draft(second)).document
    assert [line.id for line in made.lines] == ["a", "b", "c"]
    assert note_texts(made.notes, "DMCL") == [Text("UGL; SAV")]
    assert [text.text for text in note_texts(made.notes, "ADEDL")] == ["Free from soil.", "Free from pests."]
    assert note_texts(made.notes, "ADIPEDL") == [Text("P-1")]
    assert note_texts(made.notes, "SPSFL") == [Text("5")]
    assert made.statements == ("1",)
    assert [equipment.number for equipment in made.equipment] == ["C1", "C2"]
    assert [(a.filename, a.number) for a in made.attachments] == [("a.pdf", "1"), ("b.pdf", "1-2")]
    assert made.movements == first.movements


def test_the_originals_are_discarded_tell_what_they_went_into_and_stay_readable(world: World) -> None:
    old = [world.draft(lines("a")), world.draft(lines("b"), world.other)]
    made = world.combine(*old)
    assert made.status == Status.DRAFT
    for draft in old:
        assert (world.now(draft).status, ids(world.now(draft))) == (Status.DISCARDED, ids(draft))
        assert world.told(draft)[-1] == ("discarded", f"Combined into {made.reference}")
        page = acting_client(world.other).get(reverse("certificates:certificate", args=[draft.pk])).content.decode()
        assert f"Combined into {made.reference}" in page
    assert world.told(made) == [("drafted", f"Combined from {old[0].reference}, {old[1].reference}")]
    assert set(made.authors) == {world.author.pk, world.other.pk}


def test_own_references_come_together_too(world: World) -> None:
    old = [world.draft(lines(name)) for name in "abc"]
    with acting_for(world.nppo.pk):
        for draft, own in zip(old, ("PO-1", "", "PO-2"), strict=True):
            Certificate.objects.filter(pk=draft.pk).update(own_reference=own)
    assert world.combine(*old).own_reference == "PO-1, PO-2"


def test_four_eyes_know_everybody_who_wrote_a_part(world: World) -> None:
    both = make_membership(world.nppo, roles.INSPECTOR, roles.CERTIFYING_OFFICER)
    made = world.combine(world.draft(lines("a")), world.draft(lines("b"), both))
    with acting_for(world.nppo.pk):
        workflow.perform("submit", made, by=world.author)
        with pytest.raises(workflow.SecondPersonNeeded):
            workflow.perform("approve", made, by=both)


@pytest.mark.parametrize(
    "changes",
    [
        {"exporter": Party("Another", ())}, {"exporter": replace(valid_document().exporter, address=("Elsewhere",))},
        {"consignee": Party("Another", ())}, {"import_country": replace(valid_document().import_country, code="FJ")},
        {"type": "657"},
    ],
    ids=["exporter", "address", "consignee", "destination", "kind"],
)  # fmt: skip
def test_only_what_is_alike_is_combined(world: World, changes: dict[str, Any]) -> None:
    first, second = world.draft(lines("a")), world.draft(replace(lines("b"), **changes))
    with pytest.raises(splitting.NotPossible, match=f"{second.reference} names another"):
        world.combine(first, second)
    assert {world.now(draft).status for draft in (first, second)} == {Status.DRAFT}


def test_what_could_not_be_read_is_mended_first(world: World) -> None:
    first, second = world.draft(lines("a")), world.draft(lines("b"))
    with acting_for(world.nppo.pk):
        drafts.keep_input(second, "line.b", {"net_weight": ["12 kgs"]}, by=world.author)
    with pytest.raises(splitting.NotPossible, match=f"in {second.reference} could not be read"):
        world.combine(first, second)


def test_re_exports_have_the_statement_of_the_first(world: World) -> None:
    first, second = lines("a", document=re_export_document()), lines("b", document=re_export_document())
    repacked = {"RPCPK": "False", "RPCRP": "True"}
    notes = tuple(replace(n, text=repacked.get(n.subject, n.text)) for n in second.lines[0].notes)
    notes = tuple(replace(n, text="BE-2") if n.subject == "RPCRF" else n for n in notes)
    second = replace(second, lines=(replace(second.lines[0], notes=notes),))
    made = world.combine(world.draft(first), world.draft(second)).document
    assert all(ticked(line.notes, "RPCPK") and not ticked(line.notes, "RPCRP") for line in made.lines)
    assert [note_texts(line.notes, "RPCRF")[0].text for line in made.lines] == ["BE-677636", "BE-2"]


def test_one_draft_alone_is_not_combined(world: World) -> None:
    draft = world.draft(lines("a"))
    with pytest.raises(splitting.NotPossible, match="Choose at least one other draft"):
        world.combine(draft, draft)


def test_a_draft_of_another_country_is_not_taken_in(world: World) -> None:
    stranger: Membership = make_membership(NppoFactory(code="NZ"), roles.INSPECTOR)
    with acting_for(stranger.nppo_id):
        foreign = drafts.create(by=stranger, document=lines("b"))
    mine, client = world.draft(lines("a")), acting_client(world.author)
    refused = client.post(reverse("certificates:combine", args=[mine.pk]), {"draft": str(foreign.pk)})
    assert refused.status_code == 422
    with pytest.raises(splitting.NotPossible, match="no longer there"):
        world.combine(mine, foreign)
    with acting_for(stranger.nppo_id):
        assert Certificate.objects.get(pk=foreign.pk).status == Status.DRAFT


def test_what_an_inspector_presses_to_combine(world: World) -> None:
    first, second = world.draft(lines("Taro")), world.draft(lines("Yam"), world.other)
    world.draft(replace(lines("Noni"), consignee=Party("Another", ())))
    client: Client = acting_client(world.author)
    assert "Combine with other drafts" in client.get(
        reverse("certificates:certificate", args=[first.pk])
    ).content.decode()  # fmt: skip
    address = reverse("certificates:combine", args=[first.pk])
    asked = client.get(address)
    assert [row.pk for row in asked.context["rows"]] == [second.pk]
    nothing = client.post(address, {"draft": "nonsense"})
    assert (nothing.status_code, "Choose at least one other draft." in nothing.content.decode()) == (422, True)
    made = client.post(address, {"draft": str(second.pk)}, follow=True)
    assert "Combined. This is the new draft" in made.content.decode()
    assert made.context["certificate"].commodity == "Taro, Yam"
    again = client.post(address, {"draft": str(second.pk)})
    assert again.status_code == 409


def test_a_draft_without_any_other_says_so(world: World) -> None:
    page = acting_client(world.author).get(reverse("certificates:combine", args=[world.draft(lines("a")).pk]))
    assert "No other draft is like this one" in page.content.decode()


def test_a_split_draft_is_combined_again(world: World) -> None:
    draft = world.draft(lines("a", "b"))
    made = world.combine(draft, *world.split(draft, "b"))
    assert ids(made) == ["a", "b"]
    assert note_texts(made.document.notes, "DMCL") == note_texts(draft.document.notes, "DMCL")
