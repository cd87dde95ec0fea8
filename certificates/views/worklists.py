"""Lists of certificates: dense, filtered by the URL, paged by key so that page 900 costs what page 1 costs."""

from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy

from certificates import batches
from certificates.models import Certificate, Certificates, Direction, SavedFilter, Status
from certificates.views.counting import bounded, countries
from certificates.views.filtering import (
    AGES,
    SCOPES,
    SHORT,
    Filters,
    apply,
    condition,
    read,
    scope,
    sorts,
    states,
    words,
)
from certificates.views.navigation import BY_NAME, Worklist, home_of
from certificates.views.paging import LATEST, NEAR, ORDERS, PAGE, by_index, having, near, page
from codelists.folding import fold
from codelists.lookup import names_of, read_once
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Membership
from hubclient.models import Envelope

ORDER_NAMES: Final[dict[str, Promise]] = {
    "": gettext_lazy("Latest change first"),
    "oldest": gettext_lazy("Longest in this state first"),
    "number": gettext_lazy("Number, rising"),
    "-number": gettext_lazy("Number, falling"),
    "-issued": gettext_lazy("Day of issue, latest first"),
    "issued": gettext_lazy("Day of issue, earliest first"),
}


def home(request: ActingRequest) -> HttpResponse:
    """Where the day of this role begins."""
    name = home_of(request.membership)
    if name:
        return redirect("certificates:worklist", name)
    if request.membership.may(roles.OPERATE):
        return redirect("certificates:operations")
    return render(request, "certificates/nothing.html")


@read_once()
def worklist(request: ActingRequest, name: str) -> HttpResponse:
    listed = listed_or_404(request, name)
    filters, visible = read(request.GET, listed), rows_of(listed, request.membership)
    found = apply(filters, visible, listed, request.membership)
    keys = request.GET.get("after", ""), request.GET.get("before", "")
    shown = page(found, ORDERS[filters.sorted_by], *keys, narrow=words(filters, listed), is_short=filters.is_short)
    here, occurring = filters.query(), countries(request.membership.nppo_id, listed.direction)
    names = countries_of(shown.rows, *occurring)
    saved = list(SavedFilter.objects.filter(membership=request.membership, worklist=name).order_by("name"))
    context = {
        "worklist": listed,
        "filters": filters,
        "here": here,
        "rows": shown.rows,
        "previous_url": filters.query(before=shown.previous) if shown.previous else "",
        "next_url": filters.query(after=shown.following) if shown.following else "",
        "heads": heads(filters, listed),
        "orders": [(key, ORDER_NAMES[key]) for key in sorts(filters, listed)],
        **chips(filters, listed, visible, request.membership),
        "partners": [(code, name) for code, name in names.items() if code in occurring],
        "countries": names,
        "ages": AGES if not filters.age or filters.age in AGES else sorted((*AGES, filters.age)),
        "saved": saved,
        "current": next((each for each in saved if each.query == here), None),
        "unreadable": unreadable_count(request, listed),
        "may_draft": request.membership.may(roles.DRAFT),
        "may_register": request.membership.may(roles.ISSUE),
        **_ticking(request, listed),
        "near": NEAR,
    }
    return render(request, "certificates/worklist.html", context)


def _ticking(request: ActingRequest, listed: Worklist) -> dict[str, Any]:
    """What may be done to many at once in this list, and what this person did so lately."""
    names = [name for name, permission in batches.PERMISSIONS.items() if request.membership.may(permission)]
    if listed.name != "submitted" or not names:
        return {}
    return {"many": names, "batches": batches.latest(request.membership)}


def listed_or_404(request: ActingRequest, name: str) -> Worklist:
    """The worklist of this name, if the membership may read it."""
    if name not in BY_NAME:
        raise Http404
    if not request.membership.may(BY_NAME[name].permission):
        raise PermissionDenied
    return BY_NAME[name]


def rows_of(listed: Worklist, by: Membership) -> Certificates:
    """Everything in the list that this membership may see."""
    return Certificate.objects.visible_to(by).filter(direction=listed.direction, status__in=listed.statuses)


def chips(filters: Filters, listed: Worklist, visible: Certificates, by: Membership) -> dict[str, Any]:
    """The two controls whose choice stands in the address, whose and which state; with counts, where they are cheap."""
    every = {"": None} | {state.key: state for state in states(listed)}
    whose = {f"whose {key}": visible.filter(scope(key, listed, by)) for key, _label in SCOPES}
    here = visible.filter(scope(filters.whose, listed, by))
    which = {f"state {key}": here.filter(condition(key, listed)) for key in every}
    counts = bounded(counted(filters, listed, whose, which))
    return {
        "scopes": [
            {
                "label": label,
                "count": counts.get(f"whose {key}"),
                "url": filters.query(whose=key),
                "is_current": key == filters.whose,
            }
            for key, label in SCOPES
        ],
        "states": [
            {
                "label": state.label if state else gettext_lazy("All"),
                "count": counts.get(f"state {key}"),
                "url": filters.query(status=key),
                "is_current": key == filters.status,
            }
            for key, state in every.items()
        ],
    }


def counted(
    filters: Filters, listed: Worklist, whose: dict[str, Certificates], which: dict[str, Certificates]
) -> dict[str, Certificates]:
    """What costs little to count: open work, as there is not much of it; of all that is finished, only its states."""
    if filters.is_narrowed:
        return {}
    if listed.counted:
        return whose | which
    return {} if filters.whose else which


def heads(filters: Filters, listed: Worklist) -> dict[str, dict[str, str]]:
    """The heads by which one may sort: the address of the other way, and how it is sorted now (aria-sort)."""
    offered = sorts(filters, listed)
    pairs = {"since": ("", "oldest"), "number": ("number", "-number")}
    return {
        name: {
            "url": filters.query(sort=second if filters.sorted_by == first else first),
            "sorted": {first: "descending" if name == "since" else "ascending",
                       second: "ascending" if name == "since" else "descending"}.get(filters.sorted_by, ""),
        }
        for name, (first, second) in pairs.items() if first in offered
    }  # fmt: skip


def countries_of(rows: list[Certificate], *more: str) -> dict[str, str]:
    """Names of the countries in these rows, and of more, in the order of the names."""
    codes = {code for row in rows for code in (row.destination, row.counterpart)} | {*more}
    named = names_of("country", codes, get_language() or "en")
    return dict(sorted(named.items(), key=lambda pair: fold(pair[1])))


def unreadable_count(request: ActingRequest, listed: Worklist) -> int:
    if listed.direction != Direction.RECEIVED:
        return 0
    held = Envelope.objects.filter(nppo=request.membership.nppo_id, verdict=Envelope.Verdict.UNREADABLE)
    return bounded({"unreadable": held})["unreadable"]


def unreadable(request: ActingRequest) -> HttpResponse:
    """What arrived and holds no certificate: listed with its bytes, blocking nothing."""
    if not request.membership.may(roles.READ_RECEIVED):
        raise PermissionDenied
    envelopes = Envelope.objects.filter(nppo=request.membership.nppo_id, verdict=Envelope.Verdict.UNREADABLE)
    rows = envelopes.defer("content").order_by("-pk")[:200]
    return render(request, "certificates/unreadable.html", {"rows": rows})


@read_once()
def search(request: ActingRequest) -> HttpResponse:
    """By number, reference or any name, in everything this membership may read."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    folded = fold(query)
    found = matching(folded, request.membership)
    if len(found) == 1:
        return redirect("certificates:certificate", found[0].pk)
    context = {
        "rows": found,
        "query": query,
        "countries": countries_of(found),
        "home": reverse("certificates:home"),
        "is_short": 0 < len(folded) < SHORT,
        "near": NEAR,
    }
    return render(request, "certificates/search.html", context)


def matching(folded: str, by: Membership) -> list[Certificate]:
    """The latest that have it: among the first of each direction, and by the index of words where these are too few."""
    if (narrow := having(folded)) is None:
        return []
    visible = Certificate.objects.visible_to(by).exclude(status=Status.DISCARDED)
    found: list[Certificate] = []
    further: list[Direction] = []
    for direction in Direction:
        rows, is_all = near(visible.filter(direction=direction), LATEST, narrow)
        if is_all or len(folded) < SHORT:
            found += rows
        else:
            further.append(direction)
    if further:
        found += by_index(visible.filter(direction__in=further), LATEST, narrow)
    return sorted(found, key=lambda row: (row.status_since, row.pk), reverse=True)[:PAGE]
