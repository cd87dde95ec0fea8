"""What administrators fill in: people, invitations, offices."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from certificates.ephyto.document import EXPORT, RE_EXPORT
from certificates.forms.fields import Day, TextField
from certificates.forms.sections import laid_out
from codelists import lookup
from gens.accounts import roles
from gens.accounts.models import Invitation, Membership, Nppo, Office

# Operators are made by operators: an NPPO's administrator cannot give away the installation.
GIVEN = [(role, name) for role, name in roles.ROLE_NAMES.items() if role != roles.OPERATOR]
TYPES = [(EXPORT, _("For export")), (RE_EXPORT, _("For re-export"))]


class Work(forms.Form):
    """Where somebody works, and as what."""

    office = forms.ModelChoiceField(Office.objects.none(), label=_("Office"), empty_label=None)
    roles = forms.MultipleChoiceField(label=_("Roles"), choices=GIVEN, widget=forms.CheckboxSelectMultiple)

    helper = laid_out("office", "roles")

    def __init__(self, *args: Any, nppo: Nppo, **options: Any) -> None:
        super().__init__(*args, **options)
        offices: Any = self.fields["office"]
        offices.queryset = Office.objects.filter(nppo=nppo, is_active=True).order_by("name")


class Person(Work):
    """A membership, with the authorisation of those who certify (IPPC V.2a)."""

    authorised_from = Day(label=_("Authorised from"), help_text=_("Empty: from now on."))
    authorised_until = Day(label=_("Authorised until"), help_text=_("The last day. Empty: without end."))
    types = forms.MultipleChoiceField(
        label=_("May approve and issue"), choices=TYPES, widget=forms.CheckboxSelectMultiple, required=False,
        help_text=_("None ticked: all."),
    )  # fmt: skip
    destinations = TextField(
        label=_("To these countries only"), max_length=600, help_text=_("Codes such as NZ, AU. Empty: everywhere.")
    )

    helper = laid_out("office", "roles", "authorised_from", "authorised_until", "types", "destinations")

    @staticmethod
    def read(member: Membership) -> dict[str, Any]:
        def typed(day: date | None) -> str:
            return day.isoformat() if day else ""

        return {
            "office": member.office_id,
            "roles": member.roles,
            "authorised_from": typed(member.authorised_from),
            "authorised_until": typed(member.authorised_until),
            "types": member.types,
            "destinations": ", ".join(member.destinations),
        }

    def clean_destinations(self) -> list[str]:
        codes = [code.strip().upper() for code in self.cleaned_data["destinations"].split(",") if code.strip()]
        known = lookup.Codes()
        for code in codes:
            if known.known("country", code) is False:
                raise ValidationError(_("“%(code)s” is no country code."), params={"code": code})
        return codes

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = data.get("authorised_from"), data.get("authorised_until")
        if start and end and end < start:
            self.add_error("authorised_until", _("The authorisation ends before it begins."))
        return data

    def write(self, member: Membership) -> Membership:
        for name in ("office", "roles", "authorised_from", "authorised_until", "types", "destinations"):
            setattr(member, name, self.cleaned_data[name])
        return member


class Invite(Work):
    name = TextField(label=_("Name"), max_length=256, help_text=_("As it prints: name of authorized officer."))
    email = forms.EmailField(label=_("E-mail"))
    language = forms.ChoiceField(label=_("Language of the mail"), choices=settings.LANGUAGES)

    helper = laid_out("name", "email", "language", "office", "roles")

    def __init__(self, *args: Any, nppo: Nppo, **options: Any) -> None:
        super().__init__(*args, nppo=nppo, **options)
        self.nppo = nppo

    def clean_name(self) -> str:
        if not (name := str(self.cleaned_data["name"]).strip()):
            raise ValidationError(_("Write the name."))
        return name

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if Membership.objects.filter(nppo=self.nppo, user__email=email, is_active=True).exists():
            raise ValidationError(_("This person works here already."))
        invited = Invitation.objects.filter(nppo=self.nppo, email=email, accepted_at=None, withdrawn_at=None)
        if invited.exists():
            raise ValidationError(_("This person is invited already. Send the invitation again from the list."))
        return email


class OfficeForm(forms.Form):
    name = TextField(label=_("Name of the office"), max_length=256)
    place = TextField(label=_("Place of issue"), max_length=256, help_text=_("As it prints on certificates."))

    helper = laid_out("name", "place")

    def __init__(self, *args: Any, office: Office, **options: Any) -> None:
        super().__init__(*args, **options | {"initial": {"name": office.name, "place": office.place}})
        self.office = office

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("name", "place"):
            if not data.get(name, "").strip():
                self.add_error(name, _("Fill this in."))
        same = Office.objects.filter(nppo=self.office.nppo_id, name=data.get("name", "")).exclude(pk=self.office.pk)
        if same.exists():
            self.add_error("name", _("Another office has this name."))
        return data
