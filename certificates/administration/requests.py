"""“Request this code”: an officer misses one, an administrator answers, and the officer is told by mail."""

from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates import letters
from certificates.administration.doorway import own_or_404
from certificates.forms.fields import TextField, errors_of
from certificates.forms.sections import laid_out
from codelists import lookup
from codelists.models import CodeRequest, List
from gens.accounts import changes, mail, roles
from gens.accounts.letters import written
from gens.accounts.middleware import ActingRequest

PAGE: Final = 50


class Ask(forms.Form):
    list = forms.ChoiceField(label=gettext_lazy("List"), choices=List.choices)
    text = TextField(
        label=gettext_lazy("What is missing"), max_length=256, widget=forms.TextInput({"size": 40, "dir": "auto"})
    )
    note = TextField(
        label=gettext_lazy("What it is, and where it is needed"), max_length=2000,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )  # fmt: skip

    helper = laid_out("list", "text", "note")

    def clean_text(self) -> str:
        if not (text := str(self.cleaned_data["text"]).strip()):
            raise ValidationError(_("Write what is missing."))
        return text


class Reply(forms.Form):
    answer = forms.ChoiceField(
        label=gettext_lazy("Answer"), choices=CodeRequest.Answer.choices, widget=forms.RadioSelect
    )
    code = TextField(
        label=gettext_lazy("Code"), max_length=24, widget=forms.TextInput({"size": 16, "dir": "ltr"}),
        help_text=gettext_lazy("The one that you added, or that shall be used."),
    )  # fmt: skip
    words = TextField(
        label=gettext_lazy("In your words"), max_length=2000, widget=forms.Textarea({"rows": 3, "dir": "auto"})
    )

    helper = laid_out("answer", "code", "words")

    def __init__(self, *args: Any, about: CodeRequest, **options: Any) -> None:
        super().__init__(*args, **options)
        self.about = about

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        answer, code = data.get("answer"), data.get("code", "").strip()
        if answer == CodeRequest.Answer.REFUSED and not data.get("words", "").strip():
            self.add_error("words", _("Write the reason."))
        elif answer and answer != CodeRequest.Answer.REFUSED and lookup.by_code(self.about.list, code) is None:
            self.add_error("code", _("The list has no such code. Add it first, or choose another one."))
        data["code"] = "" if answer == CodeRequest.Answer.REFUSED else code
        return data


def requests(request: ActingRequest) -> HttpResponse:
    """What officers of this NPPO asked for, the open ones first; an officer sees their own."""
    may_answer = request.membership.may(roles.ADMINISTER)
    if not may_answer and not request.membership.may(roles.DRAFT):
        raise PermissionDenied
    rows = CodeRequest.objects.filter(nppo=request.membership.nppo_id).select_related("by__user", "answered_by__user")
    rows = rows if may_answer else rows.filter(by=request.membership)
    page = Paginator(rows.order_by("answer", "-at", "-pk"), PAGE).get_page(request.GET.get("page"))
    return render(request, "administration/requests.html", {"page": page, "may_answer": may_answer})


def ask(request: ActingRequest) -> HttpResponse:
    """An officer asks; ?list= and ?text= say what was looked for, ?next= where they were."""
    if not request.membership.may(roles.DRAFT):
        raise PermissionDenied
    is_post, back = request.method == "POST", request.GET.get("next", "")
    back = back if url_has_allowed_host_and_scheme(back, None) else ""
    start = {"list": request.GET.get("list", List.TAXON), "text": request.GET.get("text", "")[:256]}
    form = Ask(request.POST if is_post else None, initial=start)
    if is_post and form.is_valid():
        changes.save(
            CodeRequest(nppo=request.membership.nppo, by=request.membership, **form.cleaned_data), by=request.membership
        )
        messages.success(request, _("Your request is with the administrators. You get a mail when it is answered."))
        return redirect(back or "administration:requests")
    context = {"form": form, "errors": errors_of(form), "back": back}
    return render(request, "administration/ask.html", context, status=422 if is_post else 200)


def answer(request: ActingRequest, pk: int) -> HttpResponse:
    """An administrator answers once."""
    if not request.membership.may(roles.ADMINISTER):
        raise PermissionDenied
    about = own_or_404(request, CodeRequest, pk)
    is_post = request.method == "POST"
    form = Reply(request.POST if is_post else None, about=about)
    if is_post:
        about = CodeRequest.objects.select_for_update().get(pk=pk)
    if is_post and about.answer:
        messages.error(request, _("Somebody was faster: this request is answered."))
        return redirect("administration:requests")
    if is_post and form.is_valid():
        about.answered_by, about.answered_at = request.membership, timezone.now()
        about.answer, about.code, about.words = (form.cleaned_data[n] for n in ("answer", "code", "words"))
        changes.save(about, by=request.membership)
        _tell(about)
        messages.success(request, _("Answered. The officer gets a mail."))
        return redirect("administration:requests")
    similar = lookup.find(about.list, about.text)
    language = translation.get_language() or "en"
    context = {
        "about": about, "form": form, "errors": errors_of(form),
        "similar": [(code.code, code.name(language)) for code in similar],
    }  # fmt: skip
    return render(request, "administration/answer.html", context, status=422 if is_post else 200)


def _tell(about: CodeRequest) -> None:
    person = about.by.user
    with translation.override(person.language):
        said = {
            "text": about.text,
            "list": List(about.list).label,
            "answer": CodeRequest.Answer(about.answer).label,
            "code": about.code or "–",
            "words": about.words,
            "link": settings.PUBLIC_URL + reverse("administration:requests"),
        }
        subject, text = written(letters.CODE_ANSWERED, about.nppo_id, said)
    mail.put(about.nppo_id, person.email, "code_request", subject, text)
