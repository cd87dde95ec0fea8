"""NPPOs of the installation, for system operators: which there are, a new one, and inviting an administrator to one."""

import re
from typing import Any, Final

from crispy_forms.layout import Fieldset
from django import forms
from django.conf import settings as installation
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from certificates.administration.doorway import operators_only
from certificates.administration.settings import zones
from certificates.forms.fields import LongSelect, TextField, errors_of
from certificates.forms.sections import laid_out
from codelists import lookup
from gens.accounts import founding, inviting, roles
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Invitation, Membership, Nppo, Office
from gens.accounts.tenancy import acting_for

_CODE: Final = re.compile(r"[A-Z0-9]{2,10}")  # its twin's has two characters more
WIDE: Final = {"size": 50, "dir": "auto"}
PAGE: Final = 50


class First(forms.Form):
    """Somebody who will administer an NPPO."""

    person = TextField(label=gettext_lazy("Name"), max_length=256, widget=forms.TextInput(WIDE))
    email = forms.EmailField(label=gettext_lazy("E-mail"))

    helper = laid_out("person", "email")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("name", "office", "place", "person"):
            if name in self.fields and not data.get(name, "").strip():
                self.add_error(name, _("Fill this in."))
        return data


def _countries() -> list[tuple[str, str]]:
    return [("", "–"), *lookup.choices("country", get_language() or "en")]


class Founding(First):
    """A new NPPO with what it needs to begin; all the rest its administrator sets."""

    code = TextField(
        label=gettext_lazy("Code"), max_length=10, widget=forms.TextInput({"size": 12, "dir": "ltr"}),
        help_text=gettext_lazy("Short and for ever: it stands in the numbers of certificates. Mostly the country, such as WS."),
    )  # fmt: skip
    country = forms.ChoiceField(label=gettext_lazy("Country"), choices=_countries, widget=LongSelect)
    name = TextField(
        label=gettext_lazy("Name of the NPPO"), max_length=200, widget=forms.TextInput(WIDE),
        help_text=gettext_lazy("Prints on certificates as issued from now on."),
    )  # fmt: skip
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=lambda: [("", "–"), *zones()],
        widget=LongSelect,
        help_text=gettext_lazy("Rules the printed date, the year of a number and the times on screens."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of certificates"), choices=installation.LANGUAGES,
        help_text=gettext_lazy("In which officers write what is not in English."),
    )  # fmt: skip
    office = TextField(label=gettext_lazy("Name of the office"), max_length=256, widget=forms.TextInput(WIDE))
    place = TextField(
        label=gettext_lazy("Place of issue"), max_length=256, widget=forms.TextInput(WIDE),
        help_text=gettext_lazy("As it prints on certificates."),
    )  # fmt: skip

    helper = laid_out(
        Fieldset(gettext_lazy("The NPPO"), "code", "country", "name", "time_zone", "language"),
        Fieldset(gettext_lazy("Its first office"), "office", "place"),
        Fieldset(gettext_lazy("Its first administrator"), "person", "email"),
    )

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).strip().upper()
        if not _CODE.fullmatch(code):
            raise ValidationError(_("A code has two to ten letters and digits."))
        if Nppo.objects.filter(code__in=[code, code + founding.SUFFIX]).exists():
            raise ValidationError(_("Another NPPO has this code."))
        return code

    def made(self) -> tuple[Nppo, Office, Invitation]:
        """Not stored yet."""
        said = self.cleaned_data
        nppo = Nppo(**{name: said[name] for name in ("code", "country", "name", "time_zone", "language")})
        return nppo, Office(name=said["office"], place=said["place"]), invitation_of(said, nppo)


def invitation_of(said: dict[str, Any], nppo: Nppo) -> Invitation:
    return Invitation(email=str(said["email"]).lower(), name=said["person"].strip(), language=nppo.language)


def nppos(request: ActingRequest) -> HttpResponse:
    operators_only(request)
    query = request.GET.get("q", "")[:100]
    rows = Nppo.objects.order_by("code")
    if query:
        rows = rows.filter(name__icontains=query) | rows.filter(code__iexact=query)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "query": query, "countries": dict(lookup.choices("country", get_language() or "en"))}
    return render(request, "administration/nppos.html", context)


def new_nppo(request: ActingRequest) -> HttpResponse:
    operators_only(request)
    is_post = request.method == "POST"
    form = Founding(request.POST if is_post else None)
    if is_post and form.is_valid():
        nppo = founding.found(*form.made(), by=request.membership)
        messages.success(request, _("%(name)s is made, and its administrator is invited.") % {"name": nppo.name})
        return redirect("administration:nppo", nppo.pk)
    context = {"form": form, "errors": errors_of(form)}
    return render(request, "administration/nppo_new.html", context, status=422 if is_post else 200)


def nppo(request: ActingRequest, pk: int) -> HttpResponse:
    """Who administers it, and who is invited to; POST invites somebody, or sends an open invitation again."""
    operators_only(request)
    found, is_post = get_object_or_404(Nppo, pk=pk), request.method == "POST"
    form = First(request.POST if is_post else None)
    with acting_for(found.pk):
        people = Membership.objects.filter(nppo=found, is_active=True, roles__contains=[roles.ADMINISTRATOR])
        administrators = list(people.select_related("user").order_by("user__name"))
        open_ones = Invitation.objects.filter(nppo=found, accepted_at=None, withdrawn_at=None)
        invited = list(open_ones.filter(roles__contains=[roles.ADMINISTRATOR]).order_by("created_at"))
        if is_post and form.is_valid() and _is_invited(request, form, found, open_ones, administrators):
            messages.success(request, _("The invitation is on its way."))
            return redirect("administration:nppo", pk)
    context = {
        "nppo": found, "form": form, "errors": errors_of(form), "administrators": administrators, "invited": invited,
    }  # fmt: skip
    return render(request, "administration/nppo.html", context, status=422 if is_post else 200)


def _is_invited(
    request: ActingRequest, form: First, nppo: Nppo, open_ones: Any, administrators: list[Membership]
) -> bool:
    """Whether the invitation went out; else the form says why not. Called acting for that NPPO."""
    wanted = invitation_of(form.cleaned_data, nppo)
    again = open_ones.select_related("nppo").filter(email=wanted.email).first()
    office = Office.objects.filter(nppo=nppo, is_active=True).order_by("pk").first()
    if wanted.email in {member.user.email for member in administrators}:
        form.add_error("email", _("This person administers it already."))
    elif again is not None and roles.ADMINISTRATOR not in again.roles:
        form.add_error("email", _("This person is invited with another role. Its administrators can change that."))
    elif again is not None:
        inviting.send(again, by=request.membership)
    elif office is None:
        form.add_error("email", _("This NPPO has no open office."))
    else:
        founding.invite(wanted, nppo, office, by=request.membership)
    return form.is_valid()
