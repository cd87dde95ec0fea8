"""Taking a certificate, giving it back, and saying what it waits for: buttons of those who decide."""

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from certificates import attending, workflow
from certificates.models import Certificate
from certificates.views.doorway import certificate_or_404, somebody_was_faster
from gens.accounts.middleware import ActingRequest

_DONE: Final = {
    "take": gettext_noop("You have it now."),
    "release": gettext_noop("Given back. Another officer can take it."),
    "wait": gettext_noop("It waits for information. The lists say so."),
    "resume": gettext_noop("It no longer waits for information."),
}


def attend(request: ActingRequest, pk: int, verb: str) -> HttpResponse:
    """POST does it; GET asks what is missing, where that is to be said."""
    if verb not in _VERBS:
        raise Http404
    found = certificate_or_404(request, pk)
    if request.method != "POST" and verb != "wait":
        return HttpResponseNotAllowed(["POST"])
    try:
        if request.method != "POST":
            return _asked(request, found)
        done = _VERBS[verb](request, found)
    except workflow.WrongStatus as error:
        return somebody_was_faster(request, error.certificate)
    except workflow.ReasonMissing:
        return _asked(request, found, _("Write what is missing."))
    messages.success(request, _(_DONE[verb]))
    if verb == "release":
        return redirect("certificates:worklist", "received" if done.direction == "received" else "submitted")
    return redirect("certificates:certificate", done.pk)


def _asked(request: ActingRequest, found: Certificate, error: str = "") -> HttpResponse:
    attending.check(found, by=request.membership)
    said = request.POST if error else {"lacking": found.awaits, "asked": found.awaits_from}
    context = {"certificate": found, "error": error, "lacking": said.get("lacking"), "asked": said.get("asked")}
    return render(request, "certificates/waiting.html", context, status=422 if error else 200)


def _take(request: ActingRequest, found: Certificate) -> Certificate:
    said = request.POST.get("from", "")
    over_from = int(said) if said.isascii() and said.isdecimal() else None
    return attending.take(found, by=request.membership, over_from=over_from)


def _wait(request: ActingRequest, found: Certificate) -> Certificate:
    lacking, asked = (request.POST.get(name, "").replace("\x00", "") for name in ("lacking", "asked"))
    return attending.wait(found, by=request.membership, lacking=lacking[:4000], asked=asked)


_VERBS: Final[dict[str, Callable[[ActingRequest, Certificate], Certificate]]] = {
    "take": _take,
    "release": lambda request, found: attending.release(found, by=request.membership),
    "wait": _wait,
    "resume": lambda request, found: attending.resume(found, by=request.membership),
}
