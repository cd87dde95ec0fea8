"""Commodity lines as a table: one row a line, its columns the fields of the line's form, with one kind of package and one
treatment. A heading may be the field's name in any of the six languages, or its key.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import override

from certificates.ephyto.document import RE_EXPORT, Document, TradeLine, with_boxes_of
from certificates.forms import lines as form
from certificates.forms.fields import CodeChoice
from certificates.forms.re_export import Covering, cover
from codelists import tabular
from codelists.folding import fold
from codelists.lookup import Names, Spoken
from codelists.tabular import CellError, Row

MOST: Final = 500  # lines of a certificate that come from files
LIMITS: Final = tabular.Limits(rows=MOST, unpacked=20_000_000)
_PACKAGE: Final = ("quantity", "kind", "level")
_FIELDS: Final[dict[str, Any]] = {
    **form.Line.base_fields,
    **{f"packages_{name}": form.PackageRow.base_fields[name] for name in _PACKAGE},
    **{f"treatment_{name}": made for name, made in form.TreatmentFields.base_fields.items()},
    **Covering.base_fields,
}
_LINE: Final = tuple(form.Line.base_fields)
_TREATMENT: Final = tuple(form.TreatmentFields.base_fields)
# In the order of the form: packages before their words, what covers a re-export at the end.
_ORDER: Final = (
    *_LINE[: _LINE.index("packages_text")], *(f"packages_{name}" for name in _PACKAGE),
    *_LINE[_LINE.index("packages_text") :], *(f"treatment_{name}" for name in _TREATMENT),
)  # fmt: skip
_EXAMPLE: Final = {
    "botanical": "Colocasia esculenta", "hs": "071440", "net_weight": "12400", "net_weight_unit": "kg",
    "gross_weight": "12900", "gross_weight_unit": "kg", "packages_quantity": "620", "packages_kind": "BG",
    "treatment_start": "2026-07-12", "treatment_duration": "2", "treatment_duration_unit": "HUR",
}  # fmt: skip
_SIGNS: Final = re.compile(r"[\W_]+")


def columns(kind: str) -> list[str]:
    """The columns of a certificate of this kind."""
    return [*_ORDER, *(Covering.base_fields if kind == RE_EXPORT else ())]


def heading(column: str) -> str:
    """The name of a column in the reader's language: of units and of treatments after what they belong to."""
    label = str(_FIELDS[column].label)
    if column.endswith("_unit") and column != "other_unit":
        return f"{heading(column.removesuffix('_unit'))}: {label}"
    if column == "covering_country":
        return f"{heading('covering')}: {label}"
    if column == "treatment_kind" or not column.startswith("treatment_"):
        return label
    return f"{_FIELDS['treatment_kind'].label}: {label}"


def headings() -> dict[str, str]:
    """Every spelling of a heading that is read, without signs and accents, and its column."""
    found = {_plain(column): column for column in _FIELDS}
    for language, _name in settings.LANGUAGES:
        with override(language):
            for column in _FIELDS:
                found.setdefault(_plain(heading(column)), column)
    return found


def _plain(text: str) -> str:
    return " ".join(_SIGNS.sub(" ", fold(text)).split())


def example(kind: str) -> dict[str, str]:
    """One line as it may be written, in the reader's language."""
    return (
        dict.fromkeys(columns(kind), "")
        | _EXAMPLE
        | {"description": _("Taro, fresh corms"), "origin_areas": "Aleipata, Upolu"}
    )


@dataclass(frozen=True)
class Brought:
    """What a file holds: lines, or what is wrong with its cells; whether the example of the template was left out."""

    lines: tuple[TradeLine, ...] = ()
    cells: list[CellError] = field(default_factory=list)
    values: dict[tuple[int, str], str] = field(default_factory=dict)  # of the wrong cells, as written
    has_example: bool = False


def read(file: IO[bytes], name: str, document: Document, language: str) -> Brought:
    """The lines of a file for this draft, written in this language. Raises tabular.Unreadable."""
    known, examples = headings(), _examples(document.type)
    rows, unread = tabular.read(
        file, name, columns(document.type), (), LIMITS, lambda said: known.get(_plain(said), said)
    )
    mine = {row.line: row for row in rows if _said(row.values) not in examples}
    cells = [cell for cell in unread if cell.line in mine]
    broken = {(cell.line, cell.column) for cell in cells}
    reader, lines = _Reader(document, Names(language), Spoken()), []
    for row in mine.values():
        said, wrong = reader.cells(row, broken)
        cells += wrong
        if not wrong:
            lines.append(reader.line(said))
    cells.sort(key=lambda cell: cell.line)
    values = {(cell.line, cell.column): mine[cell.line].values.get(cell.column, "") for cell in cells}
    return Brought(() if cells else tuple(lines), cells, values, len(mine) < len(rows))


def _said(values: dict[str, str]) -> dict[str, str]:
    return {column: text for column, text in values.items() if text}


def _examples(kind: str) -> list[dict[str, str]]:
    """The example of the template in every language: somebody may leave it in."""
    found = []
    for language, _name in settings.LANGUAGES:
        with override(language):
            found.append(_said(example(kind)))
    return found


class _Reader:
    """Reads rows with the fields of the forms; each list of codes is read once for all of them."""

    def __init__(self, document: Document, names: Names, spoken: Spoken) -> None:
        self.document, self.names, self.spoken = document, names, spoken

    def cells(self, row: Row, broken: set[tuple[int, str]]) -> tuple[dict[str, str], list[CellError]]:
        """What each field makes of its cell, and the errors of those that it refuses."""
        said, wrong = {}, []
        for column, made in _FIELDS.items():
            try:
                said[column] = self._clean(made, "" if (row.line, column) in broken else row.values.get(column, ""))
            except ValidationError as error:
                wrong.append(CellError(row.line, column, error.messages[0]))
        treated = {name: said.get(f"treatment_{name}", "") for name in _TREATMENT}
        if not wrong and any(treated.values()) and not form.says_a_treatment(treated):
            wrong.append(CellError(row.line, "treatment_kind", str(form.NO_KIND)))
        return said, wrong

    def _clean(self, made: Any, text: str) -> str:
        cleaned: str = made.read(text, self.spoken) if isinstance(made, CodeChoice) else made.clean(text)
        return cleaned

    def line(self, said: dict[str, str]) -> TradeLine:
        """The line that the form would have made. Without a country its origin is the exporting country."""
        new = form.new_line(self.document.export_country.code, self.names)
        here = said | {"origin_country": said["origin_country"] or self.document.export_country.code}
        line = form.write(new, {name: here[name] for name in _LINE}, self.names)
        line = form.packages_write(line, [{name: said[f"packages_{name}"] for name in _PACKAGE}], self.names)
        treated = {name: said[f"treatment_{name}"] for name in _TREATMENT}
        line = form.treatments_write(line, [treated | {"id": ""}], self.names)
        if self.document.type != RE_EXPORT:
            return line
        return with_boxes_of(self.document, cover(line, said["covering"], said["covering_country"]))


def rows_of(kind: str) -> Iterator[list[str]]:
    """The rows of the template below its heading."""
    said = example(kind)
    yield [said[column] for column in columns(kind)]
