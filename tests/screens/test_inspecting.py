"""The screens of inspections: planning, recording and correcting without JavaScript, files, lists, and what stops an issue."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from certificates import drafts, inspections
from certificates.models import Blob, Certificate, Inspection, InspectionFile, Sample, Status
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.ephyto.files import image, pdf, png
from tests.factories import NppoFactory, OfficeFactory, load, make_certificate, make_membership

pytestmark = pytest.mark.django_db
State = Inspection.State


class World:
    """An inspector of Samoa with a draft."""

    def __init__(self) -> None:
        self.nppo: Nppo = NppoFactory(code="WS", time_zone="Pacific/Apia")
        self.inspector = make_membership(self.nppo, roles.INSPECTOR)
        self.draft = make_certificate(self.nppo, Status.DRAFT, by=self.inspector)
        self.client = acting_client(self.inspector)
        self.today: date = timezone.localdate(timezone=self.nppo.zone)

    def planned(self, certificate: Certificate | None = None, **said: Any) -> Inspection:
        made = {"planned_on": self.today, "place": "Matautu wharf", "officer": self.inspector} | said
        with acting_for(self.nppo.pk):
            row = Inspection(nppo=self.nppo, certificate=certificate or self.draft, **made)
            return inspections.record(row, by=self.inspector)

    def typed(self, inspection: Inspection | None = None, rows: int = 0, **said: Any) -> dict[str, Any]:
        """What the form posts for an inspection of today that passed."""
        opened = ""
        if inspection is not None:
            with acting_for(self.nppo.pk):
                opened = inspections.version(inspection)
        return {
            "opened_with": opened, "planned_on": "", "officer": str(self.inspector.pk), "place": "Matautu wharf",
            "done_on": f"{self.today:%d %m %Y}", "state": "passed", "findings": "",
            "samples-TOTAL_FORMS": str(rows), "samples-INITIAL_FORMS": "0",
        } | said  # fmt: skip

    def stored(self) -> Inspection:
        with acting_for(self.nppo.pk):
            return Inspection.objects.get()

    def final(self) -> None:
        with acting_for(self.nppo.pk):
            Certificate.objects.filter(pk=self.draft.pk).update(status=Status.ISSUED, number="WS-1")

    def demand(self, days: int | None = None) -> None:
        with acting_for(self.nppo.pk):
            Nppo.objects.filter(pk=self.nppo.pk).update(needs_inspection=True, inspection_days=days)


@pytest.fixture
def world() -> World:
    return World()


def new(certificate: Certificate) -> str:
    return reverse("certificates:new_inspection", args=[certificate.pk])


def page_of(inspection: Inspection) -> str:
    return reverse("certificates:inspection", args=[inspection.pk])


def edit(inspection: Inspection) -> str:
    return reverse("certificates:edit_inspection", args=[inspection.pk])


SAMPLE = {
    "samples-0-number": "S-1", "samples-0-what": "20 corms", "samples-0-laboratory": "Nu'u laboratory",
    "samples-0-reference": "NU-26-104",
}  # fmt: skip


# planning and recording


def test_an_inspection_is_planned_recorded_and_shown(world: World) -> None:
    form = world.client.get(new(world.draft)).content.decode()
    assert f'<option value="{world.inspector.pk}" selected>' in form
    tomorrow = world.today + timedelta(days=1)
    said = world.typed(planned_on=f"{tomorrow:%d/%m/%Y}", done_on="", state="")
    assert world.client.post(new(world.draft), said).status_code == 302
    planned = world.stored()
    assert (planned.state, planned.planned_on, planned.officer_id) == ("planned", tomorrow, world.inspector.pk)
    said = world.typed(planned, rows=1, state="laboratory", findings="Two mites\non corm 7", planned_on="", **SAMPLE)
    assert world.client.post(edit(planned), said).url == page_of(planned)
    page = world.client.get(page_of(planned)).content.decode()
    for words in (
        "Waiting for the laboratory",
        "Two mites<br>on corm 7",
        "20 corms",
        "Nu&#x27;u laboratory",
        "NU-26-104",
    ):
        assert words in page
    assert "Sample S-1" in page  # in the history
    assert "Result: <bdi>Planned</bdi> → <bdi>Waiting for the laboratory</bdi>" in page
    card = world.client.get(reverse("certificates:certificate", args=[world.draft.pk])).content.decode()
    assert page_of(planned) in card
    assert "Inspection: Waiting for the laboratory" in card  # in the timeline
    assert "Matautu wharf" in card


def test_recording_begins_with_today_and_the_place_of_the_office(world: World) -> None:
    form = world.client.get(new(world.draft) + "?done=1").content.decode()
    assert f'value="{world.today.day} {world.today.month} {world.today.year}"' in form
    assert 'value="Apia"' in form


def test_a_row_is_added_without_saving_and_nothing_typed_is_lost(world: World) -> None:
    said = world.typed(rows=1, findings="Kept words", done_on="yesterday", add="samples", **SAMPLE)
    page = world.client.post(new(world.draft), said)
    html = page.content.decode()
    assert page.status_code == 200
    assert 'name="samples-1-number"' in html
    assert 'value="NU-26-104"' in html
    assert "Kept words" in html
    assert 'value="yesterday"' in html
    assert "There is a problem" not in html
    with acting_for(world.nppo.pk):
        assert not Inspection.objects.exists()


def test_rows_are_changed_removed_and_left_out_when_they_say_nothing(world: World) -> None:
    planned = world.planned()
    said = world.typed(planned, rows=3, **SAMPLE, **{"samples-2-number": "S-2", "samples-2-what": "5 leaves"})
    world.client.post(edit(planned), said)
    with acting_for(world.nppo.pk):
        first, second = Sample.objects.order_by("pk")
    form = world.client.get(edit(planned)).content.decode()
    assert f'value="{first.pk}"' in form
    again = world.typed(
        planned, rows=2, **SAMPLE | {"samples-0-id": str(first.pk), "samples-0-result": "No nematodes", "samples-0-result_on": f"{world.today:%d %m %Y}"},
        **{"samples-1-id": str(second.pk), "samples-1-number": "S-2", "samples-1-what": "5 leaves", "samples-1-remove": "on"},
    )  # fmt: skip
    assert world.client.post(edit(planned), again).status_code == 302
    with acting_for(world.nppo.pk):
        assert [(s.number, s.result, s.is_removed) for s in Sample.objects.order_by("pk")] == [
            ("S-1", "No nematodes", False),
            ("S-2", "", True),
        ]
    page = world.client.get(page_of(planned)).content.decode()
    assert "No nematodes" in page
    assert "5 leaves" not in page
    assert "Removed: <bdi>no</bdi>" in page


def test_a_sample_of_another_inspection_is_never_changed_through_this_one(world: World) -> None:
    other = world.planned()
    with acting_for(world.nppo.pk):
        sample = Sample.objects.create(nppo=world.nppo, inspection=other, number="T-9", what="bark")
    said = world.typed(rows=1, **SAMPLE | {"samples-0-id": str(sample.pk)})
    assert world.client.post(new(world.draft), said).status_code == 302
    with acting_for(world.nppo.pk):
        assert Sample.objects.get(pk=sample.pk).number == "T-9"
        assert Sample.objects.get(number="S-1").inspection != other


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"done_on": "", "state": ""}, "Write the day it is planned for"),
        ({"done_on": ""}, "Write on which day it was done."),
        ({"state": ""}, "Choose the result."),
        ({"state": "called_off"}, "Select a valid choice"),
        ({"officer": ""}, "Name the officer who inspected."),
        ({"officer": "999999"}, "Select a valid choice"),
        ({"officer": "x"}, "Select a valid choice"),
        ({"place": " "}, "Write where it was."),
        ({"state": "failed"}, "Write what was found"),
        ({"done_on": "31 2 2026"}, "is not a date"),
        ({"done_on": "1 1 0206"}, "Check the year."),
        ({"planned_on": "1 1 2062"}, "Check the year."),
        ({"place": "x" * 257}, "at most 256"),
        ({"samples-TOTAL_FORMS": "1", "samples-0-number": "S-1"}, "Write what was taken."),
        ({"samples-TOTAL_FORMS": "1", "samples-0-result": "clean"}, "Write the number of the sample."),
        ({"samples-TOTAL_FORMS": "1", "samples-0-number": "1", "samples-0-what": "x", "samples-0-result_on": "soon"}, "is not a date"),
    ],
)  # fmt: skip
def test_what_cannot_be_recorded_comes_back_with_what_to_do(world: World, said: dict[str, str], words: str) -> None:
    refused = world.client.post(new(world.draft), world.typed(**{"findings": "", "place": "Kept place"} | said))
    html = refused.content.decode()
    assert refused.status_code == 422
    assert words in html.replace("&#x27;", "'")
    anchor = re.search(r'class="errors".*?<a href="#([^"]+)"', html, re.DOTALL)
    assert anchor is not None
    assert f'id="{anchor[1]}"' in html
    with acting_for(world.nppo.pk):
        assert not Inspection.objects.exists()


def test_a_day_to_come_is_not_done_yet_where_the_nppo_is(world: World) -> None:
    tomorrow = world.today + timedelta(days=1)
    refused = world.client.post(new(world.draft), world.typed(done_on=f"{tomorrow:%d %m %Y}"))
    assert "This day is still to come." in refused.content.decode()
    assert world.client.post(new(world.draft), world.typed()).status_code == 302  # today in Apia, whatever UTC says


def test_somebody_else_s_record_is_shown_beside_what_was_typed(world: World) -> None:
    planned = world.planned()
    mine = world.typed(planned, rows=1, findings="My findings", **SAMPLE)
    colleague = acting_client(make_membership(world.nppo, roles.CERTIFYING_OFFICER))
    theirs = world.typed(planned, state="failed", findings="Their findings")
    assert colleague.post(edit(planned), theirs).status_code == 302
    answer = world.client.post(edit(planned), mine)
    html = answer.content.decode()
    assert answer.status_code == 409
    for words in ("Somebody changed this inspection meanwhile", "Their findings", "My findings", "Failed", "NU-26-104"):
        assert words in html
    opened = re.search(r'name="opened_with" value="(\w+)"', html)
    assert opened is not None
    assert world.client.post(edit(planned), mine | {"opened_with": opened[1]}).status_code == 302
    assert world.stored().findings == "My findings"


def test_calling_off_asks_for_a_reason_and_leads_back_to_the_list(world: World) -> None:
    planned = world.planned()
    address = reverse("certificates:call_off", args=[planned.pk])
    assert "cannot be brought back" in world.client.get(address).content.decode()
    assert world.client.post(address, {"reason": " "}).status_code == 422
    done = world.client.post(address, {"reason": "The ship is late."}, follow=True)
    assert "Called off" in done.content.decode()
    assert world.client.get(edit(planned)).status_code == 302
    assert world.client.get(address).url == page_of(planned)
    assert "The ship is late." in world.client.get(page_of(planned)).content.decode()


def test_a_stale_form_meets_a_called_off_inspection_with_words(world: World) -> None:
    planned = world.planned()
    said = world.typed(planned)
    with acting_for(world.nppo.pk):
        inspections.call_off(planned, by=world.inspector, reason="x")
    answer = world.client.post(edit(planned), said, follow=True)
    assert "This inspection is called off. Plan another one." in answer.content.decode()
    assert world.stored().state == "called_off"


def test_after_issue_everything_is_read_and_nothing_offered(world: World) -> None:
    planned = world.planned(state=State.PASSED, done_on=world.today, planned_on=None)
    with acting_for(world.nppo.pk):
        kept = inspections.attach(planned, png(1, 1), "a.png", "", by=world.inspector)
    world.final()
    page = world.client.get(page_of(planned)).content.decode()
    assert edit(planned) not in page
    assert 'type="file"' not in page
    listed = world.client.get(reverse("certificates:inspections_of", args=[world.draft.pk])).content.decode()
    assert new(world.draft) not in listed
    assert new(world.draft) not in world.client.get(f"/certificate/{world.draft.pk}/").content.decode()
    for address in (edit(planned), new(world.draft)):
        assert world.client.get(address).status_code == 409
        assert world.client.post(address, world.typed(planned)).status_code == 409
    assert world.client.post(page_of(planned), {"file": SimpleUploadedFile("b.png", png(1, 1))}).status_code == 409
    take_off = reverse("certificates:take_off_file", args=[planned.pk, kept.pk])
    assert world.client.post(take_off).status_code == 409
    assert world.client.get(reverse("certificates:inspection_file", args=[planned.pk, kept.pk])).status_code == 200


# files


def attach(client: Client, inspection: Inspection, data: bytes, name: str = "lot.png", caption: str = "") -> Any:
    return client.post(page_of(inspection), {"file": SimpleUploadedFile(name, data), "caption": caption})


@pytest.mark.parametrize(
    ("data", "kind", "saved"),
    [
        (pdf(), "application/pdf", "lot.pdf"),
        (image("PNG"), "image/png", "lot.png"),
        (image("JPEG"), "image/jpeg", "lot.jpg"),
        (image("GIF"), "image/gif", "lot.gif"),
    ],
    ids=["pdf", "png", "jpeg", "gif"],
)
def test_a_file_is_kept_and_given_back_as_a_file(world: World, data: bytes, kind: str, saved: str) -> None:
    planned = world.planned()
    assert attach(world.client, planned, data, "lot", "The lot on the wharf").status_code == 302
    assert "The lot on the wharf" in world.client.get(page_of(planned)).content.decode()
    with acting_for(world.nppo.pk):
        kept = InspectionFile.objects.get()
    given = world.client.get(reverse("certificates:inspection_file", args=[planned.pk, kept.pk]))
    assert (given.content, given.headers["Content-Type"]) == (data, kind)
    assert given.headers["Content-Disposition"] == f'attachment; filename="{saved}"'
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert given.headers["Content-Security-Policy"].startswith("sandbox;")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00 a program", "not a whole PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a whole PDF"),
        (image("PNG")[:-4], "not a whole PDF"),
        (image("PNG") + b"<script>", "not a whole PDF"),
        (png(2**31 - 1, 2**31 - 1), "not a whole PDF"),
        (bytes(10_000_001), "too large"),
    ],
    ids=["nothing", "program", "svg", "cut", "tail", "bomb", "large"],
)
def test_a_file_that_is_none_of_the_four_kinds_is_refused(world: World, data: bytes, words: str) -> None:
    planned = world.planned()
    refused = attach(world.client, planned, data, caption="Kept caption")
    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert "Kept caption" in refused.content.decode()
    with acting_for(world.nppo.pk):
        assert not InspectionFile.objects.exists()
        assert not Blob.objects.exists()


def test_there_is_an_end_to_files(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certificates.forms.inspecting.FILES", 1)
    planned = world.planned()
    assert attach(world.client, planned, png(1, 1)).status_code == 302
    refused = attach(world.client, planned, png(1, 1))
    assert (refused.status_code, "1 files at most" in refused.content.decode()) == (422, True)


def test_taking_a_file_off_asks_first_and_is_told(world: World) -> None:
    planned = world.planned()
    attach(world.client, planned, png(1, 1))
    with acting_for(world.nppo.pk):
        kept = InspectionFile.objects.get()
    address = reverse("certificates:take_off_file", args=[planned.pk, kept.pk])
    assert "stays in the history" in world.client.get(address).content.decode()
    assert world.client.post(address).status_code == 302
    assert world.client.post(address).status_code == 404
    assert world.client.get(reverse("certificates:inspection_file", args=[planned.pk, kept.pk])).status_code == 404
    assert "lot.png" in world.client.get(page_of(planned)).content.decode()  # in the history only
    assert address not in world.client.get(page_of(planned)).content.decode()


def test_a_file_is_found_under_its_own_inspection_only(world: World) -> None:
    first, second = world.planned(), world.planned()
    attach(world.client, first, png(1, 1))
    with acting_for(world.nppo.pk):
        kept = InspectionFile.objects.get()
    assert world.client.get(reverse("certificates:inspection_file", args=[second.pk, kept.pk])).status_code == 404


# the list of what is to be done


def shown(client: Client, query: str = "") -> list[Any]:
    return list(client.get(reverse("certificates:inspections") + query).context["page"])


def test_planned_inspections_stand_by_day_and_final_certificates_leave(world: World) -> None:
    later = world.planned(planned_on=world.today + timedelta(days=2))
    late = world.planned(planned_on=world.today - timedelta(days=1))
    gone = make_certificate(world.nppo, Status.APPROVED, by=world.inspector)
    world.planned(gone)
    with acting_for(world.nppo.pk):
        Certificate.objects.filter(pk=gone.pk).update(status=Status.ISSUED)
    waiting = world.planned(planned_on=None, done_on=world.today, state=State.LABORATORY)
    world.planned(planned_on=None, done_on=world.today, state=State.PASSED)
    assert shown(world.client) == [late, later]
    assert shown(world.client, "?state=laboratory") == [waiting]
    assert shown(world.client, "?state=nonsense&whose=nonsense&page=900") == [late, later]
    page = world.client.get(reverse("certificates:inspections")).content.decode()
    assert "Overdue" in page
    assert reverse("certificates:inspections") in world.client.get("/list/drafts/").content.decode()


def test_the_filters_stand_in_the_address(world: World) -> None:
    with acting_for(world.nppo.pk):
        elsewhere = OfficeFactory(nppo=world.nppo, name="Salelologa office")
    away: Membership = make_membership(world.nppo, roles.INSPECTOR)
    with acting_for(world.nppo.pk):
        away.office = elsewhere
        away.save(update_fields=["office"])
    colleague = make_membership(world.nppo, roles.INSPECTOR)
    mine, ours, theirs, nobodys = (world.planned(officer=each) for each in (world.inspector, colleague, away, None))
    assert shown(world.client) == [mine, ours, theirs, nobodys]
    assert shown(world.client, "?whose=mine") == [mine]
    assert shown(world.client, "?whose=office") == [mine, ours, nobodys]
    assert shown(acting_client(away), "?whose=office") == [theirs]
    assert (
        "?state=laboratory&amp;whose=mine"
        in world.client.get(reverse("certificates:inspections") + "?whose=mine").content.decode()
    )


def test_empty_lists_say_what_to_do(world: World) -> None:
    address = reverse("certificates:inspections")
    assert "Plan an inspection" in world.client.get(address).content.decode()
    assert "Show everything" in world.client.get(address + "?whose=mine").content.decode()
    assert (
        "No inspection is recorded" in world.client.get(f"/certificate/{world.draft.pk}/inspections/").content.decode()
    )


def test_pages_cost_the_same_with_one_row_and_with_many(world: World) -> None:
    first = world.planned()
    addresses = (
        reverse("certificates:inspections"),
        reverse("certificates:inspections_of", args=[world.draft.pk]),
        page_of(first),
        reverse("certificates:certificate", args=[world.draft.pk]),
    )

    def cost() -> list[int]:
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as seen:
                assert world.client.get(address).status_code == 200
            counts.append(len(seen))
        return counts

    cost()  # the process has the short lists after it
    before = cost()
    for _ in range(4):
        world.planned(officer=make_membership(world.nppo, roles.INSPECTOR))
        with acting_for(world.nppo.pk):
            inspections.record(
                first, [Sample(number="S", what="leaf")], by=world.inspector, opened_with=inspections.version(first)
            )
            inspections.attach(first, png(1, 1), "a.png", "", by=world.inspector)
    assert cost() == before
    assert max(before[:3]) <= 18


# what stops an issue is told beforehand


def test_what_an_inspection_lacks_is_told_with_a_link_wherever_one_goes_towards_issue(world: World) -> None:
    load()
    world.demand(days=7)
    there = reverse("certificates:inspections_of", args=[world.draft.pk])
    told = re.compile(rf'<a (?:class="link bad" )?href="{there}">([^<]+)</a>')
    check = world.client.get(reverse("certificates:check", args=[world.draft.pk])).content.decode()
    assert "No inspection is recorded as done." in told.findall(check)
    world.planned(planned_on=None, done_on=world.today - timedelta(days=8), state=State.PASSED)
    officer = acting_client(make_membership(world.nppo, roles.CERTIFYING_OFFICER))
    with acting_for(world.nppo.pk):
        Certificate.objects.filter(pk=world.draft.pk).update(status=Status.SUBMITTED)
    approve = officer.get(reverse("certificates:act", args=[world.draft.pk, "approve"])).content.decode()
    assert "is 8 days old. 7 days are allowed." in told.findall(approve)[0]
    assert officer.post(reverse("certificates:act", args=[world.draft.pk, "approve"])).status_code == 302
    issue = reverse("certificates:act", args=[world.draft.pk, "issue"])
    assert "is 8 days old. 7 days are allowed." in told.findall(officer.get(issue).content.decode())[0]
    refused = officer.post(issue)
    assert refused.status_code == 422
    assert "is 8 days old. 7 days are allowed." in told.findall(refused.content.decode())[0]
    assert "<title>Error:" in refused.content.decode()
    card = officer.get(reverse("certificates:certificate", args=[world.draft.pk])).content.decode()
    assert "is 8 days old" in told.findall(card)[0]
    world.planned(planned_on=None, done_on=world.today - timedelta(days=7), state=State.PASSED)
    assert told.findall(officer.get(issue).content.decode()) == []
    assert officer.post(issue).status_code == 302


@pytest.mark.parametrize(
    ("state", "words"), [(State.FAILED, "failed."), (State.LABORATORY, "still waits for the laboratory.")]
)
def test_a_result_that_does_not_do_is_told(world: World, state: str, words: str) -> None:
    world.demand()
    world.planned(planned_on=None, done_on=world.today, state=state)
    page = world.client.get(reverse("certificates:inspections_of", args=[world.draft.pk])).content.decode()
    assert "cannot be issued yet" in page
    assert words in page


def test_the_section_of_declarations_offers_the_day_and_does_not_write_it(world: World) -> None:
    load()
    address = drafts.url_of(world.draft, "declarations")
    assert "An inspection is recorded" not in world.client.get(address).content.decode()
    world.planned(planned_on=None, done_on=date(2026, 11, 9), state=State.PASSED)
    page = world.client.get(address).content.decode()
    assert "An inspection is recorded on 9 11 2026." in page
    with acting_for(world.nppo.pk):
        assert Certificate.objects.get(pk=world.draft.pk).document.notes == ()
