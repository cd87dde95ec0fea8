"""The form that adds one attachment to a draft: a file of the four kinds that partners accept, and what it is."""

from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from certificates.ephyto.document import Document
from certificates.ephyto.media import SHOWN, media_type
from certificates.forms.fields import DateField, TextField
from certificates.forms.sections import laid_out

KINDS: Final = (("ZZZ", _("Other document")), ("AWR", _("Original certificate, or its certified true copy")))
REST: Final = 500_000  # bytes of a message that are not its attachments


class Attach(forms.Form):
    """`document` is what the draft holds already: all attachments together must fit into one envelope."""

    file = forms.FileField(label=_("File"), help_text=_("PDF, PNG, JPEG or GIF. Partners accept no others."))
    kind = forms.ChoiceField(label=_("What it is"), choices=KINDS)
    number = TextField(
        label=_("Its number"), max_length=60, help_text=_("Of the original certificate, or of a permit.")
    )
    date = DateField(label=_("Its date"))
    description = TextField(label=_("Description"), max_length=256)

    helper = laid_out("file", "kind", "number", "date", "description")

    def __init__(self, *args: Any, document: Document, **options: Any) -> None:
        super().__init__(*args, **options)
        self.room = room(document)
        self.name = ""

    def clean_file(self) -> bytes:
        """The bytes. Nothing larger than the room is read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > self.room:
            raise ValidationError(
                _("The file is too large. %(size)s are left for attachments; a scan in black and white is smaller."),
                params={"size": filesizeformat(max(0, self.room))},
            )
        data: bytes = file.read()
        if media_type(data, settings.EPHYTO_LIMITS["pixels"]) not in SHOWN:
            raise ValidationError(_("This is not a whole PDF, PNG, JPEG or GIF file. Save or scan it again as PDF."))
        self.name = file.name or ""
        return data


def room(document: Document) -> int:
    """Bytes that another attachment may have: Base64 makes four of three, and one message has one limit."""
    taken = sum(attachment.size for attachment in document.attachments)
    limit = min(settings.HUBCLIENT_MAX_BYTES, settings.EPHYTO_LIMITS["bytes"]) - REST
    return int(min(limit * 3 // 4, settings.EPHYTO_LIMITS["decoded_bytes"]) - taken)
