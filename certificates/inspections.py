"""Inspections: planned, recorded, corrected and called off, with samples and files, while the certificate is on its way.

Every verb locks the certificate, so that nothing is recorded while it is being issued, and leaves its events.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.db import transaction

from certificates import notices, storage, workflow
from certificates.ephyto.media import file_name, media_type
from certificates.models import NOT_FROZEN, Certificate, Direction, Inspection, InspectionFile, Sample
from gens.accounts import changes, events, roles
from gens.accounts.models import Membership

FILES: Final = 30  # of one inspection
_RECORDED: Final = ("state", "planned_on", "done_on", "place", "officer_id", "findings")
_OF_SAMPLE: Final = ("pk", "number", "what", "laboratory", "reference", "result", "result_on", "is_removed")


class Conflict(Exception):
    """Somebody recorded something while the form was open. Carries the inspection as it is now."""

    def __init__(self, inspection: Inspection) -> None:
        super().__init__("The inspection was changed meanwhile.")
        self.inspection = inspection


def may_record(certificate: Certificate, by: Membership) -> bool:
    """Whether this membership may plan and record inspections of it now."""
    return certificate.direction == Direction.ISSUED and certificate.status in NOT_FROZEN and by.may(roles.DRAFT)


def version(inspection: Inspection) -> str:
    """What is recorded now, as a short hash: the form carries it from opening to saving. Nothing yet: ""."""
    if inspection.pk is None:
        return ""
    own = Inspection.objects.filter(pk=inspection.pk).values_list(*_RECORDED)
    samples = Sample.objects.filter(inspection=inspection).order_by("pk").values_list(*_OF_SAMPLE)
    return hashlib.sha256(json.dumps([*own, *samples], default=str).encode()).hexdigest()[:16]


def record(
    inspection: Inspection, samples: Iterable[Sample] = (), *, by: Membership, opened_with: str = ""
) -> Inspection:
    """Store an inspection, planned or done, new or changed, and those of its samples that are new or changed.

    Raises NotAllowed, WrongStatus, Conflict; then nothing has changed.
    """
    with transaction.atomic():
        certificate = _locked(inspection, by)
        stored = Inspection.objects.filter(pk=inspection.pk).first()
        if stored is not None and (version(stored) != opened_with or stored.state == Inspection.State.CALLED_OFF):
            raise Conflict(stored)
        changed = changes.save(inspection, by=by)
        for sample in samples:
            sample.nppo_id, sample.inspection = inspection.nppo_id, inspection
            changes.save(sample, by=by)
        _tell(certificate, inspection, changed, stored, by)
    return inspection


def call_off(inspection: Inspection, *, by: Membership, reason: str) -> Inspection:
    """A planned inspection will not take place. Raises NotAllowed, WrongStatus, ReasonMissing, Conflict."""
    with transaction.atomic():
        certificate = _locked(inspection, by)
        row = Inspection.objects.select_for_update().get(pk=inspection.pk)
        if row.state != Inspection.State.PLANNED:
            raise Conflict(row)
        if not reason.strip():
            raise workflow.ReasonMissing
        row.state = Inspection.State.CALLED_OFF
        changes.save(row, by=by, reason=reason.strip())
        events.record(
            certificate, events.INSPECTION_CALLED_OFF, by=by, from_state=Inspection.State.PLANNED, to_state=row.state,
            reason=reason.strip(),
        )  # fmt: skip
    return row


def attach(inspection: Inspection, data: bytes, name: str, caption: str, *, by: Membership) -> InspectionFile:
    """Keep a photo or document, its bytes once per NPPO. Raises NotAllowed, WrongStatus."""
    with transaction.atomic():
        _locked(inspection, by)
        kind = media_type(data, settings.EPHYTO_LIMITS["pixels"])
        kept = InspectionFile(
            nppo_id=inspection.nppo_id,
            inspection=inspection,
            sha256=storage.keep_blob(inspection.nppo_id, data),
            filename=file_name(name, kind),
            media_type=kind,
            size=len(data),
            caption=caption,
        )
        changes.save(kept, by=by)
    return kept


def take_off(file: InspectionFile, *, by: Membership) -> None:
    """The file leaves the inspection; that it was there stays known. Raises NotAllowed, WrongStatus."""
    with transaction.atomic():
        _locked(file.inspection, by)
        file.is_removed = True
        changes.save(file, by=by)


def _locked(inspection: Inspection, by: Membership) -> Certificate:
    """The certificate, locked: nobody issues it before this is recorded."""
    if not by.may(roles.DRAFT):
        raise workflow.NotAllowed
    row = Certificate.objects.select_for_update().get(pk=inspection.certificate_id, nppo=by.nppo_id)
    if not may_record(row, by):
        raise workflow.WrongStatus(row, "inspect")
    return row


def _tell(
    certificate: Certificate, inspection: Inspection, changed: list[str], stored: Inspection | None, by: Membership
) -> None:
    """The certificate's own history has a line for each plan and each result; who is to inspect hears of it."""
    if not inspection.is_done:
        notices.to_inspect(inspection, by=by)
    action, day = (events.INSPECTED, "done_on") if inspection.is_done else (events.INSPECTION_PLANNED, "planned_on")
    if {"state", day} & set(changed):
        before, on = stored.state if stored else "", str(getattr(inspection, day))
        events.record(certificate, action, by=by, from_state=before, to_state=inspection.state, reason=on)
