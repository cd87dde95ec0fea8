"""The frame of every page: which tabs this membership has, and how much waits behind each."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate, Direction, Status, readable_by
from certificates.views.counting import Counting, ask, written
from codelists.lookup import name_of
from gens.accounts import roles
from gens.accounts.models import Membership
from hubclient.models import TROUBLE, Connection


@dataclass(frozen=True)
class Worklist:
    """A tab and its list: what it shows, to whom, and what an empty one says."""

    name: str
    label: Promise
    direction: Direction
    statuses: tuple[Status, ...]
    permission: str
    counted: tuple[Status, ...]
    empty: Promise
    first: Promise

    @property
    def has_numbers(self) -> bool:
        """Whether all of its certificates have their number and day of issue."""
        return self.direction == Direction.RECEIVED or Status.ISSUED in self.statuses


WORKLISTS: Final = (
    Worklist("drafts", _("Drafts"), Direction.ISSUED, (Status.RETURNED, Status.DRAFT), roles.READ_ISSUED,
             (Status.RETURNED, Status.DRAFT), _("No draft is open"),
             _("A draft stands here until it is submitted. Start with “New certificate”.")),
    Worklist("submitted", _("To approve and issue"), Direction.ISSUED, (Status.SUBMITTED, Status.APPROVED), roles.READ_ISSUED,
             (Status.SUBMITTED, Status.APPROVED), _("Nothing waits for approval"),
             _("Certificates stand here from the moment an inspector submits them until they are issued.")),
    Worklist("issued", _("Issued"), Direction.ISSUED, (Status.ISSUED, Status.REPLACED, Status.WITHDRAWN), roles.READ_ISSUED,
             (), _("No certificate is issued yet"), _("Issued certificates stay here, with their delivery.")),
    Worklist("received", _("Received"), Direction.RECEIVED, (Status.RECEIVED, Status.OPENED), roles.READ_RECEIVED,
             (Status.RECEIVED, Status.OPENED), _("Nothing waits for a decision"),
             _("Certificates from other countries arrive here by themselves, through the Hub.")),
    Worklist("decided", _("Decided"), Direction.RECEIVED,
             (Status.ACCEPTED, Status.REFUSED, Status.REPLACED, Status.WITHDRAWN), roles.READ_RECEIVED,
             (), _("Nothing is decided yet"), _("Accepted and refused certificates stay here.")),
)  # fmt: skip
SILENT: Final = "silent"
BY_NAME: Final = {worklist.name: worklist for worklist in WORKLISTS}


def counts(membership: Membership) -> dict[str, int]:
    """How much waits behind each tab that counts, and how many Hubs are silent: one query, each up to counting.MOST and
    one more.
    """
    return ask(_counting(*readable_by(membership)))


@lru_cache(500)
def _counting(nppo_id: int, directions: tuple[Direction, ...]) -> Counting:
    """Kept, since every page asks it and Django takes three milliseconds to write it."""
    readable = Certificate.objects.readable(nppo_id, directions)
    querysets: dict[str, QuerySet[Any]] = {
        worklist.name: readable.filter(direction=worklist.direction, status__in=worklist.counted)
        for worklist in WORKLISTS
        if worklist.counted and worklist.direction in directions
    }
    if Direction.ISSUED in directions:
        querysets[SILENT] = Connection.objects.filter(nppo=nppo_id, is_active=True, failures__gte=TROUBLE)
    return written(querysets)


def home_of(membership: Membership) -> str:
    """The first list this membership may see: where a day begins."""
    return next((w.name for w in WORKLISTS if membership.may(w.permission)), "")


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html. Without a membership, or outside its transaction, only the bare frame."""
    membership: Membership | None = getattr(request, "membership", None)
    context: dict[str, Any] = {"is_demo": settings.DEMO, "membership": membership}
    if membership is None or getattr(request, "is_over", False):
        return context
    context["may_read_rules"] = membership.may(roles.READ_RULES)
    context["may_read_requirements"] = membership.may(roles.DRAFT) or membership.may(roles.READ_ISSUED)
    context["may_keep"] = membership.may(roles.DRAFT) or membership.may(roles.ADMINISTER)
    context["may_see_operations"] = membership.may(roles.OPERATE) or membership.may(roles.ADMINISTER)
    context["may_operate"] = membership.may(roles.OPERATE)
    context["may_administer"] = membership.may(roles.ADMINISTER)
    found = counts(membership)
    context["hub_is_silent"] = found.get(SILENT, 0) > 0  # several times in a row: told once, above everything
    path = request.path
    language = get_language() or "en"
    context["nppo_name"] = membership.nppo.called(language)
    context["country_name"] = name_of("country", membership.nppo.country, language)
    context["tabs"] = [
        {
            "label": worklist.label,
            "url": (url := reverse("certificates:worklist", args=[worklist.name])),
            "count": found.get(worklist.name),
            "is_current": path == url,
        }
        for worklist in WORKLISTS
        if membership.may(worklist.permission)
    ]
    return context
