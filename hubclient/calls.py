"""What became of each call to a Hub: the log of calls, and the breaker that leaves a Hub in peace that does not answer.

A connection whose calls fail TROUBLE times in a row is paused, longer each time, up to QUIET; then one call tries it. So
a Hub that hangs costs a few time-outs, not one for each waiting envelope.
"""

import logging
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from gens.accounts.tenancy import acting_for
from hubclient import soap
from hubclient.models import TROUBLE, Call, Connection
from hubclient.soap import HubError

log = logging.getLogger(__name__)

QUIET: Final = timedelta(minutes=15)
KEPT: Final = timedelta(days=30)
AT_ONCE: Final = 50  # calls written by one insert


def outcome_of(error: HubError | None) -> Call.Outcome:
    """How a call ended, as the log names it."""
    if error is None:
        return Call.Outcome.ANSWERED
    if error.permanent:
        return Call.Outcome.REFUSED
    return Call.Outcome.UNKNOWN if error.unknown else Call.Outcome.NOT_DONE


class Journal:
    """Hears of the calls of one connection: `HubClient(on_call=journal)`. Call `flush` at the end.

    Calls are written many at once, outside the road of an envelope; the log line of each is written at once.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.unwritten: list[Call] = []

    def __call__(self, made: soap.Call) -> None:
        outcome, message = outcome_of(made.error), str(made.error or "")
        line = "%s: %s %s %s in %.0f ms. %s"
        known = (self.connection, made.operation, made.tracking_number or "-", outcome, made.seconds * 1000, message)
        log.log(logging.WARNING if made.error else logging.INFO, line, *known)
        row = Call(
            nppo_id=self.connection.nppo_id,
            connection=self.connection,
            at=timezone.now(),
            operation=made.operation,
            tracking_number=made.tracking_number[:256],
            milliseconds=round(made.seconds * 1000),
            outcome=outcome,
            message=message,
        )
        self.unwritten.append(row)
        if len(self.unwritten) >= AT_ONCE:
            self.flush()
        if made.is_answered and not (made.error and made.error.about_us):
            _answered(self.connection)
        else:
            failed(self.connection, message)

    def flush(self) -> None:
        rows, self.unwritten = self.unwritten, []
        if rows:
            with acting_for(self.connection.nppo_id):
                Call.objects.bulk_create(rows)


def _answered(connection: Connection) -> None:
    """The Hub is there: whatever was wrong is over. Written when it changes something, and once a minute."""
    now = timezone.now()
    last = connection.last_contact_at
    if not connection.failures and last is not None and now - last < timedelta(minutes=1):
        return
    with acting_for(connection.nppo_id):
        Connection.objects.filter(pk=connection.pk).update(failures=0, paused_until=None, last_contact_at=now)
    connection.failures, connection.paused_until, connection.last_contact_at = 0, None, now


def failed(connection: Connection, message: str) -> None:
    """One more call without an answer, or none possible; the connection is paused when they are many."""
    with acting_for(connection.nppo_id):
        row = Connection.objects.filter(pk=connection.pk)
        row.update(failures=F("failures") + 1, last_failure=message)
        connection.failures = row.values_list("failures", flat=True)[0]
        connection.last_failure = message
        if connection.is_in_trouble:
            connection.paused_until = timezone.now() + _pause(connection.failures)
            row.update(paused_until=connection.paused_until)


def _pause(failures: int) -> timedelta:
    """From one sweep to QUIET, doubled by each further failure."""
    return min(QUIET, timedelta(seconds=settings.SWEEP_SECONDS * 2 ** min(failures - TROUBLE, 10)))


def forget(connection: Connection) -> None:
    """Delete the log's calls that are older than KEPT."""
    with acting_for(connection.nppo_id):
        Call.objects.filter(connection=connection, at__lt=timezone.now() - KEPT).delete()
