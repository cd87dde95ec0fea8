"""What people are told of certificates: work returned to them, work that waits for them, refusals of partners, and what
ends soon. The words are those of `letters`."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import get_language

from certificates import letters
from certificates.models import Certificate, Inspection, Requirement, Subscription
from certificates.seals import using
from certificates.sections import SECTIONS
from codelists.lookup import name_of
from gens.accounts import events, noticing, roles
from gens.accounts.letters import written
from gens.accounts.models import Event, Membership, Notice, Nppo
from gens.accounts.tenancy import acting_for
from hubclient import credentials
from hubclient.models import Connection, Envelope

DAYS: Final = (7, 30)  # before an authorisation ends
SETTLED: Final = timedelta(minutes=5)  # by then what is being written is committed
WAITED: Final = timedelta(minutes=15)  # a seal may be away for a restart
MOST_LINES: Final = 100
REFUSED: Final = "refused "  # of a key: the event follows
LOOKED_BACK: Final = timedelta(days=3)  # for refusals that nobody was told of


def _link(certificate: Certificate) -> str:
    return settings.PUBLIC_URL + reverse("certificates:certificate", args=[certificate.pk])


def _event(certificate: Certificate) -> str:
    """What makes this time differ from the last one: the same certificate may be returned twice."""
    return f"{certificate.pk} {certificate.status_since:%Y%m%d%H%M%S%f}"


def returned(certificate: Certificate, *, by: Membership, reason: str, remarks: Mapping[str, str]) -> None:
    """To whom it goes back. In the transaction that returns it. remarks: by section."""
    to = certificate.holder
    if to is None or to.pk == by.pk or not to.is_active:
        return

    def words() -> tuple[str, str]:
        beside = [f"{label}: {remarks[name]}" for name, label in SECTIONS.items() if name in remarks]
        said = {"reference": certificate.reference, "who": by.user.name, "link": _link(certificate)}
        said["reason"] = "\n\n".join(part for part in (reason, *beside) if part)
        return written(letters.RETURNED, to.nppo_id, said)

    noticing.tell(to, f"returned {_event(certificate)}", words)


def information_wanted(certificate: Certificate, *, by: Membership) -> None:
    """To its author: what an officer lacks to decide. In the transaction that says so."""
    to = certificate.drafted_by
    if to is None or to.pk == by.pk or not to.is_active:
        return

    def words() -> tuple[str, str]:
        said = {
            "reference": certificate.reference,
            "who": by.user.name,
            "lacking": certificate.awaits,
            "link": _link(certificate),
        }
        return written(letters.INFORMATION, to.nppo_id, said)

    noticing.tell(to, f"wanted {certificate.pk} {timezone.now():%Y%m%d%H%M%S%f}", words)


def waiting(certificate: Certificate, *, by: Membership) -> None:
    """To those of its office who may approve it. In the transaction that submits it."""
    officers = Membership.objects.filter(
        nppo=certificate.nppo_id,
        office=certificate.office_id,
        is_active=True,
        roles__contains=[roles.CERTIFYING_OFFICER],
    ).select_related("user", "nppo")
    for officer in officers:
        is_author = certificate.nppo.four_eyes and officer.pk in certificate.authors
        if officer.pk == by.pk or is_author or not officer.covers(certificate.type, certificate.destination):
            continue

        def words() -> tuple[str, str]:
            said = {"reference": certificate.reference, "who": by.user.name, "link": _link(certificate)}
            return written(letters.WAITING, certificate.nppo_id, said)

        noticing.tell(officer, f"waiting {_event(certificate)}", words)


def to_inspect(inspection: Inspection, *, by: Membership) -> None:
    """To the officer for whom it is planned. In the transaction that plans it."""
    to, day = inspection.officer, inspection.planned_on
    if to is None or day is None or to.pk == by.pk or not to.is_active:
        return

    def words() -> tuple[str, str]:
        said = {
            "day": formats.date_format(day, "DATE_FORMAT"),
            "reference": inspection.certificate.reference,
            "place": inspection.place,
            "who": by.user.name,
            "link": settings.PUBLIC_URL + reverse("certificates:inspection", args=[inspection.pk]),
        }
        return written(letters.INSPECTION, to.nppo_id, said)

    noticing.tell(to, f"inspect {inspection.pk} {to.pk} {day}", words)


def refusals() -> None:
    """To whom issued it: a certificate that never left, or that the Hub or the importing country did not take. Called again and again."""
    since = timezone.now() - LOOKED_BACK
    for nppo in Nppo.objects.order_by("pk"):
        with acting_for(nppo.pk):
            envelope_type = ContentType.objects.get_for_model(Envelope)
            ended = Q(action=events.NOT_DELIVERED) | Q(action=events.NOT_SENT, by=None)  # not what a person held back
            told = Event.objects.filter(ended, nppo=nppo, subject_type=envelope_type, at__gte=since)
            known = set(Notice.objects.filter(key__startswith=REFUSED, at__gte=since).values_list("key", flat=True))
            _refused(event for event in told if f"{REFUSED}{event.pk}" not in known)


def _refused(happened: Iterable[Event]) -> None:
    for event in happened:
        certificate = Certificate.objects.filter(messages__envelope=event.subject_id).first()
        to = certificate.issued_by if certificate else None
        if certificate is None or to is None or not to.is_active:
            continue

        def words(certificate: Certificate = certificate, event: Event = event) -> tuple[str, str]:
            said = {
                "number": certificate.number,
                "partner": name_of("country", certificate.destination, get_language() or "en"),
                "reason": event.reason,
                "link": _link(certificate),
            }
            return written(letters.REFUSED, certificate.nppo_id, said)

        noticing.tell(to, f"{REFUSED}{event.pk}", words)


def endings() -> None:
    """To administrators: client certificates, the seal and authorisations that end soon. The person hears of an authorisation's end too."""
    for nppo in Nppo.objects.order_by("pk"):
        with acting_for(nppo.pk):
            everybody = list(_people(nppo.pk))
            administrators = [person for person in everybody if roles.ADMINISTRATOR in person.roles]
            _certificates_end(nppo, administrators)
            _seal_ends(nppo, administrators)
            _authorisations_end(nppo, everybody, administrators)


def _people(nppo_id: int) -> QuerySet[Membership]:
    """Whoever may sign in for it."""
    return Membership.objects.filter(nppo=nppo_id, is_active=True, user__is_active=True).select_related("user")


def _certificates_end(nppo: Nppo, administrators: list[Membership]) -> None:
    for connection in Connection.objects.filter(nppo=nppo, is_active=True):
        for expiry in credentials.expiring(connection):

            def words(expiry: credentials.Expiry = expiry, connection: Connection = connection) -> tuple[str, str]:
                link = settings.PUBLIC_URL + reverse("administration:connection", args=[connection.pk])
                day = formats.date_format(expiry.ends.astimezone(nppo.zone), "DATE_FORMAT")
                said = {"subject": expiry.subject, "day": day, "link": link}
                return written(letters.PAIR_ENDS, nppo.pk, said)

            for person in administrators:
                noticing.tell(person, f"pair {expiry.ends:%Y%m%d%H%M} {expiry.level}", words)


def _seal_ends(nppo: Nppo, administrators: list[Membership]) -> None:
    seal = using.active(nppo.pk)
    days = using.ends_in(seal) if seal else 0
    level = next((level for level in using.WARN_AT if days < level), None)
    if seal is None or level is None:
        return

    def words() -> tuple[str, str]:
        day = formats.date_format(seal.ends.astimezone(nppo.zone), "DATE_FORMAT")
        link = settings.PUBLIC_URL + reverse("administration:seal")
        return written(letters.SEAL_ENDS, nppo.pk, {"name": seal.name, "day": day, "link": link})

    for person in administrators:
        noticing.tell(person, f"seal {seal.pk} {level}", words)


def seal_away(nppo_id: int) -> None:
    """To administrators: papers wait for the seal, and have for a while. Once each time. Called again and again."""
    with acting_for(nppo_id):
        seal = using.active(nppo_id)
        since = seal.trouble_since if seal else None
        if seal is None or since is None or timezone.now() - since < WAITED:
            return

        def words() -> tuple[str, str]:
            link = settings.PUBLIC_URL + reverse("administration:seal")
            said = {"name": seal.name, "reason": seal.get_trouble_display(), "link": link}
            return written(letters.SEAL_AWAY, nppo_id, said)

        for person in _people(nppo_id).filter(roles__contains=[roles.ADMINISTRATOR]):
            noticing.tell(person, f"seal away {seal.pk} {since:%Y%m%d%H%M%S}", words)


def _authorisations_end(nppo: Nppo, everybody: list[Membership], administrators: list[Membership]) -> None:
    today = timezone.localdate(timezone=nppo.zone)
    for person in everybody:
        end = person.authorised_until
        level = next((days for days in DAYS if end and today <= end <= today + timedelta(days=days)), None)
        if end is None or level is None:
            continue

        def words(person: Membership = person, end: date = end) -> tuple[str, str]:
            link = settings.PUBLIC_URL + reverse("certificates:home")
            said = {"name": person.user.name, "day": formats.date_format(end, "DATE_FORMAT"), "link": link}
            return written(letters.AUTHORISATION_ENDS, nppo.pk, said)

        for reader in {each.pk: each for each in (person, *administrators)}.values():
            noticing.tell(reader, f"authorisation {person.pk} {end} {level}", words)


def requirement_changes() -> None:
    """To those who subscribed: one notice of all that changed since the last one. Called again and again."""
    until = timezone.now() - SETTLED
    for nppo in Nppo.objects.order_by("pk"):
        with acting_for(nppo.pk):
            readers = Membership.objects.filter(
                nppo=nppo, is_active=True, subscriptions__told_until__lt=until
            ).distinct()
            for reader in readers.select_related("user"):
                _changes(reader, until)


def _changes(to: Membership, until: datetime) -> None:
    """Of all subscriptions of one person; they are locked, so that two workers do not both tell it."""
    mine = list(Subscription.objects.select_for_update().filter(membership=to, told_until__lt=until))
    since = min((each.told_until for each in mine), default=until)
    kind = ContentType.objects.get_for_model(Requirement)
    happened = Event.objects.filter(nppo=to.nppo_id, subject_type=kind, at__gt=since, at__lte=until).order_by(
        "at", "pk"
    )
    rows = Requirement.objects.in_bulk({event.subject_id for event in happened})
    wanted = {each.destination: each.told_until for each in mine}
    changed = {
        row.pk: row
        for event in happened
        if (row := rows.get(event.subject_id))
        and any(event.at > wanted[key] for key in ("", row.destination) if key in wanted)
    }
    Subscription.objects.filter(pk__in=[each.pk for each in mine]).update(told_until=until)
    if changed:
        noticing.tell(
            to, f"requirements {until:%Y%m%d%H%M%S}", lambda: _of_requirements(to.nppo_id, changed.values(), since)
        )


def _of_requirements(nppo_id: int, changed: Iterable[Requirement], since: datetime) -> tuple[str, str]:
    language = get_language() or "en"
    lines = sorted(f"{name_of('country', row.destination, language)}: {row.plant or '–'}" for row in changed)
    address = reverse("administration:requirements_changed")
    link = f"{settings.PUBLIC_URL}{address}?since={since.date().isoformat()}"
    more = "\n…" if len(lines) > MOST_LINES else ""
    said = {"lines": "\n".join(lines[:MOST_LINES]) + more, "link": link}
    return written(letters.REQUIREMENTS, nppo_id, said)
