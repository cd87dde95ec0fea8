"""What fits on the face, by counting: never more than one page, and the same for the same document every time.

A box holds so many lines (`room`) of so many characters. What does not fit goes whole to the attachment pages, and the
face says "see attachment" (ISPM 12: the face never flows onto a second page).
"""

import math
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Final

from certificates.ephyto.document import Text
from certificates.paper import room
from certificates.paper.face import Box, Face, Width
from certificates.paper.glyphs import widths
from certificates.paper.skins import USUAL, Skin
from certificates.paper.wording import see_attachment
from certificates.paper.words import ENGLISH, sentence

NARROW: Final = 4  # a lower-case letter, in quarters of itself; capitals and full-width characters are wider
NUMBER: Final = 4  # characters that a box's number takes before its label
UNUSUAL, WIDER = 40, 1.2  # a word as long as this in a fixed sentence came with the data
WIDEST: Final = 8  # of a letter that prints every day
QUARTER: Final = 133  # thousandths of the size of the letters
JOINED, WIDE_ALONE = 7, 8  # Arabic letters with teeth or loops are wide inside a word too
ORGANIZATION: Final = "{organization}"  # the blank of the sentence on liability
FEW: Final = 2  # lines of two scripts for which a box has room all the same
HIGHER: Final = ("ar", "zh")  # languages in whose lines the fonts of two scripts meet


@dataclass(frozen=True)
class Fitted:
    """The face as it prints, and the boxes whose content stands on the attachment pages.

    heights: of the boxes, as the stylesheet takes them. is_small: the fixed sentences. is_long: the number stands below
    the title.
    """

    face: Face
    attached: tuple[Box, ...]
    heights: Mapping[str, str]
    is_small: bool
    is_long: bool


def fitted(face: Face, *, skin: Skin = USUAL, extra: int = 0) -> Fitted:
    """extra: lines above the title, as a reproduction has one.

    Raises room.NoRoom where a skin leaves too little: `has_room` is asked before one is kept.
    """
    counted, shared = _shared(face, skin, extra)
    # a sentence whose blanks are too long for the face stands whole on the attachment
    whole = {box.key: box for box in face.boxes}
    attached = [
        whole[box.key]
        for box in counted.face.boxes
        if box.texts != whole[box.key].texts or not counted.fits(box, shared)
    ]
    moved = {box.key for box in attached if box.kind != "fixed"}
    boxes = tuple(counted.referring(box, shared) if box.key in moved else box for box in counted.face.boxes)
    heights = room.millimetres({**counted.heights(), **shared.heights})
    return Fitted(replace(face, boxes=boxes), tuple(attached), heights, counted.way.is_small, counted.is_long)


@dataclass(frozen=True)
class Way:
    """How close together everything stands."""

    is_small: bool = False  # the fixed sentences
    is_narrow: bool = False  # the boxes
    is_short: bool = False  # long blanks of a fixed sentence stand on the attachment


WAYS: Final = (
    Way(), Way(is_small=True), Way(is_small=True, is_narrow=True), Way(is_small=True, is_short=True),
    Way(is_small=True, is_narrow=True, is_short=True),
)  # fmt: skip


def _shared(face: Face, skin: Skin, extra: int) -> tuple["Counted", room.Room]:
    """The first way that leaves room."""
    for way in WAYS:
        boxes = tuple(replace(box, texts=box.short or box.texts) for box in face.boxes) if way.is_short else face.boxes
        counted = Counted(replace(face, boxes=boxes), skin, way, extra)
        try:
            return counted, counted.shared()
        except room.NoRoom:
            continue
    raise room.NoRoom


@dataclass(frozen=True)
class Counted:
    """A face on a sheet of that skin, its lines counted."""

    face: Face
    skin: Skin
    way: Way
    extra: int = 0

    @cached_property
    def sheet(self) -> room.Sheet:
        return room.Sheet(self.skin)

    @property
    def is_mixed(self) -> bool:
        return any(language.startswith(HIGHER) for language in (self.face.language, self.face.beside))

    @property
    def in_columns(self) -> bool:
        return bool(self.face.beside) and self.skin.languages == "column"

    @property
    def is_long(self) -> bool:
        """Whether the number has to stand below the title."""
        title = width_of(self.face.title) * (room.FIRST_TITLE_CHARACTER if self.face.beside else room.TITLE_CHARACTER)
        second = width_of(self.face.title_beside) * room.SECOND_TITLE_CHARACTER
        number = (width_of(self.face.number) + NUMBER * (NUMBER + 1)) * room.NUMBER_CHARACTER
        return (max(title, second) + number) / NARROW + room.ARMS > self.sheet.width

    def shared(self) -> room.Room:
        taken = self.skin.head + (room.SECOND_HEAD if self.is_long else 0) + room.ORIGIN * self.extra
        taken += sum(self.heights().values())
        if self.skin.is_preprinted and all(box.key != "liability" for box in self.face.boxes):
            taken += self._fixed(*self._unsaid_liability())
        labels = dict.fromkeys(room.ROW_OF.values(), 0)
        for box in self.face.boxes:
            if row := room.ROW_OF.get(box.key):
                labels[row] = max(labels[row], self.label_lines(box))
        return room.shared_out(self.sheet, labels, taken, is_mixed=self.is_mixed, is_narrow=self.way.is_narrow)

    def heights(self) -> dict[str, float]:
        """Of headings and fixed sentences."""
        found = {}
        for box in self.face.boxes:
            if box.kind in ("heading", "headed"):
                lines = self._lines(box, "full", room.HEADING_CHARACTER)
                key = box.heading if box.kind == "headed" else box.key
                found[key] = room.heading_height(lines, is_mixed=self.is_mixed)
            elif box.kind == "fixed":
                found[box.key] = self._fixed(self._with_reserve(box), box.own)
        return found

    def _with_reserve(self, box: Box) -> tuple[Text, ...]:
        """On sheets that were printed before, the optional clause has its place whether it prints or not."""
        clause = self._usual("practically_free")
        is_export = not box.short
        has_clause = not {text.text for text in clause}.isdisjoint(text.text for text in box.texts)
        if not self.skin.is_preprinted or box.key != "certifying" or not is_export or has_clause:
            return box.texts
        return (*box.texts, *clause)

    def _unsaid_liability(self) -> tuple[tuple[Text, ...], int]:
        """As long as it would be, and its own characters."""
        by = next((text.text for box in self.face.boxes if box.key == "organization" for text in box.texts), "…")
        usual = self._usual("no_liability")
        own = min(len(text.text) - len(ORGANIZATION) for text in usual)
        return tuple(replace(text, text=text.text.replace(ORGANIZATION, by)) for text in usual), own

    def _usual(self, key: str) -> tuple[Text, ...]:
        """This sentence in the languages in which the face certifies; in English where none of them has it."""
        tongues = [text.language for box in self.face.boxes if box.key == "certifying" for text in box.texts]
        found = [Text(said.text, each) for each in dict.fromkeys(tongues) if (said := sentence(key, each)).text]
        return tuple(found) or (Text(sentence(key, ENGLISH).text, ENGLISH),)

    def _fixed(self, texts: tuple[Text, ...], own: int = 0) -> float:
        inner = self.sheet.inner("full")
        columns: tuple[tuple[Text, ...], ...] = (texts,)
        if self.in_columns and columns_of(texts)[1]:
            inner, columns = (inner - room.BETWEEN_COLUMNS) / 2, columns_of(texts)
        how = {"is_small": self.way.is_small, "is_mixed": self.is_mixed}
        lines = (sum(self._lines_of_sentence(text, inner, own) for text in column) for column in columns)
        return max(room.fixed_height(n, len(column), **how) for n, column in zip(lines, columns, strict=True))

    def _lines_of_sentence(self, text: Text, inner: float, own: int) -> int:
        """own: characters of its own words, which are known; anything may stand in its blanks."""
        character = room.FULL_CHARACTER if text.language.startswith("zh") else room.FIXED_CHARACTER
        filled = max(0.0, 1 - own / len(text.text)) if own else 0.0
        wide = character + (room.FILLED_CHARACTER - character) * filled
        if any(len(word) > UNUSUAL for word in text.text.split(" ")):  # no prose: wider letters, emptier lines
            wide = max(wide, character * WIDER)
        return lines_of((text,), int(inner / wide / (room.SMALL if self.way.is_small else 1)))

    def label_lines(self, box: Box) -> int:
        """Within the box: a heading stands above it."""
        if box.kind == "headed":
            return 0
        if box.kind != "table":
            return self._lines(box, box.width, room.LABEL_CHARACTER)
        first = replace(box, second_label="", second_beside="")
        second = replace(box, label=box.second_label, beside=box.second_beside, number=box.second_number, width="third")
        rooms = zip((first, second), self.sheet.heads, strict=True)
        return max(self._wrapped_label(each, wide, room.LABEL_CHARACTER) for each, wide in rooms)

    def _lines(self, box: Box, width: Width, character: float) -> int:
        return self._wrapped_label(box, self.sheet.inner(width), character)

    def _wrapped_label(self, box: Box, wide: float, character: float) -> int:
        number = "0" * NUMBER if box.number else ""
        if self.in_columns and box.beside and box.width == "third":  # one above the other
            characters = int(wide / character)
            return _wrapped(number + box.label, characters) + _wrapped(box.beside, characters)
        if self.in_columns and box.beside:
            characters = int((wide - room.BETWEEN_COLUMNS) / 2 / character)
            return max(_wrapped(f"{number}{box.label}", characters), _wrapped(box.beside, characters))
        whole = f"{box.label} / {box.beside}" if box.beside else box.label
        return _wrapped(number + whole, int(wide / character))

    def fits(self, box: Box, shared: room.Room) -> bool:
        """Whether its content stands within it."""
        row = room.ROW_OF.get(box.key)
        if row is None:
            return True
        if box.kind == "table":
            return sum(self._row_lines((r.name, r.quantity, r.botanical)) for r in box.rows) <= shared.lines[row]
        lines = lines_of(box.texts, self.sheet.characters(box.width))
        if lines > FEW and not self.is_mixed and any(_meets_another_font(text.text) for text in box.texts):
            lines += math.ceil(lines * (room.MIXED - 1))
        return lines <= shared.lines[row]

    def referring(self, box: Box, shared: room.Room) -> Box:
        """The box with the words that send the reader to the attachment, in both languages."""
        see, also = (see_attachment(each) if each else "" for each in (self.face.language, self.face.beside))
        wide = sum(widths().get(ord(letter), 0) for letter in f"{see} / {also}") * room.DRAWN
        is_close = wide > self.sheet.inner(box.width) and shared.lines[room.ROW_OF[box.key]] == 1
        return replace(box, texts=(Text(see),), rows=(), also=also, is_close=is_close)

    def _row_lines(self, cells: Iterable[str]) -> int:
        return max(_wrapped(text, wide) for text, wide in zip(cells, self.sheet.columns, strict=True))


def columns_of(texts: tuple[Text, ...]) -> tuple[tuple[Text, ...], tuple[Text, ...]]:
    """The sentences of the first language, and those of the other beside them; all in the first, where there is one."""
    first = texts[0].language if texts else ""
    return tuple(t for t in texts if t.language == first), tuple(t for t in texts if t.language != first)


def lines_of(texts: Iterable[Text], characters: int) -> int:
    """How many printed lines the texts take at most, at so many characters a line."""
    return sum(_wrapped(part, characters) for text in texts for part in text.text.split("\n"))


def _wrapped(text: str, characters: int) -> int:
    """Lines of one paragraph, broken between words; a word longer than a line breaks anywhere."""
    wide_of_line, used, lines = max(characters, 1) * NARROW, 0, 1
    for word in text.split(" "):
        wide = width_of(word)
        if used and used + NARROW + wide > wide_of_line:
            used, lines = 0, lines + 1
        used += wide + (NARROW if used else 0)
        if used > wide_of_line:  # broken anywhere: the end of a line stays empty where the next letter is wider
            full = max(wide_of_line - WIDEST, 1)
            lines, used = lines + (used - 1) // full, (used - 1) % full + 1
    return lines


def width_of(text: str) -> int:
    """In quarters of a lower-case letter."""
    wide = sum(map(_quarters, text))
    if text and unicodedata.bidirectional(text[-1]) == "AL":  # the last of joined letters stands free on one side
        wide += max(0, _drawn(text[-1]) - _quarters(text[-1]))
    return wide


@cache
def _quarters(character: str) -> int:
    """The width at most: one and a half for M and W, two for Chinese, one for what is small; else as it is drawn."""
    if character.isascii():
        return 7 if character in "mwMW@%" else NARROW if not character.isupper() else 5
    if unicodedata.bidirectional(character) == "AL":
        return JOINED if _drawn(character) > WIDE_ALONE else 5
    return max(8 if character >= "\u2e80" else 7 if character in "—–" else 5, _drawn(character))


def _drawn(character: str) -> int:
    return -(-widths().get(ord(character), 0) // QUARTER)


def _meets_another_font(text: str) -> bool:
    return any(c >= "\u0590" and unicodedata.category(c).startswith("L") for c in text)
