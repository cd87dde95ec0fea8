"""The background work of delivery. Each task: fetch, call the verb, record the outcome (in outbox and inbox)."""

import logging

from celery import shared_task
from django.db.models import Q, QuerySet
from django.utils import timezone

from gens.accounts.tenancy import acting_for, sweeping
from hubclient import calls, outbox, partners
from hubclient.accounts import opened
from hubclient.models import Connection, Envelope, Forwarding
from hubclient.soap import HubError

log = logging.getLogger(__name__)

State = Envelope.State


@shared_task(soft_time_limit=240, time_limit=300)
def deliver(envelope_id: int, nppo_id: int) -> None:
    """The bell of one envelope."""
    with acting_for(nppo_id):
        envelope = Envelope.objects.filter(pk=envelope_id).only("connection_id").first()
    if envelope is None:
        return
    with opened(envelope.connection_id, nppo_id) as account:
        if account is not None:
            outbox.deliver(envelope_id, nppo_id, account[1])


def _outgoing(*states: Envelope.State) -> QuerySet[Envelope]:
    """Outgoing envelopes in these states whose time has come. Read it inside sweeping(), or acting for one NPPO."""
    return Envelope.objects.filter(is_incoming=False, state__in=states, due_at__lte=timezone.now()).order_by("pk")


def _forwardings() -> QuerySet[Forwarding]:
    return Forwarding.objects.filter(state=State.PENDING, due_at__lte=timezone.now()).order_by("pk")


def _accounts(*rows: QuerySet[Envelope] | QuerySet[Forwarding]) -> set[tuple[int, int]]:
    """(connection, NPPO) of those that have such work."""
    with sweeping():
        return {
            account for each in rows for account in each.order_by().values_list("connection_id", "nppo_id").distinct()
        }


def _ids(connection: Connection, rows: QuerySet[Envelope] | QuerySet[Forwarding]) -> list[int]:
    with acting_for(connection.nppo_id):
        return list(rows.filter(connection=connection).values_list("pk", flat=True))


@shared_task
def deliver_waiting() -> None:
    """Beat: settle what is unknown, then send what waits; each connection in a task of its own."""
    for connection_id, nppo_id in _accounts(_outgoing(State.WAITING, State.SENDING, State.UNKNOWN)):
        outbox.nudge(deliver_of, connection_id, nppo_id)


@shared_task(soft_time_limit=900, time_limit=960)
def deliver_of(connection_id: int, nppo_id: int) -> None:
    """Settle and send for one connection, as long as its Hub answers."""
    with opened(connection_id, nppo_id) as account:
        if account is None:
            return
        connection, client = account
        try:
            outbox.settle_unknown(connection_id, nppo_id, client)
        except HubError as error:
            log.warning("No listing from the Hub of %s: %s", connection, error)
        for envelope_id in _ids(connection, _outgoing(State.WAITING)):
            if connection.is_paused:
                return
            outbox.deliver(envelope_id, nppo_id, client)


@shared_task
def track_sent() -> None:
    """Beat: ask what became of the envelopes that the Hubs have; each connection in a task of its own."""
    for connection_id, nppo_id in _accounts(_outgoing(State.PENDING), _forwardings()):
        outbox.nudge(track_of, connection_id, nppo_id)


@shared_task(soft_time_limit=900, time_limit=960)
def track_of(connection_id: int, nppo_id: int) -> None:
    """Ask about the deliveries of one connection, as long as its Hub answers."""
    with opened(connection_id, nppo_id) as account:
        if account is None:
            return
        connection, client = account
        for track, rows in ((outbox.track, _outgoing(State.PENDING)), (outbox.track_forwarding, _forwardings())):
            for pk in _ids(connection, rows):
                if connection.is_paused:
                    return
                track(pk, nppo_id, client)


@shared_task
def refresh_partners() -> None:
    """Beat, hourly: the connections whose list of NPPOs is a day old, each in a task of its own."""
    with sweeping():
        old = Q(nppos_kept_at__isnull=True) | Q(nppos_kept_at__lt=timezone.now() - partners.OLD)
        connections = list(Connection.objects.filter(old, is_active=True).values_list("pk", "nppo_id"))
    for connection_id, nppo_id in connections:
        outbox.nudge(refresh_partners_of, connection_id, nppo_id)


@shared_task(soft_time_limit=240, time_limit=300)
def refresh_partners_of(connection_id: int, nppo_id: int) -> None:
    """Keep who is connected, and forget old calls."""
    with opened(connection_id, nppo_id) as account:
        if account is None:
            return
        connection, client = account
        calls.forget(connection)
        try:
            partners.keep(connection, client)
        except HubError as error:
            log.warning("No list of NPPOs from the Hub of %s: %s", connection, error)
