"""The lines of a draft as a paged list with their problems and totals; copying, moving and deleting one; and the lines of
any certificate, to read."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from certificates import balances, drafts, totals, workflow
from certificates.ephyto import rules, show
from certificates.ephyto.document import RE_EXPORT, Document, Measure, Package, Text, TradeLine, line_by_id, new_id
from certificates.forms import lines as line_forms
from certificates.forms.lines import MovedLine
from certificates.models import EDITABLE, Certificate
from certificates.paper.wording import Words, measure
from certificates.views.doorway import certificate_or_404, editable_or_404, somebody_was_faster
from codelists.lookup import Names
from gens.accounts.middleware import ActingRequest

PAGE: Final = 25
# Of what can be done with a line, looked up once for a page of them.
_LABELS: Final = {
    "choose": gettext_lazy("Choose line %(number)s"), "copy": gettext_lazy("Copy line %(number)s"),
    "move": gettext_lazy("Move line %(number)s"), "delete": gettext_lazy("Delete line %(number)s"),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line as lists show it."""

    number: int
    line: TradeLine
    net_weight: str
    packages: tuple[Text, ...]
    origins: tuple[Text, ...]
    treatments: list[str]
    problems: list[rules.Problem]
    is_unread: bool = False


def rows(
    lines: Iterable[tuple[int, TradeLine]],
    problems: dict[str, list[rules.Problem]] | None = None,
    unread: Iterable[str] = (),
) -> list[Row]:
    """These numbered lines in the reader's words, each list of codes read once."""
    words, found = Words(get_language() or "en"), []
    treated = cache(lambda treatment, *_names: words.treatment(treatment))  # many lines, few treatments
    for number, line in lines:
        alone = Document(lines=(line,))
        weight = measure(line.net_weight, words.names) if line.net_weight else ""
        treatments = [treated(each, each.kind_name, each.method_name, each.chemical_names) for each in line.treatments]
        wrong = (problems or {}).get(line.id, [])
        packages, origins = words.packages(alone), words.origins(alone)
        found.append(Row(number, line, weight, packages, origins, treatments, wrong, line.id in unread))
    return found


def in_all(document: Document) -> dict[str, Any]:
    """What the lines come to, for the card beside the list."""
    sums, names = totals.of(document), Names(get_language() or "en")
    return {
        "net_weight": sums.net_weight,
        "gross_weight": sums.gross_weight,
        "packages": [_counted(package, names) for package in sums.packages],
        "worded": sums.worded,
    }


def _counted(package: Package, names: Names) -> str:
    """620 woven bags; with their level where one was chosen."""
    kind = package.kind_name or names.name("package", package.kind)
    said = measure(Measure(package.quantity, package.kind, kind), names)
    is_levelled = package.level not in ("", "4")
    return f"{said} ({names.name('package_level', package.level)})" if is_levelled else said


def paged(request: HttpRequest, numbered: list[tuple[int, TradeLine]]) -> tuple[Page[Any], list[int | str]]:
    """The page that the URL names, and the numbers of the pages around it."""
    paginator = Paginator(numbered, PAGE)
    page = paginator.get_page(request.GET.get("page"))
    return page, list(paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1))


def address(found: Certificate, document: Document, line_id: str) -> str:
    """The page of the list on which this line stands."""
    place = next((place for place, line in enumerate(document.lines) if line.id == line_id), 0)
    base = reverse("certificates:section", args=[found.pk, "lines"])
    return f"{base}?{urlencode({'page': place // PAGE + 1})}#line-{line_id}" if place >= PAGE else base


def lines(request: ActingRequest, found: Certificate) -> HttpResponse:
    """The section: ?page= and ?problems=1, which leaves out the lines that are well."""
    if found.status not in EDITABLE:
        return somebody_was_faster(request, found)
    document = found.document
    prefetch_related_objects([found], "inputs")
    states = drafts.section_states(found, document)
    by_line = drafts.problems_by_line(next(state.problems for state in states if state.name == "lines"))
    unread = drafts.unread_lines(found)
    numbered = list(enumerate(document.lines, start=1))
    wrong = [(number, line) for number, line in numbered if line.id in by_line or line.id in unread]
    is_filtered = "problems" in request.GET
    page, pages = paged(request, wrong if is_filtered else numbered)
    context = {
        "certificate": found,
        "page": page,
        "pages": pages,
        "query": "problems=1&" if is_filtered else "",
        "rows": rows(page, by_line, unread),
        "address": drafts.lines_address(found),
        "labels": {name: str(label) for name, label in _LABELS.items()},
        "count": len(numbered),
        "wrong": len(wrong),
        "is_filtered": is_filtered,
        "problems": by_line.get("", []),
        "unsaved": sorted(unread - {line.id for line in document.lines}),
        "totals": in_all(document),
        "remark": next(state.remark for state in states if state.name == "lines"),
        "states": states,
        "new_id": new_id(),
        "next": drafts.next_section(document, "lines"),
        "is_re_export": document.type == RE_EXPORT,
        "balances": _balances(found, document),
    }
    return render(request, "certificates/drafting/lines.html", context)


def _balances(found: Certificate, document: Document) -> dict[str, balances.Balance]:
    """What is left for each line that draws on a received certificate, by the line's id."""
    if document.type != RE_EXPORT:
        return {}
    left = balances.of(balances.sources(document, found.nppo_id))
    return {line.id: left[key] for line in document.lines if (key := balances.source_of(line)) in left}


def all_lines(request: ActingRequest, pk: int) -> HttpResponse:
    """The lines of a certificate, issued or received too, a page at a time with all that they say."""
    found = certificate_or_404(request, pk)
    document = found.document
    page, pages = paged(request, list(enumerate(document.lines, start=1)))
    numbers = range(page.start_index(), page.end_index() + 1)
    context = {
        "certificate": found,
        "page": page,
        "pages": pages,
        "rows": rows(page),
        "said": {group.number: group.rows for group in show.groups(document, numbers) if group.number},
        "totals": in_all(document),
    }
    return render(request, "certificates/lines.html", context)


@require_POST
def copy_line(request: ActingRequest, pk: int, line_id: str) -> HttpResponse:
    found = editable_or_404(request, pk)
    return change_lines(request, found, line_id, lambda d: line_forms.with_copy(d, line_id))


def move_line(request: ActingRequest, pk: int, line_id: str) -> HttpResponse:
    """GET asks for the place among the lines, POST moves it there."""
    found, line = _line_of(request, pk, line_id)
    count = len(found.document.lines)
    form = MovedLine(request.POST if request.method == "POST" else None, count=count)
    if form.is_valid():
        place = int(form.cleaned_data["place"])
        return change_lines(request, found, line_id, lambda d: drafts.moved(d, line_id, place))
    number = next(n for n, each in enumerate(found.document.lines, start=1) if each.id == line_id)
    context = {"certificate": found, "line": line, "number": number, "form": form}
    return render(
        request, "certificates/drafting/move_line.html", context, status=422 if request.method == "POST" else 200
    )


def delete_line(request: ActingRequest, pk: int, line_id: str) -> HttpResponse:
    """GET asks, POST deletes it with what was typed in its form."""
    found, line = _line_of(request, pk, line_id)
    if request.method == "POST":
        drafts.forget_line_inputs(found, line_id)
        return change_lines(request, found, line_id, lambda d: drafts.without_line(d, line_id))
    return render(request, "certificates/drafting/delete_line.html", {"certificate": found, "line": line})


def _line_of(request: ActingRequest, pk: int, line_id: str) -> tuple[Certificate, TradeLine]:
    found = editable_or_404(request, pk)
    line = line_by_id(found.document, line_id)
    if line is None:
        raise Http404
    return found, line


def change_lines(request: ActingRequest, found: Certificate, line_id: str, change: drafts.Change) -> HttpResponse:
    """Save the lines as they stand now with this change, and lead back to where the line stood."""
    opened, where = drafts.section_hash(found.document, "lines"), address(found, found.document, line_id)
    try:
        drafts.save_section(found, "lines", by=request.membership, opened_with=opened, change=change)
    except (drafts.Conflict, workflow.WrongStatus) as error:
        return somebody_was_faster(request, error.certificate)
    messages.success(request, _("Saved."))
    return redirect(where)
