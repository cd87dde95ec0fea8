"""The PDF of an issued certificate: rendered once after issue, its bytes and hash kept; previews and reproductions."""

from typing import Final

from django.db import IntegrityError
from django.utils import formats, timezone

from certificates import issuing
from certificates.ephyto import show
from certificates.ephyto.document import WITHDRAWN, Document
from certificates.ephyto.xml import to_xml
from certificates.models import Certificate, Direction, Message, Print, Rendering, Status
from certificates.paper import pdf
from certificates.paper.words import CURRENT
from certificates.storage import blobs_of
from codelists.loading import shipped
from codelists.lookup import Names
from gens.accounts.tenancy import acting_for
from hubclient.outbox import sha256

TRAINING: Final = "TRAINING – NOT VALID"
BY_HAND: Final = "NOT THE ORIGINAL"  # of a certificate issued by hand: the signed paper is


def _mark(certificate: Certificate, otherwise: str = "") -> str:
    """What stands across each page: in training always the same, whatever the certificate is."""
    return TRAINING if certificate.nppo.is_training else otherwise


def render(certificate_id: int, nppo_id: int) -> None:
    """Print an issued certificate, once: whoever comes second finds it done. Nothing is locked while the page is made."""
    with acting_for(nppo_id):
        issued = Certificate.objects.filter(direction=Direction.ISSUED, rendering=None).select_related("nppo")
        found = issued.filter(pk=certificate_id).first()
        message = found.messages.order_by("pk").first() if found else None
        is_by_hand = found is not None and issuing.hand_of(found) is not None
    if found is None or message is None:
        return
    mark = _mark(found, BY_HAND if is_by_hand else "")
    data = pdf.render(found.content, xml=bytes(message.xml), mark=mark)
    try:
        with acting_for(nppo_id):
            Rendering.objects.create(
                nppo_id=nppo_id, certificate=found, pdf=data, sha256=sha256(data), template_version=CURRENT
            )
    except IntegrityError:
        return  # another worker got there first


def is_first_print(made: Print) -> bool:
    """Whether it is the original: no print before it was good. Every later one is a copy."""
    return made.copy == 1


def pages(made: Print) -> bytes | None:
    """The kept PDF, for this print; None while it is being made."""
    kept = Rendering.objects.filter(certificate=made.certificate_id).first()
    return bytes(kept.pdf) if kept else None


def preview(certificate: Certificate) -> bytes:
    """A draft as it will print, with DRAFT across the page."""
    document = certificate.content
    return pdf.render(
        document, xml=to_xml(document, blobs_of(certificate.nppo_id, document)), mark=_mark(certificate, "DRAFT")
    )


def reproduction(certificate: Certificate, message: Message) -> bytes:
    """A received certificate as paper: marked as a reproduction, with everything else that the message says."""
    document = certificate.content
    arrived = formats.date_format(timezone.localtime(message.created_at), "DATETIME_FORMAT")
    return pdf.render(
        document,
        xml=bytes(message.xml),
        mark=_mark(certificate, "CANCELLED" if certificate.status == Status.WITHDRAWN else ""),
        origin=pdf.Origin(certificate.counterpart, arrived),
        listed=_rest(document),
    )


def reproduced(document: Document, xml: bytes, sender: str) -> bytes:
    """The reproduction of any message, without a database: codes are named by the lists of the files."""
    return pdf.render(
        document,
        xml=xml,
        mark="CANCELLED" if document.status == WITHDRAWN else "",
        origin=pdf.Origin(sender, "–"),
        listed=_rest(document),
        names=Names("en", shipped()),
    )


def _rest(document: Document) -> tuple[pdf.Listed, ...]:
    attachments = [
        pdf.Listed(
            f"Attachment {a.number}", a.filename or a.kind, (f"{a.media_type}, {a.size} bytes, SHA-256 {a.sha256}",)
        )
        for a in document.attachments
    ]
    details = tuple(f"{row.label}: {row.value}" for row in show.rows(document))
    return (*attachments, pdf.Listed("All data of the message", "", details))
