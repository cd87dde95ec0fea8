"""What comes in: stored and committed first, judged by others, acknowledged last with the verdict.

An acknowledgement is final, pulling removes nothing, delivery is at least once: everything here may happen twice.
A failure of our own never acknowledges anything.
"""

import logging
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from gens.accounts.tenancy import acting_for
from hubclient.models import Connection, Envelope
from hubclient.outbox import sha256
from hubclient.soap import Header, HubClient, HubError, Pulled

log = logging.getLogger(__name__)

State = Envelope.State
Verdict = Envelope.Verdict
LONGEST_PAUSE: Final = timedelta(hours=1)
LONGEST_NUMBER: Final = 64  # characters of a tracking number


def fetch(connection: Connection, client: HubClient) -> None:
    """Store every waiting envelope that is not stored yet. One that cannot be pulled waits for the next time."""
    waiting = client.import_headers()
    with acting_for(connection.nppo_id):
        tracking_numbers = [header.tracking_number for header in waiting]
        known = Envelope.objects.filter(is_incoming=True, tracking_number__in=tracking_numbers)
        # listed again although we acknowledged it: the acknowledgement was lost on its way
        known.filter(state=State.ACKNOWLEDGED).update(state=State.JUDGED, due_at=timezone.now())
        stored = set(known.values_list("tracking_number", flat=True))
    for header in waiting:
        if not 0 < len(header.tracking_number) <= LONGEST_NUMBER:
            log.warning("The Hub lists an envelope of %s under no usable tracking number.", header.sender)
        elif header.tracking_number not in stored:
            try:
                _store(connection, header, client.pull(header.tracking_number))
            except HubError as error:
                log.warning("Envelope %s could not be pulled: %s", header.tracking_number, error)


def _store(connection: Connection, header: Header, pulled: Pulled) -> None:
    """The exact bytes, in a commit of their own."""
    fields = {
        "connection": connection,
        "sender": header.sender[:12],
        "receiver": header.receiver[:12],
        "certificate_type": header.certificate_type[:12],
        "certificate_status": header.certificate_status[:12],
        "certificate_number": header.number[:256],
        "content": pulled.content,
        "sha256": sha256(pulled.content),
        "state": State.STORED,
        "due_at": timezone.now(),
    }
    with acting_for(connection.nppo_id):
        Envelope.objects.get_or_create(
            nppo_id=connection.nppo_id, is_incoming=True, tracking_number=header.tracking_number, defaults=fields
        )


def due(connection: Connection) -> list[int]:
    """The stored envelopes whose next step may be tried, oldest first."""
    work = Q(state__in=[State.STORED, State.JUDGED]) | Q(is_taken=False)
    with acting_for(connection.nppo_id):
        envelopes = Envelope.objects.filter(work, connection=connection, is_incoming=True, due_at__lte=timezone.now())
        return list(envelopes.order_by("pk").values_list("pk", flat=True))


def claim(envelope_id: int, nppo_id: int) -> Envelope | None:
    """The envelope, its next try put off: should we crash on it, it blocks nobody and is tried again later."""
    now = timezone.now()
    with acting_for(nppo_id):
        envelope = (
            Envelope.objects.select_for_update(skip_locked=True)
            .filter(pk=envelope_id, is_incoming=True, due_at__lte=now)
            .first()
        )
        if envelope is not None:
            envelope.attempts += 1
            pause = timedelta(seconds=settings.SWEEP_SECONDS * 2 ** min(envelope.attempts, 10))
            envelope.due_at = now + min(LONGEST_PAUSE, pause)
            envelope.save(update_fields=["attempts", "due_at"])
    return envelope


def keep_verdict(envelope: Envelope, verdict: str, message: str) -> None:
    """Store the verdict before it is told: what is acknowledged is what was judged."""
    envelope.state, envelope.verdict, envelope.message = State.JUDGED, Verdict(verdict), message
    with acting_for(envelope.nppo_id):
        envelope.save(update_fields=["state", "verdict", "message"])


def acknowledge(envelope: Envelope, client: HubClient) -> None:
    """Tell the Hub the stored verdict. HubError: not told, or nobody knows; it is told again later.

    A Hub that refuses it for good has it already (its answer was lost) or does not wait for it: should it list the
    envelope again, `fetch` opens it again.
    """
    try:
        _tell(envelope, client)
    except HubError as error:
        if not error.permanent:
            raise
        log.warning("The acknowledgement of %s was refused: %s", envelope.tracking_number, error)
        envelope.hub_state = str(error)[:256]
    envelope.state, envelope.ended_at = State.ACKNOWLEDGED, timezone.now()
    with acting_for(envelope.nppo_id):
        envelope.save(update_fields=["state", "ended_at", "hub_state"])


def _tell(envelope: Envelope, client: HubClient) -> None:
    if envelope.verdict == Verdict.UNREADABLE:
        client.acknowledge_failed(envelope.tracking_number, envelope.message)
    elif envelope.verdict == Verdict.WARNINGS:
        client.acknowledge_with_warnings(envelope.tracking_number, envelope.message)
    else:
        client.acknowledge(envelope.tracking_number)


def taken(envelope: Envelope) -> None:
    """The certificate of this envelope is kept. Called inside the transaction that kept it."""
    envelope.is_taken = True
    envelope.save(update_fields=["is_taken"])
