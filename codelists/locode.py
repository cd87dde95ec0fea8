"""Points of entry from UN/LOCODE's files (UNECE), for system operators: ports, airports and border crossings.

Layout: no heading; change, country, location, name, name without diacritics, subdivision, status, function, date, IATA,
coordinates, remarks; in UTF-8 or, in older releases, Latin-1. Functions: 1 port, 4 airport, B border crossing.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.db.models import Q

from codelists import renewing
from codelists.models import Code, Refresh

SOURCE: Final = "UN/LOCODE"
_FUNCTIONS: Final = frozenset("14B")
_REMOVED: Final = "X"
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_PLACE: Final = re.compile(r"[A-Z2-9]{3}")


class NotReadable(Exception):
    """A file is none of UN/LOCODE's; the message says where."""


def load(paths: list[Path], by_name: str = "") -> Refresh:
    """Renew the points of entry with all files of one release. Raises NotReadable, renewing.Held."""
    codes = (code for path in paths for code in _places(path))
    return renewing.renew(Code.List.PORT, codes, source=SOURCE, replaces=Q(source=SOURCE), by_name=by_name)


def _places(path: Path) -> Iterator[Code]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotReadable(f"{path.name} cannot be read: {error.strerror}.") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    seen: set[str] = set()
    for number, row in enumerate(csv.reader(text.splitlines()), 1):
        if len(row) < 8 or not _COUNTRY.fullmatch(row[1]):
            raise NotReadable(f"{path.name}, line {number} is no line of UN/LOCODE.")
        country, place = row[1], row[2]
        is_wanted = _PLACE.fullmatch(place) and row[0] != _REMOVED and _FUNCTIONS & set(row[7])
        if is_wanted and country + place not in seen:  # a place with several names has several lines
            seen.add(country + place)
            yield Code(
                list=Code.List.PORT, code=country + place, kind=country, names={"en": row[3].strip()},
                synonyms=[["en", row[4].strip()]] if row[4].strip() not in ("", row[3].strip()) else [], source=SOURCE,
            )  # fmt: skip
