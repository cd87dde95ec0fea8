"""Buttons of a draft's form that bring its page back with more in it and save nothing, so that everything works without
JavaScript: another row, names that fit, a name chosen, a declaration of the destination written in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from certificates import requirements
from certificates.forms.fields import TermField
from certificates.forms.lines import Line
from certificates.forms.sections import FORMS
from certificates.models import Requirement
from certificates.views import looking_up
from codelists import lookup
from codelists.models import List
from gens.accounts.models import Membership

_BUTTONS: Final = ("add", "look", "choose", "insert", "drop")
_ROWS: Final = 20
_OFFERED: Final = 60  # declarations beside a form
RECOMMENDED: Final = "recommended."
_FIELDS: Final = {Line: ("botanical",), FORMS["transport"]: ("entry_name",)}


@dataclass(frozen=True)
class Found:
    """Names that fit what was typed into this field."""

    field: str
    list_name: str
    text: str
    suggestions: list[looking_up.Suggestion]


@dataclass(frozen=True)
class Parameter:
    """What an officer fills in: a brace of a declaration."""

    id: str
    label: str
    value: str
    error: str = ""


@dataclass(frozen=True)
class Inserting:
    """A declaration whose braces are to be filled in before it is written into the form."""

    key: str
    words: str
    parameters: list[Parameter]


@dataclass
class RoundTrip:
    """The input as it comes back, and what the page shows besides."""

    data: QueryDict
    found: Found | None = None
    inserting: Inserting | None = None
    said: dict[str, str] = field(default_factory=dict)  # id of a field: what happened to it

    @property
    def errors(self) -> list[tuple[str, str]]:
        """(id of the field, words), for the summary: what is typed otherwise is judged when it is saved."""
        made = self.inserting.parameters if self.inserting else []
        return [(each.id, each.error) for each in made if each.error]


def is_asked(data: QueryDict) -> bool:
    """Whether one of these buttons was pressed."""
    return any(button in data for button in _BUTTONS)


def is_inserting(data: QueryDict) -> bool:
    """Whether something was typed for a declaration, and another button was pressed than the one that writes it in."""
    return bool(data.get("inserting")) and any(typed(data, n) for n in range(_ROWS))


def term_field(name: str) -> TermField:
    """The field of a long list that is looked up with a button. Raises Http404: no page has such a button."""
    for form, names in _FIELDS.items():
        if name in names:
            return cast("TermField", form.base_fields[name])
    raise Http404


def taken(data: QueryDict, *, kind: str, by: Membership) -> RoundTrip:
    """What the pressed button brings. kind: of the places that are offered first, the country of destination."""
    trip = RoundTrip(data.copy())
    if "look" in data:
        trip.found = _found(data, kind, by)
    elif "choose" in data:
        _choose(trip, by)
    elif "add" in data:
        _add_row(trip)
    key = data.get("insert", data.get("inserting", ""))
    if key and "drop" not in data:
        _insert(trip, key, by, is_wanted="insert" in data or not is_asked(data))
    return trip


def asking(data: QueryDict, back: str) -> str:
    """Where a code is requested for what was typed into the field that the button names; and the way back."""
    name = str(data["ask"])
    term = term_field(name)
    query = {"list": term.list_name, "text": looking_up.asked(term.asked(data.get(name, ""))), "next": back}
    return f"{reverse('administration:ask')}?{urlencode(query)}"


def _add_row(trip: RoundTrip) -> None:
    rows = f"{trip.data.get('add', '')}-TOTAL_FORMS"
    count = str(trip.data.get(rows, ""))
    if count.isdecimal():
        trip.data[rows] = str(min(int(count) + 1, _ROWS))


def focus_added(forms: Mapping[str, Any], data: QueryDict) -> None:
    """The row that was added takes the focus: the page comes back where somebody was at work."""
    rows = getattr(forms.get(data.get("add", "")), "forms", [])
    for bound in rows[-1].visible_fields()[:1] if rows else []:
        bound.field.widget.attrs["autofocus"] = True


def _found(data: QueryDict, kind: str, by: Membership) -> Found:
    name = str(data["look"])
    term = term_field(name)
    text = looking_up.asked(term.asked(data.get(name, "")))
    fitting = looking_up.suggestions(term.list_name, text, by=by, kind=kind if term.list_name == "port" else "")
    return Found(name, term.list_name, text, fitting)


def _choose(trip: RoundTrip, by: Membership) -> None:
    """Write the chosen name; a plant's common name too, where nothing was typed yet."""
    data, name = trip.data, str(trip.data["choose"])
    term = term_field(name)
    code = lookup.by_code(term.list_name, looking_up.asked(data.get("chosen", "")))
    if code is None:
        return
    one = looking_up.suggestion(code, "", "", by.nppo.language)
    is_only = "," not in data.get(name, "")
    data[name] = term.with_chosen(data.get(name, ""), one.value)
    for other in term.fills if one.common and is_only else ():
        if not data.get(other, "").strip():
            data[other] = one.common


def _insert(trip: RoundTrip, key: str, by: Membership, *, is_wanted: bool) -> None:
    """Write a declaration into the form; if it has braces, once each is filled in. Where another button was pressed it
    stays as it is.
    """
    data, words = trip.data, _declaration(key, by)
    names, was_asked = requirements.parameters(words), data.get("inserting") == key
    values = [typed(data, n) if was_asked else "" for n in range(len(names))]
    if not is_wanted or not all(values):
        unsaid = _("Write what it is.") if is_wanted and was_asked else ""
        pairs = enumerate(zip(names, values, strict=True))
        made = [Parameter(f"parameter-{n}", name, value, "" if value else unsaid) for n, (name, value) in pairs]
        trip.inserting = Inserting(key, words, made)
        return
    filled = requirements.filled(words, dict(zip(names, values, strict=True)))
    before = data.get("declaration", "").replace("\r\n", "\n").strip()
    if filled in before.split("\n\n"):
        trip.said["id_declaration"] = _("This declaration stands here already.")
        return
    data["declaration"] = f"{before}\n\n{filled}" if before else filled
    trip.said["id_declaration"] = _("The declaration was added at the end. Save to keep it.")


def typed(data: QueryDict, number: int) -> str:
    """What was typed for the brace of this number."""
    return " ".join(looking_up.asked(data.get(f"parameter-{number}", "")).split())


def recommended(by: Membership) -> list[tuple[str, str]]:
    """(key, words) of the declarations that the list offers whatever the destination: ISPM 12's, or the Hub's."""
    codes = lookup.choices(List.DECLARATION, by.nppo.language)
    return [(f"{RECOMMENDED}{code}", words) for code, words in codes][:_OFFERED]


def _declaration(key: str, by: Membership) -> str:
    """The words of this key: "<requirement>.<place>", or "recommended.<code>". Raises Http404."""
    if key.startswith(RECOMMENDED):
        code = lookup.by_code(List.DECLARATION, key.removeprefix(RECOMMENDED)[:24])
        if code is None:
            raise Http404
        return code.name(by.nppo.language)
    row, _dot, place = key.partition(".")
    if not (row.isdecimal() and place.isdecimal() and len(row) <= 18 and len(place) <= 4):
        raise Http404
    entry = Requirement.objects.filter(nppo=by.nppo_id, pk=int(row)).first()
    if entry is None or int(place) >= len(entry.declarations):
        raise Http404
    words: str = entry.declarations[int(place)]
    return words
