"""What of one certificate may stand in another, and what never may: the one place that names it.

A copy, a template, a copied line and a replacement all come through here; the pages say NEVER word for word.
"""

from dataclasses import replace
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates import drafts, workflow
from certificates.ephyto.document import ISSUED, MEASURES, RE_EXPORT, Document, Measure, Movement, TradeLine, new_id
from certificates.ephyto.rules.kinds import ORIGINAL_CERTIFICATE, REPLACEMENT
from certificates.models import Certificate, Direction
from gens.accounts import roles
from gens.accounts.models import Membership

# What belongs to one certificate alone, in the words of the pages; what drops it stands below.
NEVER: Final = (
    gettext_lazy("Number, date, place and officer of issue, and what it replaces"),
    gettext_lazy("Date of inspection, additional inspection, and official remarks"),
    gettext_lazy("Dates of treatments"),
    gettext_lazy("Lot numbers, containers and seals, voyage and flight numbers"),
    gettext_lazy("Attachments, but for the original certificate of a re-export"),
    gettext_lazy("Your own reference"),
)
_OF_ISSUE: Final = {"number": "", "issued": "", "issuer": "", "place_of_issue": "", "officer": "", "status": ISSUED}
# Subjects of notes: inspections and official information, of the document and of its lines; replacement statements.
_NOTES: Final = frozenset({"ADDIEDL", "ADAOEDL", *REPLACEMENT})
_LINE_NOTES: Final = frozenset({"ADDITLIL", "ADAOTLIL"})
_INSPECTED_AGAIN: Final = frozenset({"RPCAI"})  # a box that all lines of a certificate share
_COVERING: Final = frozenset({"RPCRF", "RPCCO"})
_QUANTITIES: Final = frozenset({"OQV", "OQU", "OPTND"})


def copy(certificate: Certificate, *, by: Membership) -> Certificate:
    """A new draft that says what this certificate of ours says, whatever became of it. Raises NotAllowed."""
    if certificate.direction != Direction.ISSUED or not by.may(roles.DRAFT):
        raise workflow.NotAllowed
    with transaction.atomic():
        said = _("Copy of %(certificate)s") % {"certificate": certificate}
        return drafts.create(by=by, document=for_another(certificate.document), reason=said)


def unissued(document: Document) -> Document:
    """Without what only issuing fills, and without what it replaced: the same consignment once more."""
    notes = tuple(note for note in document.notes if note.subject not in REPLACEMENT)
    lines = tuple(_unsaid(each) for each in document.lines)
    return replace(document, notes=notes, lines=lines, **_OF_ISSUE)  # type: ignore[arg-type]


def _unsaid(before: TradeLine) -> TradeLine:
    """Issuing says each treatment as one text: a changed one must be said anew."""
    return replace(before, treatments=tuple(replace(treatment, full_text=()) for treatment in before.treatments))


def for_another(document: Document) -> Document:
    """What may stand in the certificate of another consignment."""
    attached = [a for a in document.attachments if document.type == RE_EXPORT and a.kind == ORIGINAL_CERTIFICATE]
    return replace(
        unissued(document),
        notes=tuple(note for note in document.notes if note.subject not in _NOTES),
        attachments=tuple(replace(attachment, id=new_id()) for attachment in attached),
        movements=tuple(unnumbered(movement) for movement in document.movements),
        equipment=(),
        lines=tuple(_without(line(each), _INSPECTED_AGAIN) for each in document.lines),
        further=(),
    )


def line(before: TradeLine) -> TradeLine:
    """The same goods in another line."""
    treatments = tuple(replace(t, id=new_id(), start="", end="", full_text=()) for t in before.treatments)
    return replace(_without(before, _LINE_NOTES), id=new_id(), batch="", treatments=treatments)


def unnumbered(movement: Movement) -> Movement:
    """The same means on another voyage."""
    return replace(movement, number="")


def for_template(document: Document, *, with_quantities: bool) -> Document:
    """What may stand in many: nothing of what covered one re-export, and quantities only when they are always the same."""
    uncovered = tuple(_uncovered(each) for each in for_another(document).lines)
    lines = uncovered if with_quantities else tuple(_unmeasured(each) for each in uncovered)
    return replace(for_another(document), attachments=(), lines=lines)


def _uncovered(before: TradeLine) -> TradeLine:
    return replace(_without(before, _COVERING), drawn_from="")


def _unmeasured(before: TradeLine) -> TradeLine:
    packages = tuple(replace(package, quantity="") for package in before.packages)
    measures = {name: Measure() for name in MEASURES}
    return replace(_without(before, _QUANTITIES), packages=packages, **measures)  # type: ignore[arg-type]


def _without(before: TradeLine, subjects: frozenset[str]) -> TradeLine:
    return replace(before, notes=tuple(note for note in before.notes if note.subject not in subjects))
