"""What certificates say is written as templates would write it, hostile texts included."""

import pytest
from django.template import engines
from django.utils import translation

from certificates.ephyto.document import Document, Further, Note, Text, TradeLine
from certificates.ephyto.show import FURTHER, groups, rows
from certificates.paper.face import Row
from certificates.templatetags.said import LONGEST, goods, said, texts

HOSTILE = '"><script>alert(1)</script>'


def as_template(source: str, **context: object) -> str:
    return engines["django"].from_string("{% load gens %}" + source).render(context)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_value_is_escaped_and_says_where_it_stands(language: str) -> None:
    document = Document(
        type="851", number=HOSTILE, status="70", notes=(Note("ADEDL", "a & b", 'e"n'), Note("SPSFL", "5")),
        further=(Further("/a/b", "<x>1</x>"),),
    )  # fmt: skip
    every = rows(document)
    source = (
        '{% for row in rows %}<div><dt>{{ row.label|label }}</dt><dd{% if row.language %} lang="{{ row.language }}"{% endif %}'
        ' dir="auto" title="{{ row.path }}">{% if row.label == further %}<span class="code">{{ row.path }}</span>'
        '<pre class="raw">{{ row.value }}</pre>{% else %}{{ row.value|truncatechars:2000 }}{% if row.meaning %} '
        '<span class="muted">{{ row.meaning|label }}</span>{% endif %}{% if row.language %} <span class="tag">'
        "{{ row.language }}</span>{% endif %}{% endif %}</dd></div>\n{% endfor %}"
    )
    with translation.override(language):
        assert said(every, is_traced=True) == as_template(source, rows=every, further=FURTHER)
        assert "<script" not in said(every)
        assert "title=" not in said(every)


def test_what_is_very_long_is_cut() -> None:
    (group,) = groups(Document(lines=(TradeLine(id="a", descriptions=(Text("x" * (LONGEST + 1), "en"),)),)))
    assert "x" * (LONGEST - 1) + "…" in said(group.rows)


def test_texts_keep_their_lines_and_languages() -> None:
    assert texts((Text(f"a\n{HOSTILE}", 'e"n'), Text("b"))) == (
        '<p lang="e&quot;n" dir="auto">a<br>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</p><p dir="auto">b</p>'
    )


def test_the_rows_of_the_table_are_escaped() -> None:
    drawn = goods((Row(3, "id", HOSTILE, "1 & 2", "<i>x", "en"),))
    assert drawn == (
        '<tr><td class="muted">3</td><td lang="en" dir="auto">&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</td>'
        '<td class="num"><bdi dir="ltr">1 &amp; 2</bdi></td><td><i lang="la"><bdi dir="ltr">&lt;i&gt;x</bdi></i></td></tr>'
    )
