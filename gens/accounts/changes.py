"""Changing settings, people and other rows of an NPPO so that who, when and what before stay known."""

import json
from dataclasses import asdict, is_dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from gens.accounts import events
from gens.accounts.models import Event, Membership


def save(row: models.Model, *, by: Membership | None, reason: str = "", secret: tuple[str, ...] = ()) -> list[str]:
    """Store a tenant's row with an event of what differs from the stored one. Returns the fields that do.

    Nothing is written when nothing differs. secret: fields of which only the fact of change is told.
    """
    fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    with transaction.atomic():
        before = type(row)._default_manager.select_for_update().filter(pk=row.pk).values(*fields).first()
        changes = {
            name: ["", ""] if name in secret else [_plain((before or {}).get(name)), _plain(getattr(row, name))]
            for name in fields
            if before is None or before[name] != getattr(row, name)
        }
        if changes:
            row.save(update_fields=list(changes) if before else None)
            action = events.CHANGED if before else events.ADDED
            events.record(row, action, by=by, reason=reason, changes=changes)
    return list(changes)


def history(row: models.Model) -> models.QuerySet[Event]:
    """What happened to this row, the latest first."""
    told = Event.objects.filter(subject_type=ContentType.objects.get_for_model(row), subject_id=row.pk)
    return told.order_by("-at", "-pk")


def last(row: models.Model) -> dict[str, Event]:
    """The latest change of each field of this row."""
    found: dict[str, Event] = {}
    for event in history(row).exclude(changes={})[:200]:
        for name in event.changes:
            found.setdefault(name, event)
    return found


def _plain(value: Any) -> Any:
    return json.loads(
        json.dumps(
            asdict(value) if is_dataclass(value) and not isinstance(value, type) else value, cls=DjangoJSONEncoder
        )
    )
