"""Settings of the NPPO that existing features read. Each says what it does, who changed it last, and can be put back."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from crispy_forms.layout import Fieldset
from django import forms
from django.conf import settings as installation
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates import numbering
from certificates.administration.doorway import administrators_only
from certificates.administration.history import in_words
from certificates.forms.fields import LongSelect, TextField, errors_of
from certificates.forms.sections import laid_out
from certificates.models import NumberSequence
from gens.accounts import changes, roles
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Event, Nppo, PublicDetail
from hubclient.models import Connection

MOST_GRACE: Final = 24 * 60
_OF_NPPO: Final = (
    "name",
    "time_zone",
    "language",
    "paper_language",
    "paper_alone",
    "number_pattern",
    "four_eyes",
    "approves_and_issues",
    "prints_on_security_paper",
    "needs_inspection",
    "inspection_days",
    "certifies_practically_free",
    "disclaims_liability",
    "public_detail",
    "second_factor_roles",
)


# English always prints; another language beside it.
PAPER_LANGUAGES: Final = [
    ("en", gettext_lazy("English alone")),
    *(pair for pair in installation.LANGUAGES if pair[0] != "en"),
]


@cache
def zones() -> list[tuple[str, str]]:
    """Every time zone of the system and how it is written: read from its files once."""
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]


def checked_pattern(pattern: str, nppo: Nppo) -> str:
    """The pattern of numbers, as it was typed. Raises ValidationError."""
    if not numbering.is_pattern(pattern):
        raise ValidationError(
            _("Use letters, digits, . / - and {code}, and both {year} and {number}: numbers begin anew each year.")
        )
    if len(numbering.written(nppo, 2026, 10**9, pattern)) > numbering.LONGEST:
        raise ValidationError(_("The numbers would be longer than 60 characters."))
    return pattern


class Settings(forms.Form):
    """Of the NPPO itself, of its numbers, and of its active connection."""

    name = TextField(
        label=gettext_lazy("Name of the NPPO"),
        max_length=256,
        widget=forms.TextInput({"size": 50, "dir": "auto"}),
        help_text=gettext_lazy("Prints on certificates as issued from now on."),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=zones,
        widget=LongSelect,
        help_text=gettext_lazy("Rules the printed date, the year of a number and the times on screens."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of certificates"), choices=installation.LANGUAGES,
        help_text=gettext_lazy("In which officers write what is not in English."),
    )  # fmt: skip
    paper_language = forms.ChoiceField(
        label=gettext_lazy("Language beside English on paper"), required=False,
        choices=[("", PAPER_LANGUAGES[0][1]), *PAPER_LANGUAGES[1:]],
        help_text=gettext_lazy("Labels and sentences print in both. Partners can have another one."),
    )  # fmt: skip
    paper_alone = forms.BooleanField(
        label=gettext_lazy("It prints alone where every sentence is verified in it"), required=False
    )
    number_pattern = TextField(
        label=gettext_lazy("Pattern of numbers"), max_length=64,
        help_text=gettext_lazy("{code}, {year} and {number} are filled in; {number:06d} has six digits."),
    )  # fmt: skip
    next_number = forms.IntegerField(
        label=gettext_lazy("Next number of this year"), min_value=1, max_value=999_999_999, required=False,
        help_text=gettext_lazy("Higher, if certificates were issued elsewhere before; never lower."),
    )  # fmt: skip
    four_eyes = forms.BooleanField(
        label=gettext_lazy("Another person approves and issues than the one who wrote it"), required=False
    )
    approves_and_issues = forms.BooleanField(
        label=gettext_lazy("A certifying officer may approve and issue in one step"), required=False
    )
    prints_on_security_paper = forms.BooleanField(
        label=gettext_lazy("Certificates are printed on numbered security paper"), required=False,
        help_text=gettext_lazy("Each print then asks for the serial numbers of its sheets, used or spoiled."),
    )  # fmt: skip
    needs_inspection = forms.BooleanField(label=gettext_lazy("Issue only with a passed inspection"), required=False)
    inspection_days = forms.IntegerField(
        label=gettext_lazy("Not older than so many days"), min_value=0, max_value=366, required=False,
        help_text=gettext_lazy("On the day of issue, where an inspection is needed. Empty: no limit."),
    )  # fmt: skip
    certifies_practically_free = forms.BooleanField(
        label=gettext_lazy("New drafts certify “practically free from other pests”"), required=False
    )
    disclaims_liability = forms.BooleanField(
        label=gettext_lazy("New drafts print “No financial liability”"), required=False
    )
    public_detail = forms.ChoiceField(
        label=gettext_lazy("What anybody sees who scans the code on a certificate"), choices=PublicDetail.choices,
        help_text=gettext_lazy("The code opens a page that says whether the certificate is valid, without signing in."),
    )  # fmt: skip
    grace_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes in which an issued certificate can be recalled"), min_value=0, max_value=MOST_GRACE,
        required=False, help_text=gettext_lazy("So long it waits before it is sent to the Hub. 0: it goes at once."),
    )  # fmt: skip
    second_factor_roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles that need a second factor"), choices=list(roles.ROLE_NAMES.items()),
        widget=forms.CheckboxSelectMultiple, required=False,
        help_text=gettext_lazy(
            "Beside the password: an authenticator app, a passkey or a security key. Who has none is led to set one up at "
            "the next click, also you."
        ),
    )  # fmt: skip

    helper = laid_out(
        Fieldset(
            gettext_lazy("The NPPO"), "name", "time_zone", "language", "paper_language", "paper_alone", "public_detail"
        ),
        Fieldset(gettext_lazy("Numbers"), "number_pattern", "next_number"),
        Fieldset(gettext_lazy("Work"), "four_eyes", "approves_and_issues", "grace_minutes"),
        Fieldset(gettext_lazy("Signing in"), "second_factor_roles"),
        Fieldset(gettext_lazy("Paper"), "prints_on_security_paper"),
        Fieldset(gettext_lazy("Inspection"), "needs_inspection", "inspection_days"),
        Fieldset(gettext_lazy("Optional clauses"), "certifies_practically_free", "disclaims_liability"),
    )

    def __init__(self, *args: Any, rows: "Rows", **options: Any) -> None:
        super().__init__(*args, **options | {"initial": rows.read()})
        self.rows = rows
        if rows.connection is None:
            del self.fields["grace_minutes"]

    def clean_name(self) -> str:
        if not (name := str(self.cleaned_data["name"]).strip()):
            raise ValidationError(_("Write the name."))
        return name

    def clean_number_pattern(self) -> str:
        return checked_pattern(str(self.cleaned_data["number_pattern"]), self.rows.nppo)

    def clean_next_number(self) -> int:
        wanted, last = self.cleaned_data["next_number"], self.rows.sequence.last
        if wanted is None:
            return last + 1
        if wanted <= last:
            raise ValidationError(_("Number %(last)s is given already."), params={"last": last})
        return int(wanted)


@dataclass
class Rows:
    """Where the settings stand."""

    nppo: Nppo
    sequence: NumberSequence
    connection: Connection | None

    def read(self) -> dict[str, Any]:
        own = {name: getattr(self.nppo, name) for name in _OF_NPPO}
        grace = self.connection.grace_seconds // 60 if self.connection else 0
        return own | {"next_number": self.sequence.last + 1, "grace_minutes": grace}

    def write(self, data: dict[str, Any]) -> list[models.Model]:
        for name in _OF_NPPO:
            setattr(self.nppo, name, data[name])
        self.sequence.last = data["next_number"] - 1
        if self.connection is not None and data["grace_minutes"] != self.connection.grace_seconds // 60:
            self.connection.grace_seconds = 60 * (data["grace_minutes"] or 0)
        return [row for row in (self.nppo, self.sequence, self.connection) if row is not None]


def _rows(request: ActingRequest) -> Rows:
    """Locked when they are going to be changed: certificates are issued and the Hub is called meanwhile."""

    def found(rows: Any) -> Any:
        return rows.select_for_update() if request.method == "POST" else rows

    nppo = found(Nppo.objects).get(pk=request.membership.nppo_id)
    kind = {"nppo": nppo, "kind": numbering.CERTIFICATE, "year": numbering.this_year(nppo)}
    sequence = found(NumberSequence.objects).filter(**kind).first() or NumberSequence(**kind)
    return Rows(nppo, sequence, found(Connection.objects).filter(nppo=nppo, is_active=True).first())


def settings(request: ActingRequest) -> HttpResponse:
    """GET shows, POST saves; a button beside each setting puts back what stood there before."""
    administrators_only(request)
    rows = _rows(request)
    if request.method == "POST" and "back" in request.POST:
        return _put_back(request, rows)
    is_post = request.method == "POST"
    form = Settings(request.POST if is_post else None, rows=rows)
    if is_post and form.is_valid():
        for row in rows.write(form.cleaned_data):
            changes.save(row, by=request.membership)
        messages.success(request, _("Saved."))
        return redirect("administration:settings")
    example = numbering.written(rows.nppo, numbering.this_year(rows.nppo), numbering.following(rows.sequence))
    context = {"form": form, "errors": errors_of(form), "told": _told(form, rows), "example": example}
    return render(request, "administration/settings.html", context, status=422 if is_post else 200)


# The setting: which row holds it, and under which name.
_PLACES: Final = {name: ("nppo", name) for name in _OF_NPPO} | {
    "next_number": ("sequence", "last"),
    "grace_minutes": ("connection", "grace_seconds"),
}
_FOR_GOOD: Final = ("next_number",)  # numbers that were given are never given again


def _told(form: Settings, rows: Rows) -> list[dict[str, Any]]:
    """Of each setting that was changed: who did it, when, what stood there before, and whether it can be put back."""
    last: dict[str, dict[str, Event]] = {
        name: changes.last(row) for name, row in vars(rows).items() if row is not None and row.pk
    }
    found = []
    for setting, (row, field) in _PLACES.items():
        event = last.get(row, {}).get(field)
        if event is not None and setting in form.fields:
            before = event.changes[field][0]
            value = before // 60 if field == "grace_seconds" and before is not None else before
            shown = in_words(form.fields[setting], value)
            can = setting not in _FOR_GOOD and event.action == "changed"
            found.append({"name": setting, "label": form[setting].label, "event": event, "before": shown, "can": can})
    return found


def _put_back(request: ActingRequest, rows: Rows) -> HttpResponse:
    setting = request.POST["back"]
    holder, field = _PLACES.get(setting, ("", ""))
    row = getattr(rows, holder, None) if holder else None
    event = changes.last(row).get(field) if row is not None and row.pk and setting not in _FOR_GOOD else None
    if row is not None and event is not None and event.action == "changed":
        setattr(row, field, event.changes[field][0])
        changes.save(row, by=request.membership, reason=_("Put back"))
        messages.success(request, _("Put back."))
    return redirect("administration:settings")
