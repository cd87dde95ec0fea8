"""Numbers of certificates and drafts: by the NPPO's patterns, in the NPPO's year, from a locked counter. Never reused."""

import re
from datetime import datetime
from typing import Final

from django.db.models import Q
from django.utils import timezone

from certificates.models import Certificate, Direction, NumberRule, NumberSequence, ReservedNumbers
from gens.accounts.models import Nppo, Office

CERTIFICATE: Final = "certificate"
DRAFT: Final = "draft"
DRAFT_PATTERN: Final = "D-{year}-{number:04d}"
LONGEST: Final = 60
# What prints, travels in the message, and stands in addresses and file names.
_PATTERN: Final = re.compile(r"(?:[A-Za-z0-9./-]|\{code\}|\{year\}|\{number(?::0[1-9]d)?\})+")


def is_pattern(pattern: str) -> bool:
    """Whether numbers can be written so: plain characters, the year and the number."""
    return bool(_PATTERN.fullmatch(pattern)) and "{number" in pattern and "{year}" in pattern


def take(nppo: Nppo, kind: str, at: datetime) -> tuple[int, int]:
    """(year in the NPPO's zone, next number) inside the caller's transaction: its row stays locked to the end,
    so a rolled-back issue gives its number back and two officers wait for each other. Reserved ones are left out."""
    year = at.astimezone(nppo.zone).year
    row = locked(nppo, kind, year)
    row.last = following(row)
    row.save(update_fields=["last"])
    return year, row.last


def locked(nppo: Nppo, kind: str, year: int) -> NumberSequence:
    """The counter, made if need be; nobody else takes a number before the transaction ends."""
    NumberSequence.objects.bulk_create([NumberSequence(nppo=nppo, kind=kind, year=year)], ignore_conflicts=True)
    return NumberSequence.objects.select_for_update().get(nppo=nppo, kind=kind, year=year)


def following(row: NumberSequence) -> int:
    """The number after the last one that is not reserved."""
    number = row.last + 1
    blocks = ReservedNumbers.objects.filter(nppo=row.nppo_id, kind=row.kind, year=row.year, last__gte=number)
    for block in blocks.order_by("first"):
        if block.first <= number <= block.last:
            number = block.last + 1
    return number


def rule_for(nppo: Nppo, certificate_type: str, office: Office) -> NumberRule | None:
    """The rule that fits best: of office and kind, of the office, of the kind; None: the NPPO's own pattern."""
    fitting = NumberRule.objects.filter(
        Q(type="") | Q(type=certificate_type), Q(office=None) | Q(office=office), nppo=nppo, is_active=True
    )
    return max(fitting, key=lambda rule: (rule.office_id is not None, rule.type != ""), default=None)


def certificate_number(nppo: Nppo, certificate_type: str, office: Office, at: datetime) -> str:
    """The next number, such as WS-2026-000123."""
    rule = rule_for(nppo, certificate_type, office)
    kind, pattern = (rule.sequence, rule.pattern) if rule else (CERTIFICATE, nppo.number_pattern)
    while True:
        year, number = take(nppo, kind, at)
        written_out = written(nppo, year, number, pattern)
        # another pattern, or this one before it was changed, may have given it
        given = Certificate.objects.filter(nppo=nppo, direction=Direction.ISSUED, counterpart="", number=written_out)
        if not given.exists():
            return written_out


def written(nppo: Nppo, year: int, number: int, pattern: str = "") -> str:
    """The number as the pattern writes it; the NPPO's own one if none is given."""
    return (pattern or nppo.number_pattern).format(code=nppo.code, year=year, number=number)


def rule_of(block: ReservedNumbers) -> NumberRule | None:
    """The rule whose numbers a block keeps, an ended one too: its forms may still lie in a drawer. None: the NPPO's own."""
    if block.kind == CERTIFICATE:
        return None
    return NumberRule.objects.get(nppo=block.nppo_id, pk=block.kind.removeprefix("rule-"))


def pattern_of(block: ReservedNumbers) -> str:
    rule = rule_of(block)
    return rule.pattern if rule else block.nppo.number_pattern


def ends_of(block: ReservedNumbers) -> tuple[str, str]:
    """The first and the last number of a block, as they are written."""
    pattern = pattern_of(block)
    first, last = (written(block.nppo, block.year, number, pattern) for number in (block.first, block.last))
    return first, last


def within(block: ReservedNumbers, typed: str) -> str:
    """The number of this block that was typed, in full or only its figures; "" when it is none of them."""
    pattern, typed = pattern_of(block), typed.strip()
    for figures in re.findall(r"\d+", typed):
        number = int(figures)
        if block.first <= number <= block.last:
            full = written(block.nppo, block.year, number, pattern)
            if typed.upper() in (figures, full.upper()):
                return full
    return ""


def this_year(nppo: Nppo) -> int:
    return timezone.localdate(timezone=nppo.zone).year


def draft_reference(nppo: Nppo, at: datetime) -> str:
    """The next reference of a draft, such as D-2026-0418: never printed, never sent."""
    year, number = take(nppo, DRAFT, at)
    return DRAFT_PATTERN.format(year=year, number=number)
