"""Putting envelopes into the queue, and what people may still do to them there: recall, retry, give up."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from gens.accounts import events
from gens.accounts.models import Membership
from hubclient.models import Connection, Envelope, Forwarding
from hubclient.outbox import record

State, Reason = Envelope.State, Envelope.Reason
WITHDRAWAL: Final = "40"
LEFT_BY_HAND: Final = (Reason.RECALLED, Reason.OVERTAKEN)
OPEN: Final = (State.WAITING, State.SENDING, State.UNKNOWN, State.PENDING)


class NotPossible(Exception):
    """The envelope is no longer where that can be done to it; nothing has changed."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def enqueue(
    connection: Connection,
    *,
    receiver: str,
    certificate_type: str,
    certificate_status: str,
    certificate_number: str,
    content: bytes,
    replaces: Envelope | None = None,
    forwardings: Sequence[str] = (),
    is_response: bool = False,
) -> Envelope:
    """Store an envelope to be sent, in the caller's transaction: it leaves if, and only if, that commits.

    A withdrawal (40) finds its certificate's envelope by itself; `replaces` names that of the certificate which this one
    replaces. Either goes before this one. If it certainly never left, it is closed, and a withdrawal with it: both end
    as never sent (duty 12). forwardings: codes of channels. is_response: content is an SPSAcknowledgement.
    """
    now = timezone.now()
    is_withdrawal = certificate_status == WITHDRAWAL and not is_response
    grace = 0 if is_withdrawal or is_response else connection.grace_seconds
    envelope = Envelope(
        nppo_id=connection.nppo_id,
        connection=connection,
        is_incoming=False,
        is_response=is_response,
        sender=connection.code,
        receiver=receiver,
        certificate_type=certificate_type,
        certificate_status=certificate_status,
        certificate_number=certificate_number,
        content=content,
        sha256=sha256(content),
        state=State.WAITING,
        due_at=now + timedelta(seconds=grace),
    )
    with transaction.atomic():
        envelope.follows = first = _first(envelope, replaces, is_withdrawal=is_withdrawal)
        envelope.save()
        if first is not None and first.was_never_queued:
            _overtake(first, envelope if is_withdrawal else None)
        _forward(envelope, forwardings)
    return envelope


def _forward(envelope: Envelope, channels: Sequence[str]) -> None:
    """A row for each channel the Hub shall forward it to: each is tracked by itself."""
    common = {"nppo_id": envelope.nppo_id, "connection": envelope.connection, "envelope": envelope}
    Forwarding.objects.bulk_create(
        Forwarding(code=code, state=State.WAITING, due_at=timezone.now(), **common) for code in dict.fromkeys(channels)
    )


def _first(envelope: Envelope, replaces: Envelope | None, *, is_withdrawal: bool) -> Envelope | None:
    """The envelope that goes before this one, locked."""
    ours = Envelope.objects.select_for_update().filter(nppo=envelope.nppo_id, is_incoming=False, is_response=False)
    if replaces is not None:
        return ours.get(pk=replaces.pk)
    if not is_withdrawal:
        return None
    same = ours.filter(
        certificate_number=envelope.certificate_number,
        certificate_type=envelope.certificate_type,
        receiver=envelope.receiver,
    )
    return same.exclude(certificate_status=WITHDRAWAL).order_by("-pk").first()


def _overtake(first: Envelope, withdrawal: Envelope | None) -> None:
    """Close what never left, and the withdrawal that has nothing to withdraw."""
    if first.state == State.WAITING:
        record.close(first, Reason.OVERTAKEN)
    if withdrawal is not None:
        record.close(withdrawal, Reason.OVERTAKEN)


def _locked(envelope: Envelope) -> Envelope:
    return Envelope.objects.select_for_update().get(pk=envelope.pk, is_incoming=False)


def recall(envelope: Envelope, *, by: Membership | None, reason: str) -> Envelope:
    """Keep an envelope from leaving. Raises NotPossible once it left, or may have left."""
    with transaction.atomic():
        row = _locked(envelope)
        if row.state != State.WAITING or not row.was_never_queued:
            raise NotPossible(f"{row} has left, or may have.")
        record.close(row, Reason.RECALLED, reason, by=by)
    return row


def retry(envelope: Envelope, *, by: Membership | None) -> Envelope:
    """Let a failed envelope go again, or one that waits go now. Raises NotPossible for what was recalled or withdrawn."""
    with transaction.atomic():
        row = _locked(envelope)
        is_withdrawn = Envelope.objects.filter(follows=row, certificate_status=WITHDRAWAL).exists()
        has_ended = row.state in (State.FAILED, State.NOT_SENT)
        if row.reason in LEFT_BY_HAND or (has_ended and is_withdrawn) or not (has_ended or row.state == State.WAITING):
            raise NotPossible(f"{row} cannot be sent again.")
        was_there = bool(row.tracking_number) or row.is_doubtful
        record.save(
            row,
            state=State.WAITING,
            reason="",
            tracking_number="",
            is_doubtful=was_there,
            is_resent=row.is_resent or was_there,
            ended_at=None,
            due_at=timezone.now(),
        )
        record.tell(row, events.RETRIED, by=by)
    return row


def give_up(envelope: Envelope, *, by: Membership | None, reason: str) -> Envelope:
    """Stop trying, or asking: the officer is told to print. Raises NotPossible for what has ended already."""
    with transaction.atomic():
        row = _locked(envelope)
        if row.state not in OPEN:
            raise NotPossible(f"{row} has ended already.")
        record.fail(row, Reason.GIVEN_UP, reason, by=by)
    return row
