"""Who is connected to a connection's Hub: kept daily, and asked before anything is sent (duties 9 and 13)."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from gens.accounts.tenancy import acting_for
from hubclient.models import Connection, Envelope, Partner
from hubclient.soap import HubClient, HubNppo

OLD: Final = timedelta(days=1)  # then the list is fetched again
DOUBTED: Final = timedelta(minutes=10)  # then it is fetched again before it keeps an envelope from leaving
Reason = Envelope.Reason


def keep(connection: Connection, client: HubClient) -> int:
    """Fetch and keep the active NPPOs; how many they are. An empty answer keeps the last good list. Raises HubError."""
    told = {nppo.code: nppo for nppo in client.active_nppos() if 0 < len(nppo.code) <= 12}
    if not told:
        return 0
    now = timezone.now()
    with acting_for(connection.nppo_id):
        for nppo in told.values():
            _keep_one(connection, nppo)
        Partner.objects.filter(connection=connection).exclude(code__in=told).update(is_active=False)
        Connection.objects.filter(pk=connection.pk).update(nppos_kept_at=now)
    connection.nppos_kept_at = now
    return len(told)


def _keep_one(connection: Connection, nppo: HubNppo) -> None:
    fields = {
        "sends": nppo.sends,
        "receives": nppo.receives,
        "accepts": [list(each) for each in nppo.accepts],
        "is_active": True,
    }
    Partner.objects.update_or_create(nppo_id=connection.nppo_id, connection=connection, code=nppo.code, defaults=fields)


def code_for(connection: Connection, country: str) -> str:
    """The connection code of a country at this Hub: mostly the country's own, not always (LK2 for LK).

    Where nothing, or more than one thing, is known, the country itself: then the Hub or `objection` decides. Call it
    inside acting_for(connection.nppo_id).
    """
    active = Partner.objects.filter(connection=connection, is_active=True, code__startswith=country)
    codes = list(active.filter(receives=True).values_list("code", flat=True)) if country else []
    return codes[0] if len(codes) == 1 else country


def objection(envelope: Envelope) -> Reason | None:
    """Why this envelope cannot be delivered, by the list as it is kept; None when it may go, or nothing is known.

    Call it inside acting_for(envelope.nppo_id).
    """
    known = Partner.objects.filter(connection=envelope.connection_id)
    partner = known.filter(code=envelope.receiver, is_active=True).first()
    if partner is None:
        return Reason.NOT_CONNECTED if known.exists() else None
    if not partner.receives:
        return Reason.NOT_RECEIVING
    kind = [envelope.certificate_type, envelope.certificate_status]
    if partner.accepts and kind not in partner.accepts and not envelope.is_response:
        return Reason.NOT_ACCEPTED
    return None


def keep_if_doubted(connection: Connection, client: HubClient) -> bool:
    """Fetch the list again before believing its objection; False when it is as fresh as can be. Raises HubError."""
    kept = connection.nppos_kept_at
    if kept is not None and timezone.now() - kept < DOUBTED:
        return False
    return keep(connection, client) > 0
