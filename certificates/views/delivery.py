"""How far the electronic certificate is and what came back, in words for an officer who never heard of a Hub's states."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from certificates.ephyto import show
from certificates.ephyto.document import WITHDRAWN
from certificates.ephyto.xml import Acknowledgement, NotReadable, from_xml
from certificates.models import Message
from certificates.reception import limits
from codelists.lookup import name_of
from hubclient.models import Envelope, Forwarding

State = Envelope.State


@dataclass(frozen=True)
class Answer:
    """An SPSAcknowledgement about a certificate of ours. meaning: of its status; English, a msgid, or ""."""

    message: Message
    country: str
    meaning: str
    reason: str


def answers(messages: list[Message]) -> list[Answer]:
    """What the importing country said of it, the latest first. messages: those that came in, without their bytes."""
    contents = (
        dict(Message.objects.filter(pk__in=[m.pk for m in messages]).values_list("pk", "xml")) if messages else {}
    )
    return [_answer(message, bytes(contents[message.pk])) for message in reversed(messages)]


def _answer(message: Message, content: bytes) -> Answer:
    assert message.envelope is not None
    country = _country(message.envelope.sender)
    meaning = show.meaning("status", message.status_code)
    return Answer(message, country, meaning, _reason(content))


def _reason(content: bytes) -> str:
    try:
        said = from_xml(content, limits())
    except NotReadable:  # it was kept while the limits were higher
        return ""
    return " ".join(text.text for text in said.reasons) if isinstance(said, Acknowledgement) else ""


def forwardings(envelope: Envelope | None) -> list[Forwarding]:
    """The channels to which the Hub also gives it, each with its own end."""
    return list(envelope.forwardings.order_by("pk")) if envelope is not None else []


def _country(code: str) -> str:
    """The country of a connection code, which may be longer (LK2)."""
    return name_of("country", code[:2], get_language() or "en")


def words(envelope: Envelope | None) -> dict[str, Any]:
    """How far the electronic certificate is, in words for an officer who has never heard of a Hub's states."""
    if envelope is None:
        return {}
    partner = {"country": _country(envelope.receiver)}
    texts = {
        State.WAITING: _(
            "Issued. Waiting to be sent to %(country)s; it goes out by itself. Print if the goods leave now."
        ),
        State.SENDING: _("Issued. Being sent to %(country)s."),
        State.UNKNOWN: _("Sent, but the Hub broke the connection. GeNS asks whether it arrived before sending again."),
        State.PENDING: _("Sent. Waiting for %(country)s to collect it."),
        State.DELIVERED: _("Delivered. %(country)s has received it."),
        State.DELIVERED_WITH_WARNINGS: _("Delivered with warnings. %(country)s has received it and remarked:"),
        State.NOT_READABLE: _(
            "Delivered, but %(country)s could not read it. Print the certificate and tell your administrator."
        ),
        State.FAILED: _("Not delivered to %(country)s. Print the certificate. The Hub said:"),
        State.NOT_SENT: _("Not sent to %(country)s. Print the certificate."),
    }
    if envelope.certificate_status == WITHDRAWN:
        texts |= _of_withdrawal()
    said = texts[State(envelope.state)] % partner
    if envelope.reason in (Envelope.Reason.RECALLED, Envelope.Reason.OVERTAKEN):
        said = _("Not sent to %(country)s.") % partner
    return {"words": said, "message": _message(envelope), "state": envelope.state}


def _of_withdrawal() -> dict[State, str]:
    """The certificate is withdrawn whatever the Hub does: what matters is whether the other country knows."""
    waiting = _("Withdrawn. %(country)s is told as soon as the Hub takes the withdrawal.")
    unknown = _("Withdrawn, but %(country)s could not be told. Tell them yourself.")
    return {
        State.WAITING: waiting,
        State.SENDING: waiting,
        State.UNKNOWN: waiting,
        State.PENDING: _("Withdrawn. The withdrawal waits for %(country)s to collect it."),
        State.DELIVERED: _("Withdrawn. %(country)s has received the withdrawal."),
        State.DELIVERED_WITH_WARNINGS: _("Withdrawn. %(country)s has received the withdrawal."),
        State.NOT_READABLE: unknown,
        State.FAILED: unknown,
        State.NOT_SENT: unknown,
    }


def _message(envelope: Envelope) -> str:
    """What the Hub or the receiver said, or why it ended here; a state that nobody knows as the Hub wrote it."""
    if envelope.state == State.PENDING:
        is_usual = envelope.hub_state in ("", "PendingDelivery", "EnvelopeNotExists")
        return "" if is_usual else _("The Hub says: %(state)s") % {"state": envelope.hub_state}
    if envelope.reason not in ("", Envelope.Reason.REFUSED, Envelope.Reason.UNDELIVERABLE):
        return str(envelope.get_reason_display())
    has_message = envelope.state in (State.DELIVERED_WITH_WARNINGS, State.NOT_READABLE, State.FAILED)
    return envelope.message if has_message else ""
