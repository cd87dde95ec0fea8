"""Starting a certificate: empty, for re-export, from a template, or as a copy of any earlier one of ours."""

from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from certificates import copying, drafts, keeping
from certificates.ephyto.document import EXPORT, RE_EXPORT
from certificates.models import Certificate, CertificateTemplate, Direction
from certificates.views.doorway import certificate_or_404
from certificates.views.paging import LATEST, having, page
from codelists.folding import fold
from codelists.lookup import Names
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest

TEMPLATES: Final = 8


def new(request: ActingRequest) -> HttpResponse:
    """GET offers every way to begin; POST begins, empty or from a template."""
    if not request.membership.may(roles.DRAFT):
        raise PermissionDenied
    if request.method == "POST":
        return _begin(request)
    query = request.GET.get("q", "").replace("\x00", "").strip()
    ours = Certificate.objects.visible_to(request.membership).filter(direction=Direction.ISSUED)
    folded = fold(query[:200])
    ours = ours if folded else ours.filter(drafted_by=request.membership)
    shown = page(ours, LATEST, request.GET.get("after", ""), narrow=having(folded))
    usable = CertificateTemplate.objects.usable_by(request.membership).defer("document")
    templates = list(usable.order_by("-used_at", "-pk")[:TEMPLATES])
    names = Names(get_language() or "en")
    codes = {row.destination for row in shown.rows} | {template.destination for template in templates}
    context = {
        "rows": shown.rows,
        "countries": {code: names.name("country", code) for code in codes},
        "query": query,
        "next_url": "?" + urlencode({"q": query, "after": shown.following}) if shown.following else "",
        "templates": templates,
        "re_export": RE_EXPORT,
        "never": copying.NEVER,
    }
    return render(request, "certificates/new.html", context)


def _begin(request: ActingRequest) -> HttpResponse:
    chosen = request.POST.get("template", "")
    if chosen:
        usable = CertificateTemplate.objects.usable_by(request.membership)
        template = get_object_or_404(usable, pk=int(chosen[:18]) if chosen.isdecimal() else 0)
        made = keeping.use(template, by=request.membership)
        messages.success(request, _("Drafted from the template. Complete what is missing."))
        return redirect("certificates:certificate", made.pk)
    kind = RE_EXPORT if request.POST.get("kind") == RE_EXPORT else EXPORT
    draft = drafts.create(by=request.membership, kind=kind)
    return redirect("certificates:section", draft.pk, "consignment")


def copy(request: ActingRequest, pk: int) -> HttpResponse:
    """GET says what is copied and what is not; POST copies."""
    found = certificate_or_404(request, pk)
    if not request.membership.may(roles.DRAFT):
        raise PermissionDenied
    if found.direction != Direction.ISSUED:
        raise Http404
    if request.method != "POST":
        return render(request, "certificates/copy.html", {"certificate": found, "never": copying.NEVER})
    made = copying.copy(found, by=request.membership)
    messages.success(request, _("Copied to a new draft. Complete what belongs to this consignment."))
    return redirect("certificates:certificate", made.pk)
