"""How the shared lists were renewed, and what waits for a system operator's eye."""

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from certificates.administration.doorway import operators_only
from codelists import hub, renewing
from codelists.models import ListSource, Refresh
from codelists.tasks import refresh_lists
from gens.accounts.bells import nudge
from gens.accounts.middleware import ActingRequest
from hubclient.models import Connection

PAGE: Final = 50
SHOWN: Final = 200


def refreshes(request: ActingRequest) -> HttpResponse:
    """The renewals, the latest first; and through which connection the Hub's lists come."""
    operators_only(request)
    rows = Refresh.objects.defer("wanted").order_by("-at", "-pk")
    own = Connection.objects.filter(nppo=request.membership.nppo_id, is_active=True).first()
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "waiting": Refresh.objects.filter(state__in=(Refresh.State.HELD, Refresh.State.FAILED)).defer("wanted"),
        "source": ListSource.objects.first(),
        "own": own,
    }
    return render(request, "administration/refreshes.html", context)


def source(request: ActingRequest) -> HttpResponse:
    """POST names the connection of the acting NPPO as the one through which lists come, or fetches them now."""
    operators_only(request)
    if request.method == "POST" and "fetch" in request.POST:
        nudge(refresh_lists)
        messages.success(request, _("The lists are being fetched. Come back in a minute."))
    elif request.method == "POST":
        own = get_object_or_404(Connection, nppo=request.membership.nppo_id, is_active=True)
        said = {"nppo_key": own.nppo_id, "connection": own, "by_name": str(request.membership.user)}
        ListSource.objects.update_or_create(pk=1, defaults=said)
        messages.success(request, _("Lists come through this connection from now on."))
    return redirect("administration:refreshes")


def refresh(request: ActingRequest, pk: int) -> HttpResponse:
    """One renewal: what it changed, or, of a held one, what it would change; POST lets it through or refuses it."""
    operators_only(request)
    row = get_object_or_404(Refresh, pk=pk)
    is_held = row.state == Refresh.State.HELD
    if request.method == "POST":
        return _decide(request, row)
    if is_held:
        found = list(renewing.preview(row.list, hub.codes_of(row), Q()))
        differences = [(each.code.code, each.action, each.changes) for each in found]
    else:
        told = row.changes.select_related("code").order_by("action", "code__code")
        differences = [(each.code.code, each.action, each.changes) for each in told[: SHOWN + 1]]
    context = {"row": row, "is_held": is_held, "differences": differences[:SHOWN], "is_cut": len(differences) > SHOWN}
    return render(request, "administration/refresh.html", context)


def _decide(request: ActingRequest, row: Refresh) -> HttpResponse:
    who = str(request.membership.user)
    try:
        if "apply" in request.POST:
            hub.apply(row, by_name=who)
            messages.success(request, _("Applied."))
        elif "refuse" in request.POST:
            hub.refuse(row, by_name=who)
            messages.success(request, _("Refused. The list stays as it is."))
        else:
            raise Http404
    except Refresh.DoesNotExist:
        messages.error(request, _("Somebody was faster: this is decided."))
    return redirect("administration:refreshes")
