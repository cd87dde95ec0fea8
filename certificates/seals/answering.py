"""Whose seal a PDF has, and whether it is unchanged: asked by anybody, of the seals of all NPPOs of the installation."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate, Seal, SealedFile
from certificates.seals import attached, looking
from certificates.seals.looking import Signature
from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for, sweeping

LARGEST: Final = 12_000_000  # bytes


class Verdict(TextChoices):
    """What is said of a file."""

    UNCHANGED = "unchanged", _("Sealed, and unchanged since")
    CHANGED = "changed", _("Changed after it was sealed")
    SWAPPED = "swapped", _("The electronic certificate inside is not the one that was issued")
    NOT_ISSUED = "not_issued", _("A good seal, on a file that was never issued")
    EXPIRED = "expired", _("Sealed when the seal was no longer valid")
    FOREIGN = "foreign", _("Sealed by somebody else")
    NOT_SEALED = "not_sealed", _("Not sealed")
    NO_PDF = "no_pdf", _("This is no PDF")


@dataclass(frozen=True)
class Answer:
    """nppo: whose seal it is, of this installation's; subject: whose, as a foreign seal says. certificate: what was
    sealed, as far as it is known. has_time: a time-stamp server confirmed `at`.
    """

    verdict: Verdict
    nppo: Nppo | None = None
    subject: str = ""
    at: datetime | None = None
    has_time: bool = False
    certificate: Certificate | None = None
    is_original: bool = False

    @property
    def is_good(self) -> bool:
        return self.verdict == Verdict.UNCHANGED


def asked(data: bytes) -> Answer:
    """Call it outside of any tenant: it acts for the one whose seal it finds."""
    if len(data) > LARGEST or not looking.is_pdf(data):
        return Answer(Verdict.NO_PDF)
    found = looking.signatures(data)
    if not found:
        return Answer(Verdict.NOT_SEALED)
    known = _known(found)
    ours = [each for each in found if each.fingerprint in known]
    if not ours:
        foreign = next((each for each in found if each.is_intact), None)
        return Answer(Verdict.FOREIGN, subject=foreign.subject) if foreign else Answer(Verdict.CHANGED)
    signature = next((each for each in ours if each.is_unchanged), ours[-1])
    return _answer(signature, data, Nppo.objects.get(pk=known[signature.fingerprint]))


def _known(found: list[Signature]) -> dict[str, int]:
    """NPPO by fingerprint, of the signers that are ours: the one thing that is asked across all tenants."""
    with sweeping():
        rows = Seal.objects.filter(fingerprint__in={each.fingerprint for each in found})
        return dict(rows.values_list("fingerprint", "nppo_id"))


def _answer(signature: Signature, data: bytes, nppo: Nppo) -> Answer:
    """Of a file with a seal of this NPPO. What is attached is looked for between two transactions: it may take seconds."""
    with acting_for(nppo.pk):
        kept = _registered(nppo, data)
        if kept is not None and signature.is_unchanged:
            return Answer(Verdict.UNCHANGED, nppo, "", kept.at, kept.has_time, kept.certificate, kept.is_original)
        if signature.is_unchanged and not _is_in_time(signature, nppo):
            return Answer(Verdict.EXPIRED, nppo, at=signature.at)
    inside = attached.hashes(data)
    with acting_for(nppo.pk):
        before = _registered(nppo, data[: signature.length])  # something may only have been added behind it
        verdict = Verdict.NOT_ISSUED if signature.is_unchanged else Verdict.CHANGED
        if inside and _is_swapped(inside, before, nppo):
            verdict = Verdict.SWAPPED
    return Answer(verdict, nppo, at=signature.at, certificate=before.certificate if before else None)


def _registered(nppo: Nppo, data: bytes) -> SealedFile | None:
    files = SealedFile.objects.filter(nppo=nppo, sha256=hashlib.sha256(data).hexdigest())
    return files.select_related("certificate__nppo").first()


def _is_swapped(inside: set[str], before: SealedFile | None, nppo: Nppo) -> bool:
    """Whether what is attached now is not what was attached when it was sealed; or, where nobody knows, nothing of ours."""
    if before is not None:
        return inside != {before.xml_sha256}
    return not SealedFile.objects.filter(nppo=nppo, xml_sha256__in=inside).exists()


def _is_in_time(signature: Signature, nppo: Nppo) -> bool:
    """Whether the seal was valid, and in use, when it was put on as it says."""
    at = signature.at
    if at is None or signature.starts is None or signature.ends is None or not signature.starts <= at < signature.ends:
        return False
    rows = Seal.objects.filter(nppo=nppo, fingerprint=signature.fingerprint)
    return any(row.retired_at is None or at <= row.retired_at for row in rows)
