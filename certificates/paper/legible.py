"""What a face says as it can be printed: in letters that the paper has, and of a foreign message no more than a print takes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from certificates.ephyto.document import Text
from certificates.paper.face import Box, Face, Row
from certificates.paper.fit import NARROW, width_of
from certificates.paper.glyphs import printable

# About 60 pages. Ours keep to the lengths of the rules; what others send may say anything, and somebody waits for the page.
MOST: Final = 250_000
# In quarters of a letter, what stands in a line: 60 characters (IPPC mapping) unless most are wide. All of it is in the data.
NUMBER: Final = 60 * 5
PARAGRAPH: Final = 90  # what a line costs, however short it is, in characters


def legible(face: Face) -> Face:
    """The same face in characters of the paper's fonts alone."""
    boxes = tuple(
        replace(
            box,
            texts=_texts(box.texts),
            short=_texts(box.short),
            optional=_texts(box.optional),
            rows=tuple(_row(row) for row in box.rows),
        )
        for box in face.boxes
    )
    return replace(face, number=_number(printable(" ".join(face.number.split()))), boxes=boxes)


def _number(number: str) -> str:
    """One line of it, and of one that is longer, its start."""
    whole = number
    while _wide(number) > NUMBER:
        number = number[: min(NUMBER // NARROW, len(number) - 1)]
    return number if number == whole else f"{number}…"


def _wide(number: str) -> int:
    """Word by word: letters that stand alone are wider than within a word."""
    return sum(width_of(word) + NARROW for word in number.split(" "))


def _texts(texts: tuple[Text, ...]) -> tuple[Text, ...]:
    return tuple(replace(text, text=printable(text.text)) for text in texts)


def _row(row: Row) -> Row:
    return replace(row, name=printable(row.name), quantity=printable(row.quantity), botanical=printable(row.botanical))


class Space:
    """How much still prints. Whoever asks for more gets what there is, and it is known that something was left out."""

    def __init__(self, most: int = MOST) -> None:
        self.left = most
        self.is_cut = False

    def take(self, text: str) -> str:
        """As much of this paragraph as there is space for."""
        cost = len(text) + PARAGRAPH * (1 + text.count("\n"))
        if cost <= self.left:
            self.left -= cost
            return text
        self.is_cut = True
        kept = text[: max(0, self.left)].split("\n")[: 1 + max(0, self.left) // PARAGRAPH]
        self.left = 0
        return "\n".join(kept) + "…" if any(kept) else ""

    def box(self, box: Box) -> Box:
        return replace(box, texts=tuple(self._texts(box.texts)), rows=tuple(self._rows(box.rows)))

    def _texts(self, texts: tuple[Text, ...]) -> Iterator[Text]:
        for text in texts:
            if taken := self.take(text.text):
                yield replace(text, text=taken)

    def _rows(self, rows: tuple[Row, ...]) -> Iterator[Row]:
        for row in rows:
            if taken := self.take(row.name):
                yield replace(row, name=taken, quantity=self.take(row.quantity), botanical=self.take(row.botanical))


def bounded(face: Face, space: Space) -> Face:
    """The face with as much of each box as there is space for; statements and labels are never cut."""
    return replace(face, boxes=tuple(box if box.kind == "fixed" else space.box(box) for box in face.boxes))
