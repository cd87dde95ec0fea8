"""Operations: how the connections to the Hub do. All of them for system operators, their own for administrators."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from certificates import rendering
from certificates.checks import searches_by_index
from certificates.models import RenderTry, Seal
from certificates.seals import using
from certificates.tasks import render as render_pdf
from certificates.views.downloads import as_download
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for, sweeping
from hubclient import operations_of, outbox
from hubclient.models import Connection, Envelope

VERBS: Final[dict[str, Promise]] = {"again": gettext_lazy("Try again"), "give-up": gettext_lazy("Give up")}


def operations(request: ActingRequest) -> HttpResponse:
    """Every connection at a glance."""
    is_operator, membership = request.membership.may(roles.OPERATE), request.membership
    if not is_operator and not membership.may(roles.ADMINISTER):
        raise PermissionDenied
    listed = operations_of.connections()
    mine = [(pk, nppo_id) for pk, nppo_id in listed if is_operator or nppo_id == membership.nppo_id]
    nppos = Nppo.objects.in_bulk([nppo_id for _pk, nppo_id in mine])
    overviews = []
    for pk, nppo_id in mine:
        with acting_for(nppo_id):
            overviews.append((nppos[nppo_id], operations_of.overview(Connection.objects.get(pk=pk))))
    context = {
        "overviews": overviews,
        "seals": _away(membership),
        "search_is_slow": is_operator and not searches_by_index(),
        "failing": rendering.failing(membership),
    }
    return render(request, "certificates/operations.html", context)


def _away(membership: Membership) -> list[tuple[Nppo, Seal, int]]:
    """The seals that papers wait for, with how many do: of all NPPOs for system operators."""
    with sweeping():
        rows = Seal.objects.in_use().exclude(trouble="").order_by("nppo_id")
        found = list(rows.values_list("nppo_id", flat=True))
    away = []
    for nppo in Nppo.objects.filter(pk__in=found):
        if membership.may(roles.OPERATE) or nppo.pk == membership.nppo_id:
            with acting_for(nppo.pk):
                seal = using.active(nppo.pk)
                away += [(nppo, seal, using.waiting(nppo.pk))] if seal and seal.trouble else []
    return away


def connection(request: ActingRequest, pk: int) -> HttpResponse:
    """One connection: what waits long, what failed; for system operators also its calls (?number= of one envelope)."""
    nppo_id = dict(operations_of.connections()).get(pk)
    number = request.GET.get("number", "")[:256]
    with _entering(request, nppo_id):
        found = Connection.objects.select_related("nppo").get(pk=pk)
        is_operator = request.membership.may(roles.OPERATE)
        context = {
            "connection": found,
            "nppo": found.nppo,
            "overview": operations_of.overview(found),
            "slow": operations_of.slow(found),
            "failures": operations_of.failures(found),
            "is_operator": is_operator,
            "calls": operations_of.calls(found, number) if is_operator else [],
            "number": number,
        }
    return render(request, "certificates/connection.html", context)


def envelope(request: ActingRequest, pk: int, name: str) -> HttpResponse:
    """Try an envelope again, or give it up with a reason: GET asks, POST does."""
    if name not in VERBS:
        raise Http404
    reason = request.POST.get("reason", "").strip()[:4000]
    is_missing = request.method == "POST" and name == "give-up" and not reason
    with _entering(request, operations_of.nppo_of(pk)):
        found = get_object_or_404(Envelope.objects.defer("content"), pk=pk)
        if request.method == "POST" and not is_missing:
            return _do(request, found, name, reason)
    context: dict[str, Any] = {"envelope": found, "name": name, "label": VERBS[name], "is_missing": is_missing}
    return render(request, "certificates/envelope.html", context, status=422 if is_missing else 200)


def _do(request: ActingRequest, found: Envelope, name: str, reason: str) -> HttpResponse:
    try:
        if name == "again":
            operations_of.again(found, by=request.membership)
        else:
            outbox.give_up(found, by=request.membership, reason=reason)
    except outbox.NotPossible:
        messages.error(request, _("This envelope has gone on meanwhile. Nothing was changed."))
    else:
        messages.success(request, _("It is tried again.") if name == "again" else _("It is given up."))
    return redirect("certificates:connection", found.connection_id)


@require_POST
def render_again(request: ActingRequest, pk: int) -> HttpResponse:
    """Make a PDF once more that could not be made."""
    with _entering(request, rendering.nppo_of(pk)):
        row = get_object_or_404(RenderTry.objects.select_related("certificate"), pk=pk)
        rendering.ask_again(row, by=request.membership)
    outbox.nudge(render_pdf, row.certificate_id, row.nppo_id)
    messages.success(request, _("The PDF is being made."))
    return redirect("certificates:operations")


def content(request: ActingRequest, pk: int) -> HttpResponse:
    """The exact bytes of an envelope, for system operators."""
    if not request.membership.may(roles.OPERATE):
        raise PermissionDenied
    with _entering(request, operations_of.nppo_of(pk)):
        found = get_object_or_404(Envelope, pk=pk)
    return as_download(bytes(found.content), "application/octet-stream", f"envelope-{found.pk}.bin")


@contextmanager
def _entering(request: ActingRequest, nppo_id: int | None) -> Iterator[None]:
    """Act for that NPPO: any for a system operator, the own one for its administrator. Out of scope is 404."""
    membership = request.membership
    is_operator = membership.may(roles.OPERATE)
    if not is_operator and not membership.may(roles.ADMINISTER):
        raise PermissionDenied
    if nppo_id is None or (not is_operator and nppo_id != membership.nppo_id):
        raise Http404
    with acting_for(nppo_id):
        yield
