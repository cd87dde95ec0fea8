"""The NPPO's profile: its names and addresses by language, its arms and the picture of its stamp."""

import re
from dataclasses import replace
from typing import Any, Final

from crispy_forms.layout import Fieldset
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates import pictures
from certificates.administration.doorway import administrators_only
from certificates.administration.history import Told, history
from certificates.administration.lists import TONGUES
from certificates.forms.fields import TextField, errors_of
from certificates.forms.sections import laid_out
from codelists.models import LANGUAGES
from gens.accounts import changes
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Nppo

_HASH: Final = re.compile("[0-9a-f]{64}")
SPOKEN: Final = LANGUAGES[1:]
PICTURES: Final = ("arms", "stamp")


def _file(label: Any, help_text: Any) -> forms.FileField:
    return forms.FileField(
        label=label, help_text=help_text, required=False, widget=forms.FileInput({"accept": "image/png, image/jpeg"})
    )


class Profile(forms.Form):
    """Names and addresses by language; a new picture, or none any more."""

    arms = _file(
        gettext_lazy("Arms or emblem"),
        gettext_lazy("PNG or JPEG. Prints beside the title, and stands in the bar of every page."),
    )
    no_arms = forms.BooleanField(label=gettext_lazy("No arms any more"), required=False)
    stamp = _file(
        gettext_lazy("Picture of the stamp"),
        gettext_lazy("PNG or JPEG. Prints in the box of the stamp; without it the box stays empty for ink."),
    )
    no_stamp = forms.BooleanField(label=gettext_lazy("No picture of the stamp any more"), required=False)

    def __init__(self, *args: Any, nppo: Nppo, **options: Any) -> None:
        names = {f"name_{language}": name for language, name in nppo.names.items()}
        addresses = {f"address_{language}": text for language, text in nppo.addresses.items()}
        super().__init__(*args, **options | {"initial": names | addresses})
        self.nppo = nppo
        for language in SPOKEN:
            here = {"dir": "auto", "lang": language, "size": 50}
            self.fields[f"name_{language}"] = TextField(
                label=TONGUES[language], max_length=256, widget=forms.TextInput(here)
            )
            self.fields[f"address_{language}"] = TextField(
                label=TONGUES[language], max_length=200, widget=forms.TextInput(here)
            )
        for name in PICTURES:
            if not getattr(nppo, name):
                del self.fields[f"no_{name}"]
        self.helper = laid_out(
            Fieldset(gettext_lazy("Name in other languages"), *(f"name_{language}" for language in SPOKEN)),
            Fieldset(gettext_lazy("Address, on one line"), *(f"address_{language}" for language in SPOKEN)),
            Fieldset(
                gettext_lazy("Pictures"),
                *(name for name in ("arms", "no_arms", "stamp", "no_stamp") if name in self.fields),
            ),
        )

    def clean_arms(self) -> str:
        return self._picture("arms")

    def clean_stamp(self) -> str:
        return self._picture("stamp")

    def _picture(self, name: str) -> str:
        """The sha256 of the new picture, kept; the one there was when none was brought."""
        file: UploadedFile[bytes] | None = self.cleaned_data[name]
        if file is None:
            return str(getattr(self.nppo, name))
        try:
            if (file.size or 0) > pictures.LARGEST:
                raise pictures.NotAPicture
            return pictures.keep(self.nppo, file.read())
        except pictures.NotAPicture as error:
            raise ValidationError(
                _("This is not a PNG or JPEG picture of at most 5 MB. Save it again as PNG.")
            ) from error

    def write(self) -> Nppo:
        said = self.cleaned_data
        for field, start in (("names", "name"), ("addresses", "address")):
            spoken = {language: said[f"{start}_{language}"].strip() for language in SPOKEN}
            setattr(self.nppo, field, {language: text for language, text in spoken.items() if text})
        for name in PICTURES:
            setattr(self.nppo, name, "" if said.get(f"no_{name}") else said[name])
        return self.nppo


_LABELS: Final = {
    "names": gettext_lazy("Name in other languages"), "addresses": gettext_lazy("Address, on one line"),
    "arms": gettext_lazy("Arms or emblem"), "stamp": gettext_lazy("Picture of the stamp"),
}  # fmt: skip


def profile(request: ActingRequest) -> HttpResponse:
    administrators_only(request)
    is_post = request.method == "POST"
    rows = Nppo.objects.select_for_update() if is_post else Nppo.objects
    nppo = rows.get(pk=request.membership.nppo_id)
    form = Profile(request.POST if is_post else None, request.FILES if is_post else None, nppo=nppo)
    if is_post and form.is_valid():
        changes.save(form.write(), by=request.membership)
        messages.success(request, _("Saved."))
        return redirect("administration:profile")
    told = [_in_words(each) for each in history(nppo, forms.Form(), _LABELS) if each.changed]
    context = {"form": form, "errors": errors_of(form), "nppo": nppo, "history": told}
    return render(request, "administration/profile.html", context, status=422 if is_post else 200)


def _in_words(told: Told) -> Told:
    """Pictures are not told by their hashes."""

    def said(value: str) -> str:
        return _("a picture") if _HASH.fullmatch(value) else value

    return replace(told, changed=[(label, said(before), said(after)) for label, before, after in told.changed])


def picture(request: ActingRequest, kind: str, sha256: str) -> HttpResponse:
    """A picture of the acting NPPO, by its content's name: kept by browsers for a year. "emblem" is the arms, small."""
    nppo = request.membership.nppo
    named = {"arms": nppo.arms, "stamp": nppo.stamp, "emblem": nppo.arms}.get(kind, "")
    data = pictures.of(nppo, named) if named == sha256 else b""
    if not data:
        raise Http404
    response = HttpResponse(pictures.small(data) if kind == "emblem" else data, content_type="image/png")
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
