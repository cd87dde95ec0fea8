"""The section of attachments: what is attached, adding a file, taking one off."""

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from certificates import drafts, storage, workflow
from certificates.ephyto.document import Attachment, Document, Text, new_id
from certificates.ephyto.media import media_type
from certificates.forms.attaching import Attach
from certificates.forms.fields import errors_of
from certificates.models import EDITABLE, Certificate
from certificates.views.doorway import somebody_was_faster
from gens.accounts.middleware import ActingRequest

SECTION = "attachments"


def attachments(request: ActingRequest, found: Certificate) -> HttpResponse:
    """The list with the form below it. An upload is one attachment more."""
    if found.status not in EDITABLE:
        return somebody_was_faster(request, found)
    document = found.document
    is_upload = request.method == "POST"
    form = Attach(request.POST if is_upload else None, request.FILES if is_upload else None, document=document)
    if is_upload and form.is_valid():
        return _attach(request, found, form)
    states = {state.name: state for state in drafts.section_states(found, document)}
    context = {
        "certificate": found,
        "attachments": document.attachments,
        "form": form,
        "errors": errors_of(form),
        "room": form.room,
        "problems": states[SECTION].problems,
        "remark": states[SECTION].remark,
        "states": list(states.values()),
    }
    return render(request, "certificates/drafting/attachments.html", context, status=422 if is_upload else 200)


def _attach(request: ActingRequest, found: Certificate, form: Attach) -> HttpResponse:
    data = form.cleaned_data["file"]
    said = form.cleaned_data
    made = Attachment(
        id=new_id(),
        sha256=storage.keep_blob(found.nppo_id, data),
        filename=form.name,
        kind=said["kind"],
        number=said["number"] or str(len(found.document.attachments) + 1),
        date=said["date"],
        descriptions=(Text(said["description"], found.nppo.language),) if said["description"] else (),
        media_type=media_type(data),
        size=len(data),
    )
    return _change(request, found, lambda d: replace(d, attachments=(*d.attachments, made)))


def detach(request: ActingRequest, found: Certificate, attachment_id: str) -> HttpResponse:
    """GET asks, POST takes it off the draft."""
    doomed = next((item for item in found.document.attachments if item.id == attachment_id), None)
    if doomed is None:
        raise Http404
    if request.method != "POST":
        context = {"certificate": found, "attachment": doomed}
        return render(request, "certificates/drafting/detach.html", context)

    def without(document: Document) -> Document:
        return replace(document, attachments=tuple(a for a in document.attachments if a.id != attachment_id))

    return _change(request, found, without)


def _change(request: ActingRequest, found: Certificate, change: drafts.Change) -> HttpResponse:
    opened = drafts.section_hash(found.document, SECTION)
    try:
        drafts.save_section(found, SECTION, by=request.membership, opened_with=opened, change=change)
    except (drafts.Conflict, workflow.WrongStatus) as error:
        return somebody_was_faster(request, error.certificate)
    messages.success(request, _("Saved."))
    return redirect("certificates:section", found.pk, SECTION)
