"""What a section's form may be filled in with: favourites, and what is usual for the destination. Saved only by Save."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from certificates import favourites, usual
from certificates.ephyto.document import Document
from certificates.forms import sections
from certificates.models import Certificate, Favourite, Partnership, partnership
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Membership

USUAL: Final = "usual"
_LABELS: Final[dict[str, Promise]] = {
    Favourite.Kind.EXPORTER: _("Favourite exporter"),
    Favourite.Kind.CONSIGNEE: _("Favourite consignee"),
    Favourite.Kind.ROUTE: _("Favourite route"),
}


@dataclass(frozen=True)
class Offer:
    """The favourites of one kind to choose from; query is what somebody looks for among many."""

    kind: str
    label: Promise
    rows: list[Favourite]
    query: str
    has_more: bool


def shown(found: Certificate, section: str, forms: Mapping[str, Any], request: ActingRequest) -> dict[str, Any]:
    """What a section's page needs to offer it."""
    if section.startswith("line."):
        return {}
    may_ask = section == "consignment" and not found.destination and usual.is_kept(found.nppo_id)
    return {
        "offers": offers(found, section, request.membership, request.POST),
        "usual": usual_for(found, section, values_of(forms)),
        "may_ask_what_is_usual": may_ask,
    }


def is_asked(data: Mapping[str, Any]) -> bool:
    """Whether a button was pressed that shows the page again without saving."""
    return "fill" in data or "seek" in data


def offers(found: Certificate, section: str, by: Membership, data: Mapping[str, Any]) -> list[Offer]:
    """Nothing of a kind of which there is none yet."""
    destination = found.destination if section == "transport" else ""
    made = (_offer(kind, by, destination, str(data.get(f"seek_{kind}", ""))) for kind in _kinds(section))
    return [offer for offer in made if offer.rows or offer.query]


def _kinds(section: str) -> tuple[Favourite.Kind, ...]:
    return favourites.OF_SECTION.get(section, ())


def _offer(kind: str, by: Membership, destination: str, query: str) -> Offer:
    rows = list(favourites.of(by, kind, query=query, destination=destination)[: favourites.OFFERED + 1])
    return Offer(kind, _LABELS[kind], rows[: favourites.OFFERED], query, len(rows) > favourites.OFFERED)


def filled(data: QueryDict, found: Certificate, section: str, by: Membership) -> QueryDict:
    """The same input with what was chosen in the place of what it is about."""
    changed, asked = data.copy(), str(data.get("fill", ""))
    if asked == USUAL:
        row = partnership(found.nppo_id, destination_of(found, section, data))
        for habit in usual.missing(_habits(row, found, section), dict(data.items())):
            _put(changed, habit.fields)
    elif asked in _kinds(section):
        chosen = str(data.get(f"favourite_{asked}", ""))
        rows = favourites.of(by, asked).filter(pk=int(chosen[:18]) if chosen.isdecimal() else 0)
        for favourite in rows:
            _put(changed, _fields(asked, favourite.data))
    return changed


def _put(data: QueryDict, fields: Mapping[str, Any]) -> None:
    """As a browser sends it: what is not ticked is not sent, and rows are counted."""
    for name, value in fields.items():
        if value is False:
            data.pop(name, None)
        else:
            data[name] = "on" if value is True else str(value)
        prefix, _dash, rest = name.partition("-")
        total, row = f"{prefix}-TOTAL_FORMS", rest.partition("-")[0]
        count = str(data.get(total, ""))
        if row.isdecimal() and count.isdecimal():
            data[total] = str(max(int(count[:3]), int(row) + 1))


def _fields(kind: str, part: Document) -> dict[str, Any]:
    """The fields of the section's form that say what the favourite says."""
    if kind != Favourite.Kind.ROUTE:
        return {name: value for name, value in sections.Parties.read(part).items() if name.startswith(kind)}
    rows = sections.movements_read(part)
    said = {f"movements-{i}-{name}": value for i, row in enumerate(rows) for name, value in row.items()}
    count = {"movements-TOTAL_FORMS": max(1, len(rows))}
    return said | count | {"entry_name": part.entry.name}


def destination_of(found: Certificate, section: str, data: Mapping[str, Any] | None) -> str:
    """As the form has it now, where the form has it."""
    typed_now = data.get("destination") if data is not None and section == "consignment" else None
    return str(found.destination if typed_now is None else typed_now)


def values_of(forms: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the fields of a page's forms, by the names under which a browser sends it."""
    plain = [each for made in forms.values() for each in (made.forms if hasattr(made, "forms") else [made])]
    return {form.add_prefix(name): form[name].value() for form in plain for name in form.fields}


@dataclass(frozen=True)
class Usual:
    """What is usual for the destination and not said in this section, and in which languages to write."""

    country: str
    habits: list[usual.Habit]
    note: str


def usual_for(found: Certificate, section: str, form_data: Mapping[str, Any]) -> Usual | None:
    """None where no destination is chosen, or nothing is to be said. form_data: the form's fields as they stand."""
    country = destination_of(found, section, form_data)
    if not country or section not in ("consignment", "transport", "declarations"):
        return None
    row = partnership(found.nppo_id, country)
    habits = usual.missing(_habits(row, found, section), form_data)
    note = "" if section == "transport" else row.language_note
    return Usual(country, habits, note) if habits or note else None


def _habits(row: Partnership, found: Certificate, section: str) -> list[usual.Habit]:
    return usual.of(row, section, found.type, get_language() or "en")


def remember(saved: Certificate, section: str, data: Mapping[str, Any], by: Membership) -> None:
    """After saving: keep as favourites what was ticked, and note of the others who used them."""
    for kind in _kinds(section):
        if f"keep_{kind}" in data:
            favourites.keep(saved.document, kind, by=by)
        else:
            favourites.used(saved.document, kind, by=by)


def is_first_destination(before: Certificate, after: Certificate, section: str) -> bool:
    """Whether this save chose the destination of a draft that had none, and something is usual there."""
    if section != "consignment" or before.destination or not after.destination:
        return False
    values = sections.Consignment.read(after.document)
    made = usual_for(after, section, values)
    return made is not None and bool(made.habits)
