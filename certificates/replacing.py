"""Replacing an issued certificate: a draft of the same consignment that cancels it once it is issued (ISPM 12)."""

from dataclasses import replace

from django.db import transaction

from certificates import copying, drafts, workflow
from certificates.ephyto.document import Document, Note
from certificates.models import NOT_FROZEN, Certificate, Direction, Original, Status
from gens.accounts import roles
from gens.accounts.models import Membership


class UnderWay(Exception):
    """A replacement of this certificate is drafted already. Carries it."""

    def __init__(self, draft: Certificate) -> None:
        super().__init__(f"{draft} replaces it already.")
        self.draft = draft


def draft(certificate: Certificate, *, by: Membership, reason: str, original: str) -> Certificate:
    """A draft with everything the certificate says, that names it as replaced. The certificate itself stays issued
    until the draft is issued. original: what became of the paper, a value of Original.

    Raises NotAllowed, WrongStatus, ReasonMissing, OriginalMissing, UnderWay.
    """
    if not by.may(roles.DRAFT):
        raise workflow.NotAllowed
    with transaction.atomic():
        row = Certificate.objects.select_for_update().get(pk=certificate.pk, nppo=by.nppo_id)
        if row.direction != Direction.ISSUED or row.status != Status.ISSUED:
            raise workflow.WrongStatus(row, "replace")
        if not reason.strip():
            raise workflow.ReasonMissing
        if original not in Original.values:
            raise workflow.OriginalMissing
        if (other := open_replacement(row)) is not None:
            raise UnderWay(other)
        row.original = original
        row.save(update_fields=["original"])
        return drafts.create(by=by, document=document_of(row.document, reason.strip(), by.nppo.language), replaces=row)


def open_replacement(certificate: Certificate) -> Certificate | None:
    """The draft that is going to replace it, wherever that is on its road."""
    return certificate.replacements.filter(status__in=NOT_FROZEN).first()


def document_of(old: Document, reason: str, language: str) -> Document:
    """The same consignment, without what only issuing fills, with the four notes of a replacement."""
    again = copying.unissued(old)
    told = (
        Note("ADRP", "4"),
        Note("ADRPN", old.number),
        Note("ADRPR", reason[:512], language),
        Note("ADRD", old.issued),
    )
    return replace(again, notes=(*again.notes, *told))
