"""An authenticator app for tests, after RFC 6238, and people who have one."""

import base64
import hmac
import struct
import time
from typing import Final

from allauth.mfa.models import Authenticator
from django.test import Client

from gens.accounts import sealing
from gens.accounts.models import User

PASSWORD: Final = "a-long-enough-Phrase-7"
SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_of(secret: str, step: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    counter = struct.pack(">Q", int(time.time()) // 30 + step)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    start = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[start : start + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06d}"


def wrong(secret: str) -> str:
    """Six digits that the app shows neither now nor around now."""
    shown = {code_of(secret, step) for step in range(-2, 3)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in shown)


def give_app(user: User, secret: str = SECRET) -> Authenticator:
    return Authenticator.objects.create(user=user, type="totp", data={"secret": sealing.seal(secret)})


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def typed(user: User, client: Client | None = None) -> Client:
    """A browser in which this person typed address and password."""
    client = client or Client()
    answer = client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return client
