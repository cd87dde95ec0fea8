"""What comes in: listed, pulled and committed first, judged by others, acknowledged last with the verdict.

An acknowledgement is final, pulling removes nothing, delivery is at least once: everything here may happen twice.
A failure of our own never acknowledges anything. States: LISTED → STORED → JUDGED → ACKNOWLEDGED.
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
from hubclient.soap import Header, HubClient, HubError

log = logging.getLogger(__name__)

State = Envelope.State
Verdict = Envelope.Verdict
LONGEST_PAUSE: Final = timedelta(hours=1)
LONGEST_NUMBER: Final = 256  # characters of a tracking number
AT_ONCE: Final = 1000  # rows in one insert
TOLD: Final = ("state", "ended_at", "hub_state")


def fetch(connection: Connection, client: HubClient) -> None:
    """Note every waiting envelope that is not known yet, in one listing. `pull` brings each, by any worker."""
    waiting = {header.tracking_number: header for header in client.import_headers()}
    unusable = [number for number in waiting if not 0 < len(number) <= LONGEST_NUMBER]
    for number in unusable:
        log.warning("The Hub lists an envelope of %s under no usable tracking number.", waiting.pop(number).sender)
    now = timezone.now()
    with acting_for(connection.nppo_id):
        ours = Envelope.objects.filter(connection=connection, is_incoming=True)
        known = ours.filter(tracking_number__in=list(waiting))
        # listed again although we acknowledged it: the acknowledgement was lost on its way
        known.filter(state=State.ACKNOWLEDGED).update(state=State.JUDGED, due_at=now)
        # listed once, gone before anybody pulled it: somebody else took it, and there is nothing to wait for
        gone = ours.filter(state=State.LISTED, due_at__lte=now).exclude(tracking_number__in=list(waiting))
        locked = list(gone.select_for_update(skip_locked=True).values_list("pk", flat=True))  # nobody pulls these now
        Envelope.objects.filter(pk__in=locked).delete()
        noted = set(known.values_list("tracking_number", flat=True))
        rows = [_noted(connection, header) for number, header in waiting.items() if number not in noted]
        Envelope.objects.bulk_create(rows, batch_size=AT_ONCE, ignore_conflicts=True)


def _noted(connection: Connection, header: Header) -> Envelope:
    return Envelope(
        nppo_id=connection.nppo_id,
        connection=connection,
        is_incoming=True,
        tracking_number=header.tracking_number,
        sender=header.sender[:12],
        receiver=header.receiver[:12],
        certificate_type=header.certificate_type[:12],
        certificate_status=header.certificate_status[:12],
        certificate_number=header.number[:256],
        content=b"",
        state=State.LISTED,
        due_at=timezone.now(),
    )


def pull(envelope: Envelope, client: HubClient) -> None:
    """Store the exact bytes of a listed envelope, in a commit of its own. HubError: it stays listed, for another time."""
    store(envelope, client.pull(envelope.tracking_number).content)


def store(envelope: Envelope, content: bytes) -> None:
    """The bytes, and whether the same sender sent this number, type and status before (with equal bytes or others)."""
    with acting_for(envelope.nppo_id):
        envelope.content, envelope.sha256, envelope.state = content, sha256(content), State.STORED
        envelope.repeats = _first_of_its_kind(envelope)
        envelope.save(update_fields=["content", "sha256", "state", "repeats"])


def _first_of_its_kind(envelope: Envelope) -> Envelope | None:
    same = Envelope.objects.filter(
        nppo=envelope.nppo_id,
        certificate_number=envelope.certificate_number,
        is_incoming=True,
        sender=envelope.sender,
        certificate_type=envelope.certificate_type,
        certificate_status=envelope.certificate_status,
        pk__lt=envelope.pk,
    )
    return same.defer("content").order_by("pk").first()


def due(connection: Connection) -> list[int]:
    """The envelopes whose next step may be tried, oldest first."""
    work = Q(state__in=[State.LISTED, State.STORED, State.JUDGED]) | Q(is_taken=False)
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
    """Tell the Hub the stored verdict; `taken` or `acknowledged` writes it down. HubError: not told, or nobody knows; it
    is told again later.

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


def acknowledged(envelope: Envelope) -> None:
    """Write down that the Hub was told, whatever becomes of the certificate."""
    with acting_for(envelope.nppo_id):
        envelope.save(update_fields=[*TOLD])


def _tell(envelope: Envelope, client: HubClient) -> None:
    if envelope.verdict == Verdict.UNREADABLE:
        client.acknowledge_failed(envelope.tracking_number, envelope.message)
    elif envelope.verdict == Verdict.WARNINGS:
        client.acknowledge_with_warnings(envelope.tracking_number, envelope.message)
    else:
        client.acknowledge(envelope.tracking_number)


def taken(envelope: Envelope) -> None:
    """The certificate of this envelope is kept, and what the Hub was told. Inside the transaction that kept it: one commit
    fewer for each envelope. A crash before it tells the Hub again, which changes nothing.
    """
    envelope.is_taken = True
    envelope.save(update_fields=["is_taken", *TOLD])
