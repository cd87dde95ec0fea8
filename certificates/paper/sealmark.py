"""The visible mark of an electronic seal: a small sheet with embedded fonts, which stands in the box of the stamp."""

from functools import lru_cache
from html import escape
from typing import Final

from certificates.paper import pdf
from certificates.paper.skins import GREEN

STYLE: Final = """
@page { size: 27mm 11.5mm; margin: 0; }
body { margin: 0.2mm; box-sizing: border-box; width: 26.6mm; height: 11.1mm; padding: 0.6mm 1mm; border: 0.5pt solid INK;
  border-radius: 1.2mm; color: INK; font: 4.8pt/1.2 GensSans, GensArabic, GensSC; overflow: hidden; }
p { margin: 0; } b { display: block; font-size: 5.8pt; }
.where { margin-top: 0.4mm; font-size: 4.3pt; overflow-wrap: anywhere; }
"""


@lru_cache(maxsize=64)
def drawn(words: str, by: str, where: str, ink: str = GREEN) -> bytes:
    """A PDF of one page. words: that it is sealed; by: whose seal; where: the address at which a seal is verified. ink: of
    the skin of the paper on which it stands.
    """
    html = (
        f'<html lang="en"><body><p><b dir="auto">{escape(words)}</b><bdi>{escape(by)}</bdi></p>'
        f'<p class="where" dir="ltr">{escape(where)}</p></body>'
    )
    return pdf.drawn(html, STYLE.replace("INK", ink))
