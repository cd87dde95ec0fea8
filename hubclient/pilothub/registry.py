"""Who is registered at the pilot Hub, and what it was told to do wrong to them."""

import csv
from pathlib import Path
from typing import Final

from django.db import transaction

from hubclient.pilothub import pki
from hubclient.pilothub.faults import FAULTS
from hubclient.pilothub.models import ClientCertificate, CodeItem, HeldEnvelope, Misbehaviour, RegisteredNppo

USUAL: Final = [["851", "70"], ["851", "40"], ["657", "70"], ["657", "40"]]
_SAMPLES: Final = Path(__file__).with_name("samples.csv")


class Taken(Exception):
    """This certificate proves another NPPO already."""


def register(code: str, country: str, name: str, certificate_pem: str) -> RegisteredNppo:
    """Make an NPPO known by its client certificate, or give it another one beside those it has. Raises Taken."""
    with transaction.atomic(using="pilothub"):
        nppo, _made = RegisteredNppo.objects.get_or_create(
            code=code, defaults={"country": country, "name": name, "accepts": USUAL}
        )
        known, _made = ClientCertificate.objects.get_or_create(
            fingerprint=pki.fingerprint(certificate_pem),
            defaults={"nppo": nppo, "expires_at": pki.expires_at(certificate_pem)},
        )
        if known.nppo_id != nppo.pk:
            raise Taken(f"This certificate is registered for {known.nppo}.")
    return nppo


def misbehave(code: str, name: str, times: int | None = 1, *, rate: int = 100, operation: str = "") -> None:
    """Show this fault to this NPPO: in rate % of its calls, so many times (None: until `behave`), in this operation only.

    Raises KeyError for a fault that is not known, ValueError for an operation where it cannot strike or no percentage.
    """
    where = FAULTS[name].where
    if operation and operation not in where:
        raise ValueError(f"{name} cannot strike {operation}, but {', '.join(where)}.")
    if not 0 <= rate <= 100:
        raise ValueError(f"{rate} is no percentage.")
    Misbehaviour.objects.update_or_create(
        code=code, name=name, operation=operation, defaults={"remaining": times, "rate": rate}
    )


def behave(code: str, name: str = "") -> int:
    """Switch one fault off for this NPPO, or all of them; the number switched off."""
    switched = Misbehaviour.objects.filter(code=code, **({"name": name} if name else {}))
    return switched.delete()[0]


def release(code: str) -> int:
    """Show what was kept from this receiver for days to it now; the number of envelopes."""
    return HeldEnvelope.objects.filter(receiver=code, hidden_until__isnull=False).update(hidden_until=None)


def fill_code_lists() -> None:
    """Load the sample code lists where there are none. No value of them claims to be the IPPC's."""
    if CodeItem.objects.exists():
        return
    with _SAMPLES.open(encoding="utf-8", newline="") as file:
        items = [
            CodeItem(position=position, **{key: value for key, value in row.items() if value})
            for position, row in enumerate(csv.DictReader(file))
        ]
    CodeItem.objects.bulk_create(items, ignore_conflicts=True)  # another process may load them now, too
