"""Template filters of the paper."""

import re
import unicodedata
from typing import Final

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from certificates.ephyto.document import Text
from certificates.paper import fit, room
from certificates.paper.face import Box, Face

register = template.Library()


# What has no place to break is laid out whole for each of its lines, and so are blanks in a row: 100,000 of either would
# take minutes.
LONG: Final = re.compile(r"([^ \t\n]{400})(?=[^ \t\n])")
BLANKS: Final = re.compile(r"[ \t]{2,}")


@register.filter
def typeset(text: str) -> SafeString:
    """For print: line breaks as they were written (paper.css keeps them); what is very long may break anywhere."""
    parts = LONG.sub("\\1\0", BLANKS.sub(" ", text)).split("\0")
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in parts))


@register.filter
def direction(text: str) -> str:
    """ltr or rtl, by the first letter that says so: dir="auto" means nothing to the PDF library."""
    strong = (unicodedata.bidirectional(character) for character in text)
    first = next((kind for kind in strong if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


@register.filter
def columns(texts: tuple[Text, ...]) -> tuple[tuple[Text, ...], ...]:
    """The sentences of one language, and those of the other, for two columns; nothing where there is but one language."""
    one, other = fit.columns_of(texts)
    return (one, other) if other else ()


@register.filter
def edges(key: str, face: Face) -> str:
    """Classes of a box that begins its row, ends it, or ends the page."""
    row = next((row.keys for row in room.ROWS if key in row.keys), ())
    signing = tuple(box.key for box in face.boxes if box.key in ("stamp", "signature"))
    keys = signing if key in signing else row
    found = [name for name, is_so in (("first", keys[:1] == (key,)), ("last", keys[-1:] == (key,))) if is_so]
    if key in signing and face.boxes[-1].key in signing:
        found.append("ends")
    return "".join(f" {name}" for name in found)


@register.filter
def level(box: Box) -> int:
    """Of its label among the headings: what stands in none of the model's sections comes before or after all of them."""
    return 2 if box.section == "issue" or box.key in ("organization", "to") else 3


@register.filter
def signed(boxes: dict[str, Box]) -> list[Box]:
    """Who and when, for the head of the attachment's pages (ISPM 12)."""
    return [boxes["issued"], boxes["officer"]]


@register.filter
def areas(boxes: dict[str, Box]) -> list[Box]:
    return [boxes["stamp"], boxes["signature"]]
