"""The switches of misbehaviour: what the pilot Hub shall do wrong, to whom, how often."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from hubclient.pilothub import registry
from hubclient.pilothub.faults import ANYWHERE, FAULTS
from hubclient.pilothub.models import HeldEnvelope, Misbehaviour, RegisteredNppo


class Switch(forms.Form):
    """Registry.misbehave's arguments; it is the one judge of them."""

    nppo = forms.ModelChoiceField(
        RegisteredNppo.objects.order_by("code"), to_field_name="code", label=gettext_lazy("Shown to"), empty_label=None
    )
    name = forms.ChoiceField(label=gettext_lazy("What the Hub does"))
    operation = forms.ChoiceField(label=gettext_lazy("In the operation"), required=False)
    rate = forms.IntegerField(label=gettext_lazy("In per cent of the calls"), min_value=1, max_value=100, initial=100)
    times = forms.IntegerField(
        label=gettext_lazy("How many times"),
        min_value=1,
        max_value=1_000_000,
        required=False,
        initial=1,
        help_text=gettext_lazy("Empty: until it is switched off."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].choices = [(name, _(fault.does)) for name, fault in FAULTS.items()]  # type: ignore[attr-defined]  # a ChoiceField
        everywhere = [("", _("Wherever it can strike")), *((name, name) for name in ANYWHERE)]
        self.fields["operation"].choices = everywhere  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        where = FAULTS[cleaned["name"]].where if "name" in cleaned else ()
        if where and cleaned.get("operation") and cleaned["operation"] not in where:
            self.add_error("operation", _("This can strike %(where)s only.") % {"where": ", ".join(where)})
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
def misbehaviour(request: HttpRequest) -> HttpResponse:
    form = Switch(request.POST or None)
    if form.is_valid():
        told = form.cleaned_data
        registry.misbehave(
            told["nppo"].code, told["name"], told["times"], rate=told["rate"], operation=told["operation"]
        )
        messages.success(request, _("Switched on for %(code)s.") % {"code": told["nppo"].code})
        return redirect("misbehaviour")
    rows = [
        {"told": one, "does": _(FAULTS[one.name].does) if one.name in FAULTS else one.name}
        for one in Misbehaviour.objects.exclude(remaining=0).order_by("code", "name")
    ]
    kept = HeldEnvelope.objects.filter(hidden_until__isnull=False, state=HeldEnvelope.State.PENDING)
    receivers = sorted(set(kept.values_list("receiver", flat=True)))
    return render(request, "pilothub/misbehaviour.html", {"form": form, "rows": rows, "receivers": receivers})


@require_POST
def off(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(Misbehaviour, pk=pk).delete()
    messages.success(request, _("Switched off."))
    return redirect("misbehaviour")


@require_POST
def release(request: HttpRequest) -> HttpResponse:
    """Show a receiver what was kept from it for days."""
    registry.release(request.POST.get("code", ""))
    messages.success(request, _("Its receiver sees what was kept from it now."))
    return redirect("misbehaviour")
