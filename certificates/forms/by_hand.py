"""The form that registers a certificate issued by hand: its number, day and officer as the paper says, and the scan."""

from datetime import date
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates import by_hand, numbering
from certificates.ephyto.document import EXPORT, RE_EXPORT
from certificates.ephyto.media import media_type
from certificates.forms.fields import DateField, TextField
from certificates.forms.sections import laid_out
from certificates.models import ReservedNumbers
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo

KINDS: Final = ((EXPORT, gettext_lazy("Export")), (RE_EXPORT, gettext_lazy("Re-export")))
SCANS: Final = ("application/pdf", "image/png", "image/jpeg")


class Block(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A block by its numbers and what it is for."""

    def label_from_instance(self, obj: Any) -> str:
        first, last = numbering.ends_of(obj)
        return f"{first} – {last}: {obj.purpose}"


class Signer(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable when it runs
    """An officer by name and office."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.user.name}, {obj.office.name}"


class Register(forms.Form):
    """Cleans to what by_hand.Paper holds, and the kind."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=KINDS)
    block = Block(ReservedNumbers.objects.none(), label=gettext_lazy("Block of numbers"), empty_label="–")
    number = TextField(
        label=gettext_lazy("Number on the paper"), max_length=numbering.LONGEST, widget=forms.TextInput({"size": 24, "dir": "ltr"}),
        help_text=gettext_lazy("In full, or only its last figures."),
    )  # fmt: skip
    day = DateField(label=gettext_lazy("Date of issue on the paper"), help_text=gettext_lazy("Such as 12 7 2026."))
    officer = Signer(Membership.objects.none(), label=gettext_lazy("Officer who signed"), empty_label="–")
    scan = forms.FileField(
        label=gettext_lazy("Scan of the signed paper"),
        help_text=gettext_lazy("PDF, PNG or JPEG. It stays here and is not sent: the paper is the original."),
    )

    helper = laid_out("kind", "block", "number", "day", "officer", "scan")

    def __init__(self, *args: Any, nppo: Nppo, **options: Any) -> None:
        super().__init__(*args, **options)
        self.nppo = nppo
        self.filename = ""
        block: Any = self.fields["block"]
        block.queryset = ReservedNumbers.objects.filter(nppo=nppo).select_related("nppo").order_by("-year", "-first")
        officer: Any = self.fields["officer"]
        signers = Membership.objects.filter(nppo=nppo, roles__contains=[roles.CERTIFYING_OFFICER])
        officer.queryset = signers.select_related("user", "office").order_by("user__name", "pk")

    def clean_day(self) -> date:
        if not (typed := self.cleaned_data["day"]):
            raise ValidationError(_("Write the date that stands on the paper."))
        day = date.fromisoformat(typed)
        if day > timezone.localdate(timezone=self.nppo.zone):
            raise ValidationError(_("This day is still to come."))
        return day

    def clean_scan(self) -> bytes:
        """The bytes. Nothing larger than an attachment may be is read."""
        file: UploadedFile[bytes] = self.cleaned_data["scan"]
        most = settings.EPHYTO_LIMITS["decoded_bytes"]
        if (file.size or 0) > most:
            raise ValidationError(
                _("The file is too large: %(size)s at most. A scan in black and white is smaller."),
                params={"size": filesizeformat(most)},
            )
        data: bytes = file.read()
        if media_type(data, settings.EPHYTO_LIMITS["pixels"]) not in SCANS:
            raise ValidationError(_("This is not a whole PDF, PNG or JPEG file. Scan the paper again."))
        self.filename = file.name or ""
        return data

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if block := data.get("block"):
            self._in_block(block, data)
        day, officer = data.get("day"), data.get("officer")
        if day and officer and officer not in by_hand.officers_of(self.nppo, day):
            self.add_error("officer", _("This officer was not authorised on that day."))
        return data

    def _in_block(self, block: ReservedNumbers, data: dict[str, Any]) -> None:
        """Number, day and kind as the block has them."""
        typed = str(data.get("number", ""))
        number = numbering.within(block, typed)
        if not number:
            first, last = numbering.ends_of(block)
            words = _("Write a number from %(first)s to %(last)s.") % {"first": first, "last": last}
            self.add_error("number", words)
        elif by_hand.is_used(self.nppo, number):
            self.add_error("number", used(number))
        else:
            data["number"] = number
        if (day := data.get("day")) and day.year != block.year:
            self.add_error("day", _("The numbers of this block are those of %(year)s.") % {"year": block.year})
        rule = numbering.rule_of(block)
        if rule is not None and rule.type not in ("", data.get("kind")):
            self.add_error("kind", _("The numbers of this block are for another kind of certificate."))


def used(number: str) -> str:
    """Why this number cannot be taken."""
    return _("Number %(number)s is used already. A number is never given twice.") % {"number": number}
