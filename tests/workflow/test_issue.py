"""Issuing: number, message, envelope and event in one transaction, once, whatever else is broken."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.db import connection, connections
from django.db.utils import ProgrammingError

from certificates import drafts, numbering, printing, workflow
from certificates.ephyto.document import EXPORT, Document, Note
from certificates.ephyto.xml import from_xml
from certificates.models import Certificate, Message, NumberSequence, Rendering, Status
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from hubclient.models import Connection, Envelope
from tests.factories import NppoFactory, OfficeFactory, load, make_certificate, make_membership, valid_document

DEAD = "amqp://127.0.0.1:1"
at_commit = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def nppo() -> Nppo:
    load()
    return NppoFactory(code="WS", time_zone="Pacific/Apia")


@pytest.fixture
def people(nppo: Nppo) -> tuple[Membership, Membership]:
    with acting_for(nppo.pk):
        Connection.objects.create(nppo=nppo, kind="pilot", endpoint="https://127.0.0.1:1/", code="WS")
    return make_membership(nppo, roles.INSPECTOR), make_membership(nppo, roles.CERTIFYING_OFFICER)


@pytest.fixture(autouse=True)
def bells() -> Iterator[mock.Mock]:
    """Bells that ring into nothing: what they would start is tested on its own."""
    with mock.patch("hubclient.outbox.nudge") as nudge:
        yield nudge


def _approved(nppo: Nppo, author: Membership, document: Document | None = None) -> Certificate:
    return make_certificate(nppo, Status.APPROVED, by=author, document=document)


@pytest.mark.django_db
def test_issue_gives_number_message_envelope_and_event(nppo: Nppo, people: tuple[Membership, Membership]) -> None:
    author, officer = people
    with acting_for(nppo.pk):
        done = workflow.perform("issue", _approved(nppo, author), by=officer)
        message, envelope = Message.objects.get(), Envelope.objects.get()
        assert done.number == f"WS-{done.issued_at.astimezone(nppo.zone).year}-000001"
        assert bytes(message.xml) == bytes(envelope.content)
        assert message.envelope == envelope
        assert (envelope.state, envelope.receiver, envelope.certificate_number) == ("waiting", "NZ", done.number)
        assert done.events.get().action == "issued"
        sent = from_xml(bytes(message.xml)).document
    assert sent == done.document
    assert (sent.officer, sent.place_of_issue, sent.issuer) == (officer.user.name, officer.office.place, nppo.name)
    assert sent.issued.endswith(("+13:00", "+14:00"))


@pytest.mark.django_db
def test_a_blocked_issue_takes_no_number(nppo: Nppo, people: tuple[Membership, Membership]) -> None:
    author, officer = people
    bad = replace(valid_document(), lines=())
    with acting_for(nppo.pk):
        with pytest.raises(workflow.Blocked) as blocked:
            workflow.perform("issue", _approved(nppo, author, bad), by=officer)
        assert [problem.rule for problem in blocked.value.problems] == ["line.any"]
        assert not NumberSequence.objects.filter(kind="certificate").exists()
        assert workflow.perform("issue", _approved(nppo, author), by=officer).number.endswith("-000001")


@pytest.mark.django_db
def test_without_a_connection_the_paper_goes_alone(nppo: Nppo) -> None:
    author, officer = make_membership(nppo, roles.INSPECTOR), make_membership(nppo, roles.CERTIFYING_OFFICER)
    with acting_for(nppo.pk):
        done = workflow.perform("issue", _approved(nppo, author), by=officer)
        assert done.messages.get().envelope is None
        assert not Envelope.objects.exists()


@at_commit
def test_two_officers_pressing_at_once_get_one_number_and_one_honest_answer(
    nppo: Nppo, people: tuple[Membership, Membership]
) -> None:
    author, first = people
    second = make_membership(nppo, roles.CERTIFYING_OFFICER)
    certificate = _approved(nppo, author)
    together, answers = threading.Barrier(2), []

    def press(by: Membership) -> None:
        together.wait()
        try:
            with acting_for(nppo.pk):
                answers.append(workflow.perform("issue", certificate, by=by).number)
        except workflow.WrongStatus as error:
            answers.append(error.certificate.status)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=(by,)) for by in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with acting_for(nppo.pk):
        certificate.refresh_from_db()
        assert sorted(answers) == sorted([certificate.number, "issued"])
        assert Message.objects.count() == Envelope.objects.count() == 1
        assert NumberSequence.objects.get(kind="certificate").last == 1


@at_commit
def test_twenty_at_once_get_twenty_numbers_without_a_gap(nppo: Nppo, people: tuple[Membership, Membership]) -> None:
    author, officer = people
    certificates = [_approved(nppo, author) for _ in range(20)]
    together = threading.Barrier(20)

    def press(certificate: Certificate) -> None:
        together.wait()
        with acting_for(nppo.pk):
            workflow.perform("issue", certificate, by=officer)
        connections.close_all()

    threads = [threading.Thread(target=press, args=(c,)) for c in certificates]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with acting_for(nppo.pk):
        numbers = sorted(Certificate.objects.values_list("number", flat=True))
    assert [number[-6:] for number in numbers] == [f"{n:06d}" for n in range(1, 21)]


@at_commit
def test_the_bells_ring_after_the_commit_and_not_before(
    nppo: Nppo, people: tuple[Membership, Membership], bells: mock.Mock
) -> None:
    author, officer = people
    with acting_for(nppo.pk):
        workflow.perform("issue", _approved(nppo, author), by=officer)
        assert not bells.called
    assert [call.args[0].name for call in bells.call_args_list] == [
        "hubclient.tasks.deliver",
        "certificates.tasks.render",
    ]


@at_commit
def test_issuing_works_with_the_broker_dead(nppo: Nppo, people: tuple[Membership, Membership]) -> None:
    from gens.celery import app
    from hubclient import outbox, tasks

    mock.patch.stopall()
    with acting_for(nppo.pk):
        workflow.perform("issue", _approved(nppo, people[0]), by=people[1])
    before, app.conf.broker_url = app.conf.broker_url, DEAD
    try:
        outbox.nudge(tasks.deliver, 1, 1)  # logs, and does not raise
    finally:
        app.conf.broker_url = before
    with acting_for(nppo.pk):
        assert Certificate.objects.get().status == Status.ISSUED


@pytest.mark.django_db
def test_issued_content_never_changes_again(nppo: Nppo, people: tuple[Membership, Membership]) -> None:
    with acting_for(nppo.pk):
        done = workflow.perform("issue", _approved(nppo, people[0]), by=people[1])
    done.document = Document()
    with pytest.raises(ProgrammingError, match="Cannot update"), acting_for(nppo.pk):
        done.save(update_fields=["document"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", ["UPDATE certificates_message SET status_code = '40'", "DELETE FROM certificates_message"]
)
def test_messages_are_append_only(nppo: Nppo, people: tuple[Membership, Membership], change: str) -> None:
    with acting_for(nppo.pk):
        workflow.perform("issue", _approved(nppo, people[0]), by=people[1])
    with pytest.raises(ProgrammingError, match="permission denied"), acting_for(nppo.pk), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "moment", "year"),
    [
        ("Pacific/Apia", datetime(2026, 12, 31, 10, 59, tzinfo=UTC), 2026),
        ("Pacific/Apia", datetime(2026, 12, 31, 11, 0, tzinfo=UTC), 2027),  # Apia is 13 hours ahead
        ("America/Guayaquil", datetime(2027, 1, 1, 4, 59, tzinfo=UTC), 2026),
        ("America/Guayaquil", datetime(2027, 1, 1, 5, 0, tzinfo=UTC), 2027),
    ],
)
def test_the_number_carries_the_year_of_the_nppo(zone: str, moment: datetime, year: int) -> None:
    nppo = NppoFactory(code="XA", time_zone=zone)
    with acting_for(nppo.pk):
        assert numbering.certificate_number(nppo, EXPORT, OfficeFactory(nppo=nppo), moment) == f"XA-{year}-000001"


@pytest.mark.django_db
def test_numbers_of_each_year_start_again(nppo: Nppo) -> None:
    with acting_for(nppo.pk):
        old, new = datetime(2026, 6, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC)
        assert [numbering.certificate_number(nppo, EXPORT, OfficeFactory(nppo=nppo), at) for at in (old, old, new)] == [
            "WS-2026-000001",
            "WS-2026-000002",
            "WS-2027-000001",
        ]


@pytest.mark.django_db
def test_an_officer_issues_only_within_the_dates_of_authorisation(nppo: Nppo) -> None:
    yesterday = datetime.now(nppo.zone).date() - timedelta(days=1)
    late = make_membership(nppo, roles.CERTIFYING_OFFICER, authorised_until=yesterday)
    certificate = _approved(nppo, make_membership(nppo, roles.INSPECTOR))
    with acting_for(nppo.pk), pytest.raises(workflow.NotAllowed):
        workflow.perform("issue", certificate, by=late)


@at_commit
def test_the_pdf_is_made_once_with_the_message_inside(nppo: Nppo, people: tuple[Membership, Membership]) -> None:
    with acting_for(nppo.pk):
        done = workflow.perform("issue", _approved(nppo, people[0]), by=people[1])
    printing.render(done.pk, nppo.pk)
    with acting_for(nppo.pk):
        first = Rendering.objects.get()
    printing.render(done.pk, nppo.pk)
    with acting_for(nppo.pk):
        assert Rendering.objects.get().sha256 == first.sha256
        assert bytes(Rendering.objects.get().pdf).startswith(b"%PDF-1.7")


@at_commit
def test_a_sweep_prints_what_is_missing_for_every_country(nppo: Nppo, people: tuple[Membership, Membership]) -> None:
    from certificates.tasks import render_missing

    with acting_for(nppo.pk):
        done = workflow.perform("issue", _approved(nppo, people[0]), by=people[1])
        assert list(Certificate.objects.without_pdf()) == [done]
    render_missing()
    with acting_for(nppo.pk):
        assert Rendering.objects.get().certificate_id == done.pk
        assert not Certificate.objects.without_pdf().exists()
        assert Certificate.objects.get(pk=done.pk).has_pdf


@pytest.mark.django_db
def test_a_draft_that_holds_unread_input_cannot_be_submitted(nppo: Nppo, people: tuple[Membership, Membership]) -> None:
    author, _officer = people
    with acting_for(nppo.pk):
        draft = drafts.create(by=author, document=valid_document())
        drafts.keep_input(draft, "parties", {"exporter_name": ["x"]}, by=author)
        with pytest.raises(workflow.Blocked) as blocked:
            workflow.perform("submit", draft, by=author)
    assert [kept.section for kept in blocked.value.inputs] == ["parties"]


@pytest.mark.django_db
def test_what_the_schema_refuses_is_never_issued_even_when_no_rule_sees_it(
    nppo: Nppo, people: tuple[Membership, Membership]
) -> None:
    author, officer = people
    odd = valid_document(notes=(Note("NEWCODE", "no rule speaks of this subject"),))
    with acting_for(nppo.pk):
        certificate = _approved(nppo, author, odd)
        with pytest.raises(workflow.Blocked) as blocked:
            workflow.perform("issue", certificate, by=officer)
        (problem,) = blocked.value.problems
        assert problem.rule == "profile"
        assert "IncludedSPSNote/Subject" in problem.params["words"]
        certificate.refresh_from_db()
        assert (certificate.status, Envelope.objects.count()) == (Status.APPROVED, 0)
