"""How views get their objects: through visible_to and nowhere else. Out of scope is 404; a stale click is 409."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render

from certificates.models import Certificate, HandIssued
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Membership


def certificate_or_404(request: ActingRequest, pk: int) -> Certificate:
    """The certificate, if this membership may see it."""
    found = Certificate.objects.visible_to(request.membership).filter(pk=pk).select_related("hand_issued").first()
    if found is None:
        raise Http404
    found.nppo = request.membership.nppo
    name_people(found, "holder", "drafted_by", "issued_by", known=request.membership)
    return found


def name_people(row: Certificate | HandIssued, *names: str, known: Membership) -> None:
    """Who stands in these columns, by one query of their own: joined, PostgreSQL plans longer than it reads. known: the
    reader, who mostly is the only one.
    """
    named = {name: getattr(row, f"{name}_id") for name in names}
    people = {known.pk: known}
    if others := set(named.values()) - {None, known.pk}:
        people |= Membership.objects.select_related("user", "office").in_bulk(others)
    for name, key in named.items():
        if key in people:
            setattr(row, name, people[key])


def editable_or_404(request: ActingRequest, pk: int) -> Certificate:
    """The draft, if this membership may see and change it."""
    found = certificate_or_404(request, pk)
    if not request.membership.may(roles.DRAFT):
        raise PermissionDenied
    return found


def somebody_was_faster(request: ActingRequest, found: Certificate) -> HttpResponse:
    """409: the certificate is no longer where it was. Says where it is now."""
    return render(request, "409.html", {"certificate": found}, status=409)
