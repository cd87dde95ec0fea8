"""What two states of a document differ in, field by field: for whoever approves what was returned before."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from certificates.ephyto import show
from certificates.ephyto.document import Document
from certificates.ephyto.show import Row

# A position in a list that has no ids: it moves when something is put before it, so it is no part of a field's name.
_POSITION: Final = re.compile(r"(?<!^lines)\.\d+(?=\.|$)")
_Key = tuple[str, str, str]


@dataclass(frozen=True)
class Change:
    """One field: what stood there and what stands there now; () where nothing did. heading, label: English, msgids;
    number: of the line as it stands now (of a removed line: as it stood), 0 outside the lines.
    """

    heading: str
    number: int
    label: str
    before: tuple[Row, ...]
    after: tuple[Row, ...]


def changes(before: Document, after: Document) -> list[Change]:
    """Every field that differs, in the order of the document, removed ones last. What only moved is no change."""
    old, new = _fields(before), _fields(after)
    found = []
    for key in [*new, *(key for key in old if key not in new)]:
        heading, number, was = old.get(key, ("", 0, []))
        heading, number, now = new.get(key, (heading, number, []))
        gone, come = _without(was, now), _without(now, was)
        if gone or come:
            found.append(Change(heading, number, key[1], gone, come))
    return found


def _fields(document: Document) -> dict[_Key, tuple[str, int, list[Row]]]:
    """The rows of each field: a code and its name as printed stand under one label, and are one field."""
    found: dict[_Key, tuple[str, int, list[Row]]] = {}
    for group in show.groups(document):
        for row in group.rows:
            place, _, name = _POSITION.sub("", row.path).rpartition(".")
            key = (place or name, row.label, row.language)
            found.setdefault(key, (group.heading, group.number, []))[2].append(row)
    return found


def _without(rows: list[Row], others: list[Row]) -> tuple[Row, ...]:
    """Those that the others do not have; a value said twice counts twice."""
    left = Counter((row.value, row.meaning) for row in others)
    kept = []
    for row in rows:
        said = (row.value, row.meaning)
        left[said] -= 1
        if left[said] < 0:
            kept.append(row)
    return tuple(kept)
