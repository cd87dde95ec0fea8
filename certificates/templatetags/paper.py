"""Template filters of the paper."""

import unicodedata

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def breaks(text: str) -> SafeString:
    """Line breaks as they were written."""
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in text.split("\n")))


@register.filter
def direction(text: str) -> str:
    """ltr or rtl, by the first letter that says so: dir="auto" means nothing to the PDF library."""
    strong = (unicodedata.bidirectional(character) for character in text)
    first = next((kind for kind in strong if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"
