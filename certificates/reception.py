"""What arrives: judged purely, then kept as a certificate or as another message of a known one.

`judge` reads bytes and touches nothing; `take` is idempotent, so it may be tried until it succeeds.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from certificates import storage
from certificates.ephyto import rules, xml
from certificates.ephyto.document import WITHDRAWN, Document, note_texts
from certificates.models import Certificate, Direction, Message, Status
from codelists.lookup import Codes
from gens.accounts import events
from hubclient.models import Envelope
from hubclient.outbox import sha256

LONGEST_ANSWER: Final = 250  # characters: acknowledgement messages are short and plain


@dataclass(frozen=True)
class Judgement:
    """The verdict on content, the words that go back to the sender, and what the rules found."""

    verdict: Envelope.Verdict
    message: str = ""
    findings: list[dict[str, Any]] = field(default_factory=list)


def limits() -> xml.Limits:
    """What a message may cost this installation."""
    return xml.Limits(**settings.EPHYTO_LIMITS)


def judge(content: bytes) -> Judgement:
    """Only content that is no XML, or neither certificate nor acknowledgement, is not readable. Pure, bounded in size."""
    try:
        message = xml.from_xml(content, limits())
    except xml.NotReadable as error:
        return Judgement(Envelope.Verdict.UNREADABLE, str(error)[:LONGEST_ANSWER])
    if not isinstance(message, xml.Message):
        return Judgement(Envelope.Verdict.CLEAN)
    problems = rules.problems(message.document, "hub", Codes())
    wrong = [problem for problem in problems if problem.level == rules.SEVERE]
    findings = [rules.as_data(problem) for problem in rules.problems(message.document, "received", Codes())]
    if not wrong:
        return Judgement(Envelope.Verdict.CLEAN, findings=findings)
    words = "; ".join(rules.english(problem) for problem in wrong)
    return Judgement(Envelope.Verdict.WARNINGS, words[:LONGEST_ANSWER], findings)


def take(envelope: Envelope, judgement: Judgement | None = None) -> Certificate | None:
    """Create the certificate of a stored envelope or extend the known one. Again without effect: nothing doubles.

    An acknowledgement becomes another message of the certificate of ours that it answers. None: the content is not
    readable, or answers nothing we sent to this country. judgement: of this content, when it was made just now.
    """
    if envelope.verdict == Envelope.Verdict.UNREADABLE:
        return None
    message = xml.from_xml(bytes(envelope.content), limits())
    if not isinstance(message, xml.Message):
        return _answered(envelope, message)
    document = replace(message.document, number=message.document.number or envelope.certificate_number)
    judgement = judgement or judge(bytes(envelope.content))
    with transaction.atomic():
        storage.keep_blobs(envelope.nppo_id, message.blobs)
        certificate = _known(envelope, document) or _new(envelope, document)
        if _keep_message(certificate, envelope, document.status, judgement.findings):
            _follow(certificate, document)
    return certificate


def _answered(envelope: Envelope, answer: xml.Acknowledgement) -> Certificate | None:
    """Keep the importing country's answer with the certificate it names, if that was sent to this very country."""
    numbers = {number.strip() for number in (*answer.references, envelope.certificate_number) if number.strip()}
    sent = Envelope.objects.filter(nppo=envelope.nppo_id, is_incoming=False, is_response=False)
    sent = sent.filter(
        Q(receiver=envelope.sender) | Q(forwardings__code=envelope.sender), certificate_number__in=numbers
    )
    with transaction.atomic():
        ours = Certificate.objects.select_for_update(of=("self",)).filter(
            nppo=envelope.nppo_id, direction=Direction.ISSUED, number__in=numbers
        )
        certificate = ours.filter(pk__in=Message.objects.filter(envelope__in=sent).values("certificate")).first()
        if certificate is not None and _keep_message(certificate, envelope, answer.status, []):
            reason = " ".join(text.text for text in answer.reasons)
            events.record(
                certificate, events.ANSWERED, by=None, reason=reason or answer.status, partner=envelope.sender
            )
    return certificate


def _known(envelope: Envelope, document: Document) -> Certificate | None:
    """The certificate this message is about, locked: same sender, type and number."""
    return (
        Certificate.objects.select_for_update()
        .filter(
            nppo=envelope.nppo_id,
            direction=Direction.RECEIVED,
            counterpart=envelope.sender,
            type=document.type,
            number=document.number,
        )
        .first()
    )


def _new(envelope: Envelope, document: Document) -> Certificate:
    """A certificate not seen before. A withdrawal that comes first, or alone, opens it as withdrawn."""
    certificate = Certificate(
        nppo_id=envelope.nppo_id,
        direction=Direction.RECEIVED,
        counterpart=envelope.sender,
        type=document.type,
        number=document.number,
        status=Status.WITHDRAWN if document.status == WITHDRAWN else Status.RECEIVED,
        status_since=timezone.now(),
    )
    return storage.store(certificate, document)


def _keep_message(certificate: Certificate, envelope: Envelope, status: str, findings: list[dict[str, Any]]) -> bool:
    """Keep the bytes as another message of this certificate; False when exactly these were kept before."""
    content = bytes(envelope.content)
    fingerprint = sha256(content)
    if certificate.messages.filter(sha256=fingerprint, status_code=status[:12]).exists():
        return False
    Message.objects.create(
        nppo_id=certificate.nppo_id,
        certificate=certificate,
        envelope=envelope,
        status_code=status[:12],
        xml=content,
        sha256=fingerprint,
        findings=findings,
    )
    return True


def _follow(certificate: Certificate, document: Document) -> None:
    """The events and states that follow from a message kept for the first time."""
    events.record(
        certificate,
        events.ARRIVED,
        by=None,
        to_state=certificate.status,
        reason=document.status,
        partner=certificate.counterpart,
    )
    if document.status == WITHDRAWN:
        _end(certificate, Status.WITHDRAWN, events.WITHDRAWN)
    for number in note_texts(document.notes, "ADRPN"):
        _replace(certificate, document, number.text)


def _end(certificate: Certificate, status: Status, event: str, reason: str = "") -> None:
    """The sender withdrew or replaced it: a state no officer chose, and that no later message revives."""
    came_from = certificate.status
    certificate.status, certificate.status_since = status, timezone.now()
    certificate.awaits, certificate.awaits_from, certificate.awaits_since = "", "", None
    certificate.save(update_fields=["status", "status_since", "awaits", "awaits_from", "awaits_since"])
    events.record(
        certificate,
        event,
        by=None,
        from_state=came_from,
        to_state=status,
        reason=reason,
        partner=certificate.counterpart,
    )


def _replace(certificate: Certificate, document: Document, number: str) -> None:
    """Mark the replaced original, if it is known here and sender and issuer agree (a stranger replaces nothing)."""
    original = (
        Certificate.objects.select_for_update()
        .filter(
            nppo=certificate.nppo_id,
            direction=Direction.RECEIVED,
            counterpart=certificate.counterpart,
            number=number.strip(),
        )
        .exclude(status__in=[Status.WITHDRAWN, Status.REPLACED])
        .exclude(pk=certificate.pk)
        .first()
    )
    if original is not None and original.document.export_country == document.export_country:
        _end(original, Status.REPLACED, events.REPLACED, reason=certificate.number)
