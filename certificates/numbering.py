"""Numbers of certificates and drafts: by the NPPO's pattern, in the NPPO's year, from a locked counter. Never reused."""

from datetime import datetime
from typing import Final

from django.utils import timezone

from certificates.models import Certificate, Direction, NumberSequence
from gens.accounts.models import Nppo

CERTIFICATE: Final = "certificate"
DRAFT: Final = "draft"
DRAFT_PATTERN: Final = "D-{year}-{number:04d}"


def take(nppo: Nppo, kind: str, at: datetime) -> tuple[int, int]:
    """(year in the NPPO's zone, next number) inside the caller's transaction: its row stays locked to the end,
    so a rolled-back issue gives its number back and two officers wait for each other."""
    year = at.astimezone(nppo.zone).year
    NumberSequence.objects.bulk_create([NumberSequence(nppo=nppo, kind=kind, year=year)], ignore_conflicts=True)
    row = NumberSequence.objects.select_for_update().get(nppo=nppo, kind=kind, year=year)
    row.last += 1
    row.save(update_fields=["last"])
    return year, row.last


def certificate_number(nppo: Nppo, at: datetime) -> str:
    """The next number, such as WS-2026-000123."""
    while True:
        year, number = take(nppo, CERTIFICATE, at)
        written_out = written(nppo, year, number)
        # after a change of the pattern it may have been given before
        given = Certificate.objects.filter(nppo=nppo, direction=Direction.ISSUED, counterpart="", number=written_out)
        if not given.exists():
            return written_out


def written(nppo: Nppo, year: int, number: int) -> str:
    """The number as the pattern writes it."""
    return nppo.number_pattern.format(code=nppo.code, year=year, number=number)


def this_year(nppo: Nppo) -> int:
    return timezone.localdate(timezone=nppo.zone).year


def draft_reference(nppo: Nppo, at: datetime) -> str:
    """The next reference of a draft, such as D-2026-0418: never printed, never sent."""
    year, number = take(nppo, DRAFT, at)
    return DRAFT_PATTERN.format(year=year, number=number)
