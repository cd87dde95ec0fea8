"""allauth's forms of codes and keys, stricter: a code opens once, and nonsense in place of a key's answer is refused."""

from typing import Any, Final

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

from gens.accounts.models import User

LONGEST: Final = 20_000  # characters that a key may say


def _not_accepted() -> ValidationError:
    error: ValidationError = get_adapter().validation_error("incorrect_code")
    return error


def _spend(user: User, code: str) -> str:
    """Notes that a code was used. Raises ValidationError when it was before.

    An app's code is good for three periods, and allauth remembers it for one.
    """
    lasting = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    digits = "".join(filter(str.isdecimal, code))  # 123 456 is 123456
    if not cache.add(f"gens.code.{user.pk}.{digits}", True, timeout=lasting):
        raise _not_accepted()
    return code


def _digits() -> forms.CharField:
    typing = {"autocomplete": "one-time-code", "inputmode": "numeric", "size": 12, "dir": "ltr"}
    return forms.CharField(label=gettext_lazy("Code"), max_length=20, widget=forms.TextInput(typing))


class NewApp(ActivateTOTPForm):  # type: ignore[misc]  # allauth ships no types
    """The code that shows that an app has the secret."""

    code = _digits()


class Code(AuthenticateForm):  # type: ignore[misc]
    """The code that signing in asks for."""

    code = _digits()

    def clean_code(self) -> str:
        return _spend(self.user, super().clean_code())


class CodeAgain(ReauthenticateForm):  # type: ignore[misc]
    """The code that is asked for again before something delicate."""

    code = _digits()

    def clean_code(self) -> str:
        return _spend(self.user, super().clean_code())


class Said(forms.JSONField):
    """What a browser says of a key. allauth takes it apart and expects every part to be there."""

    def __init__(self, kind: type[AuthenticationResponse] | type[RegistrationResponse]) -> None:
        super().__init__(widget=forms.HiddenInput)
        self.kind = kind

    def clean(self, value: Any) -> Any:
        if len(str(value)) > LONGEST:
            raise _not_accepted()
        said = super().clean(value)
        try:
            self.kind.from_dict(said)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise _not_accepted() from error
        return said


class NewKey(AddWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(required=False, max_length=64)
    credential = Said(RegistrationResponse)


class KeyAlone(LoginWebAuthnForm):  # type: ignore[misc]
    credential = Said(AuthenticationResponse)


class Key(AuthenticateWebAuthnForm):  # type: ignore[misc]
    credential = Said(AuthenticationResponse)


class KeyAgain(ReauthenticateWebAuthnForm):  # type: ignore[misc]
    credential = Said(AuthenticationResponse)
