"""Which characters the paper's fonts have, and what prints of a text: every character as itself, or its code in its place.

Nothing is left to the fonts of the machine: there a character may be found or not, and a certificate prints the same
everywhere. Read by the rules too, so pure Python.
"""

import re
import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

FONTS: Final = Path(__file__).parent / "fonts"
BREAKS: Final = "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # start a new line in one program or another: here always
OVERRIDES: Final = "\u202d\u202e"  # turn the order of what follows round: the paper shows the order of the message
STACKED: Final = 4  # signs above and below one letter; more run into other lines


@cache
def widths() -> dict[int, int]:
    """The characters that the paper has, in regular and in bold, with their greatest width in thousandths of its size."""
    read = {path.name: _font(path.read_bytes()) for path in sorted(FONTS.glob("*.ttf"))}
    regular, bold = ([found for name, found in read.items() if weight in name] for weight in ("Regular", "Bold"))
    both = set().union(*regular) & set().union(*bold)
    return {character: max(found.get(character, 0) for found in regular) for character in both}


def covered(character: int) -> bool:
    return character in widths()


def _font(font: bytes) -> dict[int, int]:
    """Widths by character, of the tables that every TrueType font has."""
    tables = dict(_tables(font))
    (units,) = struct.unpack_from(">H", font, tables[b"head"] + 18)
    (measured,) = struct.unpack_from(">H", font, tables[b"hhea"] + 34)  # glyphs after these are as wide as the last
    wide = struct.unpack_from(f">{2 * measured}H", font, tables[b"hmtx"])[::2]
    return {
        character: wide[min(glyph, measured - 1)] * 1000 // units for character, glyph in _glyphs(font, tables[b"cmap"])
    }


def _glyphs(font: bytes, table: int) -> Iterator[tuple[int, int]]:
    """Of the table cmap in format 4, which every font of make_fonts has: its segments, and where glyphs lie apart."""
    (count,) = struct.unpack_from(">H", font, table + 2)
    offsets = [struct.unpack_from(">HHI", font, table + 4 + 8 * n)[2] for n in range(count)]
    at = next(table + offset for offset in offsets if struct.unpack_from(">H", font, table + offset)[0] == 4)
    half = struct.unpack_from(">H", font, at + 6)[0] // 2
    ends, starts, deltas, ranges = (
        struct.unpack_from(f">{half}H", font, at + 14 + part * 2 * half + (2 if part else 0)) for part in range(4)
    )
    for n, (start, end, delta, apart) in enumerate(zip(starts, ends, deltas, ranges, strict=True)):
        for character in range(start, min(end, 0xFFFE) + 1):
            place = at + 16 + 6 * half + 2 * n + apart + 2 * (character - start)
            glyph = struct.unpack_from(">H", font, place)[0] if apart else (character + delta) & 0xFFFF
            if glyph:
                yield character, glyph


def _tables(font: bytes) -> Iterator[tuple[bytes, int]]:
    (count,) = struct.unpack_from(">H", font, 4)
    for n in range(count):
        tag, _sum, offset, _length = struct.unpack_from(">4sIII", font, 12 + 16 * n)
        yield tag, offset


class _Printed(dict[int, str]):
    """What prints of each character that is not printed as itself: nothing, a line break, or its code in brackets."""

    def __missing__(self, character: int) -> str:
        letter = chr(character)
        if letter in BREAKS:
            said = "\n"
        elif letter in "\n\t":
            said = letter
        elif _is_form(letter):
            said = printable(unicodedata.normalize("NFKC", letter))
        elif letter in OVERRIDES or (is_unseen(letter) and not covered(character)):
            said = ""
        elif covered(character):
            said = letter
        else:
            said = f"[U+{character:04X}]"
        self[character] = said
        return said


_PRINTED: Final = _Printed()


def _is_form(letter: str) -> bool:
    """Ready-made Arabic forms and ligatures, some as long as a line, of letters that join by themselves."""
    is_form = "\ufb50" <= letter <= "\ufdff" or "\ufe70" <= letter <= "\ufefc"
    return is_form and unicodedata.normalize("NFKC", letter) != letter


def is_unseen(letter: str) -> bool:
    """Controls, joiners and the like: nobody misses them on paper."""
    return (
        unicodedata.category(letter) in ("Cc", "Cf")
        or "\ufe00" <= letter <= "\ufe0f"
        or "\U000e0000" <= letter <= "\U000e0fff"
    )


@cache
def _stack() -> re.Pattern[str]:
    marks = "".join(map(chr, sorted(c for c in widths() if unicodedata.category(chr(c)) in ("Mn", "Me"))))
    return re.compile(f"([{re.escape(marks)}]{{{STACKED}}})[{re.escape(marks)}]+")


def printable(text: str) -> str:
    """The text in characters of the paper's fonts alone."""
    if text.isascii() and text.isprintable():
        return text
    return _stack().sub(r"\1", text.replace("\r\n", "\n").translate(_PRINTED))


def missing(text: str) -> list[str]:
    """The characters of this text that the paper does not have, each once."""
    if text.isascii():
        return []
    return [letter for letter in dict.fromkeys(text) if not is_unseen(letter) and not covered(ord(letter))]
