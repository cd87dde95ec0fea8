"""One origin, treatment or declaration for many lines: previewed, saved at once, refused when somebody was faster."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from certificates import applying, drafts
from certificates.ephyto.document import Country, Document, Measure, Note, Origin, Text, TradeLine, Treatment
from certificates.forms.applying import numbers_read
from certificates.models import Certificate, Status
from certificates.paper.wording import numbers_written
from gens.accounts import roles
from gens.accounts.models import Event, Membership
from gens.accounts.tenancy import acting_for
from tests.drafting.test_drafting import draft, now
from tests.factories import NppoFactory, large_document, load, make_membership

pytestmark = pytest.mark.django_db
FUMIGATED = {"treatment-kind": "Fumigation", "treatment-start": "12 7 2026", "treatment-chemical": "Phosphine"}


@pytest.fixture
def inspector() -> Membership:
    load()
    return make_membership(NppoFactory(code="WS"), roles.INSPECTOR)


def address(made: Certificate) -> str:
    return reverse("certificates:apply_lines", args=[made.pk])


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the form of a page, the token left out."""
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    fields.pop("csrfmiddlewaretoken", None)
    fields.pop("next", None)
    return fields


def previewed(client: Client, made: Certificate, **typed: str) -> HttpResponse:
    opened = hidden(client.get(address(made)).content.decode())["opened_with"]
    return client.post(address(made), {"opened_with": opened} | typed)  # type: ignore[return-value]


def applied(client: Client, made: Certificate, **typed: str) -> Document:
    """What the draft says after previewing and saving."""
    preview = previewed(client, made, **typed)
    assert preview.status_code == 200, preview.content.decode()
    saved = client.post(address(made), hidden(preview.content.decode()) | {"save": "1"})
    assert saved.status_code == 302
    return now(made)


def plain(count: int = 4, **changes: Any) -> Document:
    document = large_document(count)
    return replace(document, lines=tuple(replace(each, treatments=(), notes=(), **changes) for each in document.lines))


def test_an_origin_takes_the_place_of_that_of_every_line(inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector, plain(30))
    preview = previewed(client, made, origin_country="FJ", origin_areas="Suva").content.decode()
    assert "30 lines of 30 change" in preview
    assert "Samoa (Village 1, Upolu)" in preview
    assert "Fiji (Suva)" in preview
    assert "and 5 more lines" in preview
    assert now(made).lines[0].origins[0].country.code == "WS"  # nothing is saved by looking
    after = applied(client, made, origin_country="FJ", origin_areas="Suva")
    assert {each.origins for each in after.lines} == {(Origin(Country("FJ"), ("Suva",)),)}
    assert after.lines[0].origins[0].country.name == "Fiji"


def test_only_the_lines_of_these_numbers_change(inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector, plain(10))
    after = applied(client, made, which="some", numbers="1-2, 7", origin_country="FJ")
    changed = [number for number, each in enumerate(after.lines, 1) if each.origins[0].country.code == "FJ"]
    assert changed == [1, 2, 7]


def test_ticked_lines_fill_in_their_numbers(inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector, plain(10))
    ids = [now(made).lines[place].id for place in (0, 1, 2, 8)]
    page = client.get(address(made), {"line": [*ids, "gone"]}).content.decode()
    assert 'value="1-3, 9"' in page
    assert re.search(r'value="some"[^>]* checked', page)
    assert re.search(r'value="all"[^>]* checked', client.get(address(made)).content.decode())


def test_a_treatment_is_added_and_the_same_one_is_not_added_twice(inspector: Membership, signed_in: Any) -> None:
    document = large_document(3)
    client, made = signed_in(inspector), draft(inspector, document)
    after = applied(client, made, **FUMIGATED)
    assert [len(each.treatments) for each in after.lines] == [2, 2, 2]
    assert after.lines[0].treatments[0] == document.lines[0].treatments[0]
    assert after.lines[0].treatments[1].kind == Text("Fumigation", "en")
    assert len({treatment.id for each in after.lines for treatment in each.treatments}) == 6
    again = previewed(client, made, **FUMIGATED).content.decode()
    assert "Every one of these lines says it already" in again
    assert 'name="save"' not in again


def test_a_treatment_takes_the_place_of_the_others_when_wanted(inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector, large_document(3))
    more = FUMIGATED | {"treatment-duration": "12,5", "treatment-duration_unit": "HUR", "treatment_way": "instead"}
    after = applied(client, made, **more)
    (only,) = after.lines[1].treatments
    assert (only.start, only.duration, only.duration.unit_name) == ("2026-07-12", Measure("12.5", "HUR"), "h")


def test_declarations_are_added_once_or_take_the_place_of_others(inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector, large_document(2))
    after = applied(client, made, declaration="Free from Papuana uninodis.\r\n\r\nFree from soil.")
    said = [note.text for note in after.lines[0].notes if note.subject == "ADTLIL"]
    assert said == ["Free from Papuana uninodis.", "Free from soil."]
    after = applied(client, made, declaration="Grown in glasshouses.", declaration_way="instead")
    assert [note for note in after.lines[0].notes if note.subject == "ADTLIL"] == [
        Note("ADTLIL", "Grown in glasshouses.", "en")
    ]
    assert [note.text for note in after.lines[0].notes if note.subject == "DMTLIL"] == ["UGL/1"]


def test_it_is_one_save_without_an_event_and_the_writer_is_an_author(inspector: Membership, signed_in: Any) -> None:
    made = draft(inspector, plain(5))
    second = make_membership(inspector.nppo, roles.INSPECTOR)
    with acting_for(inspector.nppo_id):
        before = Event.objects.count()
    applied(signed_in(second), made, origin_country="FJ")
    with acting_for(inspector.nppo_id):
        assert Event.objects.count() == before
        row = Certificate.objects.get(pk=made.pk)
    assert (row.holder_id, second.pk in row.authors) == (second.pk, True)


@pytest.mark.parametrize(
    ("typed", "anchor", "words"),
    [
        ({}, "id_origin_country", "Write an origin, a treatment or a declaration."),
        ({"origin_areas": "Suva"}, "id_origin_country", "Choose the country of this place too."),
        ({"origin_country": "XX"}, "id_origin_country", "is not in the list"),
        ({"which": "some", "origin_country": "FJ"}, "id_numbers", "Write which lines"),
        ({"which": "all", "numbers": "3", "origin_country": "FJ"}, "id_numbers", "or leave this empty"),
        ({"which": "some", "numbers": "3-1", "origin_country": "FJ"}, "id_numbers", "“3-1” names no line"),
        ({"which": "some", "numbers": "5", "origin_country": "FJ"}, "id_numbers", "from 1 to 4"),
        ({"which": "some", "numbers": "one", "origin_country": "FJ"}, "id_numbers", "“one” names no line"),
        ({"treatment-duration": "2"}, "id_treatment-kind", "Say what kind of treatment it was."),
        ({"treatment-kind": "x", "treatment-temperature": "12,400"}, "id_treatment-temperature", "in two ways"),
        ({"treatment-kind": "x", "treatment-start": "32 1 2026"}, "id_treatment-start", "is not a date"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)  # fmt: skip
def test_what_cannot_be_read_comes_back_with_all_that_was_typed(
    inspector: Membership, signed_in: Any, typed: dict[str, str], anchor: str, words: str
) -> None:
    client, made = signed_in(inspector), draft(inspector, plain(4))
    answer = previewed(client, made, declaration="Kept as typed.", **typed) if typed else previewed(client, made)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#{anchor}"' in page
    assert f'id="{anchor}"' in page
    assert page.count(words) == 2  # the summary and the field say the same
    assert not typed or "Kept as typed." in page
    assert now(made) == made.document


def test_one_goes_back_to_the_form_with_everything_typed(inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector, plain(4))
    preview = previewed(client, made, **FUMIGATED, which="some", numbers="2").content.decode()
    back = client.post(address(made), hidden(preview) | {"back": "1"})
    page = back.content.decode()
    assert back.status_code == 200
    assert 'value="Fumigation"' in page
    assert 'name="numbers" value="2"' in page
    assert "There is 1 problem" not in page


def test_when_somebody_changed_the_lines_meanwhile_both_versions_are_shown(
    inspector: Membership, signed_in: Any
) -> None:
    client, made = signed_in(inspector), draft(inspector, plain(4))
    preview = previewed(client, made, origin_country="FJ").content.decode()
    with acting_for(inspector.nppo_id):
        drafts.save_section(
            made, "lines", by=inspector, opened_with=drafts.section_hash(now(made), "lines"),
            change=lambda d: replace(d, lines=d.lines[:2]),
        )  # fmt: skip
    refused = client.post(address(made), hidden(preview) | {"save": "1"})
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "Somebody changed this section" in page
    assert page.count("Fiji") == 2
    assert {each.origins[0].country.code for each in now(made).lines} == {"WS"}
    assert client.post(address(made), hidden(page)).status_code == 302  # "Save what I typed"
    assert [each.origins[0].country.code for each in now(made).lines] == ["FJ", "FJ"]


def test_numbers_that_are_gone_after_a_conflict_are_asked_for_again(inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector, plain(4))
    preview = previewed(client, made, which="some", numbers="4", origin_country="FJ").content.decode()
    with acting_for(inspector.nppo_id):
        current = drafts.section_hash(now(made), "lines")
        drafts.save_section(
            made, "lines", by=inspector, opened_with=current, change=lambda d: replace(d, lines=d.lines[:2])
        )
    answer = client.post(address(made), hidden(preview) | {"save": "1"})
    assert answer.status_code == 422
    assert "from 1 to 2" in answer.content.decode()


def test_a_certificate_that_is_submitted_meanwhile_is_not_changed(inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector, plain(4))
    preview = previewed(client, made, origin_country="FJ").content.decode()
    with acting_for(inspector.nppo_id):
        Certificate.objects.filter(pk=made.pk).update(status=Status.SUBMITTED)
    assert client.post(address(made), hidden(preview) | {"save": "1"}).status_code == 409
    assert {each.origins[0].country.code for each in now(made).lines} == {"WS"}


def test_without_lines_there_is_nothing_to_change(inspector: Membership, signed_in: Any) -> None:
    made = draft(inspector)
    assert signed_in(inspector).get(address(made)).url == drafts.url_of(made, "lines")


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("1", {1}), ("1-3", {1, 2, 3}), ("1 – 3, 5", {1, 2, 3, 5}), ("2 4;6", {2, 4, 6}), ("1،3", {1, 3}),
        (" 7 ,, 7 ", {7}), ("", set()),
    ],
)  # fmt: skip
def test_numbers_of_lines_are_read_as_people_write_them(typed: str, numbers: set[int]) -> None:
    assert numbers_read(typed, 10) == numbers


@pytest.mark.parametrize("typed", ["0", "11", "3-1", "1-11", "a", "-3", "1--3", "1.5", "9999999999"])
def test_numbers_of_no_line_are_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        numbers_read(typed, 10)


def test_numbers_are_written_as_they_are_read() -> None:
    assert numbers_written([7, 1, 2, 3, 9, 10]) == "1-3, 7, 9-10"
    assert numbers_read(numbers_written([1, 2, 5]), 10) == {1, 2, 5}


def test_what_nobody_asked_for_stays_as_it_is() -> None:
    document = large_document(3)
    assert applying.applied(document, applying.Wanted(frozenset({1, 2, 3}))) == document
    treatment = Treatment(kind=Text("Heat treatment", "en"))
    after = applying.applied(document, applying.Wanted(frozenset({2}), treatment=treatment, treatment_instead=True))
    assert [number for number, _old, _new in applying.changed(document, after)] == [2]

    def rest(line: TradeLine) -> TradeLine:
        return replace(line, treatments=())

    assert rest(after.lines[1]) == rest(document.lines[1])
    assert after.lines[1].treatments == (treatment,)
