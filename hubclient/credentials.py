"""The client certificates of a connection: reading PEM and PKCS#12, choosing one, and warning before they expire.

A passphrase is read from the environment or a file at the moment of use and kept nowhere.
"""

import logging
import os
import secrets
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, pkcs12
from django.utils import timezone

from hubclient.models import ClientCertificate, Connection
from hubclient.soap import tls_context

log = logging.getLogger(__name__)

WARN_AT: Final = (7, 30, 60)  # days before the end
SET_ASIDE: Final = timedelta(hours=1)  # a certificate the Hub does not know, while another may be known


class NoCredential(Exception):
    """The connection has no client certificate that can be used; the message says why, without secrets."""


@dataclass(frozen=True)
class Pair:
    """A client certificate and its key, both PEM, the key perhaps encrypted with `password`. row None: the first one."""

    certificate: str
    private_key: str
    password: str
    starts: datetime
    ends: datetime
    subject: str
    row: ClientCertificate | None = None

    def __repr__(self) -> str:
        return f"<Pair {self.subject} until {self.ends:%Y-%m-%d}>"  # never the key, in a log or a traceback

    def days_left(self, now: datetime) -> int:
        return (self.ends - now).days


@dataclass(frozen=True)
class Expiry:
    """What to warn about: this certificate ends in so many days (negative: it has ended); `level` is 7, 30 or 60."""

    subject: str
    ends: datetime
    days: int
    level: int


def passphrase(source: str) -> str:
    """The passphrase that env:NAME or file:PATH names, "" for none. Raises NoCredential when it is not there."""
    kind, _colon, place = source.partition(":")
    if not source:
        return ""
    try:
        return os.environ[place] if kind == "env" else Path(place).read_text(encoding="utf-8").rstrip("\r\n")
    except (KeyError, OSError, UnicodeDecodeError) as error:
        raise NoCredential(f"There is no passphrase at {source}.") from error


def pair_of(certificate: str, private_key: str, password: str = "", row: ClientCertificate | None = None) -> Pair:
    """A pair of PEM texts. Raises ValueError when the certificate is none."""
    parsed = x509.load_pem_x509_certificate(certificate.encode())
    return Pair(
        certificate=certificate,
        private_key=private_key,
        password=password,
        starts=parsed.not_valid_before_utc,
        ends=parsed.not_valid_after_utc,
        subject=parsed.subject.rfc4514_string(),
        row=row,
    )


def pair_of_pkcs12(data: bytes, password: str, row: ClientCertificate | None = None) -> Pair:
    """The pair of a PKCS#12 file, its key encrypted again for the moment it must lie on the disk. Raises ValueError."""
    key, certificate, others = pkcs12.load_key_and_certificates(data, password.encode() or None)
    if key is None or certificate is None:
        raise ValueError("The PKCS#12 file holds no pair of certificate and key.")
    once = secrets.token_urlsafe(24)
    chain = [certificate, *others]
    return pair_of(
        "".join(each.public_bytes(Encoding.PEM).decode() for each in chain),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(once.encode())).decode(),
        once,
        row,
    )


def _pair_of_row(row: ClientCertificate) -> Pair:
    password = passphrase(row.passphrase_from)
    if row.pkcs12:
        return pair_of_pkcs12(bytes(row.pkcs12), password, row)
    return pair_of(row.certificate, row.private_key, password, row)


def pairs(connection: Connection) -> list[Pair]:
    """The active client certificates, the one that starts last first. One that cannot be read is logged and left out.

    Call it inside acting_for(connection.nppo_id).
    """
    found = []
    for row in connection.client_certificates.filter(is_active=True):
        try:
            found.append(_pair_of_row(row))
        except (NoCredential, ValueError) as error:
            log.error("A client certificate of %s cannot be used: %s", connection, error)
    if connection.certificate:
        found.append(pair_of(connection.certificate, connection.private_key))
    return sorted(found, key=lambda pair: pair.starts, reverse=True)


def choose(connection: Connection) -> Pair:
    """The newest certificate that is valid now and that the Hub has not just refused; rather any than none.

    Raises NoCredential when there is none at all. Call it inside acting_for(connection.nppo_id).
    """
    now = timezone.now()
    valid = [pair for pair in pairs(connection) if pair.starts <= now < pair.ends]
    known = [pair for pair in valid if not _is_set_aside(pair, now)]
    if not valid:
        raise NoCredential(f"{connection} has no client certificate that is valid today.")
    return (known or valid)[0]


def _is_set_aside(pair: Pair, now: datetime) -> bool:
    refused = pair.row.refused_at if pair.row else None
    return refused is not None and now - refused < SET_ASIDE


def context_of(connection: Connection, pair: Pair) -> ssl.SSLContext:
    """A TLS context that shows this certificate. Raises NoCredential when key, certificate or passphrase do not fit."""
    try:
        return tls_context(connection.ca, pair.certificate, pair.private_key, pair.password)
    except (ssl.SSLError, ValueError) as error:
        raise NoCredential(f"The client certificate {pair.subject} cannot be used: {error}") from error


def expiring(connection: Connection, now: datetime | None = None) -> list[Expiry]:
    """What to warn about: each certificate that ends within 60 days, unless a later one takes over before it ends.

    Call it inside acting_for(connection.nppo_id).
    """
    now = now or timezone.now()
    found = pairs(connection)
    warnings = []
    for pair in found:
        is_followed = any(other.starts <= now and other.ends > pair.ends for other in found)
        level = next((days for days in WARN_AT if pair.ends - now <= timedelta(days=days)), None)
        if level is not None and not is_followed:
            warnings.append(Expiry(pair.subject, pair.ends, pair.days_left(now), level))
    return warnings
