"""What was typed where a draft is split: into how many, which lines, parts of lines and containers go where.

A page shows some of the lines; what was typed of the others travels along as one text, as it was typed.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _

from certificates import dividing
from certificates.ephyto.document import Document, TradeLine, number_of
from certificates.forms.applying import numbers_read
from certificates.forms.fields import NumberField
from certificates.splitting import LEAST, TOO_MUCH, UNREAD, Share

MOST: Final = 20  # drafts of one split
EACH: Final = "each"  # of a container: it stands in each of the drafts
_AMOUNT: Final = NumberField(max_length=30)


@dataclass
class Plan:
    """Everything as it was typed. lines: by line id where the rest goes, then the parts of draft 1, 2, ...; of a
    container where it goes. count: what holds while `typed_count` cannot be read.
    """

    count: int = LEAST
    typed_count: str = str(LEAST)
    lines: dict[str, list[str]] = field(default_factory=dict)
    containers: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)  # by the id of the field

    def kept(self) -> str:
        """What the page carries along: all but what says nothing."""
        lines = {key: typed for key, typed in self.lines.items() if any(part not in ("", "0") for part in typed)}
        return json.dumps([self.count, lines, self.containers], separators=(",", ":"))

    def rest(self, line_id: str) -> int:
        return self._side(self.lines.get(line_id, ["0"])[0]) or 0

    def part(self, line_id: str, side: int) -> str:
        typed = self.lines.get(line_id, [])
        return typed[side] if side < len(typed) else ""

    def container(self, number: str) -> int | None:
        """The draft that it goes into; None for each."""
        return self._side(self.containers.get(number, EACH))

    def _side(self, text: str) -> int | None:
        return int(text) if text in map(str, range(self.count)) else None

    def places(self, document: Document) -> dict[str, int]:
        """The draft of each container that does not stand in each."""
        sides = {equipment.number: self.container(equipment.number) for equipment in document.equipment}
        return {number: side for number, side in sides.items() if side is not None}


def read(data: Mapping[str, Any], document: Document) -> Plan:
    """What was typed on this page and the pages before; what our own pages cannot have sent counts as nothing."""
    count, lines, containers = _carried(data.get("kept", ""))
    plan = Plan(count, data.get("count", str(count)).strip()[:20], lines, containers)
    typed_count = plan.typed_count.translate(_FIGURES)
    if typed_count.isascii() and typed_count.isdecimal() and LEAST <= int(typed_count) <= MOST:
        plan.count = int(typed_count)
    else:
        plan.errors["count"] = _("Write a number from %(least)s to %(most)s.") % {"least": LEAST, "most": MOST}
    for line in document.lines:
        if f"rest-{line.id}" in data:
            # parts of drafts beyond those on the page stay: who asks for more again finds them
            typed = [data.get(f"part-{line.id}-{side}", plan.part(line.id, side)) for side in range(1, MOST)]
            while typed and not typed[-1]:
                typed.pop()
            plan.lines[line.id] = [data[f"rest-{line.id}"], *typed]
    for place, equipment in enumerate(document.equipment):
        if f"container-{place}" in data:
            plan.containers[equipment.number] = data[f"container-{place}"]
    return plan


_FIGURES: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")


def _carried(text: str) -> tuple[int, dict[str, list[str]], dict[str, str]]:
    try:
        count, lines, containers = json.loads(text)
        typed = {key: [str(part) for part in parts][:MOST] for key, parts in lines.items() if parts}
        places = {key: str(place) for key, place in containers.items()}
        if isinstance(count, int) and LEAST <= count <= MOST:
            return count, typed, places
    except (ValueError, TypeError, AttributeError, RecursionError):
        pass
    return LEAST, {}, {}


def assign(plan: Plan, data: Mapping[str, Any], document: Document) -> None:
    """Many lines by their numbers at once; what cannot be read is an error of the field."""
    try:
        numbers = numbers_read(data.get("numbers", ""), len(document.lines))
        if not numbers:
            raise forms.ValidationError(_("Write which lines, such as 1-25, 40."))
    except forms.ValidationError as error:
        plan.errors["numbers"] = error.messages[0]
        return
    for number, line in enumerate(document.lines, start=1):
        if number in numbers:
            plan.lines[line.id] = [data.get("to", "0"), *plan.lines.get(line.id, [])[1:]]


def shares(plan: Plan, document: Document, unread: Collection[str]) -> dict[str, Share]:
    """Where each line goes. What cannot be done goes to the plan's errors, each at its field.

    unread: ids of the lines whose own form holds something that could not be read.
    """
    found = {}
    for number, line in enumerate(document.lines, start=1):
        parts = _parts(plan, number, line)
        said = {"number": number}
        if parts and line.id in unread:
            plan.errors[f"part-{number}-{min(parts)}"] = UNREAD % said
        elif parts and dividing.left(line, parts.values()) < 0:
            plan.errors[f"part-{number}-{max(parts)}"] = TOO_MUCH % said
        found[line.id] = Share(plan.rest(line.id), parts)
    return found


def _parts(plan: Plan, number: int, line: TradeLine) -> dict[int, Decimal]:
    found = {}
    for side in range(1, plan.count):
        try:
            amount = _amount(plan.part(line.id, side), line)
        except forms.ValidationError as error:
            plan.errors[f"part-{number}-{side}"] = error.messages[0]
        else:
            if amount is not None:
                found[side] = amount
    return found


def _amount(typed: str, line: TradeLine) -> Decimal | None:
    """The amount; None where nothing was typed. Raises ValidationError."""
    amount = number_of(_AMOUNT.clean(typed))
    if amount is None:
        return None
    said = dividing.quantity(line)
    if said is None:
        raise forms.ValidationError(_("This line says no quantity that could be divided: it goes whole."))
    if not amount:
        raise forms.ValidationError(_("Write more than nothing, or leave it empty."))
    if said[0] == dividing.PACKAGES and amount != int(amount):
        raise forms.ValidationError(_("Write a whole number of packages."))
    return amount
