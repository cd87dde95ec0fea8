"""Who may use the pilot Hub: registering, allowed documents, certificates handed out once."""

import re
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from hubclient.pilothub import access, pki, registry
from hubclient.pilothub.models import ClientCertificate, RegisteredNppo


class Registration(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    code = forms.RegexField(
        r"^[A-Za-z0-9_-]{1,12}$",
        label=gettext_lazy("Connection code"),
        help_text=gettext_lazy("Mostly the country, not always: LK2."),
    )
    country = forms.RegexField(r"^[A-Z]{2}$", label=gettext_lazy("Country"), help_text=gettext_lazy("Two letters: LK."))

    class Meta:
        model = RegisteredNppo
        fields = ("code", "country", "name")
        labels: ClassVar = {"name": gettext_lazy("Name")}

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if RegisteredNppo.objects.filter(code=code).exists():
            raise forms.ValidationError(_("%(code)s is registered already.") % {"code": code})
        return code

    def save(self, commit: bool = True) -> RegisteredNppo:
        self.instance.accepts = registry.USUAL
        made: RegisteredNppo = super().save(commit)
        return made


class Details(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    documents = forms.CharField(
        label=gettext_lazy("Allowed documents"),
        required=False,
        help_text=gettext_lazy(
            "Type and status, such as 851/70: 851 is a phytosanitary certificate, 657 one for re-export; 70 is issued, 40 withdrawn."
        ),
    )

    class Meta:
        model = RegisteredNppo
        fields = ("name", "documents", "may_send", "may_receive", "is_channel")
        labels: ClassVar = {
            "name": gettext_lazy("Name"),
            "may_send": gettext_lazy("May send"),
            "may_receive": gettext_lazy("May receive"),
            "is_channel": gettext_lazy("May be named in forwardings"),
        }
        help_texts: ClassVar = {"is_channel": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["documents"] = ", ".join("/".join(pair) for pair in self.instance.accepts)

    def clean_documents(self) -> list[list[str]]:
        words = [word for word in re.split(r"[\s,;]+", self.cleaned_data["documents"]) if word]
        for word in words:
            if not re.fullmatch(r"[0-9]{1,9}/[0-9]{1,9}", word):
                raise forms.ValidationError(_("Write type/status, such as 851/70, not %(word)s.") % {"word": word})
        return [word.split("/") for word in dict.fromkeys(words)]

    def save(self, commit: bool = True) -> RegisteredNppo:
        self.instance.accepts = self.cleaned_data["documents"]
        made: RegisteredNppo = super().save(commit)
        return made


@require_http_methods(["GET", "HEAD", "POST"])
def nppos(request: HttpRequest) -> HttpResponse:
    form = Registration(request.POST or None)
    if form.is_valid():
        made = form.save()
        messages.success(request, _("%(code)s is registered. Give it a certificate now.") % {"code": made.code})
        return redirect("nppo", made.code)
    rows = RegisteredNppo.objects.annotate(number=Count("certificates"), expires=Max("certificates__expires_at"))
    context = {"form": form, "rows": rows.order_by("code"), "endpoint": access.endpoint(settings.PILOTHUB_DIRECTORY)}
    return render(request, "pilothub/nppos.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def nppo(request: HttpRequest, code: str) -> HttpResponse:
    one = get_object_or_404(RegisteredNppo, code=code)
    form = Details(request.POST or None, instance=one)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("nppo", code)
    context = {"form": form, "nppo": one, "certificates": one.certificates.order_by("-id")}
    return render(request, "pilothub/nppo.html", context | {"days": pki.VALID.days})


@require_POST
def issue(request: HttpRequest, code: str) -> HttpResponse:
    """A new certificate with its key as a ZIP, this once: the key is not kept here. The old ones stay valid beside it."""
    one = get_object_or_404(RegisteredNppo, code=code)
    days = -1 if "expired" in request.POST else pki.VALID.days
    certificate, private_key = pki.pair(settings.PILOTHUB_DIRECTORY, code, days=days)
    registry.register(code, one.country, one.name, certificate)
    data = access.bundle(settings.PILOTHUB_DIRECTORY, code, certificate, private_key)
    headers = {"Content-Disposition": f'attachment; filename="pilot-hub-{code}.zip"', "Cache-Control": "no-store"}
    return HttpResponse(data, content_type="application/zip", headers=headers)


@require_POST
def remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Forget a certificate: whoever calls with it is a stranger from now on."""
    get_object_or_404(ClientCertificate, pk=pk, nppo__code=code).delete()
    messages.success(request, _("The certificate is removed. Who calls with it is not known any more."))
    return redirect("nppo", code)
