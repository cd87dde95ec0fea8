"""Which statutory sentences an NPPO compared with the official text, and which ones a certificate prints."""

from collections.abc import Iterator

from certificates.ephyto.document import RE_EXPORT, Document, note_texts
from certificates.models import Verification
from certificates.paper.words import CURRENT, Verified


def verified(nppo_id: int, template_version: str = CURRENT) -> Verified:
    rows = Verification.objects.filter(nppo=nppo_id, template_version=template_version, is_verified=True)
    return frozenset(rows.values_list("key", "language"))


def of(document: Document) -> Iterator[str]:
    """The keys of the sentences that this certificate prints (ISPM 12, Appendices 1 and 2)."""
    yield "reexport" if document.type == RE_EXPORT else "certifying"
    if "2" in document.statements:
        yield "practically_free"
    if note_texts(document.notes, "SPSFL"):
        yield "no_liability"
    if note_texts(document.notes, "ADRPN"):
        yield "replaces"
