"""Inspections: what is recorded, who may, until when, and what it takes to issue where the NPPO demands one."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.utils import IntegrityError, InternalError, ProgrammingError
from django.utils import timezone

from certificates import inspected, inspections, replacing, workflow
from certificates.inspected import Lack
from certificates.models import Blob, Certificate, Inspection, InspectionFile, Sample, Status
from gens.accounts import changes, roles
from gens.accounts.models import Membership, Notice, Nppo
from gens.accounts.tenancy import acting_for
from tests.ephyto.files import png
from tests.factories import NppoFactory, load, make_certificate, make_membership

pytestmark = pytest.mark.django_db
State = Inspection.State
DAY = date(2026, 11, 20)


@pytest.fixture
def nppo() -> Nppo:
    return NppoFactory(code="WS", time_zone="Pacific/Apia")


@pytest.fixture
def inspector(nppo: Nppo) -> Membership:
    return make_membership(nppo, roles.INSPECTOR)


@pytest.fixture
def officer(nppo: Nppo) -> Membership:
    return make_membership(nppo, roles.CERTIFYING_OFFICER)


@pytest.fixture
def draft(nppo: Nppo, inspector: Membership) -> Certificate:
    return make_certificate(nppo, Status.DRAFT, by=inspector)


def record(certificate: Certificate, by: Membership, state: str = State.PASSED, day: date = DAY, **said: Any) -> Any:
    """An inspection done on this day, as an officer records it."""
    made = Inspection(
        nppo=by.nppo, certificate=certificate, officer=by, place="Matautu wharf", state=state, done_on=day
    )
    for name, value in said.items():
        setattr(made, name, value)
    with acting_for(by.nppo_id):
        return inspections.record(made, by=by)


def plan(certificate: Certificate, by: Membership, day: date = DAY, **said: Any) -> Inspection:
    made: Inspection = record(certificate, by, State.PLANNED, **{"done_on": None, "planned_on": day} | said)
    return made


def told(certificate: Certificate) -> list[tuple[str, str, str]]:
    """Action, state and reason of what the certificate's history says of inspections, the first first."""
    with acting_for(certificate.nppo_id):
        rows = certificate.events.filter(action__startswith="inspect").order_by("pk")
        return list(rows.values_list("action", "to_state", "reason"))


# recording


def test_a_plan_is_recorded_as_done_and_each_step_is_told(draft: Certificate, inspector: Membership) -> None:
    planned = plan(draft, inspector)
    with acting_for(draft.nppo_id):
        opened = inspections.version(planned)
        planned.state, planned.done_on, planned.findings = State.LABORATORY, DAY + timedelta(days=1), "Mites"
        sample = Sample(number="S-1", what="20 corms", laboratory="Nu'u", reference="NU-104")
        inspections.record(planned, [sample], by=inspector, opened_with=opened)
        opened = inspections.version(planned)
        planned.state, sample.result, sample.result_on = State.PASSED, "None found", DAY + timedelta(days=2)
        inspections.record(planned, [sample], by=inspector, opened_with=opened)
        stored = Inspection.objects.get()
        assert (stored.state, stored.planned_on, stored.done_on) == (State.PASSED, DAY, DAY + timedelta(days=1))
        assert stored.samples.get().result == "None found"
        assert [event.action for event in changes.history(stored)] == ["changed", "changed", "added"]
        assert [event.action for event in changes.history(sample)] == ["changed", "added"]
        assert changes.history(stored).first().by == inspector
    assert told(draft) == [
        ("inspection_planned", "planned", "2026-11-20"),
        ("inspected", "laboratory", "2026-11-21"),
        ("inspected", "passed", "2026-11-21"),
    ]


def test_a_correction_of_the_words_leaves_the_certificate_s_history_alone(
    draft: Certificate, inspector: Membership
) -> None:
    done = record(draft, inspector)
    with acting_for(draft.nppo_id):
        done.findings = "Two live mites, removed"
        inspections.record(done, by=inspector, opened_with=inspections.version(done))
        assert changes.last(done)["findings"].changes == {"findings": ["", "Two live mites, removed"]}
    assert [action for action, _state, _reason in told(draft)] == ["inspected"]


def test_what_somebody_else_recorded_meanwhile_is_not_written_over(
    draft: Certificate, inspector: Membership, officer: Membership
) -> None:
    planned = plan(draft, inspector)
    with acting_for(draft.nppo_id):
        opened = inspections.version(planned)
        theirs = Inspection.objects.get()
        inspections.record(theirs, [Sample(number="1", what="x")], by=officer, opened_with=opened)
        planned.place = "Faleolo airport"
        with pytest.raises(inspections.Conflict) as conflict:
            inspections.record(planned, by=inspector, opened_with=opened)
        assert conflict.value.inspection.place == "Matautu wharf"
        assert Inspection.objects.get().place == "Matautu wharf"


@pytest.mark.parametrize("role", [roles.IMPORT_OFFICER, roles.ADMINISTRATOR, roles.AUDITOR, roles.OPERATOR])
def test_only_who_drafts_certificates_records_inspections(draft: Certificate, nppo: Nppo, role: str) -> None:
    other = make_membership(nppo, role)
    with pytest.raises(workflow.NotAllowed):
        record(draft, other)
    kept = record(draft, make_membership(nppo, roles.INSPECTOR))
    with acting_for(nppo.pk):
        with pytest.raises(workflow.NotAllowed):
            inspections.attach(kept, png(1, 1), "a.png", "", by=other)
        with pytest.raises(workflow.NotAllowed):
            inspections.call_off(kept, by=other, reason="x")


@pytest.mark.parametrize("status", [Status.DRAFT, Status.RETURNED, Status.SUBMITTED, Status.APPROVED])
def test_it_is_recorded_until_the_certificate_is_issued(nppo: Nppo, officer: Membership, status: Status) -> None:
    assert record(make_certificate(nppo, status, by=officer), officer).pk


@pytest.mark.parametrize("status", [Status.ISSUED, Status.DISCARDED, Status.WITHDRAWN, Status.REPLACED])
def test_after_that_nothing_is_recorded_any_more(nppo: Nppo, officer: Membership, status: Status) -> None:
    final = make_certificate(nppo, status, by=officer)
    with pytest.raises(workflow.WrongStatus):
        record(final, officer)


def test_a_received_certificate_has_no_inspection_here(nppo: Nppo, officer: Membership) -> None:
    theirs = make_certificate(nppo, Status.RECEIVED, direction="received", number="NZ-1", counterpart="NZ")
    with pytest.raises(workflow.WrongStatus):
        record(theirs, officer)


def refused_by_the_database(change: Any, words: str) -> None:
    with pytest.raises((InternalError, ProgrammingError, IntegrityError), match=words), transaction.atomic():
        change()


def test_the_database_keeps_what_is_final_whatever_the_code_forgets(
    nppo: Nppo, draft: Certificate, inspector: Membership
) -> None:
    done = record(draft, inspector)
    other = make_certificate(nppo, Status.DRAFT, by=inspector)
    with acting_for(nppo.pk):
        inspections.record(done, [Sample(number="1", what="x")], by=inspector, opened_with=inspections.version(done))
        inspections.attach(done, png(1, 1), "a.png", "", by=inspector)
        own = Inspection.objects.filter(pk=done.pk)
        refused_by_the_database(lambda: own.update(certificate=other), "Cannot update")
        refused_by_the_database(lambda: own.update(done_on=None), "done_on_a_day_or_planned")
        refused_by_the_database(own.delete, "Cannot delete")
        refused_by_the_database(Sample.objects.all().delete, "Cannot delete")
        Certificate.objects.filter(pk=draft.pk).update(status=Status.ISSUED)
        refused_by_the_database(lambda: own.update(state=State.FAILED), "its certificate is final")
        refused_by_the_database(lambda: Sample.objects.update(result="clean"), "its certificate is final")
        refused_by_the_database(lambda: InspectionFile.objects.update(is_removed=True), "its certificate is final")
        refused_by_the_database(
            lambda: Sample.objects.create(nppo=nppo, inspection=done, number="2", what="y"), "its certificate is final"
        )
        late = {"nppo": nppo, "certificate": draft, "state": State.PASSED, "done_on": DAY}
        refused_by_the_database(lambda: Inspection.objects.create(**late), "its certificate is final")


def test_an_inspection_never_hangs_on_a_certificate_of_another_country(nppo: Nppo, inspector: Membership) -> None:
    stranger = NppoFactory(code="NZ")
    theirs = make_certificate(stranger, Status.DRAFT, by=make_membership(stranger, roles.INSPECTOR))
    with pytest.raises(Certificate.DoesNotExist):
        record(theirs, inspector)
    with acting_for(nppo.pk):
        made = {"nppo": nppo, "certificate_id": theirs.pk, "planned_on": DAY}
        refused_by_the_database(lambda: Inspection.objects.create(**made), "its certificate is final")


def test_one_country_does_not_see_the_inspections_of_another(draft: Certificate, inspector: Membership) -> None:
    done = record(draft, inspector)
    with acting_for(draft.nppo_id):
        inspections.attach(done, png(1, 1), "a.png", "", by=inspector)
        assert Inspection.objects.visible_to(inspector).get() == done
        assert not Inspection.objects.visible_to(make_membership(draft.nppo, roles.IMPORT_OFFICER)).exists()
    stranger = NppoFactory(code="NZ")
    with acting_for(stranger.pk):
        for model in (Inspection, Sample, InspectionFile, Blob):
            assert not model._default_manager.exists()
        made = {"nppo_id": draft.nppo_id, "certificate": draft, "planned_on": DAY}
        refused_by_the_database(lambda: Inspection.objects.create(**made), "its certificate is final")  # not even seen


# calling off, files, notices


def test_a_planned_inspection_is_called_off_with_a_reason_and_for_good(
    draft: Certificate, inspector: Membership
) -> None:
    planned = plan(draft, inspector)
    with acting_for(draft.nppo_id):
        opened = inspections.version(planned)
        with pytest.raises(workflow.ReasonMissing):
            inspections.call_off(planned, by=inspector, reason="  ")
        off = inspections.call_off(planned, by=inspector, reason="The exporter postponed.")
        assert (off.state, changes.history(off).first().reason) == (State.CALLED_OFF, "The exporter postponed.")
        with pytest.raises(inspections.Conflict):
            inspections.call_off(planned, by=inspector, reason="Again")
        with pytest.raises(inspections.Conflict):
            inspections.record(planned, by=inspector, opened_with=inspections.version(planned))
        with pytest.raises(inspections.Conflict):
            inspections.record(planned, by=inspector, opened_with=opened)
    assert told(draft)[-1] == ("inspection_off", "called_off", "The exporter postponed.")


def test_files_stand_once_and_what_is_taken_off_stays_known(draft: Certificate, inspector: Membership) -> None:
    done, data = record(draft, inspector), png(1, 1)
    with acting_for(draft.nppo_id):
        first = inspections.attach(done, data, "../lot\u202egnp.exe", "The lot", by=inspector)
        second = inspections.attach(done, data, "again.png", "", by=inspector)
        assert (first.filename, first.media_type, first.size) == ("_lotgnp.exe.png", "image/png", len(data))
        assert first.sha256 == second.sha256 == hashlib.sha256(data).hexdigest()
        assert Blob.objects.count() == 1
        inspections.take_off(first, by=inspector)
        assert list(done.files.filter(is_removed=False)) == [second]
        assert [event.action for event in changes.history(first)] == ["changed", "added"]


def test_who_is_to_inspect_hears_of_it_once(draft: Certificate, inspector: Membership, officer: Membership) -> None:
    planned = plan(draft, officer, officer=inspector)
    with acting_for(draft.nppo_id):
        notice = Notice.objects.get()
        assert notice.membership == inspector
        assert draft.reference in notice.subject
        assert "Matautu wharf" in notice.text
        assert f"/inspection/{planned.pk}/" in notice.text
        planned.findings = "Bring a lens"
        inspections.record(planned, by=officer, opened_with=inspections.version(planned))
        assert Notice.objects.count() == 1
        planned.planned_on = DAY + timedelta(days=3)
        inspections.record(planned, by=officer, opened_with=inspections.version(planned))
        assert Notice.objects.count() == 2
    plan(draft, inspector)
    with acting_for(draft.nppo_id):
        assert Notice.objects.count() == 2  # nobody is told of their own plan


# what it takes to issue


def demand(nppo: Nppo, days: int | None = None) -> None:
    with acting_for(nppo.pk):
        nppo.needs_inspection, nppo.inspection_days = True, days
        nppo.save(update_fields=["needs_inspection", "inspection_days"])


def lack(certificate: Certificate, at: datetime | None = None) -> str | None:
    with acting_for(certificate.nppo_id):
        found = inspected.missing(certificate, certificate.nppo, at)
        return found.lack if found else None


def test_without_the_setting_nothing_is_demanded(draft: Certificate, inspector: Membership) -> None:
    assert lack(draft) is None
    record(draft, inspector, State.FAILED)
    assert lack(draft) is None


def test_the_inspection_done_last_counts_whatever_was_found_before(draft: Certificate, inspector: Membership) -> None:
    demand(draft.nppo)
    assert lack(draft) == Lack.NONE
    plan(draft, inspector)
    assert lack(draft) == Lack.NONE
    record(draft, inspector, State.FAILED, DAY)
    assert lack(draft) == Lack.FAILED
    record(draft, inspector, State.PASSED, DAY - timedelta(days=1))  # recorded later, done earlier
    assert lack(draft) == Lack.FAILED
    again = record(draft, inspector, State.LABORATORY, DAY)
    assert lack(draft) == Lack.LABORATORY
    with acting_for(draft.nppo_id):
        again.state = State.PASSED
        inspections.record(again, by=inspector, opened_with=inspections.version(again))
    assert lack(draft) is None
    plan(draft, inspector, DAY + timedelta(days=5))  # another one that is only planned takes nothing away
    assert lack(draft) is None


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("Pacific/Apia", datetime(2026, 11, 27, 10, 59, tzinfo=UTC), None),  # 27 November, 23:59 in Apia: the last day
        ("Pacific/Apia", datetime(2026, 11, 27, 11, 0, tzinfo=UTC), Lack.OLD),  # midnight there
        ("America/Guayaquil", datetime(2026, 11, 28, 4, 59, tzinfo=UTC), None),
        ("America/Guayaquil", datetime(2026, 11, 28, 5, 0, tzinfo=UTC), Lack.OLD),
    ],
)
def test_days_are_counted_in_the_zone_of_the_nppo(zone: str, at: datetime, expected: str | None) -> None:
    nppo = NppoFactory(code="XA", time_zone=zone)
    inspector = make_membership(nppo, roles.INSPECTOR)
    draft = make_certificate(nppo, Status.DRAFT, by=inspector)
    demand(nppo, days=7)
    record(draft, inspector)
    assert lack(draft, at) == expected
    with acting_for(nppo.pk):
        found = inspected.missing(draft, nppo, at)
        assert found is None or (found.age, found.most) == (8, 7)


def test_no_days_mean_the_day_itself_and_no_number_means_no_limit(draft: Certificate, inspector: Membership) -> None:
    record(draft, inspector)
    noon = datetime(2026, 11, 19, 23, tzinfo=UTC)  # 12:00 on the 20th in Apia
    demand(draft.nppo, days=0)
    assert lack(draft, noon) is None
    assert lack(draft, noon + timedelta(days=1)) == Lack.OLD
    demand(draft.nppo, days=None)
    assert lack(draft, noon + timedelta(days=400)) is None


def test_an_issued_certificate_lacks_nothing_any_more(nppo: Nppo, officer: Membership) -> None:
    demand(nppo)
    assert lack(make_certificate(nppo, Status.ISSUED, by=officer)) is None


@pytest.mark.parametrize(("status", "verb"), [(Status.APPROVED, "issue"), (Status.SUBMITTED, "approve_and_issue")])
def test_issue_is_refused_without_a_passed_inspection_and_goes_with_one(
    nppo: Nppo, inspector: Membership, officer: Membership, settings: Any, status: Status, verb: str
) -> None:
    settings.CELERY_BROKER_URL = "amqp://127.0.0.1:1"
    load()
    demand(nppo, days=3)
    certificate = make_certificate(nppo, status, by=inspector)
    today = timezone.localdate(timezone=nppo.zone)
    with acting_for(nppo.pk):
        officer.nppo.refresh_from_db()
        officer.nppo.approves_and_issues = True

    def issue() -> Certificate:
        with acting_for(nppo.pk), transaction.atomic():
            return workflow.perform(verb, certificate, by=officer)

    lacks = []
    for state, day in ((None, today), (State.FAILED, today), (State.PASSED, today - timedelta(days=4))):
        with transaction.atomic():
            if state:
                with acting_for(nppo.pk):
                    Inspection.objects.filter(certificate=certificate).update(done_on=today - timedelta(days=9))
                record(certificate, inspector, state, day)
            with pytest.raises(inspected.NotInspected) as refused:
                issue()
        lacks.append(refused.value.missing.lack)
        with acting_for(nppo.pk):
            certificate.refresh_from_db()
            assert (certificate.status, certificate.number) == (status, "")
    assert lacks == [Lack.NONE, Lack.FAILED, Lack.OLD]
    record(certificate, inspector, State.PASSED, today - timedelta(days=3))
    assert issue().status == Status.ISSUED


def test_a_replacement_has_no_inspection_of_its_own_and_needs_one(
    nppo: Nppo, inspector: Membership, officer: Membership
) -> None:
    load()
    old = make_certificate(nppo, Status.APPROVED, by=inspector)
    record(old, inspector)
    with acting_for(nppo.pk):
        old = workflow.perform("issue", old, by=officer)
        made = replacing.draft(old, by=inspector, reason="Change of consignee", original="returned")
        assert old.inspections.count() == 1
        assert not made.inspections.exists()
    demand(nppo)
    assert lack(made) == Lack.NONE
