"""What a list shows, as the address says it. A value that somebody typed wrong filters nothing and breaks nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Func, Q, TextField
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificates, Direction, Status
from certificates.views.navigation import Worklist
from certificates.views.paging import Narrow
from codelists.folding import fold
from gens.accounts.models import Membership

MINE, OFFICE, ALL = "mine", "office", ""
SCOPES: Final = ((MINE, _("Mine")), (OFFICE, _("My office's")), (ALL, _("All of the NPPO")))
AGES: Final = (1, 3, 7, 30)  # days that a select offers; the address takes any number
SHORT: Final = 3  # letters: what is shorter no index finds
_OLDEST_AGE: Final = 3650


@dataclass(frozen=True)
class State:
    """A chip above a list: a status, or how far somebody is with one that waits for a decision."""

    key: str
    label: str | Promise
    condition: Q


_NEW: Final = State("new", _("New"), Q(status=Status.SUBMITTED, holder=None, awaits_since=None))
_TAKEN: Final = State("taken", _("Opened"), Q(status=Status.SUBMITTED, holder__isnull=False, awaits_since=None))
_WAITING: Final = State("waiting", _("Waiting for information"), Q(awaits_since__isnull=False))
_INSTEAD: Final = {
    Status.SUBMITTED: (_NEW, _TAKEN, _WAITING),
    Status.OPENED: (State("opened", Status.OPENED.label, Q(status=Status.OPENED, awaits_since=None)), _WAITING),
}


def states(listed: Worklist) -> list[State]:
    """The states of a list in the order of its chips: nobody has looked, somebody has, somebody cannot finish."""
    plain = ((State(status, status.label, Q(status=status)),) for status in listed.statuses)
    return [
        state for status, itself in zip(listed.statuses, plain, strict=True) for state in _INSTEAD.get(status, itself)
    ]


@dataclass(frozen=True)
class Filters:
    """Each field is a parameter of the address."""

    whose: str = ALL
    status: str = ""
    partner: str = ""
    q: str = ""
    party: str = ""
    since: date | None = None
    until: date | None = None
    age: int | None = None
    sort: str = ""

    def query(self, **changes: Any) -> str:
        """The address of the same list with these changes: "?" and what is said, in one order."""
        other = replace(self, **{name: value for name, value in changes.items() if hasattr(self, name)})
        said = {field.name: getattr(other, field.name) for field in fields(other)} | changes
        return "?" + urlencode({name: value for name, value in said.items() if value})

    @property
    def is_narrowed(self) -> bool:
        """Whether more is said than whose and which state: then counting them would cost a search each."""
        return bool(self.partner or self.q or self.party or self.since or self.until or self.age)

    @property
    def is_empty(self) -> bool:
        return replace(self, sort="") == Filters()

    @property
    def is_by_day(self) -> bool:
        """Whether days are asked for: then rows come in the order of the days, as their index has them."""
        return bool(self.since or self.until)

    @property
    def sorted_by(self) -> str:
        """The key of the order."""
        return self.sort or ("-issued" if self.is_by_day else "")

    @property
    def is_short(self) -> bool:
        """Whether a word is so short that only the first certificates of the list are searched for it."""
        return any(0 < len(fold(text)) < SHORT for text in (self.q, self.party))


def read(said: Mapping[str, str], listed: Worklist) -> Filters:
    """The filters of an address, or of a saved one."""
    status, whose, sort = (said.get(name, "") for name in ("status", "whose", "sort"))
    known = {state.key for state in states(listed)} | set(listed.statuses)
    found = Filters(
        whose=whose if whose in (MINE, OFFICE) else ALL,
        status=status if status in known else "",
        partner=_text(said, "partner")[:12],
        q=_text(said, "q"),
        party=_text(said, "party"),
        since=_day(said.get("since", "")),
        until=_day(said.get("until", "")),
        age=_number(said.get("age", "")),
    )
    return replace(found, sort=sort if sort in sorts(found, listed) else "")


def sorts(filters: Filters, listed: Worklist) -> tuple[str, ...]:
    """The orders of this list. None is by what a certificate may lack: a draft its number, one from abroad a day."""
    by_number = ("number", "-number") if listed.has_numbers else ()
    by_day = ("-issued", "issued") if filters.is_by_day or (by_number and listed.direction == Direction.ISSUED) else ()
    return (*by_day, *by_number) if filters.is_by_day else ("", "oldest", *by_number, *by_day)


def apply(filters: Filters, certificates: Certificates, listed: Worklist, by: Membership) -> Certificates:
    """These rows, filtered but for words. certificates: those of the list that this membership may see."""
    found = certificates.filter(scope(filters.whose, listed, by), condition(filters.status, listed))
    if filters.partner:
        found = found.filter(**{partner_column(listed): filters.partner})
    if filters.since:
        found = found.filter(issue_date__gte=filters.since)
    if filters.until:
        found = found.filter(issue_date__lte=filters.until)
    if filters.age:
        found = found.filter(status_since__lte=timezone.now() - timedelta(days=filters.age))
    return found


def words(filters: Filters, listed: Worklist) -> Narrow | None:
    """What narrows rows to those with the words of the filters; None without words."""
    query, party = fold(filters.q), fold(filters.party)
    if not query and not party:
        return None

    def narrow(found: Certificates, column: str) -> Certificates:
        if query:
            found = found.filter(**{f"{column}__contains": query})
        if party:  # the index finds it in any name; then it must stand in this one
            found = found.filter(**{f"{column}__contains": party}).alias(party=Folded(party_column(listed)))
            found = found.filter(Q(party__contains=party))
        return found

    return narrow


def scope(whose: str, listed: Worklist, by: Membership) -> Q:
    """Whose certificates: held, drafted, issued or decided by this person; of this office; all."""
    if whose == OFFICE:
        return Q(office=by.office_id)
    if whose != MINE:
        return Q()
    if listed.direction == Direction.RECEIVED:
        return Q(holder=by) | Q(decided_by=by)
    return Q(holder=by) | Q(drafted_by=by) | Q(issued_by=by)


def condition(key: str, listed: Worklist) -> Q:
    """Of a chip's key; a status that has no chip of its own is taken too."""
    named = {state.key: state.condition for state in states(listed)}
    return named.get(key, Q(status=key)) if key else Q()


def partner_column(listed: Worklist) -> str:
    return "destination" if listed.direction == Direction.ISSUED else "counterpart"


def party_column(listed: Worklist) -> str:
    """Whose name the third column of the list shows."""
    return "exporter" if listed.direction == Direction.ISSUED else "consignee"


class Folded(Func):
    """A column as codelists.folding.fold has it, near enough: lower case, without the marks on letters."""

    template = (
        r"regexp_replace(lower(normalize(%(expressions)s, NFKD)), "
        r"'[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]', '', 'g')"
    )
    output_field = TextField()


def _text(said: Mapping[str, str], name: str) -> str:
    return said.get(name, "").replace("\x00", "").strip()[:200]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _number(text: str) -> int | None:
    return min(int(text), _OLDEST_AGE) if text.isascii() and text.isdecimal() and 0 < len(text) < 10 else None
