"""The demo's worklists with somebody at work in them: opened, waiting for information, and a filter that is kept."""

from certificates import attending
from certificates.models import Certificate, SavedFilter
from gens.accounts import changes
from gens.accounts.models import Membership


def wait(certificate: Certificate, *, by: Membership) -> None:
    """A submitted certificate that an officer has looked at and cannot finish."""
    attending.take(certificate, by=by)
    attending.wait(
        certificate, by=by, lacking="The record of the forced air treatment of 16 November.", asked="Upolu Growers Ltd"
    )


def keep_filters(*, by: Membership) -> None:
    """What an officer looks for each morning."""
    for worklist, name, query in (
        ("submitted", "Mine that wait", "?whose=mine&status=waiting"),
        ("issued", "To New Zealand", "?partner=NZ"),
    ):
        changes.save(SavedFilter(nppo=by.nppo, membership=by, worklist=worklist, name=name, query=query), by=by)
