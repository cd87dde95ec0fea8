"""What stands around every page of the console: the tabs; and the pages that say what went wrong."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

TABS = ("traffic", "nppos", "findings", "misbehaviour")


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: (url name, label, is it the current one) of each tab."""
    labels = (_("Traffic"), _("NPPOs"), _("Findings"), _("Misbehaviour"))
    here = request.resolver_match.url_name if request.resolver_match else ""
    above = {"envelope": "traffic", "nppo": "nppos"}
    current = above.get(here or "", here)
    return {"tabs": [(name, label, name == current) for name, label in zip(TABS, labels, strict=True)]}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _problem(request, 400, _("This address or form cannot be read."))


def forbidden(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    return _problem(request, 403, _("The form was open too long, or came from another site. Load the page again."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _problem(request, 404, _("This page does not exist."))


def failed(request: HttpRequest) -> HttpResponse:
    return _problem(request, 500, _("The console made a mistake. Its log says more."))


def _problem(request: HttpRequest, status: int, words: str) -> HttpResponse:
    return render(request, "pilothub/problem.html", {"words": words}, status=status)
