"""The only writer of a certificate's document and of the columns that follow from it, and of blobs."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date

from django.conf import settings

from certificates import totals
from certificates.ephyto import dates
from certificates.ephyto.document import Document, TradeLine
from certificates.ephyto.media import media_type
from certificates.models import Blob, Certificate
from certificates.paper.wording import measure
from codelists.folding import fold
from codelists.lookup import Names
from gens.accounts.models import Membership

LISTED = 200
FOLLOWING = (
    "document",
    "destination",
    "exporter",
    "consignee",
    "commodity",
    "quantity",
    "line_count",
    "issue_date",
    "authors",
)


def store(certificate: Certificate, document: Document, *columns: str, author: Membership | None = None) -> Certificate:
    """Write the document, its list and search columns and the named other columns; a new row is inserted.

    author: the person whose words these are; four eyes will not let them approve or issue it.
    """
    if author is not None and author.pk not in certificate.authors:
        certificate.authors.append(author.pk)
    certificate.document = document
    certificate.destination = document.import_country.code[:2]
    certificate.exporter = document.exporter.name[:LISTED]
    certificate.consignee = document.consignee.name[:LISTED]
    certificate.commodity = commodity(document)[:LISTED]
    certificate.quantity = quantity(document)[:60]
    certificate.line_count = len(document.lines)
    certificate.issue_date = day_of(document.issued)
    certificate.search_text = _folded(certificate, document)
    if certificate.pk is None:
        certificate.save(force_insert=True)
    else:
        certificate.save(update_fields=[*FOLLOWING, "search_text", *columns])
    return certificate


def refer(certificate: Certificate, own_reference: str) -> None:
    """Write the NPPO's own reference, at any time: it is found by search and stands in no document."""
    certificate.own_reference = own_reference
    certificate.search_text = _folded(certificate, certificate.document)
    certificate.save(update_fields=["own_reference", "search_text"])


def line_name(line: TradeLine) -> str:
    """What people call this line: its first description, else common, else botanical name."""
    for texts in (line.descriptions, line.common_names, line.scientific_names):
        if texts:
            return texts[0].text
    return ""


def commodity(document: Document) -> str:
    return ", ".join(dict.fromkeys(name for line in document.lines if (name := line_name(line))))


def quantity(document: Document) -> str:
    """The net weights added up when every line has one in the same unit; otherwise nothing, never a wrong sum."""
    total = totals.weight(line.net_weight for line in document.lines)
    return measure(total.sum, Names("en")) if total.sum else ""


def day_of(text: str) -> date | None:
    """The calendar day as written: the day in the issuer's own zone."""
    parsed = dates.parse(text)
    return parsed.day if parsed else None


def _folded(certificate: Certificate, document: Document) -> str:
    return " ".join(folded for text in searched(certificate, document) if (folded := fold(text)))


def searched(certificate: Certificate, document: Document) -> Iterable[str]:
    yield from (certificate.number, certificate.reference, certificate.own_reference)
    yield from (document.exporter.name, document.consignee.name)
    for line in document.lines:
        for texts in (line.descriptions, line.common_names, line.scientific_names):
            yield from (text.text for text in texts)


def keep_blobs(nppo_id: int, blobs: Mapping[str, bytes]) -> None:
    """Store attachment bytes, once per NPPO and content. Raises ValueError when a name is not its content's hash."""
    for sha256, data in blobs.items():
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ValueError(f"The content of {sha256} hashes to something else.")
    pixels = settings.EPHYTO_LIMITS["pixels"]
    Blob.objects.bulk_create(
        [Blob(nppo_id=nppo_id, sha256=s, data=d, media_type=media_type(d, pixels)) for s, d in blobs.items()],
        ignore_conflicts=True,
    )


def keep_blob(nppo_id: int, data: bytes) -> str:
    """Store the bytes of one attachment. Returns its sha256."""
    sha256 = hashlib.sha256(data).hexdigest()
    keep_blobs(nppo_id, {sha256: data})
    return sha256


def blobs_of(nppo_id: int, document: Document) -> dict[str, bytes]:
    """The bytes of the document's attachments, by sha256."""
    wanted = {attachment.sha256 for attachment in document.attachments if attachment.sha256}
    rows = Blob.objects.filter(nppo=nppo_id, sha256__in=wanted).values_list("sha256", "data") if wanted else []
    return {sha256: bytes(data) for sha256, data in rows}
