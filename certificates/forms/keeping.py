"""Forms of templates: under which name, for whom, with or without quantities."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates import keeping
from certificates.forms.fields import TextField
from certificates.forms.sections import laid_out
from gens.accounts.models import Membership

OWN, ALL = "own", "all"


class Rename(forms.Form):
    name = TextField(
        label=gettext_lazy("Name of the template"), max_length=120, widget=forms.TextInput({"size": 40, "dir": "auto"})
    )

    helper = laid_out("name")

    def clean_name(self) -> str:
        if not (name := str(self.cleaned_data["name"]).strip()):
            raise ValidationError(_("Write the name."))
        return name


class Keep(Rename):
    whose = forms.ChoiceField(label=gettext_lazy("Who uses it"), widget=forms.RadioSelect)
    with_quantities = forms.BooleanField(
        required=False, label=gettext_lazy("Keep quantities and numbers of packages: they are always the same")
    )
    instead = forms.BooleanField(required=False, label=gettext_lazy("Replace the template of this name"))

    def __init__(self, *args: Any, by: Membership, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(OWN, _("Only you"))] if keeping.may_keep_own(by) else []
        choices += [(ALL, _("Everybody who drafts here"))] if keeping.may_keep_for_all(by) else []
        field = self.fields["whose"]
        assert isinstance(field, forms.ChoiceField)
        field.choices, field.initial = choices, choices[0][0]
        self.helper = laid_out("name", "whose", "with_quantities")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data["for_all"] = data.pop("whose", OWN) == ALL
        return data

    def offer_instead(self) -> None:
        """The name is taken: say so, with a box to tick if that is meant."""
        self.helper = laid_out("name", "instead", "whose", "with_quantities")
        self.add_error("name", _("A template has this name. Write another one, or tick that this one replaces it."))
