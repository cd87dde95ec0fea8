"""Settling what nobody knows: look for it at the Hub twice, minutes apart, before it is sent again (duty 3)."""

from collections import defaultdict
from typing import Final

from django.utils import timezone

from gens.accounts.tenancy import acting_for
from hubclient.models import Envelope
from hubclient.outbox import record
from hubclient.soap import Header, HubClient

State = Envelope.State
LOOKS: Final = 2  # listings without it before an envelope counts as never queued
Identity = tuple[str, str, str, str]


def settle_unknown(connection_id: int, nppo_id: int, client: HubClient) -> None:
    """Look, in one listing, for every due envelope of unknown outcome; those missing twice are sent again.

    A SENDING envelope whose lease ended belongs here too: its worker died, and whether it had sent nobody knows.
    """
    now = timezone.now()
    with acting_for(nppo_id):
        lost = Envelope.objects.filter(connection=connection_id, is_incoming=False, due_at__lte=now)
        lost.filter(state=State.SENDING).update(
            state=State.UNKNOWN, is_doubtful=True, looks=0, due_at=now + record.look_after()
        )
        due = list(lost.filter(state=State.UNKNOWN).order_by("pk").values_list("pk", flat=True))
    if not due:
        return
    listing: dict[Identity, list[Header]] = defaultdict(list)
    for answer in client.under_delivery():  # HubError: nothing was learnt, the next sweep looks again
        listing[answer.number, answer.certificate_type, answer.certificate_status, answer.receiver].append(answer)
    for envelope_id in due:
        _settle(envelope_id, nppo_id, listing)


def _settle(envelope_id: int, nppo_id: int, listing: dict[Identity, list[Header]]) -> None:
    with acting_for(nppo_id):
        envelope = Envelope.objects.select_for_update().defer("content").get(pk=envelope_id)
        if envelope.state != State.UNKNOWN:
            return
        for answer in listing.get(_identity(envelope), []):
            if not record.is_known(envelope, answer.tracking_number):
                record.taken(envelope, answer)
                return
        looks = envelope.looks + 1
        if looks < LOOKS:
            record.save(envelope, looks=looks, due_at=timezone.now() + record.look_after())
        else:
            record.save(envelope, looks=0, state=State.WAITING, is_resent=True, due_at=timezone.now())


def _identity(envelope: Envelope) -> Identity:
    return envelope.certificate_number, envelope.certificate_type, envelope.certificate_status, envelope.receiver
