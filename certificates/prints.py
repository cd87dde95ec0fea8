"""Putting issued certificates on paper: which print it is, and on which numbered sheets, used or spoiled."""

import re
from collections.abc import Sequence
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Max

from certificates import issuing, workflow
from certificates.models import Certificate, Direction, Print, Sheet, Status
from gens.accounts import events, roles
from gens.accounts.models import Membership

MOST: Final = 50  # sheets of one print
_SERIAL: Final = re.compile(r"[A-Z0-9][A-Z0-9./-]{0,31}")


class SheetKnown(Exception):
    """A sheet of this serial number was used before, or spoiled."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(sheet.serial)
        self.sheet = sheet


class NotSerials(Exception):
    """Some of what was typed is no serial number; none at all is empty."""

    def __init__(self, wrong: str) -> None:
        super().__init__(wrong)
        self.wrong = wrong


def may_print(by: Membership, certificate: Certificate) -> bool:
    """Valid certificates, by whoever works at the desk. The original of one issued by hand is on paper already."""
    is_valid = certificate.direction == Direction.ISSUED and certificate.status == Status.ISSUED
    return is_valid and by.may(roles.PRINT) and issuing.hand_of(certificate) is None


def start(certificate: Certificate, *, by: Membership) -> Print:
    """Count a print. On security paper it stays open until somebody told what became of it; an open one comes back.

    Raises PermissionDenied, workflow.WrongStatus.
    """
    if not by.may(roles.PRINT):
        raise PermissionDenied
    with transaction.atomic():
        row = Certificate.objects.select_for_update().get(pk=certificate.pk, nppo=by.nppo_id)
        if not may_print(by, row):
            raise workflow.WrongStatus(row, "print")
        waiting = row.prints.filter(outcome=Print.Outcome.ASKED).first()
        if waiting is not None:
            return waiting
        is_asked = row.nppo.prints_on_security_paper
        made = Print.objects.create(
            nppo_id=row.nppo_id,
            certificate=row,
            copy=next_copy(row),
            by=by,
            outcome=Print.Outcome.ASKED if is_asked else Print.Outcome.GOOD,
        )
        events.record(row, events.PRINTED, by=by, reason=str(made.copy))
    return made


def next_copy(certificate: Certificate) -> int:
    """1: what is printed next is the original. What was spoiled does not count."""
    good = certificate.prints.exclude(outcome=Print.Outcome.SPOILED)
    return int(good.aggregate(last=Max("copy"))["last"] or 0) + 1


def serials_of(typed: str) -> list[str]:
    """The serial numbers in what was typed, apart by spaces, commas or lines. Raises NotSerials."""
    found = list(dict.fromkeys(re.split(r"[\s,;،]+", typed.strip().upper()))) if typed.strip() else []
    wrong = next((each for each in found if not _SERIAL.fullmatch(each)), "")
    if wrong or not found or len(found) > MOST:
        raise NotSerials(wrong)
    return found


def tell(made: Print, serials: Sequence[str], *, is_good: bool, by: Membership) -> Print:
    """What became of an open print, and on which sheets. Raises PermissionDenied, workflow.WrongStatus, SheetKnown."""
    if not by.may(roles.PRINT):
        raise PermissionDenied
    with transaction.atomic():
        row = Print.objects.select_for_update().select_related("certificate").get(pk=made.pk, nppo=by.nppo_id)
        if row.outcome != Print.Outcome.ASKED:
            raise workflow.WrongStatus(row.certificate, "print")
        row.outcome = Print.Outcome.GOOD if is_good else Print.Outcome.SPOILED
        row.save(update_fields=["outcome"])
        _record(row, serials, is_spoiled=not is_good)
        action = events.SHEETS_USED if is_good else events.SHEETS_SPOILED
        events.record(row.certificate, action, by=by, reason=", ".join(serials))
    return row


def correct(sheet: Sheet, serial: str, *, by: Membership, why: str) -> Sheet:
    """The sheet has another serial number than was typed. What was typed stays on record, and counts no more.

    Raises PermissionDenied, workflow.WrongStatus, NotSerials, SheetKnown.
    """
    if not by.may(roles.PRINT):
        raise PermissionDenied
    serials = serials_of(serial)
    if len(serials) > 1:
        raise NotSerials(serial)
    with transaction.atomic():
        row = Sheet.objects.select_for_update().get(pk=sheet.pk, nppo=by.nppo_id)
        if row.instead_id is not None:
            raise workflow.WrongStatus(row.print.certificate, "print")
        (row.instead,) = _record(row.print, serials, is_spoiled=row.is_spoiled)
        row.save(update_fields=["instead"])
        said = f"{row.serial} → {row.instead.serial}. {why}"
        events.record(row.print.certificate, events.SHEET_CORRECTED, by=by, reason=said)
    return row.instead


def _record(made: Print, serials: Sequence[str], *, is_spoiled: bool) -> list[Sheet]:
    """Whoever else writes one of these numbers at this moment waits, and finds it known."""
    sheets = [Sheet(nppo_id=made.nppo_id, serial=each, print=made, is_spoiled=is_spoiled) for each in sorted(serials)]
    try:
        with transaction.atomic():
            return Sheet.objects.bulk_create(sheets)
    except IntegrityError as error:
        known = Sheet.objects.filter(nppo=made.nppo_id, serial__in=serials, instead=None)
        raise SheetKnown(known.select_related("print__certificate").order_by("serial")[0]) from error
