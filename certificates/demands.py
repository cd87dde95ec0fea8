"""What the destination demands of a draft, held against its lines: which entries hold for which of them, which of their
declarations no text of the certificate makes yet, and by when the goods must leave. Nothing here blocks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from typing import Final, NamedTuple

from certificates import requirements
from certificates.ephyto import dates
from certificates.ephyto.document import Document, Note, TradeLine, note_texts
from certificates.ephyto.once import once
from certificates.models import Requirement
from codelists.folding import fold
from codelists.lookup import codes_by_name
from gens.accounts.models import Nppo

PART: Final = "IPPCPCVP"
_BETWEEN: Final = "\n\n"  # texts of notes
SOON: Final = 2  # days left from which on the limit is a warning
Alike = Callable[[str], dict[str, str]]  # of a list: name to code


class Goods(NamedTuple):
    """What requirements are compared with: one line, and what is declared of it alone."""

    number: int
    line_id: str
    plants: str
    part: str
    uses: tuple[str, ...]
    declared: str


@dataclass(frozen=True)
class Declaration:
    """A declaration that an entry asks for. key: how a form names it. missing: the lines of which nothing says so."""

    key: str
    words: str
    missing: list[Goods]


@dataclass(frozen=True)
class Demand:
    """An entry with the lines for which it holds; none when it is about another part or use of the same plants."""

    entry: Requirement
    goods: list[Goods]
    declarations: list[Declaration]

    @property
    def is_prohibition(self) -> bool:
        return bool(self.goods) and self.entry.kind == Requirement.Kind.PROHIBITED

    @property
    def numbers(self) -> list[int]:
        return [each.number for each in self.goods]

    @property
    def missing(self) -> list[Declaration]:
        return [each for each in self.declarations if each.missing]


@dataclass(frozen=True)
class Limit:
    """The strictest number of days from inspection to departure; of an inspected consignment its last day."""

    days: int
    last: date | None
    left: int | None

    @property
    def is_over(self) -> bool:
        return self.left is not None and self.left < 0

    @property
    def is_near(self) -> bool:
        return self.left is not None and self.left <= SOON


@once
def goods_of(document: Document) -> list[Goods]:
    """Every line of a document."""
    return [goods(line, number) for number, line in enumerate(document.lines, 1)]


def goods(line: TradeLine, number: int) -> Goods:
    return Goods(
        number,
        line.id,
        ", ".join(text.text for text in line.scientific_names),
        next((text.text for each in line.classifications if each.system == PART for text in each.names), ""),
        tuple(text.text for text in line.intended_uses),
        _said(line.notes, "ADTLIL", "ADAOTLIL"),
    )


def declared(document: Document) -> str:
    """What is declared of the whole consignment."""
    return _said(document.notes, "ADEDL", "ADAOEDL")


def _said(notes: tuple[Note, ...], *subjects: str) -> str:
    return _BETWEEN.join(note.text for subject in subjects for note in notes if note.subject == subject)


def of(nppo: Nppo, destination: str, concerned: list[Goods], of_all: str, on: date) -> list[Demand]:
    """What this destination demands of these goods on this day: prohibitions first, what is apart last. of_all: what is
    declared of the whole consignment.
    """
    if not destination:
        return []
    entries = requirements.found(nppo, destination, {each.plants for each in concerned}, on)
    alike = cache(codes_by_name)
    demands = []
    for entry in entries:
        holds = cache(partial(_holds, entry, alike))  # of five hundred lines most are of a few kinds
        held = [each for each in concerned if holds(each.plants, each.part, each.uses)]
        demands.append(Demand(entry, held, _declarations(entry, held, of_all)))
    return sorted(demands, key=lambda demand: (not demand.is_prohibition, not demand.goods))


def _declarations(entry: Requirement, held: list[Goods], of_all: str) -> list[Declaration]:
    found = []
    for place, words in enumerate(entry.declarations):

        @cache
        def is_declared(of_line: str, words: str = words) -> bool:
            return requirements.is_declared(words, _BETWEEN.join((of_all, of_line)))

        missing = [each for each in held if not is_declared(each.declared)]
        found.append(Declaration(f"{entry.pk}.{place}", words, missing))
    return found


def _holds(entry: Requirement, alike: Alike, plants: str, part: str, uses: tuple[str, ...]) -> bool:
    return (
        entry.folded in requirements.covered([plants])
        and _may_be("vegetable_part", entry.part, [part], alike)
        and _may_be("intended_use", entry.intended_use, uses, alike)
    )


def _may_be(list_name: str, wanted: str, said: Iterable[str], alike: Alike) -> bool:
    """Whether this part or use may be meant. Only what the list knows as something else is not: words stay doubtful."""
    given = [fold(each) for each in said if each.strip()]
    if not wanted or not given or fold(wanted) in given:
        return True
    codes = alike(list_name)
    meant = codes.get(fold(wanted))
    return meant is None or any(codes.get(each) in (None, meant) for each in given)


def limit(demands: Iterable[Demand], inspected: str, today: date) -> Limit | None:
    """By when goods inspected on this day, as the document writes it, must leave; None when nothing is demanded."""
    days = [d.entry.validity_days for d in demands if d.goods and d.entry.validity_days]
    if not days:
        return None
    parsed = dates.parse(inspected)
    last = parsed.day + timedelta(days=min(days)) if parsed else None
    return Limit(min(days), last, (last - today).days if last else None)


def inspected(document: Document) -> str:
    """The date of inspection, as the document writes it."""
    return next((text.text for text in note_texts(document.notes, "ADDIEDL")), "")
