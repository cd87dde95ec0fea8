"""One draft made two, and several made one: whole lines move, nothing is lost, and who wrote what stays known."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import reduce
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates import drafts, storage, workflow
from certificates.ephyto.document import BOXES, RE_EXPORT, Attachment, Document, Note, Text, note_texts, set_notes
from certificates.models import EDITABLE, Certificate, Certificates, Direction, DraftInput
from gens.accounts import events, roles
from gens.accounts.models import Membership

LEAST: int = 2
_JOINED = ("DMCL", "ADIPEDL")  # one text on the certificate
_LISTED = ("ADEDL", "ADAOEDL")  # as many texts as there are
Part = TypeVar("Part")


class NotPossible(Exception):
    """These lines, or these drafts, cannot be parted or joined. Says why, in the reader's language."""


def may_be_split(certificate: Certificate) -> bool:
    return _is_open(certificate) and certificate.line_count >= LEAST


def _is_open(certificate: Certificate) -> bool:
    """A draft of its own: one that replaces a certificate stands for that very consignment."""
    is_ours = certificate.direction == Direction.ISSUED
    return is_ours and certificate.status in EDITABLE and certificate.replaces_id is None


def alike(certificate: Certificate) -> Certificates:
    """Other drafts that may be joined with this one, as far as columns tell: the latest first."""
    if not _is_open(certificate):
        return Certificate.objects.none()
    rows = Certificate.objects.filter(
        nppo=certificate.nppo_id, direction=Direction.ISSUED, status__in=EDITABLE, replaces=None, type=certificate.type,
        destination=certificate.destination, exporter=certificate.exporter, consignee=certificate.consignee,
    )  # fmt: skip
    return rows.exclude(pk=certificate.pk).order_by("-status_since", "-pk")


def _locked(pks: Iterable[int], by: Membership) -> list[Certificate]:
    """The drafts, locked in one order. Raises NotAllowed, WrongStatus, NotPossible."""
    if not by.may(roles.DRAFT):
        raise workflow.NotAllowed
    wanted = set(pks)
    rows = Certificate.objects.select_for_update(of=("self",)).filter(pk__in=wanted, nppo=by.nppo_id)
    found = list(rows.filter(direction=Direction.ISSUED).order_by("pk"))
    if len(found) < len(wanted):
        raise NotPossible(_("One of them is no longer there."))
    for row in found:
        if row.status not in EDITABLE:
            raise workflow.WrongStatus(row, "split")
        if row.replaces_id is not None:
            raise NotPossible(_("%(draft)s replaces a certificate and stays as it is.") % {"draft": row})
    return found


def split(certificate: Certificate, line_ids: Collection[str], *, by: Membership) -> Certificate:
    """A new draft with these lines, which leave this one; all else stands in both.

    Raises NotAllowed, WrongStatus, NotPossible.
    """
    with transaction.atomic():
        (row,) = _locked([certificate.pk], by)
        document = row.content
        moved = tuple(line for line in document.lines if line.id in line_ids)
        if not moved:
            raise NotPossible(_("Choose the lines for the new draft."))
        if len(moved) == len(document.lines):
            raise NotPossible(_("Leave at least one line in this draft."))
        made = drafts.create(
            by=by, document=replace(document, lines=moved), authors=row.authors, own_reference=row.own_reference,
            reason=_("Split off %(draft)s") % {"draft": row},
        )  # fmt: skip
        stays = tuple(line for line in document.lines if line.id not in line_ids)
        storage.store(row, replace(document, lines=stays), author=by)
        sections = [f"line.{line.id}" for line in moved]
        DraftInput.objects.filter(certificate=row, section__in=sections).update(certificate=made)
        said = ngettext("%(count)s line went to %(draft)s", "%(count)s lines went to %(draft)s", len(moved))
        said %= {"count": len(moved), "draft": made}
        events.record(row, events.SPLIT, by=by, from_state=row.status, to_state=row.status, reason=said)
    return made


def combine(certificates: Sequence[Certificate], *, by: Membership) -> Certificate:
    """One new draft of several alike; the first says what can stand only once. The others and it are discarded, and
    stay readable. Raises NotAllowed, WrongStatus, NotPossible.
    """
    order = [certificate.pk for certificate in certificates]
    if len(set(order)) < LEAST:
        raise NotPossible(_("Choose at least one other draft."))
    with transaction.atomic():
        rows = sorted(_locked(order, by), key=lambda row: order.index(row.pk))
        documents = [row.content for row in rows]
        _refuse_what_differs(rows, documents)
        made = drafts.create(
            by=by,
            document=joined(documents),
            authors=_once(pk for row in rows for pk in row.authors),
            own_reference=", ".join(_once(row.own_reference for row in rows if row.own_reference))[:120],
            reason=_("Combined from %(drafts)s") % {"drafts": ", ".join(map(str, rows))},
        )
        for row in rows:
            said = _("Combined into %(draft)s") % {"draft": made}
            workflow.perform("discard", row, by=by, reason=said)
    return made


def _refuse_what_differs(rows: list[Certificate], documents: list[Document]) -> None:
    """Raises NotPossible: kind, destination, exporter and consignee are the same, and nothing waits to be mended."""
    first = documents[0]
    for row, document in zip(rows, documents, strict=True):
        same = (document.type, document.import_country, document.exporter, document.consignee)
        if same != (first.type, first.import_country, first.exporter, first.consignee):
            said = _("%(draft)s names another kind, destination, exporter or consignee, or another address of theirs.")
            raise NotPossible(said % {"draft": row})
        if row.inputs.exists():
            said = _("Something typed in %(draft)s could not be read. Mend it there first.")
            raise NotPossible(said % {"draft": row})


def joined(documents: Sequence[Document]) -> Document:
    """Lines, declarations, marks, means, containers and attachments of all; of the clauses only those all have."""
    first = documents[0]
    lines = tuple(line for document in documents for line in document.lines)
    whole = replace(
        first,
        notes=reduce(lambda notes, subject: _with_notes(notes, subject, documents), (*_JOINED, *_LISTED), first.notes),
        statements=tuple(s for s in first.statements if all(s in document.statements for document in documents)),
        movements=_once(movement for document in documents for movement in document.movements),
        equipment=_once(equipment for document in documents for equipment in document.equipment),
        attachments=tuple(_numbered(_once(a for document in documents for a in document.attachments))),
        lines=lines,
    )
    return _with_boxes(whole, first) if first.type == RE_EXPORT else whole


def _with_notes(notes: tuple[Note, ...], subject: str, documents: Sequence[Document]) -> tuple[Note, ...]:
    texts = _once(text for document in documents for text in note_texts(document.notes, subject))
    if subject in _JOINED and texts:
        texts = (Text("; ".join(_once(text.text for text in texts)), texts[0].language),)
    return set_notes(notes, subject, texts)


def _numbered(attachments: Iterable[Attachment]) -> Iterable[Attachment]:
    """Each with a number of its own: two drafts may both have counted from 1."""
    taken: set[str] = set()
    for place, attachment in enumerate(attachments, start=1):
        number = attachment.number if attachment.number not in taken else f"{attachment.number}-{place}"[-60:]
        taken.add(number)
        yield replace(attachment, number=number)


def _with_boxes(document: Document, first: Document) -> Document:
    """The statement for re-export stands once on the paper: every line has the boxes of the first draft."""
    boxes = tuple(note for note in (first.lines[0].notes if first.lines else ()) if note.subject in BOXES)
    bare = [tuple(note for note in line.notes if note.subject not in BOXES) for line in document.lines]
    lines = (replace(line, notes=(*notes, *boxes)) for line, notes in zip(document.lines, bare, strict=True))
    return replace(document, lines=tuple(lines))


def _once(parts: Iterable[Part]) -> tuple[Part, ...]:
    """In order, each once."""
    return tuple(dict.fromkeys(parts))
