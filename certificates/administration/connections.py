"""Connections of the NPPO to a Hub: made, changed, switched on and off, tried out. Keys go in and never come out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography import x509
from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from certificates.administration.checklist import is_ready
from certificates.administration.connecting import Connecting, Pair
from certificates.administration.doorway import administrators_only, own_or_404
from certificates.administration.history import SHOWN, Told, history
from certificates.forms.fields import errors_of
from gens.accounts import changes
from gens.accounts.middleware import ActingRequest, outside_transaction
from gens.accounts.models import Event
from gens.accounts.tenancy import acting_for
from hubclient import trial
from hubclient.models import ClientCertificate, Connection

UNTOLD: Final = ("ca", "certificate", "private_key", "pkcs12", "passphrase_from")  # secrets, and long texts
FIRST: Final = 0  # in addresses: the client certificate that stands with the connection itself


@dataclass(frozen=True)
class Shown:
    """A client certificate as screens show it: never its key. pk FIRST: the connection's own."""

    pk: int
    subject: str
    ends: datetime | None

    @property
    def is_valid(self) -> bool:
        return self.ends is not None and self.ends > timezone.now()


def certificates_of(connection: Connection) -> list[Shown]:
    """The client certificates that are in use, the one that ends last first. One that cannot be read says so."""
    rows = [row for row in connection.client_certificates.all() if row.is_active]
    found = [_shown(row.pk, row.certificate or _("A PKCS#12 file"), row.certificate) for row in rows]
    if connection.certificate:
        found.append(_shown(FIRST, "", connection.certificate))
    return sorted(found, key=lambda each: each.ends.timestamp() if each.ends else 0, reverse=True)


def _shown(pk: int, otherwise: str, pem: str) -> Shown:
    try:
        parsed = x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return Shown(pk, otherwise, None)
    return Shown(pk, parsed.subject.rfc4514_string(), parsed.not_valid_after_utc)


def connections(request: ActingRequest) -> HttpResponse:
    """All of the NPPO's, the active one first."""
    administrators_only(request)
    rows = Connection.objects.filter(nppo=request.membership.nppo_id).prefetch_related("client_certificates")
    shown = [(row, next(iter(certificates_of(row)), None)) for row in rows.order_by("-is_active", "pk")]
    return render(request, "administration/connections.html", {"rows": shown})


def new_connection(request: ActingRequest) -> HttpResponse:
    """Added inactive: it sends nothing before somebody has tried it and says so."""
    administrators_only(request)
    nppo = request.membership.nppo
    return _edit(request, Connection(nppo=nppo, code=nppo.country, kind=Connection.Kind.PILOT, is_active=False))


def connection(request: ActingRequest, pk: int) -> HttpResponse:
    administrators_only(request)
    return _edit(request, _locked(request, pk))


def _locked(request: ActingRequest, pk: int) -> Connection:
    """Locked when it is going to be changed: the Hub is called meanwhile, and what became of that is noted in it."""
    rows: Any = Connection.objects.select_for_update() if request.method == "POST" else Connection
    found: Connection = own_or_404(request, rows, pk)
    return found


def _edit(request: ActingRequest, row: Connection) -> HttpResponse:
    is_post, is_new = request.method == "POST", row.pk is None
    form = Connecting(request.POST if is_post else None, connection=row)
    if is_post and form.is_valid():
        changes.save(form.write(), by=request.membership, secret=UNTOLD)
        messages.success(request, _("Saved.") if not is_new else _("Added. Give it a client certificate next."))
        return redirect("administration:connection" if not is_new else "administration:new_certificate", row.pk)
    context = {
        "connection": row,
        "form": form,
        "errors": errors_of(form),
        "certificates": certificates_of(row) if row.pk else [],
        "history": _happened(row, form) if row.pk else [],
        "steps": _told(request, row),
    }
    return render(request, "administration/connection.html", context, status=422 if is_post else 200)


def _happened(row: Connection, form: Connecting) -> list[Told]:
    """What happened to the connection and to its client certificates, the latest first."""
    pks = [each.pk for each in row.client_certificates.all()]
    kind = ContentType.objects.get_for_model(ClientCertificate)
    of_them = Event.objects.filter(subject_type=kind, subject_id__in=pks).order_by("-at", "-pk")
    others = {"is_active": gettext_lazy("In use"), "grace_seconds": gettext_lazy("Seconds to recall")}
    told = history(row, form, others) + [Told(event, []) for event in of_them[:SHOWN]]
    return sorted(told, key=lambda each: each.event.at, reverse=True)[:SHOWN]


@require_POST
def switch(request: ActingRequest, pk: int) -> HttpResponse:
    """POST puts a connection into use, or out of it. One at a time: what waits stays with the connection it waits for."""
    administrators_only(request)
    row = _locked(request, pk)
    others = Connection.objects.filter(nppo=row.nppo_id, is_active=True).exclude(pk=row.pk)
    if not row.is_active and others.exists():
        messages.error(request, _("Another connection is in use. Put that one out of use first."))
    elif not row.is_active and not any(each.is_valid for each in certificates_of(row)):
        messages.error(request, _("It has no client certificate that is valid today. Add one first."))
    elif not row.is_active and row.kind == Connection.Kind.PRODUCTION and not is_ready(row.nppo):
        messages.error(
            request, _("The NPPO is not ready to issue yet. Administration, “Ready to issue?” says what is missing.")
        )
    else:
        row.is_active = not row.is_active
        changes.save(row, by=request.membership, secret=UNTOLD)
        words = _("In use: certificates go out and come in through it.") if row.is_active else _OUT
        messages.success(request, words)
    return redirect("administration:connection", pk)


_OUT: Final = gettext_lazy("Out of use: what is issued from now on goes on paper only, and what waits stays here.")


def new_certificate(request: ActingRequest, pk: int) -> HttpResponse:
    """A client certificate more. It is used beside the ones before, so that none has to end on the day of another."""
    administrators_only(request)
    row, is_post = own_or_404(request, Connection, pk), request.method == "POST"
    form = Pair(request.POST if is_post else None, request.FILES if is_post else None)
    if is_post and form.is_valid():
        pair = form.pair
        made = ClientCertificate(
            nppo_id=row.nppo_id, connection=row, certificate=pair.certificate, private_key=pair.private_key
        )
        changes.save(made, by=request.membership, reason=pair.subject, secret=UNTOLD)
        messages.success(request, _("The client certificate is added. Test the connection now."))
        return redirect("administration:connection", pk)
    context = {"connection": row, "form": form, "errors": errors_of(form)}
    return render(request, "administration/connection_certificate.html", context, status=422 if is_post else 200)


def end_certificate(request: ActingRequest, pk: int, which: int) -> HttpResponse:
    """GET asks; POST ends a client certificate for good: its key is deleted."""
    administrators_only(request)
    row = _locked(request, pk)
    in_use = certificates_of(row)
    doomed = next((each for each in in_use if each.pk == which), None)
    if doomed is None:
        raise Http404
    is_last = row.is_active and not any(each.is_valid for each in in_use if each.pk != which)
    if request.method == "POST" and not is_last:
        _end(row, which, request, doomed.subject)
        messages.success(request, _("The client certificate is ended, and its key is deleted."))
        return redirect("administration:connection", pk)
    context = {"connection": row, "certificate": doomed, "is_last": is_last}
    status = 422 if request.method == "POST" else 200
    return render(request, "administration/connection_end.html", context, status=status)


def _end(row: Connection, which: int, request: ActingRequest, subject: str) -> None:
    if which == FIRST:
        row.certificate = row.private_key = ""
        changes.save(row, by=request.membership, reason=_("Client certificate ended: %s") % subject, secret=UNTOLD)
        return
    found = row.client_certificates.get(pk=which)
    found.private_key, found.pkcs12, found.is_active = "", b"", False
    changes.save(found, by=request.membership, reason=_("Client certificate ended: %s") % subject, secret=UNTOLD)


@outside_transaction
def test_connection(request: ActingRequest, pk: int) -> HttpResponse:
    """POST really calls the Hub, and shows how far it came."""
    administrators_only(request)
    with acting_for(request.membership.nppo_id):
        row = own_or_404(request, Connection, pk)
    if request.method == "POST":
        steps = trial.tried(row)
        request.session["trial"] = [pk, [[step.name, step.failure, step.detail] for step in steps]]
    return redirect("administration:connection", pk)


def _told(request: ActingRequest, row: Connection) -> list[dict[str, object]]:
    """The steps of the test that was made just now, in words; shown once."""
    pk, steps = request.session.get("trial", (None, []))
    if row.pk is None or pk != row.pk:
        return []
    del request.session["trial"]
    return [
        {"label": STEPS[name], "advice": ADVICE.get(failure, ""), "detail": detail, "is_good": not failure}
        for name, failure, detail in steps
    ]


STEPS: Final[dict[str, Promise]] = {
    trial.NAME: gettext_lazy("The name of the Hub is known"),
    trial.REACHED: gettext_lazy("A computer answers there"),
    trial.TRUSTED: gettext_lazy("It is the Hub: its certificate is trusted"),
    trial.CERTIFICATE: gettext_lazy("The Hub accepts our client certificate"),
    trial.ANSWERED: gettext_lazy("The Hub answers and knows us by our code"),
    trial.LISTED: gettext_lazy("We are in its list of active NPPOs"),
}
ADVICE: Final[dict[str, Promise]] = {
    trial.NO_NAME: gettext_lazy(
        "No computer has this name. Check the address for typing errors; if it is right, ask your network's administrator."
    ),
    trial.NO_ANSWER: gettext_lazy(
        "Nothing answers at this address. Check the port in the address, and ask your network's administrator to let this "
        "computer reach it."
    ),
    trial.NOT_TRUSTED: gettext_lazy(
        "Its certificate is not signed by the authority given here, or is for another name. Ask the operators of the Hub "
        "for their authority's certificate."
    ),
    trial.NO_TLS: gettext_lazy(
        "No safe connection could be made: this is perhaps no Hub. Check the address and its port."
    ),
    trial.NO_CREDENTIAL: gettext_lazy("There is no client certificate that is valid today. Add one below."),
    trial.REFUSED: gettext_lazy(
        "The Hub does not accept our client certificate. Check that it was made for this Hub and has not ended; ask the "
        "operators of the Hub."
    ),
    trial.UNKNOWN_TO_HUB: gettext_lazy(
        "The Hub does not know our client certificate yet. Send it, without the key, to the operators of the Hub."
    ),
    trial.NO_HUB: gettext_lazy(
        "Something answers, but not as a Hub does. Check the end of the address; if it is right, try again later."
    ),
    trial.ANOTHER_CODE: gettext_lazy("The Hub knows us by another code. Write that code above, or ask its operators."),
    trial.NOT_LISTED: gettext_lazy(
        "The Hub does not list us as active, so that nobody can send to us. Ask the operators of the Hub to activate us."
    ),
}
