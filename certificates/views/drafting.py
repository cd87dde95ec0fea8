"""Drafting: one page for each section, saved incomplete, in any order. What does not parse is kept and shown again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from certificates import drafts, inspected, printing, workflow
from certificates.ephyto import rules
from certificates.ephyto.document import EXPORT, RE_EXPORT, Document, TradeLine, line_by_id, new_id, with_line
from certificates.forms import lines as line_forms
from certificates.forms import sections
from certificates.forms.fields import errors_of
from certificates.forms.re_export import Covering, ReExport
from certificates.models import EDITABLE, Certificate
from certificates.paper.face import SHOWN, face
from certificates.sections import SECTIONS, listed, sections_of
from certificates.views import attaching, beside, filling, lines, looking_up, round_trips
from certificates.views.doorway import editable_or_404, somebody_was_faster
from codelists import lookup
from codelists.lookup import Names
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Membership

NEIGHBOURS: Final = 5  # lines before and after the one that is open


@dataclass
class Page:
    """The forms of one section, bound or not, and how their clean data change the document."""

    forms: dict[str, Any]
    change: Callable[[Document], Document]

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in self.forms.values()]  # each of them, so that every error is said
        return all(valid)

    @property
    def errors(self) -> list[tuple[str, str]]:
        """(id of the field, words) of every error, in the order of the page."""
        plain = [form for made in self.forms.values() for form in (made.forms if hasattr(made, "forms") else [made])]
        return [error for form in plain for error in errors_of(form)]


def _language(found: Certificate) -> str:
    """The language that officers of this NPPO write certificates in."""
    return found.nppo.language


def _neighbours(document: Document, number: int) -> list[tuple[int, TradeLine]]:
    """The lines around this one, numbered."""
    first = max(0, number - 1 - NEIGHBOURS)
    return list(enumerate(document.lines[first : number + NEIGHBOURS], start=first + 1))


@require_POST
def new(request: ActingRequest) -> HttpResponse:
    kind = RE_EXPORT if request.POST.get("kind") == RE_EXPORT else EXPORT
    draft = drafts.create(by=request.membership, kind=kind)
    return redirect("certificates:section", draft.pk, "consignment")


@lookup.read_once()
def section(request: ActingRequest, pk: int, name: str) -> HttpResponse:
    """Open or save a section."""
    if name not in SECTIONS:
        raise Http404
    found = editable_or_404(request, pk)
    if name not in sections_of(found.document):
        raise Http404
    if name == "lines":
        return lines.lines(request, found)
    if name == "attachments":
        return attaching.attachments(request, found)
    following = {"next": drafts.next_section(found.document, name)}
    return _edit(request, found, name, lambda data, document: _section_page(found, name, data, document), following)


def detach(request: ActingRequest, pk: int, attachment_id: str) -> HttpResponse:
    found = editable_or_404(request, pk)
    return attaching.detach(request, found, attachment_id)


def _section_page(found: Certificate, name: str, data: Mapping[str, Any] | None, document: Document) -> Page:
    form_class: Any = ReExport if name == "re_export" else sections.FORMS[name]
    language = _language(found)
    form = form_class(data, initial=form_class.read(document))
    if name == "declarations":
        form.offer(inspected.last_done(found))
    if name not in sections.ROWS:
        return Page({"form": form}, lambda d: form.write(d, language))
    several = sections.ROWS[name]
    rows = several.formset(data, initial=several.read(document), prefix=several.prefix)
    return Page(
        {several.prefix: rows, "form": form},
        lambda d: several.write(form.write(d, language), rows.cleaned_data, language),
    )


@lookup.read_once()
def line(request: ActingRequest, pk: int, line_id: str) -> HttpResponse:
    """Open or save one commodity line. A line that is not there yet is made by saving it."""
    found = editable_or_404(request, pk)
    document = found.document
    number = next((n for n, item in enumerate(document.lines, 1) if item.id == line_id), len(document.lines) + 1)
    context = {"line_id": line_id, "number": number, "lines": _neighbours(document, number), "next": "lines"}
    context["count"] = len(document.lines)
    return _edit(request, found, f"line.{line_id}", lambda data, d: _line_page(found, line_id, data, d), context)


def _line_page(found: Certificate, line_id: str, data: Mapping[str, Any] | None, document: Document) -> Page:
    names = Names(_language(found))
    shown = line_by_id(document, line_id) or line_forms.new_line(document.export_country.code, names)
    form = line_forms.Line(data, initial=line_forms.read(shown))
    packages = line_forms.PackageRows(data, initial=line_forms.packages_read(shown), prefix="packages")
    treatments = line_forms.TreatmentRows(data, initial=line_forms.treatments_read(shown), prefix="treatments")

    def change(current: Document) -> Document:
        before = line_by_id(current, line_id) or TradeLine(id=line_id)
        written = line_forms.write(before, form.cleaned_data, names)
        written = line_forms.packages_write(written, packages.cleaned_data, names)
        return with_line(current, line_forms.treatments_write(written, treatments.cleaned_data, names))

    made = {"form": form, "packages": packages, "treatments": treatments}
    if document.type != RE_EXPORT:
        return Page(made, change)
    covering = Covering(data, initial=Covering.read(shown))

    def change_re_export(current: Document) -> Document:
        changed = change(current)
        written = line_by_id(changed, line_id) or TradeLine(id=line_id)
        return with_line(changed, covering.write(written, changed))

    return Page({"covering": covering, **made}, change_re_export)


Make = Callable[[Mapping[str, Any] | None, Document], Page]


def _edit(request: ActingRequest, found: Certificate, name: str, make: Make, extra: dict[str, Any]) -> HttpResponse:
    """One page for opening and saving: what cannot be saved comes back with everything that was typed."""
    if found.status not in EDITABLE:
        return somebody_was_faster(request, found)
    if request.method == "POST":
        return _save(request, found, name, make, extra)
    # once for what is kept of this form, and for the states of all sections
    prefetch_related_objects([found], "inputs")
    kept = drafts.kept_input(found, name)
    page = make(_query(kept) if kept else None, found.document)
    if kept:
        page.is_valid()
    opened = drafts.section_hash(found.document, name)
    return _show(request, found, name, page, {**extra, "opened_with": opened, "is_kept": bool(kept)})


def _save(request: ActingRequest, found: Certificate, name: str, make: Make, extra: dict[str, Any]) -> HttpResponse:
    opened = request.POST.get("opened_with", "")
    data: QueryDict = request.POST
    is_back = round_trips.is_asked(data) or filling.is_asked(data)  # to the same page, with nothing saved
    if is_back or round_trips.is_inserting(data):
        before = filling.filled(data, found, name, request.membership)
        trip = round_trips.taken(before, kind=found.destination, by=request.membership)
        if trip.inserting or is_back:
            made = make(trip.data, found.document)
            round_trips.focus_added(made.forms, data)
            return _show(request, found, name, made, {**extra, "opened_with": opened, "trip": trip})
        data = trip.data
    page = make(data, found.document)
    if not page.is_valid():
        return _kept(request, found, name, page, data, {**extra, "opened_with": opened, "is_kept": True})
    try:
        saved = drafts.save_section(found, name, by=request.membership, opened_with=opened, change=page.change)
    except drafts.Conflict as conflict:
        return _conflict(request, conflict.certificate, name, make)
    except workflow.WrongStatus as error:
        return somebody_was_faster(request, error.certificate)
    _remember(page, request.membership)
    filling.remember(saved, name, data, request.membership)
    if filling.is_first_destination(found, saved, name):
        messages.success(request, _("Saved. What is usual for this destination is offered below."))
        return redirect(request.get_full_path())
    messages.success(request, _("Saved."))
    return redirect(_onward(request, found, extra))


def _kept(
    request: ActingRequest, found: Certificate, name: str, page: Page, data: QueryDict, context: dict[str, Any]
) -> HttpResponse:
    """What cannot be saved is kept as it was typed, and shown again; who asks for a code comes back to it."""
    try:
        drafts.keep_input(found, name, dict(data.lists()), by=request.membership)
    except workflow.WrongStatus as error:
        return somebody_was_faster(request, error.certificate)
    if "ask" in data:
        return redirect(round_trips.asking(data, request.path))
    return _show(request, found, name, page, context, status=422)


def _remember(page: Page, by: Membership) -> None:
    """What this person wrote that a long list knows: look-up shows it first from now on."""
    form = page.forms["form"]
    for name, field in getattr(form, "fields", {}).items():
        list_name, written = getattr(field, "list_name", ""), form.cleaned_data.get(name)
        if list_name in lookup.LARGE and written:
            lookup.used(list_name, [lookup.by_name(list_name, each) for each in field.names(written)], by=by)


def _onward(request: ActingRequest, found: Certificate, extra: dict[str, Any]) -> str:
    """Where the pressed button leads: on, to another line, back to checking, or to the draft."""
    then = request.POST.get("then", "")
    if "ask" in request.POST:
        return round_trips.asking(request.POST, request.path)
    if then == "another":
        return reverse("certificates:line", args=[found.pk, new_id()])
    if then == "next":
        return drafts.url_of(found, extra["next"])
    if "check" in request.GET:
        return reverse("certificates:check", args=[found.pk])
    return reverse("certificates:certificate", args=[found.pk])


def _query(kept: dict[str, list[str]]) -> QueryDict:
    query = QueryDict(mutable=True)
    for key, values in kept.items():
        query.setlist(key, values)
    return query


def _show(
    request: ActingRequest, found: Certificate, name: str, page: Page, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    trip: round_trips.RoundTrip = context.get("trip", round_trips.RoundTrip(QueryDict()))
    states, is_bound = drafts.section_states(found, found.document), page.forms["form"].is_bound
    demanded = beside.demanded(found, page.forms["form"], context)
    context = context | {
        "certificate": found,
        "section": name,
        "remark": next((state.remark for state in states if state.name == listed(name)), ""),
        "title": _("Commodity line %(number)s") % context if "number" in context else SECTIONS[name],
        "page": page,
        "errors": trip.errors if "trip" in context else page.errors if is_bound else [],
        "states": states,
        "lists": {key: lookup.offered(key, _language(found), request.membership) for key in _offered(page)},
        "keep_key": f"{found.pk}.{name}",
        "is_checking": "check" in request.GET,
        "demanded": demanded,
        "recommended": round_trips.recommended(request.membership)
        if "declaration" in page.forms["form"].fields
        else [],
        "beside": beside.said(name, page.forms, [] if is_bound else states, demanded, trip.said),
        **filling.shown(found, name, page.forms, request),
    }
    template = "certificates/drafting/line.html" if "number" in context else "certificates/drafting/section.html"
    return render(request, template, context, status=status)


def _offered(page: Page) -> list[str]:
    """The short lists whose names stand in the page, for its fields that suggest them."""
    classes = [made.form if hasattr(made, "forms") else type(made) for made in page.forms.values()]
    named = {getattr(field, "list_name", "") for made in classes for field in made.base_fields.values()}
    return [name for name in looking_up.LISTS if name in named and name not in lookup.LARGE]


def _conflict(request: ActingRequest, found: Certificate, name: str, make: Make) -> HttpResponse:
    """Both versions: theirs as it stands now, yours as you typed it. You choose; nothing is lost."""
    theirs = make(None, found.document)
    yours = make(request.POST, found.document)
    yours.is_valid()
    context = {
        "certificate": found,
        "section": name,
        "rows": _differences(theirs, yours),
        "posted": [
            (k, v)
            for k, values in request.POST.lists()
            for v in values
            if k not in ("csrfmiddlewaretoken", "opened_with")
        ],
        "opened_with": drafts.section_hash(found.document, name),
        "url": request.get_full_path(),
    }
    return render(request, "certificates/drafting/conflict.html", context, status=409)


def _differences(theirs: Page, yours: Page) -> list[dict[str, Any]]:
    """Field by field what differs: label, their value, yours."""
    rows = []
    for key, form in yours.forms.items():
        pairs = (
            zip(form.forms, theirs.forms[key].forms, strict=False)
            if hasattr(form, "forms")
            else [(form, theirs.forms[key])]
        )
        for mine, other in pairs:
            for name, bound in mine.fields.items():
                typed, stands = mine[name].value(), other[name].value()
                if (typed or "") != (stands or ""):
                    rows.append({"label": bound.label, "theirs": stands or "", "yours": typed or ""})
    return rows


@lookup.read_once()
def check(request: ActingRequest, pk: int) -> HttpResponse:
    """Everything once more before submitting, each section with its way back."""
    found = editable_or_404(request, pk)
    if found.status not in EDITABLE:
        return somebody_was_faster(request, found)
    document = found.document
    prefetch_related_objects([found], "inputs")
    states = drafts.section_states(found, document)
    severe = [problem for state in states for problem in state.problems if problem.level == rules.SEVERE]
    mild = [problem for state in states for problem in state.problems if problem.level != rules.SEVERE]
    context = beside.check(found, document) | {
        "certificate": found,
        "face": face(document, **printing.look(found, document), most=SHOWN),
        "states": states,
        "not_inspected": inspected.missing(found, found.nppo),
        "missing": drafts.links(found, workflow.Blocked(severe, list(found.inputs.all()))),
        "warnings": drafts.links(found, workflow.Blocked(mild, [])),
        "marks": {},
        "may_edit": True,
    }
    return render(request, "certificates/drafting/check.html", context)
