"""Tables that people bring (CSV, XLSX) and take away: read row by row, with an error beside each cell that cannot be used.

Nothing is written here. Who reads a table judges it whole before anything is stored.
"""

import csv
import io
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Final
from xml.etree.ElementTree import ParseError

import openpyxl
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils.exceptions import InvalidFileException

MOST_BYTES: Final = 10_000_000
MOST_ROWS: Final = 20_000
_MOST_UNPACKED: Final = 150_000_000  # bytes of a spreadsheet, which is a ZIP file
_MOST_BLANK: Final = 20_000  # rows of a sheet that say nothing, such as formatted ones
_MOST_CELL: Final = 4_000  # characters
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run when it opens our file
_NEGATIVE: Final = re.compile(r"-\d+")
_MERGED: Final = re.compile(rb'<mergeCell ref="([A-Z0-9:]+)"')
# What openpyxl raises on files that are none, or broken ones.
_BROKEN: Final = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    EOFError,
    OSError,
)


class Unreadable(Exception):
    """The file as a whole cannot be read; the message tells the reader why."""


@dataclass(frozen=True)
class CellError:
    """A cell that cannot be used: line of the file (the heading is 1), column by its name, what is wrong."""

    line: int
    column: str
    words: str


@dataclass(frozen=True)
class Row:
    line: int
    values: dict[str, str]


@dataclass(frozen=True)
class Limits:
    """What a file may hold."""

    rows: int = MOST_ROWS
    unpacked: int = _MOST_UNPACKED


def read(
    file: IO[bytes],
    name: str,
    columns: Iterable[str],
    required: Iterable[str],
    limits: Limits = Limits(),
    named: Callable[[str], str] = str.lower,
) -> tuple[list[Row], list[CellError]]:
    """The rows of a table with these columns, in any order, and the errors of its cells. Raises Unreadable.

    A column that is not there reads as empty; one that is not known, twice there, or required and missing is refused.
    named: the column that a heading names.
    """
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Unreadable(_("The file is larger than %(size)s MB.") % {"size": MOST_BYTES // 1_000_000})
    if not data.strip():
        raise Unreadable(_("The file is empty."))
    lines = _spreadsheet(data, limits.unpacked) if name.lower().endswith(".xlsx") else _csv(data)
    heading = _heading([str(cell or "") for cell in next(lines, [])], set(columns), set(required), named)
    rows: list[Row] = []
    errors: list[CellError] = []
    for number, cells in enumerate(lines, 2):
        is_blank = not any(str(cell or "").strip() for cell in cells)
        if (len(rows) == limits.rows and not is_blank) or number - len(rows) > _MOST_BLANK:
            raise Unreadable(_("The file has more than %(most)s rows. Divide it.") % {"most": limits.rows})
        if not is_blank:
            row, wrong = _row(number, heading, cells)
            rows.append(row)
            errors += wrong
    return rows, errors


def _heading(cells: list[str], known: set[str], required: set[str], named: Callable[[str], str]) -> list[str]:
    spoken = [cell.strip() for cell in cells]
    while spoken and not spoken[-1]:
        spoken.pop()
    names = [named(cell) for cell in spoken]
    for name, cell in zip(names, spoken, strict=True):
        if name not in known:
            said = {"name": cell[:60], "known": ", ".join(sorted(known))}
            raise Unreadable(_("The column “%(name)s” is not known. Known are: %(known)s.") % said)
        if names.count(name) > 1:
            raise Unreadable(_("The column “%(name)s” is there twice.") % {"name": cell[:60]})
    if missing := sorted(required - set(names)):
        raise Unreadable(_("The column “%(name)s” is missing.") % {"name": missing[0]})
    return names


def _row(number: int, heading: list[str], cells: list[Any]) -> tuple[Row, list[CellError]]:
    errors = []
    if beyond := [cell for cell in cells[len(heading) :] if str(cell or "").strip()]:
        words = ngettext(
            "There is %(count)s more cell than columns.", "There are %(count)s more cells than columns.", len(beyond)
        )
        errors.append(CellError(number, "", words % {"count": len(beyond)}))
    values = {}
    for name, cell in zip(heading, [*cells, *[""] * len(heading)], strict=False):
        values[name], wrong = _cell(cell)
        if wrong:
            errors.append(CellError(number, name, wrong))
    return Row(number, values), errors


def _cell(cell: Any) -> tuple[str, str]:
    """The text of a cell, and what is wrong with it."""
    if isinstance(cell, Formula):
        return "", _("It holds a formula. Write the value itself.")
    text = _text(cell)
    if len(text) > _MOST_CELL:
        return text[:100], _longer_than(_MOST_CELL)
    if isinstance(cell, str) and cell.startswith(_FORMULA) and not _NEGATIVE.fullmatch(text):
        return text, _("It begins like a formula (%(sign)s).") % {"sign": text[0]}
    if any(ord(c) < 32 and c not in "\n" for c in text) or "\ufffd" in text:
        return text, _("It holds characters that cannot be read.")
    return text, ""


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and math.isfinite(cell):
        return _number(cell)
    return str(cell).strip()


def _number(cell: float) -> str:
    """As a spreadsheet shows it, of 15 digits. Three decimals get a fourth: nobody can take them for thousands."""
    text = f"{Decimal(f'{cell:.15g}'):f}"
    if "." not in text:
        return text
    text = text.rstrip("0").rstrip(".")
    return f"{text}0" if len(text.partition(".")[2]) == 3 else text


def _csv(data: bytes) -> Iterator[list[Any]]:
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable(_("Line %(line)s is not in UTF-8. Save the file as CSV in UTF-8.") % {"line": line}) from error
    if "\x00" in text:
        raise Unreadable(_("This is no CSV file."))
    first = text.splitlines()[0]
    divider = max((";", "\t", ","), key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True)
    except csv.Error as error:
        raise Unreadable(_("This is no CSV file: a quotation mark is not closed, or stands alone.")) from error


class Formula:
    """Stands for a cell of a spreadsheet that holds one."""


def _spreadsheet(data: bytes, most: int) -> Iterator[list[Any]]:
    """The cells of the first sheet of a file of at most so many bytes unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(each.file_size for each in packed.infolist()) > most:
                raise Unreadable(_("The spreadsheet is too large. Divide it."))
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
        sheet = book.worksheets[0]
        _refuse_merged(data, sheet)
        for row in sheet.iter_rows():
            yield [Formula() if cell.data_type == "f" else cell.value for cell in row]
    except (*_BROKEN, IndexError) as error:
        raise Unreadable(_("This is no XLSX file, or it is damaged or protected by a password.")) from error


def _refuse_merged(data: bytes, sheet: Any) -> None:
    """A merged cell has one value for several rows: whose, nobody knows."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed, packed.open(sheet._worksheet_path) as file:
        if merged := _MERGED.search(file.read()):
            raise Unreadable(_("The cells %(cells)s are merged. Divide them.") % {"cells": merged.group(1).decode()})


def _longer_than(characters: int) -> str:
    return _("It is longer than %(most)s characters.") % {"most": characters}


def too_long(row: Row, most: Mapping[str, int]) -> Iterator[CellError]:
    """The cells that hold more characters than their column keeps."""
    for name, characters in most.items():
        if len(row.values.get(name, "")) > characters:
            yield CellError(row.line, name, _longer_than(characters))


def day(text: str) -> tuple[date | None, str]:
    """The day of an ISO 8601 text, None of an empty one; and what is wrong with it."""
    try:
        return (date.fromisoformat(text) if text else None), ""
    except ValueError:
        return None, _("It is no date. Write 2026-07-12.")


def csv_lines(columns: list[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A CSV file, line by line, that a spreadsheet opens in UTF-8 and in which nothing is taken for a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield "\ufeff"
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
        if buffer.tell() > 60_000:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def safe(text: str) -> str:
    """A text that no spreadsheet runs: what begins like a formula gets a leading space, which reading takes away."""
    return f" {text}" if text.startswith(_FORMULA) and not _NEGATIVE.fullmatch(text) else text


def xlsx(columns: list[str], rows: Iterable[Iterable[str]]) -> bytes:
    """The same as a spreadsheet; every cell is a text."""
    out = io.BytesIO()
    write_xlsx(columns, rows, out)
    return out.getvalue()


def write_xlsx(columns: list[str], rows: Iterable[Iterable[str]], file: IO[bytes]) -> None:
    """A spreadsheet into this file, row by row: it takes the same memory however many there are."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(columns)
    for row in rows:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", safe(cell)) for cell in row])
    book.save(file)
