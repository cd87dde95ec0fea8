"""Signing in to the console: Django's own view, with a limit on attempts."""

from typing import Final

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ATTEMPTS: Final = 10
_SECONDS: Final = 900


class SignIn(AuthenticationForm):
    """Ten wrong passwords for a name close it for a quarter of an hour, for whoever tries."""

    def clean(self) -> dict[str, object]:
        key = f"console-login:{self.cleaned_data.get('username', '')[:64]}"
        cache.add(key, 0, _SECONDS)
        if cache.get(key, 0) >= ATTEMPTS:
            raise ValidationError(_("Too many attempts. Wait a quarter of an hour."))
        cache.incr(key)
        cleaned: dict[str, object] = super().clean()
        cache.delete(key)
        return cleaned


class Login(LoginView):
    form_class = SignIn
    template_name = "pilothub/login.html"
    redirect_authenticated_user = True
