"""The page of one certificate: the paper itself, its state and next action, delivery in plain words, what happened."""

from collections import defaultdict
from typing import Any, Final

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language

from certificates import (
    attending,
    drafts,
    inspected,
    inspections,
    issuing,
    keeping,
    printing,
    prints,
    splitting,
    workflow,
)
from certificates.ephyto import rules, show
from certificates.ephyto.changes import Change, changes
from certificates.ephyto.document import Document
from certificates.models import (
    EDITABLE,
    Certificate,
    Direction,
    Message,
    Print,
    RenderTry,
    Status,
)
from certificates.paper.face import SHOWN, face
from certificates.seals import using
from certificates.sections import SECTIONS
from certificates.views import delivery
from certificates.views.doorway import certificate_or_404, name_people
from certificates.views.inspecting import of_certificate
from certificates.views.recalling import recallable
from codelists.lookup import choices, name_of, read_once
from gens.accounts import roles
from gens.accounts.events import RETURNED
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Event, Membership
from hubclient.models import Envelope

INSPECTIONS: Final = 3  # that its page shows; the others stand in their list
LAST: Final = ("discard", "withdraw")  # what destroys stands last, plain


@read_once()
def certificate(request: ActingRequest, pk: int) -> HttpResponse:
    found = certificate_or_404(request, pk)
    if found.direction == Direction.RECEIVED:
        return received(request, found)
    return issued(request, found)


def issued(request: ActingRequest, found: Certificate) -> HttpResponse:
    """One of ours. Whoever may approve it is, by looking, the first to have opened it."""
    membership = request.membership
    found = attending.open_for(membership, found)
    document, messages = found.document, messages_of(found)
    events = timeline(found, messages)
    states = drafts.section_states(found, document) if found.status in EDITABLE else []
    context = {
        "certificate": found,
        "face": face(document, **printing.look(found, document), most=SHOWN),
        "marks": marks_by_box(states),
        "sections": states,
        "replacements": found.replacements.exclude(status=Status.DISCARDED).order_by("pk") if found.number else [],
        "reason": last_reason(found),
        "inspections": list(of_certificate(found)[:INSPECTIONS]),
        "not_inspected": inspected.missing(found, found.nppo),
        "changed": changed(found, document),
        "partner": name_of("country", found.destination, get_language() or "en"),
        "attachments": document.attachments,
        "events": events,
        "home": _home(found),
        **_allowed(found, membership),
        **_delivery(found, messages, membership),
        **desk(found, membership),
        "remarks": remarks(found, events),
    }
    return render(request, "certificates/certificate.html", context)


def _home(found: Certificate) -> str:
    """The worklist it stands in."""
    if found.status in (Status.SUBMITTED, Status.APPROVED):
        return "submitted"
    return "issued" if found.number else "drafts"


def _allowed(found: Certificate, membership: Membership) -> dict[str, Any]:
    """What this membership may do with it now."""
    may_draft, is_issued = membership.may(roles.DRAFT), found.status == Status.ISSUED
    may_edit = may_draft and found.status in EDITABLE
    actions = workflow.available_actions(membership, found)
    return {
        "actions": [action for action in actions if action.name not in LAST],
        "others": [action for action in actions if action.name in LAST],
        "second_person": needs_second_person(found, membership),
        "may_edit": may_edit,
        "may_draft": may_draft,
        "may_replace": is_issued and may_draft,
        "may_certify_copy": is_issued and membership.may(roles.ISSUE) and issuing.hand_of(found) is None,
        "may_keep_template": keeping.may_keep_own(membership) or keeping.may_keep_for_all(membership),
        "may_split": may_edit and splitting.may_be_split(found),
        "may_combine": may_edit and splitting.alike(found).exists(),
        "may_attend": attending.may_attend(membership, found),
        "may_inspect": inspections.may_record(found, membership),
    }


def _delivery(found: Certificate, messages: list[Message], membership: Membership) -> dict[str, Any]:
    """How it goes to the partner, electronically and on paper."""
    answers = [message for message in messages if message.envelope and message.envelope.is_incoming]
    sent = [message for message in messages if message not in answers]
    envelope = next((message.envelope for message in reversed(sent) if message.envelope), None)
    partner = found.partnership
    return {
        "messages_sent": sent,
        "answers": delivery.answers(answers),
        "envelope": envelope,
        "delivery": delivery.words(envelope),
        "forwardings": delivery.forwardings(envelope),
        "may_recall": membership.may(roles.ISSUE) and envelope is not None and recallable(found) is not None,
        "partnership": partner,
        "last_day": partner.last_day(found.issue_date) if found.status == Status.ISSUED and found.issue_date else None,
        "today": timezone.localdate(),
        **_paper(found),
    }


def _paper(found: Certificate) -> dict[str, Any]:
    """Whether its PDF is there; if not, the seal that it may wait for, and how often it was tried."""
    is_missing = found.number and not found.has_pdf
    seal = using.active(found.nppo_id) if is_missing else None
    tried = RenderTry.objects.filter(certificate=found).first() if is_missing else None
    return {"seal_away": seal if seal and seal.trouble else None, "render_try": tried}


def desk(found: Certificate, membership: Membership) -> dict[str, Any]:
    """What happened to it on paper."""
    if (hand := issuing.hand_of(found)) is not None:
        name_people(hand, "officer", "by", known=membership)
    rows = found.prints.select_related("by__user").prefetch_related("sheets").order_by("pk")
    printed = list(rows) if found.number else []
    return {
        "hand": hand,
        "prints": printed,
        "may_print": prints.may_print(membership, found),
        "next_copy": 1 + sum(each.outcome != Print.Outcome.SPOILED for each in printed),
    }


def received(request: ActingRequest, found: Certificate) -> HttpResponse:
    """A certificate from another country, shown complete. Whoever may decide marks it as opened by opening it."""
    found = attending.open_for(request.membership, found)
    document, messages = found.document, messages_of(found)
    context = {
        "certificate": found,
        "face": face(document, most=SHOWN),
        "groups": show.groups(document, range(1, SHOWN + 1)),
        "more_lines": max(0, len(document.lines) - SHOWN),
        "further": show.FURTHER,
        "document": document,
        "findings": findings(messages),
        "messages_received": messages,
        "attachments": document.attachments,
        "actions": {action.name: action for action in workflow.available_actions(request.membership, found)},
        "may_attend": attending.may_attend(request.membership, found),
        "may_re_export": Certificate.objects.coverable_by(request.membership).filter(pk=found.pk).exists(),
        "reasons": choices("refusal", get_language() or "en"),
        "decision": found.events.filter(action="decided").order_by("-pk").first(),
        "partner": sender_name(found, document),
        "events": timeline(found, messages),
    }
    return render(request, "certificates/received.html", context)


def sender_name(found: Certificate, document: Document) -> str:
    return name_of("country", document.export_country.code or found.counterpart, get_language() or "en")


def messages_of(found: Certificate) -> list[Message]:
    """Every message of it, without the bytes. What we have not issued yet has none."""
    if found.direction == Direction.ISSUED and not found.number:
        return []
    rows = found.messages.select_related("envelope__repeats")
    return list(rows.defer("xml", "envelope__content", "envelope__repeats__content").order_by("pk"))


def findings(messages: list[Message]) -> list[rules.Problem]:
    """What the rules said of the first message; rules that no longer exist are left out."""
    stored = messages[0].findings if messages else []
    return [problem for data in stored if (problem := rules.from_data(data)) is not None]


def marks_by_box(states: list[drafts.SectionState]) -> dict[str, list[rules.Problem]]:
    """Problems and warnings by the box of the paper they stand in."""
    marks: dict[str, list[rules.Problem]] = defaultdict(list)
    for state in states:
        for problem in state.problems:
            marks[box_of(problem.path)].append(problem)
    return dict(marks)


_BOXES = {
    "exporter": "exporter", "consignee": "consignee", "import_country": "to", "export_country": "organization",
    "movements": "conveyance", "entry": "entry", "notes.DMCL": "marks", "notes": "declaration", "lines": "produce",
    "origins": "origin", "packages": "packages",
}  # fmt: skip


def box_of(path: str) -> str:
    """The box that shows the field of this path."""
    last = path.rsplit(".", 1)[-1]
    if ".treatments." in path:
        return "treatment_treatment"
    if ".notes." in path:
        return "declaration"
    return next((box for start, box in _BOXES.items() if last == start or path.startswith(start)), "produce")


def needs_second_person(found: Certificate, membership: Membership) -> bool:
    """Whether only four eyes keep this membership from the next step."""
    steps = [a for a in workflow.TRANSITIONS.values() if a.four_eyes and found.status in a.sources]
    return any(
        membership.may(a.permission) and membership.pk in found.authors and membership.nppo.four_eyes for a in steps
    )


def last_reason(found: Certificate) -> Event | None:
    """Why it was returned, while it is."""
    if found.status != Status.RETURNED:
        return None
    returned: Event | None = found.events.filter(action="returned").order_by("-pk").first()
    return returned


def changed(found: Certificate, document: Document) -> list[Change] | None:
    """What the author changed since an officer last returned it; None when nobody did, or it is not to be decided now."""
    if found.status not in (Status.SUBMITTED, Status.APPROVED):
        return None
    last = found.returns.order_by("-pk").first()
    return changes(last.document, document) if last else None


def timeline(found: Certificate, messages: list[Message]) -> list[Event]:
    """What happened to the certificate and to its envelopes, the latest first."""
    types = ContentType.objects.get_for_models(Certificate, Envelope)
    envelopes = [message.envelope_id for message in messages if message.envelope_id]
    about = Q(subject_type=types[Certificate], subject_id=found.pk)
    about |= Q(subject_type=types[Envelope], subject_id__in=envelopes)
    return list(Event.objects.filter(about, nppo=found.nppo_id).order_by("-at", "-pk"))


def remarks(found: Certificate, events: list[Event]) -> dict[int, list[tuple[Promise, str]]]:
    """What officers wrote beside sections, (section, remark), by the event of returning it."""
    if all(event.action != RETURNED for event in events):
        return {}
    rows = found.returns.exclude(remarks={}).values_list("event_id", "remarks")
    return {event: [(label, said[name]) for name, label in SECTIONS.items() if name in said] for event, said in rows}
