"""New NPPOs: made by a system operator, or as the training twin of one that is here. Called inside a transaction.

Row-level security lets everybody add an NPPO and nobody else's rows: what belongs to the new one is made acting for it.
"""

from typing import Final

from django.db import transaction

from gens.accounts import changes, events, inviting, roles
from gens.accounts.models import Invitation, Membership, Nppo, Office
from gens.accounts.tenancy import acting_for

SUFFIX: Final = "-T"  # of a twin's code, and so of its numbers
OWN: Final = "{code}-{year}-{number:06d}"
# Names in other languages would not say TRAINING; pictures belong to the NPPO that keeps them.
NOT_COPIED: Final = ("id", "is_training", "twin_of", "names", "arms", "stamp")
TRAINING: Final = " (TRAINING)"  # of a twin's name: it prints and travels


def found(nppo: Nppo, office: Office, invitation: Invitation, *, by: Membership) -> Nppo:
    """Store an NPPO with its first office, and invite its first administrator."""
    with transaction.atomic():
        nppo.save(force_insert=True)
        with acting_for(nppo.pk):
            events.record(nppo, events.ADDED, by=by)
            office.nppo = nppo
            changes.save(office, by=by)
            invite(invitation, nppo, office, by=by)
    return nppo


def invite(invitation: Invitation, nppo: Nppo, office: Office, *, by: Membership) -> None:
    """Invite an administrator. The letter is the installation's: `by` belongs to another NPPO. Call it acting for nppo."""
    invitation.nppo, invitation.office, invitation.roles = nppo, office, [roles.ADMINISTRATOR]
    inviting.send(invitation, by=by)


def make_twin(nppo: Nppo, *, by: Membership) -> Nppo:
    """The NPPO in which the people of this one train: the same settings, offices and people, and its own numbers."""
    settings = {
        field.attname: getattr(nppo, field.attname)
        for field in nppo._meta.concrete_fields
        if field.name not in NOT_COPIED
    }
    twin = Nppo(**settings, is_training=True, twin_of=nppo)
    twin.code, twin.name = nppo.code + SUFFIX, nppo.name[: 256 - len(TRAINING)] + TRAINING
    if "{code}" not in twin.number_pattern:  # no number of training can be taken for a real one
        twin.number_pattern = OWN
    with transaction.atomic():
        twin.save(force_insert=True)
        with acting_for(twin.pk):
            events.record(twin, events.ADDED, by=by)
        bring_up_to_date(twin, by=by)
    return twin


def bring_up_to_date(twin: Nppo, *, by: Membership) -> tuple[int, int]:
    """Add the offices and people that the twin does not have yet, and end who has ended. Returns (added, ended).

    What the twin itself gave somebody to train with, such as another role, stays.
    """
    with transaction.atomic():
        with acting_for(twin.twin_of_id or 0):
            offices = list(Office.objects.filter(nppo=twin.twin_of_id))
            people = list(Membership.objects.filter(nppo=twin.twin_of_id).select_related("office", "user"))
        with acting_for(twin.pk):
            places = _offices(twin, offices, by)
            known = {member.user_id: member for member in Membership.objects.select_for_update().filter(nppo=twin)}
            working = [person for person in people if person.is_active and _roles(person)]
            added = [_added(twin, person, places, by) for person in working if person.user_id not in known]
            gone = {person.user_id for person in people if not person.is_active}
            ended = [member for pk, member in known.items() if member.is_active and pk in gone]
            for member in ended:
                member.is_active = False
                changes.save(member, by=by)
    return len(added), len(ended)


def _offices(twin: Nppo, offices: list[Office], by: Membership) -> dict[str, Office]:
    places = {office.name: office for office in Office.objects.filter(nppo=twin)}
    for office in offices:
        if office.name not in places:
            made = Office(nppo=twin, name=office.name, place=office.place, is_active=office.is_active)
            changes.save(made, by=by)
            places[office.name] = made
    return places


def _added(twin: Nppo, person: Membership, places: dict[str, Office], by: Membership) -> Membership:
    made = Membership(
        nppo=twin,
        user=person.user,
        office=places[person.office.name],
        roles=_roles(person),
        authorised_from=person.authorised_from,
        authorised_until=person.authorised_until,
        types=person.types,
        destinations=person.destinations,
    )
    changes.save(made, by=by)
    return made


def _roles(person: Membership) -> list[str]:
    """Of who works there: the installation is not operated from training."""
    return [role for role in person.roles if role != roles.OPERATOR]
