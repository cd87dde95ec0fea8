"""Asking the Hub what became of what it took: for days, with widening intervals, each forwarding by itself."""

import logging
from datetime import timedelta
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from gens.accounts import events
from gens.accounts.tenancy import acting_for
from hubclient.models import Envelope, Forwarding
from hubclient.outbox import record
from hubclient.soap import Header, HubClient, HubError

log = logging.getLogger(__name__)

State, Reason = Envelope.State, Envelope.Reason
MISSING: Final = "EnvelopeNotExists"
ENDS: Final = {
    "Delivered": State.DELIVERED,
    "DeliveredWithWarnings": State.DELIVERED_WITH_WARNINGS,
    "DeliveredNotReadable": State.NOT_READABLE,
    "FailedDelivery": State.FAILED,
}


def track(envelope_id: int, nppo_id: int, client: HubClient) -> None:
    """Ask what became of an envelope, if it is due."""
    _track(Envelope.objects.defer("content"), envelope_id, nppo_id, client)


def track_forwarding(forwarding_id: int, nppo_id: int, client: HubClient) -> None:
    """Ask what became of one forwarding of an envelope, if it is due."""
    _track(Forwarding.objects.all(), forwarding_id, nppo_id, client)


def _track(rows: QuerySet[Envelope] | QuerySet[Forwarding], pk: int, nppo_id: int, client: HubClient) -> None:
    with acting_for(nppo_id):
        due = rows.filter(pk=pk, state=State.PENDING, due_at__lte=timezone.now())
        number = due.values_list("tracking_number", flat=True).first()
    if number is None:
        return
    answer = None
    try:
        answer = client.tracking_info(number)
    except HubError as error:
        log.warning("Tracking of %s brought no answer: %s", number, error)
    with acting_for(nppo_id):
        row = rows.select_for_update(of=("self",)).select_related("connection").get(pk=pk)
        if row.state == State.PENDING and row.tracking_number == number:
            _record(row, answer)


def _record(row: Envelope | Forwarding, answer: Header | None) -> None:
    now = timezone.now()
    age = now - (row.sent_at or now)
    again = now + record.interval(age)
    if answer is None:
        record.save(row, due_at=again)
    elif answer.tracking_info in ENDS:
        _end(row, ENDS[answer.tracking_info], answer)
    elif answer.tracking_info == row.hub_state == MISSING and age > timedelta(hours=row.connection.missing_hours):
        _end(row, State.FAILED, answer)
    else:  # pending, missing for now, or a value nobody knows: kept as the Hub wrote it
        record.save(row, hub_state=answer.tracking_info[: record.HUB_STATE], due_at=again)


def _end(row: Envelope | Forwarding, state: Envelope.State, answer: Header) -> None:
    now, why = timezone.now(), ""
    if state == State.FAILED:
        why = Reason.MISSING if answer.tracking_info == MISSING else Reason.UNDELIVERABLE
    told = {"hub_state": answer.tracking_info, "message": answer.error_message, "reason": why}
    record.save(row, state=state, ended_at=now, due_at=now, **told)
    action = events.PARTNER_RECEIVED if state in record.RECEIVED else events.NOT_DELIVERED
    if isinstance(row, Forwarding):
        record.tell(row.envelope, action, reason=answer.error_message, partner=row.code)
    else:
        record.tell(row, action, reason=answer.error_message)
