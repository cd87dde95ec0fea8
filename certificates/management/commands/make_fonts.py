"""manage.py make_fonts: the six fonts of the paper, cut from Debian's fonts-noto-core and fonts-noto-cjk.

Static TrueType subsets: WeasyPrint embeds those in milliseconds, and a certificate looks the same on every machine.
"""

from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from certificates.paper.words import HERE
from codelists.loading import shipped

DEBIAN: Final = Path("/usr/share/fonts")
BASIC: Final = set(range(0x20, 0x7F))  # in each font, so that a run of digits or a space never changes it
LATIN: Final = BASIC | {
    *range(0xA0, 0x370), *range(0x370, 0x530), *range(0x1E00, 0x1F00),
    *range(0x2000, 0x2070), *range(0x2070, 0x20D0), *range(0x2100, 0x2190), *range(0x2200, 0x2300),
    *range(0x2C60, 0x2C80), *range(0xA720, 0xA800), 0xFFFD,
}  # fmt: skip
ARABIC: Final = BASIC | {*range(0x600, 0x700), *range(0x750, 0x780), *range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00)} | {
    0xA0, 0x200C, 0x200D, 0x200E, 0x200F, 0x202F,
}  # fmt: skip
# The full-width forms, CJK punctuation and the tick boxes beside the GB 2312 repertoire.
CHINESE_MARKS: Final = {*range(0x3000, 0x3040), *range(0xFF00, 0xFFF0), 0x25A0, 0x25A1, 0xA0, 0x202F}


def gb2312() -> set[int]:
    """The characters of GB 2312: what simplified Chinese is written with every day."""
    found = set()
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes((high, low)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def listed() -> set[int]:
    """Those of Chinese names in the starting lists: plants have rare ones."""
    names = (code.names.get("zh", "") for code in shipped())
    return {ord(letter) for name in names for letter in name if letter > "\u2e80"}


class Command(BaseCommand):
    help = "Cut the fonts of the paper from Debian's Noto packages."

    def handle(self, *args: Any, **options: Any) -> None:
        for weight in ("Regular", "Bold"):
            self.cut(DEBIAN / f"truetype/noto/NotoSans-{weight}.ttf", f"GensSans-{weight}.ttf", LATIN)
            self.cut(DEBIAN / f"truetype/noto/NotoSansArabic-{weight}.ttf", f"GensArabic-{weight}.ttf", ARABIC)
            chinese = BASIC | gb2312() | listed() | CHINESE_MARKS
            self.cut(DEBIAN / f"opentype/noto/NotoSansCJK-{weight}.ttc", f"GensSC-{weight}.ttf", chinese)

    def cut(self, source: Path, name: str, characters: set[int]) -> None:
        from fontTools import subset
        from fontTools.ttLib import TTFont

        if not source.exists():
            raise CommandError(f"{source} is missing: install fonts-noto-core and fonts-noto-cjk.")
        is_collection = source.suffix == ".ttc"
        # 2: Simplified Chinese. The same characters make the same file.
        font = TTFont(source, fontNumber=2 if is_collection else -1, recalcTimestamp=False)
        features = ["ccmp", "locl", "kern"] if is_collection else ["*"]
        options = subset.Options(
            layout_features=features, hinting=False, notdef_outline=True, name_IDs=[1, 2, 3, 4, 5, 6, 13]
        )
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=characters)
        cutter.subset(font)
        if is_collection:
            to_truetype(font)
        rename(font, name)
        path = HERE / "fonts" / name
        font.save(path)
        self.stdout.write(f"{name}: {len(font.getBestCmap())} characters, {path.stat().st_size // 1024} kB")


def rename(font: Any, name: str) -> None:
    """A family name of our own, so that a font of the machine never takes the place of this one."""
    family, weight = name.removesuffix(".ttf").split("-")
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6):
            record.string = {1: family, 3: name, 4: f"{family} {weight}", 6: f"{family}-{weight}"}[record.nameID]


def to_truetype(font: Any) -> None:
    """Turn CFF outlines into TrueType ones (quadratic, within two units of 1,000)."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import newTable

    order, drawn = font.getGlyphOrder(), font.getGlyphSet()
    glyphs = {}
    for glyph_name in order:
        pen = TTGlyphPen(drawn)
        drawn[glyph_name].draw(Cu2QuPen(pen, 2.0, reverse_direction=True))
        glyphs[glyph_name] = pen.glyph()
    font["loca"] = newTable("loca")
    font["glyf"] = table = newTable("glyf")
    table.glyphOrder, table.glyphs = order, glyphs
    for glyph_name in order:
        table[glyph_name].recalcBounds(table)
    del font["CFF "]
    font.tables.pop("VORG", None)
    font["maxp"].tableVersion = 0x00010000
    for field in ("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs",
                  "maxStackElements", "maxSizeOfInstructions", "maxComponentElements", "maxPoints", "maxContours",
                  "maxCompositePoints", "maxCompositeContours", "maxComponentDepth"):  # fmt: skip
        setattr(font["maxp"], field, 1 if field == "maxZones" else 0)
    font["post"].formatType = 3.0
    font.sfntVersion = "\x00\x01\x00\x00"
