"""A filtered list as a file, CSV or spreadsheet, with as many rows as there are in the memory of one page of them."""

import tempfile
from collections.abc import Iterator
from typing import Any, Final

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from certificates.models import Certificate, Certificates, Direction
from certificates.templatetags.gens import state
from certificates.views.filtering import Filters, apply, read, words
from certificates.views.navigation import Worklist
from certificates.views.paging import INDEXED, ORDERS
from certificates.views.worklists import listed_or_404, rows_of
from codelists import tabular
from codelists.lookup import Names
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Membership
from gens.accounts.tenancy import acting_for

MOST_XLSX: Final = 100_000  # rows that a spreadsheet still opens
_CHUNK: Final = 500
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export(request: ActingRequest, name: str, kind: str) -> HttpResponseBase:
    """The list as the address filters it, all of it."""
    listed = listed_or_404(request, name)
    if kind not in ("csv", "xlsx"):
        raise Http404
    filters = read(request.GET, listed)
    response = _csv(request, listed, filters) if kind == "csv" else _xlsx(request, listed, filters)
    if response.status_code == 200:
        stamp = timezone.localtime().strftime("%Y-%m-%d")
        response["Content-Disposition"] = content_disposition_header(True, f"{name}-{stamp}.{kind}")
        response["Cache-Control"] = "private, no-store"
    return response


def _csv(request: ActingRequest, listed: Worklist, filters: Filters) -> StreamingHttpResponse:
    lines = _streamed(listed, filters, request.membership, get_language() or "en")
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")


def _streamed(listed: Worklist, filters: Filters, by: Membership, language: str) -> Iterator[str]:
    """The tenant, the language and the zone of the request end with the view; the stream has them again."""
    with acting_for(by.nppo_id), translation.override(language), timezone.override(by.nppo.zone):
        yield from tabular.csv_lines(columns(listed), rows(listed, _found(listed, filters, by)))


def _xlsx(request: ActingRequest, listed: Worklist, filters: Filters) -> HttpResponseBase:
    found = _found(listed, filters, request.membership)
    if found.order_by()[: MOST_XLSX + 1].count() > MOST_XLSX:
        return _too_many(request, listed, filters)
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    tabular.write_xlsx(columns(listed), rows(listed, found), file)
    file.seek(0)
    return FileResponse(file, content_type=_XLSX)


def _too_many(request: ActingRequest, listed: Worklist, filters: Filters) -> HttpResponse:
    said = {"most": formats.number_format(MOST_XLSX, force_grouping=True)}
    messages.warning(request, _("A spreadsheet takes %(most)s rows. Filter the list, or download it as CSV.") % said)
    return redirect(reverse("certificates:worklist", args=[listed.name]) + filters.query())


def _found(listed: Worklist, filters: Filters, by: Membership) -> Certificates:
    found, narrow = apply(filters, rows_of(listed, by), listed, by), words(filters, listed)
    if narrow is not None:
        found = narrow(found, INDEXED)
    return found.order_by(*ORDERS[filters.sorted_by].columns())


def columns(listed: Worklist) -> list[str]:
    """The heads, in the reader's language."""
    is_ours = listed.direction == Direction.ISSUED
    return [
        _("Number"), _("Draft"), _("Kind"), _("State"), _("Since"), _("Country code"),
        _("Destination") if is_ours else _("Sender"), _("Exporter"), _("Consignee"), _("Commodity"), _("Quantity"),
        _("Lines"), _("Date of issue"), _("Office"), _("With"), _("Missing"), _("Asked of"),
    ]  # fmt: skip


def rows(listed: Worklist, found: Certificates) -> Iterator[list[str]]:
    """One row a certificate, read from the server a few hundred at a time."""
    names = Names(get_language() or "en")
    is_ours = listed.direction == Direction.ISSUED
    for row in found.for_lists().select_related("office").iterator(chunk_size=_CHUNK):
        yield _cells(row, row.destination if is_ours else row.counterpart, names)


def _cells(row: Certificate, country: str, names: Names) -> list[str]:
    said: list[Any] = [
        row.number, row.reference, row.type, state(row), timezone.localtime(row.status_since).strftime("%Y-%m-%d %H:%M"),
        country, names.name("country", country) if country else "", row.exporter, row.consignee, row.commodity,
        row.quantity, row.line_count, row.issue_date or "", row.office or "", row.holder.user.name if row.holder else "",
        row.awaits, row.awaits_from,
    ]  # fmt: skip
    return [str(each) for each in said]
