"""Template filters of the paper."""

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def breaks(text: str) -> SafeString:
    """Line breaks as they were written."""
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in text.split("\n")))
