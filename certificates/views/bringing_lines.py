"""Commodity lines from a file: a template to fill in, a preview or every wrong cell, then all of the lines, or none."""

import io
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates import drafts, line_files, workflow
from certificates.administration.bringing import as_file
from certificates.ephyto import rules
from certificates.ephyto.document import Document
from certificates.line_files import MOST, Brought
from certificates.models import EDITABLE, Certificate
from certificates.views.doorway import editable_or_404, somebody_was_faster
from certificates.views.lines import PAGE, rows
from codelists import tabular
from codelists.lookup import Codes
from codelists.models import Upload
from gens.accounts.middleware import ActingRequest

SHOWN: Final = 200  # wrong cells
ADD, REPLACE = "add", "replace"


def template(request: ActingRequest, pk: int, kind: str) -> HttpResponseBase:
    """An empty table with its heading in the reader's language, and one line as an example."""
    found = editable_or_404(request, pk)
    if kind not in ("csv", "xlsx"):
        raise Http404
    names = [line_files.heading(column) for column in line_files.columns(found.type)]
    return as_file("lines", kind, names, line_files.rows_of(found.type))


def bring(request: ActingRequest, pk: int) -> HttpResponse:
    """GET asks for a file; POST shows its lines, or what is wrong with it; POST of `let_in` makes them lines."""
    found = editable_or_404(request, pk)
    if found.status not in EDITABLE:
        return somebody_was_faster(request, found)
    way = REPLACE if request.POST.get("way") == REPLACE else ADD
    if request.method != "POST":
        return _show(request, found, {"way": way})
    if "let_in" in request.POST:
        return _let_in(request, found, way)
    return _show(request, found, _previewed(request, found, way))


def _show(request: ActingRequest, found: Certificate, told: dict[str, Any], status: int = 200) -> HttpResponse:
    columns = [line_files.heading(column) for column in line_files.columns(found.type)]
    context = {"certificate": found, "count": len(found.document.lines), "columns": columns, "most": MOST} | told
    is_wrong = bool(told.get("error") or told.get("cells"))
    return render(request, "certificates/drafting/bring_lines.html", context, status=422 if is_wrong else status)


def _key(found: Certificate) -> str:
    return f"lines.{found.pk}"


def _previewed(request: ActingRequest, found: Certificate, way: str) -> dict[str, Any]:
    file = request.FILES.get("file")
    if file is None:
        return {"way": way, "error": _("Choose a file.")}
    content, name = file.read(tabular.MOST_BYTES + 1), file.name or ""  # a byte too many is refused; no more is read
    told = _read(found, content, name, way)
    if "brought" in told:
        row = {"list": _key(found), "name": name[:256], "content": content, "nppo": found.nppo}
        told["upload"], _is_new = Upload.objects.update_or_create(by=request.membership, defaults=row)
        told |= _preview(found.document, told["brought"], way)
    return told


def _read(found: Certificate, content: bytes, name: str, way: str) -> dict[str, Any]:
    """Of a file: {error}, {cells} or {brought}."""
    try:
        brought = line_files.read(io.BytesIO(content), name, found.document, found.nppo.language)
    except tabular.Unreadable as error:
        return {"way": way, "error": str(error)}
    if brought.cells:
        cells = [
            {
                "line": cell.line,
                "column": line_files.heading(cell.column) if cell.column else "",
                "value": brought.values[cell.line, cell.column],
                "words": cell.words,
            }
            for cell in brought.cells[:SHOWN]
        ]
        return {"way": way, "cells": cells, "cell_count": len(brought.cells)}
    if not brought.lines:
        return {"way": way, "error": _("The file has no rows below its heading.")}
    if (room := _room(found.document, way)) < len(brought.lines):
        return {"way": way, "error": _too_many(len(brought.lines), room)}
    return {"way": way, "brought": brought}


def _room(document: Document, way: str) -> int:
    return MOST - (len(document.lines) if way == ADD else 0)


def _too_many(count: int, room: int) -> str:
    said = {"count": count, "most": MOST, "room": max(0, room)}
    return (
        _("The file has %(count)s lines. A certificate takes %(most)s from files; there is room for %(room)s.") % said
    )


def _preview(document: Document, brought: Brought, way: str) -> dict[str, Any]:
    """The first lines as they will stand, with what will be left to mend in all of them."""
    after = _changed(document, brought, way)
    problems = drafts.problems_by_line(rules.problems(after, "submit", Codes()))
    first = len(after.lines) - len(brought.lines) + 1
    mine = list(enumerate(after.lines[first - 1 :], start=first))
    return {
        "rows": rows(mine[:PAGE], problems),
        "more": max(0, len(mine) - PAGE),
        "wrong": sum(1 for _number, line in mine if line.id in problems),
        "new_count": len(mine),
        "opened_with": drafts.section_hash(document, "lines"),
    }


def _changed(document: Document, brought: Brought, way: str) -> Document:
    return drafts.with_lines(document, brought.lines, instead=way == REPLACE)


def _let_in(request: ActingRequest, found: Certificate, way: str) -> HttpResponse:
    """The file of the preview, read again: lists of codes may have changed meanwhile."""
    key = request.POST["let_in"]
    mine = Upload.objects.select_for_update().filter(by=request.membership, list=_key(found))
    kept = mine.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
    if kept is None:
        messages.error(request, _("The file is not here any more. Bring it again."))
        return redirect(request.path)
    told = _read(found, bytes(kept.content), kept.name, way)
    if "brought" not in told:
        return _show(request, found, told)
    brought, opened = told["brought"], request.POST.get("opened_with", "")
    gone = [line.id for line in found.document.lines] if way == REPLACE else []
    try:
        drafts.save_section(
            found, "lines", by=request.membership, opened_with=opened, change=lambda d: _changed(d, brought, way)
        )
    except drafts.Conflict as conflict:
        return _conflict(request, conflict.certificate, kept, brought)
    except workflow.WrongStatus as error:
        return somebody_was_faster(request, error.certificate)
    drafts.forget_line_inputs(found, *gone)
    kept.delete()
    count = len(brought.lines)
    messages.success(request, ngettext("%(count)s line came in.", "%(count)s lines came in.", count) % {"count": count})
    return redirect("certificates:section", found.pk, "lines")


def _conflict(request: ActingRequest, found: Certificate, kept: Upload, brought: Brought) -> HttpResponse:
    """The lines were saved meanwhile: as many stand now, as many the file has. The file stays here for either."""
    context = {
        "certificate": found,
        "rows": [
            {
                "label": _("Commodity lines"),
                "theirs": len(found.document.lines),
                "yours": f"{len(brought.lines)} ({kept.name})",
            }
        ],
        "posted": [(name, request.POST[name]) for name in ("let_in", "way") if name in request.POST],
        "opened_with": drafts.section_hash(found.document, "lines"),
        "url": request.path,
    }
    return render(request, "certificates/drafting/conflict.html", context, status=409)
