"""One draft made several, and several made one: lines or parts of them move, nothing is lost, and who wrote what stays
known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import reduce
from types import MappingProxyType
from typing import Final, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates import dividing, drafts, storage, workflow
from certificates.ephyto.document import (
    BOXES,
    RE_EXPORT,
    Attachment,
    Document,
    Note,
    Text,
    TradeLine,
    note_texts,
    set_notes,
)
from certificates.models import EDITABLE, Certificate, Certificates, Direction, DraftInput
from gens.accounts import events, roles
from gens.accounts.models import Membership

LEAST: Final = 2  # drafts, of a split and of what is combined
NOWHERE: Final[Mapping[str, int]] = MappingProxyType({})
_JOINED = ("DMCL", "ADIPEDL")  # one text on the certificate
_LISTED = ("ADEDL", "ADAOEDL")  # as many texts as there are
TOO_MUCH: Final = gettext_lazy("Line %(number)s has less than these parts.")
UNREAD: Final = gettext_lazy(
    "Something typed in line %(number)s could not be read. Mend it before you divide the line."
)
Part = TypeVar("Part")


class NotPossible(Exception):
    """These lines, or these drafts, cannot be parted or joined. Says why, in the reader's language."""


@dataclass(frozen=True, slots=True)
class Share:
    """Where one line goes: amounts of it into the drafts of these numbers, the rest of it, or all, into one. Number 0 is
    the draft that is split.
    """

    rest: int = 0
    parts: Mapping[int, Decimal] = field(default_factory=dict)


def may_be_split(certificate: Certificate) -> bool:
    return _is_open(certificate) and certificate.line_count > 0


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


def shared(document: Document, shares: Mapping[str, Share], count: int) -> list[tuple[TradeLine, ...]]:
    """The lines of each of so many drafts, in their order; a line that nobody speaks of stays. Raises NotPossible."""
    sides: list[list[TradeLine]] = [[] for _draft in range(count)]
    for number, line in enumerate(document.lines, start=1):
        into = amounts(line, shares.get(line.id, Share()), number)
        if len(into) == 1:
            sides[next(iter(into))].append(line)
            continue
        for side, part in zip(into, dividing.parted(line, list(into.values())), strict=True):
            sides[side].append(part)
    if not any(sides[1:]):
        raise NotPossible(_("Say what goes into the other drafts."))
    for number, lines in enumerate(sides[1:], start=2):
        if not lines:
            raise NotPossible(
                _("Draft %(number)s gets nothing. Give it something, or split into fewer.") % {"number": number}
            )
    if not sides[0]:
        raise NotPossible(_("Leave at least one line in this draft."))
    return [tuple(lines) for lines in sides]


def amounts(line: TradeLine, share: Share, number: int) -> dict[int, Decimal]:
    """What of the line of this number goes into which drafts; of a line that goes whole one entry. Raises NotPossible."""
    parts = {side: amount for side, amount in share.parts.items() if amount}
    rest = dividing.left(line, parts.values()) if parts else Decimal(1)
    if rest < 0:
        raise NotPossible(TOO_MUCH % {"number": number})
    if rest:
        parts[share.rest] = rest if not parts else dividing.added(parts.get(share.rest, Decimal(0)), rest)
    return dict(sorted(parts.items()))


def split(
    certificate: Certificate, shares: Mapping[str, Share], count: int = LEAST, *, by: Membership,
    containers: Mapping[str, int] = NOWHERE, opened_with: str = "",
) -> list[Certificate]:  # fmt: skip
    """New drafts with what goes into them of this one, which keeps the rest; all else stands in each. All or nothing.

    containers: the draft that the container of this number goes into; the others stand in each. opened_with: the lines
    as somebody saw them (drafts.section_hash). Raises NotAllowed, WrongStatus, NotPossible, Conflict.
    """
    with transaction.atomic():
        (row,) = _locked([certificate.pk], by)
        document = row.document
        if opened_with and drafts.section_hash(document, "lines") != opened_with:
            raise drafts.Conflict(row)
        sides = shared(document, shares, count)
        _refuse_unread(row, [line for side in sides for line in side])
        stays, *going = [
            with_containers(replace(document, lines=lines), containers, side) for side, lines in enumerate(sides)
        ]
        made = [_part_of(row, part, by) for part in going]
        storage.store(row, stays, author=by)
        _tell(row, made, by)
    return made


def _refuse_unread(row: Certificate, lines: list[TradeLine]) -> None:
    """Raises NotPossible: a line that is divided holds nothing that could not be read, which would be divided with it."""
    unread = drafts.unread_lines(row) & ({line.id for line in row.document.lines} - {line.id for line in lines})
    for number, line in enumerate(row.document.lines, start=1):
        if line.id in unread:
            raise NotPossible(UNREAD % {"number": number})


def with_containers(document: Document, containers: Mapping[str, int], side: int) -> Document:
    """The document of this draft with its containers, and those that stand in each."""
    kept = (equipment for equipment in document.equipment if containers.get(equipment.number, side) == side)
    return replace(document, equipment=tuple(kept))


def _part_of(row: Certificate, document: Document, by: Membership) -> Certificate:
    """One of the new drafts. What was typed in a line and could not be read goes with it."""
    made = drafts.create(
        by=by, document=document, authors=row.authors, own_reference=row.own_reference,
        reason=_("Split off %(draft)s") % {"draft": row},
    )  # fmt: skip
    sections = [f"line.{line.id}" for line in document.lines]
    DraftInput.objects.filter(certificate=row, section__in=sections).update(certificate=made)
    return made


def _tell(row: Certificate, made: list[Certificate], by: Membership) -> None:
    """Each of them tells of the others."""
    for draft in (row, *made):
        others = ", ".join(str(other) for other in made if other is not draft)
        said = _("What left it is in %(drafts)s") if draft is row else _("Split off together with %(drafts)s")
        if others:
            events.record(
                draft, events.SPLIT, by=by, from_state=draft.status, to_state=draft.status,
                reason=said % {"drafts": others},
            )  # fmt: skip


def combine(certificates: Sequence[Certificate], *, by: Membership) -> Certificate:
    """One new draft of several alike; the first says what can stand only once. The others and it are discarded, and
    stay readable. Raises NotAllowed, WrongStatus, NotPossible.
    """
    order = [certificate.pk for certificate in certificates]
    if len(set(order)) < LEAST:
        raise NotPossible(_("Choose at least one other draft."))
    with transaction.atomic():
        rows = sorted(_locked(order, by), key=lambda row: order.index(row.pk))
        documents = [row.document for row in rows]
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
