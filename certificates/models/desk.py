"""What happens at the desk beside the certificates themselves: many done at once, prints and their sheets, and what was
issued by hand while nothing worked."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from gens.accounts.models import Membership, Nppo


class Batch(models.Model):
    """One person's wish to approve or issue many. A worker does it, each certificate for itself."""

    class Action(models.TextChoices):
        APPROVE = "approve", _("Approve")
        ISSUE = "issue", _("Issue")

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    action = models.CharField(max_length=12, choices=Action.choices)
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="batches")
    key = models.UUIDField(help_text="Of the page that asked: pressed twice, it is one batch.")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["nppo", "key"], name="batch_once")]
        # the latest ones of a person
        indexes: ClassVar = [models.Index(fields=["by", "-at"], name="batch_latest")]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"


class BatchItem(models.Model):
    """One certificate of a batch, and what became of it."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        NOT_DONE = "not_done", _("Not done")

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="items")
    certificate = models.ForeignKey("certificates.Certificate", on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.WAITING)
    words = models.TextField(blank=True, help_text="Why it was not done, in the language of who wanted it.")
    at = models.DateTimeField(null=True, help_text="When it was done, or not.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["batch", "certificate"], name="in_a_batch_once")]
        # the sweep
        indexes: ClassVar = [
            models.Index(fields=["batch", "id"], condition=models.Q(outcome="waiting"), name="batch_item_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.certificate_id} {self.outcome}"


class Print(models.Model):
    """An issued certificate that was put on paper. The first good one is the original; every later one is a copy."""

    class Outcome(models.TextChoices):
        ASKED = "asked", _("Not told yet")
        GOOD = "good", _("Printed")
        SPOILED = "spoiled", _("Spoiled")

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    certificate = models.ForeignKey("certificates.Certificate", on_delete=models.PROTECT, related_name="prints")
    copy = models.PositiveSmallIntegerField(help_text="1: the first print. Spoiled ones do not count.")
    by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["certificate", "copy"], condition=~models.Q(outcome="spoiled"), name="copy_once"
            ),
            models.UniqueConstraint(
                fields=["certificate"], condition=models.Q(outcome="asked"), name="one_print_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate_id} {self.copy} {self.outcome}"


class Sheet(models.Model):
    """A numbered sheet of security paper that was used: for a certificate, or in vain."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    serial = models.CharField(max_length=32)
    print = models.ForeignKey(Print, on_delete=models.PROTECT, related_name="sheets")
    is_spoiled = models.BooleanField()
    at = models.DateTimeField(auto_now_add=True)
    instead = models.OneToOneField(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="misread",
        help_text="The right one: this was misread.",
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["nppo", "serial"], condition=models.Q(instead=None), name="sheet_once")
        ]
        # the register
        indexes: ClassVar = [
            models.Index(fields=["nppo", "-id"], name="sheet_latest"),
            models.Index(fields=["nppo", "-id"], condition=models.Q(is_spoiled=True), name="sheet_spoiled"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="append_only",
                operation=pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]  # pgtrigger's own
                    "nppo_id", "serial", "print_id", "is_spoiled", "at"
                )
                | pgtrigger.Delete,
            )
        ]

    def __str__(self) -> str:
        return self.serial


class HandIssued(models.Model):
    """A certificate that an officer wrote and signed by hand in an outage. Its number, day and officer are those of the
    paper; the paper is the original, and its scan is kept here."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    certificate = models.OneToOneField("certificates.Certificate", on_delete=models.PROTECT, related_name="hand_issued")
    block = models.ForeignKey("certificates.ReservedNumbers", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=60)
    day = models.DateField(help_text="As written on the paper.")
    officer = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", help_text="Who signed.")
    sha256 = models.CharField(max_length=64, help_text="Of the scan: a Blob. It never travels.")
    filename = models.CharField(max_length=256, blank=True)
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    is_given_up = models.BooleanField(default=False, help_text="Its draft was discarded: the number is free again.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["nppo", "number"], condition=models.Q(is_given_up=False), name="hand_issued_once"
            )
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="as_on_paper",
                operation=pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]  # pgtrigger's own
                    "nppo_id", "certificate_id", "block_id", "number", "day", "officer_id", "sha256"
                ),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.number


class RenderTry(models.Model):
    """A certificate whose PDF is not made yet though it was tried. Written before each try, so that one that takes the
    worker with it counts too; gone once the PDF is there."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    certificate = models.OneToOneField("certificates.Certificate", on_delete=models.PROTECT, related_name="render_try")
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(
        max_length=300, blank=True, help_text="Of the last try, for operators; blank while it runs."
    )
    first_at = models.DateTimeField(auto_now_add=True)
    last_at = models.DateTimeField(auto_now_add=True)
    next_at = models.DateTimeField(null=True, help_text="None: given up, until somebody asks again.")

    def __str__(self) -> str:
        return f"{self.certificate_id} {self.tries}"
