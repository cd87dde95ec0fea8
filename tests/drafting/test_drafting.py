"""Drafting: saved incomplete, nothing typed is lost, two people lose nothing, and missing entries lead to their fields."""

import re
import threading
from dataclasses import replace
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import translation

from certificates import drafts, workflow
from certificates.ephyto.document import Country, Document, Note, Text, Treatment, line_by_id
from certificates.forms import lines as line_forms
from certificates.forms import sections
from certificates.forms.fields import LongSelect
from certificates.models import Certificate, DraftInput
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from tests.factories import NppoFactory, load, make_membership, valid_document

pytestmark = pytest.mark.django_db


@pytest.fixture
def nppo() -> Nppo:
    load()
    return NppoFactory(code="WS")


@pytest.fixture
def inspector(nppo: Nppo) -> Membership:
    return make_membership(nppo, roles.INSPECTOR)


def draft(by: Membership, document: Document | None = None) -> Certificate:
    with acting_for(by.nppo_id):
        return drafts.create(by=by, document=document)


def now(certificate: Certificate) -> Document:
    with acting_for(certificate.nppo_id):
        return Certificate.objects.get(pk=certificate.pk).document


def fields_of(html: str) -> dict[str, Any]:
    """What a browser would post of the page's form: every named control with its value."""
    form = re.search(r'<form class="main.*?</form>', html, re.DOTALL)
    assert form
    data: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", form[0]):
        got = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if "name" in got and (got.get("type") not in ("checkbox", "radio") or " checked" in tag):
            data[got["name"]] = got.get("value", "on" if got.get("type") == "checkbox" else "")
    for name, inner in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form[0], re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        data[name] = chosen[1] if chosen else ""
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>\s?(.*?)</textarea>', form[0], re.DOTALL):
        data[name] = text
    data.pop("csrfmiddlewaretoken", None)
    return data


def open_page(client: Client, url: str) -> dict[str, Any]:
    return fields_of(client.get(url).content.decode())


def url(certificate: Certificate, section: str) -> str:
    return drafts.url_of(certificate, section)


FILLED = valid_document(
    notes=(Note("DMCL", "UGL/AKL"), Note("ADEDL", "One.", "en"), Note("ADEDL", "Two.", "fr"), Note("SPSFL", "5")),
    transit_countries=(Country("FJ"), Country("TO")),
)


def test_a_new_draft_has_a_reference_an_event_and_its_own_country(nppo: Nppo, inspector: Membership) -> None:
    made = draft(inspector)
    assert re.fullmatch(r"D-20\d\d-0001", made.reference)
    with acting_for(nppo.pk):
        assert made.events.get().action == "drafted"
    assert now(made).export_country == Country("WS")


@pytest.mark.parametrize("section", ["consignment", "parties", "transport", "declarations"])
@pytest.mark.parametrize("document", [Document(type="851", status="70"), FILLED], ids=["empty", "filled"])
def test_opening_and_saving_a_section_changes_nothing(
    inspector: Membership, signed_in: Any, section: str, document: Document
) -> None:
    client, made = signed_in(inspector), draft(inspector, document)
    before = now(made)
    response = client.post(url(made, section), open_page(client, url(made, section)))
    assert response.status_code == 302
    after = now(made)
    assert replace(after, statements=before.statements) == before if section == "consignment" else after == before


def test_opening_and_saving_a_line_changes_nothing(inspector: Membership, signed_in: Any) -> None:
    treatment = Treatment(id="t1", start="2026-07-12", kind=Text("Fumigation", "en"), information=(Text("x", "en"),))
    line = replace(FILLED.lines[0], treatments=(treatment,), notes=(Note("OQV", "12.125"), Note("OQU", "bunches")))
    client, made = signed_in(inspector), draft(inspector, replace(FILLED, lines=(line,)))
    address = url(made, f"line.{line.id}")
    assert client.post(address, open_page(client, address)).status_code == 302
    (after,) = now(made).lines
    assert after == replace(line, notes=(Note("OQV", "12.1250"), Note("OQU", "bunches")))
    assert (after.id, after.treatments[0].id) == (line.id, "t1")


def test_a_section_is_saved_incomplete_and_in_any_order(inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector)
    data = open_page(client, url(made, "parties")) | {
        "consignee_name": "Savai'i 芋头 شحنة",
        "consignee_address": "a\r\n\r\nb",
    }
    assert client.post(url(made, "parties"), data).status_code == 302
    assert now(made).consignee.name == "Savai'i 芋头 شحنة"
    assert now(made).consignee.address == ("a", "b")
    assert now(made).exporter.name == ""


def test_what_does_not_parse_is_kept_shown_again_and_blocks_submitting(
    nppo: Nppo, inspector: Membership, signed_in: Any
) -> None:
    client, made = signed_in(inspector), draft(inspector, FILLED)
    address = url(made, f"line.{FILLED.lines[0].id}")
    data = open_page(client, address) | {"net_weight": "12,5 kgs", "description": "Taro"}
    refused = client.post(address, data)
    assert refused.status_code == 422
    again = client.get(address).content.decode()
    for page in (refused.content.decode(), again):
        assert 'value="12,5 kgs"' in page
        assert page.count("is not a number. Write digits only") == 2  # the summary and the field say the same
        assert 'href="#id_net_weight"' in page
        assert "<title>Error:" in page
    assert 'value="Taro"' in again
    assert now(made) == FILLED
    with acting_for(nppo.pk), pytest.raises(workflow.Blocked):
        workflow.perform("submit", made, by=inspector)
    assert client.post(address, data | {"net_weight": "12.5"}).status_code == 302
    with acting_for(nppo.pk):
        assert not DraftInput.objects.exists()
    assert now(made).lines[0].net_weight.value == "12.5"


def test_two_people_in_different_sections_both_keep_their_work(
    nppo: Nppo, inspector: Membership, client: Client
) -> None:
    made = draft(inspector, FILLED)
    first, second = Client(), Client()
    for browser, person in ((first, inspector), (second, make_membership(nppo, roles.INSPECTOR))):
        browser.force_login(person.user)
        session = browser.session
        session["nppo"], session["membership"] = nppo.pk, person.pk
        session.save()
    parties = open_page(first, url(made, "parties")) | {"exporter_name": "First"}
    marks = open_page(second, url(made, "consignment")) | {"marks": "Second"}
    declared = open_page(first, url(made, "declarations")) | {"declaration": "Third."}
    assert [b.post(url(made, s), d).status_code for b, s, d in (
        (first, "parties", parties), (second, "consignment", marks), (first, "declarations", declared),
    )] == [302, 302, 302]  # fmt: skip
    after = now(made)
    assert after.exporter.name == "First"
    assert {n.text for n in after.notes} == {"Second", "Third.", "5"}


def test_two_people_in_one_section_see_both_versions(inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector, FILLED)
    stale = open_page(client, url(made, "parties")) | {"exporter_name": "Mine"}
    fresh = open_page(client, url(made, "parties")) | {"exporter_name": "Theirs"}
    assert client.post(url(made, "parties"), fresh).status_code == 302
    conflict = client.post(url(made, "parties"), stale)
    page = conflict.content.decode()
    assert conflict.status_code == 409
    assert "Mine" in page
    assert "Theirs" in page
    assert now(made).exporter.name == "Theirs"
    chosen = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    assert client.post(url(made, "parties"), chosen).status_code == 302
    assert now(made).exporter.name == "Mine"


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_saves_at_the_same_moment_keep_one_and_tell_the_other(nppo: Nppo, inspector: Membership) -> None:
    made = draft(inspector, FILLED)
    opened = drafts.section_hash(now(made), "parties")
    together, answers = threading.Barrier(2), []

    def save(name: str) -> None:
        together.wait()
        try:
            with acting_for(nppo.pk):
                drafts.save_section(
                    made, "parties", by=inspector, opened_with=opened,
                    change=lambda d: replace(d, exporter=replace(d.exporter, name=name)),
                )  # fmt: skip
            answers.append(name)
        except drafts.Conflict as conflict:
            answers.append(f"conflict with {conflict.certificate.document.exporter.name}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=save, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    winner = now(made).exporter.name
    assert sorted(answers) == sorted([winner, f"conflict with {winner}"])


def test_rows_are_added_and_removed_without_javascript(inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector, FILLED)
    address = url(made, f"line.{FILLED.lines[0].id}")
    more = fields_of(client.post(address, open_page(client, address) | {"add": "treatments"}).content.decode())
    assert "autofocus" not in client.get(address).content.decode()
    more |= {
        "treatments-0-kind": "Fumigation",
        "treatments-0-start": "12 7 2026",
        "packages-1-quantity": "40",
        "packages-1-kind": "CT",
    }
    assert client.post(address, more).status_code == 302
    (line,) = now(made).lines
    assert [(t.kind.text, t.start) for t in line.treatments] == [("Fumigation", "2026-07-12")]
    assert [(p.quantity, p.kind_name) for p in line.packages] == [("620", "bag"), ("40", "carton")]
    fewer = open_page(client, address) | {"packages-0-remove": "on", "treatments-0-remove": "on"}
    assert client.post(address, fewer).status_code == 302
    (line,) = now(made).lines
    assert ([p.kind for p in line.packages], line.treatments) == (["CT"], ())


def test_the_look_up_offers_names_without_javascript_and_loses_nothing(inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector, FILLED)
    address = url(made, f"line.{FILLED.lines[0].id}")
    asked = client.post(
        address, open_page(client, address) | {"botanical": "breadf", "hs": "0810", "look": "botanical"}
    )
    page = asked.content.decode()
    assert "Artocarpus altilis" in page
    assert 'value="0810"' in page
    picked = fields_of(page) | {"chosen": "artocarpus-altilis", "choose": "botanical", "common_name": ""}
    again = fields_of(client.post(address, picked).content.decode())
    assert (again["botanical"], again["common_name"], again["hs"]) == ("Artocarpus altilis", "breadfruit", "0810")
    assert again["description"] == "Taro, fresh corms"  # typed, so it stays


def test_lines_are_copied_without_their_treatment_dates_and_deleted_after_asking(
    inspector: Membership, signed_in: Any
) -> None:
    treatment = Treatment(id="t1", start="2026-07-12", kind=Text("Fumigation", "en"))
    document = replace(FILLED, lines=(replace(FILLED.lines[0], treatments=(treatment,)),))
    client, made = signed_in(inspector), draft(inspector, document)
    client.post(reverse("certificates:copy_line", args=[made.pk, document.lines[0].id]))
    first, copy = now(made).lines
    assert first.id != copy.id
    assert (copy.treatments[0].start, copy.treatments[0].kind.text) == ("", "Fumigation")
    address = reverse("certificates:delete_line", args=[made.pk, first.id])
    assert "cannot be undone" in client.get(address).content.decode()
    assert len(now(made).lines) == 2
    client.post(address)
    assert [line.id for line in now(made).lines] == [copy.id]


def test_submitting_lists_what_is_missing_and_each_entry_leads_to_its_field(
    inspector: Membership, signed_in: Any
) -> None:
    client, made = signed_in(inspector), draft(inspector)
    client.post(
        reverse("certificates:line", args=[made.pk, "l1"]),
        open_page(client, reverse("certificates:line", args=[made.pk, "l1"])),
    )
    page = client.post(reverse("certificates:act", args=[made.pk, "submit"])).content.decode()
    links = re.findall(r'<li><a href="(/certificate/[^"#]+)#([^"]+)"', page)
    assert len(links) >= 7
    for address, anchor in links:
        assert f'id="{anchor}"' in client.get(address).content.decode(), (address, anchor)


def test_a_whole_draft_typed_in_is_submitted(nppo: Nppo, inspector: Membership, signed_in: Any) -> None:
    client, made = signed_in(inspector), draft(inspector)
    for section, typed in {
        "consignment": {"destination": "NZ"},
        "parties": {"exporter_name": "E", "exporter_address": "Apia", "consignee_name": "C", "consignee_address": "Auckland"},
        "transport": {"movements-0-mode": "1", "movements-0-means": "Southern Pearl", "entry_name": "Auckland"},
        "line.l1": {
            "botanical": "Colocasia esculenta", "description": "Taro", "net_weight": "12 400", "net_weight_unit": "KGM",
            "packages-0-quantity": "620", "packages-0-kind": "5H", "packages-0-level": "4",
        },
    }.items():  # fmt: skip
        assert client.post(url(made, section), open_page(client, url(made, section)) | typed).status_code == 302
    assert client.post(reverse("certificates:act", args=[made.pk, "submit"])).status_code == 302
    document = now(made)
    assert document.entry.code == "NZAKL"
    assert (document.lines[0].net_weight.value, document.lines[0].net_weight.unit_name) == ("12400", "kg")
    assert line_by_id(document, "l1").origins[0].country == Country("WS")  # type: ignore[union-attr]
    assert client.post(url(made, "parties"), {"opened_with": "x"}).status_code == 409


@pytest.mark.parametrize(
    ("language", "typed", "value"),
    [
        ("es", "12,5", "12.5"), ("en", "12.5", "12.5"), ("en", "12,5", "12.5"), ("fr", "12 400,25", "12400.25"),
        ("ar", "٣٢٠", "320"), ("ru", "1 000 000", "1000000"), ("en", "0.125", "0.125"), ("en", "", ""),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(language: str, typed: str, value: str) -> None:
    with translation.override(language):
        assert line_forms.NumberField().clean(typed) == value


@pytest.mark.parametrize("typed", ["12,400", "12.400", "320 kgs", "1.2.3", "-5", "1e5", "½"])
def test_numbers_that_could_mislead_are_asked_about(typed: str) -> None:
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        line_forms.NumberField().clean(typed)


@pytest.mark.parametrize("typed", ["12 7 2026", "12/7/2026", "12.07.2026", "2026-07-12", "١٢ ٧ ٢٠٢٦"])
def test_dates_are_read_as_people_write_them(typed: str) -> None:
    assert line_forms.DateField().clean(typed) == "2026-07-12"


@pytest.mark.parametrize("typed", ["32 1 2026", "2026", "next week", "12 7 26 1"])
def test_what_is_no_date_is_refused(typed: str) -> None:
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        line_forms.DateField().clean(typed)


def test_control_characters_never_reach_the_document() -> None:
    assert sections.TextField().clean("a\x0bc\r\nd\ufffe") == "ac\nd"


def test_a_list_of_codes_is_written_as_django_writes_it() -> None:
    from django import forms

    said = [("", "–"), ("KGM", "kg"), ("X<", 'a "b" & <i>')]
    for value in ("", "KGM", "X<", "gone"):
        mine, theirs = LongSelect({"size": 3}, said), forms.Select({"size": 3}, said)
        attrs = {"id": "id_unit", "aria-invalid": "true", "required": True}
        plain = "".join(line.strip() for line in theirs.render("unit", value, attrs).split("\n"))
        mark = re.compile(r"(?<=<select )[^>]*(?=>)")
        assert mark.sub("", mine.render("unit", value, attrs)) == mark.sub("", plain)
        heads = [sorted(mark.findall(html)[0].split()) for html in (mine.render("unit", value, attrs), plain)]
        assert heads[0] == heads[1]


def test_any_number_of_transit_countries_a_row_each(inspector: Membership, signed_in: Any) -> None:
    """Five, one more row asked for each time; an empty row between them is none."""
    made, client = draft(inspector), signed_in(inspector)
    address = reverse("certificates:section", args=[made.pk, "consignment"])
    shown = open_page(client, address)
    for number, code in enumerate(("FJ", "TO", "", "AU", "NC")):
        shown[f"transits-{number}-country"] = code
        page = client.post(address, shown | {"add": "transits"}).content.decode()
        shown = fields_of(page)
        assert shown["transits-TOTAL_FORMS"] == str(number + 2)
        (focused,) = re.findall(r"<[^>]* autofocus[^>]*>", page)
        assert f'name="transits-{number + 1}-country"' in focused, "the row that was added is where one goes on"
    assert now(made).transit_countries == (), "asking for a row saves nothing"
    assert client.post(address, shown).status_code == 302
    assert [(passed.code, passed.name) for passed in now(made).transit_countries] == [
        ("FJ", "Fiji"), ("TO", "Tonga"), ("AU", "Australia"), ("NC", "New Caledonia"),
    ]  # fmt: skip
    refused = client.post(address, open_page(client, address) | {"transits-1-country": "QQ"})
    assert refused.status_code == 422
    assert 'href="#id_transits-1-country"' in refused.content.decode()
    assert len(now(made).transit_countries) == 4
