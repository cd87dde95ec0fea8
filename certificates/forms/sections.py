"""The sections but the lines: what each form shows of a document, and how what was typed goes back into it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Fieldset, Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from certificates.ephyto.document import (
    RE_EXPORT,
    Country,
    Document,
    Equipment,
    Location,
    Movement,
    Party,
    Text,
    note_texts,
    set_notes,
)
from certificates.forms.fields import CodeChoice, DateField, TermField, TextField
from certificates.models import Inspection
from codelists.lookup import by_name, name_of

AREA = {"rows": 4, "dir": "auto"}


def laid_out(*layout: Any) -> FormHelper:
    """A helper that writes fields only: the page has the form tag, the token and the buttons."""
    made = FormHelper()
    made.form_tag, made.disable_csrf = False, True
    made.layout = Layout(*layout)
    return made


class Consignment(forms.Form):
    destination = CodeChoice(
        "country", label=_("TO: importing country"), help_text=_("The certificate is addressed to its NPPO.")
    )
    marks = TextField(label=_("Distinguishing marks"), widget=forms.Textarea(AREA | {"rows": 2}), max_length=512,
                      help_text=_("As they stand on the packages: lot numbers, brands of bags and cartons."))  # fmt: skip
    permit = TextField(label=_("Import permit number"), max_length=256)
    practically_free = forms.BooleanField(
        required=False, label=_("Certify “practically free from other pests” (optional clause)")
    )
    no_liability = forms.BooleanField(required=False, label=_("Print “No financial liability” (optional clause)"))

    helper = laid_out(Fieldset(_("Destination"), "destination"))
    more = laid_out(
        Fieldset(_("Marks and permit"), "marks", "permit"),
        Fieldset(_("Optional clauses"), "practically_free", "no_liability"),
    )

    @staticmethod
    def read(document: Document) -> dict[str, Any]:
        def first(subject: str) -> str:
            return next((text.text for text in note_texts(document.notes, subject)), "")

        return {
            "destination": document.import_country.code,
            "marks": first("DMCL"),
            "permit": first("ADIPEDL"),
            "practically_free": "2" in document.statements,
            "no_liability": bool(first("SPSFL")),
        }

    def write(self, document: Document, language: str) -> Document:
        data = self.cleaned_data
        notes = set_notes(document.notes, "SPSFL", [Text("5")] if data["no_liability"] else [])
        notes = set_notes(notes, "DMCL", [Text(data["marks"])])
        return replace(
            document,
            notes=set_notes(notes, "ADIPEDL", [Text(data["permit"])]),
            import_country=country(data["destination"], language),
            statements=_statements(document, data["practically_free"]),
        )


class TransitRow(forms.Form):
    country = CodeChoice("country", label=_("Transit country"))

    helper = laid_out("country")


TransitRows = forms.formset_factory(TransitRow, extra=1, can_delete=False, max_num=10)


def transits_read(document: Document) -> list[dict[str, Any]]:
    return [{"country": passed.code} for passed in document.transit_countries]


def transits_write(document: Document, rows: list[dict[str, Any]], language: str) -> Document:
    """The countries of the rows that name one."""
    named = tuple(country(row["country"], language) for row in rows if row.get("country"))
    return replace(document, transit_countries=named)


def _statements(document: Document, practically_free: bool) -> tuple[str, ...]:
    """A certificate for re-export has one empty clause, and no "practically free"."""
    if document.type == RE_EXPORT:
        return ("",)
    return ("1", "2") if practically_free else ("1",)


def country(code: str, language: str) -> Country:
    return Country(code, name_of("country", code, language) if code else "")


class Parties(forms.Form):
    exporter_name = TextField(
        label=_("Name of exporter"), max_length=450, widget=forms.TextInput({"size": 50, "dir": "auto"})
    )
    exporter_address = TextField(label=_("Address of exporter"), widget=forms.Textarea(AREA),
                                 help_text=_("In the exporting country. Five lines at most."))  # fmt: skip
    consignee_name = TextField(
        label=_("Declared name of consignee"), max_length=450, widget=forms.TextInput({"size": 50, "dir": "auto"})
    )
    consignee_address = TextField(label=_("Declared address of consignee"), widget=forms.Textarea(AREA),
                                  help_text=_("Full address. “To order” only where the importing country accepts it."))  # fmt: skip

    keep_exporter = forms.BooleanField(required=False, label=_("Keep this exporter as a favourite"))
    keep_consignee = forms.BooleanField(required=False, label=_("Keep this consignee as a favourite"))

    helper = laid_out(
        Fieldset(_("Exporter"), "exporter_name", "exporter_address", "keep_exporter"),
        Fieldset(_("Consignee"), "consignee_name", "consignee_address", "keep_consignee"),
    )

    @staticmethod
    def read(document: Document) -> dict[str, Any]:
        return {
            "exporter_name": document.exporter.name,
            "exporter_address": "\n".join(document.exporter.address),
            "consignee_name": document.consignee.name,
            "consignee_address": "\n".join(document.consignee.address),
        }

    def write(self, document: Document, language: str) -> Document:
        data = self.cleaned_data

        def party(old: Party, name: str) -> Party:
            lines = (line.strip() for line in data[f"{name}_address"].split("\n"))
            return replace(old, name=data[f"{name}_name"], address=tuple(line for line in lines if line))

        return replace(
            document, exporter=party(document.exporter, "exporter"), consignee=party(document.consignee, "consignee")
        )


class MovementRow(forms.Form):
    mode = CodeChoice("transport", label=_("Mode of transport"))
    means = TextField(label=_("Name of the means"), max_length=256, help_text=_("Ship, airline, truck"))
    number = TextField(label=_("Voyage or flight number"), max_length=256)

    helper = laid_out(Div("mode", "means", "number", css_class="line"))


MovementRows = forms.formset_factory(MovementRow, extra=1, can_delete=False, max_num=10)


class Transport(forms.Form):
    entry_name = TermField("port", label=_("Declared point of entry"), max_length=256)
    containers = TextField(label=_("Containers and seals"), widget=forms.Textarea(AREA | {"rows": 3, "dir": "ltr"}),
                           help_text=_("One container a line: its number, then its seals, separated by commas."))  # fmt: skip
    keep_route = forms.BooleanField(
        required=False, label=_("Keep means of conveyance and point of entry as a favourite route")
    )

    helper = laid_out(
        Fieldset(_("Point of entry"), Field("entry_name", template="gens/looked_up.html")),
        Fieldset(_("Containers"), "containers"),
        "keep_route",
    )

    @staticmethod
    def read(document: Document) -> dict[str, Any]:
        return {
            "entry_name": document.entry.name,
            "containers": "\n".join(", ".join((e.number, *e.seals)) for e in document.equipment),
        }

    def write(self, document: Document, language: str) -> Document:
        data = self.cleaned_data
        name = data["entry_name"]
        code = document.entry.code if name == document.entry.name else port_code(name)
        return replace(document, entry=Location(code, name), equipment=tuple(containers(data["containers"])))


def port_code(name: str) -> str:
    return by_name("port", name) if name else ""


def containers(text: str) -> list[Equipment]:
    found = []
    for line in text.split("\n"):
        number, *seals = [part.strip() for part in line.split(",")]
        if number or any(seals):
            found.append(Equipment(number, tuple(seal for seal in seals if seal)))
    return found


def means_of(movement: Movement) -> str:
    return ", ".join(text.text for text in movement.means)


def movements_read(document: Document) -> list[dict[str, Any]]:
    return [{"mode": m.mode, "means": means_of(m), "number": m.number} for m in document.movements]


def movements_write(document: Document, rows: list[dict[str, Any]], language: str) -> Document:
    """The movements of the rows that say something; names that did not change keep their languages."""
    before = {means_of(movement): movement.means for movement in document.movements}
    made = tuple(
        Movement(
            row["mode"],
            before.get(row["means"]) or ((Text(row["means"], language),) if row["means"] else ()),
            row["number"],
            name_of("transport", row["mode"], language) if row["mode"] else "",
        )
        for row in rows
        if any(row.get(name) for name in ("mode", "means", "number"))
    )
    return replace(document, movements=made)


class Declarations(forms.Form):
    declaration = TextField(label=_("Additional declaration"), max_length=8000, widget=forms.Textarea(AREA | {"rows": 7}),
                            help_text=_("Only what the importing country requires. No letters of credit, no treatments. "
                                        "A blank line starts another declaration."))  # fmt: skip
    official = TextField(label=_("Additional official information"), max_length=8000, widget=forms.Textarea(AREA))
    inspected = DateField(label=_("Date of inspection"), help_text=_("Day, month and year, such as 12 7 2026."))

    helper = laid_out(Fieldset(_("For the whole consignment"), "declaration", "official", "inspected"))

    def offer(self, done: Inspection | None) -> None:
        """Name the day of the inspection that is recorded, as it may be typed."""
        if done is not None and done.done_on is not None:
            day = f"{done.done_on.day} {done.done_on.month} {done.done_on.year}"
            self.fields["inspected"].help_text = _("An inspection is recorded on %(day)s.") % {"day": day}

    @staticmethod
    def read(document: Document) -> dict[str, Any]:
        def joined(subject: str) -> str:
            return "\n\n".join(text.text for text in note_texts(document.notes, subject))

        return {"declaration": joined("ADEDL"), "official": joined("ADAOEDL"), "inspected": joined("ADDIEDL")}

    def write(self, document: Document, language: str) -> Document:
        notes = document.notes
        for subject, name in (("ADEDL", "declaration"), ("ADAOEDL", "official")):
            notes = set_notes(
                notes, subject, paragraphs(self.cleaned_data[name], note_texts(document.notes, subject), language)
            )
        return replace(document, notes=set_notes(notes, "ADDIEDL", [Text(self.cleaned_data["inspected"])]))


def paragraphs(text: str, before: list[Text], language: str) -> list[Text]:
    """One text for each paragraph; those that were there keep the language they were written in."""
    known = {old.text: old for old in before}
    parts = (part.strip() for part in text.split("\n\n"))
    return [known.get(part, Text(part, language)) for part in parts if part]


FORMS: Final = {
    "consignment": Consignment,
    "parties": Parties,
    "transport": Transport,
    "declarations": Declarations,
}


@dataclass(frozen=True)
class Several:
    """What a section has any number of: the rows of its form, and how they are read from a document and written."""

    prefix: str
    formset: Any
    read: Callable[[Document], list[dict[str, Any]]]
    write: Callable[[Document, list[dict[str, Any]], str], Document]


ROWS: Final = {
    "consignment": Several("transits", TransitRows, transits_read, transits_write),
    "transport": Several("movements", MovementRows, movements_read, movements_write),
}
