"""Drafting a re-export from what was received: origin, covering certificate, lines and what is left of them (ISPM 12)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from django.db import transaction

from certificates import balances, drafts, printing, storage, workflow
from certificates.ephyto.document import (
    ISSUED,
    MEASURES,
    RE_EXPORT,
    Attachment,
    Document,
    Measure,
    Note,
    Origin,
    Text,
    TradeLine,
    new_id,
    with_boxes_of,
)
from certificates.models import Certificate, Message
from gens.accounts.models import Membership

# What is so in most cases; whether it was packed anew, and the containers, an officer has to say.
USUAL: Final = {"RPCST": "3", "RPCTC": "True", "RPCOR": "False", "RPCPC": "True"}


class NothingLeft(Exception):
    """Everything that this certificate covers was certified on already."""


def draft(received: Certificate, *, by: Membership) -> Certificate:
    """A draft of a re-export of all that is left, with our reproduction of the received certificate attached.

    received: from Certificates.coverable_by. Raises NotAllowed, NothingLeft.
    """
    lines = tuple(_lines(received))
    if not lines:
        raise NothingLeft
    document = received.document
    blank = Document(type=RE_EXPORT, status=ISSUED, statements=("",), exporter=document.consignee, lines=lines)
    with transaction.atomic():
        return drafts.create(by=by, document=replace(blank, attachments=_copy(received)))


def add(certificate: Certificate, received: Certificate, *, by: Membership) -> Certificate:
    """The lines of another received certificate added to a draft, as when several cover one consignment.

    Raises NotAllowed, WrongStatus, Conflict, NothingLeft.
    """
    lines = tuple(_lines(received))
    if not lines:
        raise NothingLeft
    if certificate.type != RE_EXPORT:
        raise workflow.WrongStatus(certificate, "add")
    opened = drafts.section_hash(certificate.document, "lines")
    with transaction.atomic():
        copy = _copy(received)

        def change(document: Document) -> Document:
            made = tuple(with_boxes_of(document, line) for line in lines)
            return replace(document, lines=(*document.lines, *made), attachments=(*document.attachments, *copy))

        return drafts.save_section(certificate, "lines", by=by, opened_with=opened, change=change)


def _lines(received: Certificate) -> Iterator[TradeLine]:
    """Its lines with what is left of them; what belongs to the first certificate alone stays behind."""
    document, left = received.document, balances.of([received])
    for line in document.lines:
        balance = left.get((received.pk, line.id))
        if balance is not None and not balance.left.number:
            continue
        origin = next((o.country.code for o in line.origins if o.country.code), document.export_country.code)
        covered = USUAL | {"RPCRF": document.number, "RPCCO": origin}
        carried = replace(
            line,
            id=new_id(),
            treatments=(),
            notes=tuple(Note(subject, text) for subject, text in covered.items()),
            origins=line.origins or (Origin(document.export_country),),
            drawn_from=f"{received.pk}.{line.id}",
        )
        yield carried if balance is None or balance.is_untouched else _part(carried, balance)


def _part(line: TradeLine, balance: balances.Balance) -> TradeLine:
    """What is left of a line. How it is packed now, an officer has to say."""
    others = {name: Measure() for name in MEASURES}
    return replace(line, packages=(), **(others | {balance.name: balance.left}))  # type: ignore[arg-type]


def _copy(received: Certificate) -> tuple[Attachment, ...]:
    """Our reproduction of the received certificate: the certified true copy that goes with the re-export."""
    message: Message | None = received.messages.order_by("pk").first()
    if message is None:
        return ()
    data = printing.reproduction(received, message)
    sha256 = storage.keep_blob(received.nppo_id, data)
    said = received.document
    return (
        Attachment(
            id=new_id(), sha256=sha256, filename=f"{said.number}.pdf", kind="AWR", number=said.number[:60], date=said.issued,
            descriptions=(Text("Certified true copy", "en"),), media_type="application/pdf", size=len(data),
        ),
    )  # fmt: skip
