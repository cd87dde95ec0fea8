"""Bringing a table as a file: a preview or every wrong cell first, then all of it is let in, or nothing."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from codelists import tabular
from codelists.models import Upload
from codelists.tabular import CellError, Row
from gens.accounts.middleware import ActingRequest

SHOWN: Final = 200  # rows of a preview, and errors
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Change:
    """One row of a preview: what it is about, added, changed or retired, and [(label, before, after)] or its words."""

    key: str
    action: str
    words: list[str]
    changes: dict[str, list[Any]]


@dataclass(frozen=True)
class Table:
    """What a file can be brought for. judge gives what the rows make, and what is wrong with them."""

    key: str
    title: str | Promise
    back: str
    columns: list[str]
    required: list[str]
    judge: Callable[[list[Row]], tuple[list[Any], list[CellError]]]
    differences: Callable[[list[Any]], Iterable[Change]]
    write: Callable[[list[Any], str], None]
    is_whole: bool = False  # what the file lacks is retired


def bring(request: ActingRequest, table: Table) -> HttpResponse:
    """GET asks for a file; POST shows what it would change, or what is wrong with it; POST of `let_in` does it."""
    if request.method == "POST" and "let_in" in request.POST:
        return _let_in(request, table)
    context: dict[str, Any] = {"table": table}
    if request.method == "POST":
        context |= _previewed(request, table)
    is_wrong = bool(context.get("error") or context.get("cells"))
    return render(request, "administration/upload.html", context, status=422 if is_wrong else 200)


def _previewed(request: ActingRequest, table: Table) -> dict[str, Any]:
    file = request.FILES.get("file")
    if file is None:
        return {"error": _("Choose a file.")}
    content, name = file.read(tabular.MOST_BYTES + 1), file.name or ""  # a byte too many is refused; no more is read
    told = _read(table, content, name)
    if "preview" in told:
        row = {"list": table.key, "name": name[:256], "content": content, "nppo": request.membership.nppo}
        told["upload"], _is_new = Upload.objects.update_or_create(by=request.membership, defaults=row)
    return told


def _read(table: Table, content: bytes, name: str) -> dict[str, Any]:
    """Of a file: {error}, {cells} or {preview, counts, wanted}."""
    try:
        rows, cells = tabular.read(io.BytesIO(content), name, table.columns, table.required)
    except tabular.Unreadable as error:
        return {"error": str(error)}
    wrong = {cell.line for cell in cells}
    wanted, more = table.judge([row for row in rows if row.line not in wrong])
    if cells := [*cells, *more]:
        return {"cells": sorted(cells, key=lambda cell: cell.line)[:SHOWN], "count": len(cells)}
    if not wanted:
        return {"error": _("The file has no rows below its heading.")}
    found = list(table.differences(wanted))
    counts = {action: sum(each.action == action for each in found) for action in ("added", "changed", "retired")}
    return {"preview": found[:SHOWN], "counts": counts, "wanted": wanted, "is_cut": len(found) > SHOWN}


def _let_in(request: ActingRequest, table: Table) -> HttpResponse:
    """The file of the preview, read again: what became of the rows meanwhile counts."""
    key = request.POST["let_in"]
    mine = Upload.objects.select_for_update().filter(by=request.membership, list=table.key)
    kept = mine.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
    if kept is None:
        messages.error(request, _("The file is not here any more. Bring it again."))
        return redirect(request.path)
    told = _read(table, bytes(kept.content), kept.name)
    if "preview" not in told:
        return render(request, "administration/upload.html", {"table": table, **told}, status=422)
    with transaction.atomic():
        table.write(told["wanted"], kept.name)
        kept.delete()
    messages.success(
        request, _("The file is let in: %(added)s added, %(changed)s changed, %(retired)s retired.") % told["counts"]
    )
    return redirect(table.back)


def as_file(name: str, kind: str, columns: list[str], rows: Iterable[Iterable[str]]) -> HttpResponseBase:
    """The table as CSV or XLSX. Its rows are read now: the tenant's transaction ends before a stream begins."""
    response: HttpResponseBase
    if kind == "xlsx":
        response = HttpResponse(tabular.xlsx(columns, rows), content_type=_XLSX)
    else:
        lines = list(tabular.csv_lines(columns, rows))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{kind}")
    return response
