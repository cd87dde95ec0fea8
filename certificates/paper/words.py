"""Labels and statutory sentences as data. A sentence is never composed or translated: without a sourced one, English."""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
CURRENT: Final = "ispm12-2016"
ENGLISH: Final = "en"
NOTICE: Final = timedelta(days=90)
LANGUAGES: Final = ("en", "fr", "es", "ar", "zh-hans", "ru")  # of labels.csv
RIGHT_TO_LEFT: Final = ("ar",)


@cache
def _labels() -> dict[str, dict[str, str]]:
    with (HERE / "labels.csv").open(encoding="utf-8", newline="") as lines:
        return {row["key"]: row for row in csv.DictReader(lines)}


@cache
def _statements() -> dict[tuple[str, str, str], dict[str, str]]:
    with (HERE / "statements.csv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        return {(row["key"], row["language"], row["template_version"]): row for row in rows}


@dataclass(frozen=True)
class Template:
    """One version of the models. adopted: the day on which the parties adopted it; None: older than anything printed here."""

    version: str
    adopted: date | None
    source: str

    @property
    def in_force(self) -> date | None:
        """A change of the models takes effect after 90 days (IPPC XXI)."""
        return self.adopted + NOTICE if self.adopted else None


@cache
def templates() -> tuple[Template, ...]:
    """Every version, the oldest first."""
    with (HERE / "templates.csv").open(encoding="utf-8", newline="") as lines:
        rows = [
            Template(row["version"], date.fromisoformat(row["adopted"]) if row["adopted"] else None, row["source"])
            for row in csv.DictReader(lines)
        ]
    return tuple(sorted(rows, key=lambda row: row.in_force or date.min))


def version_on(day: date) -> str:
    """The version in force on this day: what is issued on it prints so."""
    return [row.version for row in templates() if (row.in_force or date.min) <= day][-1]


def short(language: str) -> str:
    """zh-hans and the like without their script."""
    return language.split("-")[0].lower()


def spoken(language: str) -> str:
    """The catalogue of a certificate's language."""
    return "zh-hans" if language.startswith("zh") else language


def label(key: str, language: str) -> str:
    """A label of the form (glossary of the IPPC's six languages)."""
    row = _labels()[key]
    return row.get(short(language)) or row[ENGLISH]


Verified = frozenset[tuple[str, str]]  # (key, short language) that an NPPO compared with the official text
NOT_VERIFIED: Final[Verified] = frozenset()


@dataclass(frozen=True)
class Sentence:
    """One statutory sentence in one language, as the table has it; text is "" where none is sourced."""

    key: str
    language: str
    text: str
    source: str
    is_verified: bool


def sentence(key: str, language: str, template_version: str = CURRENT, verified: Verified = NOT_VERIFIED) -> Sentence:
    """The row of the table, with what the NPPO verified of it."""
    row = _statements().get((key, short(language), template_version))
    if row is None:
        return Sentence(key, short(language), "", "", False)
    is_verified = bool(row["is_verified"]) or (key, short(language)) in verified
    return Sentence(key, short(language), row["text"], row["source"], is_verified)


def keys(template_version: str = CURRENT) -> list[str]:
    """Every sentence of this version of the templates, as the English model has it."""
    return [key for key, language, version in _statements() if (language, version) == (ENGLISH, template_version)]


def statements(
    key: str, language: str, template_version: str = CURRENT, verified: Verified = NOT_VERIFIED
) -> list[tuple[str, str]]:
    """(language, sentence): the English one first beside an unverified one; alone where no other is sourced."""
    english = (ENGLISH, sentence(key, ENGLISH, template_version).text)
    other = sentence(key, language, template_version, verified)
    if not other.text or short(language) == ENGLISH:
        return [english]
    own = (short(language), other.text)
    return [own] if other.is_verified else [english, own]
