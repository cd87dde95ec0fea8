"""Forms of favourites: what a section keeps, changed outside of any certificate."""

from dataclasses import replace
from typing import Any

from crispy_forms.layout import Div
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.ephyto.document import Document, Location, Movement, Party, Text
from certificates.forms.fields import CodeChoice, TermField, TextField
from certificates.forms.sections import AREA, country, laid_out, means_of, port_code
from certificates.models import Favourite
from codelists.lookup import name_of


class Named(forms.Form):
    label = TextField(
        label=gettext_lazy("Name in the list"), max_length=200, widget=forms.TextInput({"size": 40, "dir": "auto"})
    )

    def clean_label(self) -> str:
        if not (label := str(self.cleaned_data["label"]).strip()):
            raise ValidationError(_("Write the name."))
        return label


class PartyForm(Named):
    """An exporter or a consignee."""

    name = TextField(
        label=gettext_lazy("Name as it prints"), max_length=450, widget=forms.TextInput({"size": 50, "dir": "auto"})
    )
    address = TextField(label=gettext_lazy("Address"), widget=forms.Textarea(AREA))

    helper = laid_out("label", "name", "address")

    def __init__(self, *args: Any, favourite: Favourite, **options: Any) -> None:
        self.party = _party(favourite)
        start = {"label": favourite.name, "name": self.party.name, "address": "\n".join(self.party.address)}
        super().__init__(*args, **options | {"initial": start})
        self.kind = favourite.kind

    def clean_name(self) -> str:
        if not (name := str(self.cleaned_data["name"]).strip()):
            raise ValidationError(_("Write the name."))
        return name

    def part(self, language: str) -> Document:
        lines = (line.strip() for line in self.cleaned_data["address"].split("\n"))
        made = replace(self.party, name=self.cleaned_data["name"], address=tuple(line for line in lines if line))
        return Document(exporter=made) if self.kind == Favourite.Kind.EXPORTER else Document(consignee=made)


def _party(favourite: Favourite) -> Party:
    said = favourite.data
    return said.exporter if favourite.kind == Favourite.Kind.EXPORTER else said.consignee


class RouteForm(Named):
    destination = CodeChoice("country", label=gettext_lazy("Destination"))
    mode = CodeChoice("transport", label=gettext_lazy("Mode of transport"))
    means = TextField(label=gettext_lazy("Name of the means"), max_length=256)
    entry_name = TermField("port", label=gettext_lazy("Declared point of entry"), max_length=256)

    helper = laid_out("label", "destination", Div("mode", "means", css_class="line"), "entry_name")

    def __init__(self, *args: Any, favourite: Favourite, **options: Any) -> None:
        self.said = favourite.data
        first = self.said.movements[0] if self.said.movements else Movement()
        start = {
            "label": favourite.name, "destination": self.said.import_country.code, "mode": first.mode,
            "means": means_of(first), "entry_name": self.said.entry.name,
        }  # fmt: skip
        super().__init__(*args, **options | {"initial": start})

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not any(data.get(name) for name in ("mode", "means", "entry_name")):
            self.add_error("means", _("Write by what, or where to."))
        return data

    def part(self, language: str) -> Document:
        data = self.cleaned_data
        return Document(
            import_country=country(data["destination"], language),
            movements=(*self._first(language), *self.said.movements[1:]),
            entry=Location(port_code(data["entry_name"]), data["entry_name"]),
        )

    def _first(self, language: str) -> tuple[Movement, ...]:
        """Further means of the route stay as they are; the same words keep their languages."""
        mode, means = self.cleaned_data["mode"], self.cleaned_data["means"]
        before = self.said.movements[0] if self.said.movements else Movement()
        if not mode and not means:
            return ()
        texts = before.means if means == means_of(before) else (Text(means, language),) if means else ()
        return (Movement(mode, texts, "", name_of("transport", mode, language) if mode else ""),)


def form_of(favourite: Favourite) -> type[PartyForm] | type[RouteForm]:
    return RouteForm if favourite.kind == Favourite.Kind.ROUTE else PartyForm
