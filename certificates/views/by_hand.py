"""Registering a certificate that was issued by hand, and its scan: the original, as it lies in the file."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from certificates import by_hand, issuing, workflow
from certificates.ephyto.media import media_type
from certificates.forms.by_hand import Register, used
from certificates.forms.fields import errors_of
from certificates.models import Blob, ReservedNumbers
from certificates.views.doorway import certificate_or_404
from certificates.views.downloads import as_download
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest


def register(request: ActingRequest) -> HttpResponse:
    """GET asks for what the paper says, POST makes the draft and leads to its first section."""
    if not request.membership.may(roles.ISSUE):
        raise workflow.NotAllowed
    nppo, is_post = request.membership.nppo, request.method == "POST"
    form = Register(request.POST if is_post else None, request.FILES if is_post else None, nppo=nppo)
    if is_post and form.is_valid():
        data: dict[str, Any] = form.cleaned_data
        names = ("block", "number", "day", "officer", "scan")
        paper = by_hand.Paper(**{name: data[name] for name in names}, filename=form.filename)
        try:
            draft = by_hand.register(paper, kind=data["kind"], by=request.membership)
        except by_hand.NumberUsed:
            form.add_error("number", used(paper.number))
        else:
            return redirect("certificates:section", draft.pk, "consignment")
    has_blocks = ReservedNumbers.objects.filter(nppo=nppo).exists()
    context = {"form": form, "errors": errors_of(form), "has_blocks": has_blocks}
    return render(request, "certificates/register.html", context, status=422 if is_post else 200)


def scan(request: ActingRequest, pk: int) -> HttpResponse:
    """The scan of the signed paper."""
    found = certificate_or_404(request, pk)
    hand = issuing.hand_of(found)
    if hand is None:
        raise Http404
    blob = get_object_or_404(Blob, nppo=found.nppo_id, sha256=hand.sha256)
    data = bytes(blob.data)
    return as_download(data, media_type(data, settings.EPHYTO_LIMITS["pixels"]), hand.filename or hand.number)
