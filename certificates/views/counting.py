"""Counting in lists that may hold a million rows: no further than a person reads; and the countries that occur."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from certificates.models import Direction

MOST: Final = 1_000  # a count that is larger reads "1,000+"

# The next country after each found one, by the index of lists of one country: as many steps as there are countries.
_COUNTRIES: Final = """
WITH RECURSIVE found(code) AS (
  (SELECT {column} FROM certificates_certificate
   WHERE nppo_id = %(nppo)s AND direction = '{direction}' AND {column} > '' ORDER BY {column} LIMIT 1)
  UNION ALL
  SELECT (SELECT {column} FROM certificates_certificate
          WHERE nppo_id = %(nppo)s AND direction = '{direction}' AND {column} > found.code ORDER BY {column} LIMIT 1)
  FROM found WHERE found.code IS NOT NULL)
SELECT code FROM found WHERE code IS NOT NULL
"""


class Counting(NamedTuple):
    """One query that counts under several keys. lacking: keys under which nothing can be."""

    keys: list[str]
    lacking: list[str]
    sql: str
    parameters: list[Any]


def bounded(querysets: Mapping[str, QuerySet[Any]]) -> dict[str, int]:
    """How many rows each has, in one query; MOST + 1 when there are more than MOST."""
    return ask(written(querysets))


def written(querysets: Mapping[str, QuerySet[Any]]) -> Counting:
    """That query; it may be kept and asked again."""
    made = Counting([], [], "", [])
    parts = []
    for key, queryset in querysets.items():
        try:
            sql, said = queryset.order_by().values("pk")[: MOST + 1].query.sql_with_params()  # no row is read
        except EmptyResultSet:
            made.lacking.append(key)
            continue
        made.keys.append(key)
        made.parameters.extend(said)
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608  Django's SQL, with parameters
    return made._replace(sql=f"SELECT {', '.join(parts)}")


def ask(asked: Counting) -> dict[str, int]:
    """The counts by their keys."""
    counts = dict.fromkeys(asked.lacking, 0)
    if asked.keys:
        with connection.cursor() as cursor:
            cursor.execute(asked.sql, asked.parameters)
            counts |= zip(asked.keys, cursor.fetchone(), strict=True)
    return counts


def countries(nppo_id: int, direction: Direction) -> list[str]:
    """The countries to which an NPPO's certificates go, or from which they come, in the order of their codes."""
    column = "destination" if direction == Direction.ISSUED else "counterpart"
    with connection.cursor() as cursor:
        cursor.execute(_COUNTRIES.format(column=column, direction=str(direction)), {"nppo": nppo_id})
        return [code for (code,) in cursor.fetchall()]
