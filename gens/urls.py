"""All addresses of an installation."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.generic import RedirectView

from certificates.administration.site import site


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether the web server answers."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("people/", include("gens.accounts.urls")),
    path("account/email/", RedirectView.as_view(url="/")),  # a person's address is the one that was invited
    path("account/", include("allauth.account.urls")),
    path("account/security/webauthn/", RedirectView.as_view(pattern_name="mfa_index")),  # keys are listed there
    path("account/security/", include("allauth.mfa.urls")),
    path("administration/", include("certificates.administration.urls")),
    path("operator/", site.urls),
    path("", include("certificates.urls")),
]
