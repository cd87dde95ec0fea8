"""The lines of a draft as a paged list: problems beside their line, true totals, copying, moving, deleting; and all lines
of any certificate, to read."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from certificates import drafts, storage, totals
from certificates.ephyto.document import Document, Measure, Note, Package, TradeLine, with_line
from certificates.models import Certificate, Status
from gens.accounts import roles
from gens.accounts.models import Membership
from gens.accounts.tenancy import acting_for
from tests.drafting.test_drafting import draft, now, open_page
from tests.factories import NppoFactory, large_document, load, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db


@pytest.fixture
def inspector() -> Membership:
    load()
    return make_membership(NppoFactory(code="WS"), roles.INSPECTOR)


def lines_url(certificate: Certificate, query: str = "") -> str:
    return drafts.url_of(certificate, "lines") + query


def numbers_on(page: str) -> list[int]:
    """The numbers of the lines that a page of the list shows."""
    return [int(number) for number in re.findall(r'<th scope="row"><bdi dir="ltr">(\d+)</bdi></th>', page)]


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def line(**changes: Any) -> TradeLine:
    return replace(valid_document().lines[0], **changes)


def test_a_long_draft_is_shown_page_by_page_and_the_page_stands_in_the_address(
    inspector: Membership, signed_in: Any
) -> None:
    client, made = signed_in(inspector), draft(inspector, large_document(60))
    first, third = text_of(client, lines_url(made)), text_of(client, lines_url(made, "?page=3"))
    assert numbers_on(first) == list(range(1, 26))
    assert numbers_on(third) == list(range(51, 61))
    assert "1 to 25 of 60" in first
    assert 'href="?page=2" rel="next"' in first
    assert 'rel="next"' not in third
    assert "1021 CT" not in first
    assert "Village 1, Upolu" in first  # its origin stands beside it


@pytest.mark.parametrize(("typed", "first"), [("0", 51), ("99", 51), ("nonsense", 1), ("", 1)])
def test_a_page_that_is_not_there_is_the_nearest_one(
    inspector: Membership, signed_in: Any, typed: str, first: int
) -> None:
    client, made = signed_in(inspector), draft(inspector, large_document(60))
    assert numbers_on(text_of(client, lines_url(made, f"?page={typed}")))[0] == first


def test_problems_stand_beside_their_line_and_can_be_shown_alone(inspector: Membership, signed_in: Any) -> None:
    document = large_document(40)
    broken = replace(document.lines[32], origins=(), packages=())
    document = replace(document, lines=(*document.lines[:32], broken, *document.lines[33:]))
    client, made = signed_in(inspector), draft(inspector, document)
    assert "the country of origin is missing" not in text_of(client, lines_url(made))
    alone = text_of(client, lines_url(made, "?problems=1"))
    assert numbers_on(alone) == [33]
    assert "Line 33: the country of origin is missing." in alone
    assert "Line 33: packages stand either by kind and number or in words" in alone
    assert re.search(rf'<tr id="line-{broken.id}" class="bad">', alone)


def test_a_line_without_problems_is_said_to_have_none(inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector, large_document(2))
    assert "No line has a problem" in text_of(client, lines_url(made, "?problems=1"))


def test_what_could_not_be_read_is_told_beside_its_line_and_of_a_new_line_above_the_list(
    inspector: Membership, signed_in: Any
) -> None:
    client, made = signed_in(inspector), draft(inspector, large_document(2))
    old = reverse("certificates:line", args=[made.pk, now(made).lines[0].id])
    new = reverse("certificates:line", args=[made.pk, "brandnew"])
    for address in (old, new):
        assert client.post(address, open_page(client, address) | {"net_weight": "12,5 kgs"}).status_code == 422
    page = text_of(client, lines_url(made, "?problems=1"))
    assert numbers_on(page) == [1]
    assert "Something typed in this line could not be read" in page
    assert "A line that is not saved yet could not be read" in page
    assert f'href="{new}"' in page


def test_the_list_costs_the_same_queries_for_one_line_and_for_many(inspector: Membership, signed_in: Any) -> None:
    client, counts = signed_in(inspector), []
    for count in (1, 60):
        made = draft(inspector, large_document(count))
        client.get(lines_url(made))
        with CaptureQueriesContext(connection) as asked:
            client.get(lines_url(made))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_weights_are_added_up_only_where_all_lines_agree() -> None:
    kilograms = [line(net_weight=Measure(value, "KGM", "kg")) for value in ("1000.5", "0.25")]
    whole = totals.of(Document(lines=tuple(kilograms))).net_weight
    assert whole.sum == Measure("1000.75", "KGM")
    tons = line(net_weight=Measure("2", "TNE", "t"))
    assert totals.of(Document(lines=(*kilograms, tons))).net_weight == totals.Total(is_mixed=True)
    silent = line(net_weight=Measure())
    unread = line(net_weight=Measure("about 5", "KGM"))
    assert totals.of(Document(lines=(*kilograms, silent, unread))).net_weight == totals.Total(lacking=2)
    assert totals.of(Document()).net_weight == totals.Total()


def test_packages_are_added_up_by_kind_and_level_and_words_are_counted() -> None:
    def packed(*packages: Package, words: str = "") -> TradeLine:
        return line(id=words or packages[0].quantity, packages=packages, notes=(Note("OPTND", words),) if words else ())

    lines = (
        packed(Package("4", "BG", "620", "bag"), Package("3", "CT", "10", "carton")),
        packed(Package("4", "BG", "30.5", "bag"), Package("1", "BG", "9", "bag")),
        packed(Package("4", "BG", "many", "bag")),
        packed(words="loose in the hold"),
    )
    sums = totals.of(Document(lines=lines))
    assert [(p.level, p.kind, Decimal(p.quantity)) for p in sums.packages] == [
        ("4", "BG", Decimal("650.5")), ("3", "CT", Decimal(10)), ("1", "BG", Decimal(9)),
    ]  # fmt: skip
    assert sums.worded == 2


def test_the_page_says_the_totals_or_why_there_are_none(inspector: Membership, signed_in: Any) -> None:
    client = signed_in(inspector)
    document = large_document(3)
    page = text_of(client, lines_url(draft(inspector, document)))
    assert "3\u202f006\u00a0kg" in page  # 1001 + 1002 + 1003
    assert "Not added up" not in page
    without = replace(document.lines[0], net_weight=Measure(), gross_weight=Measure("1", "TNE", "t"))
    page = text_of(client, lines_url(draft(inspector, replace(document, lines=(without, *document.lines[1:])))))
    assert "Not added up: 1 line says none." in page
    assert "Not added up: the units differ." in page


def test_a_copied_line_stands_behind_its_original_and_one_comes_back_to_its_page(
    inspector: Membership, signed_in: Any
) -> None:
    client, made = signed_in(inspector), draft(inspector, large_document(60))
    original = now(made).lines[29]
    answer = client.post(reverse("certificates:copy_line", args=[made.pk, original.id]))
    assert answer.url == lines_url(made, f"?page=2#line-{original.id}")
    after = now(made).lines
    assert len(after) == 61
    assert after[30].descriptions == original.descriptions
    assert after[30].id != original.id


@pytest.mark.parametrize(
    ("place", "order"),
    [("1", "cabd"), ("4", "abdc"), ("3", "abcd"), (" 2 ", "acbd")],
    ids=["first", "last", "stay", "2"],
)
def test_a_line_is_moved_to_a_place(inspector: Membership, signed_in: Any, place: str, order: str) -> None:
    document = valid_document(lines=tuple(line(id=name) for name in "abcd"))
    client, made = signed_in(inspector), draft(inspector, document)
    address = reverse("certificates:move_line", args=[made.pk, "c"])
    assert "place 3 of 4" in text_of(client, address)
    assert client.post(address, {"place": place}).status_code == 302
    assert "".join(each.id for each in now(made).lines) == order


@pytest.mark.parametrize("place", ["", "0", "5", "-1", "1.5", "first", "9" * 30])
def test_a_place_that_is_none_is_refused_and_shown_again(inspector: Membership, signed_in: Any, place: str) -> None:
    document = valid_document(lines=tuple(line(id=name) for name in "abcd"))
    client, made = signed_in(inspector), draft(inspector, document)
    answer = client.post(reverse("certificates:move_line", args=[made.pk, "c"]), {"place": place})
    assert answer.status_code == 422
    assert 'class="err"' in answer.content.decode()
    assert "".join(each.id for each in now(made).lines) == "abcd"


def test_lines_of_what_is_no_draft_are_not_changed(inspector: Membership, signed_in: Any) -> None:
    made = make_certificate(inspector.nppo, Status.ISSUED, by=inspector, number="WS-1")
    client, line_id = signed_in(inspector), made.document.lines[0].id
    assert client.get(lines_url(made)).status_code == 409
    assert client.post(reverse("certificates:copy_line", args=[made.pk, line_id])).status_code == 409
    assert client.post(reverse("certificates:move_line", args=[made.pk, line_id]), {"place": "1"}).status_code == 409
    assert client.get(reverse("certificates:move_line", args=[made.pk, "none"])).status_code == 404


def test_the_form_of_a_line_shows_its_neighbours_with_their_numbers(inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector, large_document(60))
    page = text_of(client, reverse("certificates:line", args=[made.pk, now(made).lines[29].id]))
    beside = re.search(r'<nav class="card" aria-labelledby="lines">.*?</nav>', page, re.DOTALL)
    assert beside
    assert [int(n) for n in re.findall(r">(\d+)\. ", beside[0])] == list(range(25, 36))
    assert "All 60 lines" in beside[0]


# of any certificate


@pytest.mark.parametrize("direction", ["issued", "received"])
def test_every_line_of_an_issued_or_received_certificate_can_be_read(
    inspector: Membership, signed_in: Any, direction: str
) -> None:
    document = replace(large_document(60), number="XX-1")
    reader = make_membership(inspector.nppo, roles.AUDITOR)
    status = Status.ISSUED if direction == "issued" else Status.OPENED
    made = make_certificate(inspector.nppo, status, direction=direction, number="XX-1", document=document)  # type: ignore[arg-type]
    client = signed_in(reader)
    face = text_of(client, reverse("certificates:certificate", args=[made.pk]))
    everything = reverse("certificates:lines", args=[made.pk])
    assert f'href="{everything}"' in face
    assert "and 35 more lines" in face
    assert face.count('<td class="muted">') == 25  # rows of the face
    seen: list[int] = []
    for number in (1, 2, 3):
        page = text_of(client, f"{everything}?page={number}")
        seen += numbers_on(page)
        assert page.count("Everything this line says") == len(numbers_on(page))
    assert seen == list(range(1, 61))
    assert "UGL/60" in page
    assert "UGL/1<" not in page


def test_a_short_certificate_is_shown_whole(inspector: Membership, signed_in: Any) -> None:
    made = draft(inspector, large_document(25))
    face = text_of(signed_in(inspector), reverse("certificates:certificate", args=[made.pk]))
    assert "Taro, fresh corms, lot 24" in face
    assert "more line" not in face


def test_a_draft_with_many_problems_links_the_first_ones_and_the_list_of_all(
    inspector: Membership, signed_in: Any
) -> None:
    document = large_document(100)
    broken = replace(document, lines=tuple(replace(each, origins=()) for each in document.lines))
    made = draft(inspector, broken)
    client = signed_in(inspector)
    checked = text_of(client, reverse("certificates:check", args=[made.pk]))
    assert checked.count('<li><a href="/certificate/') >= drafts.LINKED
    assert checked.count("the country of origin is missing") == drafts.LINKED
    assert f'href="{lines_url(made, "?problems=1")}"' in checked
    assert "and 75 more problems" in checked
    refused = client.post(reverse("certificates:act", args=[made.pk, "submit"]))
    assert "and 75 more problems" in refused.content.decode()


def test_the_same_content_has_the_same_hash_and_another_another() -> None:
    document = large_document(3)
    for section in ("lines", "parties", "declarations", f"line.{document.lines[0].id}", "line.none"):
        assert drafts.section_hash(document, section) == drafts.section_hash(replace(document), section)
    changed = replace(document, lines=(replace(document.lines[0], batch="x"), *document.lines[1:]))
    differing = {s for s in ("lines", "parties", f"line.{document.lines[0].id}", f"line.{document.lines[1].id}")
                 if drafts.section_hash(document, s) != drafts.section_hash(changed, s)}  # fmt: skip
    assert differing == {"lines", f"line.{document.lines[0].id}"}


def test_a_large_document_is_read_once_until_another_is_stored(inspector: Membership) -> None:
    made = draft(inspector, large_document(200))
    with acting_for(inspector.nppo_id):
        first, second = (Certificate.objects.get(pk=made.pk) for _ in range(2))
        assert first.document is second.document
        drafts.save_section(
            first, "lines", by=inspector, opened_with=drafts.section_hash(first.document, "lines"),
            change=lambda d: Document(lines=d.lines[:-1]),
        )  # fmt: skip
        assert len(Certificate.objects.get(pk=made.pk).document.lines) == 199


def test_what_was_saved_of_a_large_draft_is_not_read_anew(inspector: Membership) -> None:
    made = make_certificate(inspector.nppo, Status.DRAFT, by=inspector, document=large_document(60))
    with acting_for(inspector.nppo_id):
        read = Certificate.objects.get(pk=made.pk)
        assert read.document is made.document
        kept = with_line(read.document, replace(read.document.lines[3], notes=(Note("DMTLIL", "LOT 4"),)))
        storage.store(read, kept, author=inspector)
        again = Certificate.objects.get(pk=made.pk).document
    assert again is kept
    assert again.lines[3].notes == (Note("DMTLIL", "LOT 4"),)
