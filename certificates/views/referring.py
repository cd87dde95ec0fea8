"""The small form beside a certificate in which its own reference is written."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates import referring
from certificates.forms.fields import TextField, errors_of
from certificates.forms.sections import laid_out
from certificates.models import Direction
from certificates.views.doorway import certificate_or_404
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest


class Reference(forms.Form):
    own_reference = TextField(
        label=gettext_lazy("Own reference"), max_length=referring.LONGEST,
        widget=forms.TextInput({"size": 40, "dir": "auto"}),
        help_text=gettext_lazy("The exporter's order, or your file. Found by search; never printed, never sent."),
    )  # fmt: skip

    helper = laid_out("own_reference")


def reference(request: ActingRequest, pk: int) -> HttpResponse:
    """GET shows the form, POST writes."""
    found = certificate_or_404(request, pk)
    if not request.membership.may(roles.DRAFT):
        raise PermissionDenied
    if found.direction != Direction.ISSUED:
        raise Http404
    is_post = request.method == "POST"
    form = Reference(request.POST if is_post else None, initial={"own_reference": found.own_reference})
    if is_post and form.is_valid():
        referring.refer(found, " ".join(form.cleaned_data["own_reference"].split()), by=request.membership)
        messages.success(request, _("Saved."))
        return redirect("certificates:certificate", pk)
    context = {"certificate": found, "form": form, "errors": errors_of(form)}
    return render(request, "certificates/reference.html", context, status=422 if is_post else 200)
