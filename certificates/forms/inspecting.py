"""What an inspector fills in: the plan and the result of an inspection, its samples as rows, its photos and documents."""

from datetime import date, timedelta
from itertools import zip_longest
from typing import Any, Final

from crispy_forms.layout import Div, Fieldset
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates.ephyto.media import SHOWN, media_type
from certificates.forms.fields import Day, TextField
from certificates.forms.sections import AREA, laid_out
from certificates.inspections import FILES
from certificates.models import Inspection, Sample
from gens.accounts import roles
from gens.accounts.models import Membership

State = Inspection.State
LARGEST: Final = 10_000_000  # bytes of a file
FAR: Final = timedelta(days=2 * 366)  # a day further away is a slip of the pen
ROWS: Final = 20
_INSPECTORS: Final = [role for role, allowed in roles.PERMISSIONS.items() if roles.DRAFT in allowed]


def near(day: date | None) -> date | None:
    """The day, unless its year cannot be meant. Raises ValidationError."""
    if day is not None and abs(day - timezone.localdate()) > FAR:
        raise ValidationError(_("This day is years away. Check the year."))
    return day


def past(day: date | None) -> date | None:
    """The day, unless it is still to come where the NPPO is. Raises ValidationError."""
    if (near(day) or date.min) > timezone.localdate():
        raise ValidationError(_("This day is still to come."))
    return day


class Record(forms.Form):
    """One inspection: planned, done, or both."""

    planned_on = Day(label=_("Planned for"), help_text=_("Day, month and year, such as 12 7 2026."))
    officer = forms.TypedChoiceField(label=_("Officer"), required=False, coerce=int, empty_value=None)
    place = TextField(label=_("Place"), max_length=256, widget=forms.TextInput({"size": 50, "dir": "auto"}))
    done_on = Day(label=_("Date of inspection"), help_text=_("Empty until it is done."))
    state = forms.ChoiceField(
        label=_("Result"), required=False,
        choices=[("", _("Not done yet")), *((s.value, s.label) for s in (State.PASSED, State.FAILED, State.LABORATORY))],
    )  # fmt: skip
    findings = TextField(label=_("Findings"), widget=forms.Textarea(AREA), max_length=8000,
                         help_text=_("Pests, their stage, how many units were looked at. Internal, never printed."))  # fmt: skip

    helper = laid_out(
        Fieldset(_("Who, where and when"), Div("planned_on", "officer", css_class="line"), "place"),
        Fieldset(_("What was found"), Div("done_on", "state", css_class="line"), "findings"),
    )

    def __init__(self, *args: Any, inspection: Inspection, **options: Any) -> None:
        super().__init__(*args, **options | {"initial": read(inspection)})
        officers: Any = self.fields["officer"]
        officers.choices = [("", "–"), *officers_of(inspection)]

    def clean_planned_on(self) -> date | None:
        return near(self.cleaned_data["planned_on"])

    def clean_done_on(self) -> date | None:
        return past(self.cleaned_data["done_on"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if {"planned_on", "done_on"} & set(self.errors):
            return data
        if not data["done_on"]:
            self._clean_plan(data)
        else:
            self._clean_result(data)
        return data

    def _clean_plan(self, data: dict[str, Any]) -> None:
        if data.get("state"):
            self.add_error("done_on", _("Write on which day it was done."))
        elif not data["planned_on"]:
            self.add_error("planned_on", _("Write the day it is planned for, or below the day it was done."))

    def _clean_result(self, data: dict[str, Any]) -> None:
        for name, words in (
            ("state", _("Choose the result.")),
            ("officer", _("Name the officer who inspected.")),
            ("place", _("Write where it was.")),
        ):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, words)
        if data.get("state") == State.FAILED and not data.get("findings"):
            self.add_error("findings", _("Write what was found, so that others know why it failed."))

    def write(self, inspection: Inspection) -> Inspection:
        data = self.cleaned_data
        inspection.state = data["state"] or State.PLANNED
        inspection.planned_on, inspection.done_on = data["planned_on"], data["done_on"]
        inspection.officer_id, inspection.place = data["officer"], data["place"]
        inspection.findings = data["findings"]
        return inspection


def read(inspection: Inspection) -> dict[str, Any]:
    """What the form shows of an inspection."""
    return {
        "planned_on": typed(inspection.planned_on),
        "officer": inspection.officer_id or "",
        "place": inspection.place,
        "done_on": typed(inspection.done_on),
        "state": inspection.state if inspection.state in (State.PASSED, State.FAILED, State.LABORATORY) else "",
        "findings": inspection.findings,
    }


def typed(day: date | None) -> str:
    return day.isoformat() if day else ""


def officers_of(inspection: Inspection) -> list[tuple[int, str]]:
    """Those who may inspect, and whoever did, with their offices."""
    may = Q(is_active=True, roles__overlap=_INSPECTORS) | Q(pk=inspection.officer_id)
    people = Membership.objects.filter(may, nppo=inspection.nppo_id).select_related("user", "office")
    return [(each.pk, str(each)) for each in people.order_by("user__name", "pk")]


class SampleRow(forms.Form):
    id = forms.CharField(required=False, widget=forms.HiddenInput)
    number = TextField(label=_("Sample number"), max_length=64, widget=forms.TextInput({"size": 14, "dir": "ltr"}))
    what = TextField(label=_("What was taken"), max_length=256, widget=forms.TextInput({"size": 34, "dir": "auto"}))
    laboratory = TextField(label=_("Laboratory"), max_length=256, widget=forms.TextInput({"size": 34, "dir": "auto"}))
    reference = TextField(
        label=_("Laboratory reference"), max_length=64, widget=forms.TextInput({"size": 14, "dir": "ltr"})
    )
    result = TextField(label=_("Result"), max_length=1024, widget=forms.TextInput({"size": 50, "dir": "auto"}))
    result_on = Day(label=_("Date of the result"))
    remove = forms.BooleanField(required=False, label=_("Remove this sample"))

    helper = laid_out(
        "id", Div("number", "what", css_class="line"), Div("reference", "laboratory", css_class="line"),
        Div("result_on", "result", css_class="line"), "remove",
    )  # fmt: skip

    def clean_result_on(self) -> date | None:
        return past(self.cleaned_data["result_on"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if says_something(data) and not data.get("remove"):
            for name, words in (("number", _("Write the number of the sample.")), ("what", _("Write what was taken."))):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, words)
        return data


SampleRows = forms.formset_factory(SampleRow, extra=0, max_num=ROWS, absolute_max=ROWS)
_OF_SAMPLE: Final = ("number", "what", "laboratory", "reference", "result", "result_on")


def says_something(row: dict[str, Any]) -> bool:
    return any(row.get(name) for name in _OF_SAMPLE)


def samples_read(samples: list[Sample]) -> list[dict[str, Any]]:
    return [
        {name: getattr(s, name) for name in _OF_SAMPLE} | {"id": str(s.pk), "result_on": typed(s.result_on)}
        for s in samples
    ]


def samples_write(samples: list[Sample], rows: list[dict[str, Any]]) -> list[Sample]:
    """The samples of the rows: stored ones changed or removed, others new. A row that says nothing is no sample."""
    stored = {str(sample.pk): sample for sample in samples}
    made = []
    for row in rows:
        sample = stored.get(row.get("id", ""), Sample())
        is_kept = says_something(row) and not row.get("remove")
        if is_kept:
            for name in _OF_SAMPLE:
                setattr(sample, name, row[name])
        elif sample.pk:
            sample.is_removed = True
        if is_kept or sample.pk:
            made.append(sample)
    return made


class AttachFile(forms.Form):
    """`held`: how many files the inspection has already."""

    file = forms.FileField(
        label=_("File"), help_text=_("PDF, PNG, JPEG or GIF, 10 MB at most."),
        widget=forms.FileInput({"accept": "application/pdf,image/png,image/jpeg,image/gif"}),
    )  # fmt: skip
    caption = TextField(label=_("What it shows"), max_length=256, widget=forms.TextInput({"size": 50, "dir": "auto"}))

    helper = laid_out("file", "caption")

    def __init__(self, *args: Any, held: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.held, self.name = held, ""

    def clean_file(self) -> bytes:
        """The bytes. Nothing too large is read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if self.held >= FILES:
            raise ValidationError(_("An inspection has %(most)s files at most."), params={"most": FILES})
        if (file.size or 0) > LARGEST:
            raise ValidationError(
                _("The file is too large. %(size)s are allowed."), params={"size": filesizeformat(LARGEST)}
            )
        data: bytes = file.read()
        if media_type(data, settings.EPHYTO_LIMITS["pixels"]) not in SHOWN:
            raise ValidationError(_("This is not a whole PDF, PNG, JPEG or GIF file. Save or scan it again as PDF."))
        self.name = file.name or ""
        return data


def differences(yours: tuple[Any, Any], theirs: tuple[Any, Any]) -> list[tuple[str, str, str]]:
    """(label, as it stands, as typed) of each field that differs. Of both: the form and the rows of samples."""
    found = compared(yours[0], theirs[0])
    for number, (mine, other) in enumerate(zip_longest(yours[1].forms, theirs[1].forms), 1):
        rows = compared(mine, other) if mine and other else compared(mine or other, None)
        found += [
            (f"{number}. {label}", stands, said) if mine else (f"{number}. {label}", said, stands)
            for label, stands, said in rows
        ]
    return found


def compared(mine: forms.BaseForm, other: forms.BaseForm | None) -> list[tuple[str, str, str]]:
    found = []
    for name, field in mine.fields.items():
        said, stands = (_shown(form, name, field) for form in (mine, other))
        if said != stands and name != "id":
            found.append((str(field.label), stands, said))
    return found


def _shown(form: forms.BaseForm | None, name: str, field: Any) -> str:
    value = str(form[name].value() or "") if form else ""
    return str({str(key): label for key, label in getattr(field, "choices", ())}.get(value, value))
