"""Requirements of destinations on screens: for administrators to keep, for those who draft to read."""

from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from certificates import requirements
from certificates.administration.bringing import Change, Table, as_file, bring
from certificates.administration.doorway import administrators_only, own_or_404
from certificates.administration.history import Told, history, told
from certificates.forms.fields import CodeChoice, Day, TermField, TextField, errors_of
from certificates.forms.sections import AREA, laid_out
from certificates.models import Requirement, Subscription
from codelists import lookup
from codelists.folding import fold
from codelists.lookup import Names, offered
from gens.accounts import changes, roles
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Event, Membership

PAGE: Final = 50
LISTS: Final = ("taxon", "vegetable_part", "intended_use")


def readers_only(request: ActingRequest) -> None:
    """Raises PermissionDenied for those who have to do neither with drafting nor with administration."""
    if not (request.membership.may(roles.DRAFT) or request.membership.may(roles.READ_ISSUED)):
        raise PermissionDenied


class Entry(forms.Form):
    destination = CodeChoice("country", label=gettext_lazy("Destination"))
    plant = TermField(
        "taxon", label=gettext_lazy("Botanical name"), max_length=256,
        help_text=gettext_lazy("A species, or a genus for all of its species. Empty: every plant."),
    )  # fmt: skip
    part = TermField("vegetable_part", label=gettext_lazy("Part of the plant"), max_length=70)
    intended_use = TermField("intended_use", label=gettext_lazy("Intended use"), max_length=256)
    kind = forms.ChoiceField(
        label=gettext_lazy("May it go there?"), choices=Requirement.Kind.choices, widget=forms.RadioSelect
    )
    text = TextField(
        label=gettext_lazy("What is demanded"), max_length=8000, widget=forms.Textarea(AREA),
        help_text=gettext_lazy("In the words that officers shall read."),
    )  # fmt: skip
    declarations = TextField(
        label=gettext_lazy("Additional declarations"), max_length=8000, widget=forms.Textarea(AREA),
        help_text=gettext_lazy("One on each line, as it prints. What the officer fills in stands in braces: {place}."),
    )  # fmt: skip
    treatments = TextField(label=gettext_lazy("Treatments"), max_length=4000, widget=forms.Textarea(AREA | {"rows": 2}))
    documents = TextField(
        label=gettext_lazy("Other documents"), max_length=4000, widget=forms.Textarea(AREA | {"rows": 2})
    )
    validity_days = forms.IntegerField(
        label=gettext_lazy("Days from inspection to departure"), required=False, min_value=1, max_value=366
    )
    source = TextField(
        label=gettext_lazy("Where it is written"), max_length=400, widget=forms.TextInput({"size": 50, "dir": "ltr"}),
        help_text=gettext_lazy("A web address."),
    )  # fmt: skip
    valid_from = Day(label=gettext_lazy("Valid from"))
    valid_until = Day(label=gettext_lazy("Valid until"), help_text=gettext_lazy("The last day. Empty: without end."))

    helper = laid_out(
        "destination", "plant", "part", "intended_use", "kind", "text", "declarations", "treatments", "documents",
        "validity_days", "source", "valid_from", "valid_until",
    )  # fmt: skip

    def __init__(self, *args: Any, entry: Requirement, **options: Any) -> None:
        start = {name: getattr(entry, name) for name in self.base_fields}
        start["declarations"] = "\n".join(entry.declarations)
        for name in ("valid_from", "valid_until"):
            start[name] = start[name].isoformat() if start[name] else ""
        super().__init__(*args, **options | {"initial": start})
        self.fields["plant"].widget.attrs["list"] = "list-taxon"  # look-up is for those who draft
        self.entry = entry

    def clean_destination(self) -> str:
        if not (code := str(self.cleaned_data["destination"])):
            raise ValidationError(_("Choose the destination."))
        return code

    def clean_declarations(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["declarations"].split("\n") if line.strip()]
        if not all(requirements.sound(line) for line in lines):
            raise ValidationError(_("Every brace { } holds the name of a parameter."))
        return lines

    def clean_source(self) -> str:
        source = str(self.cleaned_data["source"]).strip()
        if source and not requirements.is_link(source):
            raise ValidationError(_("It is no web address. Write https://…"))
        return source

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = data.get("valid_from"), data.get("valid_until")
        if start and end and end < start:
            self.add_error("valid_until", _("It ends before it begins."))
        return data

    def write(self) -> Requirement:
        for name, value in self.cleaned_data.items():
            setattr(self.entry, name, value)
        self.entry.folded = fold(self.entry.plant)
        return self.entry


def entries(request: ActingRequest) -> HttpResponse:
    """In force, to come, or ended; by destination and plant."""
    readers_only(request)
    nppo, today = request.membership.nppo, timezone.localdate()
    state, destination, query = (request.GET.get(key, "")[:100] for key in ("state", "destination", "q"))
    rows = requirements.in_force(nppo, today)
    if state == "ended":
        rows = Requirement.objects.filter(nppo=nppo, valid_until__lt=today)
    elif state == "coming":
        rows = Requirement.objects.filter(nppo=nppo, valid_from__gt=today)
    if destination:
        rows = rows.filter(destination=destination[:2])
    if query:
        rows = rows.filter(folded__contains=fold(query))
    names = Names(get_language() or "en")
    codes = Requirement.objects.filter(nppo=nppo).order_by().values_list("destination", flat=True).distinct()
    context = {
        "page": Paginator(rows.order_by("destination", "folded", "pk"), PAGE).get_page(request.GET.get("page")),
        "countries": sorted(((c, names.name("country", c)) for c in codes), key=lambda pair: fold(pair[1])),
        "state": state, "destination": destination, "query": query,
        "may_change": request.membership.may(roles.ADMINISTER),
    }  # fmt: skip
    return render(request, "administration/requirements.html", context)


@lookup.read_once()
def new_entry(request: ActingRequest) -> HttpResponse:
    administrators_only(request)
    return _edit(request, Requirement(nppo=request.membership.nppo))


@lookup.read_once()
def entry(request: ActingRequest, pk: int) -> HttpResponse:
    """For administrators a form, for others the entry; what happened to it for both."""
    readers_only(request)
    return _edit(request, own_or_404(request, Requirement, pk))


def _edit(request: ActingRequest, row: Requirement) -> HttpResponse:
    is_post = request.method == "POST"
    if is_post:
        administrators_only(request)
    form = Entry(request.POST if is_post else None, entry=row)
    if is_post and "end" in request.POST and row.pk:
        row.valid_until = timezone.localdate() - timedelta(days=1)
        changes.save(row, by=request.membership)
        messages.success(request, _("The requirement is ended. It stays in the list of ended ones."))
        return redirect("administration:requirements")
    if is_post and form.is_valid():
        changes.save(form.write(), by=request.membership)
        messages.success(request, _("Saved."))
        return redirect("administration:requirements")
    language = get_language() or "en"
    context = {
        "row": row, "form": form, "errors": errors_of(form), "history": history(row, form),
        "lists": {n: offered(n, "la" if n == "taxon" else language, request.membership) for n in LISTS},
        "may_change": request.membership.may(roles.ADMINISTER),
        "is_over": bool(row.valid_until and row.valid_until < timezone.localdate()),
    }  # fmt: skip
    return render(request, "administration/requirement.html", context, status=422 if is_post else 200)


def changed(request: ActingRequest) -> HttpResponse:
    """What was added, changed and ended since a day (?since=, 30 days ago unless told)."""
    readers_only(request)
    today = timezone.localdate()
    try:
        since = date.fromisoformat(request.GET.get("since", ""))
    except ValueError:
        since = today - timedelta(days=30)
    kind = ContentType.objects.get_for_model(Requirement)
    events = Event.objects.filter(nppo=request.membership.nppo_id, subject_type=kind, at__date__gte=since)
    page = Paginator(events.order_by("-at", "-pk"), PAGE).get_page(request.GET.get("page"))
    rows = Requirement.objects.in_bulk([event.subject_id for event in page])
    form = Entry(entry=Requirement())
    shown: list[tuple[Requirement | None, Told]] = [(rows.get(event.subject_id), told(event, form)) for event in page]
    language = get_language() or "en"
    mine = request.membership.subscriptions.order_by("destination").values_list("destination", flat=True)
    context = {
        "page": page, "shown": shown, "since": since, "countries": lookup.choices("country", language),
        "mine": [(code, lookup.name_of("country", code, language) if code else _("All destinations")) for code in mine],
    }  # fmt: skip
    return render(request, "administration/requirements_changed.html", context)


def subscribe(request: ActingRequest) -> HttpResponse:
    """POST: hear by mail, or no longer, of changes for a destination (empty: for all)."""
    readers_only(request)
    if request.method == "POST":
        destination = request.POST.get("destination", "")[:2]
        mine = Subscription.objects.filter(membership=request.membership, destination=destination)
        if "end" in request.POST:
            mine.delete()
            messages.success(request, _("You are no longer told of it."))
        elif destination and lookup.by_code("country", destination) is None:
            messages.error(request, _("Choose the destination."))
        else:
            said = {"nppo": request.membership.nppo, "told_until": timezone.now()}
            Subscription.objects.get_or_create(membership=request.membership, destination=destination, defaults=said)
            messages.success(request, _("You are told when something changes, the way you chose under “Notices”."))
    return redirect("administration:requirements_changed")


# as a file


def download(request: ActingRequest, kind: str) -> HttpResponseBase:
    readers_only(request)
    if kind not in ("csv", "xlsx"):
        raise Http404
    every = Requirement.objects.filter(nppo=request.membership.nppo_id).order_by("destination", "folded", "pk")
    return as_file("requirements", kind, requirements.COLUMNS, requirements.rows(every.iterator()))


def upload(request: ActingRequest) -> HttpResponse:
    administrators_only(request)
    by = request.membership
    table = Table(
        "requirements", _("Requirements"), reverse("administration:requirements"), requirements.COLUMNS, ["destination"],
        partial(requirements.read, by.nppo), partial(_differences, by), partial(_write, by),
    )  # fmt: skip
    return bring(request, table)


def _held(by: Membership) -> dict[tuple[str, ...], Requirement]:
    """What is in force or to come, by what it is about: a row of the file about the same changes it."""
    today = timezone.localdate()
    rows = Requirement.objects.filter(nppo=by.nppo_id).exclude(valid_until__lt=today)
    return {requirements.key_of(row): row for row in rows.order_by("pk")}


def _differences(by: Membership, wanted: list[Requirement]) -> list[Change]:
    held, found = _held(by), []
    for entry in wanted:
        stored = held.get(requirements.key_of(entry))
        words = [entry.plant or "–", str(entry.get_kind_display()), entry.text]
        if stored is None:
            found.append(Change(entry.destination, "added", words, {}))
        elif _said(stored) != _said(entry):
            found.append(Change(entry.destination, "changed", words, {}))
    return found


def _said(entry: Requirement) -> list[str]:
    return next(requirements.rows([entry]))


def _write(by: Membership, wanted: list[Requirement], _name: str) -> None:
    held = _held(by)
    for entry in wanted:
        row = held.get(requirements.key_of(entry), Requirement(nppo=by.nppo))
        for name in (*requirements.COLUMNS, "folded"):
            setattr(row, name, getattr(entry, name))
        changes.save(row, by=by, reason=_("From a file"))
