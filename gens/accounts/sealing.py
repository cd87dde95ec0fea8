"""Secrets that must be read again, kept so that the database alone does not tell them: sealed with SECRET_KEY.

A key that was changed goes on opening what it sealed while it stands in SECRET_KEY_FALLBACKS.
"""

import base64
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_USE: Final = b"gens.accounts.sealing"  # another key than the one that signs sessions


class NotOpened(Exception):
    """What was sealed cannot be opened with the keys of this installation."""


def seal(text: str) -> str:
    return _box().encrypt(text.encode()).decode("ascii")


def opened(sealed: str) -> str:
    """The text that was sealed. Raises NotOpened."""
    try:
        return _box().decrypt(sealed).decode()
    except InvalidToken as error:
        raise NotOpened from error


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _derived(key: str) -> bytes:
    return base64.urlsafe_b64encode(HKDF(SHA256(), 32, salt=None, info=_USE).derive(key.encode()))
