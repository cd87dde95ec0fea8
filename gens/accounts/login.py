"""What we tell allauth: accounts are made by administrators, secrets are sealed, changes are told."""

from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gens.accounts import sealing, sign_in
from gens.accounts.models import User


class ClosedSignUp(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """allauth calls it after each change; the last part of the prefix names it."""
        action = template_prefix.rpartition("/")[2]
        if action in sign_in.WORDS:
            sign_in.changed(user, action, is_own=True)


class Factors(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages: Final = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This code or key was not accepted."),
        "not_opened": gettext_lazy(
            "Your second factor can no longer be read here. Ask the administrator of your NPPO to reset it."
        ),
    }

    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return sealing.opened(encrypted_text)
        except sealing.NotOpened as error:
            raise self.validation_error("not_opened") from error

    def build_totp_svg(self, url: str) -> str:
        """The element alone: it stands in the page itself, so that no page may load pictures from addresses of data."""
        svg: str = super().build_totp_svg(url)
        return svg[svg.index("<svg") :]

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Key %(number)s") % {"number": number}
