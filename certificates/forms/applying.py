"""The form that says one thing to many lines: which lines, and an origin, a treatment, a declaration for them."""

import re
from collections.abc import Mapping
from typing import Any, Final

from crispy_forms.layout import Div, Fieldset
from django import forms
from django.utils.translation import gettext_lazy as _

from certificates.applying import Wanted
from certificates.ephyto.document import Country, Origin, Text, Treatment
from certificates.forms.fields import CodeChoice, TextField
from certificates.forms.lines import NO_KIND, TREATMENT, TreatmentFields, says_a_treatment, treatment_write
from certificates.forms.sections import AREA, laid_out, paragraphs
from codelists.lookup import Names

ALL, SOME = "all", "some"
ADD, INSTEAD = "add", "instead"
_PART: Final = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")
_DASH: Final = re.compile(r"\s*[-\u2010-\u2015]\s*")
_BETWEEN: Final = re.compile(r"[\s,;\u060c]+")  # the Arabic comma too


def numbers_read(text: str, count: int) -> frozenset[int]:
    """The line numbers of "1-25, 40". Raises ValidationError."""
    found: set[int] = set()
    for part in (part for part in _BETWEEN.split(_DASH.sub("-", text)) if part):
        read = _PART.fullmatch(part)
        first, last = (int(read[1]), int(read[2] or read[1])) if read else (0, 0)
        if not 1 <= first <= last <= count:
            raise forms.ValidationError(
                _("“%(typed)s” names no line. Write numbers from 1 to %(count)s, such as 1-25, 40."),
                params={"typed": part, "count": count},
            )
        found.update(range(first, last + 1))
    return frozenset(found)


def _way(label: Any, instead: Any) -> forms.ChoiceField:
    choices = [(ADD, _("Add it to what each line says")), (INSTEAD, instead)]
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, initial=ADD, required=False)


class ForLines(forms.Form):
    which = forms.ChoiceField(
        label=_("Which lines"), choices=[(ALL, _("All lines")), (SOME, _("Only the lines of these numbers"))],
        widget=forms.RadioSelect, initial=ALL, required=False,
    )  # fmt: skip
    numbers = TextField(
        label=_("Numbers of lines"), max_length=2000, help_text=_("Such as 1-25, 40."),
        widget=forms.TextInput({"size": 34, "dir": "ltr"}),
    )  # fmt: skip
    origin_country = CodeChoice("country", label=_("Country of origin"))
    origin_areas = TextField(label=_("Place of origin"), widget=forms.TextInput({"size": 34, "dir": "auto"}),
                             max_length=256, help_text=_("Country and place take the place of what each line says."))  # fmt: skip
    treatment_way = _way(_("This treatment"), _("Put it in the place of the treatments of each line"))
    declaration = TextField(label=_("Additional declaration"), widget=forms.Textarea(AREA), max_length=8000,
                            help_text=_("A blank line starts another declaration."))  # fmt: skip
    declaration_way = _way(_("This declaration"), _("Put it in the place of the declarations of each line"))

    which_lines = laid_out(Fieldset("", "which", "numbers"))
    origin = laid_out(Fieldset(_("Origin"), Div("origin_country", "origin_areas", css_class="line")))
    way = laid_out("treatment_way")
    declared = laid_out(Fieldset(_("Additional declaration for these lines"), "declaration", "declaration_way"))

    def __init__(self, data: Mapping[str, Any] | None = None, *, count: int, **options: Any) -> None:
        super().__init__(data, **options)
        self.count = count
        self.treatment = TreatmentFields(data, prefix="treatment")

    def clean(self) -> dict[str, Any]:
        """Which lines, and at least one thing to say."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("which") == SOME:
            self._clean_numbers(data)
        elif data.get("numbers"):
            self.add_error("numbers", _("Choose “Only the lines of these numbers”, or leave this empty."))
        if data.get("origin_areas") and not data.get("origin_country") and "origin_country" not in self.errors:
            self.add_error("origin_country", _("Choose the country of this place too."))
        self._clean_treatment(data)
        return data

    def _clean_numbers(self, data: dict[str, Any]) -> None:
        try:
            data["chosen"] = numbers_read(data.get("numbers", ""), self.count)
        except forms.ValidationError as error:
            self.add_error("numbers", error)
        else:
            if not data["chosen"] and "numbers" not in self.errors:
                self.add_error("numbers", _("Write which lines, such as 1-25, 40."))

    def _clean_treatment(self, data: dict[str, Any]) -> None:
        """Its own form, which says its own errors; nothing at all is an error of the first field."""
        if not self.treatment.is_valid():
            return
        said = self.treatment.cleaned_data
        if any(said.values()) and not says_a_treatment(said):
            self.treatment.add_error("kind", NO_KIND)
        if not any((data.get("origin_country"), data.get("declaration"), *said.values())) and not self.errors:
            self.add_error("origin_country", _("Write an origin, a treatment or a declaration."))

    def is_valid(self) -> bool:
        return super().is_valid() and self.treatment.is_valid()

    def wanted(self, names: Names) -> Wanted:
        """What was typed, of a valid form. names: in the certificate's language."""
        data, treated = self.cleaned_data, self.treatment.cleaned_data
        code, areas = data["origin_country"], data["origin_areas"]
        return Wanted(
            numbers=data.get("chosen") or frozenset(range(1, self.count + 1)),
            origin=Origin(Country(code, names.name("country", code)), (areas,) if areas else ()) if code else None,
            treatment=treatment_write(Treatment(), treated, names) if says_a_treatment(treated) else None,
            treatment_instead=data["treatment_way"] == INSTEAD,
            declarations=tuple(paragraphs(data["declaration"], list[Text](), names.language)),
            declarations_instead=data["declaration_way"] == INSTEAD,
        )


TREATED: Final = laid_out(*TREATMENT)
