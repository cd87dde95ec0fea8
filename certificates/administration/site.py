"""Django's own admin, for system operators: the rows of the NPPO they act for, to read and never to change.

It wears our frame (templates/admin), so that its pages are as light, strict and readable as all others.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext_lazy as _

from codelists.models import Code
from gens.accounts import roles
from gens.accounts.models import Event, Invitation, Membership, Nppo, Office
from hubclient.models import Connection


class OperatorSite(admin.AdminSite):
    """Signing in, out and passwords are the installation's own: the site has only its lists and their rows."""

    index_title = _("Tables")
    final_catch_all_view = False

    def has_permission(self, request: HttpRequest) -> bool:
        membership: Membership | None = getattr(request, "membership", None)
        return membership is not None and membership.may(roles.OPERATE)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        guarded: Callable[..., HttpResponseBase] = super().admin_view(view, cacheable)

        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not self.has_permission(request):
                raise PermissionDenied
            response = guarded(request, *args, **kwargs)
            if isinstance(response, SimpleTemplateResponse):
                response.render()  # now: rows are read late, and the tenant's transaction ends with the view
            return response

        return update_wrapper(shown, guarded)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        kept = [each for each in super().get_urls() if getattr(each, "name", "") in ("", "index", "app_list")]
        for each in kept:
            if isinstance(each, URLPattern):
                each.callback.login_url = None  # type: ignore[attr-defined]  # ours, not a page of this site
        return kept


class Read(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A table that can be looked at. What it shows of a row stands in `fields`: secrets stand in none."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def get_urls(self) -> list[Any]:
        named = (str(each.name or "") for each in super().get_urls())
        kept = {name for name in named if name.endswith(("_changelist", "_change"))}
        return [each for each in super().get_urls() if each.name in kept]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> models.Model:
        found: models.Model | None = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found


site: Final = OperatorSite()
site.register(
    Nppo,
    Read,
    list_display=("code", "name", "country", "time_zone", "is_training"),
    search_fields=("code", "name"),
    ordering=("code",),
)
site.register(
    Office,
    Read,
    list_display=("name", "place", "is_active"),
    search_fields=("name", "place"),
    fields=("nppo", "name", "place", "is_active"),
    ordering=("name",),
)
site.register(
    Membership,
    Read,
    list_display=("user", "office", "roles", "authorised_until", "is_active"),
    list_select_related=("user", "office"),
    search_fields=("user__name", "user__email"),
    ordering=("pk",),
)
site.register(
    Invitation,
    Read,
    list_display=("email", "name", "created_at", "expires_at", "accepted_at", "withdrawn_at"),
    search_fields=("email", "name"),
    exclude=("secret_hash",),
    ordering=("-pk",),
)
site.register(
    Connection,
    Read,
    list_display=("code", "kind", "endpoint", "is_active", "failures", "last_contact_at"),
    exclude=("ca", "certificate", "private_key"),
    formfield_overrides={models.URLField: {"assume_scheme": "https"}},
    ordering=("pk",),
)
site.register(
    Code,
    Read,
    list_display=("list", "code", "source", "is_active"),
    search_fields=("^code",),
    ordering=("list", "code"),
)
site.register(
    Event,
    Read,
    list_display=("at", "action", "by_name", "from_state", "to_state", "reason"),
    search_fields=("=action", "by_name"),
    ordering=("-pk",),
)
