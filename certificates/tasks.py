"""The background work of certificates: receiving and printing. Each task: fetch, call the verb, record the outcome."""

import logging
from typing import Final

from celery import shared_task
from django.conf import settings

from certificates import printing, reception
from certificates.models import Certificate, Direction, Status
from gens.accounts.tenancy import acting_for, sweeping
from hubclient import inbox, outbox
from hubclient.models import Connection

log = logging.getLogger(__name__)

AT_ONCE: Final = 50  # certificates rendered by one sweep


@shared_task
def receive_all() -> None:
    """Beat: ring for every active connection, so that a slow Hub of one NPPO delays no other."""
    with sweeping():
        connections = list(Connection.objects.filter(is_active=True).values_list("pk", "nppo_id"))
    for connection_id, nppo_id in connections:
        outbox.nudge(receive, connection_id, nppo_id)


@shared_task(soft_time_limit=600, time_limit=660)
def receive(connection_id: int, nppo_id: int) -> None:
    """Store what waits at the Hub; then judge, acknowledge and take each envelope, one by one."""
    inbox.fetch(connection_id, nppo_id)
    for envelope_id in inbox.due(connection_id, nppo_id):
        try:
            handle(envelope_id, nppo_id)
        except Exception:  # noqa: BLE001  one envelope never blocks the next; its lease ends and it is tried again
            log.exception("Envelope %s could not be handled; nothing was acknowledged for our own failure.", envelope_id)
