"""A form field with its label, hint, errors and what is said beside it, in one go: a line has forty of them, and a template
for each takes half of its page's time. `templates/gens/field.html` is what crispy-forms asks for.
"""

from collections.abc import Iterable, Mapping

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from gens.form_renderer import escaped

register = template.Library()

Beside = Mapping[str, Iterable[tuple[str, str]]]  # by the field's id: (tone, words)


@register.simple_tag
def written(field: BoundField, beside: Beside | str = "") -> SafeString:
    """The whole field. beside: "" where a page has none."""
    if field.is_hidden:
        return mark_safe(str(field))  # noqa: S308  # by its widget
    return mark_safe(f"{opened(field, beside)}</div>")  # noqa: S308


@register.simple_tag
def opened(field: BoundField, beside: Beside | str = "") -> SafeString:
    """The same without the end of its <div>, for what stands in it besides."""
    widget = field.field.widget
    is_box = isinstance(widget, CheckboxInput)
    start = f'<div id="div_{field.auto_id}" class="field{" pick" if is_box else ""}">\n'
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        inner = _choices(field)
    elif is_box:
        inner = f"{field}{_label(field)}"
    else:
        inner = f"{_label(field)}\n{_hint(field)}{_errors(field)}{field}{_beside(field, beside)}"
    return mark_safe(start + inner)  # noqa: S308  # each part is escaped


def _label(field: BoundField) -> str:
    return f'<label for="{field.id_for_label}">{escaped(field.label)}</label>'


def _hint(field: BoundField) -> str:
    said = field.help_text
    return f'<div class="hint" id="{field.auto_id}_helptext">{escaped(said)}</div>\n' if said else ""


def _errors(field: BoundField, has_id: bool = True) -> str:
    named = f' id="{field.auto_id}_error"' if has_id else ""
    return "".join(
        f'<p class="err"{named}><span class="vh">{_("Error:")} </span>{escaped(str(error))}</p>\n'
        for error in field.errors
    )


def _choices(field: BoundField) -> str:
    hint = f'<p class="hint">{escaped(field.help_text)}</p>' if field.help_text else ""
    picks = "".join(
        f'<div class="pick">{each.tag()}<label for="{each.id_for_label}">{escaped(each.choice_label)}</label></div>'
        for each in field
    )
    return f"<fieldset><legend>{escaped(field.label)}</legend>{hint}{_errors(field, has_id=False)}{picks}</fieldset>\n"


def _beside(field: BoundField, beside: Beside | str) -> str:
    said = beside.get(field.auto_id) if isinstance(beside, Mapping) else None
    if not said:
        return ""
    flags = "".join(f'<p class="flag {escaped(tone)}">{escaped(words)}</p>' for tone, words in said)
    return f'<div id="{field.auto_id}_beside">{flags}</div>'
