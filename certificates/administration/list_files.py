"""Code lists as files: taking one away, and bringing one back."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.administration.bringing import Change, Table, as_file, bring
from certificates.administration.lists import list_or_404
from codelists import files, renewing
from codelists.models import Choice, Code, List
from gens.accounts import changes, roles
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Membership

SHARED, NATIONAL = "shared", "national"
_COLUMNS: Final = {SHARED: files.SHARED, NATIONAL: files.NATIONAL}


def download(request: ActingRequest, name: str, whose: str, kind: str) -> HttpResponseBase:
    """The shared list, or what this NPPO made of it."""
    listed = list_or_404(name)
    if whose not in _COLUMNS or kind not in ("csv", "xlsx"):
        raise Http404
    if whose == SHARED:
        rows = files.shared_rows(Code.objects.filter(list=listed, is_active=True).order_by("code").iterator())
    else:
        rows = files.national_rows(Choice.objects.filter(list=listed, nppo=request.membership.nppo_id).order_by("code"))
    return as_file(f"{listed}-{whose}", kind, _COLUMNS[whose], rows)


def upload(request: ActingRequest, name: str, whose: str) -> HttpResponse:
    """Shared lists are brought by system operators, an NPPO's choices by its administrators."""
    listed = list_or_404(name)
    if whose not in _COLUMNS:
        raise Http404
    if not request.membership.may(roles.OPERATE if whose == SHARED else roles.ADMINISTER):
        raise PermissionDenied
    return bring(request, (_shared if whose == SHARED else _national)(listed, request.membership))


def _shared(listed: List, by: Membership) -> Table:
    return Table(
        f"shared {listed}", listed.label, reverse("administration:codes", args=[listed]), files.SHARED, ["code"],
        partial(files.read_shared, listed), partial(_renewed, listed), partial(_renew, listed, by), is_whole=True,
    )  # fmt: skip


def _national(listed: List, by: Membership) -> Table:
    return Table(
        f"national {listed}", listed.label, reverse("administration:codes", args=[listed]), files.NATIONAL, ["code"],
        partial(files.read_national, listed), partial(_chosen, listed), partial(_choose, listed, by),
    )  # fmt: skip


def _renewed(listed: List, wanted: list[Code]) -> Iterator[Change]:
    for each in renewing.preview(listed, wanted, Q(), keeps_names=False):
        yield Change(each.code.code, each.action, list(each.code.names.values()), each.changes)


def _renew(listed: List, by: Membership, wanted: list[Code], name: str) -> None:
    renewing.renew(
        listed, wanted, source=name[:64], replaces=Q(), by_name=str(by.user), is_guarded=False, keeps_names=False
    )


def _chosen(listed: List, wanted: list[Choice]) -> Iterator[Change]:
    held = {choice.code: choice for choice in Choice.objects.filter(list=listed)}
    for choice in wanted:
        stored = held.get(choice.code)
        if stored is None or _said(stored) != _said(choice):
            yield Change(choice.code, "changed" if stored else "added", list(choice.names.values()), {})


def _said(choice: Choice) -> tuple[Any, ...]:
    return choice.names, choice.is_hidden, choice.position, choice.kind, choice.symbol


def _choose(listed: List, by: Membership, wanted: list[Choice], _name: str) -> None:
    held = {choice.code: choice for choice in Choice.objects.filter(list=listed)}
    for choice in wanted:
        row = held.get(choice.code, Choice(nppo=by.nppo, list=listed, code=choice.code))
        for field in ("names", "is_own", "is_hidden", "position", "kind", "symbol", "folded"):
            setattr(row, field, getattr(choice, field))
        changes.save(row, by=by, reason=_("From a file"))
