"""Meeting the boxes of a sheet that was printed before: a page moved by millimetres, and rulers that tell by how many."""

import io
from functools import lru_cache
from typing import Final

import pikepdf

from certificates.paper.marking import laid, saved
from certificates.paper.pdf import drawn
from certificates.paper.skins import BOUNDS, Skin

POINT: Final = 72 / 25.4  # in a millimetre
FURTHEST: Final = int(BOUNDS["across"][1])
RULERS: Final = pikepdf.Name("/GensRulers")


def moved(data: bytes, across: float, down: float) -> bytes:
    """The PDF with its face moved to the right and down; its attachments print on plain paper and stay."""
    if not across and not down:
        return data
    right, up = across * POINT, -down * POINT
    with pikepdf.open(io.BytesIO(data)) as pdf:
        page = pdf.pages[0]
        page.contents_add(f"q 1 0 0 1 {right:.3f} {up:.3f} cm".encode(), prepend=True)
        page.contents_add(b"Q", prepend=False)
        for note in page.get("/Annots", ()):
            note.Rect = pikepdf.Array(
                [round(float(edge) + (up if index % 2 else right), 3) for index, edge in enumerate(note.Rect)]
            )
        return saved(pdf)


def with_rulers(data: bytes, skin: Skin) -> bytes:
    """The PDF with rulers of millimetres through two corners of the certificate's frame, where they stand unmoved.

    Where a corner of the sheet's frame meets them, they read what to move by.
    """
    with pikepdf.open(io.BytesIO(data)) as pdf:
        laid(pdf, pdf.pages[0], _rulers(skin), RULERS)
        return saved(pdf)


STYLE: Final = """
@page { size: %(wide)smm %(high)smm; margin: 0 } body { margin: 0; font: 5pt GensSans }
div { position: absolute; background: #a8201a } p { position: absolute; margin: 0; color: #a8201a; line-height: 1 }
"""


@lru_cache(maxsize=8)
def _rulers(skin: Skin) -> bytes:
    wide, high = skin.page
    left, top = skin.side_margin, skin.end_margin + skin.head
    corners = ((left, top), (wide - skin.side_margin, top))
    crosses = "".join(_cross(x, y) for x, y in corners)
    return drawn(f'<html lang="en"><body>{crosses}', STYLE % {"wide": wide, "high": high})


def _cross(x: float, y: float) -> str:
    """Two rulers through a point, from -20 to 20 mm, with a tick for each and a number for each fifth."""
    parts = [_rule(x - FURTHEST, y, 2 * FURTHEST, 0.1), _rule(x, y - FURTHEST, 0.1, 2 * FURTHEST)]
    for step in range(-FURTHEST, FURTHEST + 1):
        long = 2.0 if step % 5 == 0 else 1.0
        parts += [_rule(x + step, y - long, 0.1, long), _rule(x - long, y + step, long, 0.1)]
        if step % 5 == 0 and step:
            parts += [_numeral(x + step - 1, y - 4, step), _numeral(x - 5.5, y + step - 0.9, step)]
    return "".join(parts)


def _rule(x: float, y: float, wide: float, high: float) -> str:
    return f'<div style="left:{x:.2f}mm;top:{y:.2f}mm;width:{wide}mm;height:{high}mm"></div>'


def _numeral(x: float, y: float, number: int) -> str:
    return f'<p style="left:{x:.2f}mm;top:{y:.2f}mm">{number}</p>'
