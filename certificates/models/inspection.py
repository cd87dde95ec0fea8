"""Inspections of the consignment of an outgoing certificate, their samples and files: internal, never sent, never printed.

They may change while the certificate is on its way, and are final with it.
"""

from typing import ClassVar, Final, Self

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from gens.accounts import roles
from gens.accounts.models import Membership, Nppo

# The certificate is outgoing, of the same NPPO, and neither issued nor discarded: the row of the id that %s names.
_IS_OPEN: Final = """
    IF NOT EXISTS (
        SELECT 1 FROM certificates_certificate
        WHERE id = %s AND nppo_id = NEW.nppo_id AND direction = 'issued'
        AND status IN ('draft', 'returned', 'submitted', 'approved')
    ) THEN
        RAISE EXCEPTION 'pgtrigger: Cannot insert or update rows of %% table: its certificate is final', TG_TABLE_NAME;
    END IF;
    RETURN NEW;
"""
_OF_INSPECTION: Final = (
    "(SELECT certificate_id FROM certificates_inspection WHERE id = NEW.inspection_id AND nppo_id = NEW.nppo_id)"
)


def _final_with(certificate: str, *place: str) -> list[pgtrigger.Trigger]:
    """What makes a row final with its certificate: nothing is deleted, nor moved from its place, nor changed later."""
    return [
        pgtrigger.Trigger(
            name="final_with_its_certificate",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update,
            func=_IS_OPEN % certificate,
        ),
        pgtrigger.ReadOnly(name="stays_in_its_place", fields=["nppo", *place]),
        pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
    ]


class Inspections(models.QuerySet["Inspection"]):
    """Views take inspections from visible_to(membership)."""

    def visible_to(self, membership: Membership) -> Self:
        """Those of the certificates that this membership may read."""
        return self.filter(nppo=membership.nppo_id) if membership.may(roles.READ_ISSUED) else self.none()


class Inspection(models.Model):
    """Planned, done, or both. A certificate may have several: the one done last counts."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        PASSED = "passed", _("Passed")
        FAILED = "failed", _("Failed")
        LABORATORY = "laboratory", _("Waiting for the laboratory")
        CALLED_OFF = "called_off", _("Called off")

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    certificate = models.ForeignKey("certificates.Certificate", on_delete=models.PROTECT, related_name="inspections")
    state = models.CharField(max_length=12, choices=State.choices, default=State.PLANNED)
    planned_on = models.DateField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)
    place = models.CharField(max_length=256, blank=True)
    officer = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="inspections")
    findings = models.TextField(blank=True)

    objects = Inspections.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["passed", "failed", "laboratory"], done_on__isnull=False)
                | models.Q(state__in=["planned", "called_off"], done_on=None, planned_on__isnull=False),
                name="done_on_a_day_or_planned",
            )
        ]
        # the list of what is to be inspected
        indexes: ClassVar = [models.Index(fields=["nppo", "state", "planned_on", "id"], name="inspection_to_do")]
        triggers: ClassVar = _final_with("NEW.certificate_id", "certificate")

    def __str__(self) -> str:
        return f"{self.certificate_id} {self.state}"

    @property
    def is_done(self) -> bool:
        return self.done_on is not None


class Sample(models.Model):
    """What was taken at an inspection, and what the laboratory said of it."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="samples")
    number = models.CharField(max_length=64)
    what = models.CharField(max_length=256)
    laboratory = models.CharField(max_length=256, blank=True)
    reference = models.CharField(max_length=64, blank=True, help_text="Given by the laboratory.")
    result = models.CharField(max_length=1024, blank=True)
    result_on = models.DateField(null=True, blank=True)
    is_removed = models.BooleanField(default=False)

    class Meta:
        triggers: ClassVar = _final_with(_OF_INSPECTION, "inspection")

    def __str__(self) -> str:
        return self.number


class InspectionFile(models.Model):
    """A photo or document of an inspection. Its bytes stand in Blob(nppo, sha256)."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="files")
    sha256 = models.CharField(max_length=64)
    filename = models.CharField(max_length=256)
    media_type = models.CharField(max_length=64, help_text="Judged by content.")
    size = models.PositiveIntegerField()
    caption = models.CharField(max_length=256, blank=True)
    is_removed = models.BooleanField(default=False)

    class Meta:
        triggers: ClassVar = _final_with(_OF_INSPECTION, "inspection")

    def __str__(self) -> str:
        return self.filename
