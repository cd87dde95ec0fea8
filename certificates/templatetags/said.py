"""What certificates say, drawn by functions: a large one shows hundreds of texts on a page, and seven hundred values of its
message."""

from collections.abc import Iterable
from functools import cache
from html import escape
from typing import Final

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from certificates.ephyto.document import Text
from certificates.ephyto.show import FURTHER, Row
from certificates.paper import face
from certificates.templatetags.rows import short

register = template.Library()

LONGEST: Final = 2000  # characters; the message itself has all of them


@register.simple_tag
def said(rows: list[Row], is_traced: bool = False) -> SafeString:
    """The <div> of each value, for a <dl>. is_traced: with its path in the message and its language."""
    label = cache(lambda msgid: escape(gettext(msgid)))  # the same few labels over and over
    drawn = []
    for row in rows:
        lang, path = _lang(row.language), escape(row.path)
        title = f' title="{path}"' if is_traced else ""
        meaning = f' <span class="muted">{label(row.meaning)}</span>' if row.meaning else ""
        tag = f' <span class="tag">{escape(row.language)}</span>' if lang and is_traced else ""
        drawn.append(
            f'<div><dt>{label(row.label)}</dt><dd{lang} dir="auto"{title}>{_value(row, path)}{meaning}{tag}</dd></div>\n'
        )
    return mark_safe("".join(drawn))  # noqa: S308  # each part is escaped above


@register.simple_tag
def texts(texts: Iterable[Text]) -> SafeString:
    """The <p> of each text of a box, line by line as it was written."""
    lined = ((_lang(text.language), escape(text.text).replace("\n", "<br>")) for text in texts)
    return mark_safe("".join(f'<p{lang} dir="auto">{words}</p>' for lang, words in lined))  # noqa: S308


@register.simple_tag
def goods(rows: Iterable[face.Row]) -> SafeString:
    """The <tr> of each commodity line of the certificate's table."""
    return mark_safe(  # noqa: S308
        "".join(
            f'<tr><td class="muted">{row.number}</td><td{_lang(row.language)} dir="auto">{escape(row.name)}</td>'
            f'<td class="num"><bdi dir="ltr">{escape(row.quantity)}</bdi></td>'
            f'<td><i lang="la"><bdi dir="ltr">{escape(row.botanical)}</bdi></i></td></tr>'
            for row in rows
        )
    )


def _lang(language: str) -> str:
    return f' lang="{escape(language)}"' if language else ""


def _value(row: Row, path: str) -> str:
    if row.label != FURTHER:
        return escape(short(row.value, LONGEST))
    return f'<span class="code">{path}</span><pre class="raw">{escape(row.value)}</pre>'
