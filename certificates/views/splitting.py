"""Pages that part one draft and join several: each asks, and says what will happen. Of a split it shows what comes of it."""

from dataclasses import replace
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from certificates import dividing, drafts, splitting, workflow
from certificates.ephyto.document import Measure, TradeLine, note_texts
from certificates.forms.splitting import MOST, Plan, assign, read, shares
from certificates.models import EDITABLE, Certificate, Direction
from certificates.paper.wording import measure, numbers_written
from certificates.views.doorway import certificate_or_404, somebody_was_faster
from certificates.views.lines import PAGE, in_all
from codelists import lookup
from codelists.lookup import Names, name_of
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest

SHOWN: Final = 50
SAME_PAGE: Final = ("show", "set", "page", "back")  # buttons that lead back to the form


def _draft_or_404(request: ActingRequest, pk: int) -> Certificate:
    found = certificate_or_404(request, pk)
    if not request.membership.may(roles.DRAFT):
        raise PermissionDenied
    if found.direction != Direction.ISSUED:
        raise Http404
    return found


@lookup.read_once()
def split(request: ActingRequest, pk: int) -> HttpResponse:
    """GET asks where each line goes, POST shows what comes of it; POST of `save` does it."""
    found = _draft_or_404(request, pk)
    if found.status not in EDITABLE:
        return somebody_was_faster(request, found)
    document = found.document
    if request.method != "POST":
        return _ask(request, found, Plan())
    plan = read(request.POST, document)
    if "set" in request.POST:
        assign(plan, request.POST, document)
    if any(name in request.POST for name in SAME_PAGE):
        return _ask(request, found, plan, status=422 if plan.errors else 200)
    wanted = shares(plan, document, drafts.unread_lines(found))
    if plan.errors:
        return _ask(request, found, plan, status=422)
    try:
        return _save(request, found, plan, wanted) if "save" in request.POST else _check(request, found, plan, wanted)
    except workflow.WrongStatus as wrong:
        return somebody_was_faster(request, wrong.certificate)
    except drafts.Conflict as conflict:
        plan.errors["lines"] = _("The lines were changed meanwhile. This is how they stand now.")
        return _ask(request, conflict.certificate, plan, status=409)
    except splitting.NotPossible as refused:
        plan.errors["lines"] = str(refused)
        return _ask(request, found, plan, status=422)


def _save(request: ActingRequest, found: Certificate, plan: Plan, wanted: dict[str, splitting.Share]) -> HttpResponse:
    """Only what was seen is done: the lines are those of the page that asked for it."""
    made = splitting.split(
        found, wanted, plan.count, by=request.membership, containers=plan.places(found.document),
        opened_with=request.POST.get("opened_with") or "unseen",
    )  # fmt: skip
    if len(made) == 1:
        messages.success(request, _("Split. This is the new draft; the other one keeps the rest."))
        return redirect("certificates:certificate", made[0].pk)
    said = _("Split. The new drafts are %(drafts)s; %(draft)s keeps the rest.")
    messages.success(request, said % {"drafts": ", ".join(map(str, made)), "draft": found})
    return redirect("certificates:worklist", "drafts")


def _ask(request: ActingRequest, found: Certificate, plan: Plan, status: int = 200) -> HttpResponse:
    """One page of the lines: the one that was asked for, or that of the first error."""
    document, names = found.document, Names(get_language() or "en")
    paginator = Paginator(list(enumerate(document.lines, start=1)), PAGE)
    wrong = [int(key.split("-")[1]) for key in plan.errors if key.startswith("part-")]
    asked = request.POST.get("page") or request.POST.get("shown")
    page = paginator.get_page((min(wrong) - 1) // PAGE + 1 if wrong else asked)
    context = {
        "certificate": found,
        "plan": plan,
        "page": page,
        "pages": list(paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)),
        "rows": [_row(number, line, plan, names) for number, line in page],
        "sides": [(str(side), _called(side)) for side in range(plan.count)],
        "containers": [
            (f"container-{place}", each.number, str(plan.container(each.number)))
            for place, each in enumerate(document.equipment)
            if each.number
        ],
        "numbers": request.POST.get("numbers", "") if "numbers" in plan.errors else "",
        "most": MOST,
    }
    return _shown(request, "certificates/split.html", context, status)


def _called(side: int) -> str:
    return _("Draft %(number)s") % {"number": side + 1} if side else _("This draft")


def _row(number: int, line: TradeLine, plan: Plan, names: Names) -> dict[str, Any]:
    said, parts = dividing.quantity(line), []
    for side in range(1, plan.count):
        key, typed = f"part-{number}-{side}", plan.part(line.id, side)
        if said or typed:
            error = plan.errors.get(key, "")
            parts.append({"id": key, "side": side, "label": _called(side), "typed": typed, "error": error})
    quantity = _measured(said[0], said[1], names) if said else ""
    return {"number": number, "line": line, "quantity": quantity, "parts": parts, "rest": str(plan.rest(line.id))}


def _measured(name: str, quantity: Measure, names: Names) -> str:
    """With its unit; of packages with their kind."""
    kind = names.name("package", quantity.unit) if name == dividing.PACKAGES and not quantity.unit_name else ""
    return measure(replace(quantity, unit_name=kind) if kind else quantity, names)


def _shown(request: ActingRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    found: Certificate = context["certificate"]
    carried = {"kept": context["plan"].kept(), "opened_with": drafts.section_hash(found.document, "lines")}
    return render(request, template, context | carried, status=status)


def _check(request: ActingRequest, found: Certificate, plan: Plan, wanted: dict[str, splitting.Share]) -> HttpResponse:
    """What each draft will hold, and each line that is divided, before anything happens. Raises NotPossible."""
    document, names = found.document, Names(get_language() or "en")
    numbers = {line.id: number for number, line in enumerate(document.lines, start=1)}
    sides = splitting.shared(document, wanted, plan.count)
    whole = {line.id for side in sides for line in side}
    divided = [line for line in document.lines if line.id not in whole]
    rows = [_divided(numbers[line.id], line, wanted[line.id], names) for line in divided[:PAGE]]
    holding = [
        {
            "name": _called(side),
            "whole": numbers_written([numbers[line.id] for line in lines if line.id in numbers]),
            "parts": sum(1 for line in lines if line.id not in numbers),
            "totals": in_all(replace(document, lines=lines)),
            "unwritten": any(not each.quantity for line in lines for each in line.packages),
            "containers": splitting.with_containers(document, plan.places(document), side).equipment,
        }
        for side, lines in enumerate(sides)
    ]
    context = {"certificate": found, "plan": plan, "holding": holding, "rows": rows, "more": len(divided) - len(rows)}
    return _shown(request, "certificates/split_check.html", context)


def _divided(number: int, line: TradeLine, share: splitting.Share, names: Names) -> dict[str, Any]:
    """How much of a line goes where, and what its drafts will lack: numbers that cannot be divided."""
    into, (name, quantity) = splitting.amounts(line, share, number), dividing.quantity(line) or ("", Measure())
    parts = dividing.parted(line, list(into.values()))
    said = [
        (_called(side), _measured(name, replace(quantity, value=f"{amount:f}"), names), _packages(part, names))
        for (side, amount), part in zip(into.items(), parts, strict=True)
    ]
    return {"number": number, "line": line, "parts": said, "lacking": _lacking(line, parts[0], names)}


def _packages(part: TradeLine, names: Names) -> list[str]:
    counted = [Measure(each.quantity, each.kind, each.kind_name) for each in part.packages if each.quantity]
    return [_measured(dividing.PACKAGES, each, names) for each in counted]


def _lacking(line: TradeLine, part: TradeLine, names: Names) -> list[str]:
    """What the line says and its parts do not."""
    found = [
        _measured(dividing.PACKAGES, Measure(before.quantity, before.kind, before.kind_name), names)
        for before, after in zip(line.packages, part.packages, strict=True)
        if before.quantity and not after.quantity
    ]
    for subject in (dividing.OTHER, dividing.IN_WORDS):
        if not note_texts(part.notes, subject):
            found += [text.text for text in note_texts(line.notes, subject)]
    return found


def combine(request: ActingRequest, pk: int) -> HttpResponse:
    """GET shows the drafts that are alike, POST makes one of this and the chosen ones."""
    found = _draft_or_404(request, pk)
    if found.status not in EDITABLE:
        return somebody_was_faster(request, found)
    chosen, error = request.POST.getlist("draft"), ""
    if request.method == "POST":
        others = Certificate.objects.visible_to(request.membership).filter(direction=Direction.ISSUED)
        wanted = list(others.filter(pk__in=[int(each[:18]) for each in chosen if each.isdecimal()]).order_by("pk"))
        try:
            made = splitting.combine([found, *wanted], by=request.membership)
        except workflow.WrongStatus as wrong:
            return somebody_was_faster(request, wrong.certificate)
        except splitting.NotPossible as refused:
            error = str(refused)
        else:
            messages.success(request, _("Combined. This is the new draft; the others are discarded and stay readable."))
            return redirect("certificates:certificate", made.pk)
    context = {
        "certificate": found,
        "rows": splitting.alike(found).for_lists()[:SHOWN],
        "chosen": chosen,
        "error": error,
        "country": name_of("country", found.destination, get_language() or "en"),
    }
    return render(request, "certificates/combine.html", context, status=422 if error else 200)
