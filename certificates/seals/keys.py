"""Where the private keys of seals are, and signing with one. They are read at the moment of use and kept nowhere.

An operator puts a key in place under the code of its NPPO; an NPPO chooses among its own, and cannot name another's.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from django.conf import settings

from certificates.models import Seal

NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST: Final = 32
LARGEST: Final = 100_000  # of a key's file
_VARIABLE: Final = "SEAL_KEY_"
_CERTIFICATES: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class NotAtHand(Exception):
    """The seal cannot be used now; trouble is a value of Seal.Trouble. The text is for the log, without secrets."""

    def __init__(self, trouble: Seal.Trouble, detail: str = "") -> None:
        super().__init__(detail or str(trouble.value))
        self.trouble = trouble


@dataclass(frozen=True)
class Place:
    """A key by its name, below the code of its NPPO: file, environment variable, or label on a token."""

    code: str
    kind: str
    name: str

    @property
    def file(self) -> Path:
        return settings.SEAL_KEYS / self.code / f"{self.name}.pem"

    @property
    def variable(self) -> str:
        return f"{variables(self.code)}{self.name.upper().replace('-', '_')}"

    @property
    def label(self) -> str:
        return f"{self.code}/{self.name}"


@dataclass(frozen=True)
class Key:
    """A key that is open: what signs SHA-256 of its data, and the certificates that were found beside it (PEM)."""

    sign: Callable[[bytes], bytes]
    public: PublicKey
    chain: str

    @property
    def hash(self) -> str:
        return key_hash(self.public)


def key_hash(public: PublicKey) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return digest.finalize().hex()


def is_name(name: str) -> bool:
    """Whether a key may be called so. Names lead to files: nothing else passes."""
    return len(name) <= LONGEST and NAME.fullmatch(name) is not None


def variables(code: str) -> str:
    """What the names of environment variables with keys of this NPPO begin with. No name has two underscores in it."""
    return f"{_VARIABLE}{code.upper().replace('-', '_')}__"


def public_key(certificate: x509.Certificate) -> PublicKey:
    """Raises NotAtHand for keys that no seal has: other kinds, RSA below 2048 bits, curves below 256."""
    found = certificate.public_key()
    if isinstance(found, ec.EllipticCurvePublicKey) and found.curve.key_size >= 256:
        return found
    if isinstance(found, rsa.RSAPublicKey) and found.key_size >= 2048:
        return found
    raise NotAtHand(Seal.Trouble.UNFIT, "A seal has a key on a curve of 256 bits, or RSA of 2048, at least.")


@contextmanager
def opened(place: Place) -> Iterator[Key]:
    """The key, for as long as the block. Raises NotAtHand."""
    if not is_name(place.name):
        raise NotAtHand(Seal.Trouble.NO_KEY, f"{place.name!r} is no name of a key.")
    if place.kind == Seal.Kind.PKCS11:
        from certificates.seals import tokens  # its library is loaded where a token is used

        with tokens.opened(place) as key:
            yield key
        return
    yield _key_of(_file(place) if place.kind == Seal.Kind.FILE else _environment(place))


def _file(place: Place) -> bytes:
    try:
        with place.file.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o027:
                raise NotAtHand(Seal.Trouble.EXPOSED, f"{place.file} may be read by others, or written by its group.")
            return file.read(LARGEST)
    except OSError as error:
        raise NotAtHand(Seal.Trouble.NO_KEY, f"{place.file}: {error.strerror}") from error


def _environment(place: Place) -> bytes:
    if found := told(place.variable, Seal.Trouble.NO_KEY):
        return found.encode()
    raise NotAtHand(Seal.Trouble.NO_KEY, f"{place.variable} is not set, or its file is empty.")


def told(variable: str, trouble: Seal.Trouble) -> str:
    """What the environment says: the variable, or the file that its name with _FILE names; "" when neither is set. Raises
    NotAtHand, of this trouble, of a file that cannot be read.
    """
    path = os.environ.get(f"{variable}_FILE")
    if not path:
        return os.environ.get(variable, "")
    try:
        with Path(path).open("rb") as file:
            return file.read(LARGEST).decode("utf-8", "replace").strip()
    except OSError as error:
        raise NotAtHand(trouble, f"{variable}_FILE: {error.strerror}") from error


def _key_of(pem: bytes) -> Key:
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # no key in it; an encrypted one
        raise NotAtHand(Seal.Trouble.UNFIT, "There is no private key that can be read without a passphrase.") from error
    chain = "".join(_CERTIFICATES.findall(pem.decode("ascii", "replace")))
    if isinstance(private, ec.EllipticCurvePrivateKey):
        curve = private  # mypy forgets what a closure knows
        return Key(lambda data: curve.sign(data, ec.ECDSA(hashes.SHA256())), curve.public_key(), chain)
    if isinstance(private, rsa.RSAPrivateKey):
        numbers = private
        return Key(lambda data: numbers.sign(data, padding.PKCS1v15(), hashes.SHA256()), numbers.public_key(), chain)
    raise NotAtHand(Seal.Trouble.UNFIT, "A seal has an elliptic curve key or an RSA key.")


def at_hand(code: str) -> list[Place]:
    """The keys of this NPPO that are in place. A token that is away has none."""
    folder: Path = settings.SEAL_KEYS / code
    files = sorted(path.stem for path in folder.glob("*.pem")) if folder.is_dir() else []
    start = variables(code)
    named = {
        name.removeprefix(start).removesuffix("_FILE").lower().replace("_", "-")
        for name in os.environ
        if name.startswith(start)
    }
    found = [Place(code, Seal.Kind.FILE, name) for name in files if is_name(name)]
    found += [Place(code, Seal.Kind.ENVIRONMENT, name) for name in sorted(named) if is_name(name)]
    if settings.SEAL_PKCS11_MODULE:
        from certificates.seals import tokens

        found += [Place(code, Seal.Kind.PKCS11, name) for name in tokens.names(code) if is_name(name)]
    return found
