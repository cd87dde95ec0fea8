"""Bytes: the PDF, the exact XML, attachments. Always as downloads, never rendered by the browser as our page."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header

from certificates import printing
from certificates.ephyto.media import SHOWN, UNKNOWN, file_name
from certificates.models import Blob, Certificate, Direction, Message, RenderTry
from certificates.seals import using
from certificates.seals.keys import NotAtHand
from certificates.views.doorway import certificate_or_404
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest, outside_transaction
from gens.accounts.tenancy import acting_for
from hubclient.models import Envelope


def as_download(data: bytes, media_type: str, filename: str) -> HttpResponse:
    """A file to keep, under a name that any system takes. Were it rendered all the same, it could do nothing."""
    response = HttpResponse(data, content_type=media_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, file_name(filename, media_type)) or ""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def being_made(request: ActingRequest, found: Certificate) -> HttpResponse:
    """503: the PDF follows in a moment, waits for the NPPO's seal, or could not be made and why it is not lost."""
    with acting_for(found.nppo_id):
        tried = RenderTry.objects.filter(certificate=found).first()
        context = {"certificate": found, "seal": using.active(found.nppo_id), "render_try": tried}
        response = render(request, "certificates/printing.html", context, status=503)
    response.headers["Retry-After"] = "5"
    return response


@outside_transaction
def pdf(request: ActingRequest, pk: int) -> HttpResponse:
    """The certificate on paper: the kept rendering, a reproduction of a received one, or a preview of a draft. One that is
    no longer valid says so across each page; ?as=issued gives the kept bytes all the same.
    """
    with acting_for(request.membership.nppo_id):
        found = certificate_or_404(request, pk)
        if found.direction == Direction.RECEIVED or not found.number:
            return _not_kept(found)
        kept = printing.kept_of(found)
        if kept is None:
            return being_made(request, found)
    if request.GET.get("as") == "issued":
        return as_download(bytes(kept.pdf), "application/pdf", f"{found.number}.pdf")
    try:
        return as_download(printing.as_it_stands(found, kept), "application/pdf", f"{found.number}.pdf")
    except NotAtHand:
        return being_made(request, found)


def _not_kept(found: Certificate) -> HttpResponse:
    if found.direction != Direction.RECEIVED:
        return as_download(printing.preview(found), "application/pdf", f"{found.reference}-draft.pdf")
    message = found.messages.order_by("pk").first()
    if message is None:
        raise Http404
    return as_download(printing.reproduction(found, message), "application/pdf", f"{found.number}-reproduction.pdf")


def archive_copy(request: ActingRequest, pk: int) -> HttpResponse:
    """An issued certificate as PDF/A-1b."""
    found = certificate_or_404(request, pk)
    if found.direction == Direction.RECEIVED or not found.number:
        raise Http404
    kept = printing.kept_of(found)
    if kept is None:
        return being_made(request, found)
    return as_download(printing.archive_copy(found, kept), "application/pdf", f"{found.number}-archive.pdf")


def xml(request: ActingRequest, pk: int, message_pk: int) -> HttpResponse:
    """The exact bytes that were sent or received."""
    message = get_object_or_404(Message, pk=message_pk, certificate=certificate_or_404(request, pk))
    return as_download(bytes(message.xml), "application/xml", f"{message.certificate.number}-{message.status_code}.xml")


def attachment(request: ActingRequest, pk: int, attachment_id: str) -> HttpResponse:
    """An attachment's bytes. Only the four kinds that partners accept keep their media type."""
    found = certificate_or_404(request, pk)
    for item in found.document.attachments:
        if item.id == attachment_id and item.sha256:
            blob = get_object_or_404(Blob, nppo=found.nppo_id, sha256=item.sha256)
            media_type = blob.media_type if blob.media_type in SHOWN else UNKNOWN
            return as_download(bytes(blob.data), media_type, item.filename or item.number)
    raise Http404


def unreadable(request: ActingRequest, pk: int) -> HttpResponse:
    """The bytes of an envelope that nobody could read."""
    if not request.membership.may(roles.READ_RECEIVED):
        raise PermissionDenied
    envelope = get_object_or_404(Envelope, pk=pk, nppo=request.membership.nppo_id, verdict=Envelope.Verdict.UNREADABLE)
    return as_download(bytes(envelope.content), UNKNOWN, f"envelope-{envelope.tracking_number}.bin")
