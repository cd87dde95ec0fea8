"""Registering what an officer issued by hand in an outage: a draft with the number, day and officer of the paper.

It is written in the ordinary sections, submitted, and confirmed by a second officer (workflow, "confirm").
"""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q

from certificates import drafts, storage, workflow
from certificates.models import Certificate, Direction, HandIssued, ReservedNumbers
from gens.accounts import events, roles
from gens.accounts.models import Membership, Nppo


@dataclass(frozen=True)
class Paper:
    """What the paper says, and its scan."""

    block: ReservedNumbers
    number: str
    day: date
    officer: Membership
    scan: bytes
    filename: str


class NumberUsed(Exception):
    """There is a certificate of this number, or it is registered and not confirmed yet."""


def register(paper: Paper, *, kind: str, by: Membership) -> Certificate:
    """A draft of this kind (851 or 657) for what stands on the paper. Raises NotAllowed, NumberUsed."""
    if not by.may(roles.ISSUE):
        raise workflow.NotAllowed
    with transaction.atomic():
        # whoever registers another number of this block at this moment waits
        ReservedNumbers.objects.select_for_update().get(pk=paper.block.pk, nppo=by.nppo_id)
        if is_used(by.nppo, paper.number):
            raise NumberUsed(paper.number)
        draft = drafts.create(by=by, kind=kind)
        HandIssued.objects.create(
            nppo=by.nppo,
            certificate=draft,
            block=paper.block,
            number=paper.number,
            day=paper.day,
            officer=paper.officer,
            sha256=storage.keep_blob(by.nppo_id, paper.scan),
            filename=paper.filename[:256],
            by=by,
        )
        events.record(draft, events.REGISTERED, by=by, reason=paper.number)
    return draft


def is_used(nppo: Nppo, number: str) -> bool:
    """Whether a certificate has this number, or a registration that was not given up."""
    ours = Certificate.objects.filter(nppo=nppo, direction=Direction.ISSUED, counterpart="", number=number)
    return ours.exists() or HandIssued.objects.filter(nppo=nppo, number=number, is_given_up=False).exists()


def officers_of(nppo: Nppo, day: date) -> list[Membership]:
    """The certifying officers who were authorised on that day; who left since may have signed."""
    begun = Q(authorised_from=None) | Q(authorised_from__lte=day)
    not_over = Q(authorised_until=None) | Q(authorised_until__gte=day)
    found = Membership.objects.filter(begun, not_over, nppo=nppo, roles__contains=[roles.CERTIFYING_OFFICER])
    return list(found.select_related("user", "office", "nppo").order_by("user__name", "pk"))
