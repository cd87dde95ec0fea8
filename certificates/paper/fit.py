"""What fits on the face, by counting: never more than one page, and the same for the same document every time.

A box holds so many lines of so many characters. What does not fit goes whole to the attachment pages, and the face says
"see attachment" (ISPM 12: the face never flows onto a second page).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from certificates.ephyto.document import Text
from certificates.paper.face import Box, Face

ROWS: Final = 8  # commodity lines on the face
ROW_CHARACTERS: Final = 40  # in a line of the produce column; longer names take two lines
# characters in a line, lines in a box
ROOM: Final = {"half": (46, 5), "third": (30, 4), "full": (100, 7)}
SEE_ATTACHMENT: Final = "See attachment"
WIDE: Final = 0x2E80  # from here on characters are twice as wide


@dataclass(frozen=True)
class Fitted:
    """The face as it prints, and the boxes whose content stands on the attachment pages."""

    face: Face
    attached: tuple[Box, ...]


def fitted(face: Face) -> Fitted:
    attached = tuple(box for box in face.boxes if box.kind != "fixed" and not _fits(box))
    moved = {box.key for box in attached}
    boxes = tuple(_referring(box) if box.key in moved else box for box in face.boxes)
    return Fitted(replace(face, boxes=boxes), attached)


def _fits(box: Box) -> bool:
    if box.kind == "table":
        tall = sum(max(1, -(-_width(f"{row.name}{row.botanical}") // (2 * ROW_CHARACTERS))) for row in box.rows)
        return tall <= ROWS
    characters, lines = ROOM[box.width]
    return lines_of(box.texts, characters) <= lines


def lines_of(texts: Iterable[Text], characters: int) -> int:
    """How many printed lines the texts take at most, at so many characters a line."""
    return sum(max(1, -(-_width(part) // characters)) for text in texts for part in text.text.split("\n"))


def _width(text: str) -> int:
    return sum(2 if ord(character) >= WIDE else 1 for character in text)


def _referring(box: Box) -> Box:
    return replace(box, texts=(Text(SEE_ATTACHMENT, "en"),), rows=(), kind="plain" if box.kind == "plain" else box.kind)
