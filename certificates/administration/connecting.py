"""What is filled in about a connection to a Hub: where it is, and the client certificates that say who we are."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from crispy_forms.layout import Fieldset
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.administration.settings import MOST_GRACE
from certificates.forms.fields import TextField
from certificates.forms.sections import laid_out
from hubclient import handed_in
from hubclient.models import Connection

_CODE: Final = re.compile(r"[A-Z0-9_-]{2,12}")
_PEM: Final = {"rows": 6, "dir": "ltr", "spellcheck": "false", "autocomplete": "off"}


class Connecting(forms.Form):
    """Of one connection. Secrets stand in no field of it."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    endpoint = TextField(
        label=gettext_lazy("Address of the Hub"), max_length=400, widget=forms.TextInput({"size": 60, "dir": "ltr"}),
        help_text=gettext_lazy("As the operators of the Hub gave it. It begins with https://"),
    )  # fmt: skip
    code = TextField(
        label=gettext_lazy("Our code at the Hub"), max_length=12, widget=forms.TextInput({"size": 12, "dir": "ltr"}),
        help_text=gettext_lazy("Mostly the code of the country, such as WS; the operators of the Hub say it."),
    )  # fmt: skip
    ca = TextField(
        label=gettext_lazy("Authority of the Hub's certificate"), max_length=handed_in.MOST, widget=forms.Textarea(_PEM),
        help_text=gettext_lazy("In PEM form. Empty: the authorities that this computer trusts."),
    )  # fmt: skip
    grace_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes in which an issued certificate can be recalled"), min_value=0, max_value=MOST_GRACE,
        required=False, help_text=gettext_lazy("So long it waits before it is sent to the Hub. 0: it goes at once."),
    )  # fmt: skip

    helper = laid_out(
        Fieldset(gettext_lazy("The Hub"), "kind", "endpoint", "code", "ca"),
        Fieldset(gettext_lazy("Work"), "grace_minutes"),
    )

    def __init__(self, *args: Any, connection: Connection, **options: Any) -> None:
        read = {name: getattr(connection, name) for name in ("kind", "endpoint", "code", "ca")}
        super().__init__(*args, **options | {"initial": read | {"grace_minutes": connection.grace_seconds // 60}})
        self.connection = connection
        kinds: Any = self.fields["kind"]
        pilot = [(Connection.Kind.PILOT.value, Connection.Kind.PILOT.label)]
        kinds.choices = pilot if connection.nppo.is_training else Connection.Kind.choices
        if connection.nppo.is_training:
            kinds.help_text = _("Training has the pilot Hub only.")

    def clean_endpoint(self) -> str:
        endpoint = str(self.cleaned_data["endpoint"]).strip()
        try:
            parts = urlsplit(endpoint)
            is_address = bool(parts.scheme == "https" and parts.hostname) and parts.port != 0
        except ValueError:  # a port that is none, brackets that do not close
            is_address = False
        if not is_address or re.search(r"[\s\"<>\\]", endpoint):
            raise ValidationError(_("Write an address that begins with https://, such as https://hub.example.org/hub."))
        if parts.username or parts.password or parts.fragment:
            raise ValidationError(_("Write the address without a name, a password or “#”."))
        return endpoint

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).strip().upper()
        if not _CODE.fullmatch(code):
            raise ValidationError(_("A code has two to twelve letters and digits."))
        return code

    def clean_ca(self) -> str:
        text = str(self.cleaned_data["ca"]).strip()
        try:
            return handed_in.authorities(text) if text else ""
        except handed_in.Unfit as unfit:
            raise ValidationError(str(unfit)) from unfit

    def write(self) -> Connection:
        for name in ("kind", "endpoint", "code", "ca"):
            setattr(self.connection, name, self.cleaned_data[name])
        if self.cleaned_data["grace_minutes"] != self.connection.grace_seconds // 60:
            self.connection.grace_seconds = 60 * (self.cleaned_data["grace_minutes"] or 0)
        return self.connection


class _Written(forms.Textarea):
    """A secret: what was typed is never written back into a page."""

    def format_value(self, value: Any) -> None:
        return None


class Pair(forms.Form):
    """A client certificate: two PEM texts, or one file. `pair` is the handed_in.HandedIn of a valid form."""

    pkcs12 = forms.FileField(
        label=gettext_lazy("File (.p12 or .pfx)"), required=False,
        help_text=gettext_lazy("Holds certificate and key together. With it, the two fields below stay empty."),
    )  # fmt: skip
    certificate = TextField(
        label=gettext_lazy("Certificate"), max_length=handed_in.MOST, widget=forms.Textarea(_PEM),
        help_text=gettext_lazy("In PEM form, with the certificates between it and its authority, if there are any."),
    )  # fmt: skip
    private_key = TextField(
        label=gettext_lazy("Private key"), max_length=handed_in.MOST, widget=_Written(_PEM),
        help_text=gettext_lazy("In PEM form. It is never shown again; after an error, paste it anew."),
    )  # fmt: skip
    passphrase = forms.CharField(
        label=gettext_lazy("Passphrase"), required=False, strip=False, max_length=1000,
        widget=forms.PasswordInput({"autocomplete": "off", "dir": "ltr"}),
        help_text=gettext_lazy("Of the file or the key, if they are encrypted. Used once and kept nowhere."),
    )  # fmt: skip

    helper = laid_out(
        Fieldset(gettext_lazy("As one file"), "pkcs12"),
        Fieldset(gettext_lazy("Or as two texts"), "certificate", "private_key"),
        "passphrase",
    )
    pair: handed_in.HandedIn

    def clean_pkcs12(self) -> bytes:
        file: UploadedFile[bytes] | None = self.cleaned_data["pkcs12"]
        if file is None:
            return b""
        if (file.size or 0) > handed_in.MOST:
            raise ValidationError(_("This file is too large to be one client certificate."))
        return bytes(file.read())

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.pair = self._read(data)
            except handed_in.Unfit as unfit:
                self.add_error(unfit.field, str(unfit))
        return data

    @staticmethod
    def _read(data: dict[str, Any]) -> handed_in.HandedIn:
        certificate, private_key = data["certificate"].strip(), data["private_key"].strip()
        if data["pkcs12"] and (certificate or private_key):
            raise handed_in.Unfit("pkcs12", _("Give the file or the two texts, not both."))
        if data["pkcs12"]:
            return handed_in.from_pkcs12(data["pkcs12"], data["passphrase"])
        if not certificate and not private_key:
            raise handed_in.Unfit("pkcs12", _("Choose a file, or paste certificate and key below."))
        if not certificate or not private_key:
            missing = "private_key" if certificate else "certificate"
            raise handed_in.Unfit(missing, _("Certificate and private key belong together: paste both."))
        return handed_in.from_pem(certificate, private_key, data["passphrase"])
