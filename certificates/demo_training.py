"""The demo's training: an NPPO beside Ecuador's with the same people, and a certificate that waits to be approved."""

from typing import Final

from certificates import demo_seal, drafts, skins, workflow
from certificates.models import Certificate, Direction, Status
from gens.accounts import founding, roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for

TRAINS: Final = "EC"


def make() -> None:
    """Once, after the people and the certificates of Ecuador are made."""
    nppo = Nppo.objects.get(code=TRAINS)
    with acting_for(nppo.pk):
        administrator = _member(nppo, roles.ADMINISTRATOR)
        twin = founding.make_twin(nppo, by=administrator)
        skins.take_over(twin, by=administrator)
        ready = Certificate.objects.filter(direction=Direction.ISSUED, status=Status.SUBMITTED).order_by("pk")[0]
    with acting_for(twin.pk):
        demo_seal.make(twin, _member(twin, roles.ADMINISTRATOR))
        made = drafts.create(by=_member(twin, roles.INSPECTOR), document=ready.document)
        workflow.perform("submit", made, by=_member(twin, roles.INSPECTOR))


def _member(nppo: Nppo, role: str) -> Membership:
    return Membership.objects.select_related("nppo", "user", "office").get(nppo=nppo, roles=[role])
