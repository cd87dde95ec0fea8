"""The background work of delivery. Each task: fetch, call the verb, record the outcome (in outbox and inbox)."""

import logging
from collections import defaultdict

from celery import shared_task
from django.utils import timezone

from gens.accounts.tenancy import acting_for, sweeping
from hubclient import outbox
from hubclient.accounts import client_of, connection_of
from hubclient.models import Envelope
from hubclient.soap import HubError

log = logging.getLogger(__name__)

State = Envelope.State
Work = dict[tuple[int, int], list[int]]


@shared_task(soft_time_limit=240, time_limit=300)
def deliver(envelope_id: int, nppo_id: int) -> None:
    """The bell of one envelope."""
    with acting_for(nppo_id):
        envelope = Envelope.objects.filter(pk=envelope_id).only("connection_id").first()
    connection = envelope and connection_of(envelope.connection_id, nppo_id)
    if connection:
        with client_of(connection) as client:
            outbox.deliver(envelope_id, nppo_id, client)


def _due(*states: Envelope.State) -> Work:
    """Outgoing envelopes in these states whose time has come, by (connection, NPPO)."""
    work: Work = defaultdict(list)
    with sweeping():
        rows = Envelope.objects.filter(is_incoming=False, state__in=states, due_at__lte=timezone.now()).order_by("pk")
        for pk, nppo_id, connection_id in rows.values_list("pk", "nppo_id", "connection_id"):
            work[connection_id, nppo_id].append(pk)
    return work


@shared_task
def deliver_waiting() -> None:
    """Beat: settle what is unknown, then send what waits; each connection in a task of its own."""
    for connection_id, nppo_id in _due(State.WAITING, State.SENDING, State.UNKNOWN):
        outbox.nudge(deliver_of, connection_id, nppo_id)


@shared_task(soft_time_limit=900, time_limit=960)
def deliver_of(connection_id: int, nppo_id: int) -> None:
    connection = connection_of(connection_id, nppo_id)
    if connection is None:
        return
    with client_of(connection) as client:
        try:
            outbox.settle_unknown(connection_id, nppo_id, client)
        except HubError as error:
            log.warning("No listing from the Hub of %s: %s", connection, error)
        for envelope_id in _due(State.WAITING).get((connection_id, nppo_id), []):
            outbox.deliver(envelope_id, nppo_id, client)


@shared_task
def track_sent() -> None:
    """Beat: ask what became of the envelopes that the Hubs have; each connection in a task of its own."""
    for connection_id, nppo_id in _due(State.PENDING):
        outbox.nudge(track_of, connection_id, nppo_id)


@shared_task(soft_time_limit=900, time_limit=960)
def track_of(connection_id: int, nppo_id: int) -> None:
    connection = connection_of(connection_id, nppo_id)
    if connection is None:
        return
    with client_of(connection) as client:
        for envelope_id in _due(State.PENDING).get((connection_id, nppo_id), []):
            outbox.track(envelope_id, nppo_id, client)
