"""Pressing a button: a page that says what will happen, then the verb. A stale click is an answer, not a crash."""

from collections.abc import Iterable
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, gettext_noop
from django.utils.translation import gettext as _

from certificates import balances, drafts, inspected, workflow
from certificates.models import Certificate, Direction, Original, Status
from certificates.paper.wording import measure
from certificates.sections import SECTIONS, sections_of
from certificates.views.doorway import certificate_or_404, somebody_was_faster
from codelists.lookup import Names, choices, name_of
from gens.accounts.middleware import ActingRequest

DONE: Final = {
    "submit": gettext_noop("Submitted. A certifying officer takes it from here."),
    "approve": gettext_noop("Approved."),
    "return": gettext_noop("Returned to the inspector."),
    "issue": gettext_noop("Issued. The PDF follows in a moment, and the ePhyto goes out by itself."),
    "approve_and_issue": gettext_noop("Issued. The PDF follows in a moment, and the ePhyto goes out by itself."),
    "confirm": gettext_noop("Confirmed. The ePhyto goes out by itself."),
    "discard": gettext_noop("The draft is discarded."),
    "withdraw": gettext_noop("Withdrawn. The importing country is told, if the certificate was sent to it."),
    "accept": gettext_noop("Accepted."),
    "refuse": gettext_noop("Refused."),
}
LONGEST: Final = 2000  # characters of a remark
TOWARDS_ISSUE: Final = ("submit", "approve", "issue", "approve_and_issue")
ORIGINAL_MISSING: Final = gettext_lazy("Say what became of the original.")


def act(request: ActingRequest, pk: int, name: str) -> HttpResponse:
    """GET asks, POST does. Errors come back on the same page with everything that was written."""
    if name not in workflow.TRANSITIONS or name == "open":
        raise Http404
    found = certificate_or_404(request, pk)
    action = workflow.TRANSITIONS[name]
    if not request.membership.may(action.permission) or not workflow.is_for(action, found):
        raise workflow.NotAllowed
    if request.method == "POST":
        return _do(request, found, action)
    if found.status not in action.sources:
        return somebody_was_faster(request, found)
    return _ask(request, found, action)


def _do(request: ActingRequest, found: Certificate, action: workflow.Action) -> HttpResponse:
    try:
        why = {"reason": reason_of(request), "original": request.POST.get("original", "")}
        remarks = remarks_of(request) if action.name == "return" else {}
        done = workflow.perform(action.name, found, by=request.membership, remarks=remarks, **why)
    except workflow.WrongStatus as error:
        return somebody_was_faster(request, error.certificate)
    except workflow.SecondPersonNeeded:
        return _ask(
            request, found, action, error=_("You wrote this certificate. Another person must do this."), status=403
        )
    except workflow.OutOfScope:
        words = _("Your authorisation does not cover this kind of certificate, or its destination.")
        return _ask(request, found, action, error=words, status=403)
    except workflow.ReasonMissing:
        return _ask(
            request, found, action, error=_("Write the reason, so that the other side knows what to do."), status=422
        )
    except workflow.OriginalMissing:
        return _ask(request, found, action, error=ORIGINAL_MISSING, status=422)
    except balances.Overdrawn as error:
        return _ask(request, found, action, error=" ".join(_short(each) for each in error.shortages), status=422)
    except inspected.NotInspected:
        return _ask(request, found, action, status=422)  # it says why, as it did before
    except workflow.Blocked as error:
        return _ask(request, found, action, blocked=error, status=422)
    messages.success(request, _(DONE[action.name]))
    if done.status == Status.DISCARDED:
        return redirect("certificates:worklist", "drafts")
    return redirect("certificates:certificate", done.pk)


def _short(shortage: balances.Shortage) -> str:
    """Which line asks for more than is left of what was received, and how much is."""
    names = Names(get_language() or "en")
    said = {"line": shortage.number, "left": measure(shortage.left, names)}
    if shortage.is_unstated:
        return _("Line %(line)s: state the quantity in the unit of the received certificate; %(left)s are left.") % said
    return _("Line %(line)s asks for more than was received: %(left)s are left.") % said


def reason_of(request: ActingRequest) -> str:
    """A coded reason, if there is one, and the officer's own words."""
    parts = (request.POST.get("code", ""), request.POST.get("reason", ""))
    return ": ".join(part.strip() for part in parts if part.strip())[:4000]


def remarks_of(request: ActingRequest) -> dict[str, str]:
    """What the officer wrote beside sections; nothing of those left empty."""
    written = {name: request.POST.get(f"remark-{name}", "").strip()[:LONGEST] for name in SECTIONS}
    return {name: text for name, text in written.items() if text}


def _sections(request: ActingRequest, found: Certificate) -> list[dict[str, Any]]:
    """Each section with what was written beside it."""
    written = remarks_of(request)
    return [
        {"name": name, "label": label, "remark": written.get(name, "")}
        for name, label in sections_of(found.document).items()
    ]


def _ask(
    request: ActingRequest,
    found: Certificate,
    action: workflow.Action,
    *,
    error: str | Promise = "",
    blocked: workflow.Blocked | None = None,
    status: int = 200,
) -> HttpResponse:
    language = get_language() or "en"
    is_received = found.direction == Direction.RECEIVED
    partner = found.partnership if not is_received else None
    context: dict[str, Any] = {
        "certificate": found,
        "action": action,
        "error": error,
        "not_inspected": inspected.missing(found, found.nppo) if action.name in TOWARDS_ISSUE else None,
        "is_refused": status == 422,
        "blocked": drafts.links(found, blocked) if blocked else [],
        "reason": request.POST.get("reason", ""),
        "code": request.POST.get("code", ""),
        "reasons": _reasons(action.name, language),
        "sections": _sections(request, found) if action.name == "return" else [],
        "originals": Original.choices if action.asks_original else [],
        "original": request.POST.get("original", ""),
        "partnership": partner,
        "last_day": partner.last_day(timezone.localdate()) if partner else None,
        "partner": name_of("country", found.counterpart if is_received else found.destination, language),
    }
    return render(request, "certificates/confirm.html", context, status=status)


def _reasons(name: str, language: str) -> Iterable[tuple[str, str]]:
    """The coded reasons to choose from, of those actions that have some."""
    if name == "refuse":
        return choices("refusal", language)
    kind = {"return": "RETURN", "withdraw": "WITHDRAWAL"}.get(name, "")
    return choices("reason", language, kind) if kind else []
