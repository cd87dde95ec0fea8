"""When the PDF of an issued certificate cannot be made: each try is counted before it starts, so that one which takes the
worker with it counts too; later ones wait longer, and after the last it waits until a person asks again.

The certificate is issued whatever becomes of its PDF.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from certificates.models import Certificate, RenderTry
from gens.accounts import events, roles
from gens.accounts.models import Membership
from gens.accounts.tenancy import acting_for, sweeping

WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720))  # after each try but the last
MOST: Final = len(WAITS) + 1
SHOWN: Final = 50
KILLED: Final = "The worker ended in the middle of it."


class NotRendered(Exception):
    """The PDF could not be made this time. It is recorded; the cause says why."""


@contextmanager
def tried(certificate: Certificate, *, but: type[Exception] | None = None) -> Iterator[bool]:
    """A try: yields whether it is this worker's. What goes wrong is recorded, and raised as NotRendered; `but` what is
    nobody's failure and counts as no try. Called outside of transactions.
    """
    with acting_for(certificate.nppo_id):
        is_ours = begin(certificate)
    try:
        yield is_ours
    except Exception as error:
        if but is not None and isinstance(error, but):
            _take_back(certificate)
            raise
        failed(certificate, error)
        raise NotRendered(str(certificate)) from error


def _take_back(certificate: Certificate) -> None:
    """The try did not count: the next may come at once."""
    with acting_for(certificate.nppo_id):
        row = RenderTry.objects.select_for_update().get(certificate=certificate)
        row.tries, row.next_at = max(0, row.tries - 1), timezone.now()
        row.save(update_fields=["tries", "next_at"])


def begin(certificate: Certificate) -> bool:
    """Count a try. False: another worker is at it, the next try is not due, or it was given up. Inside acting_for."""
    now = timezone.now()
    with transaction.atomic():
        RenderTry.objects.get_or_create(
            certificate=certificate, defaults={"nppo_id": certificate.nppo_id, "next_at": now}
        )
        row = RenderTry.objects.select_for_update().get(certificate=certificate)
        if row.next_at is None or row.next_at > now:
            return False
        if row.tries >= MOST:
            _keep(row, certificate, row.error or KILLED)
            return False
        row.tries, row.last_at = row.tries + 1, now
        row.next_at = now + WAITS[min(row.tries, len(WAITS)) - 1]
        row.save(update_fields=["tries", "last_at", "next_at"])
    return True


def failed(certificate: Certificate, error: BaseException) -> None:
    """Keep what went wrong, and whether it is tried again."""
    with acting_for(certificate.nppo_id):
        row = RenderTry.objects.select_for_update().filter(certificate=certificate).first()
        if row is not None:
            _keep(row, certificate, f"{type(error).__name__}: {error}")


def _keep(row: RenderTry, certificate: Certificate, error: str) -> None:
    """The first failure and the last are told in the certificate's history; those between them only here."""
    row.error = error.replace("\0", "")[:300]
    if row.tries >= MOST:
        row.next_at = None
    row.save(update_fields=["error", "next_at"])
    if row.tries == 1 or row.next_at is None:
        events.record(certificate, events.NOT_RENDERED, by=None)


def may_ask(by: Membership, nppo_id: int) -> bool:
    """System operators for every NPPO, administrators for their own."""
    return by.may(roles.OPERATE) or (by.may(roles.ADMINISTER) and by.nppo_id == nppo_id)


def ask_again(row: RenderTry, *, by: Membership) -> None:
    """Start over, at once. Inside acting_for the row's NPPO. Raises PermissionDenied."""
    if not may_ask(by, row.nppo_id):
        raise PermissionDenied
    row.tries, row.next_at = 0, timezone.now()
    row.save(update_fields=["tries", "next_at"])
    events.record(row.certificate, events.RENDER_ASKED, by=by)


def nppo_of(pk: int) -> int | None:
    """Whose this try is; None if there is none of that id."""
    with sweeping():
        return RenderTry.objects.filter(pk=pk).values_list("nppo_id", flat=True).first()


def failing(by: Membership) -> list[RenderTry]:
    """Those that failed, of the NPPOs this membership may ask for, the longest waiting first."""
    with sweeping():
        rows = list(RenderTry.objects.order_by("pk").values_list("pk", "nppo_id"))
    found: list[RenderTry] = []
    for nppo_id in dict.fromkeys(nppo_id for _pk, nppo_id in rows if may_ask(by, nppo_id)):
        with acting_for(nppo_id):
            own = RenderTry.objects.exclude(error="").select_related("nppo", "certificate")
            found += own.defer("certificate__document", "certificate__search_text").order_by("first_at")[:SHOWN]
    return found
