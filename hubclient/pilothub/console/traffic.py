"""What the pilot Hub was given: every envelope with its content and life, what the validator said, what was refused."""

from typing import Any, Final

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from hubclient.pilothub.models import Call, HeldEnvelope, RegisteredNppo

PAGE: Final = 50
SHOWN: Final = 20_000  # characters of content on the page; the download has all of it
TONES: Final = {
    "PendingDelivery": "wait",
    "Delivered": "ok",
    "DeliveredWithWarnings": "info",
    "DeliveredNotReadable": "bad",
    "FailedDelivery": "bad",
}


def page(rows: QuerySet[Any], request: HttpRequest, name: str = "before") -> dict[str, Any]:
    """The newest rows before the id that the address names, and the address of the next page."""
    before = request.GET.get(name, "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found: list[Model] = list(rows.order_by("-id")[: PAGE + 1])
    query = request.GET.copy()
    query[name] = str(found[PAGE - 1].pk) if len(found) > PAGE else ""
    return {"rows": found[:PAGE], "next": f"?{query.urlencode()}" if query[name] else "", "is_first": not before}


@require_safe
def traffic(request: HttpRequest) -> HttpResponse:
    """Envelopes, newest first, of one sender or receiver, or found by number."""
    sender, receiver = request.GET.get("from", ""), request.GET.get("to", "")
    wanted = request.GET.get("q", "").strip()
    held = HeldEnvelope.objects.defer("content", "findings")
    if sender:
        held = held.filter(sender=sender)
    if receiver:
        held = held.filter(receiver=receiver)
    if wanted:
        held = held.filter(Q(number=wanted) | Q(tracking_number=wanted))
    context = page(held, request) | {"from": sender, "to": receiver, "q": wanted, "codes": _codes()}
    context["rows"] = [(row, TONES.get(row.state, "")) for row in context["rows"]]
    return render(request, "pilothub/traffic.html", context)


def _codes() -> list[str]:
    return list(RegisteredNppo.objects.order_by("code").values_list("code", flat=True))


@require_safe
def envelope(request: HttpRequest, tracking_number: str) -> HttpResponse:
    """One envelope: its header, its content, and each call that named it."""
    held = get_object_or_404(HeldEnvelope.objects.select_related("forwarded_from"), tracking_number=tracking_number)
    named = Call.objects.filter(tracking_number=tracking_number).select_related("caller").defer("request")
    calls = list(named.order_by("id")[:200])
    context = {
        "held": held,
        "tone": TONES.get(held.state, ""),
        "shown": held.content[:SHOWN],
        "is_cut": len(held.content) > SHOWN,
        "size": len(held.content.encode()),
        "forwardings": held.forwardings.defer("content").order_by("id"),
        "calls": calls,
        "is_given_by_call": any(call.operation == held.operation for call in calls),  # not so for a forwarding
    }
    return render(request, "pilothub/envelope.html", context)


@require_safe
def content(request: HttpRequest, tracking_number: str) -> HttpResponse:
    """The exact characters it was given, as UTF-8; never shown by the browser itself."""
    held = get_object_or_404(HeldEnvelope, tracking_number=tracking_number)
    return _download(held.content.encode(), f"{tracking_number}.xml")


@require_safe
def request_of_call(request: HttpRequest, pk: int) -> HttpResponse:
    """A request that was refused, byte by byte."""
    return _download(bytes(get_object_or_404(Call, pk=pk).request), f"request-{pk}.xml")


def _download(data: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(data, content_type="application/octet-stream", headers=headers)


@require_safe
def findings(request: HttpRequest) -> HttpResponse:
    """What the validator said of each sender's messages, and the requests that were no good."""
    sender = request.GET.get("from", "")
    held = HeldEnvelope.objects.exclude(findings=[]).defer("content")
    refused = Call.objects.exclude(refused="").select_related("caller").defer("request")
    if sender:
        held, refused = held.filter(sender=sender), refused.filter(caller__code=sender)
    context = {"found": page(held, request), "refused": page(refused, request, "refused"), "from": sender}
    return render(request, "pilothub/findings.html", context | {"codes": _codes()})
