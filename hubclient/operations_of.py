"""How a connection does, for those who run it: queues and their age, failures, expiry, calls. Read only.

The verbs are `outbox.retry`, `outbox.give_up` and `again` below. Call all of it inside acting_for(connection.nppo_id).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from gens.accounts.models import Membership
from gens.accounts.tenancy import acting_for, sweeping
from hubclient import credentials, outbox
from hubclient.models import Call, Connection, Envelope

State = Envelope.State
OPEN: Final = (
    State.WAITING,
    State.SENDING,
    State.UNKNOWN,
    State.PENDING,
    State.LISTED,
    State.STORED,
    State.JUDGED,
)
SLOW: Final = 3  # attempts after which an envelope that still waits is shown by itself
RECENT: Final = timedelta(days=30)
SHOWN: Final = 50  # rows of one table
FAILED: Final = (State.FAILED, State.NOT_SENT, State.NOT_READABLE)


@dataclass(frozen=True)
class Queue:
    """How many envelopes of a connection are in this state, and since when the oldest of them exists."""

    state: Envelope.State
    count: int
    oldest: datetime


@dataclass(frozen=True)
class Overview:
    """One connection at a glance."""

    connection: Connection
    queues: list[Queue] = field(default_factory=list)
    untaken: int = 0  # acknowledged, but their certificate is not made yet: an error of ours
    failed: int = 0  # of the last 30 days
    expiring: list[credentials.Expiry] = field(default_factory=list)


def connections() -> list[tuple[int, int]]:
    """(connection, NPPO) of every active connection of the installation. For system operators only."""
    with sweeping():
        return list(Connection.objects.filter(is_active=True).order_by("pk").values_list("pk", "nppo_id"))


def overview(connection: Connection) -> Overview:
    """Four queries, whatever the number of envelopes."""
    envelopes = Envelope.objects.filter(connection=connection)
    waiting = envelopes.filter(state__in=OPEN).order_by().values_list("state")
    found = {state: (count, oldest) for state, count, oldest in waiting.annotate(Count("pk"), Min("created_at"))}
    return Overview(
        connection=connection,
        queues=[Queue(state, *found[state]) for state in OPEN if state in found],
        untaken=envelopes.filter(is_incoming=True, is_taken=False, state=State.ACKNOWLEDGED).count(),
        failed=_failed(connection).count(),
        expiring=credentials.expiring(connection),
    )


def _failed(connection: Connection) -> QuerySet[Envelope]:
    since = timezone.now() - RECENT
    return Envelope.objects.filter(connection=connection, state__in=FAILED, ended_at__gt=since)


def failures(connection: Connection) -> list[Envelope]:
    """What lately ended without being delivered, the latest first, without the bytes."""
    return list(_failed(connection).defer("content").order_by("-ended_at")[:SHOWN])


def slow(connection: Connection) -> list[Envelope]:
    """What is still open after several attempts, or of unknown outcome, the oldest first, without the bytes."""
    found = Envelope.objects.filter(connection=connection, state__in=OPEN).exclude(state=State.PENDING)
    return list(found.filter(attempts__gte=SLOW).defer("content").order_by("created_at", "pk")[:SHOWN])


def calls(connection: Connection, tracking_number: str = "") -> list[Call]:
    """The latest calls, or those about one tracking number."""
    found = Call.objects.filter(connection=connection)
    if tracking_number:
        found = found.filter(tracking_number=tracking_number)
    return list(found.order_by("-at")[:SHOWN])


def nppo_of(envelope_id: int) -> int | None:
    """Which NPPO's envelope this is. For system operators only."""
    with sweeping():
        return Envelope.objects.filter(pk=envelope_id).values_list("nppo_id", flat=True).first()


def again(envelope: Envelope, *, by: Membership) -> Envelope:
    """Try now what failed or waits, going out or coming in. Raises outbox.NotPossible."""
    if not envelope.is_incoming:
        return outbox.retry(envelope, by=by)
    with acting_for(envelope.nppo_id):
        row = Envelope.objects.select_for_update().get(pk=envelope.pk)
        if row.state == State.ACKNOWLEDGED and row.is_taken:
            raise outbox.NotPossible(f"{row} has arrived.")
        row.due_at = timezone.now()
        row.save(update_fields=["due_at"])
    return row
