"""Fields written in one go are what Django's templates write, hostile values included."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
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
