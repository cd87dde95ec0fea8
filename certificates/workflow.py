"""What may be done to a certificate, by whom, from which state: one table and the verbs that follow it.

Every verb locks the row, checks permission, state, four eyes and reason in that order, acts, and records the event,
in the caller's tenant (acting_for). Nothing here waits for a network: the Hub and the printer hear of it after commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certificates import balances, inspected, issuing, notices, storage
from certificates.ephyto import document as ephyto
from certificates.ephyto import rules, xml
from certificates.ephyto.judging import unfit
from certificates.models import (
    Certificate,
    Direction,
    DraftInput,
    HandIssued,
    Message,
    Original,
    Partnership,
    Returned,
    Status,
    partnership,
)
from codelists.lookup import Codes
from gens.accounts import events, roles
from gens.accounts.models import Event, Membership
from hubclient import outbox, partners
from hubclient.models import Connection, Envelope
from hubclient.tasks import deliver


@dataclass(frozen=True)
class Action:
    """One row of the table: who with `permission` may bring a certificate from `sources` to `target`."""

    name: str
    label: Promise
    direction: Direction
    sources: tuple[Status, ...]
    target: Status
    permission: str
    event: str
    reason: str = "none"  # none, optional, required
    four_eyes: bool = False
    is_final: bool = False  # cannot be undone: the confirmation page says so
    asks_original: bool = False  # what became of the paper
    setting: str = ""  # of the NPPO, without which there is no such action
    by_hand: bool | None = None  # True: only of what was issued by hand; False: only of what was not; None: of both

    @property
    def needs_reason(self) -> bool:
        return self.reason == "required"


_OURS, _THEIRS = Direction.ISSUED, Direction.RECEIVED
_OPEN = (Status.RECEIVED, Status.OPENED)

_ROWS: Final = (
    Action("submit", _("Submit for approval"), _OURS, (Status.DRAFT, Status.RETURNED), Status.SUBMITTED, roles.DRAFT, events.SUBMITTED),
    Action("issue", _("Issue"), _OURS, (Status.APPROVED,), Status.ISSUED, roles.ISSUE, events.ISSUED, four_eyes=True, is_final=True, by_hand=False),
    Action("approve", _("Approve"), _OURS, (Status.SUBMITTED,), Status.APPROVED, roles.APPROVE, events.APPROVED, four_eyes=True, by_hand=False),
    Action("approve_and_issue", _("Approve and issue"), _OURS, (Status.SUBMITTED,), Status.ISSUED, roles.ISSUE, events.ISSUED, four_eyes=True, is_final=True, setting="approves_and_issues", by_hand=False),
    Action("confirm", _("Confirm"), _OURS, (Status.SUBMITTED,), Status.ISSUED, roles.ISSUE, events.CONFIRMED, four_eyes=True, is_final=True, by_hand=True),
    Action("return", _("Return with a reason"), _OURS, (Status.SUBMITTED, Status.APPROVED), Status.RETURNED, roles.APPROVE, events.RETURNED, reason="required"),
    Action("discard", _("Discard this draft"), _OURS, (Status.DRAFT, Status.RETURNED), Status.DISCARDED, roles.DRAFT, events.DISCARDED, is_final=True),
    Action("withdraw", _("Withdraw"), _OURS, (Status.ISSUED,), Status.WITHDRAWN, roles.ISSUE, events.WITHDRAWN, reason="required", is_final=True, asks_original=True),
    Action("open", _("Open"), _THEIRS, (Status.RECEIVED,), Status.OPENED, roles.DECIDE, events.OPENED),
    Action("accept", _("Accept"), _THEIRS, _OPEN, Status.ACCEPTED, roles.DECIDE, events.DECIDED, reason="optional", is_final=True),
    Action("refuse", _("Refuse"), _THEIRS, _OPEN, Status.REFUSED, roles.DECIDE, events.DECIDED, reason="required", is_final=True),
)  # fmt: skip
TRANSITIONS: Final[dict[str, Action]] = {action.name: action for action in _ROWS}


@dataclass(frozen=True)
class Why:
    """What a person says to an action: the reason in words, what became of the paper (a value of Original), and remarks
    beside sections."""

    reason: str = ""
    original: str = ""
    remarks: Mapping[str, str] = field(default_factory=dict)


class NotAllowed(PermissionDenied):
    """This membership may not do that."""


class OutOfScope(NotAllowed):
    """This person's authorisation does not extend to such a certificate, or to its destination."""


class SecondPersonNeeded(NotAllowed):
    """Four eyes: who drafted, changed or submitted it can neither approve nor issue it."""


class IssuedByHand(NotAllowed):
    """What was issued by hand is confirmed, not approved and issued; and nothing else is confirmed."""


class WrongStatus(Exception):
    """The certificate is no longer where it was: somebody was faster. The view answers 409."""

    def __init__(self, certificate: Certificate, action: str) -> None:
        super().__init__(f"{action}: {certificate} is {certificate.status}")
        self.certificate, self.action = certificate, action


class ReasonMissing(Exception):
    """The action needs a reason in words."""


class OriginalMissing(Exception):
    """The action needs to know what became of the paper: a value of Original."""


class Blocked(Exception):
    """SEVERE problems, or input that does not parse, stand in the way."""

    def __init__(self, problems: list[rules.Problem], inputs: list[DraftInput]) -> None:
        super().__init__(f"{len(problems)} problems, {len(inputs)} inputs that do not parse")
        self.problems, self.inputs = problems, inputs


def available_actions(membership: Membership, certificate: Certificate) -> list[Action]:
    """What this membership may do now, the next step first. Buttons come from it."""
    return [
        action
        for action in TRANSITIONS.values()
        if certificate.status in action.sources
        and certificate.direction == action.direction
        and membership.may(action.permission)
        and _is_allowed_here(action, membership)
        and is_for(action, certificate)
        and not _is_same_person(action, certificate, membership)
        and not _is_out_of_scope(action, certificate, membership)
    ]


def perform(
    name: str,
    certificate: Certificate,
    *,
    by: Membership,
    reason: str = "",
    original: str = "",
    remarks: Mapping[str, str] | None = None,
) -> Certificate:
    """Do the named action. original: what became of the paper, where the action asks for it. remarks: by section, of
    what is returned; they are reason enough.

    Raises KeyError, NotAllowed, WrongStatus, ReasonMissing, OriginalMissing, Blocked, balances.Overdrawn,
    inspected.NotInspected; then nothing has changed.
    """
    why = Why(reason.strip(), original, remarks or {})
    return _VERBS.get(name, _move)(TRANSITIONS[name], certificate, by, why)


def is_for(action: Action, certificate: Certificate) -> bool:
    """Whether it is an action of such certificates: issued by hand, or not."""
    return action.by_hand is None or action.by_hand == (issuing.hand_of(certificate) is not None)


def _is_same_person(action: Action, certificate: Certificate, by: Membership) -> bool:
    return action.four_eyes and by.nppo.four_eyes and by.pk in certificate.authors


def _is_allowed_here(action: Action, by: Membership) -> bool:
    return not action.setting or bool(getattr(by.nppo, action.setting))


def _is_out_of_scope(action: Action, certificate: Certificate, by: Membership) -> bool:
    return action.permission in (roles.APPROVE, roles.ISSUE) and not by.covers(
        certificate.type, certificate.destination
    )


def _locked(action: Action, certificate: Certificate, by: Membership, why: Why) -> Certificate:
    """The row, locked and checked. Refuses before it reads anything more."""
    row = Certificate.objects.select_for_update().get(pk=certificate.pk, nppo=by.nppo_id)
    refuse(action, row, by)
    if action.needs_reason and not (why.reason or why.remarks):
        raise ReasonMissing
    if action.asks_original and why.original not in Original.values:
        raise OriginalMissing
    return row


def refuse(action: Action, row: Certificate, by: Membership) -> None:
    """Raises NotAllowed or WrongStatus when this person cannot do it to this row."""
    if not by.may(action.permission) or row.direction != action.direction or not _is_allowed_here(action, by):
        raise NotAllowed
    if not is_for(action, row):
        raise IssuedByHand
    if row.status not in action.sources:
        raise WrongStatus(row, action.name)
    if _is_same_person(action, row, by):
        raise SecondPersonNeeded
    if _is_out_of_scope(action, row, by):
        raise OutOfScope


def locked(name: str, certificate: Certificate, *, by: Membership) -> Certificate:
    """The row, locked and checked as the named action would: for what goes before it (attending). In a transaction.

    Raises NotAllowed, WrongStatus.
    """
    return _locked(TRANSITIONS[name], certificate, by, Why())


def _arrive(row: Certificate, target: Status, holder: Membership | None, at: datetime) -> tuple[str, ...]:
    """Set state and holder, and end what was waited for; the names of the columns to save."""
    row.status, row.status_since, row.holder = target, at, holder
    row.awaits, row.awaits_from, row.awaits_since = "", "", None
    return "status", "status_since", "holder", "awaits", "awaits_from", "awaits_since"


def _record(row: Certificate, action: Action, came_from: str, by: Membership, reason: str) -> Event:
    return events.record(
        row, action.event, by=by, from_state=came_from, to_state=row.status, reason=reason, partner=row.counterpart
    )


def _holder_after(action: Action, row: Certificate, by: Membership) -> Membership | None:
    """Who has it next: its author when it is returned, the reader when it is opened, else the whole office."""
    return {"return": row.drafted_by, "open": by}.get(action.name)


def _attribute(row: Certificate, action: Action, by: Membership) -> tuple[str, ...]:
    """Whose a received certificate is: of the office that opened it, of the officer who decided. Columns to save."""
    if action.direction != _THEIRS:
        return ()
    row.office = by.office
    if action.event != events.DECIDED:
        return ("office",)
    row.decided_by = by
    return "office", "decided_by"


def _move(action: Action, certificate: Certificate, by: Membership, why: Why) -> Certificate:
    """A change of state and nothing else."""
    with transaction.atomic():
        row = _locked(action, certificate, by, why)
        came_from = row.status
        holder = _holder_after(action, row, by)
        row.save(update_fields=[*_arrive(row, action.target, holder, timezone.now()), *_attribute(row, action, by)])
        event = _record(row, action, came_from, by, why.reason)
        if action.name == "return":
            common = {"nppo_id": row.nppo_id, "certificate": row, "document": row.document}
            Returned.objects.create(event=event, remarks=dict(why.remarks), **common)
            notices.returned(row, by=by, reason=why.reason, remarks=why.remarks)
        elif action.name == "submit":
            notices.waiting(row, by=by)
        elif action.name == "discard":
            HandIssued.objects.filter(certificate=row).update(is_given_up=True)
    return row


def _submit(action: Action, certificate: Certificate, by: Membership, why: Why) -> Certificate:
    with transaction.atomic():
        row = _locked(action, certificate, by, why)
        refuse_if_severe(rules.problems(row.document, "submit", Codes()), list(row.inputs.all()))
        balances.check(row, row.document)
        if by.pk not in row.authors:
            row.authors.append(by.pk)
            row.save(update_fields=["authors"])
        return _move(action, row, by, why)


def refuse_if_severe(problems: list[rules.Problem], inputs: list[DraftInput] | None = None) -> None:
    """Only SEVERE blocks. Raises Blocked."""
    severe = [problem for problem in problems if problem.level == rules.SEVERE]
    if severe or inputs:
        raise Blocked(severe, inputs or [])


def _issue(action: Action, certificate: Certificate, by: Membership, why: Why) -> Certificate:
    """Number from the locked counter, or from the paper that was issued by hand; document frozen, XML, rules, message,
    outbox row, event: all or nothing.
    """
    with transaction.atomic():
        row = _locked(action, certificate, by, why)
        came_from, now = row.status, timezone.now()
        inspected.refuse(row, by.nppo, now)
        given = issuing.given(row, by, now)
        document = issuing.complete(row.document, row.nppo, given)
        problems = rules.problems(document, "issue", Codes())
        refuse_if_severe(problems)
        data = xml.to_xml(document, storage.blobs_of(row.nppo_id, document))
        refuse_if_severe(unfit(data))
        row.number, row.issued_at, row.issued_by, row.office = given.number, given.at, given.by, given.by.office
        storage.store(
            row, document, "number", "issued_at", "issued_by", "office", *_arrive(row, action.target, None, now)
        )
        replaced = _cancel_replaced(row, by, now)
        balances.draw(row, document)
        envelope = _enqueue(row, document, data, _envelope_of(replaced) if replaced else None)
        _keep(row, envelope, document.status, data, problems)
        _record(row, action, came_from, by, why.reason)
        transaction.on_commit(lambda: _ring(row, envelope))
    return row


def _approve_and_issue(action: Action, certificate: Certificate, by: Membership, why: Why) -> Certificate:
    """Both steps by one person, each with its event; where the NPPO says that one person may do both at once."""
    with transaction.atomic():
        row = _locked(action, certificate, by, why)
        approved = _move(TRANSITIONS["approve"], row, by, why)
        return _issue(TRANSITIONS["issue"], approved, by, why)


def _keep(row: Certificate, envelope: Envelope | None, status: str, data: bytes, problems: list[rules.Problem]) -> None:
    """The message that goes out, byte for byte."""
    Message.objects.create(
        nppo_id=row.nppo_id,
        certificate=row,
        envelope=envelope,
        status_code=status,
        xml=data,
        sha256=outbox.sha256(data),
        findings=[rules.as_data(problem) for problem in problems],
    )


def _envelope_of(row: Certificate) -> Envelope | None:
    """The envelope in which it was sent; None when it went on paper only."""
    sent = Envelope.objects.filter(messages__certificate=row, is_incoming=False, certificate_status=ephyto.ISSUED)
    return sent.defer("content").order_by("-pk").first()


def _cancel_replaced(row: Certificate, by: Membership, at: datetime) -> Certificate | None:
    """Mark what this certificate replaces, in the transaction that issues it. Raises WrongStatus when it was withdrawn,
    or replaced by another one, meanwhile.
    """
    if row.replaces_id is None:
        return None
    old = Certificate.objects.select_for_update().get(pk=row.replaces_id, nppo=by.nppo_id)
    if old.status != Status.ISSUED:
        raise WrongStatus(old, "replace")
    old.save(update_fields=_arrive(old, Status.REPLACED, None, at))
    words = ": ".join(text.text for text in ephyto.note_texts(row.document.notes, "ADRPR"))
    events.record(
        old, events.REPLACED, by=by, from_state=Status.ISSUED, to_state=old.status, reason=f"{row.number}: {words}"
    )
    return old


def _withdraw(action: Action, certificate: Certificate, by: Membership, why: Why) -> Certificate:
    """The record stays, and says so. What was sent is withdrawn by a message of the same number with status 40; what
    certainly never left is closed, and nothing is sent (Hub README, duty 12).
    """
    with transaction.atomic():
        row = _locked(action, certificate, by, why)
        row.original = why.original
        row.save(update_fields=["original", *_arrive(row, action.target, None, timezone.now())])
        sent, envelope = _envelope_of(row), None
        if sent is not None:
            document = replace(row.document, status=ephyto.WITHDRAWN)
            data = xml.to_xml(document, storage.blobs_of(row.nppo_id, document))
            envelope = _enqueue(row, document, data, receiver=sent.receiver)
            _keep(row, envelope, document.status, data, [])
        _record(row, action, Status.ISSUED, by, why.reason)
        transaction.on_commit(lambda: _ring(row, envelope))
    return row


def _enqueue(
    row: Certificate, document: ephyto.Document, data: bytes, replaces: Envelope | None = None, receiver: str = ""
) -> Envelope | None:
    """The outbox row; None when the NPPO has no connection, or wants paper only for this country. What follows something
    that was sent is always sent.
    """
    connection = Connection.objects.filter(nppo=row.nppo_id, is_active=True).first()
    is_first = not receiver and replaces is None
    country = document.import_country.code
    if connection is None or (is_first and partnership(row.nppo_id, country).way == Partnership.Way.PAPER):
        return None
    return outbox.enqueue(
        connection,
        receiver=receiver or partners.code_for(connection, country),
        certificate_type=document.type,
        certificate_status=document.status,
        certificate_number=document.number,
        content=data,
        replaces=replaces,
    )


def _ring(row: Certificate, envelope: Envelope | None) -> None:
    """After commit: the bells for delivery and paper. Should they not be heard, the sweeps find the work."""
    from certificates.tasks import render

    if envelope is not None:
        outbox.nudge(deliver, envelope.pk, row.nppo_id)
    outbox.nudge(render, row.pk, row.nppo_id)


_VERBS: Final = {
    "submit": _submit,
    "issue": _issue,
    "approve_and_issue": _approve_and_issue,
    "confirm": _issue,
    "withdraw": _withdraw,
}
