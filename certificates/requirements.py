"""What destinations demand: found for a draft, and brought and taken away as a table. `administration` has its screens."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from certificates.models import Requirement
from codelists import tabular
from codelists.folding import fold
from codelists.lookup import Codes
from codelists.tabular import CellError, Row
from gens.accounts.models import Nppo

COLUMNS: Final = [
    "destination", "plant", "part", "intended_use", "kind", "text", "declarations", "treatments", "documents",
    "validity_days", "source", "valid_from", "valid_until",
]  # fmt: skip
_BETWEEN: Final = "|"  # declarations in one cell
_LENGTHS: Final = {"plant": 256, "part": 70, "intended_use": 256, "source": 400}
_PARAMETER: Final = re.compile(r"\{([^{}]*)\}")
_GAP: Final = "\0"  # stands in no text
IS_LINK: Final = URLValidator(schemes=["https", "http"])


def in_force(nppo: Nppo, on: date) -> QuerySet[Requirement]:
    starts = Q(valid_from=None) | Q(valid_from__lte=on)
    ends = Q(valid_until=None) | Q(valid_until__gte=on)
    return Requirement.objects.filter(starts, ends, nppo=nppo)


def found(nppo: Nppo, destination: str, plants: Iterable[str], on: date) -> list[Requirement]:
    """What this destination demands of these plants (scientific names) on this day, the most specific first.

    An entry for a genus holds for its species, one without a plant for all. One query.
    """
    rows = in_force(nppo, on).filter(destination=destination, folded__in=covered(plants))
    return sorted(rows, key=lambda row: (-len(row.folded.split()), row.part == "", row.pk))


def covered(plants: Iterable[str]) -> set[str]:
    """What entries that hold for these plants are about: nothing, a genus, a species."""
    names = {fold(each) for plant in plants for each in plant.split(",") if fold(each)}
    return {"", *names, *(name.split()[0] for name in names)}


def parameters(declaration: str) -> list[str]:
    """The names in braces, in order, each once: what an officer fills in."""
    return list(dict.fromkeys(name.strip() for name in _PARAMETER.findall(declaration)))


def filled(declaration: str, values: Mapping[str, str]) -> str:
    """The declaration with these values in place of its parameters."""
    return _PARAMETER.sub(lambda brace: values[brace[1].strip()], declaration)


def is_declared(declaration: str, said: str) -> bool:
    """Whether a text says this, whatever its parameters are filled with; without regard to case, accents and spaces."""
    pieces, text, end = fold(_PARAMETER.sub(_GAP, declaration)).split(_GAP), fold(said), 0
    for number, piece in enumerate(pieces):
        start = text.find(piece, end + (1 if number else 0))  # a parameter is a letter at least
        if start < 0:
            return False
        end = start + len(piece)
    return True


def sound(declaration: str) -> bool:
    """Whether every brace belongs to a parameter with a name."""
    rest = _PARAMETER.sub("", declaration)
    return "{" not in rest and "}" not in rest and all(parameters(declaration))


def rows(entries: Iterable[Requirement]) -> Iterator[list[str]]:
    """In the order of COLUMNS."""
    for entry in entries:
        said: dict[str, Any] = {name: getattr(entry, name) for name in COLUMNS}
        said["declarations"] = f" {_BETWEEN} ".join(entry.declarations)
        yield ["" if value is None else str(value) for value in said.values()]


def read(nppo: Nppo, table: list[Row]) -> tuple[list[Requirement], list[CellError]]:
    """The entries of the rows, not stored, and what is wrong with them."""
    errors: list[CellError] = []
    entries, codes = [], Codes()
    seen: dict[tuple[str, ...], int] = {}
    for row in table:
        said = {name: row.values.get(name, "") for name in COLUMNS}
        entry = Requirement(nppo=nppo, destination=said["destination"].upper(), kind=said["kind"] or "conditions")
        for name in ("plant", "part", "intended_use", "text", "treatments", "documents", "source"):
            setattr(entry, name, said[name])
        entry.declarations = [each.strip() for each in said["declarations"].split(_BETWEEN) if each.strip()]
        entry.folded = fold(entry.plant)
        errors += [CellError(row.line, column, words) for column, words in _wrong(said, entry, codes)]
        errors += tabular.too_long(row, _LENGTHS)
        if (key := key_of(entry)) in seen:
            errors.append(CellError(row.line, "plant", _("Line %(line)s is about the same.") % {"line": seen[key]}))
        seen.setdefault(key, row.line)
        entries.append(entry)
    return entries, errors


def key_of(entry: Requirement) -> tuple[str, ...]:
    """What an entry is about: two that say the same cannot both be in force."""
    return entry.destination, entry.folded, fold(entry.part), fold(entry.intended_use)


def _wrong(said: dict[str, str], entry: Requirement, codes: Codes) -> Iterator[tuple[str, str]]:
    """(column, what is wrong); days and dates are put into the entry."""
    if not codes.known("country", entry.destination):
        yield "destination", _("“%(code)s” is no country code.") % {"code": said["destination"]}
    if entry.kind not in Requirement.Kind.values:
        yield "kind", _("Write one of: %(values)s.") % {"values": ", ".join(Requirement.Kind.values)}
    if not all(sound(each) for each in entry.declarations):
        yield "declarations", _("Every brace { } holds the name of a parameter.")
    if said["source"] and not is_link(said["source"]):
        yield "source", _("It is no web address. Write https://…")
    yield from _days(said, entry)


def _days(said: dict[str, str], entry: Requirement) -> Iterator[tuple[str, str]]:
    """The numbers and dates among it."""
    if days := said["validity_days"]:
        if days.isascii() and days.isdecimal() and 0 < int(days) <= 366:
            entry.validity_days = int(days)
        else:
            yield "validity_days", _("Write a number of days from 1 to 366.")
    for name in ("valid_from", "valid_until"):
        day, wrong = tabular.day(said[name])
        setattr(entry, name, day)
        if wrong:
            yield name, wrong
    if entry.valid_from and entry.valid_until and entry.valid_until < entry.valid_from:
        yield "valid_until", _("It ends before it begins.")


def is_link(text: str) -> bool:
    try:
        IS_LINK(text)
    except ValidationError:
        return False
    return True
