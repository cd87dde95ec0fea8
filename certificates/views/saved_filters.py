"""Filters that somebody keeps under a name: chips above their own lists, nobody else's."""

from urllib.parse import parse_qsl

from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.models import SavedFilter
from certificates.views.filtering import read
from certificates.views.navigation import BY_NAME
from certificates.views.worklists import listed_or_404
from gens.accounts import changes, events
from gens.accounts.middleware import ActingRequest

MOST = 20  # of one person for one list: more nobody finds


def save(request: ActingRequest, name: str) -> HttpResponse:
    """POST keeps the filters of `query` under `name`. What is wrong is asked again on a page of its own."""
    listed = listed_or_404(request, name)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    query = read(dict(parse_qsl(request.POST.get("query", "")[:2000].lstrip("?"))), listed).query()
    kept = SavedFilter(nppo=request.membership.nppo, membership=request.membership, worklist=name, query=query)
    error = _named(request, kept)
    if not error and SavedFilter.objects.filter(membership=request.membership, worklist=name).count() >= MOST:
        error = _("You keep %(most)s filters for this list. Delete one first.") % {"most": MOST}
    if error:
        return _ask(request, kept, error)
    changes.save(kept, by=request.membership)
    return redirect(_list_of(kept))


def change(request: ActingRequest, pk: int) -> HttpResponse:
    """GET shows name and address of a saved filter of one's own; POST renames it."""
    kept = _own_or_404(request, pk)
    if request.method != "POST":
        return _ask(request, kept)
    if error := _named(request, kept):
        return _ask(request, kept, error)
    changes.save(kept, by=request.membership)
    return redirect(_list_of(kept))


def delete(request: ActingRequest, pk: int) -> HttpResponse:
    """POST forgets it. The certificates in it stay."""
    kept = _own_or_404(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    events.record(kept, events.ENDED, by=request.membership, reason=kept.name)
    kept.delete()
    return redirect("certificates:worklist", kept.worklist)


def _own_or_404(request: ActingRequest, pk: int) -> SavedFilter:
    return get_object_or_404(SavedFilter, pk=pk, membership=request.membership)


def _named(request: ActingRequest, kept: SavedFilter) -> str:
    """Take the name of the form; what is wrong with it, if anything."""
    kept.name = " ".join(request.POST.get("name", "").replace("\x00", "").split())
    if not kept.name:
        return _("Write a name.")
    if len(kept.name) > (longest := 40):
        return _("Write a name of at most %(most)s letters.") % {"most": longest}
    same = SavedFilter.objects.filter(membership=request.membership, worklist=kept.worklist, name=kept.name)
    return _("You have a filter of this name already.") if same.exclude(pk=kept.pk).exists() else ""


def _ask(request: ActingRequest, kept: SavedFilter, error: str = "") -> HttpResponse:
    context = {"kept": kept, "error": error, "worklist": BY_NAME[kept.worklist], "back": _list_of(kept)}
    return render(request, "certificates/saved_filter.html", context, status=422 if error else 200)


def _list_of(kept: SavedFilter) -> str:
    return reverse("certificates:worklist", args=[kept.worklist]) + kept.query
