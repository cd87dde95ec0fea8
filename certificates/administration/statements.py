"""The statutory sentences by language: what prints, where it comes from, and who compared it with the official text."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.administration.doorway import administrators_only
from certificates.administration.history import history
from certificates.administration.lists import TONGUES
from certificates.forms.fields import TextField, errors_of
from certificates.forms.sections import laid_out
from certificates.models import Verification
from certificates.paper.words import CURRENT, ENGLISH, keys, sentence
from certificates.statutory import verified
from codelists.models import LANGUAGES
from gens.accounts import changes
from gens.accounts.middleware import ActingRequest

NAMES: Final = {
    "certifying": gettext_lazy("Certifying statement"),
    "practically_free": gettext_lazy("Practically free from other pests (optional)"),
    "no_liability": gettext_lazy("No financial liability (optional)"),
    "reexport": gettext_lazy("Statement for re-export"),
    "replaces": gettext_lazy("Replaces and cancels"),
}
OTHERS: Final = tuple(language for language in LANGUAGES[1:] if language != ENGLISH)


class Compared(forms.Form):
    source = TextField(
        label=gettext_lazy("The official text it was compared with"), max_length=400,
        widget=forms.TextInput({"size": 50, "dir": "auto"}),
        help_text=gettext_lazy("Such as ISPM 12 in this language, its edition and the page."),
    )  # fmt: skip

    helper = laid_out("source")

    def clean_source(self) -> str:
        if not (source := str(self.cleaned_data["source"]).strip()):
            raise forms.ValidationError(_("Name the official text."))
        return source


def statements(request: ActingRequest) -> HttpResponse:
    """Each language with each sentence, and whether it may stand alone."""
    administrators_only(request)
    known = verified(request.membership.nppo_id)
    rows = [
        (language, TONGUES[language], [(NAMES[key], sentence(key, language, verified=known)) for key in keys()])
        for language in (ENGLISH, *OTHERS)
    ]
    return render(request, "administration/statements.html", {"rows": rows})


def statement(request: ActingRequest, key: str, language: str) -> HttpResponse:
    """One sentence beside the English one. POST says that it is the official text, or with `back` that it is not."""
    administrators_only(request)
    found = sentence(key, language, verified=verified(request.membership.nppo_id)) if key in NAMES else None
    if found is None or not found.text or language not in OTHERS:
        raise Http404
    about: dict[str, Any] = {"key": key, "language": language, "template_version": CURRENT}
    row = Verification.objects.filter(nppo=request.membership.nppo_id, **about).first()
    row = row or Verification(nppo=request.membership.nppo, is_verified=False, **about)
    is_post = request.method == "POST"
    if is_post and "back" in request.POST:
        return _saved(request, row, False)
    form = Compared(request.POST if is_post else None, initial={"source": row.source})
    if is_post and form.is_valid():
        row.source = form.cleaned_data["source"]
        return _saved(request, row, True)
    context = {
        "found": found, "name": NAMES[key], "language": TONGUES[language], "english": sentence(key, ENGLISH), "row": row,
        "form": form, "errors": errors_of(form), "history": history(row, form, {"is_verified": gettext_lazy("Verified")}),
    }  # fmt: skip
    return render(request, "administration/statement.html", context, status=422 if is_post else 200)


def _saved(request: ActingRequest, row: Verification, is_verified: bool) -> HttpResponse:
    row.is_verified = is_verified
    changes.save(row, by=request.membership)
    messages.success(request, _("Saved."))
    return redirect("administration:statements")
