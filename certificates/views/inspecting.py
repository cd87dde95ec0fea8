"""Inspections of one certificate: what was found and who found it, planning and recording, photos and documents."""

from typing import Any

from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates import inspected, inspections, workflow
from certificates.administration.history import SHOWN, Told, told
from certificates.forms import inspecting as forms
from certificates.forms.fields import errors_of
from certificates.models import Blob, Certificate, Direction, Inspection, InspectionFile, Sample
from certificates.models.inspection import Inspections
from certificates.views import round_trips
from certificates.views.doorway import certificate_or_404, somebody_was_faster
from certificates.views.downloads import as_download
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Event


def of_certificate(found: Certificate) -> Inspections:
    """Its inspections, the latest day first."""
    rows = Inspection.objects.filter(certificate=found).select_related("officer__user", "officer__office")
    return rows.order_by(Coalesce("done_on", "planned_on").desc(), "-pk")


def inspection_or_404(request: ActingRequest, pk: int) -> Inspection:
    """The inspection, if this membership may see its certificate."""
    visible = Inspection.objects.visible_to(request.membership)
    return get_object_or_404(
        visible.select_related("nppo", "certificate__nppo", "officer__user", "officer__office"), pk=pk
    )


def outgoing_or_404(request: ActingRequest, pk: int) -> Certificate:
    found = certificate_or_404(request, pk)
    if found.direction != Direction.ISSUED:
        raise Http404
    return found


def listed(request: ActingRequest, pk: int) -> HttpResponse:
    """All inspections of a certificate."""
    found = outgoing_or_404(request, pk)
    context = {
        "certificate": found,
        "rows": of_certificate(found),
        "missing": inspected.missing(found, found.nppo),
        "may_record": inspections.may_record(found, request.membership),
    }
    return render(request, "certificates/inspections/listed.html", context)


def new(request: ActingRequest, pk: int) -> HttpResponse:
    """Plan an inspection, or record one that took place (?done)."""
    found = outgoing_or_404(request, pk)
    made = Inspection(nppo=found.nppo, certificate=found, officer=request.membership)
    made.place = found.office.place if found.office else ""
    if "done" in request.GET:
        made.done_on = timezone.localdate()
    return _edit(request, made)


def edit(request: ActingRequest, pk: int) -> HttpResponse:
    found = inspection_or_404(request, pk)
    if found.state == Inspection.State.CALLED_OFF and request.membership.may(roles.DRAFT):
        messages.info(request, _("This inspection is called off. Plan another one."))
        return redirect("certificates:inspections_of", found.certificate_id)
    return _edit(request, found)


def _edit(request: ActingRequest, found: Inspection) -> HttpResponse:
    """One page for planning, recording and correcting: what cannot be saved comes back with everything that was typed."""
    if not request.membership.may(roles.DRAFT):
        raise PermissionDenied
    if not inspections.may_record(found.certificate, request.membership):
        return somebody_was_faster(request, found.certificate)
    data = request.POST if request.method == "POST" else None
    if data is not None and "add" not in data:
        return _save(request, found, data)
    form, rows, _samples = _forms(found, with_row(data) if data is not None else None)
    if data is not None:
        round_trips.focus_added({"samples": rows}, data)
    opened = data.get("opened_with", "") if data is not None else inspections.version(found)
    return _show(request, found, form, rows, opened)


def with_row(data: QueryDict) -> QueryDict:
    """The same input with one more row for a sample."""
    changed = data.copy()
    count = str(data.get("samples-TOTAL_FORMS", ""))
    if count.isdigit():
        changed["samples-TOTAL_FORMS"] = str(min(int(count) + 1, forms.ROWS))
    return changed


def _forms(found: Inspection, data: QueryDict | None) -> tuple[Any, Any, list[Sample]]:
    """The form of the inspection, the rows of its samples, and these."""
    samples = list(found.samples.filter(is_removed=False).order_by("pk")) if found.pk else []
    rows = forms.SampleRows(data, initial=forms.samples_read(samples), prefix="samples")
    return forms.Record(data, inspection=found), rows, samples


def _save(request: ActingRequest, found: Inspection, data: QueryDict) -> HttpResponse:
    form, rows, samples = _forms(found, data)
    if not all([form.is_valid(), rows.is_valid()]):
        return _show(request, found, form, rows, data.get("opened_with", ""), status=422)
    written = forms.samples_write(samples, rows.cleaned_data)
    try:
        done = inspections.record(
            form.write(found), written, by=request.membership, opened_with=data.get("opened_with", "")
        )
    except inspections.Conflict as conflict:
        return _conflict(request, conflict.inspection, data)
    except workflow.WrongStatus as error:
        return somebody_was_faster(request, error.certificate)
    messages.success(request, _("Saved."))
    return redirect("certificates:inspection", done.pk)


def _conflict(request: ActingRequest, stored: Inspection, data: QueryDict) -> HttpResponse:
    """Somebody else recorded something meanwhile: both versions, and what was typed stays in the form."""
    if stored.state == Inspection.State.CALLED_OFF:
        messages.info(request, _("This inspection is called off. Plan another one."))
        return redirect("certificates:inspections_of", stored.certificate_id)
    form, rows, _samples = _forms(stored, data)
    differing = forms.differences((form, rows), _forms(stored, None)[:2])
    return _show(request, stored, form, rows, inspections.version(stored), differing, status=409)


def _show(
    request: ActingRequest,
    found: Inspection,
    form: Any,
    rows: Any,
    opened: str,
    differing: list[tuple[str, str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    is_tried = status != 200
    context = {
        "inspection": found,
        "certificate": found.certificate,
        "form": form,
        "rows": rows,
        "opened_with": opened,
        "differing": differing,
        "errors": [error for each in (form, *rows.forms) for error in errors_of(each)] if is_tried else [],
    }
    return render(request, "certificates/inspections/record.html", context, status=status)


def inspection(request: ActingRequest, pk: int) -> HttpResponse:
    """Everything that is recorded. A file that is posted is attached."""
    found = inspection_or_404(request, pk)
    files = list(found.files.filter(is_removed=False).order_by("pk"))
    may_record = inspections.may_record(found.certificate, request.membership)
    is_upload = request.method == "POST"
    if is_upload and not may_record:
        return _refused(request, found)
    form = forms.AttachFile(request.POST if is_upload else None, request.FILES if is_upload else None, held=len(files))
    if is_upload and form.is_valid():
        return _attach(request, found, form)
    context = {
        "inspection": found,
        "certificate": found.certificate,
        "samples": found.samples.filter(is_removed=False).order_by("pk"),
        "files": files,
        "form": form,
        "errors": errors_of(form) if is_upload else [],
        "may_record": may_record,
        "history": history(found),
    }
    return render(request, "certificates/inspections/inspection.html", context, status=422 if is_upload else 200)


def _refused(request: ActingRequest, found: Inspection) -> HttpResponse:
    """403 for whoever never may, 409 when the certificate is no longer on its way."""
    if not request.membership.may(roles.DRAFT):
        raise PermissionDenied
    return somebody_was_faster(request, found.certificate)


def _attach(request: ActingRequest, found: Inspection, form: forms.AttachFile) -> HttpResponse:
    said = form.cleaned_data
    try:
        inspections.attach(found, said["file"], form.name, said["caption"], by=request.membership)
    except workflow.WrongStatus as error:
        return somebody_was_faster(request, error.certificate)
    messages.success(request, _("Saved."))
    return redirect("certificates:inspection", found.pk)


def call_off(request: ActingRequest, pk: int) -> HttpResponse:
    """GET asks, POST calls a planned inspection off."""
    found = inspection_or_404(request, pk)
    if not inspections.may_record(found.certificate, request.membership):
        return _refused(request, found)
    is_post, reason = request.method == "POST", request.POST.get("reason", "")[:4000]
    try:
        if found.state != Inspection.State.PLANNED:
            raise inspections.Conflict(found)
        if is_post:
            inspections.call_off(found, by=request.membership, reason=reason)
            messages.success(request, _("The inspection is called off."))
            return redirect("certificates:inspections_of", found.certificate_id)
    except inspections.Conflict:
        messages.info(request, _("Only a planned inspection can be called off. This is how it stands."))
        return redirect("certificates:inspection", found.pk)
    except workflow.WrongStatus as error:
        return somebody_was_faster(request, error.certificate)
    except workflow.ReasonMissing:
        pass
    context = {"inspection": found, "certificate": found.certificate, "is_missing": is_post, "reason": reason}
    return render(request, "certificates/inspections/call_off.html", context, status=422 if is_post else 200)


def file(request: ActingRequest, pk: int, file_pk: int) -> HttpResponse:
    """The bytes of a photo or document, as a file to keep."""
    kept = _file_or_404(request, pk, file_pk)
    blob = get_object_or_404(Blob, nppo=kept.nppo_id, sha256=kept.sha256)
    return as_download(bytes(blob.data), kept.media_type, kept.filename)


def take_off(request: ActingRequest, pk: int, file_pk: int) -> HttpResponse:
    """GET asks, POST takes a file off its inspection."""
    kept = _file_or_404(request, pk, file_pk)
    if not inspections.may_record(kept.inspection.certificate, request.membership):
        return _refused(request, kept.inspection)
    if request.method != "POST":
        context = {"inspection": kept.inspection, "certificate": kept.inspection.certificate, "file": kept}
        return render(request, "certificates/inspections/take_off.html", context)
    try:
        inspections.take_off(kept, by=request.membership)
    except workflow.WrongStatus as error:
        return somebody_was_faster(request, error.certificate)
    messages.success(request, _("Saved."))
    return redirect("certificates:inspection", pk)


def _file_or_404(request: ActingRequest, pk: int, file_pk: int) -> InspectionFile:
    found = inspection_or_404(request, pk)
    kept = get_object_or_404(InspectionFile, pk=file_pk, inspection=found, is_removed=False)
    kept.inspection = found
    return kept


def history(found: Inspection) -> list[Told]:
    """What happened to the inspection, its samples and its files, the latest first."""
    own = forms.Record(inspection=found)
    own.fields["state"].choices = Inspection.State.choices  # type: ignore[attr-defined]  # planned and called off, too
    forms_of: dict[Any, Any] = {
        Inspection: own, Sample: forms.SampleRow(), InspectionFile: forms.AttachFile(held=0),
    }  # fmt: skip
    types = {kind.pk: model for model, kind in ContentType.objects.get_for_models(*forms_of).items()}
    names: dict[tuple[Any, int], str] = {
        (Sample, each.pk): _("Sample %(number)s") % {"number": each} for each in found.samples.all()
    }
    names |= {(InspectionFile, each.pk): each.filename for each in found.files.all()}
    about = Q(pk=None)
    for kind, model in types.items():
        of_kind = [pk for (named, pk) in names if named is model] if model is not Inspection else [found.pk]
        about |= Q(subject_type=kind, subject_id__in=of_kind)
    events = Event.objects.filter(about, nppo=found.nppo_id).order_by("-at", "-pk")[:SHOWN]
    return [_told(event, types[event.subject_type_id], forms_of, names) for event in events]


def _told(event: Event, model: Any, forms_of: dict[Any, Any], names: dict[tuple[Any, int], str]) -> Told:
    plain = told(event, forms_of[model], {"is_removed": gettext_lazy("Removed")})
    return Told(event, plain.changed, names.get((model, event.subject_id), ""))
