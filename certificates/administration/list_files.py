"""Lists as files: taking one away, and bringing one back with a preview. All of it is let in, or nothing."""

import io
from collections.abc import Iterator
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from certificates.administration.lists import list_or_404
from codelists import files, renewing, tabular
from codelists.models import Choice, Code, List, Upload
from gens.accounts import changes, roles
from gens.accounts.middleware import ActingRequest

SHOWN: Final = 200  # rows of a preview, and errors
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHARED, NATIONAL = "shared", "national"


def _columns(whose: str) -> list[str]:
    if whose not in (SHARED, NATIONAL):
        raise Http404
    return files.SHARED if whose == SHARED else files.NATIONAL


def download(request: ActingRequest, name: str, whose: str, kind: str) -> HttpResponseBase:
    """The shared list, or what this NPPO made of it, as CSV or XLSX."""
    listed, columns = list_or_404(name), _columns(whose)
    if whose == SHARED:
        rows = files.shared_rows(Code.objects.filter(list=listed, is_active=True).order_by("code").iterator())
    else:
        rows = files.national_rows(Choice.objects.filter(list=listed, nppo=request.membership.nppo_id).order_by("code"))
    response: HttpResponseBase
    if kind == "xlsx":
        response = HttpResponse(tabular.xlsx(columns, rows), content_type=_XLSX)
    elif kind == "csv":
        # read now: the tenant's transaction ends before a stream begins
        lines = list(tabular.csv_lines(columns, rows))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    else:
        raise Http404
    response["Content-Disposition"] = content_disposition_header(True, f"{listed}-{whose}.{kind}")
    return response


def upload(request: ActingRequest, name: str, whose: str) -> HttpResponse:
    """GET asks for a file; POST shows what it would change, or what is wrong with it; POST of `let_in` does it."""
    listed, columns = list_or_404(name), _columns(whose)
    if not request.membership.may(roles.OPERATE if whose == SHARED else roles.ADMINISTER):
        raise PermissionDenied
    context: dict[str, Any] = {"listed": listed, "whose": whose, "columns": columns}
    if request.method == "POST" and "let_in" in request.POST:
        return _let_in(request, listed, whose)
    if request.method == "POST":
        context |= _previewed(request, listed, whose)
    is_wrong = bool(context.get("error") or context.get("cells"))
    return render(request, "administration/upload.html", context, status=422 if is_wrong else 200)


def _previewed(request: ActingRequest, listed: List, whose: str) -> dict[str, Any]:
    file = request.FILES.get("file")
    if file is None:
        return {"error": _("Choose a file.")}
    if (file.size or 0) > tabular.MOST_BYTES:
        return {"error": _("The file is larger than %(size)s MB.") % {"size": tabular.MOST_BYTES // 1_000_000}}
    content = file.read()
    told = _read(listed, whose, content, file.name or "")
    if "preview" in told:
        row = {
            "list": f"{whose} {listed}",
            "name": file.name or "",
            "content": content,
            "nppo": request.membership.nppo,
        }
        kept, _is_new = Upload.objects.update_or_create(by=request.membership, defaults=row)
        told["upload"] = kept
    return told


def _read(listed: List, whose: str, content: bytes, name: str) -> dict[str, Any]:
    """Of a file: {error}, {cells} or {preview, counts, wanted}."""
    wanted: list[Any]
    try:
        rows, cells = tabular.read(io.BytesIO(content), name, _columns(whose), ["code"])
    except tabular.Unreadable as error:
        return {"error": str(error)}
    wrong = {cell.line for cell in cells}
    sound = [row for row in rows if row.line not in wrong]
    wanted, more = (files.read_shared if whose == SHARED else files.read_national)(listed, sound)
    if cells := [*cells, *more]:
        return {"cells": sorted(cells, key=lambda cell: cell.line)[:SHOWN], "count": len(cells)}
    if not wanted:
        return {"error": _("The file has no rows below its heading.")}
    found = list(_differences(listed, whose, wanted))
    counts = {action: sum(f["action"] == action for f in found) for action in ("added", "changed", "retired")}
    return {"preview": found[:SHOWN], "counts": counts, "wanted": wanted, "is_cut": len(found) > SHOWN}


def _differences(listed: List, whose: str, wanted: list[Any]) -> Iterator[dict[str, Any]]:
    if whose == SHARED:
        for each in renewing.preview(listed, wanted, Q(), keeps_names=False):
            yield {"code": each.code, "action": each.action, "changes": each.changes}
        return
    held = {choice.code: choice for choice in Choice.objects.filter(list=listed)}
    for choice in wanted:
        stored = held.get(choice.code)
        if stored is None or _said(stored) != _said(choice):
            yield {"code": choice, "action": "changed" if stored else "added", "changes": {}}


def _said(choice: Choice) -> tuple[Any, ...]:
    return choice.names, choice.is_hidden, choice.position, choice.kind, choice.symbol


def _let_in(request: ActingRequest, listed: List, whose: str) -> HttpResponse:
    """The file of the preview, read again: what became of the list meanwhile counts."""
    mine = Upload.objects.select_for_update().filter(by=request.membership, list=f"{whose} {listed}")
    kept = mine.filter(pk=request.POST["let_in"]).first() if request.POST["let_in"].isdecimal() else None
    if kept is None:
        messages.error(request, _("The file is not here any more. Bring it again."))
        return redirect("administration:upload", listed, whose)
    told = _read(listed, whose, bytes(kept.content), kept.name)
    if "preview" not in told:
        context = {"listed": listed, "whose": whose, "columns": _columns(whose), **told}
        return render(request, "administration/upload.html", context, status=422)
    with transaction.atomic():
        if whose == SHARED:
            _renew(listed, told["wanted"], kept.name, str(request.membership.user))
        else:
            _choose(listed, told["wanted"], request)
        kept.delete()
    messages.success(
        request, _("The file is let in: %(added)s added, %(changed)s changed, %(retired)s retired.") % told["counts"]
    )
    return redirect("administration:codes", listed)


def _renew(listed: List, wanted: list[Code], name: str, by_name: str) -> None:
    renewing.renew(listed, wanted, source=name[:64], replaces=Q(), by_name=by_name, is_guarded=False, keeps_names=False)


def _choose(listed: List, wanted: list[Choice], request: ActingRequest) -> None:
    held = {choice.code: choice for choice in Choice.objects.filter(list=listed)}
    for choice in wanted:
        row = held.get(choice.code, Choice(nppo=request.membership.nppo, list=listed, code=choice.code))
        for field in ("names", "is_own", "is_hidden", "position", "kind", "symbol", "folded"):
            setattr(row, field, getattr(choice, field))
        changes.save(row, by=request.membership, reason=_("From a file"))
