"""The list of inspections that are to be done: planned ones by day, and those that wait for a laboratory."""

from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from certificates.models import NOT_FROZEN, Inspection
from certificates.models.inspection import Inspections
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Membership

PAGE: Final = 50
STATES: Final = (
    (Inspection.State.PLANNED, _("Planned")),
    (Inspection.State.LABORATORY, _("Waiting for the laboratory")),
)
WHOSE: Final = (("", _("All")), ("mine", _("Mine")), ("office", _("My office")))


def planned(request: ActingRequest) -> HttpResponse:
    """By day, the earliest first; ?state=laboratory, ?whose=mine or office."""
    if not request.membership.may(roles.READ_ISSUED):
        raise PermissionDenied
    state = Inspection.State.LABORATORY if request.GET.get("state") == "laboratory" else Inspection.State.PLANNED
    whose = request.GET.get("whose", "")
    rows = of(to_be_done(request.membership).filter(state=state), whose, request.membership)
    page = Paginator(rows.order_by("planned_on" if state == "planned" else "done_on", "pk"), PAGE).get_page(
        request.GET.get("page")
    )
    context: dict[str, Any] = {
        "page": page,
        "state": state.value,
        "whose": whose,
        "today": timezone.localdate(),
        "states": [(label, query(each.value, whose), each == state) for each, label in STATES],
        "people": [(label, query(state.value, name), name == whose) for name, label in WHOSE],
        "previous": query(state.value, whose, page.previous_page_number()) if page.has_previous() else "",
        "next": query(state.value, whose, page.next_page_number()) if page.has_next() else "",
    }
    return render(request, "certificates/inspections/planned.html", context)


def to_be_done(membership: Membership) -> Inspections:
    """Of certificates that are still on their way; their documents are not loaded."""
    rows = Inspection.objects.visible_to(membership).filter(certificate__status__in=NOT_FROZEN)
    return rows.select_related("certificate", "officer__user").defer(
        "certificate__document", "certificate__search_text", "findings"
    )


def of(rows: Inspections, whose: str, membership: Membership) -> Inspections:
    """Those of this person or this office; one that nobody has yet is its certificate's office's."""
    if whose == "mine":
        return rows.filter(officer=membership)
    if whose == "office":
        here = membership.office_id
        return rows.filter(Q(officer__office=here) | Q(officer=None, certificate__office=here))
    return rows


def query(state: str, whose: str, page: int = 1) -> str:
    """The address of the list with these filters; what is usual is left out."""
    said = {"state": state if state != "planned" else "", "whose": whose, "page": page if page > 1 else ""}
    return "?" + urlencode({key: value for key, value in said.items() if value})
