"""Exporters, consignees and routes of the NPPO that come again: kept while a section is saved, found, filled in, used.

A favourite's data are a document that says nothing else, so that one function fits all kinds.
"""

from dataclasses import replace
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from certificates import copying, workflow
from certificates.ephyto.document import Document
from certificates.ephyto.stored import to_text
from certificates.models import Favourite
from codelists.folding import fold
from gens.accounts import changes, events, roles
from gens.accounts.models import Membership

Kind = Favourite.Kind
OFFERED: Final = 100
# The kinds that a section's form may fill in.
OF_SECTION: Final[dict[str, tuple[Kind, ...]]] = {
    "parties": (Kind.EXPORTER, Kind.CONSIGNEE),
    "transport": (Kind.ROUTE,),
}


class NameTaken(Exception):
    """Another favourite of this kind has the name."""


def may_keep(by: Membership) -> bool:
    return by.may(roles.DRAFT) or by.may(roles.ADMINISTER)


def part_of(document: Document, kind: str) -> Document:
    """What a favourite of this kind keeps of a document. A voyage has its number once."""
    if kind == Kind.EXPORTER:
        return Document(exporter=document.exporter)
    if kind == Kind.CONSIGNEE:
        return Document(consignee=document.consignee)
    means = tuple(copying.unnumbered(movement) for movement in document.movements)
    return Document(import_country=document.import_country, movements=means, entry=document.entry)


def name_of(part: Document, kind: str) -> str:
    """What it is called unless somebody names it; "" when it says nothing that is worth keeping."""
    if kind == Kind.EXPORTER:
        return part.exporter.name[:200]
    if kind == Kind.CONSIGNEE:
        return part.consignee.name[:200]
    means = [m.means[0].text if m.means else m.mode_name for m in part.movements]
    said = [name for name in (*means, part.entry.name) if name]
    return ", ".join([*said, part.import_country.name] if said and part.import_country.name else said)[:200]


def of(membership: Membership, kind: str, *, query: str = "", destination: str = "") -> QuerySet[Favourite]:
    """This NPPO's of one kind, the last used first. destination: routes to it, and those that lead anywhere."""
    rows = Favourite.objects.filter(nppo=membership.nppo_id, kind=kind).order_by("-used_at", "-pk")
    if folded := fold(query[:200]):
        rows = rows.filter(folded__contains=folded)
    if destination and kind == Kind.ROUTE:
        rows = rows.filter(destination__in=["", destination])
    return rows


def keep(document: Document, kind: str, *, by: Membership) -> Favourite | None:
    """Keep this part of a document; the favourite of the same name is brought up to date. None when it says nothing."""
    part = part_of(document, kind)
    if not (name := name_of(part, kind)):
        return None
    try:
        return _kept(part, kind, name, by)
    except IntegrityError:  # somebody kept it at the same moment
        return _kept(part, kind, name, by)


def _kept(part: Document, kind: str, name: str, by: Membership) -> Favourite:
    with transaction.atomic():
        rows = Favourite.objects.select_for_update(of=("self",))
        row = rows.filter(nppo=by.nppo_id, kind=kind, name=name).first()
        row = row or Favourite(nppo=by.nppo, kind=kind, name=name)
        row.used_at, row.used_by = timezone.now(), by
        _save(row, part, by)
    return row


def _save(row: Favourite, part: Document, by: Membership) -> None:
    party = part.exporter if row.kind == Kind.EXPORTER else part.consignee
    row.data, row.destination = part, part.import_country.code[:2]
    row.folded = fold("\n".join([row.name, name_of(part, row.kind), *party.address]))[:1000]
    changes.save(row, by=by, secret=("folded", "used_at", "used_by_id"))


def change(row: Favourite, name: str, part: Document, *, by: Membership) -> None:
    """Another name, or other data. Raises NotAllowed, NameTaken."""
    if not may_keep(by):
        raise workflow.NotAllowed
    with transaction.atomic():
        if Favourite.objects.filter(nppo=by.nppo_id, kind=row.kind, name=name).exclude(pk=row.pk).exists():
            raise NameTaken
        row.name = name
        _save(row, part, by)


def delete(row: Favourite, *, by: Membership) -> None:
    """Certificates that name it stay as they are; who deleted it stays told. Raises NotAllowed."""
    if not may_keep(by):
        raise workflow.NotAllowed
    with transaction.atomic():
        events.record(row, events.ENDED, by=by, reason=row.name)
        row.delete()


def used(document: Document, kind: str, *, by: Membership) -> None:
    """Remember who wrote this favourite into a certificate last; nothing when it is none."""
    rows = Favourite.objects.filter(nppo=by.nppo_id, kind=kind)
    # json has no equality in PostgreSQL; its text has, as to_text writes a document in one way
    rows = rows.annotate(said=Cast("data", TextField())).filter(said=to_text(part_of(document, kind)))
    rows.update(used_at=timezone.now(), used_by=by)


def filled(document: Document, part: Document, kind: str) -> Document:
    """The document with what the favourite says. Of a route the destination stays the document's own."""
    if kind == Kind.EXPORTER:
        return replace(document, exporter=part.exporter)
    if kind == Kind.CONSIGNEE:
        return replace(document, consignee=part.consignee)
    return replace(document, movements=part.movements, entry=part.entry)
