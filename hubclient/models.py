"""Connections to Hubs, and the envelopes that go and come. Envelopes hold bytes; nothing here knows certificates."""

from typing import ClassVar, Final

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gens.accounts.models import Nppo

TROUBLE: Final = 3  # calls in a row without an answer, after which a Hub is left in peace for a while


class Connection(models.Model):
    """An NPPO's account at a Hub: where it is and the client certificate that says who we are."""

    class Kind(models.TextChoices):
        PRODUCTION = "production", _("Production: certificates that are valid")
        ACCEPTANCE = "acceptance", _("Acceptance: the Hub's tests before production")
        PILOT = "pilot", _("Pilot: trying out and training")

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
    certificate = models.TextField(
        blank=True, help_text="PEM of our first client certificate; the next ones are rows of ClientCertificate."
    )
    private_key = models.TextField(blank=True, help_text="PEM, not encrypted; write-only on every screen.")
    is_active = models.BooleanField(default=True)
    grace_seconds = models.PositiveIntegerField(
        default=0, help_text="How long an issued certificate waits here, so that it can be recalled before it leaves."
    )
    missing_hours = models.PositiveIntegerField(
        default=24, help_text="How long the Hub may answer EnvelopeNotExists for what it took."
    )
    nppos_kept_at = models.DateTimeField(null=True, blank=True, help_text="When the list of active NPPOs was kept.")
    # how the Hub does: written by hubclient.calls
    failures = models.PositiveIntegerField(default=0, help_text="Calls in a row that the Hub did not answer.")
    paused_until = models.DateTimeField(null=True, blank=True, help_text="Until then the Hub is left in peace.")
    last_contact_at = models.DateTimeField(null=True, blank=True, help_text="When it last answered, to the minute.")
    last_failure = models.TextField(blank=True, help_text="What the last such call said.")

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
        triggers: ClassVar = [
            # whatever the program says: the constraint above reads what the NPPO is
            pgtrigger.Trigger(
                name="training_as_its_nppo",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="NEW.nppo_is_training = (SELECT is_training FROM accounts_nppo WHERE id = NEW.nppo_id); RETURN NEW;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.kind}"

    @property
    def is_paused(self) -> bool:
        """Whether the Hub shall not be called now: it did not answer several times in a row."""
        return self.paused_until is not None and self.paused_until > timezone.now()

    @property
    def is_in_trouble(self) -> bool:
        """Whether officers should know: issued certificates wait and go out by themselves."""
        return self.failures >= TROUBLE


class ClientCertificate(models.Model):
    """A further client certificate of a connection: PEM, or PKCS#12. Two overlap while one follows the other."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="client_certificates")
    certificate = models.TextField(blank=True, help_text="PEM.")
    private_key = models.TextField(blank=True, help_text="PEM, encrypted or not; write-only on every screen.")
    pkcs12 = models.BinaryField(default=b"", blank=True, help_text="Instead of both; write-only on every screen.")
    passphrase_from = models.CharField(
        max_length=400,
        blank=True,
        help_text="Where the passphrase stands: env:NAME or file:PATH. The passphrase itself is never kept here.",
    )
    is_active = models.BooleanField(default=True)
    refused_at = models.DateTimeField(null=True, blank=True, help_text="When the Hub last did not know it.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(passphrase_from__regex="^$|^(env|file):"),  # noqa: S106  a pattern
                name="no_passphrase_in_the_database",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.created_at:%Y-%m-%d}"


class Partner(models.Model):
    """An NPPO that the Hub of a connection named as active, as it was last told. Never deleted: it becomes inactive."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="partners")
    code = models.CharField(max_length=12, help_text="Connection code.")
    sends = models.BooleanField()
    receives = models.BooleanField()
    accepts = models.JSONField(default=list, help_text="[[type, status]]; empty: the Hub did not say.")
    is_active = models.BooleanField(default=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["connection", "code"], name="partner_once")]

    def __str__(self) -> str:
        return self.code


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
        NOT_SENT = "not_sent", _("Not sent")  # certainly never given to the Hub
        # in
        LISTED = "listed", _("Waiting at the Hub")
        STORED = "stored", _("Stored")
        JUDGED = "judged", _("Judged")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")

    class Verdict(models.TextChoices):
        CLEAN = "clean", _("Readable")
        WARNINGS = "warnings", _("Readable, with findings")
        UNREADABLE = "unreadable", _("Not readable")

    class Reason(models.TextChoices):
        """Why an outgoing envelope ended without being delivered."""

        REFUSED = "refused", _("The Hub refused it.")
        UNDELIVERABLE = "undeliverable", _("The Hub could not deliver it.")
        MISSING = "missing", _("The Hub no longer knows it.")
        NO_TRACKING = "no_tracking", _("The Hub took it, but nobody can follow its delivery.")
        NOT_CONNECTED = "not_connected", _("This country is not connected to the Hub.")
        NOT_RECEIVING = "not_receiving", _("This country does not receive electronic certificates.")
        NOT_ACCEPTED = "not_accepted", _("This country does not accept this kind of electronic certificate.")
        UNFIT = "unfit", _("It is too large, or cannot be put into an envelope.")
        RECALLED = "recalled", _("It was recalled before it left.")
        OVERTAKEN = "overtaken", _("It was withdrawn or replaced before it left.")
        GIVEN_UP = "given_up", _("An operator gave it up.")

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    is_incoming = models.BooleanField()
    sender = models.CharField(max_length=12)
    receiver = models.CharField(max_length=12)
    certificate_type = models.CharField(max_length=12)
    certificate_status = models.CharField(max_length=12)
    certificate_number = models.CharField(max_length=256)
    content = models.BinaryField(help_text="Empty while it is only listed.")
    sha256 = models.CharField(max_length=64)
    tracking_number = models.CharField(max_length=256, blank=True)
    state = models.CharField(max_length=24, choices=State.choices)
    hub_state = models.CharField(max_length=256, blank=True, help_text="HUBTrackingInfo as the Hub wrote it.")
    message = models.TextField(
        blank=True,
        help_text="Out: what the Hub or the receiver said. In: what we acknowledge.",
    )
    reason = models.CharField(max_length=16, choices=Reason.choices, blank=True, help_text="Out: why it ended.")
    verdict = models.CharField(max_length=16, choices=Verdict.choices, blank=True)
    repeats = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="In: the first envelope with the same sender, number, type and status. Their bytes may differ.",
    )
    is_taken = models.BooleanField(default=False, help_text="In: the certificate was created or extended from it.")
    attempts = models.PositiveIntegerField(default=0)
    looks = models.PositiveSmallIntegerField(
        default=0, help_text="Of an unknown outcome: listings that did not show it."
    )
    is_resent = models.BooleanField(default=False)
    is_doubtful = models.BooleanField(
        default=False, help_text="Out: a call about it once ended unknown, so the Hub may have it unseen."
    )
    is_response = models.BooleanField(
        default=False, help_text="Out: an SPSAcknowledgement, sent by DeliverCountryResponseEnvelope."
    )
    follows = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Out: what this withdraws or replaces. It goes first.",
    )
    due_at = models.DateTimeField(help_text="When the next step may be tried.")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, help_text="When the Hub took it.")
    ended_at = models.DateTimeField(null=True, help_text="When its delivery or its acknowledgement ended.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "is_incoming", "tracking_number"],
                condition=~models.Q(tracking_number=""),
                name="tracking_number_once",
            ),
        ]
        indexes: ClassVar = [
            # what arrived and holds no certificate: counted on a worklist, and listed
            models.Index(fields=["nppo", "-id"], condition=models.Q(verdict="unreadable"), name="envelope_unreadable"),
            # the sweeps of outbox and inbox
            models.Index(
                fields=["due_at"],
                condition=models.Q(
                    state__in=[
                        "waiting",
                        "sending",
                        "unknown",
                        "pending",
                        "listed",
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
            # the operations page: what ended without being delivered
            models.Index(
                fields=["connection", "-ended_at"],
                condition=models.Q(state__in=["failed", "not_sent", "not_readable"]),
                name="envelope_failed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate_number} {self.certificate_status} {self.sender} > {self.receiver}"

    @property
    def is_changed_duplicate(self) -> bool:
        """Whether it came before under the same sender, number, type and status, with other bytes."""
        return self.repeats is not None and self.repeats.sha256 not in ("", self.sha256)

    @property
    def was_never_queued(self) -> bool:
        """Whether the Hub certainly never had this outgoing envelope, so far."""
        outside = self.state in (self.State.WAITING, self.State.FAILED, self.State.NOT_SENT)
        return outside and not self.is_doubtful and not self.tracking_number


class Forwarding(models.Model):
    """A channel to which the Hub also gives an outgoing envelope, with a tracking number and an end of its own."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="forwardings")
    code = models.CharField(max_length=12)
    tracking_number = models.CharField(max_length=256, blank=True)
    state = models.CharField(max_length=24, choices=Envelope.State.choices)
    hub_state = models.CharField(max_length=256, blank=True, help_text="HUBTrackingInfo as the Hub wrote it.")
    message = models.TextField(blank=True)
    reason = models.CharField(max_length=16, choices=Envelope.Reason.choices, blank=True)
    due_at = models.DateTimeField(help_text="When it may be asked about.")
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["envelope", "code"], name="forwarding_once")]
        indexes: ClassVar = [
            # the sweep of tracking
            models.Index(fields=["due_at"], condition=models.Q(state="pending"), name="forwarding_work"),
        ]

    def __str__(self) -> str:
        return f"{self.envelope_id} > {self.code}"


class Call(models.Model):
    """One call to a Hub: which operation, about which tracking number, how long it took, how it ended."""

    class Outcome(models.TextChoices):
        ANSWERED = "answered", _("Answered")
        REFUSED = "refused", _("Refused")
        UNKNOWN = "unknown", _("Outcome unknown")
        NOT_DONE = "not_done", _("Not carried out")

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="calls")
    at = models.DateTimeField()
    operation = models.CharField(max_length=64)
    tracking_number = models.CharField(max_length=256, blank=True)
    milliseconds = models.PositiveIntegerField()
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    message = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["connection", "-at"], name="logged_call_latest"),
            models.Index(fields=["connection", "tracking_number"], name="logged_call_of_envelope"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.at:%Y-%m-%d %H:%M}"
