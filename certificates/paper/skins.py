"""A national skin of the paper, as data: its size, colour, numbers of boxes, and where things stand. No free style.

Each value is checked here, wherever it comes from: what is no skin cannot be made, and so never reaches the paper.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

GREEN: Final = "#0a5233"
LEAST_CONTRAST: Final = 4.5  # of the ink on white (WCAG 2.2 AA)
PAGES: Final = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}  # mm

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "size": tuple(PAGES),
    "rules": ("thin", "strong", "none"),
    "numbering": ("none", "plain", "round", "square"),
    "languages": ("line", "column"),
    "unused": ("word", "line"),
    "arms": ("start", "end"),
    "signing": ("stamp", "signature"),
    "code": ("stamp", "signature"),
}
BOUNDS: Final[dict[str, tuple[float, float]]] = {  # mm
    "side_margin": (8, 20),
    "end_margin": (8, 18),
    "head": (9, 20),
    "signing_height": (20, 34),
    "across": (-20, 20),
    "down": (-20, 20),
}


def contrast(ink: str) -> float:
    """On white, after WCAG: 1 to 21."""
    parts = (int(ink[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def is_colour(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(r"#[0-9a-f]{6}", text) is not None


def is_legible(text: object) -> bool:
    return isinstance(text, str) and is_colour(text) and contrast(text) >= LEAST_CONTRAST


class NotASkin(ValueError):
    """A value that no skin has. `field` says which."""

    def __init__(self, field: str, value: object) -> None:
        super().__init__(f"{field}: {value!r}")
        self.field = field


@dataclass(frozen=True)
class Skin:
    """How an NPPO's certificates look. As it is made here, it is the usual look of ISPM 12's models.

    arms, code: beside which edge, in which box. signing: what stands first, stamp or signature. is_preprinted: labels,
    rules and the certifying statement stand on the sheet already; prints on such sheets are moved across and down.
    """

    size: str = "A4"
    side_margin: float = 13
    end_margin: float = 12
    ink: str = GREEN
    rules: str = "thin"
    numbering: str = "none"
    languages: str = "line"
    unused: str = "word"
    arms: str = "start"
    head: float = 9
    signing: str = "stamp"
    signing_height: float = 22
    code: str = "signature"
    is_preprinted: bool = False
    across: float = 0
    down: float = 0

    def __post_init__(self) -> None:
        for field, known in CHOICES.items():
            _require(getattr(self, field) in known, field, self)
        for field, (least, most) in BOUNDS.items():
            value = getattr(self, field)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            _require(is_number and least <= value <= most, field, self)
        _require(isinstance(self.is_preprinted, bool), "is_preprinted", self)
        _require(is_legible(self.ink), "ink", self)

    @property
    def page(self) -> tuple[float, float]:
        return PAGES[self.size]


def _require(is_so: bool, field: str, skin: Skin) -> None:
    if not is_so:
        raise NotASkin(field, getattr(skin, field))


USUAL: Final = Skin()


def to_data(skin: Skin) -> dict[str, Any]:
    return asdict(skin)


def from_data(data: Mapping[str, Any]) -> Skin:
    """What an older version did not know yet is as usual. Raises NotASkin."""
    known = {field.name for field in fields(Skin)}
    return Skin(**{name: value for name, value in data.items() if name in known})


def lighter(ink: str, share: float) -> str:
    """The ink with this share of white."""
    parts = (int(ink[start : start + 2], 16) for start in (1, 3, 5))
    return "#" + "".join(f"{round(part + (255 - part) * share):02x}" for part in parts)
