"""What happened to a person or an office, in the words of the form that changes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django import forms
from django.db import models
from django.template.defaultfilters import yesno
from django.utils import formats
from django.utils.functional import Promise

from certificates.forms.fields import DateField
from gens.accounts import changes
from gens.accounts.models import Event

SHOWN: Final = 50


@dataclass(frozen=True)
class Told:
    """An event, and (label, before, after) of each field that the form knows. about: which part of the row it is of."""

    event: Event
    changed: list[tuple[str, str, str]]
    about: str = ""


def history(row: models.Model, form: forms.BaseForm, others: Mapping[str, Promise] | None = None) -> list[Told]:
    """The latest first; nothing of a row that is not stored yet. others: labels of fields that stand in no form."""
    return [told(event, form, others) for event in changes.history(row)[:SHOWN]] if row.pk else []


def told(event: Event, form: forms.BaseForm, others: Mapping[str, Promise] | None = None) -> Told:
    """One event in the words of the form."""
    return Told(event, _changed(event, form, others or {}))


def _changed(event: Event, form: forms.BaseForm, others: Mapping[str, Promise]) -> list[tuple[str, str, str]]:
    found = []
    for name, values in event.changes.items() if event.action == "changed" else ():
        field = form.fields.get(name.removesuffix("_id"))
        label = field.label if field else others.get(name)
        if label:
            before, after = (in_words(field, value) for value in values)
            found.append((str(label), before, after))
    return found


def in_words(field: Any, value: Any) -> str:
    """As the form's choices name it."""
    if isinstance(value, bool):
        return str(yesno(value))
    if value in (None, "", []):
        return "–"
    if isinstance(value, dict):  # names by language
        return ", ".join(f"{name} ({language})" for language, name in value.items()) or "–"
    if isinstance(field, DateField):
        return formats.date_format(date.fromisoformat(value), "DATE_FORMAT")
    names = {str(key): str(name) for key, name in getattr(field, "choices", ())}
    return ", ".join(names.get(str(each), str(each)) for each in (value if isinstance(value, list) else [value]))
