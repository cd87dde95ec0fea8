"""How views get their objects: through visible_to and nowhere else. Out of scope is 404; a stale click is 409."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render

from certificates.models import Certificate
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest


def certificate_or_404(request: ActingRequest, pk: int) -> Certificate:
    """The certificate, if this membership may see it."""
    found = (
        Certificate.objects.visible_to(request.membership)
        .select_related(
            "nppo",
            "holder__user",
            "holder__office",
            "drafted_by__user",
            "issued_by__user",
            "office",
            "hand_issued__officer__user",
            "hand_issued__by__user",
        )
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def editable_or_404(request: ActingRequest, pk: int) -> Certificate:
    """The draft, if this membership may see and change it."""
    found = certificate_or_404(request, pk)
    if not request.membership.may(roles.DRAFT):
        raise PermissionDenied
    return found


def somebody_was_faster(request: ActingRequest, found: Certificate) -> HttpResponse:
    """409: the certificate is no longer where it was. Says where it is now."""
    return render(request, "409.html", {"certificate": found}, status=409)
