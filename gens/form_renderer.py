"""How form fields are written: those of which pages are full in one go, as Django's templates write them.

Django runs a template for each field and another for its attributes, about half a millisecond; a line has forty of them.
"""

from collections.abc import Callable
from html import escape
from typing import Any, Final

from django.forms.renderers import DjangoTemplates
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

_INPUTS: Final = ("text", "hidden", "number", "email", "password", "search", "date", "time", "checkbox", "file")


def escaped(value: Any) -> str:
    """As conditional_escape; of plain text, which most is, without asking whether it is lazy: a line has six hundred."""
    return escape(value) if type(value) is str else conditional_escape(value)


def attributes(given: dict[str, Any]) -> str:
    """As django/forms/widgets/attrs.html: what is False is left out, what is True stands without a value."""
    return "".join(
        f" {escaped(name)}" if value is True else f' {escaped(name)}="{escaped(value)}"'
        for name, value in given.items()
        if value is not False
    )


def _input(widget: dict[str, Any]) -> str:
    value = "" if widget["value"] is None else f' value="{escaped(widget["value"])}"'
    return f'<input type="{widget["type"]}" name="{escaped(widget["name"])}"{value}{attributes(widget["attrs"])}>'


def _textarea(widget: dict[str, Any]) -> str:
    said = escaped(widget["value"] or "")
    return f'<textarea name="{escaped(widget["name"])}"{attributes(widget["attrs"])}>\n{said}</textarea>'


_WRITTEN: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    **{f"django/forms/widgets/{kind}.html": _input for kind in _INPUTS},
    "django/forms/widgets/textarea.html": _textarea,
}


class FormRenderer(DjangoTemplates):
    """Django's own but for the fields above."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> SafeString:
        write = _WRITTEN.get(template_name)
        if write is None:
            return mark_safe(super().render(template_name, context, request))  # noqa: S308  # from Django's template
        return mark_safe(write(context["widget"]))  # noqa: S308  # escaped above
