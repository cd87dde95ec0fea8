"""What goes out: the envelope is stored first, sent outside any transaction, and its outcome asked about, not guessed.

States: WAITING → SENDING (claimed, with a lease) → PENDING (at the Hub) → one of four ends; UNKNOWN between, when nobody
can say whether the Hub took it: then it is looked for twice, minutes apart, before it is sent again. NOT_SENT is the end
of what certainly never reached the Hub (Hub README, duties).
"""

from gens.accounts.bells import nudge
from hubclient.outbox.queue import NotPossible, enqueue, give_up, recall, retry, sha256
from hubclient.outbox.sending import deliver
from hubclient.outbox.settling import settle_unknown
from hubclient.outbox.tracking import track, track_forwarding

__all__ = [
    "NotPossible",
    "deliver",
    "enqueue",
    "give_up",
    "nudge",
    "recall",
    "retry",
    "settle_unknown",
    "sha256",
    "track",
    "track_forwarding",
]
