"""The texts of mails: for each kind and language the usual one, or what the NPPO writes in its place."""

from typing import Any

from django import forms
from django.conf import settings as installation
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates import letters
from certificates.administration.doorway import administrators_only
from certificates.administration.history import history
from certificates.forms.fields import TextField, errors_of
from certificates.forms.sections import laid_out
from gens.accounts import changes
from gens.accounts.letters import LINK, Letter, filled, short
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import MailText

LETTERS = {letter.kind: letter for letter in letters.ALL}
LANGUAGES = {short(code): (code, name) for code, name in installation.LANGUAGES}


class Words(forms.Form):
    """Subject and text. Only the fields of this letter may stand in them, and the link has to."""

    subject = TextField(
        label=gettext_lazy("Subject"), max_length=200, widget=forms.TextInput({"size": 50, "dir": "auto"})
    )
    text = TextField(
        label=gettext_lazy("Text of the mail"), max_length=8000, widget=forms.Textarea({"rows": 12, "dir": "auto"})
    )

    helper = laid_out("subject", "text")

    def __init__(self, *args: Any, letter: Letter, **options: Any) -> None:
        super().__init__(*args, **options)
        self.letter = letter

    def clean_subject(self) -> str:
        return self._checked("subject")

    def clean_text(self) -> str:
        text = self._checked("text")
        if f"{{{LINK}}}" not in text:
            raise ValidationError(_("The text needs {link}: without it nobody gets there."))
        return text

    def _checked(self, name: str) -> str:
        text = str(self.cleaned_data[name]).strip()
        if not text:
            raise ValidationError(_("Fill this in."))
        if unknown := self.letter.unknown(text):
            raise ValidationError(_("This mail has no field {%(name)s}."), params={"name": unknown[0]})
        return text


def mail_texts(request: ActingRequest) -> HttpResponse:
    """Every kind of mail, and in which languages the NPPO has words of its own."""
    administrators_only(request)
    written = MailText.objects.filter(nppo=request.membership.nppo_id).exclude(text="")
    own = set(written.values_list("kind", "language"))
    rows = [
        (letter, [(key, name, (letter.kind, key) in own) for key, (_code, name) in LANGUAGES.items()])
        for letter in letters.ALL
    ]
    return render(request, "administration/mail_texts.html", {"rows": rows})


def mail_text(request: ActingRequest, kind: str, language: str) -> HttpResponse:
    """One text. POST saves it, or with `usual` puts our own back."""
    administrators_only(request)
    if kind not in LETTERS or language not in LANGUAGES:
        raise Http404
    letter, (code, name) = LETTERS[kind], LANGUAGES[language]
    row = MailText.objects.filter(nppo=request.membership.nppo_id, kind=kind, language=language).first()
    with translation.override(code):
        usual = dict(zip(("subject", "text"), letter.usual, strict=True))
    if request.method == "POST" and "usual" in request.POST:
        return _put_back(request, row)
    row = row or MailText(nppo=request.membership.nppo, kind=kind, language=language)
    start = {"subject": row.subject, "text": row.text} if row.text else usual
    is_post = request.method == "POST"
    form = Words(request.POST if is_post else None, initial=start, letter=letter)
    if is_post and form.is_valid() and "show" not in request.POST:
        row.subject, row.text = form.cleaned_data["subject"], form.cleaned_data["text"]
        changes.save(row, by=request.membership)
        messages.success(request, _("Saved."))
        return redirect("administration:mail_texts")
    shown = form.cleaned_data if is_post and form.is_valid() else start
    context = {
        "letter": letter, "language": name, "tongue": code, "row": row, "form": form, "errors": errors_of(form),
        "example": {key: filled(shown[key], letter.fields) for key in usual}, "history": history(row, form),
    }  # fmt: skip
    return render(request, "administration/mail_text.html", context, status=422 if errors_of(form) else 200)


def _put_back(request: ActingRequest, row: MailText | None) -> HttpResponse:
    """Our own text again: the row says nothing any more, and its history stays."""
    if row is not None:
        row.subject = row.text = ""
        changes.save(row, by=request.membership, reason=_("Put back"))
        messages.success(request, _("The usual text is back."))
    return redirect("administration:mail_texts")
