"""The page on which an officer says why a certificate is replaced, and where its paper is; then the draft opens."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from certificates import replacing, workflow
from certificates.models import Certificate, Original
from certificates.views.actions import ORIGINAL_MISSING, reason_of
from certificates.views.doorway import certificate_or_404, somebody_was_faster
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest


def replacement(request: ActingRequest, pk: int) -> HttpResponse:
    """GET asks, POST makes the draft. A replacement that is under way is shown instead of a second one."""
    found = certificate_or_404(request, pk)
    if not request.membership.may(roles.DRAFT):
        raise workflow.NotAllowed
    if request.method != "POST":
        return _ask(request, found)
    try:
        made = replacing.draft(
            found, by=request.membership, reason=reason_of(request), original=request.POST.get("original", "")
        )
    except workflow.WrongStatus as error:
        return somebody_was_faster(request, error.certificate)
    except replacing.UnderWay as error:
        messages.info(request, _("A replacement is drafted already. This is it."))
        return redirect("certificates:certificate", error.draft.pk)
    except workflow.ReasonMissing:
        return _ask(request, found, _("Write the reason, so that the other side knows what to do."))
    except workflow.OriginalMissing:
        return _ask(request, found, str(ORIGINAL_MISSING))
    messages.success(request, _("The replacement is drafted. Correct what has to be corrected, then submit it."))
    return redirect("certificates:certificate", made.pk)


def _ask(request: ActingRequest, found: Certificate, error: str = "") -> HttpResponse:
    context = {
        "certificate": found,
        "error": error,
        "reason": request.POST.get("reason", ""),
        "originals": Original.choices,
        "original": request.POST.get("original", ""),
    }
    return render(request, "certificates/replace.html", context, status=422 if error else 200)
