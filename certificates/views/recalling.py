"""Keeping an issued certificate's envelope from leaving, while it still waits: the certificate stays issued, on paper."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from certificates import workflow
from certificates.ephyto.document import WITHDRAWN
from certificates.models import Certificate
from certificates.views.doorway import certificate_or_404
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest
from hubclient import outbox
from hubclient.models import Envelope


def recallable(found: Certificate) -> Envelope | None:
    """Its envelope that certainly has not left; None when there is none. A withdrawal is final: it is not recalled."""
    sent = Envelope.objects.filter(messages__certificate=found, is_incoming=False, state=Envelope.State.WAITING)
    sent = sent.exclude(certificate_status=WITHDRAWN)
    envelope = sent.defer("content").order_by("-pk").first()
    return envelope if envelope is not None and envelope.was_never_queued else None


def recall(request: ActingRequest, pk: int) -> HttpResponse:
    """GET asks for the reason, POST does it. Who was too late is told so."""
    found = certificate_or_404(request, pk)
    if not request.membership.may(roles.ISSUE):
        raise workflow.NotAllowed
    envelope, reason = recallable(found), request.POST.get("reason", "").strip()[:4000]
    if envelope is None:
        messages.error(request, _("It has left, or may have. Nothing was changed."))
        return redirect("certificates:certificate", pk)
    if request.method != "POST" or not reason:
        is_missing = request.method == "POST"
        context = {"certificate": found, "envelope": envelope, "is_missing": is_missing}
        return render(request, "certificates/recall.html", context, status=422 if is_missing else 200)
    try:
        outbox.recall(envelope, by=request.membership, reason=reason)
    except outbox.NotPossible:
        messages.error(request, _("It has left, or may have. Nothing was changed."))
    else:
        messages.success(request, _("Recalled. The electronic certificate is not sent."))
    return redirect("certificates:certificate", pk)
