"""The shapes of rules and problems, and how a rule walks a document."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from certificates.ephyto.document import Document, Text, TradeLine

Level = Literal["SEVERE", "WARNING", "INFO"]
Stage = Literal["submit", "issue", "received", "hub"]
SEVERE: Final = "SEVERE"
WARNING: Final = "WARNING"
INFO: Final = "INFO"

# Areas of the Hub's ValidationResult.
MANDATORY: Final = "MandatoryElements"
MAPPING: Final = "Mapping"
SCHEMA: Final = "Schema"

OURS: Final[frozenset[Stage]] = frozenset({"submit", "issue"})
AT_ISSUE: Final[frozenset[Stage]] = frozenset({"issue"})
EVERYWHERE: Final[frozenset[Stage]] = frozenset({"submit", "issue", "received", "hub"})
COMPLETE: Final[frozenset[Stage]] = frozenset({"issue", "received", "hub"})
ARRIVED: Final[frozenset[Stage]] = frozenset({"received", "hub"})
RECEIVED: Final[frozenset[Stage]] = frozenset({"received"})

BLANKS: Final = {"", "null", "ninguno", "sin dato"}


class Codes(Protocol):
    """What rules ask of code lists."""

    def known(self, list_name: str, code: str) -> bool | None:
        """Whether an active list holds the code; None when there is no such list to judge by."""


class NoCodes:
    """Judges without code lists: every code is left alone."""

    def known(self, list_name: str, code: str) -> bool | None:
        return None


# Where a rule is broken: path to the field, in the document or in its line, and the parameters of its text.
Finding = tuple[str, dict[str, str]]
Check = Callable[[Document, Codes], Iterator[Finding]]
# Of a line: from itself alone, so that it is judged once, however often its document is.
LineCheck = Callable[[TradeLine], Iterator[Finding]]
# The codes in a line that a list must hold: path in the line, name of the list, code.
LineCodes = Callable[[TradeLine], Iterator[tuple[str, str, str]]]


def nothing(*_judged: object) -> Iterator[Any]:
    yield from ()


@dataclass(frozen=True)
class Rule:
    """id, what is wrong in English with {params}, and how to find it: in the document; in each of its lines, whose
    number is {line}; by the codes of each line. type: its lines are judged in certificates of this kind only.
    """

    id: str
    area: str
    level: Level
    stages: frozenset[Stage]
    source: str
    text: str
    check: Check = field(default=nothing, repr=False)
    of_line: LineCheck = field(default=nothing, repr=False)
    codes: LineCodes = field(default=nothing, repr=False)
    type: str = ""


@dataclass(frozen=True)
class Problem:
    """A broken rule. path names the field, such as consignee.name or lines.<line id>.net_weight."""

    rule: str
    area: str
    level: Level
    path: str
    params: dict[str, str] = field(default_factory=dict, hash=False)


def is_blank(text: str) -> bool:
    """Empty, or one of the words that some systems write for nothing."""
    return text.strip().casefold() in BLANKS


def has_text(texts: tuple[Text, ...]) -> bool:
    return any(not is_blank(text.text) for text in texts)


def gettext_noop(text: str) -> str:
    """Marks a text for translation; the words are looked up where they are shown."""
    return text


def blank(path: str, value: Callable[[Document], str]) -> Check:
    """A field of the document that must not be blank."""

    def check(document: Document, codes: Codes) -> Iterator[Finding]:
        if is_blank(value(document)):
            yield path, {}

    return check
