"""Which skin an NPPO's certificates print in: its versions, the latest first, and keeping a new one."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils.translation import gettext as _

from certificates.models import Certificate, PaperSkin, Rendering
from certificates.paper.skins import USUAL, Skin, from_data, to_data
from gens.accounts import events
from gens.accounts.models import Event, Membership, Nppo
from gens.accounts.tenancy import acting_for


class SavedMeanwhile(Exception):
    """Somebody saved another version after the one that was open was read."""


def current(nppo_id: int) -> PaperSkin | None:
    """The version that prints; None: the usual look."""
    return PaperSkin.objects.filter(nppo=nppo_id).order_by("-version").first()


def of(nppo_id: int) -> Skin:
    return content(current(nppo_id))


def content(kept: PaperSkin | None) -> Skin:
    return kept.content if kept else USUAL


def printed(certificate: Certificate) -> Skin:
    """What it was printed with; before it was, what it would be."""
    kept = (
        Rendering.objects.filter(certificate=certificate).values("skin__data").first() if certificate.number else None
    )
    if kept is None:
        return of(certificate.nppo_id)
    return from_data(kept["skin__data"]) if kept["skin__data"] else USUAL


def keep(skin: Skin, *, seen: int, by: Membership, reason: str = "") -> list[str]:
    """Store a version and who changed what in it. seen: the version that was open, 0 for the usual look. Returns the names
    of what differs; nothing is stored when nothing does. Raises SavedMeanwhile.
    """
    with transaction.atomic():
        Nppo.objects.select_for_update().get(pk=by.nppo_id)
        last = current(by.nppo_id)
        if (last.version if last else 0) != seen:
            raise SavedMeanwhile
        changes = differences(content(last), skin)
        if changes:
            row = PaperSkin.objects.create(nppo_id=by.nppo_id, version=seen + 1, data=to_data(skin), saved_by=by)
            events.record(row, events.CHANGED, by=by, reason=reason, changes=changes)
    return list(changes)


def take_over(twin: Nppo, *, by: Membership) -> None:
    """Print in training as the NPPO does that it is the twin of. by: of that one; in the twin the same person keeps it."""
    with acting_for(by.nppo_id):
        skin = of(by.nppo_id)
    with acting_for(twin.pk):
        keep(skin, seen=0, by=Membership.objects.get(nppo=twin, user=by.user_id), reason=_("As outside training"))


def differences(before: Skin, after: Skin) -> dict[str, list[Any]]:
    old, new = to_data(before), to_data(after)
    return {name: [old[name], new[name]] for name in new if old[name] != new[name]}


def history(nppo_id: int) -> models.QuerySet[Event]:
    """What was changed, the latest first."""
    kind = ContentType.objects.get_for_model(PaperSkin)
    return Event.objects.filter(nppo=nppo_id, subject_type=kind).order_by("-at", "-pk")
