"""A copy says what the earlier certificate said, and nothing that belonged to that consignment alone."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.urls import reverse

from certificates import copying, drafts, keeping, replacing, workflow
from certificates.ephyto.document import (
    Attachment,
    Document,
    Equipment,
    Measure,
    Note,
    Registration,
    Text,
    Treatment,
    line_by_id,
    note_texts,
)
from certificates.forms.lines import with_copy
from certificates.models import Certificate, Status
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from tests.factories import (
    REPLACES,
    NppoFactory,
    load,
    make_certificate,
    make_membership,
    re_export_document,
    valid_document,
)

pytestmark = pytest.mark.django_db

TREATED = Treatment(
    id="t1", start="2026-07-12", end="2026-07-13", kind=Text("Fumigation", "en"), temperature=Measure("25", "CEL"),
    full_text=(Text("Date: 2026-07-12; Treatment: Fumigation", "en"),),
)  # fmt: skip


def issued_document(**changes: object) -> Document:
    """One that says everything a certificate can say, as it stands after issue."""
    start = valid_document()
    line = replace(
        start.lines[0], batch="LOT-7", treatments=(TREATED,),
        notes=(Note("DMTLIL", "UGL"), Note("ADTLIL", "Free from soil.", "en"), Note("ADDITLIL", "2026-07-11"),
               Note("ADAOTLIL", "See file 7", "en")),
    )  # fmt: skip
    said: dict[str, object] = {
        "number": "WS-2026-000007", "issued": "2026-07-15T10:42:00+13:00", "issuer": "NPPO of Samoa",
        "place_of_issue": "Apia", "officer": "Sina Tuilagi", "status": "70", "statements": ("1", "2"),
        "notes": (*REPLACES, Note("DMCL", "UGL/AKL"), Note("ADEDL", "Inspected and found free.", "en"),
                  Note("ADIPEDL", "P-88"), Note("SPSFL", "5"), Note("ADDIEDL", "2026-07-14"),
                  Note("ADAOEDL", "Officer's remark", "en")),
        "attachments": (Attachment(id="a1", sha256="0" * 64, filename="lab.pdf", kind="ZZZ", number="1"),),
        "equipment": (Equipment("MSCU1234567", ("S-1",)),), "lines": (line,),
        "exporter": replace(start.exporter, registrations=(Registration("VAT", "77"),)),
    }  # fmt: skip
    return replace(start, **(said | changes))  # type: ignore[arg-type]


@pytest.fixture
def nppo() -> Nppo:
    load()
    return NppoFactory(code="WS")


@pytest.fixture
def inspector(nppo: Nppo) -> Membership:
    return make_membership(nppo, roles.INSPECTOR)


def copied(certificate: Certificate, by: Membership) -> Certificate:
    with acting_for(by.nppo_id):
        return copying.copy(certificate, by=by)


def test_what_comes_again_is_copied() -> None:
    before, after = issued_document(), copying.for_another(issued_document())
    for name in ("type", "statements", "exporter", "consignee", "import_country", "export_country", "entry"):
        assert getattr(after, name) == getattr(before, name), name
    assert {n.subject: n.text for n in after.notes} == {
        "DMCL": "UGL/AKL", "ADEDL": "Inspected and found free.", "ADIPEDL": "P-88", "SPSFL": "5",
    }  # fmt: skip
    (line,) = after.lines
    assert line.net_weight == before.lines[0].net_weight
    assert line.packages == before.lines[0].packages
    assert {n.subject for n in line.notes} == {"DMTLIL", "ADTLIL"}
    assert (line.treatments[0].kind.text, line.treatments[0].temperature.value) == ("Fumigation", "25")
    assert (after.movements[0].mode, after.movements[0].means[0].text) == ("1", "Southern Pearl")


def test_what_belongs_to_one_certificate_alone_never_is() -> None:
    """In the order of copying.NEVER, which the pages say."""
    before, after = issued_document(), copying.for_another(issued_document())
    assert (after.number, after.issued, after.issuer, after.place_of_issue, after.officer) == ("",) * 5
    assert not note_texts(after.notes, "ADRP", "ADRPN", "ADRPR", "ADRD")
    assert not note_texts(after.notes, "ADDIEDL", "ADAOEDL")
    assert not note_texts(after.lines[0].notes, "ADDITLIL", "ADAOTLIL")
    (treatment,) = after.lines[0].treatments
    assert (treatment.start, treatment.end, treatment.full_text) == ("", "", ())
    assert (after.lines[0].batch, after.equipment, after.movements[0].number) == ("", (), "")
    assert after.attachments == ()
    assert after.lines[0].id not in ("", before.lines[0].id)
    assert treatment.id not in ("", "t1")
    words = str(after)
    for said in ("2026-07", "WS-2026-000007", "Sina", "LOT-7", "MSCU1234567", "S-1", "214S", "lab.pdf", "remark"):
        assert said not in words, said
        assert said in str(before), said


def test_a_copy_of_a_re_export_keeps_what_covers_it_but_not_the_inspection() -> None:
    document = re_export_document()
    (line,) = document.lines
    notes = tuple(replace(n, text="True") if n.subject == "RPCAI" else n for n in line.notes)
    document = replace(document, lines=(replace(line, notes=notes, drawn_from="7.x"),))
    after = copying.for_another(document)
    assert [(a.kind, a.number) for a in after.attachments] == [("AWR", "BE-677636")]
    assert note_texts(after.lines[0].notes, "RPCRF") == [Text("BE-677636")]
    assert after.lines[0].drawn_from == "7.x"
    assert not note_texts(after.lines[0].notes, "RPCAI")


@pytest.mark.parametrize("status", [Status.ISSUED, Status.WITHDRAWN, Status.REPLACED, Status.DISCARDED, Status.DRAFT])
def test_any_certificate_of_ours_can_be_copied(nppo: Nppo, inspector: Membership, status: Status) -> None:
    number = "WS-2026-000007" if status in (Status.ISSUED, Status.WITHDRAWN, Status.REPLACED) else ""
    author = make_membership(nppo, roles.INSPECTOR)
    found = make_certificate(nppo, status, by=author, number=number, document=issued_document(), own_reference="PO-1")
    made = copied(found, inspector)
    assert (made.status, made.number, made.holder, made.authors) == (Status.DRAFT, "", inspector, [inspector.pk])
    assert (made.own_reference, made.replaces_id) == ("", None)
    with acting_for(nppo.pk):
        event = made.events.get()
        assert (event.action, event.reason) == ("drafted", f"Copy of {found}")
        assert Certificate.objects.get(pk=found.pk).status == status


def test_a_copy_is_submitted_once_it_is_completed(nppo: Nppo, inspector: Membership) -> None:
    made = copied(
        make_certificate(nppo, Status.ISSUED, by=inspector, number="WS-7", document=issued_document()), inspector
    )
    with acting_for(nppo.pk):
        assert workflow.perform("submit", made, by=inspector).status == Status.SUBMITTED


def test_what_another_country_sent_is_not_copied(nppo: Nppo) -> None:
    both = make_membership(nppo, roles.INSPECTOR, roles.IMPORT_OFFICER)
    received = make_certificate(nppo, Status.ACCEPTED, direction="received", counterpart="NZ", number="NZ-1")
    with pytest.raises(workflow.NotAllowed):
        copied(received, both)


def test_who_only_reads_copies_nothing(nppo: Nppo, inspector: Membership) -> None:
    found = make_certificate(nppo, Status.ISSUED, by=inspector, number="WS-7")
    with pytest.raises(workflow.NotAllowed):
        copied(found, make_membership(nppo, roles.AUDITOR))


def test_the_page_says_what_is_not_copied_and_then_copies(nppo: Nppo, inspector: Membership, signed_in: Any) -> None:
    found = make_certificate(nppo, Status.ISSUED, by=inspector, number="WS-7", document=issued_document())
    client = signed_in(inspector)
    assert reverse("certificates:copy", args=[found.pk]) in client.get(
        reverse("certificates:certificate", args=[found.pk])
    ).content.decode()  # fmt: skip
    asked = client.get(reverse("certificates:copy", args=[found.pk])).content.decode()
    assert all(str(said).replace("'", "&#x27;") in asked for said in copying.NEVER)
    with acting_for(nppo.pk):
        assert Certificate.objects.count() == 1
    made = client.post(reverse("certificates:copy", args=[found.pk]), follow=True)
    assert "Copied to a new draft" in made.content.decode()
    assert "Copy of WS-7" in made.content.decode()


def test_a_copied_line_loses_its_lot_its_inspection_and_its_dates() -> None:
    document = issued_document()
    first, second = with_copy(document, document.lines[0].id).lines
    assert first == document.lines[0]
    assert (second.batch, second.treatments[0].start) == ("", "")
    assert {n.subject for n in second.notes} == {"DMTLIL", "ADTLIL"}


def test_a_replacement_keeps_the_inspection_and_treatment_dates_of_its_consignment() -> None:
    document = issued_document()
    again = replacing.document_of(document, "change of consignee", "en")
    assert note_texts(again.notes, "ADDIEDL") == [Text("2026-07-14")]
    assert note_texts(again.notes, "ADRPN") == [Text("WS-2026-000007")]
    assert again.lines[0].treatments[0].start == "2026-07-12"
    assert (again.number, again.officer, again.equipment, again.attachments) == (
        "", "", document.equipment, document.attachments,
    )  # fmt: skip


def test_a_treatment_that_a_replacement_changes_is_said_anew_when_it_is_issued() -> None:
    again = replacing.document_of(issued_document(), "x", "en")
    assert again.lines[0].treatments[0].full_text == ()


# the page of a new certificate


def test_new_starts_empty_with_its_first_filled_button(inspector: Membership, signed_in: Any) -> None:
    client = signed_in(inspector)
    page = client.get(reverse("certificates:new")).content.decode()
    first = re.search(r'<(?:button|a) class="btn go[^>]*>([^<]+)', page)
    assert first is not None
    assert first[1] == "Empty certificate for export"
    assert reverse("certificates:re_export") in page
    made = client.post(reverse("certificates:new"))
    assert re.fullmatch(r"/certificate/\d+/edit/consignment/", made.url)


def test_the_worklist_leads_to_it(inspector: Membership, signed_in: Any) -> None:
    page = signed_in(inspector).get("/list/drafts/").content.decode()
    assert re.search(r'<a class="btn go" href="/new/">New certificate</a>', page)


def test_my_latest_stand_there_and_any_of_ours_is_found(nppo: Nppo, inspector: Membership, signed_in: Any) -> None:
    colleague = make_membership(nppo, roles.INSPECTOR)
    mine = make_certificate(nppo, Status.DISCARDED, by=inspector, reference="D-MINE")
    theirs = make_certificate(nppo, Status.ISSUED, by=colleague, number="WS-7")
    make_certificate(nppo, Status.ACCEPTED, direction="received", counterpart="NZ", number="NZ-7")
    client = signed_in(inspector)
    assert [row.pk for row in client.get("/new/").context["rows"]] == [mine.pk]
    assert [row.pk for row in client.get("/new/?q=ws-7").context["rows"]] == [theirs.pk]
    assert {row.pk for row in client.get("/new/?q=UPOLU GROWERS").context["rows"]} == {mine.pk, theirs.pk}
    nothing = client.get("/new/?q=zzz")
    assert "Nothing matches" in nothing.content.decode()


def test_its_pages_follow_each_other(nppo: Nppo, inspector: Membership, signed_in: Any) -> None:
    for _ in range(52):
        make_certificate(nppo, Status.DRAFT, by=inspector)
    client = signed_in(inspector)
    first = client.get("/new/")
    second = client.get("/new/" + first.context["next_url"])
    shown = [{row.pk for row in page.context["rows"]} for page in (first, second)]
    assert (len(shown[0]), len(shown[1]), shown[0] & shown[1]) == (50, 2, set())


@pytest.mark.parametrize("count", [1, 3])
def test_it_costs_the_same_with_one_row_and_with_three(
    nppo: Nppo, inspector: Membership, signed_in: Any, django_assert_num_queries: Any, count: int
) -> None:
    for number in range(count):
        found = make_certificate(nppo, Status.DRAFT, by=inspector)
        with acting_for(nppo.pk):
            keeping.keep(found, f"Template {number}", by=inspector)
    client = signed_in(inspector)
    client.get("/new/")
    with django_assert_num_queries(14):
        page = client.get("/new/")
    assert (len(page.context["rows"]), len(page.context["templates"])) == (count, count)


def test_a_draft_of_another_country_cannot_be_copied(nppo: Nppo, inspector: Membership, signed_in: Any) -> None:
    found = make_certificate(nppo, Status.DRAFT, by=inspector)
    stranger = make_membership(NppoFactory(code="NZ"), roles.INSPECTOR)
    assert signed_in(stranger).post(reverse("certificates:copy", args=[found.pk])).status_code == 404


def test_lines_keep_apart_from_those_they_were_copied_from(nppo: Nppo, inspector: Membership) -> None:
    with acting_for(nppo.pk):
        found = drafts.create(by=inspector, document=valid_document())
    made = copied(found, inspector)
    assert line_by_id(made.document, found.document.lines[0].id) is None
