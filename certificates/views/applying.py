"""Saying one thing to many lines of a draft: a form, a preview of the lines that change, and one save."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from certificates import applying, drafts, workflow
from certificates.ephyto.document import Document, TradeLine, note_texts
from certificates.forms.applying import SOME, TREATED, ForLines
from certificates.forms.fields import errors_of
from certificates.models import EDITABLE, Certificate
from certificates.paper.wording import Words, numbers_written
from certificates.storage import line_name
from certificates.views.doorway import editable_or_404, somebody_was_faster
from certificates.views.lines import PAGE
from codelists import lookup
from codelists.lookup import Names
from gens.accounts.middleware import ActingRequest

LISTS = ("treatment", "chemical")
_BUTTONS = ("csrfmiddlewaretoken", "opened_with", "back")


@lookup.read_once()
def apply(request: ActingRequest, pk: int) -> HttpResponse:
    """GET (?line= of each ticked one) asks; POST shows what changes; POST of `save` does it."""
    found = editable_or_404(request, pk)
    if found.status not in EDITABLE:
        return somebody_was_faster(request, found)
    document = found.document
    if not document.lines:
        return redirect("certificates:section", found.pk, "lines")
    count = len(document.lines)
    if request.method != "POST":
        return _ask(request, found, ForLines(count=count, initial=_ticked(request.GET.getlist("line"), document)))
    form = ForLines(request.POST, count=count)
    if "back" in request.POST:
        return _ask(request, found, form, is_back=True)
    if not form.is_valid():
        return _ask(request, found, form, status=422)
    if "save" in request.POST:
        return _save(request, found, form)
    return _preview(request, found, form)


def _ticked(line_ids: list[str], document: Document) -> dict[str, str]:
    chosen = set(line_ids)
    numbers = [number for number, line in enumerate(document.lines, start=1) if line.id in chosen]
    return {"which": SOME, "numbers": numbers_written(numbers)} if numbers else {}


def _ask(
    request: ActingRequest, found: Certificate, form: ForLines, *, is_back: bool = False, status: int = 200
) -> HttpResponse:
    """The form. What was opened stays so until it is saved; after a conflict it is what stands now."""
    opened = "" if status == 409 else request.POST.get("opened_with", "")
    language = get_language() or "en"
    context = {
        "certificate": found,
        "form": form,
        "treated": TREATED,
        "errors": [*errors_of(form), *errors_of(form.treatment)] if form.is_bound and not is_back else [],
        "opened_with": opened or drafts.section_hash(found.document, "lines"),
        "lists": {name: lookup.offered(name, language, request.membership) for name in LISTS},
    }
    return render(request, "certificates/drafting/apply.html", context, status=status)


def _wanted(found: Certificate, form: ForLines) -> applying.Wanted:
    return form.wanted(Names(found.nppo.language))


def _preview(request: ActingRequest, found: Certificate, form: ForLines) -> HttpResponse:
    document = found.document
    changed = list(applying.changed(document, applying.applied(document, _wanted(found, form))))
    opened = request.POST.get("opened_with", "")
    context = {
        "certificate": found,
        "rows": differences(changed[:PAGE]),
        "changing": len(changed),
        "more": max(0, len(changed) - PAGE),
        "count": form.count,
        "posted": _posted(request.POST),
        "opened_with": opened,
    }
    return render(request, "certificates/drafting/apply_preview.html", context)


def _posted(data: QueryDict) -> list[tuple[str, Any]]:
    return [(key, value) for key, values in data.lists() for value in values if key not in _BUTTONS]


def differences(changed: list[tuple[int, TradeLine, TradeLine]]) -> list[dict[str, Any]]:
    """Of each line what it said and what it will say."""
    words = Words(get_language() or "en")
    return [
        {"number": number, "name": line_name(old), "changes": _changes(_said(old, words), _said(new, words))}
        for number, old, new in changed
    ]


def _said(line: TradeLine, words: Words) -> dict[str, str]:
    return {
        _("Origin"): "\n".join(text.text for text in words.origins(Document(lines=(line,)))),
        _("Treatments"): "\n".join(words.treatment(treatment) for treatment in line.treatments),
        _("Additional declaration"): "\n".join(text.text for text in note_texts(line.notes, applying.DECLARATION)),
    }


def _changes(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(label, before[label], words) for label, words in after.items() if words != before[label]]


def _save(request: ActingRequest, found: Certificate, form: ForLines) -> HttpResponse:
    """One save under the lock: all of these lines, or none."""
    wanted, counted = _wanted(found, form), []

    def change(document: Document) -> Document:
        after = applying.applied(document, wanted)
        counted.append(sum(1 for _line in applying.changed(document, after)))
        return after

    try:
        drafts.save_section(
            found, "lines", by=request.membership, opened_with=request.POST.get("opened_with", ""), change=change
        )
    except drafts.Conflict as conflict:
        return _conflict(request, conflict.certificate)
    except workflow.WrongStatus as error:
        return somebody_was_faster(request, error.certificate)
    said = ngettext("%(count)s line is changed.", "%(count)s lines are changed.", counted[0])
    messages.success(request, said % {"count": counted[0]})
    return redirect("certificates:section", found.pk, "lines")


def _conflict(request: ActingRequest, found: Certificate) -> HttpResponse:
    """The lines were saved meanwhile: what stands now beside what was asked for; nothing that was typed is lost."""
    document = found.document
    form = ForLines(request.POST, count=len(document.lines))
    if not form.is_valid():
        return _ask(request, found, form, status=409)
    changed = list(applying.changed(document, applying.applied(document, _wanted(found, form))))
    context = {
        "certificate": found,
        "rows": [
            {"label": f"{row['number']}. {row['name']}: {label}", "theirs": before, "yours": after}
            for row in differences(changed[:PAGE])
            for label, before, after in row["changes"]
        ],
        "posted": _posted(request.POST),
        "opened_with": drafts.section_hash(document, "lines"),
        "url": request.path,
    }
    return render(request, "certificates/drafting/conflict.html", context, status=409)
