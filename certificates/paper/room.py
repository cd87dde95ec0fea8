"""How many lines each row of boxes holds on the face, and how high it is: counted from the skin and the fixed words alone.

What an officer writes changes nothing of it, so that the same kind of certificate has its boxes in the same places, and
data meet the boxes of a sheet that was printed before. Every height in millimetres stands here and nowhere else.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from certificates.paper.face import Width
from certificates.paper.skins import Skin

# Millimetres for a character of that type, counted as wide as `fit` counts it. Anything may stand in a box; labels and
# sentences are known words.
CHARACTER, LABEL_CHARACTER, HEADING_CHARACTER, TABLE_CHARACTER = 1.876, 1.3, 1.68, 2.06
TITLE_CHARACTER, FIRST_TITLE_CHARACTER, SECOND_TITLE_CHARACTER, NUMBER_CHARACTER = 2.75, 2.2, 1.75, 2.2
ARMS: Final = 19.0  # with what is beside them
SECOND_HEAD: Final = 6.0  # the line of a number that does not fit beside the title
FIXED_CHARACTER, FULL_CHARACTER, FILLED_CHARACTER = 1.32, 1.42, 1.7  # of the fixed sentences; in Chinese; in blanks
DRAWN: Final = 8.6 / 1000 / 72 * 25.4  # a thousandth of the size of the letters in a box
SMALL: Final = 7.2 / 7.9  # of them, where they are small
LINE, LABEL_LINE, HEADING_LINE, FIXED_LINE, SMALL_LINE = 4.01, 3.4, 4.2, 3.58, 3.11
MIXED: Final = 1.06  # lines in which the fonts of two scripts meet are higher
AROUND: Final = 2.6  # a box's padding and rule
HEADING_AROUND, BELOW_HEADING = 1.9, 1.3  # the same of a heading, and of the box whose label it is
BESIDE: Final = 3.95  # the same at its sides
BETWEEN: Final = 0.8  # paragraphs of the fixed sentences
BETWEEN_COLUMNS: Final = 4.0  # of two languages
ROW_AROUND: Final = 0.8  # a line of the table
NUMBER_COLUMN, QUANTITY_COLUMN, BOTANICAL_SHARE, CELL, HEAD_CELL = 6.0, 36.0, 0.33, 1.5, 4.0  # as paper.css has them
ORIGIN: Final = 8.0  # the line above a reproduction's title
SHARES: Final[dict[Width, float]] = {"full": 1.0, "half": 0.49999, "third": 0.33333}


@dataclass(frozen=True)
class Row:
    """Boxes beside each other, and how many lines of text they hold: where all is narrow, at least, and where there is room."""

    keys: tuple[str, ...]
    width: Width
    narrow: int
    least: int
    most: int

    @property
    def name(self) -> str:
        return self.keys[0]


ROWS: Final = (
    Row(("organization", "to"), "half", 2, 2, 3),  # the NPPO is never named on an attachment alone
    Row(("exporter", "consignee"), "half", 3, 5, 7),
    Row(("packages", "marks"), "half", 1, 2, 4),
    Row(("origin", "conveyance", "entry"), "third", 1, 2, 4),
    Row(("produce",), "full", 3, 6, 14),
    Row(("declaration",), "full", 2, 3, 12),
    Row(("treatment_date", "treatment_treatment", "treatment_chemical"), "third", 1, 2, 4),
    Row(("treatment_duration", "treatment_concentration", "treatment_information"), "third", 1, 2, 4),
    Row(("place", "officer", "issued"), "third", 1, 1, 2),
)
# Who gets a line more, in turn, as long as there is room: first up to what a row holds at least, then further.
FIRST: Final = (
    "produce", "origin", "treatment_date", "treatment_duration", "produce", "exporter", "packages", "produce", "exporter",
    "declaration",
)  # fmt: skip
GROWTH: Final = (
    "produce", "place", "exporter", "organization", "produce", "declaration", "packages", "origin", "produce",
    "treatment_date", "treatment_duration", "declaration",
)  # fmt: skip


class NoRoom(Exception):
    """Not even the least fits."""


@dataclass(frozen=True)
class Sheet:
    """The face of a skin: its size inside the margins."""

    skin: Skin

    @property
    def width(self) -> float:
        return self.skin.page[0] - 2 * self.skin.side_margin

    @property
    def height(self) -> float:
        return self.skin.page[1] - 2 * self.skin.end_margin - 1

    def inner(self, width: Width) -> float:
        return self.width * SHARES[width] - BESIDE

    def characters(self, width: Width) -> int:
        return int(self.inner(width) / CHARACTER)

    @property
    def columns(self) -> tuple[int, int, int]:
        """Characters of produce, quantity, botanical name."""
        inner = self.inner("full")
        botanical = inner * BOTANICAL_SHARE
        produce = inner - NUMBER_COLUMN - QUANTITY_COLUMN - botanical
        return (
            int((produce - CELL) / TABLE_CHARACTER),
            int((QUANTITY_COLUMN - 4) / CHARACTER),
            int((botanical - CELL) / TABLE_CHARACTER),
        )

    @property
    def heads(self) -> tuple[float, float]:
        """Millimetres of the table's two heads."""
        botanical = self.inner("full") * BOTANICAL_SHARE
        return self.inner("full") - NUMBER_COLUMN - botanical - HEAD_CELL, botanical - HEAD_CELL


@dataclass(frozen=True)
class Room:
    """lines: by a row's first box. heights: by box, in millimetres."""

    lines: Mapping[str, int]
    heights: Mapping[str, float]


def shared_out(sheet: Sheet, labels: Mapping[str, int], taken: float, *, is_mixed: bool, is_narrow: bool) -> Room:
    """Share out the page. labels: lines of a row's labels. taken: millimetres of all that is no row of boxes.

    Raises NoRoom.
    """
    lines = {row.name: row.narrow if is_narrow else row.least for row in ROWS}
    line = LINE * (MIXED if is_mixed else 1)

    def step(name: str) -> float:
        return line + (ROW_AROUND if name == "produce" else 0)

    base = {row.name: _label_height(labels[row.name], is_mixed) for row in ROWS}
    room = sheet.height - taken - sheet.skin.signing_height - sum(base.values())
    room -= sum(step(name) * count for name, count in lines.items())
    if room < 0:
        raise NoRoom
    for order, ceiling in (
        (FIRST, {row.name: row.least for row in ROWS}),
        (GROWTH, {row.name: row.most for row in ROWS}),
    ):
        room = _grown(order, ceiling, lines, room, step)
    heights = {row.name: base[row.name] + step(row.name) * lines[row.name] for row in ROWS}
    found = {key: heights[row.name] for row in ROWS for key in row.keys}
    return Room(lines, found | dict.fromkeys(("stamp", "signature"), sheet.skin.signing_height))


def _grown(
    order: tuple[str, ...], ceiling: Mapping[str, int], lines: dict[str, int], room: float, step: Callable[[str], float]
) -> float:
    """Give lines in this order, again and again; what room is left."""
    is_growing = True
    while is_growing:
        is_growing = False
        for name in order:
            if lines[name] < ceiling[name] and step(name) <= room:
                lines[name], room, is_growing = lines[name] + 1, room - step(name), True
    return room


def _label_height(lines: int, is_mixed: bool) -> float:
    return (AROUND if lines else BELOW_HEADING) + lines * LABEL_LINE * (MIXED if is_mixed else 1)


def fixed_height(lines: int, paragraphs: int, *, is_small: bool, is_mixed: bool) -> float:
    line = (SMALL_LINE if is_small else FIXED_LINE) * (MIXED if is_mixed else 1)
    return AROUND - 0.3 + lines * line + max(0, paragraphs - 1) * BETWEEN


def heading_height(lines: int, *, is_mixed: bool) -> float:
    return HEADING_AROUND + lines * HEADING_LINE * (MIXED if is_mixed else 1)


def millimetres(heights: Mapping[str, float]) -> dict[str, str]:
    """As the stylesheet takes them."""
    return {key: f"{height:.2f}mm" for key, height in heights.items()}


def keys_of(rows: Iterable[Row]) -> dict[str, str]:
    """A box's row."""
    return {key: row.name for row in rows for key in row.keys}


ROW_OF: Final = keys_of(ROWS)
