"""What drafts to a destination usually say, as an administrator keeps it with the partner: offered where it is missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certificates.ephyto.document import RE_EXPORT
from certificates.models import Partnership
from codelists.lookup import name_of

_FREE: Final = (Partnership.Clauses.FREE, Partnership.Clauses.BOTH)
_NO_LIABILITY: Final = (Partnership.Clauses.LIABILITY, Partnership.Clauses.BOTH)


@dataclass(frozen=True)
class Habit:
    """One thing that is usual, in words, and the fields of the section's form that say it."""

    label: str | Promise
    words: str
    fields: dict[str, Any]


def is_kept(nppo_id: int) -> bool:
    """Whether this NPPO keeps what is usual for any country."""
    nothing = Q(usual_transit=[], usual_clauses="", usual_mode="", usual_entry="", language_note="")
    return Partnership.objects.filter(~nothing, nppo=nppo_id).exists()


def of(row: Partnership, section: str, kind: str, language: str) -> list[Habit]:
    """What is usual in this section of a draft of this kind to this country."""
    if section == "transport":
        return list(_transport(row, language))
    return list(_consignment(row, kind, language)) if section == "consignment" else []


def _consignment(row: Partnership, kind: str, language: str) -> Iterator[Habit]:
    if row.usual_transit:
        names = ", ".join(name_of("country", code, language) for code in row.usual_transit)
        yield Habit(_("Transit"), names, {f"transits-{i}-country": code for i, code in enumerate(row.usual_transit)})
    if row.usual_clauses:
        ticked = {"no_liability": row.usual_clauses in _NO_LIABILITY}
        if kind != RE_EXPORT:  # its model has no other clause
            ticked["practically_free"] = row.usual_clauses in _FREE
        yield Habit(_("Optional clauses"), str(row.get_usual_clauses_display()), ticked)


def _transport(row: Partnership, language: str) -> Iterator[Habit]:
    if row.usual_mode:
        name = name_of("transport", row.usual_mode, language)
        yield Habit(_("Mode of transport"), name, {"movements-0-mode": row.usual_mode})
    if row.usual_entry:
        yield Habit(_("Declared point of entry"), row.usual_entry, {"entry_name": row.usual_entry})


def missing(habits: list[Habit], typed: Mapping[str, Any]) -> list[Habit]:
    """Those that the form does not say, and says nothing else in the place of: what somebody chose stays chosen."""
    return [habit for habit in habits if _is_missing(habit, typed)]


def _is_missing(habit: Habit, typed: Mapping[str, Any]) -> bool:
    values = [typed.get(name) for name in habit.fields]
    if all(isinstance(value, bool) for value in habit.fields.values()):
        return [bool(value) for value in values] != list(habit.fields.values())
    return not any(values)
