"""Connections to Hubs, and the envelopes that go and come. Envelopes hold bytes; nothing here knows certificates."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from gens.accounts.models import Nppo


class Connection(models.Model):
    """An NPPO's account at a Hub: where it is and the client certificate that says who we are."""

    class Kind(models.TextChoices):
        PRODUCTION = "production"
        ACCEPTANCE = "acceptance"
        PILOT = "pilot"

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    nppo_is_training = models.BooleanField(default=False, help_text="Copied from the NPPO for the constraint below.")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    endpoint = models.URLField(max_length=400)
    code = models.CharField(
        max_length=12,
        help_text="Connection code at the Hub: mostly the country, not always (LK2).",
    )
    ca = models.TextField(
        help_text="PEM of the authority that signed the Hub's certificate; empty: the system's.",
        blank=True,
    )
    certificate = models.TextField(help_text="PEM of our client certificate.")
    private_key = models.TextField(help_text="PEM; write-only on every screen.")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["nppo"],
                condition=models.Q(is_active=True),
                name="one_active_connection",
            ),
            models.CheckConstraint(
                condition=models.Q(nppo_is_training=False) | models.Q(kind="pilot"),
                name="training_only_at_the_pilot",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.kind}"


class Envelope(models.Model):
    """One envelope, out or in: the exact bytes of its Content, its header, and how far its delivery is.

    Identity of a message is (number, type, status) between two connection codes; the Hub names it by tracking number.
    """

    class State(models.TextChoices):
        # out
        WAITING = "waiting", _("Waiting to be sent")
        SENDING = "sending", _("Being sent")
        UNKNOWN = "unknown", _("Sent, outcome unknown")
        PENDING = "pending", _("At the Hub")
        DELIVERED = "delivered", _("Delivered")
        DELIVERED_WITH_WARNINGS = (
            "delivered_with_warnings",
            _("Delivered with warnings"),
        )
        NOT_READABLE = "not_readable", _("Delivered, not readable")
        FAILED = "failed", _("Not delivered")
        # in
        STORED = "stored", _("Stored")
        JUDGED = "judged", _("Judged")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")

    class Verdict(models.TextChoices):
        CLEAN = "clean", _("Readable")
        WARNINGS = "warnings", _("Readable, with findings")
        UNREADABLE = "unreadable", _("Not readable")

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    is_incoming = models.BooleanField()
    sender = models.CharField(max_length=12)
    receiver = models.CharField(max_length=12)
    certificate_type = models.CharField(max_length=12)
    certificate_status = models.CharField(max_length=12)
    certificate_number = models.CharField(max_length=256)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    tracking_number = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=24, choices=State.choices)
    hub_state = models.CharField(max_length=256, blank=True, help_text="HUBTrackingInfo as the Hub wrote it.")
    message = models.TextField(
        blank=True,
        help_text="Out: what the Hub or the receiver said. In: what we acknowledge.",
    )
    verdict = models.CharField(max_length=16, choices=Verdict.choices, blank=True)
    is_taken = models.BooleanField(default=False, help_text="In: the certificate was created or extended from it.")
    attempts = models.PositiveIntegerField(default=0)
    looks = models.PositiveSmallIntegerField(
        default=0, help_text="Of an unknown outcome: listings that did not show it."
    )
    is_resent = models.BooleanField(default=False)
    due_at = models.DateTimeField(help_text="When the next step may be tried.")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, help_text="When the Hub took it.")
    ended_at = models.DateTimeField(null=True, help_text="When its delivery or its acknowledgement ended.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["nppo", "is_incoming", "tracking_number"],
                condition=~models.Q(tracking_number=""),
                name="tracking_number_once",
            ),
        ]
        indexes: ClassVar = [
            # the sweeps of outbox and inbox
            models.Index(
                fields=["due_at"],
                condition=models.Q(
                    state__in=[
                        "waiting",
                        "sending",
                        "unknown",
                        "pending",
                        "stored",
                        "judged",
                    ]
                ),
                name="envelope_work",
            ),
            # the inbox: acknowledged, but the certificate is not made yet
            models.Index(
                fields=["due_at"],
                condition=models.Q(is_incoming=True, is_taken=False),
                name="envelope_untaken",
            ),
            models.Index(fields=["nppo", "certificate_number"], name="envelope_number"),
        ]

    def __str__(self) -> str:
        return f"{self.certificate_number} {self.certificate_status} {self.sender} > {self.receiver}"
