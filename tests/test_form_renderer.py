"""Fields written in one go are what Django's templates write, hostile values included."""

import re
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.template import engines
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from gens.form_renderer import FormRenderer

WIDGETS = (
    forms.TextInput, forms.NumberInput, forms.EmailInput, forms.URLInput, forms.PasswordInput, forms.HiddenInput,
    forms.DateInput, forms.TimeInput, forms.SearchInput, forms.FileInput, forms.CheckboxInput, forms.Textarea, forms.Select,
    forms.RadioSelect,
)  # fmt: skip
VALUES = (
    None,
    "",
    "Taro",
    '"><script>alert(1)</script>',
    "a & b 'c'\nnext",
    mark_safe("1 &amp; 2"),
    0,
    12.5,
    True,
    False,
)


@pytest.mark.parametrize("widget", WIDGETS)
@pytest.mark.parametrize("value", VALUES)
def test_a_field_is_written_as_django_writes_it(widget: type[forms.Widget], value: Any) -> None:
    attrs = {
        "id": "id_name", "required": True, "disabled": False, "aria-label": gettext_lazy("Name"), "data-x": '"<&>\'',
        "size": 10, "title": mark_safe("a &lt; b"),
    }  # fmt: skip
    made = widget(attrs, choices=[("", "–"), ("Taro", "<b>")]) if issubclass(widget, forms.Select | forms.RadioSelect) else widget(attrs)  # fmt: skip
    mine = made.render('na"me', value, renderer=FormRenderer())
    assert mine == made.render('na"me', value, renderer=DjangoTemplates())
    assert hasattr(mine, "__html__"), "a template that shows it escapes nothing again"


def test_it_is_the_one_that_forms_use() -> None:
    assert isinstance(forms.Form().renderer, FormRenderer)


# What the tags of gens.field_tags write; white space between tags is left out of the comparison.
FIELD = """{% load crispy_forms_field i18n %}{% if field.is_hidden %}{{ field }}{% else %}<div id="div_{{ field.auto_id }}" class="field{% if field|is_checkbox %} pick{% endif %}">
{% if field|is_radioselect or field|is_checkboxselectmultiple %}<fieldset><legend>{{ field.label }}</legend>{% if field.help_text %}<p class="hint">{{ field.help_text }}</p>{% endif %}{% for error in field.errors %}<p class="err"><span class="vh">{% translate "Error:" %} </span>{{ error }}</p>{% endfor %}{% for radio in field %}<div class="pick">{{ radio.tag }}<label for="{{ radio.id_for_label }}">{{ radio.choice_label }}</label></div>{% endfor %}</fieldset>
{% elif field|is_checkbox %}{{ field }}<label for="{{ field.id_for_label }}">{{ field.label }}</label>
{% else %}<label for="{{ field.id_for_label }}">{{ field.label }}</label>
{% if field.help_text %}<div class="hint" id="{{ field.auto_id }}_helptext">{{ field.help_text }}</div>{% endif %}
{% for error in field.errors %}<p class="err" id="{{ field.auto_id }}_error"><span class="vh">{% translate "Error:" %} </span>{{ error }}</p>{% endfor %}
{{ field }}{% if said %}<div id="{{ field.auto_id }}_beside">{% for tone, text in said %}<p class="flag {{ tone }}">{{ text }}</p>{% endfor %}</div>{% endif %}{% endif %}</div>{% endif %}"""
HOSTILE = '"><script>alert(1)</script>'


def a_form(data: dict[str, Any] | None, hint: Any) -> forms.Form:
    """A field of each kind, with hostile labels, choices and errors."""
    choices = [("a", "A <b>"), ("b", gettext_lazy("Name"))]

    class Every(forms.Form):
        name = forms.CharField(label=HOSTILE, help_text=hint)
        text = forms.CharField(widget=forms.Textarea, required=False, label=gettext_lazy("Name"))
        day = forms.DateField(help_text=hint, required=False)
        box = forms.BooleanField(label="A & B", help_text=hint)
        one = forms.ChoiceField(choices=choices, widget=forms.RadioSelect, help_text=hint, label=HOSTILE)
        some = forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple)
        kind = forms.ChoiceField(choices=choices)
        kept = forms.CharField(widget=forms.HiddenInput)

        def clean_text(self) -> str:
            raise forms.ValidationError([HOSTILE, forms.ValidationError("%(x)s", params={"x": "<i>"})])

    return Every(data, prefix="of")


@pytest.mark.parametrize("hint", ["", "Such as <12>", mark_safe("<b>well</b>")])
@pytest.mark.parametrize("data", [None, {}, {"of-name": HOSTILE, "of-day": "<x>", "of-one": "b", "of-some": ["a"]}])
def test_a_field_and_its_label_are_as_a_template_writes_them(data: dict[str, Any] | None, hint: Any) -> None:
    beside = {"id_of-name": [("wait", "3 < 4"), ("bad", HOSTILE)]}
    for field in a_form(data, hint):
        written = engines["django"].from_string("{% load fields %}{% written field beside %}")
        mine = written.render({"field": field, "beside": beside})
        theirs = engines["django"].from_string(FIELD).render({"field": field, "said": beside.get(field.auto_id)})
        assert _even(mine) == _even(theirs)


def _even(html: str) -> str:
    return re.sub(r"\s+(?=<)", "", html).strip()


def test_a_page_without_anything_beside_its_fields_says_nothing_there() -> None:
    field = a_form(None, "")["name"]
    shown = engines["django"].from_string("{% load fields %}{% written field beside %}").render({"field": field})
    assert "_beside" not in shown
    assert shown.endswith("</div>")
