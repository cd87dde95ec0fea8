"""Splitting and combining drafts: whole lines move, nothing is lost, originals stay readable, four eyes stay four."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from certificates import drafts, splitting, workflow
from certificates.ephyto.document import Attachment, Document, Equipment, Note, Party, Text, note_texts, ticked
from certificates.models import Certificate, DraftInput, Status
from gens.accounts import roles
from gens.accounts.models import Membership
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, load, make_certificate, make_membership, re_export_document, valid_document

pytestmark = pytest.mark.django_db


def lines(*names: str, document: Document | None = None) -> Document:
    """A document with a line of each name; the ids are the names."""
    start = document or valid_document()
    line = start.lines[0]
    return replace(start, lines=tuple(replace(line, id=name, descriptions=(Text(name, "en"),)) for name in names))


class World:
    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        self.author = make_membership(self.nppo, roles.INSPECTOR)
        self.other = make_membership(self.nppo, roles.INSPECTOR)

    def draft(self, document: Document, by: Membership | None = None) -> Certificate:
        with acting_for(self.nppo.pk):
            return drafts.create(by=by or self.author, document=document)

    def split(self, draft: Certificate, *ids: str, by: Membership | None = None) -> Certificate:
        with acting_for(self.nppo.pk):
            return splitting.split(draft, ids, by=by or self.author)

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
    return [line.id for line in certificate.content.lines]


# splitting


def test_the_chosen_lines_leave_and_the_rest_stands_in_both(world: World) -> None:
    draft = world.draft(replace(lines("a", "b", "c"), notes=(Note("DMCL", "UGL"), Note("ADDIEDL", "2026-07-14"))))
    made = world.split(draft, "c", "a")
    assert (ids(world.now(draft)), ids(made)) == (["b"], ["a", "c"])
    before, after = world.now(draft).content, made.content
    assert replace(before, lines=()) == replace(after, lines=())
    assert (made.status, made.holder, made.line_count) == (Status.DRAFT, world.author, 2)
    assert world.now(draft).commodity == "b"


def test_both_tell_what_happened(world: World) -> None:
    draft = world.draft(lines("a", "b"))
    made = world.split(draft, "b")
    assert world.told(draft)[1:] == [("split", f"1 line went to {made.reference}")]
    assert world.told(made) == [("drafted", f"Split off {draft.reference}")]


def test_whoever_wrote_it_is_an_author_of_both(world: World) -> None:
    draft = world.draft(lines("a", "b"), world.author)
    made = world.split(draft, "b", by=world.other)
    assert set(made.authors) == set(world.now(draft).authors) == {world.author.pk, world.other.pk}
    both = make_membership(world.nppo, roles.INSPECTOR, roles.CERTIFYING_OFFICER)
    mine = world.draft(lines("a", "b"), both)
    theirs = world.split(mine, "b", by=world.other)
    with acting_for(world.nppo.pk):
        workflow.perform("submit", theirs, by=world.other)
        with pytest.raises(workflow.SecondPersonNeeded):
            workflow.perform("approve", theirs, by=both)


def test_what_could_not_be_read_goes_with_its_line(world: World) -> None:
    draft = world.draft(lines("a", "b"))
    with acting_for(world.nppo.pk):
        for section in ("line.b", "line.a", "parties"):
            drafts.keep_input(draft, section, {"net_weight": ["12 kgs"]}, by=world.author)
    made = world.split(draft, "b")
    with acting_for(world.nppo.pk):
        assert drafts.kept_input(made, "line.b") == {"net_weight": ["12 kgs"]}
        kept = DraftInput.objects.filter(certificate=draft).values_list("section", flat=True)
        assert set(kept) == {"line.a", "parties"}


@pytest.mark.parametrize(
    ("chosen", "words"),
    [([], "Choose the lines"), (["zzz"], "Choose the lines"), (["a", "b"], "Leave at least one line")],
)
def test_a_split_leaves_something_on_both_sides(world: World, chosen: list[str], words: str) -> None:
    draft = world.draft(lines("a", "b"))
    with pytest.raises(splitting.NotPossible, match=words):
        world.split(draft, *chosen)
    assert ids(world.now(draft)) == ["a", "b"]
    refused = acting_client(world.author).post(reverse("certificates:split", args=[draft.pk]), {"line": chosen})
    assert (refused.status_code, words in refused.content.decode()) == (422, True)
    assert refused.content.decode().count(" checked") == len(set(chosen) & {"a", "b"})


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.APPROVED, Status.ISSUED, Status.DISCARDED])
def test_what_is_no_draft_is_neither_split_nor_combined(world: World, status: Status) -> None:
    number = "WS-1" if status == Status.ISSUED else ""
    found = make_certificate(world.nppo, status, by=world.author, document=lines("a", "b"), number=number)
    with pytest.raises(workflow.WrongStatus):
        world.split(found, "a")
    with pytest.raises(workflow.WrongStatus):
        world.combine(found, world.draft(lines("c")))
    client = acting_client(world.author)
    assert client.post(reverse("certificates:split", args=[found.pk]), {"line": "a"}).status_code == 409
    assert client.post(reverse("certificates:combine", args=[found.pk])).status_code == 409


def test_a_returned_draft_stays_returned(world: World) -> None:
    found = make_certificate(world.nppo, Status.RETURNED, by=world.author, document=lines("a", "b"))
    assert (world.split(found, "a").status, world.now(found).status) == (Status.DRAFT, Status.RETURNED)


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
    assert "Split into two drafts" not in page


def test_who_drafts_nothing_splits_and_combines_nothing(world: World) -> None:
    draft, auditor = world.draft(lines("a", "b")), make_membership(world.nppo, roles.AUDITOR)
    with pytest.raises(workflow.NotAllowed):
        world.split(draft, "a", by=auditor)
    with pytest.raises(workflow.NotAllowed):
        world.combine(draft, world.draft(lines("c")), by=auditor)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_of_two_who_split_the_same_line_off_at_once_one_is_told(world: World) -> None:
    draft, together, answers = world.draft(lines("a", "b", "c")), threading.Barrier(2), []

    def press() -> None:
        together.wait()
        try:
            answers.append(str(world.split(draft, "a").reference))
        except splitting.NotPossible as refused:
            answers.append(str(refused))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answer[:2] for answer in answers) == ["Ch", "D-"]
    with acting_for(world.nppo.pk):
        assert Certificate.objects.count() == 2


def test_what_an_inspector_presses_to_split(world: World) -> None:
    draft, client = world.draft(lines("Taro", "Yam")), acting_client(world.author)
    assert "Split into two drafts" in client.get(reverse("certificates:certificate", args=[draft.pk])).content.decode()
    page = client.get(reverse("certificates:split", args=[draft.pk])).content.decode()
    assert "Taro" in page
    made = client.post(reverse("certificates:split", args=[draft.pk]), {"line": "Yam"}, follow=True)
    assert "This is the new draft" in made.content.decode()
    assert made.context["certificate"].commodity == "Yam"
    one = world.draft(lines("a"))
    assert "Split into two" not in client.get(reverse("certificates:certificate", args=[one.pk])).content.decode()


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
    made = world.combine(world.draft(first), world.draft(second)).content
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
    made = world.combine(world.draft(first), world.draft(second)).content
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
    made = world.combine(draft, world.split(draft, "b"))
    assert ids(made) == ["a", "b"]
    assert note_texts(made.content.notes, "DMCL") == note_texts(draft.content.notes, "DMCL")
