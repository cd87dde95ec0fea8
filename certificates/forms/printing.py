"""The form that corrects the serial number of a sheet."""

from django import forms
from django.utils.translation import gettext_lazy as _

from certificates.forms.sections import laid_out


class Correct(forms.Form):
    serial = forms.CharField(
        label=_("Serial number that stands on the sheet"),
        max_length=32,
        error_messages={"required": _("Write the serial number that stands on the sheet.")},
        widget=forms.TextInput({"size": 20, "dir": "ltr", "class": "code", "autocomplete": "off"}),
    )
    why = forms.CharField(
        label=_("Reason"),
        max_length=200,
        error_messages={"required": _("Write the reason.")},
        widget=forms.TextInput({"size": 50, "dir": "auto"}),
    )

    helper = laid_out("serial", "why")
