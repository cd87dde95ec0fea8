"""Fields that read what people type: numbers and dates in their own manner, codes by name. They clean to document text."""

import functools
import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import formats
from django.utils.choices import CallableChoiceIterator
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from certificates.ephyto import dates
from codelists import lookup
from gens.form_renderer import attributes

_SPACES: Final = re.compile(r"[\s\u00a0\u202f']+")
_AMBIGUOUS: Final = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_NUMBER: Final = re.compile(r"\d+([.,]\d+)?")


def errors_of(form: forms.BaseForm) -> list[tuple[str, str]]:
    """(id of the field, words) of every error of a form's fields: what the linked summary shows."""
    fields = ((name, found) for name, found in form.errors.items() if name != NON_FIELD_ERRORS)
    return [(form[name].id_for_label, str(error)) for name, found in fields for error in found]


class TextField(forms.CharField):
    """A text of any language. Control characters, which XML cannot carry, are left out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def to_python(self, value: Any) -> str:
        text = (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")
        return "".join(
            c for c in text if c == "\n" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in "\ufffe\uffff")
        )


class NumberField(forms.CharField):
    """A positive decimal: 12.5, 12,5 or 12 400. Cleans to XML's form ("12.5"), "" when nothing was typed."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput({"inputmode": "decimal", "size": 10, "dir": "ltr"})
        super().__init__(required=False, widget=widget, **options)

    def to_python(self, value: Any) -> str:
        text = _SPACES.sub("", super().to_python(value) or "").translate(_DIGITS)
        if not text:
            return ""
        if _AMBIGUOUS.fullmatch(text):
            whole, rest = re.split("[.,]", text)
            raise ValidationError(
                _("“%(typed)s” can be read in two ways. Write %(big)s, or %(small)s."),
                params={"typed": value, "big": whole + rest, "small": f"{whole}.{rest}0"},
            )
        if not _NUMBER.fullmatch(text):
            raise ValidationError(
                _(
                    "“%(typed)s” is not a number. Write digits only, such as 320 or 12.5, and choose the unit beside it."
                ),
                params={"typed": value},
            )
        return text.replace(",", ".")

    def prepare_value(self, value: Any) -> Any:
        """With the reader's decimal mark; three decimals get a fourth, so that they cannot be read as thousands."""
        if not isinstance(value, str) or not re.fullmatch(r"\d+\.\d+", value):
            return value
        padded = value + "0" if len(value.split(".")[1]) == 3 else value
        return padded.replace(".", formats.get_format("DECIMAL_SEPARATOR"))


_DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩٫", "0123456789.")


class DateField(forms.CharField):
    """A day: 12 7 2026, 12/7/2026 or 2026-07-12. Cleans to ISO 8601."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=forms.TextInput({"size": 12, "dir": "ltr"}), **options)

    def to_python(self, value: Any) -> str:
        text = (super().to_python(value) or "").strip().translate(_DIGITS)
        if not text:
            return ""
        figures = re.findall(r"\d+", text)
        try:
            if not re.fullmatch(r"[\d\s./-]+", text) or len(figures) != 3:
                raise ValueError(text)
            numbers = [int(figure) for figure in figures]
            if len(figures[0]) == 4:
                return date(*numbers).isoformat()
            return date(numbers[2], numbers[1], numbers[0]).isoformat()
        except ValueError as error:
            raise ValidationError(
                _("“%(typed)s” is not a date. Write day, month and year, such as 12 7 2026."), params={"typed": value}
            ) from error

    def prepare_value(self, value: Any) -> Any:
        parsed = dates.parse(value) if isinstance(value, str) else None
        return f"{parsed.day.day} {parsed.day.month} {parsed.day.year}" if parsed and parsed.moment is None else value


class Day(DateField):
    """Cleans to a date; None when nothing was typed."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return date.fromisoformat(text) if text else None


@functools.lru_cache(maxsize=64)
def _options(choices: tuple[tuple[str, str], ...]) -> str:
    """Their entries, none chosen: a page has the same few lists many times, and the next page has them again."""
    # Escaped here: format_html for each entry takes three times as long.
    return "".join(f'<option value="{escape(code)}">{escape(label)}</option>' for code, label in choices)


class LongSelect(forms.Select):
    """A long list, written in one go: Django's runs a template for each entry, and a line has a thousand of them."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        if isinstance(self.choices, CallableChoiceIterator):  # a field's own list: pairs of texts already
            options = _options(tuple(self.choices.func()))
        else:
            options = _options(tuple((str(code), str(label)) for code, label in self.choices))
        for chosen in self.format_value(value):
            entry = f'<option value="{escape(chosen)}"'
            options = options.replace(f"{entry}>", f"{entry} selected>")
        said = attributes(self.build_attrs(self.attrs, attrs))
        return mark_safe(f'<select name="{escape(name)}"{said}>{options}</select>')  # noqa: S308

    def use_required_attribute(self, initial: Any) -> bool:
        """Django's looks at the first choice, for which a list is read, also where a field need not be filled."""
        return self.is_required and super().use_required_attribute(initial)


class CodeChoice(forms.ChoiceField):
    """One code of a short list. A code that the list no longer holds stays choosable: old drafts keep what they say."""

    widget = LongSelect

    def __init__(self, list_name: str, kind: str = "", *, by_symbol: bool = False, **options: Any) -> None:
        self.list_name, self.kind, self.by_symbol = list_name, kind, by_symbol
        super().__init__(required=False, choices=self._entries, **options)

    def _entries(self) -> tuple[tuple[str, str], ...]:
        if self.by_symbol:
            return ("", "–"), *lookup.symbols(self.list_name, self.kind, get_language() or "en")
        return ("", "–"), *lookup.choices(self.list_name, get_language() or "en", self.kind)

    def valid_value(self, value: Any) -> bool:
        return any(code == value for code, _name in self._entries())

    def validate(self, value: Any) -> None:
        if value and not self.valid_value(value) and lookup.by_code(self.list_name, value) is None:
            raise _not_listed(value)

    def read(self, text: str, spoken: lookup.Spoken) -> str:
        """The code that somebody wrote as a code, a symbol or a name. Raises ValidationError, as a choice does."""
        if not text:
            return ""
        meant = spoken.meant(self.list_name, self.kind, text)
        if not meant:
            raise _not_listed(text)
        if len(meant) > 1:
            raise ValidationError(
                _("“%(typed)s” may be more than one entry of the list. Write its code: %(codes)s."),
                params={"typed": text, "codes": ", ".join(meant)},
            )
        return meant[0]


def _not_listed(text: str) -> ValidationError:
    return ValidationError(_("“%(code)s” is not in the list. Choose an entry of the list."), params={"code": text})


class TermField(TextField):
    """Words with suggestions from a list; anything else may be written. `static/gens.js` asks for them while somebody
    types; a short list stands in the page besides, for browsers without it.

    is_many: several names, separated by commas. fills: fields of the same form that get the name of what was chosen.
    """

    def __init__(self, list_name: str, *, is_many: bool = False, fills: Sequence[str] = (), **options: Any) -> None:
        self.list_name, self.is_many, self.fills = list_name, is_many, fills
        super().__init__(**options)
        self.widget.attrs["data-list"] = list_name
        if list_name not in lookup.LARGE:
            self.widget.attrs["list"] = f"list-{list_name}"
        if is_many:
            self.widget.attrs["data-many"] = True
        if fills:
            self.widget.attrs["data-fills"] = " ".join(fills)

    def names(self, text: str) -> list[str]:
        """Each name that stands in it."""
        return [name for each in (text.split(",") if self.is_many else [text]) if (name := each.strip())]

    def asked(self, text: str) -> str:
        """What is looked up of this text: the last of several names."""
        return text.rsplit(",", 1)[-1].strip() if self.is_many else text.strip()

    def with_chosen(self, text: str, name: str) -> str:
        """The text with this name in place of what was looked up."""
        before = text.rpartition(",")[0].strip() if self.is_many else ""
        return f"{before}, {name}" if before else name
