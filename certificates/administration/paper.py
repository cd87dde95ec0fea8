"""The NPPO's skin of the paper: a form of values, seen on an example before it is kept; what changed stays told."""

from typing import Any, Final

from crispy_forms.layout import Fieldset
from csp.decorators import csp_replace, csp_update
from django import forms
from django.conf import settings as installation
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin

from certificates import printing, skins
from certificates.administration.doorway import administrators_only
from certificates.administration.forms import TYPES
from certificates.administration.history import told
from certificates.forms.fields import errors_of
from certificates.forms.sections import laid_out
from certificates.paper import example
from certificates.paper.skins import BOUNDS, USUAL, NotASkin, Skin, is_colour, to_data
from certificates.paper.words import ENGLISH
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Nppo

SHOWN: Final = 20  # changes
HALF: Final = 0.5
EDGES: Final = [("start", gettext_lazy("Before the title")), ("end", gettext_lazy("At the other edge"))]
SIGNING: Final = [
    ("stamp", gettext_lazy("Stamp, then signature")),
    ("signature", gettext_lazy("Signature, then stamp")),
]
CODE: Final = [
    ("signature", gettext_lazy("In the box of the signature")),
    ("stamp", gettext_lazy("In the box of the stamp")),
]


def _millimetres(field: str, label: Any, help_text: Any = "") -> forms.FloatField:
    least, most = BOUNDS[field]
    widget = forms.NumberInput({"step": HALF, "class": "short"})
    return forms.FloatField(label=label, min_value=least, max_value=most, help_text=help_text, widget=widget)


class Paper(forms.Form):
    """The values of a skin; and what of them to look at, which is not kept."""

    size = forms.ChoiceField(label=gettext_lazy("Size of the paper"), choices=[("A4", "A4"), ("Letter", "Letter")])
    side_margin = _millimetres("side_margin", gettext_lazy("Margin at the sides, mm"))
    end_margin = _millimetres("end_margin", gettext_lazy("Margin above and below, mm"))
    ink = forms.CharField(
        label=gettext_lazy("Colour of labels and rules"), widget=forms.TextInput({"type": "color"}),
        help_text=gettext_lazy("Dark enough to be read on white. What officers write is always black."),
    )  # fmt: skip
    rules = forms.ChoiceField(
        label=gettext_lazy("Rules between the boxes"),
        choices=[("thin", gettext_lazy("Thin")), ("strong", gettext_lazy("Strong")), ("none", gettext_lazy("None"))],
    )
    numbering = forms.ChoiceField(
        label=gettext_lazy("Numbers of the boxes"),
        choices=[
            ("none", gettext_lazy("Without numbers")), ("plain", "1. 2. 3."), ("round", "(1) (2) (3)"),
            ("square", gettext_lazy("In small squares")),
        ],
    )  # fmt: skip
    unused = forms.ChoiceField(
        label=gettext_lazy("Boxes that are not used"),
        choices=[("word", gettext_lazy("Say “None”")), ("line", gettext_lazy("Are lined through"))],
    )
    languages = forms.ChoiceField(
        label=gettext_lazy("A second language stands"),
        choices=[("line", gettext_lazy("After the first, on the same line")), ("column", gettext_lazy("In a column of its own"))],
    )  # fmt: skip
    arms = forms.ChoiceField(label=gettext_lazy("Arms"), choices=EDGES)
    head = _millimetres("head", gettext_lazy("Height of the title and the arms, mm"))
    signing = forms.ChoiceField(label=gettext_lazy("Order of stamp and signature"), choices=SIGNING)
    signing_height = _millimetres("signing_height", gettext_lazy("Height of stamp and signature, mm"))
    code = forms.ChoiceField(label=gettext_lazy("QR code"), choices=CODE)
    is_preprinted = forms.BooleanField(
        label=gettext_lazy("Our sheets bear labels, rules and the certifying statement already"), required=False,
        help_text=gettext_lazy("Prints then have the data alone. What is downloaded and sent stays whole."),
    )  # fmt: skip
    across = _millimetres(
        "across", gettext_lazy("Move to the right, mm"), gettext_lazy("To the left with a minus. The rulers of a test print say by how many."),
    )  # fmt: skip
    down = _millimetres("down", gettext_lazy("Move down, mm"), gettext_lazy("Up with a minus."))
    kind = forms.ChoiceField(label=gettext_lazy("Show a certificate for"), choices=TYPES)
    tongue = forms.ChoiceField(label=gettext_lazy("In"))
    is_bare = forms.BooleanField(label=gettext_lazy("Only what prints on printed sheets"), required=False)

    helper = laid_out(
        Fieldset(gettext_lazy("Sheet"), "size", "side_margin", "end_margin"),
        Fieldset(gettext_lazy("Look"), "ink", "rules", "numbering", "unused", "languages"),
        Fieldset(gettext_lazy("Places"), "arms", "head", "signing", "signing_height", "code"),
        Fieldset(gettext_lazy("Printed sheets"), "is_preprinted", "across", "down"),
        Fieldset(gettext_lazy("Preview"), "kind", "tongue", "is_bare"),
    )

    def __init__(self, *args: Any, skin: Skin, nppo: Nppo, **options: Any) -> None:
        second = nppo.paper_language
        start = to_data(skin) | {"kind": TYPES[0][0], "tongue": second or ENGLISH}
        super().__init__(*args, **options | {"initial": start})
        tongues: Any = self.fields["tongue"]
        names = dict(installation.LANGUAGES)
        english = (ENGLISH, names.pop(ENGLISH))
        tongues.choices = [english, *((code, _("English and %(name)s") % {"name": names[code]}) for code in names)]

    def clean_ink(self) -> str:
        ink = str(self.cleaned_data["ink"]).lower()
        if not is_colour(ink):
            raise ValidationError(_("Write a colour such as #0a5233."))
        return ink

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return data
        try:
            self.skin = Skin(**{name: data[name] for name in to_data(USUAL)})
        except NotASkin as error:
            self.add_error(error.field, _("This is too light to be read on white. Choose a darker colour."))
        else:
            if not example.has_room(self.skin):
                words = _("This leaves too little room for the boxes. Make margins, title or signature lower.")
                self.add_error("signing_height", words)
        return data


@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]  # the middleware makes it an ActingRequest
def paper(request: ActingRequest) -> HttpResponse:
    """GET shows, POST keeps a version or goes back to the usual look. One saved meanwhile by somebody else is shown first."""
    administrators_only(request)
    nppo = request.membership.nppo
    last = skins.current(nppo.pk)
    form = Paper(request.POST if request.method == "POST" else None, skin=skins.content(last), nppo=nppo)
    is_meanwhile = False
    if request.method == "POST" and ("usual" in request.POST or form.is_valid()):
        wanted, why = (USUAL, _("Back to the usual look")) if "usual" in request.POST else (form.skin, "")
        try:
            skins.keep(wanted, seen=_seen(request), by=request.membership, reason=why)
        except skins.SavedMeanwhile:
            is_meanwhile = True
        else:
            messages.success(request, _("Saved. Certificates print like this as issued from now on."))
            return redirect("administration:paper")
    context = {
        "form": form,
        "errors": errors_of(form),
        "version": last.version if last else 0,
        "is_usual": skins.content(last) == USUAL,
        "meanwhile": skins.history(nppo.pk).first() if is_meanwhile else None,
        "history": [told(event, form) for event in skins.history(nppo.pk)[:SHOWN]],
    }
    status = 409 if is_meanwhile else 422 if request.method == "POST" else 200
    return render(request, "administration/paper.html", context, status=status)


def _seen(request: ActingRequest) -> int:
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else -1


@xframe_options_sameorigin
@csp_replace({"frame-ancestors": ["'self'"]})  # type: ignore[arg-type]
def preview(request: ActingRequest) -> HttpResponse:
    """An example as PDF, in the look that is kept or in the one that the address says, for viewers ask again. POST leads to
    that address. With rulers, to hold against a sheet.
    """
    administrators_only(request)
    nppo = request.membership.nppo
    kept = skins.of(nppo.pk)
    typed = request.POST if request.method == "POST" else request.GET
    form = Paper(typed if request.method == "POST" or typed else None, skin=kept, nppo=nppo)
    if form.is_bound and not form.is_valid():
        context = {"form": form, "errors": errors_of(form)}
        return render(request, "administration/paper_preview.html", context, status=422)
    said = form.cleaned_data if form.is_bound else form.initial
    if request.method == "POST":
        values = {name: value for name, value in said.items() if value is not False}
        values |= {"rulers": "1"} if "rulers" in typed else {}
        return redirect(f"{reverse('administration:paper_preview')}?{urlencode(values)}")
    data = printing.example(
        nppo, form.skin if form.is_bound else kept, kind=said["kind"], beside=said["tongue"],
        is_bare=bool(said.get("is_bare")), has_rulers="rulers" in typed,
    )  # fmt: skip
    response = HttpResponse(data, content_type="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="example.pdf"'
    return response
