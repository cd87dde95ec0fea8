"""The NPPO's electronic seal by screen: which key is in use until when, a new one, and none from now on.

Whoever runs the installation puts keys in place, under the code of the NPPO; its administrators decide which of those it
seals with, as they decide on its stamp. A key is never shown, brought or named by its path here.
"""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.administration.doorway import administrators_only, own_or_404
from certificates.administration.history import SHOWN, Told, told
from certificates.administration.sealing import Carrying, Choosing
from certificates.forms.fields import errors_of
from certificates.models import Seal
from certificates.seals import keys, using
from certificates.seals.keys import NotAtHand
from gens.accounts import changes
from gens.accounts.middleware import ActingRequest, outside_transaction
from gens.accounts.models import Event
from gens.accounts.tenancy import acting_for


def seal(request: ActingRequest) -> HttpResponse:
    """The one in use and those before; POST changes how papers carry it."""
    administrators_only(request)
    nppo_id, is_post = request.membership.nppo_id, request.method == "POST"
    found = using.active(nppo_id)
    form = Carrying(request.POST if is_post else None, seal=found)
    if is_post and found is not None and form.is_valid():
        changes.save(form.write(found), by=request.membership)
        messages.success(request, _("Saved."))
        return redirect("administration:seal")
    rows = list(Seal.objects.filter(nppo=nppo_id).order_by("-pk"))
    context = {
        "seal": found,
        "days": using.ends_in(found) if found else 0,
        "warn_at": using.WARN_AT[-1],
        "waiting": using.waiting(nppo_id) if found and found.trouble else 0,
        "form": form,
        "errors": errors_of(form),
        "others": [row for row in rows if row.retired_at],
        "history": _happened(rows, form),
    }
    return render(request, "administration/seal.html", context, status=422 if is_post and found else 200)


def _happened(rows: list[Seal], form: Carrying) -> list[Told]:
    """To all of its seals, the latest first."""
    events = [told(event, form, None) for row in rows for event in changes.history(row)[:SHOWN]]
    names = {row.pk: row.name for row in rows}
    latest = sorted(events, key=lambda each: (each.event.at, each.event.pk), reverse=True)[:SHOWN]
    return [Told(each.event, each.changed, names[_subject(each.event)]) for each in latest]


def _subject(event: Event) -> int:
    return int(event.subject_id)


@outside_transaction
def new_seal(request: ActingRequest) -> HttpResponse:
    """GET lists the keys that are in place; POST tries one out and puts it into use. A token may take its time."""
    administrators_only(request)
    nppo, is_post = request.membership.nppo, request.method == "POST"
    found = keys.at_hand(nppo.code)
    with acting_for(nppo.pk):
        before = using.active(nppo.pk)
    form = Choosing(request.POST if is_post else None, found=found, seal=before)
    if is_post and form.is_valid() and _put_into_use(request, form):
        messages.success(request, _("In use: papers are sealed with it from now on."))
        return redirect("administration:seal")
    context = {"form": form, "errors": errors_of(form), "found": found, "before": before, "code": nppo.code}
    with acting_for(nppo.pk):
        return render(request, "administration/seal_new.html", context, status=422 if is_post else 200)


def _put_into_use(request: ActingRequest, form: Choosing) -> bool:
    nppo = request.membership.nppo
    try:
        made = using.prepared(nppo, form.place, form.cleaned_data["certificate"])
        with acting_for(nppo.pk):
            using.use(form.write(made), by=request.membership, reason=str(_("A new seal")))
    except (NotAtHand, using.NotUsable) as why:
        form.refuse(why.trouble)
        return False
    return True


_NEEDED: Final = gettext_lazy("Write why. It stays with the seal.")


def retire_seal(request: ActingRequest, pk: int) -> HttpResponse:
    """GET asks, POST retires it with a reason: from then on papers have no seal."""
    administrators_only(request)
    in_use: Any = Seal.objects.in_use()
    row: Seal = own_or_404(request, in_use, pk)
    reason, is_post = request.POST.get("reason", "").strip()[:4000], request.method == "POST"
    if is_post and reason:
        using.retire(row, by=request.membership, reason=reason)
        messages.success(request, _("Retired. What it sealed stays verifiable."))
        return redirect("administration:seal")
    context = {"seal": row, "error": _NEEDED if is_post else "", "waiting": using.waiting(row.nppo_id)}
    return render(request, "administration/seal_retire.html", context, status=422 if is_post else 200)
