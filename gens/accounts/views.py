"""Choosing for whom one acts, and in which language."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from gens.accounts import changes, inviting, roles
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Invitation, Membership, Notice, Notices, User
from gens.accounts.tenancy import acting_for, signing_in


def local_next(request: HttpRequest) -> str:
    """Where to go on: the local path asked for, never another host."""
    target = request.POST.get("next") or request.GET.get("next") or "/"
    return target if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()) else "/"


def choose(request: HttpRequest) -> HttpResponse:
    """The memberships of this person; a single one is taken without asking."""
    assert isinstance(request.user, User)
    with signing_in(request.user.pk):
        memberships = list(
            Membership.objects.select_related("nppo").filter(user=request.user, is_active=True).order_by("pk")
        )
        # offices belong to tenants that are not open yet: names are read when the membership is used
    wanted = request.POST.get("membership") if request.method == "POST" else None
    if len(memberships) == 1 and wanted is None:
        wanted = str(memberships[0].pk)
    for membership in memberships:
        if str(membership.pk) == wanted:
            request.session["nppo"], request.session["membership"] = (
                membership.nppo_id,
                membership.pk,
            )
            return redirect(local_next(request))
    if wanted is not None:
        messages.error(
            request,
            _("This membership is not yours, or it has ended. Choose another one."),
        )
    return render(
        request,
        "accounts/choose.html",
        {"memberships": memberships, "next": local_next(request)},
    )


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Keep the language with the person (signed in) and in a cookie (everybody)."""
    code = request.POST.get("language", "")
    response = redirect(local_next(request))
    if code not in dict(settings.LANGUAGES):
        return response
    if isinstance(request.user, User):
        request.user.language = code
        request.user.save(update_fields=["language"])
    translation.activate(code)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=31_536_000,
        samesite="Lax",
        httponly=True,
    )
    return response


class Welcome(forms.Form):
    """What somebody invited says about themself."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=256)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    password = forms.CharField(
        label=gettext_lazy("Password"), widget=forms.PasswordInput({"autocomplete": "new-password"}), strip=False
    )
    again = forms.CharField(
        label=gettext_lazy("The password again"),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        strip=False,
    )

    def __init__(self, *args: Any, email: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password

    def clean_again(self) -> str:
        if self.cleaned_data["again"] != self.cleaned_data.get("password", self.cleaned_data["again"]):
            raise ValidationError(_("The two passwords differ."))
        return str(self.cleaned_data["again"])


def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link of an invitation leads. Who has an account signs in to accept; others make one here."""
    nppo_id, _dash, secret = token.partition("-")
    if not nppo_id.isdecimal() or len(token) > 200:
        raise Http404
    with acting_for(int(nppo_id[:9])):
        found = inviting.found(secret)
        if found is None:
            raise Http404
        return _welcome(request, found)


def _welcome(request: HttpRequest, found: Invitation) -> HttpResponse:
    has_account = User.objects.filter(email=found.email.lower()).exists()
    is_me = request.user.is_authenticated and request.user.email == found.email.lower()
    is_post = request.method == "POST"
    start = {"name": found.name, "language": found.language}
    form = Welcome(request.POST if is_post and not has_account else None, initial=start, email=found.email)
    context = {"invitation": found, "form": form, "has_account": has_account, "is_me": is_me}
    context["role_names"] = [roles.ROLE_NAMES[role] for role in found.roles]
    may_accept = is_me if has_account else form.is_valid()
    if not (is_post and found.is_open and may_accept):
        return render(request, "accounts/invitation.html", context, status=422 if is_post else 200)
    said = {} if has_account else form.cleaned_data
    try:
        user = inviting.accept(
            found, name=said.get("name", ""), language=said.get("language", ""), password=said.get("password", "")
        )
    except Invitation.DoesNotExist:  # accepted or withdrawn a moment ago
        found.refresh_from_db()
        return render(request, "accounts/invitation.html", context, status=409)
    if not has_account:
        login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    messages.success(request, _("Welcome. You can begin."))
    return redirect("accounts:choose")


class Choice(forms.Form):
    """How the acting person wants to hear of their work."""

    notices = forms.ChoiceField(
        label=gettext_lazy("How you hear of your work"), choices=Notices.choices, widget=forms.RadioSelect
    )


def notices(request: ActingRequest) -> HttpResponse:
    """The latest notices of the acting person, and their choice; invitations and passwords always come at once."""
    member = request.membership
    if request.method == "POST":
        form = Choice(request.POST)
        if form.is_valid():
            member.notices = form.cleaned_data["notices"]
            changes.save(member, by=member)
            messages.success(request, _("Saved."))
        return redirect("accounts:notices")
    rows = Notice.objects.filter(membership=member).order_by("-at", "-pk")
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    return render(
        request, "accounts/notices.html", {"page": page, "choices": Notices.choices, "chosen": member.notices}
    )
