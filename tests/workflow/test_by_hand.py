"""What was issued by hand in an outage is registered with its own number and day, written, and confirmed by a second officer."""

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.db.utils import ProgrammingError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certificates import batches, by_hand, drafts, numbering, printing, storage, workflow
from certificates.ephyto.xml import from_xml
from certificates.models import Certificate, HandIssued, NumberRule, ReservedNumbers, Status
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from hubclient.models import Connection, Envelope
from tests.conftest import acting_client
from tests.drafting.test_attaching import png
from tests.factories import NppoFactory, make_membership, valid_document

pytestmark = pytest.mark.django_db
at_commit = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture(autouse=True)
def bells() -> Iterator[mock.Mock]:
    with mock.patch("hubclient.outbox.nudge") as nudge:
        yield nudge


class World:
    """A block of fifty numbers, who registers, who confirms, and who signed on paper."""

    def __init__(self) -> None:
        self.nppo: Nppo = NppoFactory(code="WS")
        self.year = numbering.this_year(self.nppo)
        self.today = timezone.localdate(timezone=self.nppo.zone)
        self.officer = make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        self.second = make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        self.signer = make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        self.inspector = make_membership(self.nppo, roles.INSPECTOR)
        self.block = self.keep(numbering.CERTIFICATE)
        with acting_for(self.nppo.pk):
            Connection.objects.create(nppo=self.nppo, kind="pilot", endpoint="https://127.0.0.1:1/", code="WS")

    def keep(self, kind: str, year: int = 0) -> ReservedNumbers:
        with acting_for(self.nppo.pk):
            return ReservedNumbers.objects.create(
                nppo=self.nppo, kind=kind, year=year or self.year, first=9001, last=9050, purpose="Book at the port"
            )

    def number(self, position: int = 9001) -> str:
        return f"WS-{self.year}-{position:06d}"

    def paper(self, number: str = "", **changes: Any) -> by_hand.Paper:
        said = {"block": self.block, "day": self.today, "officer": self.signer, "scan": png(), "filename": "scan.png"}
        return by_hand.Paper(number=number or self.number(), **said | changes)

    def registered(self, number: str = "", **changes: Any) -> Certificate:
        """A draft with everything in it."""
        with acting_for(self.nppo.pk):
            draft = by_hand.register(self.paper(number, **changes), kind="851", by=self.officer)
            return storage.store(draft, valid_document(), author=self.officer)

    def submitted(self) -> Certificate:
        draft = self.registered()
        with acting_for(self.nppo.pk):
            return workflow.perform("submit", draft, by=self.officer)

    def client(self, by: Membership | None = None) -> Client:
        return acting_client(by or self.officer)

    def post(self, by: Membership | None = None, **said: Any) -> Any:
        fields = {
            "kind": "851", "block": self.block.pk, "number": "9001", "day": self.today.isoformat(),
            "officer": self.signer.pk, "scan": SimpleUploadedFile("scan.png", png()),
        }  # fmt: skip
        return self.client(by).post(reverse("certificates:by_hand"), fields | said)

    def page(self, certificate: Certificate, by: Membership | None = None) -> str:
        return self.client(by).get(reverse("certificates:certificate", args=[certificate.pk])).content.decode()


@pytest.fixture
def world() -> World:
    return World()


# Registering


def test_the_page_offers_blocks_and_officers_and_makes_a_draft(world: World) -> None:
    page = world.client().get(reverse("certificates:by_hand")).content.decode()
    assert f"{world.number(9001)} – {world.number(9050)}: Book at the port" in page
    assert f"{world.signer.user.name}, Apia office" in page
    answer = world.post()
    with acting_for(world.nppo.pk):
        hand = HandIssued.objects.select_related("certificate").get()
        assert answer.url == reverse("certificates:section", args=[hand.certificate_id, "consignment"])
        assert (hand.number, hand.day, hand.officer_id) == (world.number(), world.today, world.signer.pk)
        assert (hand.certificate.status, hand.certificate.number) == ("draft", "")
        assert [event.action for event in hand.certificate.events.order_by("pk")] == ["drafted", "registered"]
    page = world.page(hand.certificate)
    assert "Issued by hand" in page
    assert world.number() in page
    assert "Write in the sections what the paper says" in page


@pytest.mark.parametrize("typed", ["9001", "009001", "{full}", " {full} ", "{lower}"])
def test_the_number_may_be_typed_in_full_or_by_its_figures(world: World, typed: str) -> None:
    said = typed.format(full=world.number(), lower=world.number().lower())
    with acting_for(world.nppo.pk):
        assert numbering.within(world.block, said) == world.number()


@pytest.mark.parametrize("typed", ["", "9000", "9051", "XX-2026-009001", "9001 9002", "x9001"])
def test_what_is_not_in_the_block_is_not_taken(world: World, typed: str) -> None:
    with acting_for(world.nppo.pk):
        assert numbering.within(world.block, typed) == ""
    answer = world.post(number=typed)
    assert answer.status_code == 422
    assert f"Write a number from {world.number(9001)} to {world.number(9050)}." in answer.content.decode()


def test_a_number_is_registered_once(world: World) -> None:
    assert world.post().status_code == 302
    again = world.post()
    assert again.status_code == 422
    assert f"Number {world.number()} is used already." in again.content.decode()
    assert world.post(number="9002").status_code == 302


def test_a_number_that_a_certificate_has_is_not_registered(world: World) -> None:
    from tests.factories import make_certificate

    make_certificate(world.nppo, Status.ISSUED, by=world.inspector, number=world.number())
    assert world.post().status_code == 422
    with acting_for(world.nppo.pk), pytest.raises(by_hand.NumberUsed):
        by_hand.register(world.paper(), kind="851", by=world.officer)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("day", "", "Write the date that stands on the paper."),
        ("day", "tomorrow", "This day is still to come."),
        ("day", "1 2", "is not a date"),
        ("block", "", "This field is required."),
        ("block", "999999", "Select a valid choice"),
        ("officer", "inspector", "Select a valid choice"),
        ("scan", b"MZ\x90\x00 a program", "This is not a whole PDF, PNG or JPEG file."),
        ("scan", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "This is not a whole PDF, PNG or JPEG file."),
        ("scan", None, "This field is required."),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_made(world: World, field: str, value: Any, words: str) -> None:
    if value == "tomorrow":
        value = (world.today + timedelta(days=1)).isoformat()
    elif value == "inspector":
        value = world.inspector.pk
    elif field == "scan":
        value = SimpleUploadedFile("scan.png", value) if value else ""
    answer = world.post(**{field: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'value="9001"' in page  # what was typed stays
    with acting_for(world.nppo.pk):
        assert not Certificate.objects.exists()


def test_a_scan_has_a_limit(world: World, settings: Any) -> None:
    settings.EPHYTO_LIMITS = {**settings.EPHYTO_LIMITS, "decoded_bytes": 10}
    answer = world.post()
    assert answer.status_code == 422
    assert "The file is too large" in answer.content.decode()


def test_the_day_lies_in_the_year_of_the_block(world: World) -> None:
    before = world.keep(numbering.CERTIFICATE, world.year - 1)
    answer = world.post(block=before.pk)
    assert answer.status_code == 422
    assert f"The numbers of this block are those of {world.year - 1}." in answer.content.decode()
    assert world.post(block=before.pk, day=date(world.year - 1, 12, 31).isoformat()).status_code == 302


def test_the_officer_was_authorised_on_that_day(world: World) -> None:
    yesterday = world.today - timedelta(days=1)
    gone = make_membership(world.nppo, roles.CERTIFYING_OFFICER, authorised_until=yesterday, is_active=False)
    new = make_membership(world.nppo, roles.CERTIFYING_OFFICER, authorised_from=world.today)
    with acting_for(world.nppo.pk):
        assert gone in by_hand.officers_of(world.nppo, yesterday)
        assert new not in by_hand.officers_of(world.nppo, yesterday)
    answer = world.post(officer=gone.pk)
    assert answer.status_code == 422
    assert "This officer was not authorised on that day." in answer.content.decode()
    assert world.post(officer=new.pk).status_code == 302


def test_the_block_of_a_rule_keeps_its_pattern_and_its_kind(world: World) -> None:
    with acting_for(world.nppo.pk):
        rule = NumberRule.objects.create(nppo=world.nppo, type="657", pattern="RE/{year}/{number}", is_active=False)
    block = world.keep(rule.sequence)
    answer = world.post(block=block.pk)
    assert answer.status_code == 422
    assert "for another kind of certificate" in answer.content.decode()
    assert world.post(block=block.pk, kind="657", number=f"re/{world.year}/9001").status_code == 302
    with acting_for(world.nppo.pk):
        assert HandIssued.objects.get().number == f"RE/{world.year}/9001"


def test_without_a_block_the_page_says_who_keeps_one() -> None:
    officer = make_membership(NppoFactory(code="NZ"), roles.CERTIFYING_OFFICER)
    assert "No numbers are kept" in acting_client(officer).get(reverse("certificates:by_hand")).content.decode()


def test_only_certifying_officers_register(world: World) -> None:
    assert world.client(world.inspector).get(reverse("certificates:by_hand")).status_code == 403
    assert world.post(world.inspector).status_code == 403
    with acting_for(world.nppo.pk), pytest.raises(workflow.NotAllowed):
        by_hand.register(world.paper(), kind="851", by=world.inspector)
    stranger = make_membership(NppoFactory(code="NZ"), roles.CERTIFYING_OFFICER)
    assert world.post(stranger).status_code == 422  # the block is not theirs


@at_commit
def test_two_who_register_the_same_number_at_once_make_one_draft(world: World) -> None:
    start, answers = threading.Barrier(2), []

    def press(by: Membership) -> None:
        start.wait()
        try:
            with acting_for(world.nppo.pk):
                answers.append(by_hand.register(world.paper(), kind="851", by=by).reference)
        except by_hand.NumberUsed:
            answers.append("used")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=(by,)) for by in (world.officer, world.second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with acting_for(world.nppo.pk):
        assert Certificate.objects.count() == HandIssued.objects.count() == 1
        assert sorted(answers) == [Certificate.objects.get().reference, "used"]


# The scan


def test_the_scan_is_a_download_that_never_travels(world: World) -> None:
    found = world.submitted()
    with acting_for(world.nppo.pk):
        done = workflow.perform("confirm", found, by=world.second)
        message = done.messages.get()
        assert from_xml(bytes(message.xml)).document.attachments == ()
    address = reverse("certificates:scan", args=[found.pk])
    answer = world.client(world.inspector).get(address)
    assert (answer.content, answer.headers["Content-Type"]) == (png(), "image/png")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert world.client(make_membership(NppoFactory(code="NZ"), roles.AUDITOR)).get(address).status_code == 404
    with acting_for(world.nppo.pk):
        plain = drafts.create(by=world.inspector)
    assert world.client().get(reverse("certificates:scan", args=[plain.pk])).status_code == 404


def test_what_stands_on_the_paper_never_changes(world: World) -> None:
    world.registered()
    for change in (
        lambda: HandIssued.objects.update(number="X"),
        lambda: HandIssued.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(ProgrammingError), acting_for(world.nppo.pk):
            change()


# Confirming


def test_confirming_makes_it_issued_with_the_number_day_and_officer_of_the_paper(world: World) -> None:
    found = world.submitted()
    with acting_for(world.nppo.pk):
        done = workflow.perform("confirm", found, by=world.second)
        envelope, message = Envelope.objects.get(), done.messages.get()
        sent = from_xml(bytes(message.xml)).document
        assert (done.status, done.number, done.issue_date) == ("issued", world.number(), world.today)
        assert (done.issued_by_id, done.office_id) == (world.signer.pk, world.signer.office_id)
        assert (envelope.certificate_number, envelope.state) == (world.number(), "waiting")
        assert (sent.number, sent.officer, sent.issued[:10]) == (
            world.number(), world.signer.user.name, world.today.isoformat(),
        )  # fmt: skip
        (event,) = done.events.filter(action="confirmed")
        assert (event.by_id, event.to_state) == (world.second.pk, "issued")
        assert numbering.certificate_number(world.nppo, "851", world.officer.office, timezone.now()).endswith("000001")


def test_its_page_and_history_say_so_and_offer_the_scan_instead_of_a_print(world: World) -> None:
    found = world.submitted()
    with acting_for(world.nppo.pk):
        workflow.perform("confirm", found, by=world.second)
    page = world.page(found)
    assert "The signed paper is the original. What prints from here is not." in page
    assert "Confirmed: issued by hand" in page
    assert reverse("certificates:scan", args=[found.pk]) in page
    assert "Content as PDF (not the original)" in page
    assert "Print the original" not in page


def test_it_cannot_be_printed_as_an_original(world: World) -> None:
    found = world.submitted()
    with acting_for(world.nppo.pk):
        workflow.perform("confirm", found, by=world.second)
    printing.render(found.pk, world.nppo.pk)
    assert world.client().post(reverse("certificates:start_print", args=[found.pk])).status_code == 409


def test_its_pdf_carries_a_mark(world: World) -> None:
    found = world.submitted()
    with acting_for(world.nppo.pk):
        workflow.perform("confirm", found, by=world.second)
    with mock.patch("certificates.printing.pdf.render", return_value=b"%PDF") as render:
        printing.render(found.pk, world.nppo.pk)
    assert render.call_args.kwargs["mark"] == "NOT THE ORIGINAL"


def test_the_page_that_confirms_says_what_happens_and_does_it(world: World) -> None:
    found = world.submitted()
    address = reverse("certificates:act", args=[found.pk, "confirm"])
    page = world.client(world.second).get(address).content.decode()
    assert f"You confirm that this is what the paper {world.number()} says." in page
    assert world.client(world.second).post(address).status_code == 302
    assert world.client(world.second).post(address).status_code == 409
    assert f'Certificate <bdi dir="ltr" class="code">{world.number()}' in world.page(found)


def test_who_registered_or_wrote_it_cannot_confirm_it(world: World) -> None:
    found = world.submitted()
    answer = world.client(world.officer).post(reverse("certificates:act", args=[found.pk, "confirm"]))
    assert answer.status_code == 403
    assert "You wrote this certificate." in answer.content.decode()
    assert "Confirm</a>" not in world.page(found, world.officer)
    assert "Confirm</a>" in world.page(found, world.second)


@pytest.mark.parametrize("change", [{"roles": [roles.INSPECTOR]}, {"types": ["657"]}, {"destinations": ["AU"]}])
def test_confirming_needs_what_issuing_needs(world: World, change: dict[str, Any]) -> None:
    found = world.submitted()
    with acting_for(world.nppo.pk):
        Membership.objects.filter(pk=world.second.pk).update(**change)
        fresh = Membership.objects.get(pk=world.second.pk)
        with pytest.raises(workflow.NotAllowed):
            workflow.perform("confirm", found, by=fresh)
        found.refresh_from_db()
    assert found.status == Status.SUBMITTED


@pytest.mark.parametrize("action", ["approve", "issue", "approve_and_issue"])
def test_it_is_never_approved_or_issued_under_another_number(world: World, action: str) -> None:
    found = world.submitted()
    with acting_for(world.nppo.pk):
        world.nppo.approves_and_issues = True
        world.nppo.save(update_fields=["approves_and_issues"])
        second = Membership.objects.select_related("nppo").get(pk=world.second.pk)
        assert [each.name for each in workflow.available_actions(second, found)] == ["confirm", "return"]
        with pytest.raises(workflow.IssuedByHand):
            workflow.perform(action, found, by=second)
    assert world.client(world.second).get(reverse("certificates:act", args=[found.pk, action])).status_code == 403


def test_nothing_else_is_confirmed(world: World) -> None:
    from tests.factories import make_certificate

    plain = make_certificate(world.nppo, Status.SUBMITTED, by=world.inspector)
    with acting_for(world.nppo.pk), pytest.raises(workflow.IssuedByHand):
        workflow.perform("confirm", plain, by=world.second)
    address = reverse("certificates:act", args=[plain.pk, "confirm"])
    assert world.client(world.second).get(address).status_code == 403
    assert world.client(world.second).post(address).status_code == 403


def test_many_at_once_leave_it_out_and_say_why(world: World) -> None:
    found = world.submitted()
    with acting_for(world.nppo.pk):
        (verdict,) = batches.verdicts("issue", [found], world.second)
    assert verdict.obstacle == "It was issued by hand. Open it, compare it with its scan, and confirm it."


def test_what_is_incomplete_is_not_confirmed(world: World) -> None:
    found = world.submitted()
    with acting_for(world.nppo.pk):
        storage.store(found, valid_document(lines=()))
        with pytest.raises(workflow.Blocked):
            workflow.perform("confirm", found, by=world.second)
        assert not Envelope.objects.exists()


def test_a_discarded_registration_gives_its_number_back_and_a_confirmed_one_never(world: World) -> None:
    draft = world.registered()
    with acting_for(world.nppo.pk):
        workflow.perform("discard", draft, by=world.officer)
        assert not by_hand.is_used(world.nppo, world.number())
    found = world.submitted()
    with acting_for(world.nppo.pk):
        done = workflow.perform("confirm", found, by=world.second)
        workflow.perform("withdraw", done, by=world.second, reason="Not loaded.", original="returned")
        assert by_hand.is_used(world.nppo, world.number())


def test_it_can_be_returned_and_comes_back(world: World) -> None:
    found = world.submitted()
    with acting_for(world.nppo.pk):
        back = workflow.perform("return", found, by=world.second, remarks={"lines": "The paper says 320 kg."})
        again = workflow.perform("submit", back, by=world.officer)
        assert workflow.perform("confirm", again, by=world.second).number == world.number()


def test_the_administrator_sees_how_many_of_a_block_are_used(world: World) -> None:
    admin = make_membership(world.nppo, roles.ADMINISTRATOR)
    address = reverse("administration:numbers")

    def used() -> list[int]:
        return [block["used"] for block in world.client(admin).get(address).context["blocks"]]

    assert used() == [0]
    world.registered()
    second = world.registered(world.number(9002))
    assert used() == [2]
    with acting_for(world.nppo.pk):
        workflow.perform("discard", second, by=world.officer)
    assert used() == [1]
