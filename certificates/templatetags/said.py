"""All that a message or one of its lines says, drawn by one function: seven hundred values are usual in a large one."""

from functools import cache
from html import escape
from typing import Final

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from certificates.ephyto.show import FURTHER, Row
from certificates.templatetags.rows import short

register = template.Library()

LONGEST: Final = 2000  # characters; the message itself has all of them


@register.simple_tag
def said(rows: list[Row], is_traced: bool = False) -> SafeString:
    """The <div> of each value, for a <dl>. is_traced: with its path in the message and its language."""
    label = cache(lambda msgid: escape(gettext(msgid)))  # the same few labels over and over
    drawn = []
    for row in rows:
        language, path = escape(row.language), escape(row.path)
        lang = f' lang="{language}"' if language else ""
        title = f' title="{path}"' if is_traced else ""
        meaning = f' <span class="muted">{label(row.meaning)}</span>' if row.meaning else ""
        tag = f' <span class="tag">{language}</span>' if language and is_traced else ""
        drawn.append(
            f'<div><dt>{label(row.label)}</dt><dd{lang} dir="auto"{title}>{_value(row, path)}{meaning}{tag}</dd></div>\n'
        )
    return mark_safe("".join(drawn))  # noqa: S308  # each part is escaped above


def _value(row: Row, path: str) -> str:
    if row.label != FURTHER:
        return escape(short(row.value, LONGEST))
    return f'<span class="code">{path}</span><pre class="raw">{escape(row.value)}</pre>'
