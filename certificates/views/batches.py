"""Approving or issuing many: the ticked ones, what can go and why others cannot; then how far it is, line by line."""

from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates import batches, workflow
from certificates.models import Batch, BatchItem, Certificate, Direction
from certificates.views.worklists import countries_of
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest


def ask(request: ActingRequest, action: str) -> HttpResponse:
    """GET lists what was ticked, POST starts. What is not ticked, or cannot go, is said on the same page."""
    if action not in Batch.Action.values:
        raise Http404
    if not request.membership.may(batches.PERMISSIONS[Batch.Action(action)]):
        raise workflow.NotAllowed
    ticked = _ticked(request)
    found = batches.verdicts(action, ticked[: batches.MOST], request.membership)
    able = [verdict.certificate for verdict in found if not verdict.obstacle]
    if request.method != "POST":
        return _show(request, action, found, _error(ticked, able))
    if error := _error(ticked, able):
        return _show(request, action, found, error, status=409 if found and not able else 422)
    made = batches.start(action, able, by=request.membership, key=_key(request))
    return redirect("certificates:batch", made.pk)


def _ticked(request: ActingRequest) -> list[Certificate]:
    """Those this membership may see; 404 when one of them is not among them."""
    said = (request.POST if request.method == "POST" else request.GET).getlist("pick")
    wanted = {int(each) for each in said if each.isdecimal() and len(each) < 19}
    mine = Certificate.objects.visible_to(request.membership).filter(direction=Direction.ISSUED, pk__in=wanted)
    found = mine.select_related("nppo", "hand_issued").prefetch_related("inputs").order_by("status_since", "pk")
    if len(found) < len(wanted):
        raise Http404
    return list(found)


def _key(request: ActingRequest) -> UUID:
    """Of the page that asked. One that was tampered with is a new one."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()


def _error(ticked: list[Certificate], able: list[Certificate]) -> str:
    if not ticked:
        return _("Tick at least one certificate in the list.")
    if len(ticked) > batches.MOST:
        return _("Tick at most %(most)s certificates at once.") % {"most": batches.MOST}
    return "" if able else _("None of these certificates can go now.")


def _show(
    request: ActingRequest, action: str, found: list[batches.Verdict], error: str, status: int = 200
) -> HttpResponse:
    able = sum(not verdict.obstacle for verdict in found)
    context = {
        "title": _title(action, able),
        "label": Batch.Action(action).label,
        "action": action,
        "verdicts": found,
        "countries": countries_of([verdict.certificate for verdict in found]),
        "able": able,
        "error": error,
        "key": uuid4(),
    }
    return render(request, "certificates/ask_batch.html", context, status=status)


def _title(action: str, count: int) -> str:
    if action == Batch.Action.ISSUE:
        return ngettext("Issue %(count)s certificate", "Issue %(count)s certificates", count) % {"count": count}
    return ngettext("Approve %(count)s certificate", "Approve %(count)s certificates", count) % {"count": count}


def batch(request: ActingRequest, pk: int) -> HttpResponse:
    """How far it is, and what became of each. Whoever may read issued certificates may look."""
    if not request.membership.may(roles.READ_ISSUED):
        raise PermissionDenied
    certificates = Certificate.objects.visible_to(request.membership).for_lists()
    rows = BatchItem.objects.order_by("pk").prefetch_related(Prefetch("certificate", certificates))
    mine = Batch.objects.filter(nppo=request.membership.nppo_id).select_related("by__user")
    found = get_object_or_404(mine.prefetch_related(Prefetch("items", rows)), pk=pk)
    items = list(found.items.all())
    ended = [item for item in items if item.outcome != BatchItem.Outcome.WAITING]
    context: dict[str, Any] = {
        "batch": found,
        "title": _title(found.action, len(items)),
        "items": items,
        "countries": countries_of([item.certificate for item in items]),
        "ended": len(ended),
        "done": sum(item.outcome == BatchItem.Outcome.DONE for item in items),
        "is_running": len(ended) < len(items),
    }
    return render(request, "certificates/batch.html", context)
