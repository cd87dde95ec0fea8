"""Lists as files: every list out, and back in. Shared lists by system operators, an NPPO's own choices by itself.

Columns: code, kind, symbol, position, parent, a name in each language, synonyms ("la:Name|es:nombre"), valid_from,
valid_until (ISO dates), source; of an NPPO's choices: hidden (1 or empty) in place of what is shared by all.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.utils.translation import gettext as _

from codelists import tabular
from codelists.folding import fold
from codelists.loading import synonyms
from codelists.models import LANGUAGES, Choice, Code
from codelists.tabular import CellError, Row

SHARED: Final = [
    "code", "kind", "symbol", "position", "parent", *LANGUAGES, "synonyms", "valid_from", "valid_until", "source",
]  # fmt: skip
NATIONAL: Final = ["code", "kind", "symbol", "position", *LANGUAGES, "hidden"]
_LENGTHS: Final = {"code": 24, "kind": 24, "symbol": 24, "parent": 24, "source": 64}
_WHOLE: Final = re.compile(r"-?\d{1,9}")
_LANGUAGES_OF: Final = frozenset(LANGUAGES)


def shared_rows(codes: Iterable[Code]) -> Iterator[list[str]]:
    """What a shared list says, in the order of SHARED."""
    for code in codes:
        said: dict[str, Any] = {name: getattr(code, name, None) for name in SHARED if name not in _LANGUAGES_OF}
        said["synonyms"] = "|".join(f"{language}:{name}" for language, name in code.synonyms)
        said |= code.names
        yield [str(said.get(name) or "") for name in SHARED]


def national_rows(choices: Iterable[Choice]) -> Iterator[list[str]]:
    """What an NPPO made of a list, in the order of NATIONAL."""
    for choice in choices:
        said: dict[str, Any] = {name: getattr(choice, name) for name in ("code", "kind", "symbol")} | choice.names
        said["position"] = "" if choice.position is None else str(choice.position)
        said["hidden"] = "1" if choice.is_hidden else ""
        yield [said.get(name, "") for name in NATIONAL]


def read_shared(list_name: str, rows: list[Row]) -> tuple[list[Code], list[CellError]]:
    """The codes of the rows, and what is wrong with them: then nothing is to be written."""
    errors = [*_errors(rows)]
    held = {row.values["code"] for row in rows}
    codes = []
    for row in rows:
        said = row.values
        if not (names := _names(said)):
            errors.append(CellError(row.line, "en", _("There is no name in any language.")))
        if (parent := said.get("parent", "")) and parent not in held:
            errors.append(CellError(row.line, "parent", _("No row of the file has this code.")))
        dates = {}
        for name in ("valid_from", "valid_until"):
            dates[name], wrong = tabular.day(said.get(name, ""))
            errors += [CellError(row.line, name, wrong)] if wrong else []
        codes.append(
            Code(
                list=list_name, code=said["code"], names=names, synonyms=synonyms(said.get("synonyms", "")),
                kind=said.get("kind", ""), symbol=said.get("symbol", ""), parent=parent,
                position=_number(said), source=said.get("source") or _("File"), **dates,
            )
        )  # fmt: skip
    return codes, errors


def read_national(list_name: str, rows: list[Row]) -> tuple[list[Choice], list[CellError]]:
    """The choices of the rows, without their NPPO, and what is wrong with them."""
    errors = [*_errors(rows)]
    shared = set(
        Code.objects.filter(list=list_name, code__in=[row.values["code"] for row in rows]).values_list(
            "code", flat=True
        )
    )
    choices = []
    for row in rows:
        said, names = row.values, _names(row.values)
        is_own = said["code"] not in shared
        if is_own and not names:
            errors.append(
                CellError(
                    row.line, "code", _("The shared list has no such code, and there is no name for one of your own.")
                )
            )
        if (hidden := said.get("hidden", "")) not in ("", "0", "1"):
            errors.append(CellError(row.line, "hidden", _("Write 1, or nothing.")))
        choices.append(
            Choice(
                list=list_name, code=said["code"], names=names, is_own=is_own, is_hidden=hidden == "1",
                kind=said.get("kind", ""), symbol=said.get("symbol", ""),
                position=_number(said) if said.get("position") else None, folded=searched(said["code"], names),
            )
        )  # fmt: skip
    return choices, errors


def searched(code: str, names: dict[str, str]) -> str:
    """Choice.folded."""
    return "\n".join(fold(text) for text in (*names.values(), code))


def _names(said: dict[str, str]) -> dict[str, str]:
    return {language: said[language] for language in LANGUAGES if said.get(language)}


def _errors(rows: list[Row]) -> Iterator[CellError]:
    """What is wrong with cells of every kind of list."""
    seen: dict[str, int] = {}
    for row in rows:
        code = row.values["code"]
        if not code:
            yield CellError(row.line, "code", _("The code is missing."))
        elif code in seen:
            yield CellError(row.line, "code", _("Line %(line)s has the same code.") % {"line": seen[code]})
        seen.setdefault(code, row.line)
        yield from tabular.too_long(row, _LENGTHS)
        if (position := row.values.get("position", "")) and not _WHOLE.fullmatch(position):
            yield CellError(row.line, "position", _("It is no whole number."))


def _number(said: dict[str, str]) -> int:
    text = said.get("position", "")
    return int(text) if _WHOLE.fullmatch(text) else 0
