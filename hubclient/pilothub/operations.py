"""What the pilot Hub answers: from the bytes of a request to the reply, with whatever it was told to do wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import SystemRandom
from typing import Final

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from lxml import etree

from hubclient.pilothub import delivery, lists, messages
from hubclient.pilothub.delivery import Refused
from hubclient.pilothub.disguise import DISGUISES
from hubclient.pilothub.faults import Asked, told
from hubclient.pilothub.messages import BadRequest, argument, inner
from hubclient.pilothub.models import Call, HeldEnvelope, RegisteredNppo

State = HeldEnvelope.State
Operation = Callable[[Asked, etree._Element], bytes]

MAX_PULL: Final = 10_000_000  # bytes of envelopes in one PULLImportEnvelope, if it is more than one
_FORWARDINGS: Final = Prefetch("forwardings", HeldEnvelope.objects.defer("content").order_by("id"))
_REFUSED: Final = "500 Internal Server Error"
_PAGES: Final = {
    "method_not_allowed": "405 Method Not Allowed",
    "forbidden": "403 Forbidden",
    "bad_gateway": "502 Bad Gateway",
}
_ENDS: Final = {
    "ends_delivered": State.DELIVERED,
    "ends_with_warnings": State.WITH_WARNINGS,
    "ends_not_readable": State.NOT_READABLE,
    "ends_failed": State.FAILED,
}


@dataclass(frozen=True)
class Reply:
    """What goes back: SOAP, a page of HTML (body is empty: the server has it), or a reset connection."""

    status: str
    body: bytes = b""
    is_reset: bool = False


def answer(caller: RegisteredNppo, data: bytes) -> Reply:
    """Answer one request and keep the call, in one transaction: it is committed before the answer leaves."""
    call = Call(caller=caller)
    started = timezone.now()
    with transaction.atomic(using="pilothub"):
        try:
            reply = _performed(Asked(caller, call, told(caller)), data)
            if not reply.body:  # nothing was done: what came is kept all the same
                call.refused, call.request = f"The Hub was told to misbehave: {call.struck}.", data
        except (Refused, BadRequest) as error:
            call.refused, call.request = str(error), data
            reply = Reply(_REFUSED, messages.fault(str(error)))
        call.milliseconds = int((timezone.now() - started).total_seconds() * 1000)
        call.tracking_number = call.tracking_number[:64]
        call.save()
    return reply


def _performed(asked: Asked, data: bytes) -> Reply:
    """Raises BadRequest, Refused."""
    name, request = messages.operation(data)
    operation = OPERATIONS.get(name)
    if operation is None:
        raise BadRequest(f"This Hub does not know {name[:64]}.")
    asked.call.operation = name
    asked.call.tracking_number = argument(request, "hubTrackingNumber")
    if page := asked.first(*_PAGES):
        return Reply(_PAGES[page])
    if asked.first("reset_without_queueing", "lost_acknowledgement"):
        return Reply("", is_reset=True)
    if asked.shows("fault"):
        raise Refused("The Hub was told to answer with a fault.")
    body = operation(asked, request)
    return Reply("200 OK", body, is_reset=bool(asked.first("reset_after_queueing", "reset_answer")))


def tracking_info(asked: Asked, request: etree._Element) -> bytes:
    """The sender's own envelope; any other number does not exist."""
    wanted, sender = argument(request, "hubTrackingNumber"), asked.caller.code
    found = HeldEnvelope.objects.defer("content").filter(sender=sender, tracking_number=wanted)
    held = found.prefetch_related(_FORWARDINGS).first()
    if held is None or asked.shows("not_exists"):
        held = HeldEnvelope(tracking_number=wanted, sender=sender, certificate_type="0", certificate_status="0")
        return _headed(asked, [*messages.header(held, "EnvelopeNotExists")])
    if end := asked.first(*_ENDS):
        _end(held, _ENDS[end], "The Hub was told to end this delivery.")
    info = "HeldForReasonsUnknown" if asked.shows("unknown_tracking") else ""
    return _headed(asked, [*messages.header(held, info), messages.forwardings(held.forwardings.all())])


def _headed(asked: Asked, children: list[str]) -> bytes:
    return messages.result(asked.call.operation, asked.joined(children))


def under_delivery(asked: Asked, request: etree._Element) -> bytes:
    held = HeldEnvelope.objects.defer("content").filter(sender=asked.caller.code, state=State.PENDING)
    return _headers(asked, held.prefetch_related(_FORWARDINGS), with_forwardings=True)


def import_headers(asked: Asked, request: etree._Element) -> bytes:
    """What waits for the caller. Its own code or none asks for all of it, another one for what that NPPO sent [I]."""
    waiting = _waiting(asked.caller).defer("content")
    country = argument(request, "countryCode").strip()
    if country not in ("", asked.caller.code, asked.caller.country):
        waiting = waiting.filter(sender=country)
    return _headers(asked, waiting)


def _waiting(receiver: RegisteredNppo) -> QuerySet[HeldEnvelope]:
    return _visible(receiver).filter(state=State.PENDING)


def _visible(receiver: RegisteredNppo) -> QuerySet[HeldEnvelope]:
    """What this receiver may see: what is kept from it for days comes later."""
    is_out = Q(hidden_until=None) | Q(hidden_until__lte=timezone.now())
    return HeldEnvelope.objects.filter(is_out, receiver=receiver.code)


def _headers(asked: Asked, envelopes: QuerySet[HeldEnvelope], *, with_forwardings: bool = False) -> bytes:
    found = list(envelopes.order_by("-id" if asked.shows("newest_first") else "id"))
    is_shuffled = asked.shows("shuffled_children")
    items = []
    for envelope in found:
        children = messages.header(envelope)
        if with_forwardings:
            children.append(messages.forwardings(envelope.forwardings.all()))
        if is_shuffled:
            children = SystemRandom().sample(children, len(children))
        items.append(f"<e:EnvelopeHeader>{''.join(children)}</e:EnvelopeHeader>")
    if asked.shows("duplicate_header"):
        items = [item for item in items for _twice in range(2)]
    return _listed(asked, items)


def _listed(asked: Asked, items: list[str], element: str = "") -> bytes:
    """A list inside its ...Result element."""
    name = asked.call.operation
    if asked.shows("absent_list"):
        return messages.answer(name)
    return messages.result(name, "".join(_shortened(asked, items)), element)


def _shortened(asked: Asked, items: list[str]) -> list[str]:
    if asked.first("empty_list", "code_list_empty"):
        return []
    return items[:1] if asked.shows("single_item") else items


def code_list(asked: Asked, request: etree._Element) -> bytes:
    """A code list: its items stand in the response itself, so that empty and absent are the same."""
    if asked.shows("code_list_fails"):
        raise Refused("The code list could not be read.")
    items = [] if asked.shows("absent_list") else _shortened(asked, lists.items(asked.call.operation))
    return messages.answer(asked.call.operation, "".join(items))


def pull(asked: Asked, request: etree._Element) -> bytes:
    """One envelope with its content, as often as asked for: only an acknowledgement ends the delivery."""
    if asked.shows("pull_fails"):
        raise Refused("The envelope could not be read.")
    return messages.result(asked.call.operation, _whole(asked, _held_for(asked.caller, request)))


def pull_all(asked: Asked, request: etree._Element) -> bytes:
    """The oldest waiting envelopes with content, as many as fit: the others come when these are acknowledged."""
    if asked.shows("pull_fails"):
        raise Refused("The envelopes could not be read.")
    items: list[str] = []
    room = MAX_PULL
    for held in _waiting(asked.caller).order_by("id").iterator(chunk_size=20):
        item = f"<e:Envelope>{_whole(asked, held)}</e:Envelope>"
        room -= len(item.encode())
        if items and room < 0:
            break
        items.append(item)
    return _listed(asked, items, "PULLImportEnvelopesResult")


def _whole(asked: Asked, held: HeldEnvelope) -> str:
    disguise = asked.first(*DISGUISES)
    content = DISGUISES[disguise](held) if disguise else held.content
    return asked.joined([*messages.header(held), messages.entity("Content", content)])


def _held_for(receiver: RegisteredNppo, request: etree._Element) -> HeldEnvelope:
    """An envelope that was queued for this receiver, also when its delivery has ended. Raises Refused."""
    wanted = argument(request, "hubTrackingNumber")
    held = _visible(receiver).exclude(state=State.FAILED).filter(tracking_number=wanted).first()
    if held is None:
        raise Refused(f"There is no envelope {wanted} for {receiver.code}.")
    return held


def _end(held: HeldEnvelope, state: str, message: str) -> None:
    """End the delivery. The first end is final; the same again is no error."""
    ended = HeldEnvelope.objects.filter(pk=held.pk, state=State.PENDING)
    if ended.update(state=state, error_message=message, ended_at=timezone.now()):
        held.state, held.error_message = State(state), message


def acknowledge(asked: Asked, request: etree._Element) -> bytes:
    _end(_held_for(asked.caller, request), State.DELIVERED, "")
    return messages.answer(asked.call.operation)


def acknowledge_with_warnings(asked: Asked, request: etree._Element) -> bytes:
    return _acknowledged(asked, request, State.WITH_WARNINGS, argument(request, "warningMessage"))


def acknowledge_failed(asked: Asked, request: etree._Element) -> bytes:
    return _acknowledged(asked, request, State.NOT_READABLE, argument(request, "message"))


def _acknowledged(asked: Asked, request: etree._Element, state: str, message: str) -> bytes:
    asked.call.note = message
    _end(_held_for(asked.caller, request), state, message)
    return messages.answer(asked.call.operation, "<h:return>ok</h:return>")


def set_tracking_info(asked: Asked, request: etree._Element) -> bytes:
    """What it shall do is not published: it is answered, and the header that came is kept with the call."""
    header = inner(request, "header")
    asked.call.tracking_number = argument(header, "hubDeliveryNumber")
    named = ((etree.QName(child).localname, child.text) for child in header.iterchildren(etree.Element))
    asked.call.note = "\n".join(f"{name}: {text}" for name, text in named if text)
    return messages.answer(asked.call.operation)


def active_nppos(asked: Asked, request: etree._Element) -> bytes:
    nppos = RegisteredNppo.objects.order_by("code")
    return _listed(asked, [f"<e:Nppo>{messages.nppo(n)}</e:Nppo>" for n in nppos])


def channels(asked: Asked, request: etree._Element) -> bytes:
    """Whom the caller may name in Forwardings."""
    others = RegisteredNppo.objects.filter(is_channel=True).exclude(pk=asked.caller.pk).order_by("code")
    return _listed(asked, [messages.channel(n) for n in others])


def profile(asked: Asked, request: etree._Element) -> bytes:
    return messages.result(asked.call.operation, messages.nppo(asked.caller))


OPERATIONS: Final[dict[str, Operation]] = {
    "DeliverEnvelope": delivery.deliver,
    "ValidateAndDeliverEnvelope": delivery.validate_and_deliver,
    "DeliverPhytoEnvelope": delivery.deliver_phyto,
    "DeliverCountryResponseEnvelope": delivery.deliver_response,
    "ValidatePhytoXML": delivery.validate,
    "GetEnvelopeTrackingInfo": tracking_info,
    "GetUnderDeliveryEnvelope": under_delivery,
    "SetTrackingInfoUpdate": set_tracking_info,
    "GetImportEnvelopeHeaders": import_headers,
    "PULLSingleImportEnvelope": pull,
    "PULLImportEnvelope": pull_all,
    "AcknowledgeEnvelopeReceipt": acknowledge,
    "AdvancedAcknowledgeEnvelopeReceipt": acknowledge_with_warnings,
    "AcknowledgeFailedEnvelopeReceipt": acknowledge_failed,
    "GetActiveNppos": active_nppos,
    "GetAvailableChannels": channels,
    "GetProfile": profile,
    **dict.fromkeys(lists.CODE_LISTS, code_list),
}
