"""Whether a certificate is inspected as its NPPO demands before it is issued. Issuing asks it, and pages tell it beforehand."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, auto
from typing import Final

from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from certificates.models import NOT_FROZEN, Certificate, Inspection
from gens.accounts.models import Nppo


class Lack(StrEnum):
    """Why an inspection does not open the way to issue."""

    NONE = auto()  # none is done
    FAILED = auto()
    LABORATORY = auto()
    OLD = auto()


@dataclass(frozen=True)
class Missing:
    """What keeps a certificate from being issued: the inspection that counts, and its age in days when that is too much."""

    lack: Lack
    last: Inspection | None = None
    age: int = 0
    most: int = 0


class NotInspected(Exception):
    """The NPPO issues only with a passed inspection, and there is none that is new enough."""

    def __init__(self, missing: Missing) -> None:
        super().__init__(f"inspection: {missing.lack}")
        self.missing = missing


_LACKS: Final = {Inspection.State.FAILED: Lack.FAILED, Inspection.State.LABORATORY: Lack.LABORATORY}


def last_done(certificate: Certificate) -> Inspection | None:
    """The inspection that counts: the one done last, whatever was found."""
    done = Inspection.objects.filter(certificate=certificate, done_on__isnull=False)
    return done.order_by("-done_on", "-pk").first()


def missing(certificate: Certificate, nppo: Nppo, at: datetime | None = None) -> Missing | None:
    """What the NPPO's settings still ask of an inspection of this certificate; None when nothing does, or it is past.

    Days are counted in the NPPO's zone: an inspection of yesterday is one day old from midnight there.
    """
    if not nppo.needs_inspection or certificate.status not in NOT_FROZEN:
        return None
    return _judged(last_done(certificate), nppo.inspection_days, timezone.localdate(at, nppo.zone))


def _judged(last: Inspection | None, most: int | None, today: date) -> Missing | None:
    if last is None or last.done_on is None:
        return Missing(Lack.NONE)
    if (lack := _LACKS.get(Inspection.State(last.state))) is not None:
        return Missing(lack, last)
    age = (today - last.done_on).days
    return Missing(Lack.OLD, last, age, most) if most is not None and age > most else None


_WORDS: Final = {
    Lack.NONE: _("No inspection is recorded as done."),
    Lack.FAILED: _("The inspection of %(day)s failed."),
    Lack.LABORATORY: _("The inspection of %(day)s still waits for the laboratory."),
    Lack.OLD: _("The inspection of %(day)s is %(age)s days old. %(most)s days are allowed."),
}


def words(missing: Missing) -> str:
    """Why the certificate cannot be issued, in the reader's language."""
    day = formats.date_format(missing.last.done_on, "DATE_FORMAT") if missing.last and missing.last.done_on else ""
    return str(_WORDS[missing.lack]) % {"day": day, "age": missing.age, "most": missing.most}


def refuse(certificate: Certificate, nppo: Nppo, at: datetime) -> None:
    """Raises NotInspected when the settings do not let it be issued at this moment."""
    if (found := missing(certificate, nppo, at)) is not None:
        raise NotInspected(found)
