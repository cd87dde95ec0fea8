"""What a certificate for re-export says beyond one for export: the boxes of its statement, and what covers each line."""

from dataclasses import replace
from typing import Any, Final

from crispy_forms.layout import Div, Fieldset
from django import forms
from django.utils.translation import gettext_lazy as _

from certificates.ephyto.document import Document, Text, TradeLine, note_texts, set_notes, ticked, with_boxes_of
from certificates.forms.fields import CodeChoice, TextField
from certificates.forms.sections import laid_out

# Field: the subject of each of its answers (ISPM 12, Appendix 2).
_EITHER: Final = {
    "attached": (("RPCOR", _("The original phytosanitary certificate")), ("RPCTC", _("A certified true copy"))),
    "packed": (("RPCPK", _("Packed")), ("RPCRP", _("Repacked"))),
    "containers": (("RPCOC", _("Original containers")), ("RPCNC", _("New containers"))),
}


def _either(name: str, label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=_EITHER[name], widget=forms.RadioSelect, required=False)


class ReExport(forms.Form):
    """The boxes of the statement. They stand once on the paper, and on each line of the message."""

    attached = _either("attached", _("Attached to this certificate"))
    packed = _either("packed", _("The goods are"))
    containers = _either("containers", _("The containers are"))
    inspected = forms.BooleanField(required=False, label=_("There was an additional inspection"))

    helper = laid_out(Fieldset(_("Statement for re-export"), "attached", "packed", "containers", "inspected"))

    @staticmethod
    def read(document: Document) -> dict[str, Any]:
        notes = document.lines[0].notes if document.lines else ()
        chosen = {name: next((s for s, _label in pair if ticked(notes, s)), "") for name, pair in _EITHER.items()}
        return chosen | {"inspected": ticked(notes, "RPCAI")}

    def write(self, document: Document, language: str) -> Document:
        return replace(document, lines=tuple(self._ticked(line) for line in document.lines))

    def _ticked(self, line: TradeLine) -> TradeLine:
        notes = line.notes
        for name, pair in _EITHER.items():
            for subject, _label in pair:
                chosen = self.cleaned_data[name]
                notes = set_notes(notes, subject, [Text(str(chosen == subject))] if chosen else [])
        notes = set_notes(notes, "RPCAI", [Text(str(bool(self.cleaned_data["inspected"])))])
        return replace(line, notes=set_notes(notes, "RPCPC", [Text("True")]))


class Covering(forms.Form):
    """The certificate that came with the goods of one line."""

    covering = TextField(label=_("Number of the original phytosanitary certificate"), max_length=60)
    covering_country = CodeChoice("country", label=_("Country of origin"))

    helper = laid_out(Fieldset(_("Came with"), Div("covering", "covering_country", css_class="line")))

    @staticmethod
    def read(line: TradeLine) -> dict[str, Any]:
        def first(subject: str) -> str:
            return next((text.text for text in note_texts(line.notes, subject)), "")

        return {"covering": first("RPCRF"), "covering_country": first("RPCCO")}

    def write(self, line: TradeLine, document: Document) -> TradeLine:
        """The line with what covers it, and the boxes of the other lines."""
        said = self.cleaned_data
        return with_boxes_of(document, cover(line, said["covering"], said["covering_country"]))


def cover(line: TradeLine, number: str, country: str) -> TradeLine:
    """The line with the number and the country of the certificate that came with the goods."""
    notes = set_notes(line.notes, "RPCST", [Text("3")])
    notes = set_notes(notes, "RPCRF", [Text(number)])
    return replace(line, notes=set_notes(notes, "RPCCO", [Text(country)]))
