"""Finding codes: by what was typed, in any language, without accents; and the names that are printed."""

from collections.abc import Iterable
from typing import Final

from django.db.models import Case, QuerySet, Value, When

from codelists.folding import fold
from codelists.models import Code, CodeName

FOUND: Final = 12  # how many a look-up shows


def _active(list_name: str, kind: str = "") -> QuerySet[Code]:
    codes = Code.objects.filter(list=list_name, is_active=True)
    return codes.filter(kind=kind) if kind else codes


def find(list_name: str, text: str, language: str, limit: int = FOUND) -> list[Code]:
    """Codes with a name in any language, or a code, that starts with the text; then those that hold it anywhere."""
    wanted = fold(text)
    if not wanted:
        return []
    names = CodeName.objects.filter(list=list_name, code__is_active=True, folded__contains=wanted)
    starts = Case(When(folded__startswith=wanted, then=Value(0)), default=Value(1))
    rows = names.annotate(rank=starts).order_by("rank", "code__position", "folded")
    found = dict.fromkeys(row.code for row in rows.select_related("code")[: 8 * limit])
    return list(found)[:limit]


def by_name(list_name: str, text: str) -> str:
    """The code that has exactly this name in any language; "" when there is none."""
    names = CodeName.objects.filter(list=list_name, folded=fold(text), code__is_active=True)
    return names.order_by("code__position", "pk").values_list("code__code", flat=True).first() or ""


def choices(list_name: str, language: str, kind: str = "") -> list[tuple[str, str]]:
    """(code, name) of the whole list: frequent ones first, then by name."""
    codes = sorted(_active(list_name, kind), key=lambda code: (code.position, fold(code.name(language))))
    return [(code.code, code.name(language)) for code in codes]


def symbols(list_name: str, kind: str, language: str) -> list[tuple[str, str]]:
    """(code, symbol or name), as units stand beside a number."""
    codes = sorted(_active(list_name, kind), key=lambda code: (code.position, fold(code.name(language))))
    return [(code.code, code.symbol or code.name(language)) for code in codes]


def symbol_of(list_name: str, code: str, language: str) -> str:
    """As printed behind a number; the name, or the code itself, when there is no symbol."""
    found = by_code(list_name, code)
    return (found.symbol or found.name(language)) if found else code


def by_code(list_name: str, code: str) -> Code | None:
    """The code, retired ones too: old certificates show what was printed."""
    return Code.objects.filter(list=list_name, code=code).first() if code else None


def name_of(list_name: str, code: str, language: str) -> str:
    """The name in this language; the code itself when the list does not hold it."""
    found = by_code(list_name, code)
    return found.name(language) if found else code


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
        if list_name not in self._lists:
            self._lists[list_name] = {c.code: c for c in Code.objects.filter(list=list_name)}
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
        if list_name not in self._lists:
            self._lists[list_name] = frozenset(_active(list_name).values_list("code", flat=True))
        held = self._lists[list_name]
        return code in held if held else None
