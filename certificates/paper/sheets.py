"""The stylesheets of the paper, parsed once by each thread for each skin and language: parsing costs more than a page."""

import threading
from collections import OrderedDict
from functools import cache
from typing import Any, Final

from django.utils.translation import gettext as _
from weasyprint import CSS
from weasyprint.text.fonts import FontConfiguration

from certificates.paper import room
from certificates.paper.skins import Skin, lighter
from certificates.paper.words import HERE

MOST: Final = 24  # sheets that a thread keeps, the latest used
THICK: Final = {"thin": "0.5pt", "strong": "0.9pt", "none": "0"}
_PER_THREAD = threading.local()  # a FontConfiguration and what was parsed with it are shared with no other thread


def fonts(fetcher: Any) -> tuple[FontConfiguration, CSS]:
    """Of this thread."""
    if not hasattr(_PER_THREAD, "fonts"):
        made = FontConfiguration()
        style = (HERE / "fonts.css").read_text(encoding="utf-8")
        faces = CSS(string=style, base_url=HERE.as_uri() + "/", font_config=made, url_fetcher=fetcher)
        _PER_THREAD.fonts, _PER_THREAD.sheets = (made, faces), OrderedDict()
    found: tuple[FontConfiguration, CSS] = _PER_THREAD.fonts
    return found


def tools(skin: Skin, *, is_rtl: bool, fetcher: Any) -> tuple[FontConfiguration, list[CSS]]:
    """The fonts and the sheets of this thread. The active language is that of the page's number."""
    own, faces = fonts(fetcher)
    sheets: OrderedDict[str, CSS] = _PER_THREAD.sheets
    style = written(skin, is_rtl=is_rtl)
    if style not in sheets:
        sheets[style] = CSS(string=style, font_config=own, url_fetcher=fetcher)
    sheets.move_to_end(style)
    while len(sheets) > MOST:
        sheets.popitem(last=False)
    return own, [faces, sheets[style]]


@cache
def _style() -> str:
    return (HERE / "paper.css").read_text(encoding="utf-8")


def written(skin: Skin, *, is_rtl: bool) -> str:
    """paper.css with this skin's values in it: numbers, colours and words of a list, nothing that somebody typed."""
    style = _style()
    for name, value in _values(skin, is_rtl).items():
        style = style.replace(f"var(--{name})", value)
    return style


def _values(skin: Skin, is_rtl: bool) -> dict[str, str]:
    wide, high = skin.page
    is_left = (skin.arms == "start") != is_rtl
    return {
        "wide": f"{wide}mm",
        "high": f"{high}mm",
        "side": f"{skin.side_margin}mm",
        "end": f"{skin.end_margin}mm",
        "face": f"{room.Sheet(skin).height:.2f}mm",
        "head": f"{skin.head}mm",
        "signing": f"{skin.signing_height}mm",
        "arms": "left" if is_left else "right",
        "beside-arms": "0 3mm 0 0" if is_left else "0 0 0 3mm",
        "far": "left" if is_rtl else "right",
        "ink": skin.ink,
        "rule": skin.ink if skin.rules == "strong" else lighter(skin.ink, 0.48),
        "line": lighter(skin.ink, 0.48),
        "faint": lighter(skin.ink, 0.8),
        "tint": "transparent" if skin.rules == "none" else lighter(skin.ink, 0.92),
        "thick": THICK[skin.rules],
        "line-thick": "0.5pt",
        "page": counted_pages(),
    }


def counted_pages() -> str:
    """“Page 2 of 3” for a margin box: the face is the first, so that whoever holds it sees how many there are."""
    before, between, after = (part.replace("\\", "").replace('"', "") for part in _split(_("Page {page} of {pages}")))
    return f'"{before}" counter(page) "{between}" counter(pages) "{after}"'


def _split(words: str) -> tuple[str, str, str]:
    before, _page, rest = words.partition("{page}")
    between, _pages, after = rest.partition("{pages}")
    return before, between, after
