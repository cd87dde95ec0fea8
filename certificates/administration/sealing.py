"""What is filled in about a seal: which of the NPPO's keys, its certificate, and how papers carry it."""

from typing import Any, Final

from crispy_forms.layout import Fieldset
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.forms.fields import TextField
from certificates.forms.sections import laid_out
from certificates.models import Seal
from certificates.seals.keys import Place

_LONGEST: Final = 50_000
REFUSED: Final[dict[Seal.Trouble | None, Promise]] = {
    None: gettext_lazy("Another NPPO seals with this key. Each has its own, in training too."),
    Seal.Trouble.UNFIT: gettext_lazy(
        "Key and certificate make no seal: the certificate is missing, is another key's, or is not for signing."
    ),
    Seal.Trouble.ENDED: gettext_lazy("Its certificate has ended. Ask for a new one."),
}


class Carrying(forms.Form):
    """How papers carry the seal."""

    is_visible = forms.BooleanField(
        label=gettext_lazy("Papers carry a small visible mark in the box of the stamp"), required=False
    )
    time_server = forms.ChoiceField(
        label=gettext_lazy("Time-stamp server"), required=False,
        help_text=gettext_lazy("It confirms when a paper was sealed. While it does not answer, papers wait."),
    )  # fmt: skip

    helper = laid_out("is_visible", "time_server")

    def __init__(self, *args: Any, seal: Seal | None = None, **options: Any) -> None:
        read = {"is_visible": seal.is_visible, "time_server": seal.time_server} if seal else {}
        super().__init__(*args, **options | {"initial": read})
        servers: Any = self.fields["time_server"]
        servers.choices = [("", _("None")), *((url, url) for url in settings.SEAL_TIME_SERVERS)]
        if not settings.SEAL_TIME_SERVERS:
            servers.help_text = _("Whoever runs the installation has named none.")

    def write(self, seal: Seal) -> Seal:
        for name in ("is_visible", "time_server"):
            setattr(seal, name, self.cleaned_data[name])
        return seal


class Choosing(Carrying):
    """A key to seal with from now on."""

    key = forms.ChoiceField(label=gettext_lazy("Key"), widget=forms.RadioSelect)
    certificate = TextField(
        label=gettext_lazy("Certificate"), max_length=_LONGEST,
        widget=forms.Textarea({"rows": 6, "dir": "ltr", "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "In PEM form, as the authority gave it, with those above it. Empty: the one that stands beside the key."
        ),
    )  # fmt: skip

    helper = laid_out(
        Fieldset(gettext_lazy("Key and certificate"), "key", "certificate"),
        Fieldset(gettext_lazy("On paper"), "is_visible", "time_server"),
    )

    def __init__(self, *args: Any, found: list[Place], seal: Seal | None, **options: Any) -> None:
        super().__init__(*args, seal=seal, **options)
        self.found = {f"{each.kind}:{each.name}": each for each in found}
        keys: Any = self.fields["key"]
        keys.choices = [(key, f"{each.name} – {Seal.Kind(each.kind).label}") for key, each in self.found.items()]

    def clean_certificate(self) -> str:
        text = str(self.cleaned_data["certificate"]).strip()
        if text and ("PRIVATE KEY" in text or "-----BEGIN CERTIFICATE-----" not in text):
            raise ValidationError(_("Paste the certificate in PEM form, without the key."))
        return text

    @property
    def place(self) -> Place:
        return self.found[self.cleaned_data["key"]]

    def refuse(self, trouble: Seal.Trouble | None) -> None:
        """Say why nothing can be sealed with it."""
        self.add_error("key", str(REFUSED.get(trouble) or (trouble.label if trouble else "")))
