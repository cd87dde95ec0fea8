"""Code lists: what they hold and what the NPPO makes of it. Everybody may look; administrators choose for their NPPO."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from certificates.administration.doorway import administrators_only
from certificates.administration.history import history
from certificates.forms.fields import TextField, errors_of
from certificates.forms.sections import laid_out
from codelists import lookup
from codelists.files import searched
from codelists.folding import fold
from codelists.models import LANGUAGES, Choice, Code, CodeRequest, List
from gens.accounts import changes, roles
from gens.accounts.middleware import ActingRequest

PAGE: Final = 100
# A language's name of itself is known to all who need it; the botanical name stands first.
TONGUES: Final = {
    "la": gettext_lazy("Botanical name"), "en": "English", "fr": "Français", "es": "Español",
    "ar": "العربية", "zh": "中文", "ru": "Русский",
}  # fmt: skip


def list_or_404(name: str) -> List:
    if name not in List.values:
        raise Http404
    return List(name)


def lists(request: ActingRequest) -> HttpResponse:
    """Every list, with how many codes it has and what this NPPO made of it."""
    shared = dict(Code.objects.filter(is_active=True).values_list("list").annotate(n=Count("pk")).order_by())
    mine = Choice.objects.filter(nppo=request.membership.nppo_id)
    chosen = {
        name: (own, hidden)
        for name, own, hidden in mine.values_list("list")
        .annotate(own=Count("pk", filter=Q(is_own=True)), hidden=Count("pk", filter=Q(is_hidden=True)))
        .order_by()
    }
    rows = [(each, shared.get(each, 0), *chosen.get(each, (0, 0))) for each in List]
    waiting = CodeRequest.objects.filter(nppo=request.membership.nppo_id, answer="").count()
    context = {"rows": sorted(rows, key=lambda row: fold(str(row[0].label))), "waiting": waiting}
    return render(request, "administration/lists.html", context | _may(request))


def _may(request: ActingRequest) -> dict[str, bool]:
    may = request.membership.may
    return {"may_choose": may(roles.ADMINISTER), "may_operate": may(roles.OPERATE), "may_request": may(roles.DRAFT)}


def codes(request: ActingRequest, name: str) -> HttpResponse:
    """One list: found by any name, or by what the NPPO made of it; 100 on a page."""
    listed, language = list_or_404(name), get_language() or "en"
    query, state = request.GET.get("q", "")[:100], request.GET.get("state", "")
    page = Paginator(_rows(listed, query, state), PAGE).get_page(request.GET.get("page"))
    found = lookup.overlaid(listed, list(page.object_list), also_hidden=True)
    chosen = {choice.code: choice for choice in Choice.objects.filter(list=listed, code__in=[c.code for c in found])}
    own = lookup.own(listed, text=fold(query)) if page.number == 1 and state in ("", "own") else []
    context = {
        "listed": listed, "page": page, "own": [(c, c.name(language)) for c in own],
        "rows": [(c, c.name(language), chosen.get(c.code)) for c in found],
        "query": query, "state": state, "is_botanical": listed == List.TAXON,
    }  # fmt: skip
    return render(request, "administration/codes.html", context | _may(request))


def _rows(listed: List, query: str, state: str) -> QuerySet[Code]:
    rows = Code.objects.filter(list=listed)
    if state == "own":
        return rows.none()
    if state == "hidden":
        rows = rows.filter(code__in=Choice.objects.filter(list=listed, is_hidden=True).values("code"))
    else:
        rows = rows.filter(is_active=state != "retired")
    if query:
        rows = rows.filter(pk__in=lookup.holding(listed, fold(query)))
    return rows.order_by("position", "code")


class National(forms.Form):
    """What the NPPO makes of a code; of one of its own, everything."""

    code = TextField(label=gettext_lazy("Code"), max_length=24, widget=forms.TextInput({"size": 16, "dir": "ltr"}))
    is_hidden = forms.BooleanField(
        label=gettext_lazy("Do not offer it"), required=False,
        help_text=gettext_lazy("Certificates that have it keep it."),
    )  # fmt: skip
    position = forms.IntegerField(
        label=gettext_lazy("Place in the list"), required=False, min_value=-9999, max_value=9999,
        help_text=gettext_lazy("Lower stands first. Empty: as in the shared list."),
    )  # fmt: skip

    def __init__(self, *args: Any, choice: Choice, shared: Code | None, **options: Any) -> None:
        self.choice, self.shared = choice, shared
        start = {"code": choice.code, "is_hidden": choice.is_hidden, "position": choice.position}
        super().__init__(*args, **options | {"initial": start | choice.names})
        if choice.pk or shared:
            del self.fields["code"]
        for language in LANGUAGES if choice.list == List.TAXON else LANGUAGES[1:]:
            known = shared.names.get(language, "") if shared else ""
            here = {"dir": "auto", "placeholder": known, "lang": language, "size": 40}
            self.fields[language] = TextField(
                label=TONGUES[language], max_length=500, widget=forms.TextInput(here)
            )  # fmt: skip
        self.helper = laid_out(*self.fields)

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).strip()
        if not code:
            raise ValidationError(_("Write the code."))
        mine = Choice.objects.filter(list=self.choice.list, code=code, nppo=self.choice.nppo_id)
        if mine.exists() or Code.objects.filter(list=self.choice.list, code=code).exists():
            raise ValidationError(_("The list has this code already."))
        return code

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.shared is None and not any(data.get(language, "").strip() for language in LANGUAGES):
            self.add_error("en", _("Write a name in one language at least."))
        return data

    def write(self) -> Choice:
        said, choice = self.cleaned_data, self.choice
        choice.code = said.get("code") or choice.code
        choice.names = {name: said[name].strip() for name in LANGUAGES if said.get(name, "").strip()}
        choice.is_hidden, choice.position = said["is_hidden"], said["position"]
        choice.folded = searched(choice.code, choice.names)
        return choice


def code(request: ActingRequest, name: str, code: str) -> HttpResponse:
    """One code: what is known of it, what became of it, and what the NPPO makes of it."""
    listed = list_or_404(name)
    shared = Code.objects.filter(list=listed, code=code).first()
    nppo = request.membership.nppo
    choice = Choice.objects.filter(nppo=nppo, list=listed, code=code).first()
    if shared is None and choice is None:
        raise Http404
    return _edit(request, listed, choice or Choice(nppo=nppo, list=listed, code=code), shared)


def new_code(request: ActingRequest, name: str) -> HttpResponse:
    """A code of one's own."""
    administrators_only(request)
    listed = list_or_404(name)
    own = Choice(nppo=request.membership.nppo, list=listed, is_own=True)
    text = request.GET.get("name", "")[:200]
    if text:
        own.names = {(get_language() or "en").split("-")[0]: text}
    return _edit(request, listed, own, None)


def _edit(request: ActingRequest, listed: List, choice: Choice, shared: Code | None) -> HttpResponse:
    is_post = request.method == "POST"
    if is_post:
        administrators_only(request)
    form = National(request.POST if is_post else None, choice=choice, shared=shared)
    if is_post and form.is_valid():
        changes.save(form.write(), by=request.membership)
        messages.success(request, _("Saved."))
        return redirect("administration:code", listed, choice.code)
    context = {
        "listed": listed, "choice": choice, "shared": shared, "form": form, "errors": errors_of(form),
        "names": [(TONGUES[n], n, shared.names[n]) for n in LANGUAGES if n in shared.names] if shared else [],
        "told": shared.changes.select_related("refresh").order_by("-refresh__at")[:50] if shared else [],
        "history": history(choice, form, {"names": gettext_lazy("Names")}),
    }  # fmt: skip
    return render(request, "administration/code.html", context | _may(request), status=422 if is_post else 200)
