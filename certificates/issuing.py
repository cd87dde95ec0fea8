"""What only issuing fills in: number, day, officer and place; of a certificate issued by hand, as its paper says."""

from dataclasses import dataclass, replace
from datetime import datetime, time

from certificates import numbering
from certificates.ephyto import document as ephyto
from certificates.ephyto import treatments
from certificates.models import Certificate, HandIssued
from codelists.lookup import Names
from gens.accounts.models import Membership, Nppo


@dataclass(frozen=True)
class Given:
    """The number, the moment, and the officer whose name and place print."""

    number: str
    at: datetime
    by: Membership


def hand_of(certificate: Certificate) -> HandIssued | None:
    """What the paper says, of a certificate that was issued by hand; asked of the database once."""
    return getattr(certificate, "hand_issued", None)


def given(row: Certificate, by: Membership, now: datetime) -> Given:
    """The next number, now, by who issues it; of one issued by hand, what its paper says: it tells no time of day."""
    hand = hand_of(row)
    if hand is None:
        return Given(numbering.certificate_number(by.nppo, row.type, by.office, now), now, by)
    return Given(hand.number, datetime.combine(hand.day, time(), by.nppo.zone), hand.officer)


def complete(document: ephyto.Document, nppo: Nppo, said: Given) -> ephyto.Document:
    """The document with the NPPO's offset in its date, issuer, place, officer, statement, and treatments in full."""
    filled = replace(
        document,
        number=said.number,
        issued=said.at.astimezone(nppo.zone).replace(microsecond=0).isoformat(),
        issuer=nppo.name,
        place_of_issue=said.by.office.place,
        officer=said.by.user.name,
        status=ephyto.ISSUED,
        statements=document.statements or (("",) if document.type == ephyto.RE_EXPORT else ("1",)),
    )
    return treatments.with_full_texts(filled, Names(treatments.ENGLISH).known)
