"""The page that administration begins at: every screen of it, with one line on what it is for."""

from django.http import HttpResponse
from django.shortcuts import render

from certificates.administration.doorway import administrators_only
from gens.accounts.middleware import ActingRequest


def index(request: ActingRequest) -> HttpResponse:
    administrators_only(request)
    return render(request, "administration/index.html")
