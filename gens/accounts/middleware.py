"""For whom a request acts: the language of the person, and the tenant's transaction around every view.

Who needs a second factor and has none gets no further than the page that sets one up.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.http import urlencode

from gens.accounts import second_factor
from gens.accounts.models import Membership
from gens.accounts.tenancy import acting_for

type_of_view = Callable[..., HttpResponseBase]

# Views of the person's own account, by the start of their name, and those that serve before a membership is chosen.
OF_THE_PERSON = ("account_", "mfa_")
WITHOUT_MEMBERSHIP = (
    *OF_THE_PERSON, "accounts:choose", "accounts:invitation", "accounts:language", "certificates:verify", "healthz",
)  # fmt: skip


class ActingRequest(HttpRequest):
    """A request inside the tenant's transaction."""

    membership: Membership


def outside_transaction(view: type_of_view) -> type_of_view:
    """Marks a view that talks to a network: request.membership is read, but no transaction is open while it runs.

    It opens acting_for itself where it needs rows, and for what it renders.
    """
    view.is_outside = True  # type: ignore[attr-defined]
    return view


def UserLanguage(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """The person's language; before sign-in the cookie's or the browser's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        language = user.language if user.is_authenticated else translation.get_language_from_request(request)
        with translation.override(language):
            response = get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return middleware


class ActingMembership:
    """Runs each view under acting_for the NPPO of the membership chosen at sign-in, in that NPPO's time zone.

    The membership is read again for every request: one that was ended a second ago opens nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(None):  # process_view sets the NPPO's zone; it ends with the request
            return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: type_of_view,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if not request.user.is_authenticated or name.startswith(WITHOUT_MEMBERSHIP):
            _wear_frame(request, name)
            return None
        if "nppo" in request.session:
            with acting_for(request.session["nppo"]):
                membership = _entered(request)
                if membership is not None:
                    if second_factor.is_missing(membership):
                        return redirect("mfa_index")
                    if not hasattr(view, "is_outside"):
                        return _viewed(request, view, *args, **kwargs)
            if membership is not None:
                return _viewed(request, view, *args, **kwargs)
        return redirect(f"/people/choose/?{urlencode({'next': request.get_full_path()})}")


def _entered(request: HttpRequest) -> Membership | None:
    """The acting membership, now known to the request. Call it inside acting_for."""
    membership = active_membership(request)
    if membership is not None:
        request.membership = membership  # type: ignore[attr-defined]  # ActingRequest from here on
        timezone.activate(membership.nppo.zone)
    return membership


def _wear_frame(request: HttpRequest, name: str) -> None:
    """Pages of the person's own account say for whom they act, if they do; they see no rows of the tenant."""
    if request.user.is_authenticated and name.startswith(OF_THE_PERSON) and "nppo" in request.session:
        with acting_for(request.session["nppo"]):
            _entered(request)
        request.is_over = True  # type: ignore[attr-defined]  # the tenant's transaction is


def _viewed(request: HttpRequest, view: type_of_view, *args: Any, **kwargs: Any) -> HttpResponseBase:
    try:
        return view(request, *args, **kwargs)
    finally:
        request.is_over = True  # type: ignore[attr-defined]  # error pages come after the transaction


def active_membership(request: HttpRequest) -> Membership | None:
    """The chosen membership of the signed-in person, if it is still active."""
    chosen, person = request.session.get("membership"), request.user.pk
    if chosen is None or person is None:
        return None
    mine = Membership.objects.filter(pk=chosen, user_id=person, is_active=True)
    found = mine.select_related("nppo", "office").first()
    if found is not None:
        found.user = request.user  # type: ignore[assignment]  # who signed in, read already
    return found
