"""One commodity line in parts: the quantity that counts as somebody says it, all else that is counted in proportion.

The sums of the parts are those of the line, to the last digit. Packages and pieces are whole: where the proportion makes
none, their number is left out of every part, and submitting asks for it; nothing is guessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from certificates.ephyto.document import (
    MEASURES,
    Measure,
    Note,
    Text,
    TradeLine,
    new_id,
    note_texts,
    number_of,
    set_notes,
)

OTHER, PACKAGES, IN_WORDS = "OQV", "packages", "OPTND"
_EXACT: Final = 1000  # from here on a quantity is divided as exactly as it is written; below by thousandths at least


def quantity(line: TradeLine) -> tuple[str, Measure] | None:
    """What a line is divided by, and which of its fields that is: the first measure it states, else the other quantity,
    else the number of its packages where these are of one kind. None: it goes whole.
    """
    said = [(name, getattr(line, name)) for name in MEASURES]
    units = note_texts(line.notes, "OQU")
    said += [(OTHER, Measure(text.text, "", units[0].text if units else "")) for text in note_texts(line.notes, OTHER)]
    if len(line.packages) == 1:
        said += [(PACKAGES, Measure(each.quantity, each.kind, each.kind_name)) for each in line.packages]
    return next(((name, each) for name, each in said if each.number), None)


def added(one: Decimal, other: Decimal) -> Decimal:
    """The exact sum, however long."""
    return Decimal(_written(*_difference(one, [other.copy_negate()])))


def left(line: TradeLine, amounts: Iterable[Decimal]) -> Decimal:
    """What remains of the line after these amounts; below zero where it has less, or nothing that can be divided."""
    said = quantity(line)
    total = (said[1].number if said else None) or Decimal(0)
    return Decimal(_written(*_difference(total, list(amounts))))


def parted(line: TradeLine, amounts: Sequence[Decimal]) -> list[TradeLine]:
    """A line for each of these amounts, which come to the whole. Each has ids of its own: the parts may meet again."""
    said = quantity(line)
    if said is None or left(line, amounts) or not all(amount > 0 for amount in amounts):
        raise ValueError(f"{amounts} are no parts of the line {line.id}.")
    name, _measure = said
    measured = {each: _proportion(getattr(line, each), amounts) for each in MEASURES if each != name}
    if name in MEASURES:
        measured[name] = [replace(getattr(line, name), value=_plain(amount)) for amount in amounts]
    pieces = _whole(next((text.text for text in note_texts(line.notes, OTHER)), ""), amounts)
    counts = [_whole(package.quantity, amounts) for package in line.packages]
    return [
        replace(
            line,
            id=new_id(),
            notes=_counted(line.notes, _plain(amount) if name == OTHER else pieces[i]),
            packages=tuple(replace(p, quantity=count[i]) for p, count in zip(line.packages, counts, strict=True)),
            treatments=tuple(replace(treatment, id=new_id()) for treatment in line.treatments),
            **_of_part(measured, i),
        )
        for i, amount in enumerate(amounts)
    ]


def _of_part(measured: dict[str, list[Measure]], place: int) -> dict[str, Any]:
    return {name: parts[place] for name, parts in measured.items()}


def _counted(notes: Iterable[Note], pieces: str) -> tuple[Note, ...]:
    """With this number of pieces; packages in words tell those of the whole line, and go."""
    return set_notes(set_notes(notes, OTHER, [Text(pieces)]), IN_WORDS, [])


def _proportion(measure: Measure, amounts: Sequence[Decimal]) -> list[Measure]:
    """The measure in this proportion. What is left by rounding goes, a last digit each, where most was cut off."""
    number = measure.number
    if number is None:
        return [Measure() for _amount in amounts]
    places = max(_places(number), 0 if number >= _EXACT else 3)
    exact = [share * 10**places for share in _shares(number, amounts)]
    units = [int(each) for each in exact]
    most_cut = sorted(range(len(units)), key=lambda i: units[i] - exact[i])
    for i in most_cut[: int(sum(exact)) - sum(units)]:
        units[i] += 1
    return [replace(measure, value=_written(each, places)) if each else Measure() for each in units]


def _whole(count: str, amounts: Sequence[Decimal]) -> list[str]:
    """The count in this proportion; "" for all when one of them would be no whole number."""
    number = number_of(count)
    shares = _shares(number, amounts) if number else []
    if not shares or any(share.denominator != 1 for share in shares):
        return ["" for _amount in amounts]
    return [str(share) for share in shares]


def _shares(number: Decimal, amounts: Sequence[Decimal]) -> list[Fraction]:
    whole = sum((Fraction(amount) for amount in amounts), Fraction(0))
    return [Fraction(number) * Fraction(amount) / whole for amount in amounts]


def _difference(total: Decimal, amounts: list[Decimal]) -> tuple[int, int]:
    """(units, decimal places): in integers, since a Decimal would round what is longer than 28 digits."""
    places = max(map(_places, [total, *amounts]))
    rest = Fraction(total) - sum((Fraction(amount) for amount in amounts), Fraction(0))
    return int(rest * 10**places), places


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _plain(number: Decimal) -> str:
    return _written(int(Fraction(number) * 10 ** _places(number)), _places(number))


def _written(units: int, places: int) -> str:
    """Without an exponent, and without noughts at the end of decimals."""
    whole, rest = divmod(abs(units), 10**places)
    decimals = str(rest).zfill(places).rstrip("0") if rest else ""
    return ("-" if units < 0 else "") + str(whole) + (f".{decimals}" if decimals else "")
