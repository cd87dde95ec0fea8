"""Lists of certificates: dense, filtered by the URL, paged by key so that page 900 costs what page 1 costs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language

from certificates import batches
from certificates.models import Certificate, Certificates, Direction, Status
from certificates.views.navigation import BY_NAME, Worklist, home_of
from codelists.folding import fold
from codelists.lookup import Names
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest
from hubclient.models import Envelope

PAGE: Final = 50


def home(request: ActingRequest) -> HttpResponse:
    """Where the day of this role begins."""
    name = home_of(request.membership)
    if name:
        return redirect("certificates:worklist", name)
    if request.membership.may(roles.OPERATE):
        return redirect("certificates:operations")
    return render(request, "certificates/nothing.html")


def worklist(request: ActingRequest, name: str) -> HttpResponse:
    if name not in BY_NAME:
        raise Http404
    listed = BY_NAME[name]
    if not request.membership.may(listed.permission):
        raise PermissionDenied
    mine = Certificate.objects.visible_to(request.membership).filter(
        direction=listed.direction, status__in=listed.statuses
    )
    rows, following = page(filtered(mine, request, listed), request.GET.get("after", ""))
    context = {
        "worklist": listed,
        "rows": rows,
        "next_url": query_with(request, after=following) if following else "",
        "is_first": "after" not in request.GET,
        "chips": chips(request, listed, mine),
        "partners": (known := partners(listed, mine)),
        "countries": dict(known),
        "partner": request.GET.get("partner", ""),
        "query": request.GET.get("q", ""),
        "status": request.GET.get("status", ""),
        "unreadable": unreadable_count(request, listed),
        "may_draft": request.membership.may(roles.DRAFT),
        "may_register": request.membership.may(roles.ISSUE),
        **_ticking(request, listed),
    }
    return render(request, "certificates/worklist.html", context)


def _ticking(request: ActingRequest, listed: Worklist) -> dict[str, Any]:
    """What may be done to many at once in this list, and what this person did so lately."""
    names = [name for name, permission in batches.PERMISSIONS.items() if request.membership.may(permission)]
    if listed.name != "submitted" or not names:
        return {}
    return {"many": names, "batches": batches.latest(request.membership)}


def filtered(certificates: Certificates, request: HttpRequest, listed: Worklist) -> Certificates:
    if (status := request.GET.get("status", "")) in listed.statuses:
        certificates = certificates.filter(status=status)
    if partner := request.GET.get("partner", ""):
        certificates = certificates.filter(**{partner_column(listed): partner[:12]})
    if query := fold(request.GET.get("q", "")[:200]):
        certificates = certificates.filter(search_text__contains=query)
    return certificates


def partner_column(listed: Worklist) -> str:
    return "destination" if listed.direction == Direction.ISSUED else "counterpart"


def page(certificates: Certificates, after: str) -> tuple[list[Certificate], str]:
    """PAGE rows, the latest first, and the key of the next page ("" on the last)."""
    since, _at, pk = after.partition("_")
    try:
        at = datetime.fromisoformat(since) if after else None
        if at is not None:
            certificates = certificates.filter(Q(status_since__lt=at) | Q(status_since=at, pk__lt=int(pk)))
    except (ValueError, OverflowError):
        pass  # a key that somebody typed: the first page
    rows = list(certificates.for_lists().order_by("-status_since", "-pk")[: PAGE + 1])
    if len(rows) <= PAGE:
        return rows, ""
    last = rows[PAGE - 1]
    return rows[:PAGE], f"{last.status_since.isoformat()}_{last.pk}"


def query_with(request: HttpRequest, **changes: str) -> str:
    """This page's query with these changes; empty ones are left out."""
    kept = {key: request.GET.get(key, "") for key in ("q", "status", "partner")} | changes
    return "?" + urlencode({key: value for key, value in kept.items() if value})


def chips(request: HttpRequest, listed: Worklist, mine: Certificates) -> list[dict[str, Any]]:
    """All, then each status with its count and its address; other filters stay."""
    found = dict(mine.order_by().values_list("status").annotate(n=Count("pk")))
    chosen = request.GET.get("status", "")
    rows: Iterable[tuple[str, Any, int]] = (
        ("", "", sum(found.values())),
        *((s, s.label, found.get(s, 0)) for s in listed.statuses),
    )
    return [
        {"label": label, "count": n, "url": query_with(request, status=status), "is_current": status == chosen}
        for status, label, n in rows
    ]


def partners(listed: Worklist, mine: Certificates) -> list[tuple[str, str]]:
    """The countries that occur, by name."""
    codes = mine.order_by().values_list(partner_column(listed), flat=True).distinct()
    names = Names(get_language() or "en")
    return sorted(((code, names.name("country", code)) for code in codes if code), key=lambda pair: fold(pair[1]))


def countries_of(rows: list[Certificate]) -> dict[str, str]:
    """Names of the countries in these rows."""
    names = Names(get_language() or "en")
    return {code: names.name("country", code) for row in rows for code in (row.destination, row.counterpart)}


def unreadable_count(request: ActingRequest, listed: Worklist) -> int:
    if listed.direction != Direction.RECEIVED:
        return 0
    return Envelope.objects.filter(nppo=request.membership.nppo_id, verdict=Envelope.Verdict.UNREADABLE).count()


def unreadable(request: ActingRequest) -> HttpResponse:
    """What arrived and holds no certificate: listed with its bytes, blocking nothing."""
    if not request.membership.may(roles.READ_RECEIVED):
        raise PermissionDenied
    envelopes = Envelope.objects.filter(nppo=request.membership.nppo_id, verdict=Envelope.Verdict.UNREADABLE)
    rows = envelopes.defer("content").order_by("-pk")[:200]
    return render(request, "certificates/unreadable.html", {"rows": rows})


def search(request: ActingRequest) -> HttpResponse:
    """By number, reference or any name, in everything this membership may read."""
    query = request.GET.get("q", "").strip()
    found: list[Certificate] = []
    if folded := fold(query[:200]):
        matching = Certificate.objects.visible_to(request.membership).filter(search_text__contains=folded)
        found = list(matching.exclude(status=Status.DISCARDED).for_lists().order_by("-status_since", "-pk")[:PAGE])
    if len(found) == 1:
        return redirect("certificates:certificate", found[0].pk)
    return render(
        request,
        "certificates/search.html",
        {"rows": found, "query": query, "countries": countries_of(found), "home": reverse("certificates:home")},
    )
