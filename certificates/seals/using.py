"""The seal of an NPPO in its work: putting one into use, sealing with it, and noting when it cannot be had.

Keys, tokens and time-stamp servers may take their time: `ready` and `put_on` are called outside of transactions.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from certificates.models import Certificate, Seal, SealedFile
from certificates.seals import keys
from certificates.seals.keys import Key, NotAtHand, Place
from gens.accounts import changes, events
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for

if TYPE_CHECKING:
    from certificates.seals.signing import Sealed

WARN_AT: Final = (7, 30)  # days before the certificate ends


class NotUsable(Exception):
    """This key and certificate make no seal for this NPPO; trouble says why, None: another NPPO has the key."""

    def __init__(self, trouble: Seal.Trouble | None, detail: str = "") -> None:
        super().__init__(detail)
        self.trouble = trouble


@dataclass(frozen=True)
class Ready:
    """A seal whose key is open."""

    seal: Seal
    key: Key

    def put_on(self, data: bytes, *, mark: bytes = b"", with_time: bool = True) -> "Sealed":
        """The PDF with the seal. Raises NotAtHand: never a PDF without, never a broken one.

        with_time: asks the time-stamp server, if the seal has one; when that has not answered for longer than the
        settings allow, the seal goes without.
        """
        from certificates.seals import signing

        server = self.seal.time_server if with_time else ""
        if server and server not in settings.SEAL_TIME_SERVERS:
            raise NotAtHand(Seal.Trouble.TIME, f"{server} is not among the time-stamp servers of the settings.")
        try:
            return signing.sealed(data, self.key, self.seal.chain, mark=mark, time_server=server)
        except NotAtHand as why:
            if why.trouble != Seal.Trouble.TIME or not _has_waited(self.seal):
                raise
            return signing.sealed(data, self.key, self.seal.chain, mark=mark)


def _has_waited(seal: Seal) -> bool:
    """Whether papers have waited for the time-stamp server as long as they must."""
    most, since = settings.SEAL_TIME_MINUTES, seal.trouble_since
    if most is None or since is None or seal.trouble != Seal.Trouble.TIME:
        return False
    return timezone.now() - since >= timedelta(minutes=most)


def active(nppo_id: int) -> Seal | None:
    """The one in use. Ask inside acting_for(nppo_id)."""
    return Seal.objects.in_use().select_related("nppo").filter(nppo=nppo_id).first()


@contextmanager
def ready(seal: Seal) -> Iterator[Ready]:
    """The seal with its key open, for as long as the block. Raises NotAtHand."""
    now = timezone.now()
    if not seal.starts <= now < seal.ends:
        raise NotAtHand(Seal.Trouble.ENDED if now >= seal.ends else Seal.Trouble.NOT_YET)
    with keys.opened(Place(seal.nppo.code, seal.kind, seal.name)) as key:
        if key.hash != seal.key_hash:
            raise NotAtHand(Seal.Trouble.UNFIT, f"The key {seal.name!r} is another than that of the certificate.")
        yield Ready(seal, key)


def note(seal: Seal, trouble: str) -> None:
    """Remember that it cannot be had, or with "" that it can; an event tells of each change."""
    with acting_for(seal.nppo_id):
        since = timezone.now() if trouble else None
        rows = Seal.objects.in_use().filter(pk=seal.pk).exclude(trouble=trouble)
        if rows.update(trouble=trouble, trouble_since=since):
            action = events.SEAL_AWAY if trouble else events.SEAL_BACK
            events.record(seal, action, by=None, reason=trouble)


def look_again(nppo_id: int) -> None:
    """Try out a seal that could not be had, where no paper waits for it: nobody else would find that it is back."""
    from certificates.seals import trial

    with acting_for(nppo_id):
        seal = active(nppo_id)
    if seal is None or not seal.trouble:
        return None
    try:
        with ready(seal) as opened:
            sealed = opened.put_on(trial.page())
    except NotAtHand as why:
        return note(seal, why.trouble)
    if sealed.has_time or not seal.time_server:
        note(seal, "")
    return None


def keep_in_use(seal: Seal) -> bool:
    """Whether it still is in use; then it stays so to the end of this transaction."""
    return Seal.objects.select_for_update().in_use().filter(pk=seal.pk).exists()


def register(seal: Seal, certificate: Certificate, sealed: "Sealed", *, xml_sha256: str, is_original: bool) -> None:
    """Write down what was sealed: only what stands there is unchanged."""
    SealedFile.objects.create(
        nppo_id=seal.nppo_id,
        seal=seal,
        certificate=certificate,
        sha256=hashlib.sha256(sealed.data).hexdigest(),
        xml_sha256=xml_sha256,
        at=sealed.at,
        is_original=is_original,
        has_time=sealed.has_time,
    )


def waiting(nppo_id: int) -> int:
    """How many issued certificates have no PDF yet. Ask inside acting_for(nppo_id)."""
    return Certificate.objects.without_pdf().filter(nppo=nppo_id).count()


def prepared(nppo: Nppo, place: Place, chain: str = "") -> Seal:
    """A seal for this key, not stored yet; tried out. chain: PEM, where the certificate does not stand beside the key.

    Called outside of transactions. Raises NotAtHand, NotUsable.
    """
    with keys.opened(place) as key:
        pem = chain.strip() or key.chain
        certificates = _read(pem)
        seal = Seal(nppo=nppo, kind=place.kind, name=place.name, **_facts(certificates))
        if keys.key_hash(keys.public_key(certificates[0])) != key.hash:
            raise NotUsable(Seal.Trouble.UNFIT, "The certificate is another key's.")
        now = timezone.now()
        if not seal.starts <= now < seal.ends:
            raise NotUsable(Seal.Trouble.ENDED if now >= seal.ends else Seal.Trouble.NOT_YET)
        _try_out(seal, key)
    return seal


def _read(pem: str) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise NotUsable(Seal.Trouble.UNFIT, "There is no certificate beside the key.") from error
    if not _may_seal(found[0]):
        raise NotUsable(Seal.Trouble.UNFIT, "The certificate is not for signing.")
    return found


def _may_seal(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    except ValueError:  # extensions that cannot be read
        return False
    return usage.digital_signature or usage.content_commitment


def _facts(certificates: list[x509.Certificate]) -> dict[str, str | datetime]:
    own = certificates[0]
    return {
        "chain": "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates),
        "fingerprint": own.fingerprint(SHA256()).hex(),
        "key_hash": keys.key_hash(keys.public_key(own)),
        "starts": own.not_valid_before_utc,
        "ends": own.not_valid_after_utc,
    }


def _try_out(seal: Seal, key: Key) -> None:
    """Seals a page with nothing on it: signing checks what it made."""
    from certificates.seals import trial

    Ready(seal, key).put_on(trial.page())


def use(seal: Seal, *, by: Membership | None, reason: str = "") -> None:
    """Put it into use; the one before is retired in the same moment. Inside acting_for(its NPPO). Raises NotUsable."""
    try:
        with transaction.atomic():
            Nppo.objects.select_for_update().get(pk=seal.nppo_id)  # two administrators at once: one after the other
            before = active(seal.nppo_id)
            if before is not None:
                retire(before, by=by, reason=reason)
            seal.created_at = timezone.now()
            changes.save(seal, by=by, reason=reason, secret=("chain",))
    except IntegrityError as error:
        raise NotUsable(None, "Another NPPO has this key.") from error


def retire(seal: Seal, *, by: Membership | None, reason: str) -> None:
    """From now on nothing is sealed with it. What it sealed stays verifiable. Inside acting_for(its NPPO)."""
    with transaction.atomic():
        rows = Seal.objects.in_use().filter(pk=seal.pk)
        if rows.update(retired_at=timezone.now(), trouble="", trouble_since=None):  # else somebody was faster
            events.record(seal, events.ENDED, by=by, reason=reason)


def ends_in(seal: Seal, now: datetime | None = None) -> int:
    """Whole days until its certificate ends."""
    return (seal.ends - (now or timezone.now())).days
