"""Who is at work on a certificate that waits for a decision, and what they wait for: taken, given back, waiting.

None of it is a state: whoever may decide (`workflow.TRANSITIONS`) may attend, and the next state ends it. The verbs
lock the row and check it in the order of the decision itself.
"""

from typing import Final

from django.db import transaction
from django.utils import timezone

from certificates import notices, workflow
from certificates.models import Certificate, Direction, Status
from gens.accounts import events
from gens.accounts.models import Membership

# The decision that attending leads to, by the direction of the certificate.
_DECISION: Final = {Direction.ISSUED: "approve", Direction.RECEIVED: "accept"}


class NotHere(workflow.WrongStatus):
    """Somebody else took it, gave it back or heard what was missing meanwhile."""


def may_attend(membership: Membership, certificate: Certificate) -> bool:
    """Whether this membership may decide on it, and so take it, or say what it waits for."""
    decision = _DECISION[Direction(certificate.direction)]
    return any(action.name == decision for action in workflow.available_actions(membership, certificate))


def check(certificate: Certificate, *, by: Membership) -> Certificate:
    """The row, locked, if this membership may attend to it now. In a transaction. Raises NotAllowed, WrongStatus."""
    return workflow.locked(_DECISION[Direction(certificate.direction)], certificate, by=by)


def open_for(membership: Membership, certificate: Certificate) -> Certificate:
    """As it is once this membership has looked: who may decide is the first to have opened it. Others change nothing."""
    if certificate.holder_id is not None or not may_attend(membership, certificate):
        return certificate
    try:
        return take(certificate, by=membership)
    except workflow.WrongStatus as error:
        return error.certificate  # another was faster: it is shown as it is now


def take(certificate: Certificate, *, by: Membership, over_from: int | None = None) -> Certificate:
    """Be the one who has it. over_from: the membership one takes it from, as the page showed it; None: from nobody.

    Raises NotAllowed, WrongStatus.
    """
    with transaction.atomic():
        row = check(certificate, by=by)
        if row.holder_id != over_from:
            raise NotHere(row, "take")
        if row.status == Status.RECEIVED:
            return workflow.perform("open", row, by=by)
        reason = f"{row.holder.user.name} → {by.user.name}" if row.holder else ""
        return _hold(row, by, events.TAKEN, by=by, reason=reason)


def release(certificate: Certificate, *, by: Membership) -> Certificate:
    """Give it back to everybody who may decide. Raises NotAllowed, WrongStatus."""
    with transaction.atomic():
        row = check(certificate, by=by)
        if row.holder_id != by.pk:
            raise NotHere(row, "release")
        return _hold(row, None, events.RELEASED, by=by)


def wait(certificate: Certificate, *, by: Membership, lacking: str, asked: str = "") -> Certificate:
    """Say what is missing and of whom it was asked; again to say it anew. Its author is told.

    Raises NotAllowed, WrongStatus, ReasonMissing.
    """
    with transaction.atomic():
        row = check(certificate, by=by)
        if not (lacking := lacking.strip()):
            raise workflow.ReasonMissing
        if row.status == Status.RECEIVED:
            row = workflow.perform("open", row, by=by)
        row.awaits, row.awaits_from = lacking, asked.strip()[:200]
        row.awaits_since = row.awaits_since or timezone.now()
        words = f"{row.awaits} ({row.awaits_from})" if row.awaits_from else row.awaits
        saved = _hold(row, row.holder or by, events.AWAITING, by=by, reason=words)
        notices.information_wanted(saved, by=by)
    return saved


def resume(certificate: Certificate, *, by: Membership) -> Certificate:
    """The information is here, or no longer needed. Raises NotAllowed, WrongStatus."""
    with transaction.atomic():
        row = check(certificate, by=by)
        if row.awaits_since is None:
            raise NotHere(row, "resume")
        words = row.awaits
        row.awaits, row.awaits_from, row.awaits_since = "", "", None
        return _hold(row, row.holder, events.INFORMED, by=by, reason=words)


def _hold(row: Certificate, holder: Membership | None, event: str, *, by: Membership, reason: str = "") -> Certificate:
    row.holder = holder
    row.save(update_fields=["holder", "awaits", "awaits_from", "awaits_since"])
    events.record(row, event, by=by, from_state=row.status, to_state=row.status, reason=reason, partner=row.counterpart)
    return row
