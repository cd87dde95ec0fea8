"""The pilot Hub's own certificate authority: made on first start, with the Hub's certificate and its clients'."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID: Final = timedelta(days=825)


@dataclass(frozen=True)
class Pki:
    """Where the files are: the authority's certificate, the Hub's certificate and key (PEM)."""

    ca: Path
    certificate: Path
    private_key: Path


def ensure(folder: Path) -> Pki:
    """The authority and the Hub's certificate in this folder, made if they are missing."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / "ca.pem").exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("GeNS pilot Hub authority")
        _write(folder / "ca.key", _key_pem(key))
        _write(folder / "ca.pem", _pem(_signed(name, key, name, key, x509.BasicConstraints(ca=True, path_length=0))))
    if not (folder / "hub.pem").exists():
        _issue(folder, "hub", "localhost", ExtendedKeyUsageOID.SERVER_AUTH)
    return Pki(folder / "ca.pem", folder / "hub.pem", folder / "hub.key")


def client(folder: Path, code: str) -> tuple[str, str]:
    """(certificate, private key) PEM of the client with this connection code, made if they are missing."""
    ensure(folder)
    if not (folder / f"client-{code}.pem").exists():
        _issue(folder, f"client-{code}", f"NPPO {code}", ExtendedKeyUsageOID.CLIENT_AUTH)
    return (folder / f"client-{code}.pem").read_text(), (folder / f"client-{code}.key").read_text()


def fingerprint(certificate_pem: str) -> str:
    """SHA-256 of a certificate, hex: how the Hub knows a sender."""
    return x509.load_pem_x509_certificate(certificate_pem.encode()).fingerprint(hashes.SHA256()).hex()


def _issue(folder: Path, stem: str, common_name: str, usage: x509.ObjectIdentifier) -> None:
    ca_key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    ca = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    extension = x509.BasicConstraints(ca=False, path_length=None)
    _write(folder / f"{stem}.key", _key_pem(key))
    _write(folder / f"{stem}.pem", _pem(_signed(_name(common_name), key, ca.subject, ca_key, extension, usage)))


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _signed(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    constraints: x509.BasicConstraints,
    usage: x509.ObjectIdentifier | None = None,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALID)
        .add_extension(constraints, critical=True)
    )
    own, above = key.public_key(), issuer_key.public_key()
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), critical=False)
    builder = builder.add_extension(_key_usage(signs_certificates=constraints.ca), critical=True)
    if usage is not None:
        names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


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
