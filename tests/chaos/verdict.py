"""What a chaos run left behind: is every certificate at its receiver exactly once, with equal bytes, and nothing stuck?"""

from collections import Counter
from dataclasses import dataclass, field

from certificates.models import Certificate, Direction, Message, Status
from gens.accounts.tenancy import acting_for
from hubclient.models import Envelope
from hubclient.pilothub.models import Call, HeldEnvelope
from tests.chaos.people import Side

State = Envelope.State
ENDED = (State.DELIVERED, State.DELIVERED_WITH_WARNINGS, State.ACKNOWLEDGED)


@dataclass
class Verdict:
    """wrong: sentences, none when all is well. faults: what the Hub did, by name."""

    issued: int = 0
    arrived: int = 0
    wrong: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    sent_again: int = 0


def open_work(sides: list[Side]) -> int:
    """What is still under way on either side."""
    left = 0
    for side in sides:
        with acting_for(side.nppo.pk):
            left += Certificate.objects.filter(pk__in=side.waiting).exclude(status=Status.ISSUED).count()
            left += Envelope.objects.exclude(state__in=ENDED).count()
            left += Envelope.objects.filter(is_incoming=True, is_taken=False).count()
    return left


def judge(sides: list[Side]) -> Verdict:
    """Compare both sides, and the Hub."""
    found = Verdict()
    for side, other in (sides, sides[::-1]):
        sent, got = _sent(side), _got(other, side.nppo.code)
        found.issued += len(sent)
        found.arrived += len(got)
        for number, digest in sent.items():
            if got.get(number) != [digest]:
                found.wrong.append(f"{number}: sent {digest[:8]}, arrived {[d[:8] for d in got.get(number, [])]}")
        found.wrong += [f"{number} arrived and was never issued" for number in got.keys() - sent.keys()]
        found.wrong += _stuck(side)
    for struck in Call.objects.exclude(struck="").values_list("struck", flat=True):
        found.faults.update(struck.split())
    numbers = Counter(HeldEnvelope.objects.values_list("sender", "number", "certificate_status"))
    found.sent_again = sum(count - 1 for count in numbers.values())
    return found


def _sent(side: Side) -> dict[str, str]:
    """Number and fingerprint of what this side issued, with one outgoing envelope each."""
    with acting_for(side.nppo.pk):
        messages = Message.objects.filter(certificate__pk__in=side.waiting, certificate__direction=Direction.ISSUED)
        rows = list(messages.values_list("certificate__number", "sha256"))
    assert len(rows) == len(side.waiting), f"{len(side.waiting)} to issue, {len(rows)} messages"
    return dict(rows)


def _got(side: Side, sender: str) -> dict[str, list[str]]:
    """Number and fingerprints of all messages of each certificate that arrived here."""
    found: dict[str, list[str]] = {}
    with acting_for(side.nppo.pk):
        certificates = Certificate.objects.filter(direction=Direction.RECEIVED, counterpart=sender)
        for number, digest in certificates.values_list("number", "messages__sha256"):
            found.setdefault(number, []).append(digest)
    return found


def _stuck(side: Side) -> list[str]:
    with acting_for(side.nppo.pk):
        rows = Envelope.objects.exclude(state__in=ENDED).values_list(
            "certificate_number", "is_incoming", "state", "message"
        )
        return [f"{number} {'in' if is_in else 'out'}: {state} {words}" for number, is_in, state, words in rows[:50]]
