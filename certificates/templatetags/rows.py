"""The rows of worklists and of search, drawn by one function: fifty of them in template nodes took half of a page's time."""

from typing import Final

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from certificates.models import Certificate, Direction, Status
from certificates.templatetags.gens import age, state, state_tone
from gens.accounts.models import Membership

register = template.Library()

_ROW: Final = (
    '<tr><th scope="row" class="code">{tick}<a href="{address}{pk}/"><bdi dir="ltr">{number}</bdi></a>{own}</th>'
    '<td data-l="{way}">{partner}</td><td dir="auto">{party}</td><td dir="auto">{commodity}</td>'
    '<td class="num"><bdi dir="ltr">{quantity}</bdi></td><td class="st"><span class="pill {tone}"{why}>{state}</span></td>'
    '<td data-l="{held}">{holder}</td><td class="num" data-l="{since}"><time datetime="{moment}">{age}</time></td></tr>\n'
)


@register.simple_tag
def drawn(rows: list[Certificate], countries: dict[str, str], by: Membership, is_ticked: bool) -> SafeString:
    """The <tr> of each; countries by their codes. is_ticked: with a box before each."""
    words = {"since": _("Since"), "address": _address()}
    return format_html_join(
        "", _ROW, ({**words, **_cells(row, countries), **_beside(row, by, is_ticked)} for row in rows)
    )


def _address() -> str:
    """What stands before a certificate's key: finding the address of each anew is not free."""
    return reverse("certificates:certificate", args=[0]).removesuffix("0/")


def _cells(row: Certificate, countries: dict[str, str]) -> dict[str, object]:
    is_issued = row.direction == Direction.ISSUED
    country = row.destination if is_issued else row.counterpart
    return {
        "pk": row.pk,
        "number": row.number or row.reference,
        "way": _("To") if is_issued else _("From"),
        "partner": countries.get(country) or country or "–",
        "party": (row.exporter if is_issued else row.consignee) or "–",
        "commodity": short(row.commodity, 60) or "–",
        "quantity": row.quantity,
        "tone": state_tone(row),
        "state": state(row),
        "moment": timezone.localtime(row.status_since).isoformat(),
        "age": age(row.status_since),
    }


def _beside(row: Certificate, by: Membership, is_ticked: bool) -> dict[str, object]:
    """What only some rows have."""
    label = _("Tick %(number)s") % {"number": row.number or row.reference} if is_ticked else ""
    return {
        "tick": format_html('<input type="checkbox" name="pick" value="{}" aria-label="{}"> ', row.pk, label)
        if is_ticked
        else "",
        "own": format_html("<small><bdi>{}</bdi></small>", short(row.own_reference, 24)) if row.own_reference else "",
        "why": format_html(' title="{}"', row.awaits) if row.awaits else "",
        "held": _("With") if (holder := _holder(row, by)) else "",
        "holder": holder or "–",
    }


def _holder(row: Certificate, by: Membership) -> str:
    if row.holder_id == by.pk:
        return _("You")
    if row.holder:
        return row.holder.user.name
    return _("The certifying officers") if row.status in (Status.SUBMITTED, Status.APPROVED) else ""


def short(text: str, most: int) -> str:
    """As Django's truncatechars, which looks at each letter of what is short enough too."""
    return Truncator(text).chars(most) if len(text) > most else text
