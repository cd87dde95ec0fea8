"""The public page of a certificate: whether it is valid, without signing in; whether a file is the issued one; and whose
seal any PDF has.
"""

import hashlib
from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from certificates import public, skins, statutory
from certificates.models import Certificate
from certificates.paper.face import face
from certificates.seals import answering
from certificates.seals.answering import LARGEST, Verdict
from codelists.lookup import name_of
from gens.accounts.models import PublicDetail
from gens.accounts.tenancy import acting_for


def verify(request: HttpRequest, token: str) -> HttpResponse:
    """GET says what the certificate is now; POST compares a file with the issued ones."""
    if public.is_asked_too_often(get_adapter().get_client_ip(request)):
        return render(request, "429.html", status=429)
    nppo_id, secret = public.parted(token)
    with acting_for(nppo_id):
        found = public.answer(nppo_id, secret)
        if found is None:
            return _closed(render(request, "certificates/verify.html", {"answer": None}, status=404))
        context = {"answer": found, **_shown(found), **_compared(request, found)}
        with timezone.override(found.certificate.nppo.zone):
            return _closed(render(request, "certificates/verify.html", context))


def verify_json(request: HttpRequest, token: str) -> HttpResponse:
    """The same for programs."""
    if public.is_asked_too_often(get_adapter().get_client_ip(request)):
        return JsonResponse({"state": "asked too often"}, status=429)
    nppo_id, secret = public.parted(token)
    with acting_for(nppo_id):
        found = public.answer(nppo_id, secret)
        return _closed(JsonResponse(_data(found), status=200 if found else 404))


def _closed(response: HttpResponse) -> HttpResponse:
    """Kept by nobody on the way, found by no search engine, and its address told to nobody else: "no-referrer" would take
    the origin of its own form away too, and no file could be brought without JavaScript.
    """
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _data(found: public.Answer | None) -> dict[str, Any]:
    if found is None:
        return {"state": "unknown"}
    certificate = found.certificate
    data: dict[str, Any] = {
        "state": found.state,
        "number": certificate.number,
        "nppo": certificate.nppo.name,
        "training": certificate.nppo.is_training,
        "replaced_by": found.replaced_by.number if found.replaced_by else None,
        "sha256": {"pdf": found.pdf, "xml": found.xml},
    }
    if found.detail != PublicDetail.STATE:
        data |= {
            "type": certificate.type,
            "issued": certificate.issue_date.isoformat() if certificate.issue_date else None,
            "destination": certificate.destination,
            "produce": certificate.commodity,
            "quantity": certificate.quantity,
        }
    return data


def _shown(found: public.Answer) -> dict[str, Any]:
    """What the NPPO lets anybody see: never more than the holder's paper."""
    certificate, language = found.certificate, get_language() or "en"
    context: dict[str, Any] = {
        "certificate": certificate,
        "nppo": certificate.nppo.called(language),
        "destination": name_of("country", certificate.destination, language),
        "replacement_url": public.address_of(found.replaced_by) if found.replaced_by else "",
    }
    return context | ({"face": _face(certificate)} if found.detail == PublicDetail.FACE else {})


def _face(certificate: Certificate) -> Any:
    document = certificate.document
    return face(document, verified=statutory.verified(certificate.nppo_id), skin=skins.printed(certificate))


def _compared(request: HttpRequest, found: public.Answer) -> dict[str, str]:
    """Whether the file that was brought is the PDF or the XML as issued. It is not kept."""
    file = request.FILES.get("file") if request.method == "POST" else None
    if request.method != "POST":
        return {}
    if file is None or (file.size or 0) > LARGEST:
        return {"error": _("Choose the PDF or XML file of the certificate.")}
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    is_issued = digest.hexdigest() in {found.pdf, found.xml} - {""}
    return {"compared": "same" if is_issued else "other"}


def verify_file(request: HttpRequest) -> HttpResponse:
    """Any PDF: whose seal it has, and whether it is unchanged. POST looks at it and keeps nothing."""
    if public.is_asked_too_often(get_adapter().get_client_ip(request)):
        return render(request, "429.html", status=429)
    context: dict[str, Any] = {"verdicts": Verdict}
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None or (file.size or 0) > LARGEST:
            context["error"] = _("Choose a PDF of at most 12 MB.")
        else:
            context |= _told(answering.asked(file.read()))
    status = 422 if "error" in context else 200
    return _closed(render(request, "certificates/verify_file.html", context, status=status))


def _told(answer: answering.Answer) -> dict[str, Any]:
    """The answer, and what may be known of the certificate: its number, and its public page."""
    context: dict[str, Any] = {"answer": answer, "verdict": answer.verdict}
    if answer.nppo is not None:
        context |= {"nppo": answer.nppo.called(get_language() or "en"), "zone": answer.nppo.time_zone}
        if answer.certificate is not None:
            with acting_for(answer.nppo.pk):
                context["public_url"] = public.address_of(answer.certificate)
    return context
