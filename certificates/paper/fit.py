"""What fits on the face, by counting: never more than one page, and the same for the same document every time.

A box holds so many lines of so many characters. What does not fit goes whole to the attachment pages, and the face says
"see attachment" (ISPM 12: the face never flows onto a second page). The numbers belong to the heights in paper.css.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from django.utils.translation import gettext as _

from certificates.ephyto.document import Text
from certificates.paper.face import Box, Face

CHARACTERS: Final = {"half": 46, "third": 30, "full": 96}  # in a line of a box
LABEL: Final = {"half": 54, "third": 35, "full": 110}  # of its label, which is set smaller
LINES: Final = {
    "organization": 2, "to": 2, "exporter": 6, "consignee": 6, "packages": 3, "marks": 3, "origin": 3, "conveyance": 3,
    "entry": 3, "place": 2, "officer": 2, "issued": 2,
}  # fmt: skip
TREATMENT_LINES, DECLARATION_LINES, ROWS = 3, 7, 8
TIGHT_TREATMENT_LINES, TIGHT_DECLARATION_LINES, TIGHT_ROWS = 2, 5, 6  # where fixed sentences take more room
FIXED_CHARACTERS: Final = 108  # in a line of the fixed sentences
FIXED_LINES: Final = 6  # more than these make the face tight
COLUMNS: Final = (36, 17, 28)  # characters in a line of produce, quantity, botanical name
HEAD: Final = (64, 36)  # characters in a line of the table's two heads
NARROW: Final = 4  # a lower-case letter, in quarters of itself; capitals and full-width characters are wider


@dataclass(frozen=True)
class Fitted:
    """The face as it prints, and the boxes whose content stands on the attachment pages."""

    face: Face
    attached: tuple[Box, ...]
    is_tight: bool


def fitted(face: Face, *, extra: int = 0) -> Fitted:
    """extra: lines above the title, as a reproduction has one. Words of reference are in the active language."""
    fixed = sum(lines_of(box.texts, FIXED_CHARACTERS) for box in face.boxes if box.kind == "fixed")
    is_tight = fixed + 2 * extra > FIXED_LINES
    attached = tuple(box for box in face.boxes if box.kind in ("plain", "table") and not _fits(box, is_tight))
    moved = {box.key for box in attached}
    boxes = tuple(_referring(box) if box.key in moved else box for box in face.boxes)
    return Fitted(replace(face, boxes=boxes), attached, is_tight)


def _fits(box: Box, is_tight: bool) -> bool:
    if box.kind == "table":
        tall = sum(
            max(
                _wrapped(text, room)
                for text, room in zip((row.name, row.quantity, row.botanical), COLUMNS, strict=True)
            )
            for row in box.rows
        )
        head = max(_wrapped(whole, room) for whole, room in zip(_labels(box), HEAD, strict=True)) - 1
        return head + tall <= (TIGHT_ROWS if is_tight else ROWS)
    label = _wrapped(_labels(box)[0], LABEL[box.width]) - 1
    return label + lines_of(box.texts, CHARACTERS[box.width]) <= _lines(box.key, is_tight)


def _labels(box: Box) -> tuple[str, str]:
    """As they print: in both languages, where there are two."""
    return (
        f"{box.label} / {box.beside}" if box.beside else box.label,
        f"{box.second_label} / {box.second_beside}" if box.second_beside else box.second_label,
    )


def _lines(key: str, is_tight: bool) -> int:
    if key.startswith("treatment_"):
        return TIGHT_TREATMENT_LINES if is_tight else TREATMENT_LINES
    if key == "declaration":
        return TIGHT_DECLARATION_LINES if is_tight else DECLARATION_LINES
    return LINES.get(key, 1)


def lines_of(texts: Iterable[Text], characters: int) -> int:
    """How many printed lines the texts take at most, at so many characters a line."""
    return sum(_wrapped(part, characters) for text in texts for part in text.text.split("\n"))


def _wrapped(text: str, characters: int) -> int:
    """Lines of one paragraph, broken between words; a word longer than a line breaks anywhere."""
    room, used, lines = characters * NARROW, 0, 1
    for word in text.split(" "):
        wide = _width(word)
        if used and used + NARROW + wide > room:
            used, lines = 0, lines + 1
        used += wide + (NARROW if used else 0)
        lines, used = lines + (max(used - 1, 0)) // room, (used - 1) % room + 1 if used > room else used
    return lines


def _width(text: str) -> int:
    return sum(map(_quarters, text))


def _quarters(character: str) -> int:
    """The width at most: one and a half for M and W, two for Chinese, one for what is small."""
    if character >= "\u2e80":
        return 8
    if character in "mwMW@%—–":
        return 7
    return NARROW if character.isascii() and not character.isupper() else 5


def _referring(box: Box) -> Box:
    return replace(box, texts=(Text(_("See attachment")),), rows=())
