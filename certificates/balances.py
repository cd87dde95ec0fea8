"""What is left of a received certificate: each of its lines may be certified on for re-export only once (ISPM 12)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db.models import Sum

from certificates.ephyto.document import RE_EXPORT, Document, Measure, TradeLine
from certificates.models import Certificate, Direction, Drawn, Status

MEASURES: Final = ("net_weight", "gross_weight", "net_volume", "gross_volume")
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
    """A line that asks for more than is left. left: None when it does not state the quantity that counts."""

    number: int
    line: TradeLine
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


def of(received: Certificate, but: int | None = None) -> dict[str, Balance]:
    """The balance of each line that states a quantity, by line id. but: a certificate of ours that does not count."""
    used = _used(received, but)
    found = {}
    for line in received.content.lines:
        said = counted(line)
        if said is not None:
            name, measure = said
            had, unit = amount_of(measure)
            factor = had / measure.number if measure.number else Decimal(1)
            gone = used.get((line.id, unit), Decimal(0)) / (factor or 1)
            found[line.id] = Balance(name, measure.unit, measure.number or Decimal(0), gone)
    return found


def _used(received: Certificate, but: int | None) -> Mapping[tuple[str, str], Decimal]:
    rows = Drawn.objects.filter(source=received, certificate__status=Status.ISSUED).exclude(certificate=but)
    sums = rows.values_list("source_line", "unit").annotate(Sum("amount")).order_by()
    return {(line, unit): amount for line, unit, amount in sums}


def check(certificate: Certificate, document: Document) -> None:
    """Raises Overdrawn. Locks the received certificates, so that two officers cannot take the same balance. What this
    certificate replaces hands its quantities on.
    """
    if document.type == RE_EXPORT:
        sources = _sources(document, certificate.nppo_id)
        balances = {pk: of(source, certificate.replaces_id) for pk, source in sources.items()}
        if short := _shortages(document, balances):
            raise Overdrawn(short)


def draw(certificate: Certificate, document: Document) -> None:
    """Keep what this certificate takes, inside the transaction that issues it. Raises Overdrawn."""
    check(certificate, document)
    sources = _sources(document, certificate.nppo_id) if document.type == RE_EXPORT else {}
    for line in document.lines:
        source = sources.get(_source_of(line)[0])
        said = counted(line)
        if source is not None and said is not None:
            amount, unit = amount_of(said[1])
            Drawn.objects.create(
                nppo_id=certificate.nppo_id, certificate=certificate, line=line.id, source=source,
                source_line=_source_of(line)[1], amount=amount, unit=unit,
            )  # fmt: skip


def _source_of(line: TradeLine) -> tuple[int, str]:
    pk, _dot, line_id = line.drawn_from.partition(".")
    return (int(pk), line_id) if pk.isdecimal() else (0, "")


def _sources(document: Document, nppo_id: int) -> dict[int, Certificate]:
    wanted = {_source_of(line)[0] for line in document.lines} - {0}
    if not wanted:
        return {}
    rows = Certificate.objects.select_for_update().filter(pk__in=wanted, nppo=nppo_id, direction=Direction.RECEIVED)
    return {row.pk: row for row in rows.order_by("pk")}


def _shortages(document: Document, balances: dict[int, dict[str, Balance]]) -> list[Shortage]:
    """Several lines of ours may draw on the same received line: they are counted together, in their order."""
    asked: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    found = []
    for number, line in enumerate(document.lines, start=1):
        pk, line_id = _source_of(line)
        balance = balances.get(pk, {}).get(line_id)
        if balance is None:
            continue
        wanted, unit = amount_of(getattr(line, balance.name))
        left, left_unit = amount_of(balance.left)
        is_unstated = unit != left_unit or not wanted
        free = max(Decimal(0), left - asked[pk, line_id])
        asked[pk, line_id] += wanted
        if is_unstated or wanted > free:
            factor = amount_of(Measure("1", balance.unit))[0]
            found.append(Shortage(number, line, Measure(_plain(free / factor), balance.unit), is_unstated))
    return found


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
