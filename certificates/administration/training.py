"""The training twin: an NPPO of its own in which the same people try everything, and nothing is valid."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from certificates import skins
from certificates.administration.doorway import administrators_only
from gens.accounts import founding
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for


def training(request: ActingRequest) -> HttpResponse:
    """GET says what the twin is, or how it does; POST makes it, or brings its people up to date."""
    administrators_only(request)
    nppo = Nppo.objects.select_for_update() if request.method == "POST" else Nppo.objects
    own = nppo.get(pk=request.membership.nppo_id)  # locked: two clicks make one twin
    twin = Nppo.objects.filter(twin_of=own).first()
    if request.method == "POST" and not own.is_training:
        if twin is None:
            twin = founding.make_twin(own, by=request.membership)
            skins.take_over(twin, by=request.membership)
            messages.success(request, _("Training is ready. Choose it under “Switch NPPO”."))
        else:
            added, ended = founding.bring_up_to_date(twin, by=request.membership)
            messages.success(request, _("Added: %(added)s. Ended: %(ended)s.") % {"added": added, "ended": ended})
        return redirect("administration:training")
    return render(request, "administration/training.html", {"own": own, "twin": twin, "people": _people(twin)})


def _people(twin: Nppo | None) -> int:
    if twin is None:
        return 0
    with acting_for(twin.pk):
        return Membership.objects.filter(nppo=twin, is_active=True).count()
