"""Template filters of the screens: tones of states, people's ages of things, names of countries and actions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _

from certificates import drafts, inspected, storage
from certificates.demands import Goods
from certificates.ephyto import dates, media, rules, show
from certificates.ephyto.document import Attachment, Measure, TradeLine
from certificates.inspected import Missing
from certificates.models import BatchItem, Certificate, Inspection, Seal, Status
from certificates.paper import wording
from certificates.views.counting import MOST
from codelists.lookup import Names, name_of
from codelists.models import Code
from gens.accounts import events, sign_in
from gens.accounts.models import Event
from hubclient.models import Envelope

register = template.Library()

_TONES: Final = {
    Status.RETURNED: "bad",
    Status.SUBMITTED: "wait",
    Status.APPROVED: "ok",
    Status.ISSUED: "ok",
    Status.RECEIVED: "info",
    Status.OPENED: "wait",
    Status.ACCEPTED: "ok",
    Status.REFUSED: "bad",
    Status.WITHDRAWN: "bad",
    Status.REPLACED: "wait",
    Inspection.State.PLANNED: "info",
    Inspection.State.PASSED: "ok",
    Inspection.State.FAILED: "bad",
    Inspection.State.LABORATORY: "wait",
    Envelope.State.WAITING: "wait",
    Envelope.State.SENDING: "wait",
    Envelope.State.UNKNOWN: "wait",
    Envelope.State.PENDING: "info",
    Envelope.State.DELIVERED: "ok",
    Envelope.State.DELIVERED_WITH_WARNINGS: "wait",
    Envelope.State.NOT_READABLE: "bad",
    Envelope.State.FAILED: "bad",
    Envelope.State.NOT_SENT: "bad",
    BatchItem.Outcome.DONE: "ok",
    BatchItem.Outcome.NOT_DONE: "bad",
    "success": "ok",
    "error": "bad",
    "warning": "wait",
    "info": "info",
    rules.SEVERE: "bad",
    rules.WARNING: "wait",
}
_HAPPENED: Final = {
    events.DRAFTED: gettext_lazy("Drafted"),
    events.SUBMITTED: gettext_lazy("Submitted"),
    events.RETURNED: gettext_lazy("Returned"),
    events.APPROVED: gettext_lazy("Approved"),
    events.ISSUED: gettext_lazy("Issued"),
    events.DISCARDED: gettext_lazy("Discarded"),
    events.INSPECTION_PLANNED: gettext_lazy("Inspection planned"),
    events.INSPECTED: gettext_lazy("Inspection"),
    events.INSPECTION_CALLED_OFF: gettext_lazy("Inspection called off"),
    events.SPLIT: gettext_lazy("Split"),
    events.REFERRED: gettext_lazy("Own reference"),
    events.HUB_ACCEPTED: gettext_lazy("Sent. The Hub has it."),
    events.PARTNER_RECEIVED: gettext_lazy("Delivered"),
    events.NOT_DELIVERED: gettext_lazy("Not delivered"),
    events.NOT_SENT: gettext_lazy("Not sent"),
    events.REGISTERED: gettext_lazy("Registered as issued by hand"),
    events.CONFIRMED: gettext_lazy("Confirmed: issued by hand"),
    events.PRINTED: gettext_lazy("Printed"),
    events.NOT_RENDERED: gettext_lazy("The PDF could not be made"),
    events.RENDER_ASKED: gettext_lazy("The PDF is to be made again"),
    events.SHEETS_USED: gettext_lazy("Printed correctly, on sheet"),
    events.SHEETS_SPOILED: gettext_lazy("Spoiled sheet"),
    events.SHEET_CORRECTED: gettext_lazy("Serial number of a sheet corrected"),
    events.ANSWERED: gettext_lazy("Answered by the receiving country"),
    events.RETRIED: gettext_lazy("To be sent again"),
    events.ARRIVED: gettext_lazy("Arrived"),
    events.OPENED: gettext_lazy("Opened"),
    events.TAKEN: gettext_lazy("Opened"),
    events.RELEASED: gettext_lazy("Given back"),
    events.AWAITING: gettext_lazy("Waiting for information"),
    events.INFORMED: gettext_lazy("No longer waiting"),
    events.REPLACED: gettext_lazy("Replaced"),
    events.WITHDRAWN: gettext_lazy("Withdrawn"),
    events.HANDED_OVER: gettext_lazy("Handed over"),
    events.ADDED: gettext_lazy("Added"),
    events.CHANGED: gettext_lazy("Changed"),
    events.ENDED: gettext_lazy("Ended"),
    events.INVITED: gettext_lazy("Invited"),
    events.ACCEPTED: gettext_lazy("Accepted the invitation"),
    events.SEAL_AWAY: gettext_lazy("The seal is away"),
    events.SEAL_BACK: gettext_lazy("The seal is back"),
    **sign_in.WORDS,
}
_GOOD: Final = {events.APPROVED, events.ISSUED, events.CONFIRMED, events.PARTNER_RECEIVED}
_BAD: Final = {events.RETURNED, events.NOT_DELIVERED, events.NOT_SENT, events.NOT_RENDERED, events.WITHDRAWN}


@register.simple_tag
def comma() -> str:
    """What stands between two things of a line, as the reader's language writes it."""
    return pgettext("between two things", ", ")


@register.filter
def listed(words: Iterable[object]) -> str:
    """The words, with that between them."""
    return comma().join(map(str, words))


@register.filter
def tone(state: str) -> str:
    """The tone of a state or a message: ok, wait, bad, info or none."""
    return _TONES.get(state, "")


@register.filter
def reason_of(event: Event) -> str:
    """Why it happened, as somebody wrote it; of an arrival the status that came, of a print which copy it is, of an
    inspection its day.
    """
    if event.action == events.PRINTED and event.reason.isdecimal():
        return _("the original") if event.reason == "1" else _("copy %(number)s") % {"number": event.reason}
    if event.action in (events.INSPECTION_PLANNED, events.INSPECTED):
        return wire_date(event.reason)
    if event.action == events.SEAL_AWAY:
        return str(Seal.Trouble(event.reason).label)
    if event.action != events.ARRIVED:
        return event.reason
    known = show.meaning("status", event.reason)
    return _(known) if known else event.reason


@register.filter
def happened(event: Event) -> str:
    """What an event was, in a word or two; a decision and an inspection say which."""
    if event.action == events.INSPECTED:
        return f"{_HAPPENED[event.action]}: {Inspection.State(event.to_state).label}"
    if event.action == events.DECIDED:
        return str(Status(event.to_state).label)
    return str(_HAPPENED.get(event.action, event.action))


@register.filter
def event_tone(event: Event) -> str:
    if event.action in (events.DECIDED, events.INSPECTED):
        return tone(event.to_state)
    return "ok" if event.action in _GOOD else "bad" if event.action in _BAD else ""


@register.filter
def apart(name: str) -> str:
    """A name kept apart from the words around it: beside a date, a Latin one would tear it apart in Arabic."""
    return format_html("<bdi>{}</bdi>", name)


@register.filter
def country(code: str) -> str:
    """The country's name in the reader's language."""
    return name_of("country", code, get_language() or "en")


@register.filter
def state(certificate: Certificate) -> str:
    """Where it is, and whether somebody is at work on it: what a list says of it in a word or two."""
    if certificate.awaits_since:
        return _("Waiting for information")
    if certificate.status == Status.SUBMITTED:
        return _("Opened") if certificate.holder_id else _("New")
    return str(Status(certificate.status).label)  # Django's own way hashes every label, for each row


@register.filter
def state_tone(certificate: Certificate) -> str:
    """The tone of that."""
    is_new = certificate.status == Status.SUBMITTED and not certificate.holder_id
    return "info" if is_new else "wait" if certificate.awaits_since else tone(certificate.status)


@register.filter
def many(count: int) -> str:
    """A count that may have stopped: 12, 340, 10,000+."""
    return f"{formats.number_format(MOST, force_grouping=True)}+" if count > MOST else formats.number_format(count)


@register.filter
def age(since: datetime) -> str:
    """How long ago, in one unit: 40 min, 9 h, 6 days."""
    minutes = max(0, int((timezone.now() - since).total_seconds() // 60))
    if minutes < 60:
        return _("%(count)s min") % {"count": minutes}
    if minutes < 48 * 60:
        return _("%(count)s h") % {"count": minutes // 60}
    days = minutes // 1440
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


@register.filter
def words(problem: rules.Problem) -> str:
    """What is wrong and what to do, in the reader's language."""
    return _(rules.template(problem)).format(**problem.params)


@register.filter
def lacking(missing: Missing) -> str:
    """Why the certificate cannot be issued: what its inspection lacks."""
    return inspected.words(missing)


@register.filter
def get(mapping: Any, key: str) -> Any:
    return mapping.get(key) if mapping else None


@register.filter
def line_name(line: TradeLine) -> str:
    """What people call a commodity line."""
    return storage.line_name(line)


@register.filter
def measure(value: Measure) -> str:
    """12 400 kg, with no-break spaces."""
    return wording.measure(value, Names(get_language() or "en")) if value else ""


@register.filter
def name_here(code: Code) -> str:
    """The name of a code in the reader's language."""
    return code.name(get_language() or "en")


@register.filter
def numbered(label: str, number: int) -> str:
    return label % {"number": number}


LINKED: Final = 12  # lines, where hundreds lack the same


@register.filter
def numbered_lines(numbers: list[int]) -> SafeString:
    """Line 3; lines 1-12, 40: of many runs the first, and how many more lines there are. Numbers run from left to right."""
    if len(numbers) == 1:
        return format_html(_("line %(number)s") % {"number": "{}"}, numbers[0])
    shown = {number for first, last in wording.runs(numbers)[:LINKED] for number in range(first, last + 1)}
    said = format_html('<bdi dir="ltr">{}</bdi>', wording.numbers_written(shown))
    lines = format_html(_("lines %(numbers)s") % {"numbers": "{}"}, said)
    if beyond := len(numbers) - len(shown):
        return format_html(
            "{} {}", lines, ngettext("and %(n)s more line", "and %(n)s more lines", beyond) % {"n": beyond}
        )
    return lines


@register.simple_tag
def linked_lines(lines: list[Goods], certificate: Certificate, is_check: bool = False) -> SafeString:
    """Links to what is demanded of the first of these lines. is_check: from the page before submitting, and back to it."""
    address = drafts.lines_address(certificate)
    query, label = "?check=1" if is_check else "", _("line %(number)s")
    links = ((address, line.line_id, query, label % {"number": line.number}) for line in lines[:LINKED])
    return format_html_join(comma(), '<a href="{}{}/{}#demanded">{}</a>', links)


@register.filter
def beyond_linked(lines: list[Goods]) -> int:
    return max(0, len(lines) - LINKED)


@register.filter
def label(msgid: str) -> str:
    """A label of the message's fields, in the reader's language."""
    return _(msgid)


@register.filter
def saved_as(attachment: Attachment) -> str:
    """The name under which the attachment is saved: what a person reads is what they get."""
    return media.file_name(attachment.filename or attachment.number, attachment.media_type)


@register.filter
def wire_date(text: str) -> str:
    """A day as the message writes it, in the reader's manner; what is no date stays as it is."""
    parsed = dates.parse(text)
    return formats.date_format(parsed.day, "DATE_FORMAT") if parsed else text


_FIELD_LABELS: Final = {
    "names": gettext_lazy("Names"), "synonyms": gettext_lazy("Other names"), "symbol": gettext_lazy("Symbol"),
    "kind": gettext_lazy("Kind"), "parent": gettext_lazy("Part of"), "position": gettext_lazy("Place in the list"),
    "valid_from": gettext_lazy("Valid from"), "valid_until": gettext_lazy("Valid until"),
    "is_active": gettext_lazy("In use"),
}  # fmt: skip


@register.filter
def differences(changes: dict[str, list[Any]]) -> list[tuple[str, str, str]]:
    """(label, before, after) of each field of a code that changed; of names only those that differ."""
    found = []
    for field, (before, after) in changes.items():
        label = str(_FIELD_LABELS.get(field, field))
        if field == "names":
            languages = [each for each in {**before, **after} if before.get(each) != after.get(each)]
            found += [(f"{label} ({each})", before.get(each) or "–", after.get(each) or "–") for each in languages]
        else:
            found.append((label, _plainly(before), _plainly(after)))
    return found


def _plainly(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(name for _language, name in value) if isinstance(value, list) else str(value or "–")


@register.filter
def visible(text: str) -> str:
    """Line breaks and tabs as signs, so that one sees what was mended."""
    return text.replace("\r", "␍").replace("\n", "␊").replace("\t", "␉")
