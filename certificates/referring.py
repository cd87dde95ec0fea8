"""The NPPO's own reference of a certificate of ours: an order's or a file's number. Never printed, never sent."""

from typing import Final

from django.db import transaction

from certificates import storage, workflow
from certificates.models import Certificate, Direction
from gens.accounts import events, roles
from gens.accounts.models import Membership

LONGEST: Final = 120


def refer(certificate: Certificate, text: str, *, by: Membership) -> Certificate:
    """Write it, whatever state the certificate is in; who wrote what before stays known. Raises NotAllowed."""
    if certificate.direction != Direction.ISSUED or not by.may(roles.DRAFT):
        raise workflow.NotAllowed
    with transaction.atomic():
        row = Certificate.objects.select_for_update().get(pk=certificate.pk, nppo=by.nppo_id)
        before = row.own_reference
        if before != text:
            storage.refer(row, text)
            events.record(row, events.REFERRED, by=by, reason=text or "–", changes={"own_reference": [before, text]})
    return row
