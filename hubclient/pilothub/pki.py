"""The pilot Hub's own certificate authority: made on first start, with the Hub's certificate and its clients'."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID: Final = timedelta(days=825)
_AUTHORITY_VALID: Final = timedelta(days=3650)
_RENEW_BEFORE: Final = timedelta(days=30)
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,12}")


@dataclass(frozen=True)
class Pki:
    """Where the files are: the authority's certificate, the Hub's certificate and key (PEM)."""

    ca: Path
    certificate: Path
    private_key: Path


def ensure(folder: Path, *names: str) -> Pki:
    """The authority and the Hub's certificate in this folder, made if they are missing.

    names: host names or addresses that the Hub's certificate shall cover besides localhost. It is renewed when one of them is new,
    and a month before it expires.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / "ca.pem").exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("GeNS pilot Hub authority")
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        until = datetime.now(UTC) + _AUTHORITY_VALID
        _write(folder / "ca.key", _key_pem(key))
        _write(folder / "ca.pem", _pem(_signed(name, key, name, key, constraints, until)))
    if not _covers(folder / "hub.pem", names):
        known = _names(folder / "hub.pem")
        _issue(folder, "hub", "localhost", ExtendedKeyUsageOID.SERVER_AUTH, names=[*known, *names])
    return Pki(folder / "ca.pem", folder / "hub.pem", folder / "hub.key")


def _names(path: Path) -> list[str]:
    """The host names and addresses a certificate file covers; none when it is not there."""
    if not path.exists():
        return []
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in names]


def _covers(path: Path, names: tuple[str, ...]) -> bool:
    if not path.exists() or not set(names) <= set(_names(path)):
        return False
    return expires_at(path.read_text()) - datetime.now(UTC) > _RENEW_BEFORE


def client(folder: Path, code: str, *, is_new: bool = False) -> tuple[str, str]:
    """(certificate, private key) PEM of the client with this connection code, made if missing or is_new is wished.

    Raises ValueError for a code that is none.
    """
    _check(code)
    ensure(folder)
    if is_new or not (folder / f"client-{code}.pem").exists():
        _issue(folder, f"client-{code}", f"NPPO {code}", ExtendedKeyUsageOID.CLIENT_AUTH)
    return (folder / f"client-{code}.pem").read_text(), (folder / f"client-{code}.key").read_text()


def pair(folder: Path, code: str, *, days: float = VALID.days) -> tuple[str, str]:
    """(certificate, private key) PEM of a new client certificate that is not kept here.

    A negative number of days makes one that has expired. Raises ValueError for a code that is none.
    """
    _check(code)
    ensure(folder)
    with TemporaryDirectory(dir=folder) as place:
        stem = f"{Path(place).name}/client"
        until = datetime.now(UTC) + timedelta(days=days)
        _issue(folder, stem, f"NPPO {code}", ExtendedKeyUsageOID.CLIENT_AUTH, until=until)
        return Path(place, "client.pem").read_text(), Path(place, "client.key").read_text()


def _check(code: str) -> None:
    """It becomes part of a file name."""
    if not _CODE.fullmatch(code):
        raise ValueError(f"{code!r} is no connection code: write up to 12 letters and digits.")


def expires_at(certificate_pem: str) -> datetime:
    return x509.load_pem_x509_certificate(certificate_pem.encode()).not_valid_after_utc


def fingerprint(certificate_pem: str) -> str:
    """SHA-256 of a certificate, hex: how the Hub knows a sender."""
    return x509.load_pem_x509_certificate(certificate_pem.encode()).fingerprint(hashes.SHA256()).hex()


def _issue(
    folder: Path,
    stem: str,
    common_name: str,
    usage: x509.ObjectIdentifier,
    *,
    names: Iterable[str] = (),
    until: datetime | None = None,
) -> None:
    ca_key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    ca = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    until = until or min(datetime.now(UTC) + VALID, ca.not_valid_after_utc)
    made = _signed(_name(common_name), key, ca.subject, ca_key, constraints, until, usage, names)
    _write(folder / f"{stem}.key", _key_pem(key))
    _write(folder / f"{stem}.pem", _pem(made))


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _signed(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    constraints: x509.BasicConstraints,
    until: datetime,
    usage: x509.ObjectIdentifier | None = None,
    names: Iterable[str] = (),
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(datetime.now(UTC), until) - timedelta(minutes=5))
        .not_valid_after(until)
        .add_extension(constraints, critical=True)
    )
    own, above = key.public_key(), issuer_key.public_key()
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), critical=False)
    builder = builder.add_extension(_key_usage(signs_certificates=constraints.ca), critical=True)
    if usage is not None:
        place = x509.SubjectAlternativeName([_host(name) for name in dict.fromkeys(("localhost", "127.0.0.1", *names))])
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(place, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _host(name: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """Strict verifiers want it said: an authority signs certificates, everybody else only handshakes."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, readable by us alone."""
    part = path.with_suffix(path.suffix + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    part.replace(path)
