"""The page of favourites: exporters, consignees and routes, found, changed, deleted. They are kept in the sections."""

from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from certificates import favourites
from certificates.forms.favourites import form_of
from certificates.forms.fields import errors_of
from certificates.models import Favourite
from codelists import lookup
from gens.accounts.middleware import ActingRequest

PAGE: Final = 50


def keepers_only(request: ActingRequest) -> None:
    """Raises PermissionDenied for those who neither draft nor administer."""
    if not favourites.may_keep(request.membership):
        raise PermissionDenied


def listed(request: ActingRequest) -> HttpResponse:
    """Of one kind, the last used first."""
    keepers_only(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in Favourite.Kind.values else Favourite.Kind.EXPORTER
    query = request.GET.get("q", "").strip()
    rows = favourites.of(request.membership, kind, query=query).select_related("used_by__user")
    page, names = Paginator(rows, PAGE).get_page(request.GET.get("page")), lookup.Names(get_language() or "en")
    context = {
        "page": page,
        "countries": {row.destination: names.name("country", row.destination) for row in page if row.destination},
        "kinds": [(each, label, each == kind) for each, label in Favourite.Kind.choices],
        "kind": kind,
        "query": query,
        "kept": "&" + urlencode({"kind": kind, "q": query}),
    }
    return render(request, "certificates/favourites.html", context)


def own_or_404(request: ActingRequest, pk: int) -> Favourite:
    keepers_only(request)
    return get_object_or_404(Favourite, pk=pk, nppo=request.membership.nppo_id)


def favourite(request: ActingRequest, pk: int) -> HttpResponse:
    """Its name in the list, and what it says."""
    found, is_post = own_or_404(request, pk), request.method == "POST"
    name = found.name
    form = form_of(found)(request.POST if is_post else None, favourite=found)
    if is_post and form.is_valid():
        part = form.part(request.membership.nppo.language)
        try:
            favourites.change(found, form.cleaned_data["label"], part, by=request.membership)
        except favourites.NameTaken:
            form.add_error("label", _("Another favourite has this name."))
        else:
            messages.success(request, _("Saved."))
            return redirect(address_of(found))
    ports = lookup.offered("port", get_language() or "en", request.membership)
    context = {"favourite": found, "name": name, "form": form, "errors": errors_of(form), "lists": {"port": ports}}
    return render(request, "certificates/favourite.html", context, status=422 if is_post else 200)


def address_of(found: Favourite) -> str:
    """The list of its kind."""
    return f"{reverse('certificates:favourites')}?kind={found.kind}"


def delete(request: ActingRequest, pk: int) -> HttpResponse:
    """GET asks, POST deletes."""
    found = own_or_404(request, pk)
    if request.method != "POST":
        return render(request, "certificates/favourite_delete.html", {"favourite": found})
    favourites.delete(found, by=request.membership)
    messages.success(request, _("The favourite is deleted."))
    return redirect(address_of(found))
