"""What stands beside the fields of a draft while it is written: the demands of the destination, warnings of the rules, and
the days that are left."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django.forms import BaseForm
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates import demands, drafts
from certificates.demands import Demand, Limit
from certificates.ephyto import rules
from certificates.ephyto.document import Document, Text, TradeLine, line_by_id, set_notes
from certificates.models import Certificate
from certificates.templatetags.gens import tone, words

ELSEWHERE: Final = ""  # key of what no field of the page is about


def of_document(found: Certificate, document: Document) -> list[Demand]:
    """What the destination demands of every line, as it is saved."""
    return _demanded(found, document, demands.goods_of(document), demands.declared(document))


def _demanded(found: Certificate, document: Document, goods: list[demands.Goods], of_all: str) -> list[Demand]:
    return demands.of(found.nppo, document.import_country.code, goods, of_all, timezone.localdate())


def demanded(found: Certificate, form: BaseForm, context: Mapping[str, Any]) -> list[Demand]:
    """What the destination demands of the line of this page, or on the page of declarations of all lines, as the form
    has it now.
    """
    document = found.document
    if "line_id" in context:
        here = _typed_line(document, form, context["line_id"], context["number"])
        return _demanded(found, document, [here], demands.declared(document))
    if "declaration" not in form.fields:
        return []
    typed = str(form["declaration"].value() or "")
    as_typed = replace(document, notes=set_notes(document.notes, "ADEDL", [Text(typed)]))
    return _demanded(found, document, demands.goods_of(document), demands.declared(as_typed))


def _typed_line(document: Document, form: BaseForm, line_id: str, number: int) -> demands.Goods:
    typed = {
        name: str(form[name].value() or "") for name in ("botanical", "vegetable_part", "intended_use", "declaration")
    }
    line = line_by_id(document, line_id) or TradeLine(id=line_id)
    line = replace(line, notes=set_notes(line.notes, "ADTLIL", [Text(typed["declaration"])]))
    made = demands.goods(line, number)
    return made._replace(plants=typed["botanical"], part=typed["vegetable_part"], uses=(typed["intended_use"],))


def said(
    section: str,
    forms: Mapping[str, Any],
    states: Sequence[drafts.SectionState],
    demanded: Sequence[Demand],
    happened: Mapping[str, str],
) -> dict[str, list[tuple[str, str]]]:
    """(tone, words) by the id of the field, and ELSEWHERE: what happened to it, what the rules warn of, the days left.
    The fields name it as their description.
    """
    fields = {bound.auto_id: bound for form in _plain(forms) for bound in form}
    found: dict[str, list[tuple[str, str]]] = {field: [("ok", text)] for field, text in happened.items()}
    for problem in (problem for state in states for problem in state.problems):
        if problem.level != rules.SEVERE and drafts.section_of(problem.path) == section:
            place = drafts.anchor(problem.path)
            found.setdefault(place if place in fields else ELSEWHERE, []).append((tone(problem.level), words(problem)))
    if "id_inspected" in fields and (limit := _limit(forms["form"], demanded)):
        found.setdefault("id_inspected", []).append(("wait" if limit.is_near else "info", limit_words(limit)))
    for field in found.keys() & fields.keys():
        _describe(fields[field])
    return found


def check(found: Certificate, document: Document) -> dict[str, Any]:
    """What the page before submitting tells of the demands: all of them, how much is lacking, the days left."""
    demanded = of_document(found, document)
    limit = demands.limit(demanded, demands.inspected(document), timezone.localdate())
    return {
        "demanded": demanded,
        "lacking": sum(len(demand.missing) for demand in demanded),
        "limit": limit,
        "limit_words": limit_words(limit) if limit else "",
    }


def _plain(forms: Mapping[str, Any]) -> list[BaseForm]:
    return [form for made in forms.values() for form in (made.forms if hasattr(made, "forms") else [made])]


def _limit(form: BaseForm, demanded: Sequence[Demand]) -> Limit | None:
    """Of the date as it is saved; a typed one is judged when it is saved."""
    return demands.limit(demanded, str(form.initial.get("inspected", "")), timezone.localdate())


def _describe(bound: Any) -> None:
    """As Django does by itself where no field has more than a hint and errors."""
    ids = [f"{bound.auto_id}_helptext"] if bound.help_text else []
    ids += [f"{bound.auto_id}_error"] if bound.errors else []
    bound.field.widget.attrs["aria-describedby"] = " ".join([*ids, f"{bound.auto_id}_beside"])


def limit_words(limit: Limit) -> str:
    """How long the goods may stay after inspection, and until when that is."""
    said = ngettext(
        "The destination wants them to leave within %(days)s day of inspection.",
        "The destination wants them to leave within %(days)s days of inspection.",
        limit.days,
    ) % {"days": limit.days}
    if limit.last is None or limit.left is None:
        return said
    day = formats.date_format(limit.last, "DATE_FORMAT")
    if limit.left < 0:
        return f"{said} " + _("That was until %(day)s: inspect again.") % {"day": day}
    left = ngettext("%(count)s day is left", "%(count)s days are left", limit.left) % {"count": limit.left}
    return f"{said} " + _("That is until %(day)s: %(left)s.") % {"day": day, "left": left}
