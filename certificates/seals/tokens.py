"""Keys on a token or HSM, over PKCS#11. Which token, and its PIN, is told by the environment, for all NPPOs or for one.

    SEAL_PKCS11_MODULE                       the library of the token's maker (a setting)
    SEAL_PKCS11_TOKEN, SEAL_PKCS11_PIN       label and PIN; SEAL_PKCS11_TOKEN_WS, SEAL_PKCS11_PIN_WS: of Samoa's own

The label of a key is "CODE/name"; its certificate may stand beside it under the same label.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509 import load_der_x509_certificate
from django.conf import settings
from pkcs11.util.ec import encode_ec_public_key, encode_ecdsa_signature
from pkcs11.util.rsa import encode_rsa_public_key

from certificates.models import Seal
from certificates.seals.keys import Key, NotAtHand, Place, told

_LOCK: Final = threading.RLock()  # not every library bears two threads
_REFUSED: Final[set[tuple[str, str]]] = set()  # (token, PIN): tried again and again, a token locks itself
_open = 0  # sessions of this process


@contextmanager
def opened(place: Place) -> Iterator[Key]:
    """The key of this label, for as long as the block. Raises NotAtHand."""
    session = _session(place.code)
    try:
        with _LOCK:
            key = _key(session, place)
        yield key
    finally:
        _end(session)


def names(code: str) -> list[str]:
    """What the keys of this NPPO are called there; none while the token is away."""
    try:
        session = _session(code)
    except NotAtHand:
        return []
    try:
        with _LOCK:
            keys = session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})
            labels = [str(key.label) for key in keys]
    except pkcs11.PKCS11Error:
        return []
    finally:
        _end(session)
    return sorted(label.removeprefix(f"{code}/") for label in labels if label.startswith(f"{code}/"))


def _session(code: str) -> Any:
    global _open
    label, pin = _told("SEAL_PKCS11_TOKEN", code), _told("SEAL_PKCS11_PIN", code)
    tried = (label, hashlib.sha256(pin.encode()).hexdigest())
    if not settings.SEAL_PKCS11_MODULE or not label or tried in _REFUSED:
        raise NotAtHand(Seal.Trouble.TOKEN, "No token is named in the settings, or it refused this PIN before.")
    try:
        with _LOCK:
            session = _token(label).open(user_pin=pin)
            _open += 1
    except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange) as error:
        _REFUSED.add(tried)
        raise NotAtHand(Seal.Trouble.TOKEN, f"The token {label!r} refused the PIN.") from error
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:  # a library that is none is a RuntimeError
        raise NotAtHand(Seal.Trouble.TOKEN, f"The token {label!r}: {type(error).__name__} {error}") from error
    return session


def _token(label: str) -> Any:
    """One that was plugged in since the library was loaded is seen by loading it again, when nobody uses it."""
    library: Any = pkcs11.lib(settings.SEAL_PKCS11_MODULE)
    try:
        return library.get_token(token_label=label)
    except pkcs11.NoSuchToken:
        if _open:
            raise
        library.reinitialize()
        return library.get_token(token_label=label)


def _end(session: Any) -> None:
    global _open
    with _LOCK:
        _open -= 1
        try:
            session.close()
        except pkcs11.PKCS11Error:
            return  # pulled out: there is nothing to close


def _key(session: Any, place: Place) -> Key:
    try:
        private = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, label=place.label)
        public: Any = load_der_public_key(_public(session, place))
    except pkcs11.NoSuchKey as error:
        raise NotAtHand(Seal.Trouble.NO_KEY, f"No key {place.label!r} on the token.") from error
    except (pkcs11.PKCS11Error, ValueError) as error:
        raise NotAtHand(Seal.Trouble.TOKEN, f"The key {place.label!r}: {type(error).__name__}") from error

    def sign(data: bytes) -> bytes:
        try:
            with _LOCK:
                return _signature(private, data)
        except pkcs11.PKCS11Error as error:
            raise NotAtHand(Seal.Trouble.TOKEN, f"Signing on the token: {type(error).__name__}") from error

    if not isinstance(public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise NotAtHand(Seal.Trouble.UNFIT, "A seal has an elliptic curve key or an RSA key.")
    return Key(sign, public, _chain(session, place))


def _public(session: Any, place: Place) -> bytes:
    found = session.get_key(pkcs11.ObjectClass.PUBLIC_KEY, label=place.label)
    is_curve = found.key_type == pkcs11.KeyType.EC
    return bytes(encode_ec_public_key(found) if is_curve else encode_rsa_public_key(found))


def _signature(private: Any, data: bytes) -> bytes:
    """Over SHA-256 of the data. Tokens do ECDSA over a hash that they are given; few make the hash too."""
    if private.key_type == pkcs11.KeyType.EC:
        raw = private.sign(hashlib.sha256(data).digest(), mechanism=pkcs11.Mechanism.ECDSA)
        return bytes(encode_ecdsa_signature(raw))
    return bytes(private.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))


def _chain(session: Any, place: Place) -> str:
    """The certificate beside the key, PEM; "" where there is none."""
    wanted = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE, pkcs11.Attribute.LABEL: place.label}
    try:
        found = [bytes(each[pkcs11.Attribute.VALUE]) for each in session.get_objects(wanted)]
        return "".join(load_der_x509_certificate(each).public_bytes(Encoding.PEM).decode() for each in found)
    except (pkcs11.PKCS11Error, ValueError):
        return ""


def _told(name: str, code: str) -> str:
    """What the environment says for this NPPO, else for all."""
    of_one = told(f"{name}_{code.upper().replace('-', '_')}", Seal.Trouble.TOKEN)
    return of_one or told(name, Seal.Trouble.TOKEN)
