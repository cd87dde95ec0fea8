"""Partners: how certificates go to each country, beside what the Hub says of it."""

from typing import Any, Final

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
from certificates.forms.fields import TextField, errors_of
from certificates.forms.sections import AREA, laid_out
from certificates.models import Partnership, partnership
from codelists import lookup
from codelists.folding import fold
from gens.accounts import changes
from gens.accounts.middleware import ActingRequest
from hubclient.models import Partner

PAGE: Final = 50


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

    helper = laid_out("way", "language", "validity_days", "note")


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


def partner(request: ActingRequest, country: str) -> HttpResponse:
    """One country."""
    found = lookup.by_code("country", country)
    if found is None:
        raise Http404
    administrators_only(request)
    row, is_post = partnership(request.membership.nppo_id, country), request.method == "POST"
    start: dict[str, Any] = {name: getattr(row, name) for name in Way.base_fields}
    form = Way(request.POST if is_post else None, initial=start)
    if is_post and form.is_valid():
        for name, said in form.cleaned_data.items():
            setattr(row, name, said.strip() if isinstance(said, str) else said)
        changes.save(row, by=request.membership)
        messages.success(request, _("Saved."))
        return redirect("administration:partners")
    context = {
        "country": country, "name": found.name(get_language() or "en"), "form": form, "errors": errors_of(form),
        "history": history(row, form),
    }  # fmt: skip
    return render(request, "administration/partner.html", context, status=422 if is_post else 200)
