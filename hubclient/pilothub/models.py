"""What the pilot Hub remembers, in its own database: who is registered, what it was given, how it shall misbehave."""

from typing import ClassVar
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q


def tracking_number() -> str:
    return uuid4().hex


class RegisteredNppo(models.Model):
    """An NPPO connected to this Hub, known by its client certificates."""

    code = models.CharField(max_length=12, unique=True, help_text="Connection code; mostly the country, not always.")
    country = models.CharField(max_length=2)
    name = models.CharField(max_length=256)
    may_send = models.BooleanField(default=True)
    may_receive = models.BooleanField(default=True)
    is_channel = models.BooleanField(default=True, help_text="Senders may name it in Forwardings.")
    accepts = models.JSONField(default=list, help_text='[type, status] pairs, such as ["851", "70"].')

    def __str__(self) -> str:
        return self.code


class ClientCertificate(models.Model):
    """A certificate that proves who calls. An NPPO may have several: two overlap while it changes them."""

    nppo = models.ForeignKey(RegisteredNppo, models.CASCADE, related_name="certificates")
    fingerprint = models.CharField(max_length=64, unique=True, help_text="SHA-256, hex.")
    expires_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.nppo}: {self.fingerprint}"


class HeldEnvelope(models.Model):
    """An envelope this Hub was given. Nothing is ever removed: an acknowledgement only ends its delivery.

    A forwarding is an envelope of its own, with its own receiver, tracking number and end.
    """

    class State(models.TextChoices):
        PENDING = "PendingDelivery"
        DELIVERED = "Delivered"
        WITH_WARNINGS = "DeliveredWithWarnings"
        NOT_READABLE = "DeliveredNotReadable"
        FAILED = "FailedDelivery"

    tracking_number = models.CharField(max_length=36, unique=True, default=tracking_number)
    sender = models.CharField(max_length=12)
    receiver = models.CharField(max_length=12)
    certificate_type = models.CharField(max_length=12)
    certificate_status = models.CharField(max_length=12)
    number = models.CharField(max_length=256)
    content = models.TextField()
    operation = models.CharField(max_length=48, blank=True, help_text="The operation that brought it.")
    forwarded_from = models.ForeignKey("self", models.CASCADE, null=True, related_name="forwardings")
    findings = models.JSONField(default=list, help_text="What the validator said: [area, field, level, message].")
    state = models.CharField(max_length=24, choices=State.choices, default=State.PENDING)
    error_message = models.TextField(blank=True)
    given_at = models.DateTimeField(auto_now_add=True)
    hidden_until = models.DateTimeField(null=True, help_text="Until then its receiver does not see it.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            # what waits for a receiver, and what of a sender is under way
            models.Index(fields=["receiver", "id"], condition=Q(state="PendingDelivery"), name="held_for"),
            models.Index(fields=["sender", "id"], condition=Q(state="PendingDelivery"), name="held_from"),
            # the console's traffic and findings
            models.Index(fields=["receiver", "id"], name="held_to_all"),
            models.Index(fields=["sender", "id"], name="held_from_all"),
            models.Index(fields=["sender", "id"], condition=~Q(findings=[]), name="held_with_findings"),
            models.Index(fields=["id"], condition=~Q(findings=[]), name="held_all_with_findings"),
            models.Index(fields=["number"], name="held_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.certificate_status} {self.sender} > {self.receiver}"


class Call(models.Model):
    """One request to this Hub and what became of it. What was refused is kept as it came."""

    caller = models.ForeignKey(RegisteredNppo, models.CASCADE, null=True, help_text="Nobody: a certificate not known.")
    operation = models.CharField(max_length=64, blank=True)
    tracking_number = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    milliseconds = models.PositiveIntegerField(default=0)
    refused = models.TextField(blank=True, help_text="The fault's message.")
    note = models.TextField(blank=True, help_text="What was told with it: a message, a header.")
    struck = models.CharField(max_length=256, blank=True, help_text="Misbehaviours shown in it.")
    request = models.BinaryField(default=b"")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["tracking_number", "id"], condition=~Q(tracking_number=""), name="hub_call_of_envelope"
            ),
            models.Index(fields=["caller", "id"], name="call_of_nppo"),
            models.Index(fields=["caller", "id"], condition=~Q(refused=""), name="call_refused"),
            models.Index(fields=["id"], condition=~Q(refused=""), name="call_all_refused"),
        ]

    def __str__(self) -> str:
        return f"{self.caller}: {self.operation}"


class Misbehaviour(models.Model):
    """A fault that this Hub shall show to one NPPO: in so many per cent of its calls, so many times or without end."""

    code = models.CharField(max_length=12)
    name = models.CharField(max_length=48)
    operation = models.CharField(max_length=48, blank=True, help_text="Only there; empty: wherever it can strike.")
    rate = models.PositiveSmallIntegerField(default=100, help_text="Per cent of the calls.")
    remaining = models.PositiveIntegerField(default=1, null=True, help_text="Empty: until it is switched off.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "name", "operation"], name="misbehaviour_at_once")
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.name} {self.remaining}×"


class CodeItem(models.Model):
    """An item of a code list. The fields are those of the WSDL's ten item types together.

    | WSDL | here |
    |---|---|
    | code; meanOfTransport: modeCode | code |
    | text, description or name; meanOfTransport: usedTransportMean | text |
    | treatmentType: level, parentCode | level, parent |
    | unitMeasure: type, symbol | kind, symbol |
    """

    list = models.CharField(max_length=24)
    position = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=64)
    lang = models.CharField(max_length=8, default="en")
    text = models.TextField()
    level = models.PositiveSmallIntegerField(default=1)
    parent = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=16, blank=True)
    symbol = models.CharField(max_length=16, blank=True)
    is_active = models.BooleanField(default=True)
    modified_at = models.DateTimeField(auto_now=True)
    modified_by = models.CharField(max_length=64, default="pilot Hub, sample")

    class Meta:
        ordering: ClassVar = ["list", "position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["list", "code", "lang"], name="code_once_per_language")
        ]

    def __str__(self) -> str:
        return f"{self.list}: {self.code}"


class Operator(AbstractBaseUser):
    """Who may use the console. No account of GeNS: made by `manage.py pilothub operator`."""

    name = models.CharField(max_length=64, unique=True)

    USERNAME_FIELD = "name"
    objects = BaseUserManager()

    def __str__(self) -> str:
        return self.name
