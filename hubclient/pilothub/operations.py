"""What the pilot Hub does for each operation. An operation is a function of the sender and the request element."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from lxml import etree

from hubclient.pilothub import messages
from hubclient.pilothub.messages import BadRequest, argument, inner
from hubclient.pilothub.models import HeldEnvelope, RegisteredNppo
from hubclient.pilothub.registry import shall

State = HeldEnvelope.State
Operation = Callable[[RegisteredNppo, etree._Element], bytes]


class Refused(Exception):
    """The Hub says no: a HubWebException with this message."""


class Reset(Exception):
    """Told to break the connection instead of answering."""


def deliver(sender: RegisteredNppo, request: etree._Element) -> bytes:
    return _deliver("DeliverEnvelope", sender, inner(request, "env", "envelope"), validate=False)


def validate_and_deliver(sender: RegisteredNppo, request: etree._Element) -> bytes:
    return _deliver("ValidateAndDeliverEnvelope", sender, inner(request, "envelope", "env"), validate=True)


def _deliver(name: str, sender: RegisteredNppo, element: etree._Element, *, validate: bool) -> bytes:
    """Queue the envelope. What the Hub will not take comes back as FailedDelivery inside a header [R], not as a fault."""
    envelope = HeldEnvelope(
        sender=sender.code,
        receiver=argument(element, "To"),
        certificate_type=argument(element, "CertificateType"),
        certificate_status=argument(element, "CertificateStatus"),
        number=argument(element, "NPPOCertificateNumber"),
        content=argument(element, "Content"),
    )
    _refuse_misfits(envelope)
    if shall(sender.code, "reset_without_queueing"):
        raise Reset
    envelope.error_message = _refusal(sender, argument(element, "From"), envelope, validate=validate)
    if envelope.error_message or shall(sender.code, "failed_delivery"):
        envelope.state, envelope.ended_at = State.FAILED, timezone.now()
        envelope.error_message = envelope.error_message or "The Hub was told to fail this delivery."
    envelope.save()
    if shall(sender.code, "reset_after_queueing"):
        raise Reset
    return messages.result(name, messages.header(envelope))


def _refuse_misfits(envelope: HeldEnvelope) -> None:
    """A header that the WSDL's types, or this Hub's columns, cannot hold is a fault."""
    for code in (envelope.certificate_type, envelope.certificate_status):
        if not (code.isascii() and code.isdigit() and len(code) <= 9):
            raise Refused(f"CertificateType and CertificateStatus are numbers, not {code[:40]!r}.")
    if len(envelope.receiver) > 12 or len(envelope.number) > 256:
        raise Refused("To or NPPOCertificateNumber is too long.")


def _refusal(sender: RegisteredNppo, claimed: str, envelope: HeldEnvelope, *, validate: bool) -> str:
    """Why this envelope cannot be queued; "" when it can."""
    receiver = RegisteredNppo.objects.filter(code=envelope.receiver).first()
    if claimed != sender.code:
        return f"From is {claimed}, but the client certificate is that of {sender.code}."
    if not sender.may_send:
        return f"{sender.code} is not enabled to send."
    if receiver is None or not receiver.may_receive:
        return f"{envelope.receiver} is not connected, or does not receive."
    if [envelope.certificate_type, envelope.certificate_status] not in receiver.accepts:
        return f"{receiver.code} does not accept {envelope.certificate_type} with status {envelope.certificate_status}."
    severe = [finding for finding in _validate(envelope.content) if finding[2] == "SEVERE"] if validate else []
    return "; ".join(message for _area, _field, _level, message in severe)


def _validate(content: str) -> list[tuple[str, str, str, str]]:
    """The configured validator's findings: (area, field, level, message)."""
    validator = settings.PILOTHUB_VALIDATOR
    return list(import_string(validator)(content.encode())) if validator else []


def validate(sender: RegisteredNppo, request: etree._Element) -> bytes:
    return messages.findings(_validate(argument(request, "ePhytoXML")))


def tracking_info(sender: RegisteredNppo, request: etree._Element) -> bytes:
    """The sender's own envelope; any other number does not exist."""
    wanted = argument(request, "hubTrackingNumber")
    held = HeldEnvelope.objects.defer("content").filter(sender=sender.code, tracking_number=wanted).first()
    if held is None or shall(sender.code, "not_exists"):
        held = HeldEnvelope(tracking_number=wanted, sender=sender.code, certificate_type="0", certificate_status="0")
        return messages.result("GetEnvelopeTrackingInfo", messages.header(held, "EnvelopeNotExists"))
    info = "HeldForReasonsUnknown" if shall(sender.code, "unknown_tracking") else ""
    return messages.result("GetEnvelopeTrackingInfo", messages.header(held, info))


def under_delivery(sender: RegisteredNppo, request: etree._Element) -> bytes:
    held = HeldEnvelope.objects.defer("content").filter(sender=sender.code, state=State.PENDING).order_by("id")
    return messages.headers("GetUnderDeliveryEnvelope", held)


def import_headers(receiver: RegisteredNppo, request: etree._Element) -> bytes:
    held = HeldEnvelope.objects.defer("content").filter(receiver=receiver.code, state=State.PENDING).order_by("id")
    country = argument(request, "countryCode")
    return messages.headers("GetImportEnvelopeHeaders", held.filter(sender=country) if country else held)


def pull(receiver: RegisteredNppo, request: etree._Element) -> bytes:
    """One envelope with its content, as often as asked for: only an acknowledgement ends the delivery."""
    if shall(receiver.code, "pull_fails"):
        raise Refused("The envelope could not be read.")
    return messages.envelope("PULLSingleImportEnvelope", _held_for(receiver, request))


def _held_for(receiver: RegisteredNppo, request: etree._Element) -> HeldEnvelope:
    wanted = argument(request, "hubTrackingNumber")
    held = HeldEnvelope.objects.filter(receiver=receiver.code, tracking_number=wanted).first()
    if held is None:
        raise Refused(f"There is no envelope {wanted} for {receiver.code}.")
    return held


def _acknowledged(receiver: RegisteredNppo, request: etree._Element, state: str, message: str) -> None:
    """End the delivery. The first acknowledgement is final; the same again is no error."""
    if shall(receiver.code, "lost_acknowledgement"):
        raise Reset
    held = _held_for(receiver, request)
    HeldEnvelope.objects.filter(pk=held.pk, state=State.PENDING).update(
        state=state, error_message=message, ended_at=timezone.now()
    )


def acknowledge(receiver: RegisteredNppo, request: etree._Element) -> bytes:
    _acknowledged(receiver, request, State.DELIVERED, "")
    return messages.answer("AcknowledgeEnvelopeReceipt")


def acknowledge_with_warnings(receiver: RegisteredNppo, request: etree._Element) -> bytes:
    _acknowledged(receiver, request, State.WITH_WARNINGS, argument(request, "warningMessage"))
    return messages.answer("AdvancedAcknowledgeEnvelopeReceipt", "<h:return>ok</h:return>")


def acknowledge_failed(receiver: RegisteredNppo, request: etree._Element) -> bytes:
    _acknowledged(receiver, request, State.NOT_READABLE, argument(request, "message"))
    return messages.answer("AcknowledgeFailedEnvelopeReceipt", "<h:return>ok</h:return>")


def active_nppos(caller: RegisteredNppo, request: etree._Element) -> bytes:
    nppos = RegisteredNppo.objects.order_by("code")
    return messages.result("GetActiveNppos", "".join(f"<e:Nppo>{messages.nppo(n)}</e:Nppo>" for n in nppos))


def profile(caller: RegisteredNppo, request: etree._Element) -> bytes:
    return messages.result("GetProfile", messages.nppo(caller))


OPERATIONS: Final[dict[str, Operation]] = {
    "DeliverEnvelope": deliver,
    "ValidateAndDeliverEnvelope": validate_and_deliver,
    "ValidatePhytoXML": validate,
    "GetEnvelopeTrackingInfo": tracking_info,
    "GetUnderDeliveryEnvelope": under_delivery,
    "GetImportEnvelopeHeaders": import_headers,
    "PULLSingleImportEnvelope": pull,
    "AcknowledgeEnvelopeReceipt": acknowledge,
    "AdvancedAcknowledgeEnvelopeReceipt": acknowledge_with_warnings,
    "AcknowledgeFailedEnvelopeReceipt": acknowledge_failed,
    "GetActiveNppos": active_nppos,
    "GetProfile": profile,
}


def perform(caller: RegisteredNppo, data: bytes) -> bytes:
    """Answer one request. Raises BadRequest, Refused, Reset."""
    name, request = messages.operation(data)
    operation = OPERATIONS.get(name)
    if operation is None:
        raise BadRequest(f"This Hub does not know {name}.")
    if shall(caller.code, "fault"):
        raise Refused("The Hub was told to answer with a fault.")
    return operation(caller, request)
