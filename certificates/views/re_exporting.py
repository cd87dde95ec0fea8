"""Choosing the received certificate that a re-export is drafted from, or saying that it came on paper."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from certificates import drafts, re_exporting, workflow
from certificates.ephyto.document import RE_EXPORT
from certificates.models import EDITABLE, Certificate
from certificates.views.doorway import somebody_was_faster
from certificates.views.paging import LATEST, having, page
from certificates.views.worklists import countries_of
from codelists.folding import fold
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest


def choose(request: ActingRequest) -> HttpResponse:
    """Received certificates by number or name, the latest first. POST drafts from one, or adds its lines to `into`."""
    if not request.membership.may(roles.DRAFT):
        raise PermissionDenied
    into = _into(request)
    if request.method == "POST":
        return _draft(request, into)
    usable = Certificate.objects.coverable_by(request.membership)
    query = request.GET.get("q", "").replace("\x00", "").strip()
    shown = page(usable, LATEST, request.GET.get("after", ""), narrow=having(fold(query[:200])))
    kept = {"q": query, "into": str(into.pk) if into else ""}
    context = {
        "rows": shown.rows,
        "countries": countries_of(shown.rows),
        "query": query,
        "into": into,
        "kind": RE_EXPORT,
        "next_url": "?" + urlencode({**kept, "after": shown.following}) if shown.following else "",
    }
    return render(request, "certificates/re_export.html", context)


def _into(request: ActingRequest) -> Certificate | None:
    """The draft that gets more lines; None for a new one."""
    pk = request.POST.get("into") or request.GET.get("into") or ""
    if not pk.isdecimal():
        return None
    mine = Certificate.objects.visible_to(request.membership).filter(status__in=EDITABLE, type=RE_EXPORT)
    return get_object_or_404(mine, pk=int(pk[:18]))


def _draft(request: ActingRequest, into: Certificate | None) -> HttpResponse:
    chosen = request.POST.get("received", "")
    usable = Certificate.objects.coverable_by(request.membership)
    received = get_object_or_404(usable, pk=int(chosen[:18]) if chosen.isdecimal() else 0)
    try:
        by = request.membership
        made = re_exporting.add(into, received, by=by) if into else re_exporting.draft(received, by=by)
    except re_exporting.NothingLeft:
        messages.error(request, _("Nothing is left of it: everything was certified on for re-export already."))
        return redirect("certificates:re_export")
    except (workflow.WrongStatus, drafts.Conflict) as error:
        return somebody_was_faster(request, error.certificate)
    messages.success(request, _("Drafted with what is left of the received certificate. Say how much of it goes on."))
    return redirect("certificates:section", made.pk, "lines")
