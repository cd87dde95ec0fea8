"""The demo's electronic seals: a key of its own for each NPPO, in a file, with a certificate that it signs itself."""

from typing import Final

from certificates.models import Seal
from certificates.seals import making, using
from certificates.seals.keys import Place
from gens.accounts.models import Membership, Nppo

NAME: Final = "demo"
_VISIBLE: Final = ("WS", "EC")


def make(nppo: Nppo, by: Membership) -> None:
    """By its administrator. Call it inside acting_for(nppo.pk)."""
    place = Place(nppo.code, Seal.Kind.FILE, NAME)
    if not place.file.exists():  # of a demo whose database is gone
        making.make(nppo, place)
    seal = using.prepared(nppo, place)
    seal.is_visible = nppo.code in _VISIBLE
    using.use(seal, by=by)
