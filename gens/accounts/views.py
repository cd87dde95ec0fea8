"""Choosing for whom one acts, and in which language."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gens.accounts.models import Membership, User
from gens.accounts.tenancy import signing_in


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
