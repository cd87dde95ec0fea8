"""The form of one commodity line, with its packages and treatments as rows that are added without JavaScript."""

from dataclasses import replace
from typing import Any, Final

from crispy_forms.layout import Div, Field, Fieldset
from django import forms
from django.utils.translation import gettext_lazy as _

from certificates import copying
from certificates.ephyto.document import (
    MEASURES,
    Classification,
    Country,
    Document,
    Measure,
    Origin,
    Package,
    Text,
    TradeLine,
    Treatment,
    new_id,
    note_texts,
    set_notes,
)
from certificates.forms.fields import CodeChoice, DateField, NumberField, TermField, TextField
from certificates.forms.sections import AREA, laid_out, paragraphs
from codelists.lookup import Names

VEGETABLE_PART: Final = "IPPCPCVP"
CONDITION: Final = "IPPCPCC"
HS: Final = "HS"


def _wide(size: int = 34) -> forms.TextInput:
    return forms.TextInput({"size": size, "dir": "auto"})


class Line(forms.Form):
    botanical = TermField("taxon", is_many=True, fills=("common_name", "description"),
                          label=_("Botanical name"), widget=_wide(), max_length=256,
                          help_text=_("At least the genus. Several names are separated by commas."))  # fmt: skip
    description = TextField(
        label=_("Name of produce"), widget=_wide(50), max_length=256, help_text=_("As it prints. No trade names.")
    )
    common_name = TextField(label=_("Common name"), widget=_wide(), max_length=256)
    vegetable_part = TermField("vegetable_part", label=_("Part of the plant"), max_length=70)
    condition = TermField("condition", label=_("Condition"), max_length=70)
    intended_use = TermField("intended_use", label=_("Intended use"), max_length=256)
    hs = TextField(
        label=_("HS code"), max_length=10, widget=forms.TextInput({"size": 10, "dir": "ltr", "inputmode": "numeric"})
    )
    net_weight = NumberField(label=_("Net weight"))
    net_weight_unit = CodeChoice("unit", "WEIGHT", by_symbol=True, label=_("Unit"))
    gross_weight = NumberField(label=_("Gross weight"))
    gross_weight_unit = CodeChoice("unit", "WEIGHT", by_symbol=True, label=_("Unit"))
    net_volume = NumberField(label=_("Net volume"))
    net_volume_unit = CodeChoice("unit", "VOLUME", by_symbol=True, label=_("Unit"))
    gross_volume = NumberField(label=_("Gross volume"))
    gross_volume_unit = CodeChoice("unit", "VOLUME", by_symbol=True, label=_("Unit"))
    other_quantity = NumberField(label=_("Other quantity"))
    other_unit = TextField(label=_("Counted in"), max_length=50, help_text=_("Pieces, bunches, plants"))
    origin_country = CodeChoice("country", label=_("Country of origin"))
    origin_areas = TextField(label=_("Place of origin"), widget=_wide(), max_length=256)
    packages_text = TextField(label=_("Packages in words"), widget=_wide(50), max_length=512,
                              help_text=_("Only when no kind of package fits."))  # fmt: skip
    marks = TextField(label=_("Distinguishing marks of this line"), widget=_wide(50), max_length=1024)
    declaration = TextField(
        label=_("Additional declaration for this line"), widget=forms.Textarea(AREA), max_length=8000
    )

    helper = laid_out(
        Fieldset(_("Produce"), Field("botanical", template="gens/looked_up.html"), "description",
                 Div("common_name", "vegetable_part", "condition", css_class="line"), Div("intended_use", "hs", css_class="line")),
        Fieldset(_("Quantity"), Div("net_weight", "net_weight_unit", "gross_weight", "gross_weight_unit", css_class="line"),
                 Div("net_volume", "net_volume_unit", "gross_volume", "gross_volume_unit", css_class="line"),
                 Div("other_quantity", "other_unit", css_class="line")),
        Fieldset(_("Origin"), Div("origin_country", "origin_areas", css_class="line")),
    )  # fmt: skip
    more = laid_out(Fieldset(_("Marks and declaration of this line"), Field("marks"), Field("declaration")))


def read(line: TradeLine) -> dict[str, Any]:
    """What the form shows of a line."""

    def first(texts: tuple[Text, ...]) -> str:
        return texts[0].text if texts else ""

    def noted(subject: str) -> str:
        return "\n\n".join(text.text for text in note_texts(line.notes, subject))

    origin = line.origins[0] if line.origins else Origin()
    shown: dict[str, Any] = {
        "botanical": ", ".join(text.text for text in line.scientific_names),
        "description": first(line.descriptions),
        "common_name": first(line.common_names),
        "vegetable_part": _class(line, VEGETABLE_PART),
        "condition": _class(line, CONDITION),
        "intended_use": first(line.intended_uses),
        "hs": next((c.code for c in line.classifications if c.system == HS), ""),
        "other_quantity": noted("OQV"),
        "other_unit": noted("OQU"),
        "origin_country": origin.country.code,
        "origin_areas": ", ".join(origin.areas),
        "packages_text": noted("OPTND"),
        "marks": noted("DMTLIL"),
        "declaration": noted("ADTLIL"),
    }
    for name in MEASURES:
        measure: Measure = getattr(line, name)
        shown |= {name: measure.value, f"{name}_unit": measure.unit}
    return shown


def _class(line: TradeLine, system: str) -> str:
    return next((c.names[0].text for c in line.classifications if c.system == system and c.names), "")


def write(line: TradeLine, data: dict[str, Any], names: Names) -> TradeLine:
    """The line with what the form said; what the form does not show stays. names: in the certificate's language."""
    notes, language = line.notes, names.language
    for subject, name in (("OQV", "other_quantity"), ("OQU", "other_unit"), ("OPTND", "packages_text")):
        notes = set_notes(notes, subject, [Text(data[name])])
    for subject, name in (("DMTLIL", "marks"), ("ADTLIL", "declaration")):
        notes = set_notes(notes, subject, paragraphs(data[name], note_texts(line.notes, subject), language))
    measures: dict[str, Any] = {n: _measure(data[n], data[f"{n}_unit"], names) for n in MEASURES}
    return replace(
        line,
        scientific_names=tuple(Text(name.strip()) for name in data["botanical"].split(",") if name.strip()),
        descriptions=_first(line.descriptions, data["description"], language),
        common_names=_first(line.common_names, data["common_name"], language),
        intended_uses=_first(line.intended_uses, data["intended_use"], language),
        classifications=tuple(_classifications(line, data, language)),
        origins=_origins(line, data, names),
        notes=notes,
        **measures,
    )


def _measure(value: str, unit: str, names: Names) -> Measure:
    """Without a number there is nothing to measure: the preselected unit alone says nothing."""
    return Measure(value, unit, names.symbol("unit", unit)) if value else Measure()


def _first(before: tuple[Text, ...], text: str, language: str) -> tuple[Text, ...]:
    """The first text replaced; the same words keep their language, other languages stay."""
    rest = before[1:]
    if before and before[0].text == text:
        return before
    return (Text(text, language), *rest) if text else rest


def _classifications(line: TradeLine, data: dict[str, Any], language: str) -> list[Classification]:
    kept = [c for c in line.classifications if c.system not in (HS, VEGETABLE_PART, CONDITION)]
    made = [Classification(HS, data["hs"])] if data["hs"] else []
    for system, name in ((VEGETABLE_PART, "vegetable_part"), (CONDITION, "condition")):
        before = [c for c in line.classifications if c.system == system]
        if before and _class(line, system) == data[name]:
            made += before
        elif data[name]:
            made.append(Classification(system, "", (Text(data[name], language),)))
    return [*made, *kept]


def _origins(line: TradeLine, data: dict[str, Any], names: Names) -> tuple[Origin, ...]:
    areas: tuple[str, ...] = (data["origin_areas"],) if data["origin_areas"] else ()
    first = line.origins[0] if line.origins else Origin()
    if data["origin_areas"] == ", ".join(first.areas):
        areas = first.areas
    code = data["origin_country"]
    here = Origin(Country(code, names.name("country", code)), areas)
    rest = line.origins[1:]
    return (here, *rest) if code or areas else rest


class PackageRow(forms.Form):
    quantity = NumberField(label=_("Number of packages"))
    kind = CodeChoice("package", label=_("Kind of package"))
    level = CodeChoice("package_level", label=_("Level"))
    remove = forms.BooleanField(required=False, label=_("Remove"))

    helper = laid_out(Div("quantity", "kind", "level", "remove", css_class="line"))


PackageRows = forms.formset_factory(PackageRow, extra=1, max_num=20)


def packages_read(line: TradeLine) -> list[dict[str, Any]]:
    return [{"quantity": p.quantity, "kind": p.kind, "level": p.level} for p in line.packages]


def packages_write(line: TradeLine, rows: list[dict[str, Any]], names: Names) -> TradeLine:
    """Packages of the rows that say something. Level 4, no hierarchy, where none was chosen."""
    said = [row for row in rows if (row.get("quantity") or row.get("kind")) and not row.get("remove")]
    made = tuple(
        Package(row["level"] or "4", row["kind"], row["quantity"], names.name("package", row["kind"])) for row in said
    )
    return replace(line, packages=made)


class TreatmentFields(forms.Form):
    start = DateField(label=_("Date"), help_text=_("Such as 12 7 2026."))
    end = DateField(label=_("Until"))
    kind = TermField("treatment", label=_("Treatment"), max_length=256)
    chemical = TermField("chemical", is_many=True, label=_("Chemical (active ingredient)"), max_length=256)
    duration = NumberField(label=_("Duration"))
    duration_unit = CodeChoice("unit", "DURATION", by_symbol=True, label=_("Unit"))
    temperature = NumberField(label=_("Temperature"))
    temperature_unit = CodeChoice("unit", "TEMPERATURE", by_symbol=True, label=_("Unit"))
    concentration = NumberField(label=_("Concentration"))
    concentration_unit = CodeChoice("unit", "CONCENTRATION", by_symbol=True, label=_("Unit"))
    information = TextField(label=_("Additional information"), max_length=400, widget=_wide(50))


TREATMENT: Final = (
    Div("start", "end", css_class="line"), Div("kind", "chemical", css_class="line"),
    Div("duration", "duration_unit", "temperature", "temperature_unit", css_class="line"),
    Div("concentration", "concentration_unit", css_class="line"), "information",
)  # fmt: skip


class TreatmentRow(TreatmentFields):
    id = forms.CharField(required=False, widget=forms.HiddenInput)
    remove = forms.BooleanField(required=False, label=_("Remove this treatment"))

    helper = laid_out("id", *TREATMENT, "remove")


TreatmentRows = forms.formset_factory(TreatmentRow, extra=0, max_num=20)
_TREATMENT_MEASURES: Final = ("duration", "temperature", "concentration")


NO_KIND: Final = _("Say what kind of treatment it was.")


def treatments_read(line: TradeLine) -> list[dict[str, Any]]:
    return [_treatment_read(treatment) for treatment in line.treatments]


def _treatment_read(treatment: Treatment) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": treatment.id,
        "start": treatment.start,
        "end": treatment.end,
        "kind": treatment.kind.text,
        "chemical": ", ".join(text.text for text in treatment.chemicals),
        "information": treatment.information[0].text if treatment.information else "",
    }
    for name in _TREATMENT_MEASURES:
        measure: Measure = getattr(treatment, name)
        shown |= {name: measure.value, f"{name}_unit": measure.unit}
    return shown


def treatments_write(line: TradeLine, rows: list[dict[str, Any]], names: Names) -> TradeLine:
    before = {treatment.id: treatment for treatment in line.treatments}
    said = [row for row in rows if row and not row.get("remove") and says_a_treatment(row)]
    made = tuple(treatment_write(before.get(row["id"], Treatment(id=new_id())), row, names) for row in said)
    return replace(line, treatments=made)


def says_a_treatment(row: dict[str, Any]) -> bool:
    """Whether the row says one: how long and how hot alone is none."""
    return any(row.get(name) for name in ("start", "kind", "chemical", "information"))


def treatment_write(before: Treatment, row: dict[str, Any], names: Names) -> Treatment:
    """The treatment with what the row says."""
    language = names.language
    measures: dict[str, Any] = {n: _measure(row[n], row[f"{n}_unit"], names) for n in _TREATMENT_MEASURES}
    chemicals = tuple(Text(name.strip(), language) for name in row["chemical"].split(",") if name.strip())
    same = row["chemical"] == ", ".join(text.text for text in before.chemicals)
    return replace(
        before,
        start=row["start"],
        end=row["end"],
        kind=before.kind if before.kind.text == row["kind"] else Text(row["kind"], language if row["kind"] else ""),
        chemicals=before.chemicals if same else chemicals,
        information=_first(before.information, row["information"], language),
        **measures,
    )


def new_line(country_code: str, names: Names) -> TradeLine:
    """An empty line whose origin is the exporting country."""
    return TradeLine(id=new_id(), origins=(Origin(Country(country_code, names.name("country", country_code))),))


class MovedLine(forms.Form):
    """Where a line shall stand among the others."""

    place = NumberField(label=_("Place among the lines"))

    helper = laid_out("place")

    def __init__(self, *arguments: Any, count: int, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.count = count

    def clean_place(self) -> str:
        place: str = self.cleaned_data["place"]
        if not (place.isdecimal() and 1 <= int(place) <= self.count):
            raise forms.ValidationError(_("Write a number from 1 to %(count)s."), params={"count": self.count})
        return place


def with_copy(document: Document, line_id: str) -> Document:
    """The document with a copy of this line behind it; copying.py names what never is."""
    copied: list[TradeLine] = []
    for line in document.lines:
        copied.append(line)
        if line.id == line_id:
            copied.append(copying.line(line))
    return replace(document, lines=tuple(copied))
