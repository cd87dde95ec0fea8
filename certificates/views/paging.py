"""Pages by key, forwards and back: page 900 costs what page 1 costs, and rows that come meanwhile shift nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import F, Func, OrderBy, Q, TextField, Value
from django.db.models.functions import Concat

from certificates.models import Certificate, Certificates

PAGE: Final = 50
NEAR: Final = 2_000  # rows of a list that are read for words without an index
_LARGEST: Final = 2**63 - 1
# Rows to those of them with some words in this column: INDEXED, or READ where the index of words is not to be used.
Narrow = Callable[[Certificates, str], Certificates]
INDEXED, READ = "search_text", "read_text"


def having(words: str) -> Narrow | None:
    """What narrows rows to those with these folded words; None without any."""
    return (lambda found, column: found.filter(**{f"{column}__contains": words})) if words else None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    try:
        return moment.astimezone(UTC)  # PostgreSQL knows no zone beyond 16 hours
    except OverflowError as error:
        raise ValueError("a moment before or after all time") from error


@dataclass(frozen=True)
class Order:
    """A column that an index of lists ends with, and which way."""

    column: str
    is_falling: bool
    parse: Callable[[str], Any]

    def columns(self, *, is_back: bool = False) -> tuple[str, str]:
        sign = "-" if self.is_falling is not is_back else ""
        return f"{sign}{self.column}", f"{sign}pk"

    def sorted(self, *, is_back: bool = False) -> tuple[OrderBy, str]:
        """The same order, such that no index of it is walked: what is sorted was found otherwise before."""
        is_falling = self.is_falling is not is_back
        moved = Concat(self.column, Value("")) if self.parse is str else F(self.column) + timedelta(0)
        return OrderBy(moved, descending=is_falling), self.columns(is_back=is_back)[1]

    def key(self, row: Certificate) -> str:
        value = getattr(row, self.column)
        return f"{row.pk}~{value.isoformat() if isinstance(value, date) else value}"

    def beyond(self, key: str, *, is_back: bool = False) -> Q | None:
        """What comes after the row of this key, or before it; None of a key that somebody typed."""
        pk, _sign, text = key.partition("~")
        try:
            value, number = self.parse(text), int(pk)
        except ValueError:
            return None
        if not 0 < number <= _LARGEST or "\x00" in text:
            return None
        way = "lt" if self.is_falling is not is_back else "gt"
        same = Q(**{self.column: value, f"pk__{way}": number})
        # the first half alone is what an index can begin at
        return Q(**{f"{self.column}__{way}e": value}) & (Q(**{f"{self.column}__{way}": value}) | same)


LATEST: Final = Order("status_since", is_falling=True, parse=_moment)
ORDERS: Final = {
    "": LATEST,
    "oldest": Order("status_since", is_falling=False, parse=_moment),
    "number": Order("number", is_falling=False, parse=str),
    "-number": Order("number", is_falling=True, parse=str),
    "-issued": Order("issue_date", is_falling=True, parse=date.fromisoformat),
    "issued": Order("issue_date", is_falling=False, parse=date.fromisoformat),
}


@dataclass(frozen=True)
class Page:
    """Rows, and the keys of the pages beside it ("" where there is none)."""

    rows: list[Certificate]
    previous: str
    following: str


def page(
    certificates: Certificates,
    order: Order,
    after: str = "",
    before: str = "",
    *,
    narrow: Narrow | None = None,
    is_short: bool = False,
) -> Page:
    """The rows after or before a key; the first ones without a key, or with one that is none.

    narrow: of those, the rows with some words. is_short: words that no index finds.
    """
    if before and (beyond := order.beyond(before, is_back=True)) is not None:
        rows = first(certificates.filter(beyond), order, narrow, is_short=is_short, is_back=True)
        if len(rows) > PAGE:
            rows = rows[PAGE - 1 :: -1]
            return Page(rows, order.key(rows[0]), order.key(rows[-1]))
        after = ""  # that is the beginning: the first page, whole
    beyond = order.beyond(after) if after else None
    if beyond is not None:
        certificates = certificates.filter(beyond)
    rows = first(certificates, order, narrow, is_short=is_short)
    has_more, rows = len(rows) > PAGE, rows[:PAGE]
    return Page(
        rows,
        order.key(rows[0]) if rows and beyond is not None else "",
        order.key(rows[-1]) if has_more else "",
    )


def first(
    certificates: Certificates,
    order: Order,
    narrow: Narrow | None = None,
    *,
    is_short: bool = False,
    is_back: bool = False,
) -> list[Certificate]:
    """One row more than a page. Words that many rows have are found among the first ones; others by the index of words,
    whichever PostgreSQL would guess: it cannot know that what is common in one list may be rare in another.
    """
    if narrow is None:
        return list(certificates.for_lists().order_by(*order.columns(is_back=is_back))[: PAGE + 1])
    rows, is_all = near(certificates, order, narrow, is_back=is_back)
    return rows if is_short or is_all else by_index(certificates, order, narrow, is_back=is_back)


def near(
    certificates: Certificates, order: Order, narrow: Narrow, *, is_back: bool = False
) -> tuple[list[Certificate], bool]:
    """Those with the words among the first NEAR rows; whether that is all that can be shown."""
    columns = order.columns(is_back=is_back)
    edge = certificates.order_by(*columns).only(order.column)[NEAR : NEAR + 1]
    before_it = [order.beyond(order.key(row), is_back=not is_back) for row in edge]
    first_ones = certificates.filter(*(each for each in before_it if each is not None))
    read = first_ones.alias(**{READ: Func(INDEXED, template="(%(expressions)s || '')", output_field=TextField())})
    rows = list(narrow(read, READ).for_lists().order_by(*columns)[: PAGE + 1])
    return rows, len(rows) > PAGE or not before_it


def by_index(certificates: Certificates, order: Order, narrow: Narrow, *, is_back: bool = False) -> list[Certificate]:
    """Those with the words, as many as a page and one more."""
    with connection.cursor() as cursor:  # room for what two indexes find, to the end of the transaction
        cursor.execute("SELECT set_config('work_mem', '32MB', true)")
    return list(narrow(certificates, INDEXED).for_lists().order_by(*order.sorted(is_back=is_back))[: PAGE + 1])
