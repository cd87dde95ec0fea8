"""Renewing a shared list from its source: what differs is written and kept, what is gone is retired, never deleted.

One way for the starting files, the Hub, files that somebody gives, EPPO and UN/LOCODE. All or nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from codelists import naming
from codelists.models import FIELDS, Code, CodeChange, Refresh, plain

BATCH: Final = 2000
TOO_MANY: Final = 10  # more than a tenth of the list retired at once: somebody must look


class Held(Exception):
    """The renewal would retire too much, or came with nothing; the message says so."""


def renew(
    list_name: str,
    wanted: Iterable[Code],
    *,
    source: str,
    replaces: Q,
    by_name: str = "",
    is_guarded: bool = True,
    keeps_names: bool = True,
    refresh: Refresh | None = None,
) -> Refresh:
    """Write these codes, retire the active ones among `replaces` that they lack. Returns what was done.

    by_name: who lets it; "" is the system. is_guarded: raises Held, and changes nothing, when more than a tenth would be
    retired or there is no code at all. keeps_names: languages that come without a name keep the one they have.
    refresh: the row that tells of it, when it was held before.
    """
    with transaction.atomic():
        refresh = refresh or Refresh(list=list_name, source=source)
        refresh.state, refresh.by_name, refresh.wanted, refresh.at = (
            Refresh.State.APPLIED,
            by_name,
            None,
            timezone.now(),
        )
        refresh.added = refresh.changed = refresh.retired = 0
        refresh.save()
        before = _active(list_name, replaces).count()
        seen: set[str] = set()
        for batch in _batches(wanted):
            seen.update(code.code for code in batch)
            _write(refresh, list(_judged(list_name, batch, keeps_names)))
        gone = _gone(list_name, seen, replaces)
        refresh.retired = len(gone)
        if is_guarded and not seen:
            raise Held("It came without a single code.")
        if is_guarded and TOO_MANY * len(gone) > before:
            raise Held(f"It would retire {len(gone)} of {before} codes, more than a tenth.")
        _retire(refresh, gone)
        refresh.save(update_fields=["added", "changed", "retired"])
    return refresh


@dataclass(frozen=True)
class Difference:
    """What renewing does to one code. changes: field to [before, after], of a code that is there."""

    code: Code
    action: str  # added, changed, retired
    changes: dict[str, list[Any]]


def preview(list_name: str, wanted: Iterable[Code], replaces: Q, *, keeps_names: bool = True) -> Iterator[Difference]:
    """What renewing would do, code by code; those that stay as they are are left out."""
    seen: set[str] = set()
    for batch in _batches(wanted):
        seen.update(code.code for code in batch)
        yield from _judged(list_name, batch, keeps_names)
    yield from (Difference(code, "retired", {}) for code in _gone(list_name, seen, replaces))


def _batches(codes: Iterable[Code]) -> Iterator[list[Code]]:
    rows = iter(codes)
    while batch := list(islice(rows, BATCH)):
        yield batch


def _judged(list_name: str, batch: list[Code], keeps_names: bool) -> Iterator[Difference]:
    held = {code.code: code for code in Code.objects.filter(list=list_name, code__in=[c.code for c in batch])}
    for code in batch:
        stored = held.get(code.code)
        merged = _merged(stored, code, keeps_names)
        if stored is None:
            yield Difference(merged, "added", {})
        elif changes := _changes(stored, merged):
            yield Difference(merged, "changed", changes)


def _write(refresh: Refresh, found: list[Difference]) -> None:
    rows = Code.objects.bulk_create(
        [each.code for each in found],
        update_conflicts=True,
        unique_fields=["list", "code"],
        update_fields=["source", *FIELDS],
    )
    naming.write(rows)
    CodeChange.objects.bulk_create(
        CodeChange(refresh=refresh, code=each.code, action=each.action, changes=each.changes) for each in found
    )
    refresh.added += sum(each.action == "added" for each in found)
    refresh.changed += sum(each.action == "changed" for each in found)


def _merged(stored: Code | None, code: Code, keeps_names: bool) -> Code:
    """The code as it shall stand. A list that says nothing of a field that ours knows leaves it."""
    code.is_active = True
    if stored is not None and keeps_names:
        code.names = stored.names | code.names
        code.synonyms = code.synonyms or stored.synonyms
        for name in ("symbol", "kind", "parent", "position"):
            setattr(code, name, getattr(code, name) or getattr(stored, name))
    return code


def _changes(stored: Code, code: Code) -> dict[str, list[Any]]:
    before, after = plain(stored), plain(code)
    return {name: [_json(before[name]), _json(after[name])] for name in FIELDS if before[name] != after[name]}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _active(list_name: str, replaces: Q) -> QuerySet[Code]:
    return Code.objects.filter(replaces, list=list_name, is_active=True)


def _gone(list_name: str, seen: set[str], replaces: Q) -> list[Code]:
    active = _active(list_name, replaces).only("pk", "code", "list")
    return [code for code in active.iterator(chunk_size=BATCH) if code.code not in seen]


def _retire(refresh: Refresh, gone: list[Code]) -> None:
    Code.objects.filter(pk__in=[code.pk for code in gone]).update(is_active=False)
    CodeChange.objects.bulk_create(
        (CodeChange(refresh=refresh, code=code, action="retired") for code in gone), batch_size=BATCH
    )
