"""What goes out: the envelope is stored first, sent outside any transaction, and its outcome asked about, not guessed.

States: WAITING → SENDING (claimed, with a lease) → PENDING (at the Hub) → one of four ends; UNKNOWN between, when nobody
can say whether the Hub took it: then it is looked for twice, minutes apart, before it is sent again (Hub README, duties).
"""

import hashlib
import logging
import random
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.utils import timezone
from kombu.exceptions import KombuError

from gens.accounts import events
from gens.accounts.tenancy import acting_for
from hubclient.models import Connection, Envelope
from hubclient.soap import Header, HubClient, HubError

log = logging.getLogger(__name__)

State = Envelope.State
LEASE: Final = timedelta(minutes=5)  # longer than a call may take
BELL: Final = 600  # seconds
LOOKS: Final = 2  # listings without it before an envelope counts as never queued
MISSING: Final = "EnvelopeNotExists"
MISSING_FOR: Final = timedelta(days=1)  # how long the Hub may not know what it took; then it is asked once more
HUB_STATE: Final = 256  # characters kept of a state that the Hub may invent
ENDS: Final = {
    "Delivered": State.DELIVERED,
    "DeliveredWithWarnings": State.DELIVERED_WITH_WARNINGS,
    "DeliveredNotReadable": State.NOT_READABLE,
    "FailedDelivery": State.FAILED,
}


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
) -> Envelope:
    """Store an envelope to be sent, in the caller's transaction: it leaves if, and only if, that commits."""
    return Envelope.objects.create(
        nppo_id=connection.nppo_id,
        connection=connection,
        is_incoming=False,
        sender=connection.code,
        receiver=receiver,
        certificate_type=certificate_type,
        certificate_status=certificate_status,
        certificate_number=certificate_number,
        content=content,
        sha256=sha256(content),
        state=State.WAITING,
        due_at=timezone.now(),
    )


def nudge(task: Any, *args: object) -> None:
    """Ring the bell of a task, without retry. A dead broker costs a second at most: the sweep finds the work anyway.

    A bell that nobody heard for BELL seconds is dropped: while no worker runs, they must not pile up.
    """
    try:
        task.apply_async(args=args, retry=False, ignore_result=True, expires=BELL)
    except (KombuError, OSError) as error:
        log.warning("The broker did not take %s%s (%s); a sweep will do it.", task.name, args, error)


def header_of(envelope: Envelope) -> Header:
    return Header(
        envelope.sender,
        envelope.receiver,
        envelope.certificate_type,
        envelope.certificate_status,
        envelope.certificate_number,
    )


def deliver(envelope_id: int, nppo_id: int, client: HubClient) -> None:
    """Send one envelope, if it is due and nobody else has it: claim → commit → call → record."""
    envelope = _claim(envelope_id, nppo_id)
    if envelope is None:
        return
    try:
        answer = client.validate_and_deliver(header_of(envelope), bytes(envelope.content))
    except HubError as error:
        _record_failure(envelope, error)
    else:
        _record_taken(envelope, answer)


def _claim(envelope_id: int, nppo_id: int) -> Envelope | None:
    """The envelope, marked as being sent; None when it is not due or another worker got there first."""
    now = timezone.now()
    with acting_for(nppo_id):
        envelope = (
            Envelope.objects.select_for_update(skip_locked=True)
            .filter(pk=envelope_id, is_incoming=False, state=State.WAITING, due_at__lte=now)
            .first()
        )
        if envelope is not None:
            envelope.attempts += 1
            _save(envelope, state=State.SENDING, due_at=now + LEASE)
    return envelope


def _save(envelope: Envelope, **changes: object) -> None:
    for name, value in changes.items():
        setattr(envelope, name, value)
    envelope.save(update_fields=[*changes, "attempts", "looks"])


def _record_failure(envelope: Envelope, error: HubError) -> None:
    """Refused is final; unknown is asked about; everything else is tried again, later each time."""
    now = timezone.now()
    with acting_for(envelope.nppo_id):
        if not _is_still_ours(envelope):
            log.warning("Envelope %s went on while its call was out; its failure changes nothing.", envelope.pk)
        elif error.permanent:
            _save(envelope, state=State.FAILED, message=str(error), ended_at=now, due_at=now)
            _tell(envelope, events.NOT_DELIVERED, reason=str(error))
        elif error.unknown:
            _save(envelope, state=State.UNKNOWN, message=str(error), due_at=now + look_after())
        else:
            _save(envelope, state=State.WAITING, message=str(error), due_at=now + _pause(envelope.attempts))


def _is_still_ours(envelope: Envelope) -> bool:
    """Whether the claim holds: a call that outlived its lease must not undo what was learnt meanwhile. Locks the row."""
    mine = Envelope.objects.select_for_update().filter(pk=envelope.pk, state=State.SENDING, attempts=envelope.attempts)
    return mine.first() is not None


def _record_taken(envelope: Envelope, answer: Header) -> None:
    now = timezone.now()
    with acting_for(envelope.nppo_id):
        _save(
            envelope,
            state=State.PENDING,
            tracking_number=answer.tracking_number,
            hub_state=answer.tracking_info[:HUB_STATE],
            message="",
            sent_at=now,
            due_at=now + timedelta(seconds=settings.SWEEP_SECONDS),
        )
        _tell(envelope, events.HUB_ACCEPTED)


def _tell(envelope: Envelope, action: str, reason: str = "") -> None:
    events.record(envelope, action, by=None, to_state=envelope.state, reason=reason, partner=envelope.receiver)


def _pause(attempts: int) -> timedelta:
    """Before trying again: from seconds to an hour, with jitter so that not all come back at once."""
    seconds = min(3600.0, settings.SWEEP_SECONDS * 2 ** min(attempts, 10))
    return timedelta(seconds=seconds * random.uniform(0.5, 1.0))  # noqa: S311  no secret


def look_after() -> timedelta:
    """Between two looks for an envelope of unknown outcome: minutes, for the Hub may still be at work on it."""
    return timedelta(seconds=settings.HUBCLIENT_LOOK_SECONDS)


def settle_unknown(connection_id: int, nppo_id: int, client: HubClient) -> None:
    """Look, in one listing, for every due envelope of unknown outcome; those missing twice are sent again.

    A SENDING envelope whose lease ended belongs here too: its worker died, and whether it had sent nobody knows.
    """
    now = timezone.now()
    with acting_for(nppo_id):
        lost = Envelope.objects.filter(connection=connection_id, is_incoming=False, due_at__lte=now)
        lost.filter(state=State.SENDING).update(state=State.UNKNOWN, due_at=now + look_after())
        due = list(lost.filter(state=State.UNKNOWN).values_list("pk", flat=True))
    if not due:
        return
    listing = client.under_delivery()  # HubError: nothing was learnt, the next sweep looks again
    for envelope_id in due:
        _settle(envelope_id, nppo_id, listing)


def _settle(envelope_id: int, nppo_id: int, listing: list[Header]) -> None:
    with acting_for(nppo_id):
        envelope = Envelope.objects.select_for_update().get(pk=envelope_id)
        if envelope.state != State.UNKNOWN:
            return
        for answer in listing:
            same = (answer.number, answer.certificate_type, answer.certificate_status, answer.receiver)
            if same == _identity(envelope) and not _is_known(answer.tracking_number):
                _record_taken(envelope, answer)
                return
        envelope.looks += 1
        if envelope.looks < LOOKS:
            _save(envelope, due_at=timezone.now() + look_after())
        else:
            envelope.looks = 0
            _save(envelope, state=State.WAITING, is_resent=True, due_at=timezone.now())


def _identity(envelope: Envelope) -> tuple[str, str, str, str]:
    return envelope.certificate_number, envelope.certificate_type, envelope.certificate_status, envelope.receiver


def _is_known(tracking_number: str) -> bool:
    """Whether another envelope of ours already holds this tracking number."""
    return Envelope.objects.filter(is_incoming=False, tracking_number=tracking_number).exists()


def track(envelope_id: int, nppo_id: int, client: HubClient) -> None:
    """Ask the Hub what became of an envelope it took; for days, with widening intervals."""
    with acting_for(nppo_id):
        envelope = Envelope.objects.filter(pk=envelope_id, state=State.PENDING, due_at__lte=timezone.now()).first()
    if envelope is None:
        return
    try:
        answer = client.tracking_info(envelope.tracking_number)
    except HubError as error:
        log.warning("Tracking of %s brought no answer: %s", envelope.tracking_number, error)
        answer = None
    _record_tracking(envelope_id, nppo_id, answer)


def _record_tracking(envelope_id: int, nppo_id: int, answer: Header | None) -> None:
    now = timezone.now()
    with acting_for(nppo_id):
        envelope = Envelope.objects.select_for_update().get(pk=envelope_id)
        if envelope.state != State.PENDING:
            return
        again = now + _interval(now - (envelope.sent_at or now))
        if answer is None:
            _save(envelope, due_at=again)
        elif answer.tracking_info in ENDS:
            _end(envelope, ENDS[answer.tracking_info], answer)
        elif answer.tracking_info == envelope.hub_state == MISSING and now - (envelope.sent_at or now) > MISSING_FOR:
            _end(envelope, State.FAILED, answer)
        else:  # pending, missing for now, or a value nobody knows: kept as the Hub wrote it
            _save(envelope, hub_state=answer.tracking_info[:HUB_STATE], due_at=again)


def _end(envelope: Envelope, state: Envelope.State, answer: Header) -> None:
    now = timezone.now()
    _save(envelope, state=state, hub_state=answer.tracking_info, message=answer.error_message, ended_at=now, due_at=now)
    received = state in (State.DELIVERED, State.DELIVERED_WITH_WARNINGS)
    _tell(envelope, events.PARTNER_RECEIVED if received else events.NOT_DELIVERED, reason=answer.error_message)


def _interval(age: timedelta) -> timedelta:
    """Until the next question: a tenth of the envelope's age, from one sweep to six hours."""
    return min(timedelta(hours=6), max(timedelta(seconds=settings.SWEEP_SECONDS), age / 10))
