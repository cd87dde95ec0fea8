"""Templates on screens: kept from a certificate, listed, renamed, deleted. `starting` uses them."""

from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from certificates import copying, keeping
from certificates.forms.fields import errors_of
from certificates.forms.keeping import Keep, Rename
from certificates.models import CertificateTemplate, Direction
from certificates.views.doorway import certificate_or_404
from codelists.folding import fold
from codelists.lookup import Names
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest

PAGE: Final = 50


def keepers_only(request: ActingRequest) -> None:
    """Raises PermissionDenied for those who neither draft nor administer."""
    if not (keeping.may_keep_own(request.membership) or keeping.may_keep_for_all(request.membership)):
        raise PermissionDenied


def templates(request: ActingRequest) -> HttpResponse:
    """Those this person may use, the last used first."""
    keepers_only(request)
    query = request.GET.get("q", "").strip()
    rows = CertificateTemplate.objects.usable_by(request.membership).defer("document").order_by("-used_at", "-pk")
    if folded := fold(query[:200]):
        rows = rows.filter(folded__contains=folded)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    names = Names(get_language() or "en")
    context = {
        "page": page,
        "rows": [(row, keeping.may_change(row, request.membership)) for row in page],
        "countries": {row.destination: names.name("country", row.destination) for row in page if row.destination},
        "query": query,
        "may_draft": request.membership.may(roles.DRAFT),
    }
    return render(request, "certificates/templates.html", context)


def keep(request: ActingRequest, pk: int) -> HttpResponse:
    """GET asks for the name and says what a template holds; POST keeps it."""
    found = certificate_or_404(request, pk)
    keepers_only(request)
    if found.direction != Direction.ISSUED:
        raise Http404
    is_post = request.method == "POST"
    form = Keep(request.POST if is_post else None, by=request.membership)
    if is_post and form.is_valid():
        try:
            kept = keeping.keep(found, by=request.membership, **form.cleaned_data)
        except keeping.NameTaken:
            form.offer_instead()
        else:
            messages.success(request, _("Kept as the template “%(name)s”.") % {"name": kept.name})
            return redirect("certificates:templates")
    context = {"certificate": found, "form": form, "errors": errors_of(form), "never": copying.NEVER}
    return render(request, "certificates/keep.html", context, status=422 if is_post else 200)


def changeable_or_404(request: ActingRequest, pk: int) -> CertificateTemplate:
    """One this person may see is another person's no more; one of the NPPO's not everybody may change."""
    keepers_only(request)
    found = get_object_or_404(CertificateTemplate.objects.usable_by(request.membership), pk=pk)
    if not keeping.may_change(found, request.membership):
        raise PermissionDenied
    return found


def template(request: ActingRequest, pk: int) -> HttpResponse:
    """Another name."""
    found, is_post = changeable_or_404(request, pk), request.method == "POST"
    before = found.name
    form = Rename(request.POST if is_post else None, initial={"name": found.name})
    if is_post and form.is_valid():
        try:
            keeping.rename(found, form.cleaned_data["name"], by=request.membership)
        except keeping.NameTaken:
            form.add_error("name", _("Another template has this name."))
        else:
            messages.success(request, _("Saved."))
            return redirect("certificates:templates")
    context = {"template": found, "name": before, "form": form, "errors": errors_of(form)}
    return render(request, "certificates/template.html", context, status=422 if is_post else 200)


def delete(request: ActingRequest, pk: int) -> HttpResponse:
    """GET asks, POST deletes."""
    found = changeable_or_404(request, pk)
    if request.method != "POST":
        return render(request, "certificates/template_delete.html", {"template": found})
    keeping.delete(found, by=request.membership)
    messages.success(request, _("The template is deleted."))
    return redirect("certificates:templates")
