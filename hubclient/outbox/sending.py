"""Sending one envelope: claim → commit → call → record."""

import logging
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from gens.accounts.tenancy import acting_for
from hubclient import partners
from hubclient.models import Envelope
from hubclient.outbox import record
from hubclient.outbox.queue import WITHDRAWAL
from hubclient.soap import Forwarding, Header, HubClient, HubError

log = logging.getLogger(__name__)

State, Reason = Envelope.State, Envelope.Reason
LEASE: Final = 5  # times the time-out of a call: longer than one may take


def _lease() -> timedelta:
    return timedelta(seconds=LEASE * settings.HUBCLIENT_TIMEOUT_SECONDS)


def deliver(envelope_id: int, nppo_id: int, client: HubClient) -> None:
    """Send one envelope, if it is due, nobody else has it, and its receiver takes it."""
    envelope, objection = _claim(envelope_id, nppo_id)
    if envelope is not None and objection is not None:
        envelope = _doubted(envelope, objection, client)
    if envelope is None:
        return
    try:
        answer = _send(envelope, client)
    except HubError as error:
        _record_failure(envelope, error)
    else:
        _record_taken(envelope, answer)


def _claim(envelope_id: int, nppo_id: int) -> tuple[Envelope | None, Envelope.Reason | None]:
    """The envelope, marked as being sent; None when it is not due, not its turn, or another worker got there first.

    With an objection of the receiver's it is returned as it was.
    """
    now = timezone.now()
    with acting_for(nppo_id):
        envelope = (
            Envelope.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("connection")
            .prefetch_related("forwardings")
            .filter(pk=envelope_id, is_incoming=False, state=State.WAITING, due_at__lte=now)
            .first()
        )
        if envelope is None or not _is_its_turn(envelope):
            return None, None
        objection = partners.objection(envelope)
        if objection is None:
            record.save(envelope, attempts=envelope.attempts + 1, state=State.SENDING, due_at=now + _lease())
    return envelope, objection


def _is_its_turn(envelope: Envelope) -> bool:
    """Whether what it withdraws or replaces has gone before. A withdrawal of what never left ends here (duty 12)."""
    if envelope.follows_id is None:
        return True
    first = Envelope.objects.select_for_update().get(pk=envelope.follows_id)
    if first.state in (State.WAITING, State.SENDING, State.UNKNOWN):
        record.save(envelope, due_at=timezone.now() + timedelta(seconds=settings.SWEEP_SECONDS))
        return False
    if first.was_never_queued and envelope.certificate_status == WITHDRAWAL:
        record.close(envelope, Reason.OVERTAKEN)
        return False
    return True


def _doubted(envelope: Envelope, objection: Envelope.Reason, client: HubClient) -> Envelope | None:
    """The claimed envelope, should a fresh list of NPPOs have no objection any more; else it is closed."""
    try:
        is_new = partners.keep_if_doubted(envelope.connection, client)
    except HubError as error:
        with acting_for(envelope.nppo_id):
            waiting = Envelope.objects.filter(pk=envelope.pk, state=State.WAITING)
            waiting.update(message=str(error), due_at=timezone.now() + record.pause(1))
        return None
    claimed, still = _claim(envelope.pk, envelope.nppo_id) if is_new else (envelope, objection)
    if claimed is not None and still is not None:
        with acting_for(envelope.nppo_id):
            row = Envelope.objects.select_for_update().filter(pk=envelope.pk, state=State.WAITING).first()
            if row is not None:
                (record.fail if row.is_doubtful else record.close)(row, still)
        return None
    return claimed


def _send(envelope: Envelope, client: HubClient) -> Header:
    header = Header(
        envelope.sender,
        envelope.receiver,
        envelope.certificate_type,
        envelope.certificate_status,
        envelope.certificate_number,
        forwardings=tuple(Forwarding(each.code) for each in envelope.forwardings.all()),
    )
    content = bytes(envelope.content)
    if envelope.is_response:
        return client.deliver_response(header, content)
    return client.validate_and_deliver(header, content)


def _record_failure(envelope: Envelope, error: HubError) -> None:
    """Refused is final; unknown is asked about; everything else is tried again, later each time.

    A Hub that does not know our certificate refuses us, not this envelope: it waits until we are known.
    """
    with acting_for(envelope.nppo_id):
        if not _is_still_ours(envelope):
            log.warning("Envelope %s went on while its call was out; its failure changes nothing.", envelope.pk)
        elif error.unfit:
            (record.fail if envelope.is_doubtful else record.close)(envelope, Reason.UNFIT, str(error))
        elif error.permanent and not error.about_us:
            record.fail(envelope, Reason.REFUSED, str(error))
        elif error.unknown:
            record.doubt(envelope, str(error))
        else:
            record.wait(envelope, str(error), timezone.now() + record.pause(envelope.attempts))


def _is_still_ours(envelope: Envelope) -> bool:
    """Whether the claim holds: a call that outlived its lease must not undo what was learnt meanwhile. Locks the row."""
    mine = Envelope.objects.select_for_update().filter(pk=envelope.pk, state=State.SENDING, attempts=envelope.attempts)
    return mine.values_list("pk").first() is not None


def _record_taken(envelope: Envelope, answer: Header) -> None:
    with acting_for(envelope.nppo_id):
        number = Envelope.objects.select_for_update().values_list("tracking_number", flat=True).get(pk=envelope.pk)
        if number:
            log.warning("Envelope %s is %s at the Hub; the late answer %s is its copy.", envelope.pk, number, answer)
        else:
            record.taken(envelope, answer)
