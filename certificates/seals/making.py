"""A new key for a seal: P-256 in a file that nobody else reads, with a certificate that it signs itself, and a request
for an authority's.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from certificates.seals.keys import Place
from gens.accounts.models import Nppo

YEARS: Final = 3
_EARLIER: Final = timedelta(minutes=5)  # clocks differ
_LONGEST: Final = 64  # of a name in a certificate (X.520)


def make(nppo: Nppo, place: Place, *, years: int = YEARS) -> None:
    """Write key and certificate to the place's file. Raises FileExistsError: a key is never written over."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = self_signed(nppo, key, years=years)
    place.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(place.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem + certificate.public_bytes(Encoding.PEM))


def subject(nppo: Nppo) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, nppo.country),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, nppo.name[:_LONGEST]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Electronic seal {nppo.code}"),
        ]
    )


def self_signed(
    nppo: Nppo, key: ec.EllipticCurvePrivateKey, *, years: int = YEARS, now: datetime | None = None
) -> x509.Certificate:
    """For NPPOs without an authority: whoever verifies a seal elsewhere must be given this certificate."""
    now = now or datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject(nppo))
        .issuer_name(subject(nppo))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def request(nppo: Nppo, key: ec.EllipticCurvePrivateKey) -> bytes:
    """A certificate signing request (PEM), for an authority."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject(nppo)).add_extension(_usage(), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _usage() -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in names[:2] for name in names})
