"""Approving and issuing many: a person's wish is stored, a worker does it, each certificate in a transaction of its own.

An item is claimed, done and told in one transaction: a worker that dies leaves it as it was, and the sweep rings again;
two workers share a batch and never do the same item; nothing is issued twice.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates import balances, inspected, workflow
from certificates.ephyto import rules
from certificates.models import Batch, BatchItem, Certificate, Status
from codelists.lookup import Codes
from gens.accounts import roles
from gens.accounts.bells import nudge
from gens.accounts.models import Membership
from gens.accounts.tenancy import acting_for

log = logging.getLogger(__name__)

MOST: Final = 200  # certificates of one batch
SHOWN: Final = timedelta(hours=24)  # so long a list tells of its batches
PERMISSIONS: Final = {Batch.Action.APPROVE: roles.APPROVE, Batch.Action.ISSUE: roles.ISSUE}
_REFUSED: Final = (
    workflow.NotAllowed, workflow.WrongStatus, workflow.ReasonMissing, workflow.Blocked, balances.Overdrawn,
    inspected.NotInspected,
)  # fmt: skip
_OWN: Final = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, DatabaseError)  # failures of ours


@dataclass(frozen=True)
class Verdict:
    """A certificate that somebody ticked, and why it cannot go; "" when it can."""

    certificate: Certificate
    obstacle: str


def verb(action: str, certificate: Certificate, by: Membership) -> str:
    """The row of TRANSITIONS: who issues what waits for approval does both, where the NPPO lets one person do so."""
    both = action == Batch.Action.ISSUE and certificate.status == Status.SUBMITTED and by.nppo.approves_and_issues
    return "approve_and_issue" if both else action


def verdicts(action: str, certificates: Iterable[Certificate], by: Membership) -> list[Verdict]:
    """What would happen now. It is asked again of each when its turn comes."""
    codes = Codes()
    return [Verdict(each, _obstacle(action, each, by, codes)) for each in certificates]


def _obstacle(action: str, certificate: Certificate, by: Membership, codes: Codes) -> str:
    """Why this person cannot do it to this certificate now, in the reader's language; "" when nothing is known of."""
    name = verb(action, certificate, by)
    try:
        workflow.refuse(workflow.TRANSITIONS[name], certificate, by)
        if action == Batch.Action.ISSUE:
            found = rules.problems(certificate.document, "submit", codes)
            workflow.refuse_if_severe(found, list(certificate.inputs.all()))
            balances.check(certificate, certificate.document)
            inspected.refuse(certificate, by.nppo, timezone.now())
    except _REFUSED as error:
        return words(error, action)
    return ""


def words(error: Exception, action: str) -> str:
    """Why it was not done, and what to do."""
    if isinstance(error, workflow.WrongStatus):
        return _wrong_status(error.certificate, action)
    if isinstance(error, workflow.Blocked):
        count = len(error.problems) + len(error.inputs)
        text = ngettext("%(count)s problem stands in the way.", "%(count)s problems stand in the way.", count)
        first = _(rules.template(error.problems[0])).format(**error.problems[0].params) if error.problems else ""
        return f"{text % {'count': count}} {first}".strip()
    if isinstance(error, inspected.NotInspected):
        return inspected.words(error.missing)
    if isinstance(error, balances.Overdrawn):
        return _("It asks for more than is left of what was received.")
    said: dict[type[Exception], str] = {
        workflow.SecondPersonNeeded: _("You wrote this certificate. Another person must do this."),
        workflow.OutOfScope: _("Your authorisation does not cover this kind of certificate, or its destination."),
        workflow.IssuedByHand: _("It was issued by hand. Open it, compare it with its scan, and confirm it."),
    }
    return said.get(type(error), _("Your role or your authorisation does not allow it."))


def _wrong_status(certificate: Certificate, action: str) -> str:
    if action == Batch.Action.ISSUE and certificate.status == Status.SUBMITTED:
        return _("It is not approved yet.")
    return _("It is elsewhere now: %(state)s.") % {"state": certificate.get_status_display()}


def start(action: str, certificates: Iterable[Certificate], *, by: Membership, key: UUID) -> Batch:
    """Store the wish; a worker hears of it after the commit. The same key again is the same batch."""
    batch, is_made = Batch.objects.get_or_create(nppo=by.nppo, key=key, defaults={"action": action, "by": by})
    if is_made:
        items = [BatchItem(nppo=by.nppo, batch=batch, certificate=each) for each in certificates]
        BatchItem.objects.bulk_create(items)
        transaction.on_commit(lambda: _ring(batch))
    return batch


def _ring(batch: Batch) -> None:
    from certificates.tasks import do_batch

    nudge(do_batch, batch.pk, batch.nppo_id)


def latest(by: Membership) -> list[Batch]:
    """What this person started in the last day: the way back to it."""
    since = timezone.now() - SHOWN
    return list(Batch.objects.filter(by=by, at__gte=since).order_by("-at")[:5])


def run(batch_id: int, nppo_id: int) -> None:
    """Do what waits of a batch, one after the other, until nothing does or other workers have the rest."""
    while _next(batch_id, nppo_id):
        pass


def _next(batch_id: int, nppo_id: int) -> bool:
    """One item: claimed, done and told in one transaction. False when there is none to claim."""
    try:
        with acting_for(nppo_id):
            item = _claimed(batch_id)
            if item is not None:
                _tell(item, _done(item))
            return item is not None
    except _Failed as failure:
        log.exception("Item %s of batch %s could not be done.", failure.item.pk, batch_id)
        with acting_for(nppo_id), translation.override(failure.item.batch.by.user.language):
            _tell(failure.item, _("An error of the system. Try it again; if it stays, tell your administrator."))
        return True


class _Failed(Exception):
    """Our own failure at one item: its transaction is rolled back, and the others go on."""

    def __init__(self, item: BatchItem) -> None:
        super().__init__(str(item))
        self.item = item


def _claimed(batch_id: int) -> BatchItem | None:
    waiting = BatchItem.objects.filter(batch=batch_id, outcome=BatchItem.Outcome.WAITING).order_by("pk")
    locked = waiting.select_for_update(skip_locked=True, of=("self",))
    return locked.select_related("batch__by__nppo", "batch__by__user", "batch__by__office", "certificate").first()


def _done(item: BatchItem) -> str:
    """Do it as the person who wanted it, with what they may do now. Returns why it was not done; "" when it was."""
    by, action = item.batch.by, item.batch.action
    with translation.override(by.user.language):
        try:
            if not by.user.is_active:
                raise workflow.NotAllowed
            workflow.perform(verb(action, item.certificate, by), item.certificate, by=by)
        except _REFUSED as error:
            return words(error, action)
        except _OWN as error:
            raise _Failed(item) from error
    return ""


def _tell(item: BatchItem, obstacle: str) -> None:
    """Unless another worker told it meanwhile."""
    outcome = BatchItem.Outcome.NOT_DONE if obstacle else BatchItem.Outcome.DONE
    waiting = BatchItem.objects.filter(pk=item.pk, outcome=BatchItem.Outcome.WAITING)
    waiting.update(outcome=outcome, words=obstacle, at=timezone.now())
