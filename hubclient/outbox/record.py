"""Writing down what became of an outgoing envelope. Called inside the transaction of what it tells, the row locked."""

import random
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from gens.accounts import events
from gens.accounts.models import Membership
from hubclient.models import Envelope, Forwarding
from hubclient.soap import Header

State, Reason = Envelope.State, Envelope.Reason
HUB_STATE: Final = 256  # characters kept of a state that the Hub may invent
LONGEST_NUMBER: Final = 256  # characters of a tracking number; the contract sets none
RECEIVED: Final = (State.DELIVERED, State.DELIVERED_WITH_WARNINGS)


def save(row: Envelope | Forwarding, **changes: object) -> None:
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=[*changes])


def tell(envelope: Envelope, action: str, reason: str = "", by: Membership | None = None, partner: str = "") -> None:
    receiver = partner or envelope.receiver
    events.record(envelope, action, by=by, to_state=envelope.state, reason=reason, partner=receiver)


def close(envelope: Envelope, why: Envelope.Reason, message: str = "", by: Membership | None = None) -> None:
    """End an envelope that the Hub certainly never had."""
    now = timezone.now()
    save(envelope, state=State.NOT_SENT, reason=why, message=message, ended_at=now, due_at=now)
    tell(envelope, events.NOT_SENT, reason=message or str(why.label), by=by)


def fail(envelope: Envelope, why: Envelope.Reason, message: str = "", by: Membership | None = None) -> None:
    """End an envelope that will not be delivered, though the Hub may have had it."""
    now = timezone.now()
    save(envelope, state=State.FAILED, reason=why, message=message, ended_at=now, due_at=now)
    tell(envelope, events.NOT_DELIVERED, reason=message or str(why.label), by=by)


def wait(envelope: Envelope, message: str, until: datetime) -> None:
    save(envelope, state=State.WAITING, message=message, due_at=until)


def doubt(envelope: Envelope, message: str) -> None:
    """Nobody can say whether the Hub took it: it is looked for before it is sent again."""
    save(
        envelope, state=State.UNKNOWN, message=message, is_doubtful=True, looks=0, due_at=timezone.now() + look_after()
    )


def taken(envelope: Envelope, answer: Header) -> None:
    """The Hub has it. A tracking number that cannot be kept, or is another envelope's, ends it: nobody can follow it."""
    now = timezone.now()
    number = answer.tracking_number
    if len(number) > LONGEST_NUMBER or is_known(envelope, number):
        save(envelope, tracking_number="", is_doubtful=True, sent_at=now)
        words = f"The Hub's tracking number {number[:LONGEST_NUMBER]} is another envelope's, or too long."
        fail(envelope, Reason.NO_TRACKING, words)
        return
    save(
        envelope,
        state=State.PENDING,
        tracking_number=number,
        hub_state=answer.tracking_info[:HUB_STATE],
        message="",
        sent_at=now,
        due_at=now + timedelta(seconds=settings.SWEEP_SECONDS),
    )
    _forwarded(envelope, answer, now)
    tell(envelope, events.HUB_ACCEPTED)


def is_known(envelope: Envelope, tracking_number: str) -> bool:
    """Whether an envelope of this connection already holds this tracking number."""
    ours = Envelope.objects.filter(connection=envelope.connection_id, is_incoming=False)
    return ours.filter(tracking_number=tracking_number).exists()


def _forwarded(envelope: Envelope, answer: Header, now: datetime) -> None:
    """Each channel with the tracking number the Hub gave it; a channel without one got nothing."""
    numbers = {asked.code: "" for asked in envelope.forwardings.all()}
    numbers |= {each.code[:12]: each.tracking_number for each in answer.forwardings}
    for code, number in numbers.items():
        is_queued = 0 < len(number) <= LONGEST_NUMBER
        fields = {
            "nppo_id": envelope.nppo_id,
            "connection_id": envelope.connection_id,
            "tracking_number": number if is_queued else "",
            "state": State.PENDING if is_queued else State.NOT_SENT,
            "sent_at": now if is_queued else None,
            "ended_at": None if is_queued else now,
            "due_at": envelope.due_at,
        }
        Forwarding.objects.update_or_create(envelope=envelope, code=code, defaults=fields)


def pause(attempts: int) -> timedelta:
    """Before trying again: from seconds to an hour, with jitter so that not all come back at once."""
    return _jittered(min(3600.0, settings.SWEEP_SECONDS * 2 ** min(attempts, 10)))


def interval(age: timedelta) -> timedelta:
    """Until the next question about a delivery: a tenth of its age, from one sweep to six hours, with jitter."""
    return _jittered(min(6 * 3600.0, max(settings.SWEEP_SECONDS, age.total_seconds() / 10)))


def _jittered(seconds: float) -> timedelta:
    return timedelta(seconds=seconds * random.uniform(0.5, 1.0))  # noqa: S311  no secret


def look_after() -> timedelta:
    """Between two looks for an envelope of unknown outcome: minutes, for the Hub may still be at work on it."""
    return timedelta(seconds=settings.HUBCLIENT_LOOK_SECONDS)
