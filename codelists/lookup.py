"""Finding codes: by what was typed, in any language, without accents; and the names that are printed.

Shared lists as the acting NPPO sees them: what it hid is not offered, what it renamed has its name, its own codes are
there. Row-level security gives the rows of the acting NPPO and of no other, so nobody need be named here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from datetime import date
from functools import lru_cache
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property

from codelists import kept
from codelists.folding import fold
from codelists.models import Choice, Code, CodeName, List, Used
from gens.accounts.models import Membership

FOUND: Final = 12  # how many a look-up shows
_READ: Final = 48  # names read for them: one code has several
_ALIKE: Final = 0.5  # trigram similarity of what was mistyped
_LEAST_ALIKE: Final = 4  # letters from which mistyped words are looked for
_folded: Final = lru_cache(4096)(fold)  # names by which lists are sorted, for every page anew
_LAST: Final = "\U0010ffff"  # after every name that goes on
# Not to be read whole: 100,000 plants, 110,000 places.
LARGE: Final = frozenset({List.TAXON, List.PORT, List.AREA})
_OFFERED: Final = 100  # of a large list, while typing


def _shared(list_name: str) -> Iterable[Code]:
    """All shared codes of a list, retired ones too."""
    return Code.objects.filter(list=list_name) if list_name in LARGE else kept.every(list_name, _reading().stamp)


def _in_force(list_name: str, kind: str = "") -> Iterable[Code]:
    """The shared codes that may be offered today."""
    if list_name in LARGE:
        return _active(list_name, kind)
    today = timezone.localdate()
    return [code for code in _shared(list_name) if kind in ("", code.kind) and code.is_offered(today)]


def _active(list_name: str, kind: str = "") -> QuerySet[Code]:
    """The same, asked of the database."""
    today = timezone.localdate()
    starts = Q(valid_from=None) | Q(valid_from__lte=today)
    ends = Q(valid_until=None) | Q(valid_until__gte=today)
    codes = Code.objects.filter(starts, ends, list=list_name, is_active=True)
    return codes.filter(kind=kind) if kind else codes


def as_seen(list_name: str, codes: Iterable[Code], *, kind: str = "", also_hidden: bool = False) -> list[Code]:
    """These shared codes as the acting NPPO has them: without those it hid, with its names and places; and its own."""
    chosen = _chosen(list_name)
    mine = [_own(row) for row in chosen.values() if row.is_own and kind in ("", row.kind) and not row.is_hidden]
    return [*_overlaid(codes, chosen, also_hidden), *mine]


def overlaid(list_name: str, codes: list[Code], *, also_hidden: bool = False) -> list[Code]:
    """The same of a few codes of a list, without the NPPO's own."""
    rows = Choice.objects.filter(list=list_name, code__in=[code.code for code in codes])
    return _overlaid(codes, {choice.code: choice for choice in rows}, also_hidden)


def _overlaid(codes: Iterable[Code], chosen: dict[str, Choice], also_hidden: bool) -> list[Code]:
    found = []
    for code in codes:
        choice = chosen.get(code.code)
        if choice is not None:
            code = copy(code)  # others hold the shared one too
            code.names = code.names | choice.names
            code.position = code.position if choice.position is None else choice.position
        if choice is None or also_hidden or not choice.is_hidden:
            found.append(code)
    return found


def own(list_name: str, text: str = "", kind: str = "") -> list[Code]:
    """The codes that the acting NPPO added to this list; with a folded text, those that have it in a name."""
    rows = Choice.objects.filter(list=list_name, is_own=True, is_hidden=False, folded__contains=text)
    return [_own(row) for row in (rows.filter(kind=kind) if kind else rows)]


def _own(row: Choice) -> Code:
    return Code(
        list=row.list, code=row.code, names=row.names, kind=row.kind, symbol=row.symbol,
        position=row.position or 0,
    )  # fmt: skip


def find(list_name: str, text: str, limit: int = FOUND, by: Membership | None = None, *, kind: str = "") -> list[Code]:
    """Codes with a name in any language, or a code, that starts with the text; then words of names that start so; then,
    if there is nothing else, names that are spelt alike. First of all those that this person used last. Of one kind
    only, such as the places of a country, where it is named.
    """
    wanted = fold(text)
    if not wanted:
        return []
    renamed = set(Choice.objects.filter(list=list_name, folded__contains=wanted).values_list("code", flat=True))
    held = dict.fromkeys(_starting(list_name, wanted, kind))
    if len(held) < limit:
        held |= dict.fromkeys(_within(list_name, wanted, kind))
    if not held and not renamed and len(wanted) >= _LEAST_ALIKE:
        held = dict.fromkeys(_alike(list_name, wanted, kind))
    by_key = {code.pk: code for code in _active(list_name, kind).filter(Q(pk__in=list(held)) | Q(code__in=renamed))}
    in_order = [by_key[key] for key in held if key in by_key]
    in_order = [code for code in by_key.values() if code.code in renamed and code.pk not in held] + in_order
    found = own(list_name, text=wanted, kind=kind) + overlaid(list_name, in_order)
    lately = _lately(list_name, by)
    return sorted(found, key=lambda code: (lately.get(code.code, len(lately)), _rank(code, wanted)))[:limit]


def holding(list_name: str, wanted: str, most: int = 500) -> list[int]:
    """Of the shared codes, retired ones too, that have this folded text anywhere in a name."""
    names = CodeName.objects.filter(list=list_name, folded__contains=wanted)
    return list(names.order_by("folded").values_list("code_id", flat=True).distinct()[:most])


def _rank(code: Code, wanted: str) -> tuple[bool, int]:
    """Those that start with the text first, then the list's own order; Python's sort keeps the rest as found."""
    return not any(fold(name).startswith(wanted) for name in (*_spoken(code), code.code)), code.position


def _spoken(code: Code) -> list[str]:
    return [*code.names.values(), *(name for _language, name in code.synonyms)]


def matched(code: Code, text: str) -> str:
    """The name by which this text finds the code: one that starts so, else one with a word that does; "" by no name."""
    wanted = fold(text)
    folded = [(name, fold(name)) for name in _spoken(code)] if wanted else []
    starting = [name for name, plain in folded if plain.startswith(wanted)]
    within = [name for name, plain in folded if f" {wanted}" in plain]
    return next(iter(starting + within), "")


# Where no kind is named the planner never sees the second table.
_STARTING: Final = (
    "SELECT code_id FROM codelists_codename WHERE list = %s AND folded ~>=~ %s AND folded ~<~ %s AND "
    "(%s = '' OR EXISTS (SELECT FROM codelists_code held WHERE held.id = code_id AND held.kind = %s))"
    " ORDER BY folded USING ~<~ LIMIT %s"
)
_WITHIN: Final = (
    "SELECT code_id FROM codelists_codename WHERE list = %s AND folded LIKE %s AND "
    "(%s = '' OR EXISTS (SELECT FROM codelists_code held WHERE held.id = code_id AND held.kind = %s))"
    " LIMIT %s"
)
_SPELT_ALIKE: Final = (
    "SELECT code_id FROM codelists_codename WHERE list = %s AND folded %% %s AND "
    "(%s = '' OR EXISTS (SELECT FROM codelists_code held WHERE held.id = code_id AND held.kind = %s))"
    " ORDER BY similarity(folded, %s) DESC LIMIT %s"
)


def _starting(list_name: str, wanted: str, kind: str) -> list[int]:
    """In index order, so that the first letter costs what the fifth costs."""
    return _keys(_STARTING, [list_name, wanted, wanted + _LAST, kind, kind, _READ])


def _within(list_name: str, wanted: str, kind: str) -> list[int]:
    """A later word of the name starts with the text; one or two letters are no help to the index."""
    if len(wanted) < 2:
        return []
    pattern = "% " + wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return _keys(_WITHIN, [list_name, pattern, kind, kind, _READ])


def _alike(list_name: str, wanted: str, kind: str) -> list[int]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(_ALIKE)])
        return _keys(_SPELT_ALIKE, [list_name, wanted, kind, kind, wanted, _READ])


def _keys(sql: str, values: list[str | int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [key for (key,) in cursor.fetchall()]


def _lately(list_name: str, by: Membership | None) -> dict[str, int]:
    """Code to its place among those that this person used last."""
    if by is None:
        return {}
    used = Used.objects.filter(membership=by, list=list_name).order_by("-at")[:200]
    return {code: place for place, code in enumerate(used.values_list("code", flat=True))}


def used(list_name: str, codes: Iterable[str], *, by: Membership) -> None:
    """Remember that this person used these codes just now."""
    now = timezone.now()
    rows = [Used(nppo_id=by.nppo_id, membership=by, list=list_name, code=code, at=now) for code in set(codes) if code]
    Used.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["membership", "list", "code"], update_fields=["at"]
    )


def by_name(list_name: str, text: str) -> str:
    """The code that has exactly this name in any language; "" when there is none."""
    wanted = fold(text)
    for row in Choice.objects.filter(list=list_name, is_hidden=False, folded__contains=wanted):
        if wanted in row.folded.split("\n"):
            return row.code
    names = CodeName.objects.filter(list=list_name, folded=wanted, code__is_active=True)
    return names.order_by("code__position", "pk").values_list("code__code", flat=True).first() or ""


class _Reading:
    """What was read of the lists, each but once."""

    def __init__(self) -> None:
        self.chosen: dict[str, dict[str, Choice]] | None = None
        self.ordered: dict[tuple[str, str, str], Sequence[Code]] = {}
        self.named: dict[tuple[str, str, str], tuple[tuple[str, str], ...]] = {}

    @cached_property
    def stamp(self) -> UUID | None:
        return kept.stamp()


_held: ContextVar[_Reading | None] = ContextVar("held", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Within it every list is read once: around a page of one NPPO whose many fields choose from the same few lists."""
    token = _held.set(_Reading())
    try:
        yield
    finally:
        _held.reset(token)


def _reading() -> _Reading:
    return _held.get() or _Reading()


def _chosen(list_name: str) -> dict[str, Choice]:
    """What the acting NPPO made of this list, by code."""
    reading = _held.get()
    if reading is None or list_name in LARGE:
        return {choice.code: choice for choice in Choice.objects.filter(list=list_name)}
    if reading.chosen is None:
        reading.chosen = defaultdict(dict)
        for choice in Choice.objects.exclude(list__in=LARGE):
            reading.chosen[choice.list][choice.code] = choice
    return reading.chosen[list_name]


def _ordered(list_name: str, language: str, kind: str) -> Sequence[Code]:
    ordered, key = _reading().ordered, (list_name, language, kind)
    if key not in ordered:
        if list_name in LARGE or _chosen(list_name):
            ordered[key] = _sorted(as_seen(list_name, _in_force(list_name, kind), kind=kind), language)
        else:
            ordered[key] = _shared_in_order(list_name, language, kind, _reading().stamp, timezone.localdate())
    return ordered[key]


@lru_cache(256)
def _shared_in_order(list_name: str, language: str, kind: str, as_of: UUID | None, today: date) -> Sequence[Code]:
    """Of a short list that the acting NPPO left as it is: sorting it takes longer than all else about it."""
    codes = [code for code in kept.every(list_name, as_of) if kind in ("", code.kind) and code.is_offered(today)]
    return _sorted(codes, language)


@lru_cache(32)
def _shared_codes(list_name: str, as_of: UUID | None, today: date) -> frozenset[str]:
    return frozenset(code.code for code in kept.every(list_name, as_of) if code.is_offered(today))


def _sorted(codes: list[Code], language: str) -> Sequence[Code]:
    return tuple(sorted(codes, key=lambda code: (code.position, _folded(code.name(language)))))


def choices(list_name: str, language: str, kind: str = "") -> tuple[tuple[str, str], ...]:
    """(code, name) of the whole list: frequent ones first, then by name."""
    named, key = _reading().named, (list_name, language, kind)
    if key not in named:
        named[key] = tuple((code.code, code.name(language)) for code in _ordered(list_name, language, kind))
    return named[key]


def first(list_name: str, language: str, by: Membership, limit: int = FOUND, *, kind: str = "") -> list[Code]:
    """What is offered before anybody typed: the list in its own order; of a large one, those used lately come first."""
    if list_name not in LARGE:
        return list(_ordered(list_name, language, kind)[:limit])
    lately = _lately(list_name, by)
    rows = _active(list_name, kind)
    held = [*rows.filter(code__in=lately), *rows.exclude(code__in=lately).order_by("position", "pk")[:limit]]
    return [*own(list_name, kind=kind), *overlaid(list_name, held)][:limit]


def offered(list_name: str, language: str, by: Membership) -> list[str]:
    """Names that a browser offers while somebody types. Of a large list the first ones, after those used lately."""
    if list_name not in LARGE:
        return [name for _code, name in choices(list_name, language)]
    return [code.name(language) for code in first(list_name, language, by, _OFFERED)]


def codes_by_name(list_name: str) -> dict[str, str]:
    """Every name of a short list, folded, to its code."""
    codes = as_seen(list_name, _in_force(list_name), also_hidden=True)
    return {fold(name): code.code for code in codes for name in _spoken(code)}


def symbols(list_name: str, kind: str, language: str) -> list[tuple[str, str]]:
    """(code, symbol or name), as units stand beside a number."""
    return [(code.code, code.symbol or code.name(language)) for code in _ordered(list_name, language, kind)]


def symbol_of(list_name: str, code: str, language: str) -> str:
    """As printed behind a number; the name, or the code itself, when there is no symbol."""
    found = by_code(list_name, code)
    return (found.symbol or found.name(language)) if found else code


def by_code(list_name: str, code: str) -> Code | None:
    """The code, retired and hidden ones too: old certificates show what was printed."""
    return next(iter(_these(list_name, {code})), None) if code else None


def _these(list_name: str, wanted: Set[str]) -> list[Code]:
    if list_name in LARGE:
        chosen = {choice.code: choice for choice in Choice.objects.filter(list=list_name, code__in=wanted)}
        found: Iterable[Code] = Code.objects.filter(list=list_name, code__in=wanted)
    else:
        chosen = {code: choice for code, choice in _chosen(list_name).items() if code in wanted}
        found = [code for code in _shared(list_name) if code.code in wanted]
    shared = _overlaid(found, chosen, also_hidden=True)
    return shared + [_own(choice) for choice in chosen.values() if choice.is_own]


def name_of(list_name: str, code: str, language: str) -> str:
    """The name in this language; the code itself when the list does not hold it."""
    found = by_code(list_name, code)
    return found.name(language) if found else code


def names_of(list_name: str, codes: Iterable[str], language: str) -> dict[str, str]:
    """The names of these codes, for pages that show a few of a list; one that the list does not hold is its own name."""
    wanted = set(codes) - {""}
    return {code: code for code in wanted} | {code.code: code.name(language) for code in _these(list_name, wanted)}


class Names:
    """The names of codes in one language, each list read once: for pages and papers that show many codes.

    codes: those of the files (`loading.shipped`), where there is no database.
    """

    def __init__(self, language: str, codes: Iterable[Code] | None = None) -> None:
        self.language = language
        self._lists: dict[str, dict[str, Code]] = {}
        if codes is not None:
            self._lists = {name: {} for name in Code.List.values}
            for code in codes:
                self._lists[code.list][code.code] = code

    def _code(self, list_name: str, code: str) -> Code | None:
        if not code:
            return None
        if list_name in LARGE and list_name not in self._lists:
            return by_code(list_name, code)
        if list_name not in self._lists:
            every = as_seen(list_name, _shared(list_name), also_hidden=True)
            self._lists[list_name] = {each.code: each for each in every}
        return self._lists[list_name].get(code)

    def name(self, list_name: str, code: str) -> str:
        """The name; the code itself when the list does not hold it."""
        found = self._code(list_name, code)
        return found.name(self.language) if found else code

    def known(self, list_name: str, code: str, language: str) -> str:
        """The name in any language; "" when the list does not hold the code."""
        found = self._code(list_name, code)
        return found.name(language) if found else ""

    def symbol(self, list_name: str, code: str) -> str:
        """As printed behind a number; the name, or the code itself, when there is no symbol."""
        found = self._code(list_name, code)
        return (found.symbol or found.name(self.language)) if found else code


class Codes:
    """Code lists as the rules ask for them; each list is read once for one judgement."""

    def __init__(self) -> None:
        self._lists: dict[str, frozenset[str]] = {}

    def known(self, list_name: str, code: str) -> bool | None:
        if list_name in LARGE:
            return by_code(list_name, code) is not None if Code.objects.filter(list=list_name).exists() else None
        if list_name not in self._lists:
            owned = {choice.code for choice in _chosen(list_name).values() if choice.is_own}
            shared = _shared_codes(list_name, _reading().stamp, timezone.localdate())
            self._lists[list_name] = shared | owned if owned else shared
        held = self._lists[list_name]
        return code in held if held else None


class Spoken:
    """Codes by what people write for them: the code, its symbol, a name in any language. Each list is read once."""

    def __init__(self) -> None:
        self._lists: dict[tuple[str, str], list[dict[str, set[str]]]] = {}

    def meant(self, list_name: str, kind: str, text: str) -> list[str]:
        """The codes that the text may mean: of several readings the strictest one that has any."""
        if (list_name, kind) not in self._lists:
            self._lists[list_name, kind] = self._read(list_name, kind)
        exact, symbols, names = self._lists[list_name, kind]
        return sorted(exact.get(text) or symbols.get(text) or names.get(fold(text)) or ())

    def _read(self, list_name: str, kind: str) -> list[dict[str, set[str]]]:
        exact: dict[str, set[str]] = defaultdict(set)
        symbols: dict[str, set[str]] = defaultdict(set)
        names: dict[str, set[str]] = defaultdict(set)
        for code in as_seen(list_name, _in_force(list_name, kind), kind=kind):
            spoken = [*code.names.values(), *(name for _language, name in code.synonyms)]
            for held, texts in (
                (exact, [code.code]),
                (symbols, [code.symbol]),
                (names, [code.code, code.symbol, *spoken]),
            ):
                for text in filter(None, texts):
                    held[fold(text) if held is names else text].add(code.code)
        return [exact, symbols, names]
