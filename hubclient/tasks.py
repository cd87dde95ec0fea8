"""The background work of delivery. Each task: fetch, call the verb, record the outcome (in outbox and inbox)."""

import logging
from collections import defaultdict
from collections.abc import Iterable

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from gens.accounts.tenancy import acting_for, sweeping
from hubclient import calls, outbox, partners
from hubclient.accounts import opened
from hubclient.models import Connection, Envelope, Forwarding
from hubclient.soap import HubError

log = logging.getLogger(__name__)

State = Envelope.State
Work = dict[tuple[int, int], list[int]]


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


def _due(*states: Envelope.State) -> Work:
    """Outgoing envelopes in these states whose time has come, by (connection, NPPO)."""
    with sweeping():
        rows = Envelope.objects.filter(is_incoming=False, state__in=states, due_at__lte=timezone.now()).order_by("pk")
        return _by_connection(rows.values_list("pk", "nppo_id", "connection_id"))


def _forwardings_due() -> Work:
    with sweeping():
        rows = Forwarding.objects.filter(state=State.PENDING, due_at__lte=timezone.now()).order_by("pk")
        return _by_connection(rows.values_list("pk", "nppo_id", "connection_id"))


def _by_connection(rows: Iterable[tuple[int, int, int]]) -> Work:
    work: Work = defaultdict(list)
    for pk, nppo_id, connection_id in rows:
        work[connection_id, nppo_id].append(pk)
    return work


@shared_task
def deliver_waiting() -> None:
    """Beat: settle what is unknown, then send what waits; each connection in a task of its own."""
    for connection_id, nppo_id in _due(State.WAITING, State.SENDING, State.UNKNOWN):
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
        for envelope_id in _due(State.WAITING).get((connection_id, nppo_id), []):
            if connection.is_paused:
                return
            outbox.deliver(envelope_id, nppo_id, client)


@shared_task
def track_sent() -> None:
    """Beat: ask what became of the envelopes that the Hubs have; each connection in a task of its own."""
    for connection_id, nppo_id in _due(State.PENDING).keys() | _forwardings_due().keys():
        outbox.nudge(track_of, connection_id, nppo_id)


@shared_task(soft_time_limit=900, time_limit=960)
def track_of(connection_id: int, nppo_id: int) -> None:
    """Ask about the deliveries of one connection, as long as its Hub answers."""
    with opened(connection_id, nppo_id) as account:
        if account is None:
            return
        connection, client = account
        envelopes = _due(State.PENDING).get((connection_id, nppo_id), [])
        forwardings = _forwardings_due().get((connection_id, nppo_id), [])
        asked = [(outbox.track, pk) for pk in envelopes] + [(outbox.track_forwarding, pk) for pk in forwardings]
        for track, pk in asked:
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
