"""Offices of the NPPO: where certificates are drafted and issued. Closed, never deleted: certificates name them."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from certificates.administration.doorway import administrators_only, own_or_404
from certificates.administration.forms import OfficeForm
from certificates.administration.history import history
from certificates.forms.fields import errors_of
from gens.accounts import changes
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Membership, Office


def offices(request: ActingRequest) -> HttpResponse:
    administrators_only(request)
    people = Count("membership", filter=Q(membership__is_active=True))
    rows = Office.objects.filter(nppo=request.membership.nppo_id).annotate(people=people)
    return render(request, "administration/offices.html", {"rows": rows.order_by("-is_active", "name")})


def new_office(request: ActingRequest) -> HttpResponse:
    administrators_only(request)
    return _edit(request, Office(nppo=request.membership.nppo))


def office(request: ActingRequest, pk: int) -> HttpResponse:
    administrators_only(request)
    return _edit(request, own_or_404(request, Office, pk))


def _edit(request: ActingRequest, row: Office) -> HttpResponse:
    is_post = request.method == "POST"
    form = OfficeForm(request.POST if is_post else None, office=row)
    if is_post and form.is_valid():
        row.name, row.place = form.cleaned_data["name"], form.cleaned_data["place"]
        changes.save(row, by=request.membership)
        messages.success(request, _("Saved."))
        return redirect("administration:offices")
    context = {
        "office": row,
        "form": form,
        "errors": errors_of(form),
        "history": history(row, form),
    }
    return render(request, "administration/office.html", context, status=422 if is_post else 200)


def close(request: ActingRequest, pk: int) -> HttpResponse:
    """POST closes an office in which nobody works any more, or opens a closed one."""
    administrators_only(request)
    row = own_or_404(request, Office, pk)
    if request.method == "POST":
        if row.is_active and Membership.objects.filter(office=row, is_active=True).exists():
            messages.error(request, _("People still work in this office. Move them first."))
        else:
            row.is_active = not row.is_active
            changes.save(row, by=request.membership)
            messages.success(request, _("Saved."))
    return redirect("administration:offices")
