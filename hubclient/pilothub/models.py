"""What the pilot Hub remembers, in its own database: who is registered, what it holds, how it is told to misbehave."""

from typing import ClassVar
from uuid import uuid4

from django.db import models


def tracking_number() -> str:
    return uuid4().hex


class RegisteredNppo(models.Model):
    """An NPPO connected to this Hub, known by the fingerprints of its client certificates."""

    code = models.CharField(max_length=12, unique=True, help_text="Connection code; mostly the country, not always.")
    country = models.CharField(max_length=2)
    name = models.CharField(max_length=256)
    fingerprints = models.JSONField(default=list, help_text="SHA-256 of its client certificates, hex.")
    may_send = models.BooleanField(default=True)
    may_receive = models.BooleanField(default=True)
    accepts = models.JSONField(default=list, help_text='[type, status] pairs, such as ["851", "70"].')

    def __str__(self) -> str:
        return self.code


class HeldEnvelope(models.Model):
    """An envelope this Hub was given. Nothing is ever removed: an acknowledgement only ends its delivery."""

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
    state = models.CharField(max_length=24, choices=State.choices, default=State.PENDING)
    error_message = models.TextField(blank=True)
    given_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            # what waits for a receiver, and what of a sender is under way
            models.Index(fields=["receiver", "id"], condition=models.Q(state="PendingDelivery"), name="held_for"),
            models.Index(fields=["sender", "id"], condition=models.Q(state="PendingDelivery"), name="held_from"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.certificate_status} {self.sender} > {self.receiver}"


class Misbehaviour(models.Model):
    """A fault that this Hub shall show to one NPPO, so many times."""

    code = models.CharField(max_length=12)
    name = models.CharField(max_length=48)
    remaining = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["code", "name"], name="misbehaviour_once")]

    def __str__(self) -> str:
        return f"{self.code}: {self.name} {self.remaining}×"
