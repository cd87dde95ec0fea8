"""Who is registered at the pilot Hub, and the faults it was told to show them."""

from django.db.models import F

from hubclient.pilothub import pki
from hubclient.pilothub.models import Misbehaviour, RegisteredNppo

USUAL = [["851", "70"], ["851", "40"], ["657", "70"], ["657", "40"]]

# What this Hub can be told to do wrong; see the Hub's README for where each was seen.
MISBEHAVIOURS = {
    "reset_after_queueing": "takes the envelope, then resets the connection",
    "reset_without_queueing": "reads the whole request, then resets the connection",
    "bad_gateway": "answers 502 with a page of HTML",
    "forbidden": "answers 403 with a page of HTML",
    "fault": "answers with a SOAP fault",
    "failed_delivery": "answers FailedDelivery inside HTTP 200",
    "not_exists": "knows no tracking number for a while",
    "unknown_tracking": "answers a tracking value that nobody knows",
    "pull_fails": "lists an envelope, but fails to give it",
    "lost_acknowledgement": "reads an acknowledgement, forgets it and resets the connection",
}


def register(code: str, country: str, name: str, certificate_pem: str) -> RegisteredNppo:
    """Make an NPPO known by its client certificate, or give it another one beside those it has."""
    nppo, _made = RegisteredNppo.objects.get_or_create(
        code=code, defaults={"country": country, "name": name, "accepts": USUAL}
    )
    fingerprint = pki.fingerprint(certificate_pem)
    if fingerprint not in nppo.fingerprints:
        nppo.fingerprints = [*nppo.fingerprints, fingerprint]
        nppo.save(update_fields=["fingerprints"])
    return nppo


def misbehave(code: str, name: str, times: int = 1) -> None:
    """Show this fault to this NPPO the next so many times. Raises KeyError for a fault that is not known."""
    MISBEHAVIOURS[name]
    Misbehaviour.objects.update_or_create(code=code, name=name, defaults={"remaining": times})


def shall(code: str, name: str) -> bool:
    """Whether to show the fault now; each showing uses one up."""
    told = Misbehaviour.objects.filter(code=code, name=name, remaining__gt=0)
    return bool(told.update(remaining=F("remaining") - 1))
