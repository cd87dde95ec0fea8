"""What is left of a received certificate: each of its lines may be certified on for re-export only once (ISPM 12)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db.models import QuerySet, Sum

from certificates.ephyto.document import MEASURES, RE_EXPORT, Document, Measure, TradeLine
from certificates.models import Certificate, Direction, Drawn, Status

KILOGRAM: Final = "KGM"
# UN/ECE Rec 20: how many kilograms one is.
_WEIGHTS: Final = {
    "KGM": Decimal(1), "TNE": Decimal(1000), "GRM": Decimal("0.001"), "DTN": Decimal(100), "LBR": Decimal("0.45359237"),
}  # fmt: skip


@dataclass(frozen=True)
class Balance:
    """Of one line of a received certificate, in its own unit. name: the measure that counts, one of MEASURES."""

    name: str
    unit: str
    had: Decimal
    used: Decimal

    @property
    def left(self) -> Measure:
        return Measure(_plain(max(Decimal(0), self.had - self.used)), self.unit)

    @property
    def is_untouched(self) -> bool:
        return not self.used


@dataclass(frozen=True)
class Shortage:
    """The line of this number asks for more than is left, or does not state the quantity that counts."""

    number: int
    left: Measure
    is_unstated: bool = False


class Overdrawn(Exception):
    """More would be certified on than was received."""

    def __init__(self, shortages: list[Shortage]) -> None:
        super().__init__(f"{len(shortages)} lines ask for more than is left.")
        self.shortages = shortages


def counted(line: TradeLine) -> tuple[str, Measure] | None:
    """The measure by which a line is counted: the first of MEASURES that is a number with a unit."""
    measures = ((name, getattr(line, name)) for name in MEASURES)
    return next(((name, m) for name, m in measures if m.number is not None and m.unit), None)


def amount_of(measure: Measure) -> tuple[Decimal, str]:
    """The amount to add up: weights in kilograms, everything else in its own unit."""
    number = measure.number or Decimal(0)
    return (number * _WEIGHTS[measure.unit], KILOGRAM) if measure.unit in _WEIGHTS else (number, measure.unit)


def of(received: Iterable[Certificate], but: int | None = None) -> dict[tuple[int, str], Balance]:
    """The balance of each line that states a quantity, by certificate and line id. One query, however many certificates.

    but: a certificate of ours that does not count.
    """
    certificates = list(received)
    used = _used(certificates, but)
    found = {}
    for certificate in certificates:
        for line in certificate.document.lines:
            said = counted(line)
            if said is not None:
                name, measure = said
                had, unit = amount_of(measure)
                factor = had / measure.number if measure.number else Decimal(1)
                gone = used.get((certificate.pk, line.id, unit), Decimal(0)) / (factor or 1)
                found[certificate.pk, line.id] = Balance(name, measure.unit, measure.number or Decimal(0), gone)
    return found


def _used(certificates: list[Certificate], but: int | None) -> Mapping[tuple[int, str, str], Decimal]:
    rows = Drawn.objects.filter(source__in=certificates, certificate__status=Status.ISSUED).exclude(certificate=but)
    sums = rows.values_list("source_id", "source_line", "unit").annotate(Sum("amount")).order_by()
    return {(source, line, unit): amount for source, line, unit, amount in sums}


def check(certificate: Certificate, document: Document) -> dict[tuple[int, str], Balance]:
    """The balances this re-export draws on; nothing of an export. Raises Overdrawn.

    Locks the received certificates, so that two officers cannot take the same balance. What this certificate replaces
    hands its quantities on.
    """
    if document.type != RE_EXPORT:
        return {}
    balances = of(sources(document, certificate.nppo_id).select_for_update(), certificate.replaces_id)
    if short := _shortages(document, balances):
        raise Overdrawn(short)
    return balances


def draw(certificate: Certificate, document: Document) -> None:
    """Keep what this certificate takes, inside the transaction that issues it. Raises Overdrawn."""
    balances = check(certificate, document)
    rows = []
    for line in document.lines:
        source, source_line = source_of(line)
        if (balance := balances.get((source, source_line))) is not None:
            amount, unit = amount_of(getattr(line, balance.name))
            common = {"nppo_id": certificate.nppo_id, "certificate": certificate, "line": line.id}
            rows.append(Drawn(source_id=source, source_line=source_line, amount=amount, unit=unit, **common))
    Drawn.objects.bulk_create(rows)


def source_of(line: TradeLine) -> tuple[int, str]:
    """(received certificate, id of its line) that a line of ours draws on; (0, "") when on none."""
    pk, _dot, line_id = line.drawn_from.partition(".")
    return (int(pk), line_id) if pk.isdecimal() else (0, "")


def sources(document: Document, nppo_id: int) -> QuerySet[Certificate]:
    """The received certificates that the lines of a document draw on."""
    wanted = {source_of(line)[0] for line in document.lines} - {0}
    return Certificate.objects.filter(pk__in=wanted, nppo=nppo_id, direction=Direction.RECEIVED).order_by("pk")


def _shortages(document: Document, balances: dict[tuple[int, str], Balance]) -> list[Shortage]:
    """Several lines of ours may draw on the same received line: they are counted together, in their order."""
    asked: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    found = []
    for number, line in enumerate(document.lines, start=1):
        source = source_of(line)
        balance = balances.get(source)
        if balance is None:
            continue
        wanted, unit = amount_of(getattr(line, balance.name))
        left, left_unit = amount_of(balance.left)
        is_unstated = unit != left_unit or not wanted
        free = max(Decimal(0), left - asked[source])
        asked[source] += wanted
        if is_unstated or wanted > free:
            factor = amount_of(Measure("1", balance.unit))[0]
            found.append(Shortage(number, Measure(_plain(free / factor), balance.unit), is_unstated))
    return found


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
