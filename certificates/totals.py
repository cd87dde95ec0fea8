"""What the lines of a document come to: weights and packages added up where that is no wrong sum."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from certificates.ephyto.document import Document, Measure, Package, TradeLine, note_texts, number_of
from certificates.ephyto.once import once


@dataclass(frozen=True)
class Total:
    """A sum over all lines; of lines that do not fit together none, and why: some lack it, or the units differ."""

    sum: Measure | None = None
    lacking: int = 0
    is_mixed: bool = False


@dataclass(frozen=True)
class Totals:
    """packages: one of each kind and level, with the number of all its packages; worded: lines that say theirs in words
    or in numbers that cannot be read."""

    net_weight: Total
    gross_weight: Total
    packages: tuple[Package, ...]
    worded: int


@once
def of(document: Document) -> Totals:
    lines = document.lines
    packages, unread = _packages(lines)
    in_words = {line.id for line in lines if note_texts(line.notes, "OPTND")}
    return Totals(
        weight(line.net_weight for line in lines),
        weight(line.gross_weight for line in lines),
        packages,
        len(in_words | unread),
    )


def weight(measures: Iterable[Measure]) -> Total:
    """The sum, when every line has a number and all have the same unit."""
    every = list(measures)
    numbers = [number for measure in every if (number := measure.number) is not None]
    if lacking := len(every) - len(numbers):
        return Total(lacking=lacking)
    if len({measure.unit for measure in every}) != 1:
        return Total(is_mixed=bool(every))
    return Total(Measure(str(sum(numbers)), every[0].unit, every[0].unit_name))


def _packages(lines: tuple[TradeLine, ...]) -> tuple[tuple[Package, ...], set[str]]:
    """Each kind and level added up, in the order in which they come; and the lines of which one has no number."""
    counts: dict[tuple[str, str], Decimal] = {}
    names: dict[tuple[str, str], str] = {}
    unread: set[str] = set()
    for line in lines:
        for package in line.packages:
            key, number = (package.level, package.kind), number_of(package.quantity)
            if number is None:
                unread.add(line.id)
                continue
            counts[key] = counts.get(key, Decimal(0)) + number
            names.setdefault(key, package.kind_name)
    made = (Package(level, kind, str(count), names[level, kind]) for (level, kind), count in counts.items())
    return tuple(made), unread
