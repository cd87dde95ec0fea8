"""Pages that part one draft and join several: each says what will happen, and asks which lines or drafts."""

from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from certificates import splitting, workflow
from certificates.models import EDITABLE, Certificate, Direction
from certificates.views.doorway import certificate_or_404, somebody_was_faster
from codelists.lookup import name_of
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest

SHOWN: Final = 50


def _draft_or_404(request: ActingRequest, pk: int) -> Certificate:
    found = certificate_or_404(request, pk)
    if not request.membership.may(roles.DRAFT):
        raise PermissionDenied
    if found.direction != Direction.ISSUED:
        raise Http404
    return found


def split(request: ActingRequest, pk: int) -> HttpResponse:
    """GET shows the lines, POST moves the chosen ones to a new draft."""
    found = _draft_or_404(request, pk)
    if found.status not in EDITABLE:
        return somebody_was_faster(request, found)
    chosen, error = request.POST.getlist("line"), ""
    if request.method == "POST":
        try:
            made = splitting.split(found, chosen, by=request.membership)
        except workflow.WrongStatus as wrong:
            return somebody_was_faster(request, wrong.certificate)
        except splitting.NotPossible as refused:
            error = str(refused)
        else:
            messages.success(request, _("Split. This is the new draft; the other one keeps the rest."))
            return redirect("certificates:certificate", made.pk)
    context = {"certificate": found, "lines": found.content.lines, "chosen": chosen, "error": error}
    return render(request, "certificates/split.html", context, status=422 if error else 200)


def combine(request: ActingRequest, pk: int) -> HttpResponse:
    """GET shows the drafts that are alike, POST makes one of this and the chosen ones."""
    found = _draft_or_404(request, pk)
    if found.status not in EDITABLE:
        return somebody_was_faster(request, found)
    chosen, error = request.POST.getlist("draft"), ""
    if request.method == "POST":
        others = Certificate.objects.visible_to(request.membership).filter(direction=Direction.ISSUED)
        wanted = list(others.filter(pk__in=[int(each[:18]) for each in chosen if each.isdecimal()]).order_by("pk"))
        try:
            made = splitting.combine([found, *wanted], by=request.membership)
        except workflow.WrongStatus as wrong:
            return somebody_was_faster(request, wrong.certificate)
        except splitting.NotPossible as refused:
            error = str(refused)
        else:
            messages.success(request, _("Combined. This is the new draft; the others are discarded and stay readable."))
            return redirect("certificates:certificate", made.pk)
    context = {
        "certificate": found,
        "rows": splitting.alike(found).for_lists()[:SHOWN],
        "chosen": chosen,
        "error": error,
        "country": name_of("country", found.destination, get_language() or "en"),
    }
    return render(request, "certificates/combine.html", context, status=422 if error else 200)
