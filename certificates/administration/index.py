"""The page that administration begins at: every screen of it, with one line on what it is for."""

from django.http import HttpResponse
from django.shortcuts import render

from certificates.administration import checklist
from certificates.administration.doorway import administrators_only
from gens.accounts.middleware import ActingRequest


def index(request: ActingRequest) -> HttpResponse:
    administrators_only(request)
    found = checklist.checks(request.membership.nppo)
    done = sum(check.is_done for check in found)
    return render(request, "administration/index.html", {"done": done, "all": len(found)})
