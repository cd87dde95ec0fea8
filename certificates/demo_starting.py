"""The demo's templates, favourites, own references, and what is usual in certificates to New Zealand."""

from typing import Final

from certificates import favourites, keeping, referring
from certificates.ephyto.document import Document, Location, Movement, Text
from certificates.models import Certificate, Direction, Favourite, Partnership, Status, partnership
from codelists.lookup import name_of
from gens.accounts import changes, roles
from gens.accounts.models import Membership, Nppo

_ORDERS: Final = ("PO 2026-118", "UGL file 77/26", "PO 2026-121")


def make(nppo: Nppo) -> None:
    """For Samoa, once its certificates are made. Call it inside acting_for(nppo.pk)."""
    people = Membership.objects.select_related("nppo", "user", "office").filter(nppo=nppo).order_by("pk")
    inspector, officer, admin = (
        people.filter(roles=[role])[0] for role in (roles.INSPECTOR, roles.CERTIFYING_OFFICER, roles.ADMINISTRATOR)
    )
    ours = Certificate.objects.filter(direction=Direction.ISSUED, nppo=nppo).order_by("pk")
    issued = list(ours.filter(status=Status.ISSUED)[:2])
    keeping.keep(issued[0], "Taro and breadfruit to Auckland", by=officer, for_all=True)
    keeping.keep(issued[1], "Frozen noni, a container", by=inspector, with_quantities=True)
    said = issued[0].document
    by_air = Document(
        import_country=said.import_country,
        movements=(Movement("4", (Text("Polynesian Air Cargo", "en"),), "", name_of("transport", "4", "en")),),
        entry=Location("NZAKL", "Auckland"),
    )
    for document, kind in (
        (said, Favourite.Kind.EXPORTER),
        (said, Favourite.Kind.CONSIGNEE),
        (by_air, Favourite.Kind.ROUTE),
    ):
        favourites.keep(document, kind, by=inspector)
    for certificate, own in zip(ours.filter(status__in=[Status.DRAFT, Status.ISSUED]), _ORDERS, strict=False):
        referring.refer(certificate, own, by=inspector)
    _usual(nppo, admin)


def _usual(nppo: Nppo, admin: Membership) -> None:
    row = partnership(nppo.pk, "NZ")
    row.usual_clauses, row.usual_mode, row.usual_entry = Partnership.Clauses.FREE, "1", "Auckland"
    row.usual_transit = ["FJ"]
    row.language_note = "Write everything in English: the officers there read nothing else."
    changes.save(row, by=admin)
