"""The section of attachments: what is attached, adding a file, taking one off."""

import hashlib
from dataclasses import replace

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from certificates import drafts, storage, workflow
from certificates.ephyto.document import Attachment, Document, Text, new_id
from certificates.ephyto.media import media_type
from certificates.forms.attaching import Attach
from certificates.models import EDITABLE, Certificate
from gens.accounts.middleware import ActingRequest

SECTION = "attachments"


def attachments(request: ActingRequest, found: Certificate) -> HttpResponse:
    """The list with the form below it. An upload is one attachment more."""
    if found.status not in EDITABLE:
        return _too_late(request, found)
    document = found.content
    is_upload = request.method == "POST"
    form = Attach(request.POST if is_upload else None, request.FILES if is_upload else None, document=document)
    if is_upload and form.is_valid():
        return _attach(request, found, form)
    states = drafts.section_states(found, document)
    context = {
        "certificate": found,
        "attachments": document.attachments,
        "form": form,
        "errors": [(form[name].id_for_label, str(e)) for name, many in form.errors.items() for e in many],
        "room": form.room,
        "problems": next(state.problems for state in states if state.name == SECTION),
        "states": states,
    }
    return render(request, "certificates/drafting/attachments.html", context, status=422 if is_upload else 200)


def _attach(request: ActingRequest, found: Certificate, form: Attach) -> HttpResponse:
    data = form.cleaned_data["file"]
    sha256 = hashlib.sha256(data).hexdigest()
    said = form.cleaned_data
    made = Attachment(
        id=new_id(),
        sha256=sha256,
        filename=form.name,
        kind=said["kind"],
        number=said["number"] or str(len(found.content.attachments) + 1),
        date=said["date"],
        descriptions=(Text(said["description"], found.nppo.language),) if said["description"] else (),
        media_type=media_type(data),
        size=len(data),
    )
    with transaction.atomic():
        storage.keep_blobs(found.nppo_id, {sha256: data})
        return _change(request, found, lambda d: replace(d, attachments=(*d.attachments, made)))


def detach(request: ActingRequest, found: Certificate, attachment_id: str) -> HttpResponse:
    """GET asks, POST takes it off the draft."""
    doomed = next((item for item in found.content.attachments if item.id == attachment_id), None)
    if doomed is None:
        raise Http404
    if request.method != "POST":
        context = {"certificate": found, "attachment": doomed}
        return render(request, "certificates/drafting/detach.html", context)

    def without(document: Document) -> Document:
        return replace(document, attachments=tuple(a for a in document.attachments if a.id != attachment_id))

    return _change(request, found, without)


def _change(request: ActingRequest, found: Certificate, change: drafts.Change) -> HttpResponse:
    opened = drafts.section_hash(found.content, SECTION)
    try:
        drafts.save_section(found, SECTION, by=request.membership, opened_with=opened, change=change)
    except (drafts.Conflict, workflow.WrongStatus) as error:
        return _too_late(request, error.certificate)
    messages.success(request, _("Saved."))
    return redirect("certificates:section", found.pk, SECTION)


def _too_late(request: ActingRequest, found: Certificate) -> HttpResponse:
    return render(request, "409.html", {"certificate": found}, status=409)
