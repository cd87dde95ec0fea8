"""How views get their objects: through visible_to and nowhere else. Out of scope is 404."""

from django.http import Http404

from certificates.models import Certificate
from gens.accounts.middleware import ActingRequest


def certificate_or_404(request: ActingRequest, pk: int) -> Certificate:
    """The certificate, if this membership may see it."""
    found = (
        Certificate.objects.visible_to(request.membership)
        .select_related("nppo", "holder__user", "holder__office", "drafted_by__user", "issued_by__user", "office")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found
