"""Printing at the desk: counted, on numbered sheets where the NPPO uses them, and the register of those sheets."""

from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from certificates import issuing, printing, prints, workflow
from certificates.forms.fields import errors_of
from certificates.forms.printing import Correct
from certificates.models import Print, Sheet, Status
from certificates.paper import marking
from certificates.seals.keys import NotAtHand
from certificates.views.doorway import certificate_or_404, somebody_was_faster
from certificates.views.downloads import as_download, being_made
from gens.accounts import events, roles
from gens.accounts.middleware import ActingRequest, outside_transaction
from gens.accounts.tenancy import acting_for

PAGE: Final = 50


@require_POST
def start(request: ActingRequest, pk: int) -> HttpResponse:
    """Counts it, and leads to the PDF; where sheets are numbered, to the page that asks for them."""
    found = certificate_or_404(request, pk)
    if not request.membership.may(roles.PRINT):
        raise PermissionDenied
    if found.number and not found.has_pdf:
        return being_made(request, found)
    try:
        made = prints.start(found, by=request.membership)
    except workflow.WrongStatus as error:
        return somebody_was_faster(request, error.certificate)
    if made.outcome == Print.Outcome.ASKED:
        return redirect(reverse("certificates:print", args=[found.pk, made.pk]) + "?download=1")
    return redirect("certificates:print_pdf", found.pk, made.pk)


@outside_transaction
def pdf(request: ActingRequest, pk: int, print_pk: int) -> HttpResponse:
    """The pages of this print."""
    with acting_for(request.membership.nppo_id):
        made = _print_or_404(request, pk, print_pk)
    if not request.membership.may(roles.PRINT):
        raise PermissionDenied
    try:
        data = printing.pages(made)
    except NotAtHand:
        data = None
    if data is None:
        return being_made(request, made.certificate)
    return as_download(data, "application/pdf", f"{made.certificate.number}.pdf")


@require_POST
@outside_transaction
def certified_copy(request: ActingRequest, pk: int) -> HttpResponse:
    """A certified true copy, countersigned by who asks for it: an officer who may issue. It is recorded, not counted."""
    with acting_for(request.membership.nppo_id):
        found = certificate_or_404(request, pk)
        if not request.membership.may(roles.ISSUE):
            raise PermissionDenied
        if found.status != Status.ISSUED or issuing.hand_of(found) is not None:
            return somebody_was_faster(request, found)
        kept = printing.kept_of(found)
        if kept is None:
            return being_made(request, found)
    try:
        data = printing.certified_copy(found, kept, by=request.membership)
    except NotAtHand:
        return being_made(request, found)
    with acting_for(found.nppo_id):
        events.record(found, events.PRINTED, by=request.membership, reason=marking.TRUE_COPY)
    return as_download(data, "application/pdf", f"{found.number}-certified-copy.pdf")


def _print_or_404(request: ActingRequest, pk: int, print_pk: int) -> Print:
    found = certificate_or_404(request, pk)
    prints_of = Print.objects.filter(certificate=found).select_related("certificate__nppo", "by")
    return get_object_or_404(prints_of, pk=print_pk)


def told(request: ActingRequest, pk: int, print_pk: int) -> HttpResponse:
    """“Printed correctly?” GET asks, POST keeps the answer; a spoiled sheet leads to the next print."""
    made = _print_or_404(request, pk, print_pk)
    if not request.membership.may(roles.PRINT):
        raise PermissionDenied
    if request.method == "POST":
        return _tell(request, made)
    if made.outcome != Print.Outcome.ASKED:
        return redirect("certificates:certificate", pk)
    return _ask(request, made)


def _tell(request: ActingRequest, made: Print) -> HttpResponse:
    answer = request.POST.get("answer", "")
    if answer not in ("good", "spoiled"):
        return _ask(request, made, {"answer-good": _("Say whether it is printed correctly.")}, status=422)
    try:
        serials = prints.serials_of(request.POST.get("serials", ""))
        prints.tell(made, serials, is_good=answer == "good", by=request.membership)
    except prints.NotSerials as error:
        return _ask(request, made, {"serials": _not_serials(error)}, status=422)
    except prints.SheetKnown as error:
        return _ask(request, made, {"serials": _known(error.sheet)}, status=422)
    except workflow.WrongStatus as error:
        return somebody_was_faster(request, error.certificate)
    if answer == "good":
        messages.success(request, _("The sheets are recorded."))
        return redirect("certificates:certificate", made.certificate_id)
    messages.success(request, _("The spoiled sheet is recorded. Print again."))
    return start(request, made.certificate_id)


def _not_serials(error: prints.NotSerials) -> str:
    if error.wrong:
        return _("“%(typed)s” is no serial number: letters, digits, . / and -, at most 32.") % {"typed": error.wrong}
    return _("Write the serial number that stands on each sheet, at most 50 of them.")


def _known(sheet: Sheet) -> str:
    said = {"serial": sheet.serial, "number": sheet.print.certificate.number}
    return _("Sheet %(serial)s was used for %(number)s before. Read the number on the sheet again.") % said


def correct(request: ActingRequest, pk: int) -> HttpResponse:
    """GET asks for the number that stands on the sheet, POST records it in the place of what was typed."""
    rows = Sheet.objects.filter(nppo=request.membership.nppo_id).select_related("print__certificate")
    sheet = get_object_or_404(rows, pk=pk)
    if not request.membership.may(roles.PRINT):
        raise PermissionDenied
    if sheet.instead_id is not None:
        return somebody_was_faster(request, sheet.print.certificate)
    form = Correct(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            prints.correct(sheet, form.cleaned_data["serial"], by=request.membership, why=form.cleaned_data["why"])
        except prints.NotSerials as error:
            form.add_error("serial", _not_serials(error))
        except prints.SheetKnown as error:
            form.add_error("serial", _known(error.sheet))
        except workflow.WrongStatus as error:
            return somebody_was_faster(request, error.certificate)
        else:
            messages.success(request, _("The serial number is corrected."))
            return redirect("certificates:sheets")
    context = {"sheet": sheet, "form": form, "errors": errors_of(form)}
    return render(request, "certificates/sheet.html", context, status=422 if form.errors else 200)


def _ask(request: ActingRequest, made: Print, errors: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    context = {
        "certificate": made.certificate,
        "print": made,
        "errors": list((errors or {}).items()),
        "wrong": errors or {},
        "answer": request.POST.get("answer", ""),
        "serials": request.POST.get("serials", ""),
        "downloads": "download" in request.GET,
    }
    return render(request, "certificates/print.html", context, status=status)


def sheets(request: ActingRequest) -> HttpResponse:
    """The register of numbered sheets, the latest first: what each was used for, or that it was spoiled."""
    if not request.membership.may(roles.READ_ISSUED):
        raise PermissionDenied
    rows = Sheet.objects.filter(nppo=request.membership.nppo_id).select_related("instead")
    outcome, query, after = (request.GET.get(key, "") for key in ("outcome", "q", "after"))
    if outcome in ("used", "spoiled"):
        rows = rows.filter(is_spoiled=outcome == "spoiled")
    if query := query.strip().upper()[:32]:
        rows = rows.filter(serial__startswith=query)
    if after.isdecimal() and len(after) < 19:
        rows = rows.filter(pk__lt=int(after))
    found = list(rows.select_related("print__certificate", "print__by__user").order_by("-pk")[: PAGE + 1])
    kept = {key: value for key, value in (("outcome", outcome), ("q", query)) if value}
    context = {
        "rows": found[:PAGE],
        "outcome": outcome,
        "query": query,
        "choices": [("", _("All")), ("used", _("Used")), ("spoiled", _("Spoiled"))],
        "is_first": not after,
        "first_url": "?" + urlencode(kept),
        "next_url": "?" + urlencode(kept | {"after": found[PAGE - 1].pk}) if len(found) > PAGE else "",
        "is_used": request.membership.nppo.prints_on_security_paper,
        "may_correct": request.membership.may(roles.PRINT),
    }
    return render(request, "certificates/sheets.html", context)
