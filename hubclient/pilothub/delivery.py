"""The four operations that give the Hub an envelope, and its validator."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from lxml import etree

from hubclient.pilothub import disguise, messages
from hubclient.pilothub.faults import Asked
from hubclient.pilothub.messages import argument, inner
from hubclient.pilothub.models import HeldEnvelope, RegisteredNppo

State = HeldEnvelope.State
Finding = tuple[str, str, str, str]  # area, field, level, message

DAYS_HIDDEN: Final = timedelta(days=3)
MAX_FORWARDINGS: Final = 50
MAX_MESSAGE: Final = 2000  # characters of what a FailedDelivery says; the console has all findings


class Refused(Exception):
    """The Hub says no: a HubWebException with this message."""


def deliver(asked: Asked, request: etree._Element) -> bytes:
    element = inner(request, "env", "envelope")
    return _queued(asked, element, _envelope(asked, element, argument(element, "Content")), [])


def validate_and_deliver(asked: Asked, request: etree._Element) -> bytes:
    element = inner(request, "envelope", "env")
    envelope = _envelope(asked, element, argument(element, "Content"))
    return _queued(asked, element, envelope, validated(envelope.content))


def deliver_phyto(asked: Asked, request: etree._Element) -> bytes:
    """The typed variant: its SPSCertificate is queued as the document that it is."""
    element = inner(request, "ePhytoEnvelope")
    return _queued(asked, element, _envelope(asked, element, messages.document(element, "SPSCertificate")), [])


def deliver_response(asked: Asked, request: etree._Element) -> bytes:
    """The importing country's answer. Its status is a decision: the list of allowed documents does not speak of it."""
    element = inner(request, "CountryResponseEnvelope")
    envelope = _envelope(asked, element, messages.document(element, "SPSAcknowledgement"))
    return _queued(asked, element, envelope, [], is_response=True)


def validate(asked: Asked, request: etree._Element) -> bytes:
    return messages.findings(validated(argument(request, "ePhytoXML")))


def validated(content: str) -> list[Finding]:
    """The findings of the validator that PILOTHUB_VALIDATOR names; none without one."""
    validator = settings.PILOTHUB_VALIDATOR
    return list(import_string(validator)(content.encode())) if validator else []


def _envelope(asked: Asked, element: etree._Element, content: str) -> HeldEnvelope:
    """What came, not yet saved. A header that the WSDL's types, or this Hub's columns, cannot hold is a fault."""
    envelope = HeldEnvelope(
        sender=asked.caller.code,
        receiver=argument(element, "To"),
        certificate_type=_number(argument(element, "CertificateType")),
        certificate_status=_number(argument(element, "CertificateStatus")),
        number=argument(element, "NPPOCertificateNumber"),
        content=content,
        operation=asked.call.operation,
    )
    if len(envelope.receiver) > 12 or len(envelope.number) > 256:
        raise Refused("To or NPPOCertificateNumber is too long.")
    return envelope


def _number(text: str) -> str:
    """An xs:int as it is usually written: white space and leading zeros mean nothing."""
    code = text.strip()
    if not (code.isascii() and code.isdigit() and len(code) <= 9):
        raise Refused(f"CertificateType and CertificateStatus are numbers, not {code[:40]!r}.")
    return str(int(code))


def _queued(
    asked: Asked, element: etree._Element, envelope: HeldEnvelope, findings: list[Finding], *, is_response: bool = False
) -> bytes:
    """Queue the envelope. What the Hub will not take comes back as FailedDelivery inside a header [R], not as a fault."""
    codes = messages.texts(element, "Forwardings", "Code")
    if len(codes) > MAX_FORWARDINGS or any(len(code) > 12 for code in codes):
        raise Refused("There are too many Forwardings, or a code of them is too long.")
    severe = [message for _area, _field, level, message in findings if level == "SEVERE"]
    envelope.findings = [list(finding) for finding in findings]
    envelope.error_message = (
        _sender_problem(asked.caller, argument(element, "From"))
        or _receiver_problem(envelope, is_response=is_response)
        or "; ".join(severe)[:MAX_MESSAGE]
        or ("The Hub was told to fail this delivery." if asked.shows("failed_delivery") else "")
    )
    _save(asked, envelope)
    asked.call.tracking_number = envelope.tracking_number
    copies = [] if envelope.error_message else _forwarded(asked, envelope, codes, is_response=is_response)
    children = [*messages.header(envelope), messages.forwardings(copies)]
    return messages.result(asked.call.operation, asked.joined(children))


def _save(asked: Asked, envelope: HeldEnvelope) -> None:
    if envelope.error_message:
        envelope.state, envelope.ended_at = State.FAILED, timezone.now()
    elif asked.shows("pending_for_days"):
        envelope.hidden_until = timezone.now() + DAYS_HIDDEN
    envelope.save()
    if not envelope.error_message and asked.shows("withdrawal_after"):
        content = disguise.withdrawn(envelope.content)
        HeldEnvelope.objects.create(**_same(envelope) | {"certificate_status": "40", "content": content})


def _same(envelope: HeldEnvelope) -> dict[str, str]:
    names = ("sender", "receiver", "certificate_type", "certificate_status", "number", "content", "operation")
    return {name: getattr(envelope, name) for name in names}


def _forwarded(asked: Asked, envelope: HeldEnvelope, codes: list[str], *, is_response: bool) -> list[HeldEnvelope]:
    """A delivery of its own to each NPPO named: it succeeds or fails apart from the others."""
    wanted = list(dict.fromkeys(codes))
    if asked.shows("unasked_forwarding"):
        channels = RegisteredNppo.objects.filter(is_channel=True, may_receive=True).order_by("code")
        others = channels.exclude(code__in=[envelope.sender, envelope.receiver, *wanted])
        wanted += others.values_list("code", flat=True)[:1]
    copies = []
    for code in wanted:
        copy = HeldEnvelope(**_same(envelope) | {"receiver": code}, forwarded_from=envelope)
        copy.error_message = _receiver_problem(copy, is_response=is_response)
        if copy.error_message:
            copy.state, copy.ended_at = State.FAILED, timezone.now()
        copy.save()
        copies.append(copy)
    return copies


def _sender_problem(sender: RegisteredNppo, claimed: str) -> str:
    """Why this NPPO may not send it; "" when it may."""
    if claimed != sender.code:
        return f"From is {claimed}, but the client certificate is that of {sender.code}."
    return "" if sender.may_send else f"{sender.code} is not enabled to send."


def _receiver_problem(envelope: HeldEnvelope, *, is_response: bool) -> str:
    """Why it cannot go to its receiver; "" when it can. A forwarding goes to channels only."""
    receiver = RegisteredNppo.objects.filter(code=envelope.receiver).first()
    if receiver is None or not receiver.may_receive:
        return f"{envelope.receiver} is not connected, or does not receive."
    if envelope.forwarded_from is not None and not receiver.is_channel:
        return f"{receiver.code} is no channel for forwardings."
    if not is_response and [envelope.certificate_type, envelope.certificate_status] not in receiver.accepts:
        return f"{receiver.code} does not accept {envelope.certificate_type} with status {envelope.certificate_status}."
    return ""
