"""The page that administration begins at: every screen of it, with one line on what it is for."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render

from gens.accounts import roles
from gens.accounts.middleware import ActingRequest


def index(request: ActingRequest) -> HttpResponse:
    if not request.membership.may(roles.ADMINISTER):
        raise PermissionDenied
    return render(request, "administration/index.html")
