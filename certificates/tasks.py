"""The background work of certificates: receiving and printing. Each task: fetch, call the verb, record the outcome."""

import logging
from typing import Final

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone

from certificates import batches, notices, printing, reception, rendering
from certificates.ephyto.xml import NotReadable
from certificates.models import BatchItem, Certificate, RenderTry, Seal
from certificates.seals import using
from gens.accounts.tenancy import acting_for, sweeping
from hubclient import inbox, outbox
from hubclient.accounts import opened
from hubclient.models import Connection, Envelope
from hubclient.soap import HubClient, HubError

log = logging.getLogger(__name__)

AT_ONCE: Final = 50  # certificates rendered, or batches rung for, by one sweep


@shared_task
def receive_all() -> None:
    """Beat: one bell for each active connection, so that a slow Hub of one NPPO delays no other."""
    with sweeping():
        connections = list(Connection.objects.filter(is_active=True).values_list("pk", "nppo_id"))
    for connection_id, nppo_id in connections:
        outbox.nudge(receive, connection_id, nppo_id)


@shared_task(soft_time_limit=900, time_limit=960)
def receive(connection_id: int, nppo_id: int) -> None:
    """Note what waits at the Hub; then pull, judge, acknowledge and take each envelope by itself."""
    with opened(connection_id, nppo_id) as account:
        if account is None:
            return
        connection, client = account
        try:
            inbox.fetch(connection, client)
        except HubError as error:
            log.warning("No listing from the Hub of %s: %s", connection, error)
        for envelope_id in inbox.due(connection):
            if connection.is_paused:
                return
            envelope = inbox.claim(envelope_id, nppo_id)
            if envelope is not None:
                _handle(envelope, client)


def _handle(envelope: Envelope, client: HubClient) -> None:
    """The next steps of one envelope. What fails is logged and tried again later; the next envelope does not wait."""
    judgement = None
    try:
        if envelope.state == Envelope.State.LISTED:
            inbox.pull(envelope, client)
        if envelope.state == Envelope.State.STORED:
            judgement = reception.judge(bytes(envelope.content))
            inbox.keep_verdict(envelope, judgement.verdict, judgement.message)
        if envelope.state == Envelope.State.JUDGED:
            inbox.acknowledge(envelope, client)
    except HubError as error:
        log.warning("Envelope %s is not acknowledged yet: %s", envelope.tracking_number, error)
        if envelope.state == Envelope.State.LISTED:
            return
    except SoftTimeLimitExceeded:
        raise
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, DatabaseError):
        # our own failure: nothing is acknowledged, an operator finds it here
        log.exception("Envelope %s could not be judged.", envelope.tracking_number)
        return
    _take(envelope, judgement)


def _take(envelope: Envelope, judgement: reception.Judgement | None) -> None:
    if envelope.is_taken:
        return inbox.acknowledged(envelope)
    try:
        with acting_for(envelope.nppo_id):
            reception.take(envelope, judgement)
            inbox.taken(envelope)
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, DatabaseError, NotReadable):
        # NotReadable: it was judged readable, and the limits were lowered since
        log.exception("Envelope %s is stored, but its certificate could not be kept yet.", envelope.tracking_number)
        inbox.acknowledged(envelope)
    return None


@shared_task(soft_time_limit=120, time_limit=150)
def render(certificate_id: int, nppo_id: int) -> None:
    """The bell of one PDF. What fails is recorded, and the sweep tries it again."""
    try:
        printing.render(certificate_id, nppo_id)
    except rendering.NotRendered:
        log.exception("The PDF of certificate %s could not be made.", certificate_id)


@shared_task(soft_time_limit=120, time_limit=150)
def render_missing() -> None:
    """Beat: the issued certificates that have no PDF yet, but for those whose next try is not due. Those of an NPPO whose
    seal is away do not keep others waiting: one of them is tried, and with it the seal.
    """
    with sweeping():
        waiting = RenderTry.objects.filter(Q(next_at=None) | Q(next_at__gt=timezone.now())).values("certificate_id")
        due = Certificate.objects.without_pdf().exclude(pk__in=waiting)
        missing = due.order_by("pk").values_list("pk", "nppo_id")
        away = set(Seal.objects.in_use().exclude(trouble="").values_list("nppo_id", flat=True))
        found = list(missing.exclude(nppo_id__in=away)[:AT_ONCE])
        for nppo_id in sorted(away):
            found += missing.filter(nppo_id=nppo_id)[:AT_ONCE]
    for nppo_id in away - {nppo_id for _pk, nppo_id in found}:
        using.look_again(nppo_id)
    for nppo_id in away:
        notices.seal_away(nppo_id)
    stuck = set()
    for certificate_id, nppo_id in found:
        if nppo_id in stuck:
            continue
        try:
            if not printing.render(certificate_id, nppo_id):
                stuck.add(nppo_id)
        except rendering.NotRendered as error:
            log.exception("The PDF of certificate %s could not be made.", certificate_id)
            if isinstance(error.__cause__, SoftTimeLimitExceeded):
                return  # the next would be killed in the middle


@shared_task(soft_time_limit=900, time_limit=960)
def do_batch(batch_id: int, nppo_id: int) -> None:
    """The bell of one batch."""
    batches.run(batch_id, nppo_id)


@shared_task
def do_batches() -> None:
    """Beat: what dead workers left of batches. A bell for each, so that a long one delays no other."""
    with sweeping():
        waiting = BatchItem.objects.filter(outcome=BatchItem.Outcome.WAITING)
        left = list(waiting.values_list("batch_id", "nppo_id").distinct().order_by("batch_id")[:AT_ONCE])
    for batch_id, nppo_id in left:
        outbox.nudge(do_batch, batch_id, nppo_id)


@shared_task
def tell_refusals() -> None:
    """Beat: what partners did not take, to those who issued it."""
    notices.refusals()


@shared_task
def tell_endings() -> None:
    """Beat, daily: what ends soon."""
    notices.endings()


@shared_task
def tell_requirements() -> None:
    """Beat: what changed of requirements, to those who subscribed."""
    notices.requirement_changes()
