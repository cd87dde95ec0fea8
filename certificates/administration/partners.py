"""Partners: how certificates go to each country, beside what the Hub says of it, and what they usually say."""

from typing import Any, Final

from crispy_forms.layout import HTML, Div, Fieldset
from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from certificates.administration.doorway import administrators_only
from certificates.administration.history import history
from certificates.administration.settings import PAPER_LANGUAGES
from certificates.forms.fields import CodeChoice, TermField, TextField, errors_of
from certificates.forms.sections import AREA, laid_out
from certificates.models import Partnership, partnership
from codelists import lookup
from codelists.folding import fold
from gens.accounts import changes
from gens.accounts.middleware import ActingRequest
from hubclient.models import Partner

PAGE: Final = 50
TRANSITS: Final = 3  # that are usual; a draft may have more
COLUMNS: Final = (
    "way",
    "note",
    "language",
    "validity_days",
    "usual_clauses",
    "usual_mode",
    "usual_entry",
    "language_note",
)


class Way(forms.Form):
    way = forms.ChoiceField(
        label=gettext_lazy("How certificates go there"), choices=Partnership.Way.choices, widget=forms.RadioSelect
    )
    note = TextField(
        label=gettext_lazy("Note for officers who issue"), max_length=2000, widget=forms.Textarea(AREA | {"rows": 3}),
        help_text=gettext_lazy("Stands on the page that asks whether to issue."),
    )  # fmt: skip

    language = forms.ChoiceField(
        label=gettext_lazy("Language beside English on paper"), required=False,
        choices=[("", gettext_lazy("As for every country")), *PAPER_LANGUAGES],
    )  # fmt: skip
    validity_days = forms.IntegerField(
        label=gettext_lazy("Days in which goods leave after issue"), required=False, min_value=1, max_value=365,
        help_text=gettext_lazy("As this country limits it; officers are told the last day. Empty: no limit."),
    )  # fmt: skip

    transit_0 = CodeChoice("country", label=gettext_lazy("Transit country"))
    transit_1 = CodeChoice("country", label=gettext_lazy("Second transit country"))
    transit_2 = CodeChoice("country", label=gettext_lazy("Third transit country"))
    usual_clauses = forms.ChoiceField(
        label=gettext_lazy("Optional clauses"), required=False,
        choices=[("", gettext_lazy("Nothing is usual")), *Partnership.Clauses.choices],
    )  # fmt: skip
    usual_mode = CodeChoice("transport", label=gettext_lazy("Mode of transport"))
    usual_entry = TermField("port", label=gettext_lazy("Declared point of entry"), max_length=256)
    language_note = TextField(
        label=gettext_lazy("In which languages to write"), max_length=300,
        widget=forms.TextInput({"size": 50, "dir": "auto"}),
        help_text=gettext_lazy("Stands where the destination and the declarations are written."),
    )  # fmt: skip

    helper = laid_out(
        "way", "language", "validity_days", "note",
        Fieldset(
            gettext_lazy("Usual in certificates to this country"),
            HTML('<p class="hint">{{ usual_hint }}</p>'),
            Div("transit_0", "transit_1", "transit_2", css_class="line"), "usual_clauses",
            Div("usual_mode", "usual_entry", css_class="line"), "language_note",
        ),
    )  # fmt: skip

    @staticmethod
    def read(row: Partnership) -> dict[str, Any]:
        transit = {f"transit_{i}": code for i, code in enumerate(row.usual_transit)}
        return {name: getattr(row, name) for name in COLUMNS} | transit

    def write(self, row: Partnership) -> None:
        for name in COLUMNS:
            said = self.cleaned_data[name]
            setattr(row, name, said.strip() if isinstance(said, str) else said)
        codes = (self.cleaned_data[f"transit_{i}"] for i in range(TRANSITS))
        row.usual_transit = [code for code in codes if code]


def partners(request: ActingRequest) -> HttpResponse:
    """Every country, those that the Hub or this NPPO knows more of first."""
    administrators_only(request)
    query = fold(request.GET.get("q", "")[:100])
    own = {row.country: row for row in Partnership.objects.filter(nppo=request.membership.nppo_id)}
    told = {row.code[:2]: row for row in Partner.objects.filter(nppo=request.membership.nppo_id, is_active=True)}
    countries = lookup.choices("country", get_language() or "en")
    rows = [(code, name, own.get(code), told.get(code)) for code, name in countries if query in fold(name)]
    rows.sort(key=lambda row: (row[2] is None, row[3] is None))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "administration/partners.html", {"page": page, "query": request.GET.get("q", "")})


@lookup.read_once()
def partner(request: ActingRequest, country: str) -> HttpResponse:
    """One country."""
    found = lookup.by_code("country", country)
    if found is None:
        raise Http404
    administrators_only(request)
    row, is_post = partnership(request.membership.nppo_id, country), request.method == "POST"
    form = Way(request.POST if is_post else None, initial=Way.read(row))
    if is_post and form.is_valid():
        form.write(row)
        changes.save(row, by=request.membership)
        messages.success(request, _("Saved."))
        return redirect("administration:partners")
    context = {
        "country": country, "name": found.name(get_language() or "en"), "form": form, "errors": errors_of(form),
        "history": history(row, form, {"usual_transit": gettext_lazy("Transit")}),
        "ports": lookup.offered("port", get_language() or "en", request.membership),
        "usual_hint": _("It is offered to those who draft, where they have written nothing. Nothing is filled in by itself."),
    }  # fmt: skip
    return render(request, "administration/partner.html", context, status=422 if is_post else 200)
