"""A client certificate as somebody hands it in, PEM or PKCS#12: decrypted at once, or refused with the reason.

Nothing here is stored or logged; screens of administration keep what `from_pem` and `from_pkcs12` give.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MOST: Final = 100_000  # bytes of a file, characters of a text: a long chain has 20,000

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Unfit(ValueError):
    """It cannot be used: `field` (certificate, private_key, pkcs12, passphrase, ca) and its text says why to who handed it in."""

    def __init__(self, field: str, words: str | Promise) -> None:
        super().__init__(str(words))
        self.field = field


@dataclass(frozen=True)
class HandedIn:
    """The pair as it is kept: PEM of the certificate with its chain, PEM of the key, not encrypted."""

    certificate: str
    private_key: str
    subject: str

    def __repr__(self) -> str:
        return f"<HandedIn {self.subject}>"  # never the key, in a log or a traceback


def from_pem(certificate: str, private_key: str, passphrase: str) -> HandedIn:
    """Of two PEM texts; the passphrase is that of an encrypted key. Raises Unfit."""
    if "PRIVATE KEY" in certificate:
        raise Unfit("certificate", gettext_lazy("This holds a private key. Paste the key into its own field only."))
    try:
        chain = x509.load_pem_x509_certificates(certificate.encode())
    except ValueError as error:
        raise Unfit(
            "certificate",
            gettext_lazy("This is no certificate in PEM form. It begins with -----BEGIN CERTIFICATE-----."),
        ) from error
    no_key = gettext_lazy("This is no private key in PEM form. It begins with -----BEGIN and holds PRIVATE KEY.")

    def load(password: bytes | None) -> object:
        return load_pem_private_key(private_key.encode(), password)

    return _kept(chain, _key(load, passphrase, "private_key", no_key), ("certificate", "private_key"))


def from_pkcs12(data: bytes, passphrase: str) -> HandedIn:
    """Of the bytes of a .p12 or .pfx file. Raises Unfit."""
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(data, passphrase.encode() or None)
    except ValueError as error:
        if "password" in str(error).lower():
            raise _wrong_passphrase(passphrase) from error
        raise Unfit("pkcs12", gettext_lazy("This is no PKCS#12 file (.p12 or .pfx).")) from error
    except UnsupportedAlgorithm as error:
        raise Unfit("pkcs12", gettext_lazy("This file is encrypted in a way that is not supported.")) from error
    if key is None or certificate is None:
        raise Unfit("pkcs12", gettext_lazy("This file does not hold both a certificate and its private key."))
    return _kept([certificate, *others], key, ("pkcs12", "pkcs12"))


def _key(load: Callable[[bytes | None], object], passphrase: str, field: str, none: Promise) -> object:
    try:
        return load(passphrase.encode() or None)
    except TypeError as error:
        if passphrase:  # given, but the key is not encrypted: it is the key all the same
            return load(None)
        raise _wrong_passphrase(passphrase) from error
    except UnsupportedAlgorithm as error:
        raise Unfit(field, none) from error
    except ValueError as error:
        is_password = passphrase and ("password" in str(error).lower() or "decrypt" in str(error).lower())
        raise (_wrong_passphrase(passphrase) if is_password else Unfit(field, none)) from error


def _wrong_passphrase(passphrase: str) -> Unfit:
    missing = gettext_lazy("The private key is encrypted: write its passphrase.")
    return Unfit(
        "passphrase", gettext_lazy("This passphrase does not open the private key.") if passphrase else missing
    )


def _kept(chain: list[x509.Certificate], key: object, fields: tuple[str, str]) -> HandedIn:
    """Checked: key and certificate fit, the certificate is a client's and valid. fields: whose error it would be."""
    of_certificate, of_key = fields
    if not isinstance(key, Key):
        raise Unfit(of_key, gettext_lazy("This private key is neither RSA nor elliptic curve: no Hub takes it."))
    public = _public(key.public_key())
    chain = sorted(chain, key=lambda each: _public(each.public_key()) != public)  # a chain may come in any order
    own = chain[0]
    if _public(own.public_key()) != public:
        raise Unfit(of_key, gettext_lazy("This private key does not belong to this certificate."))
    _check_client(own, of_certificate)
    return HandedIn(
        "".join(each.public_bytes(Encoding.PEM).decode() for each in chain),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        own.subject.rfc4514_string(),
    )


def _public(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined, no-any-return]  # every key of cryptography has it


def _check_client(own: x509.Certificate, field: str) -> None:
    if own.not_valid_after_utc <= timezone.now():
        day = formats.date_format(own.not_valid_after_utc, "DATE_FORMAT")
        raise Unfit(field, _("This certificate expired on %(day)s. Ask for a new one.") % {"day": day})
    if _is_authority(own):
        raise Unfit(field, gettext_lazy("This is the certificate of an authority, not of a client."))
    try:
        uses = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(uses):
        raise Unfit(field, gettext_lazy("This certificate is not made for clients, but for servers or other uses."))


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def authorities(text: str) -> str:
    """The PEM of the authorities that may have signed the Hub's certificate, checked. Raises Unfit."""
    if "PRIVATE KEY" in text:
        raise Unfit("ca", gettext_lazy("This holds a private key. Only certificates belong here."))
    try:
        found = x509.load_pem_x509_certificates(text.encode())
    except ValueError as error:
        words = gettext_lazy("This is no certificate in PEM form. It begins with -----BEGIN CERTIFICATE-----.")
        raise Unfit("ca", words) from error
    for each in found:
        if each.not_valid_after_utc <= timezone.now():
            day = formats.date_format(each.not_valid_after_utc, "DATE_FORMAT")
            raise Unfit("ca", _("This certificate expired on %(day)s. Ask for a new one.") % {"day": day})
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in found)
