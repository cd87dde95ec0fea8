"""Labels and statutory sentences as data. A sentence is never composed or translated: without a sourced one, English."""

import csv
from functools import cache
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
CURRENT: Final = "ispm12-2016"
ENGLISH: Final = "en"


@cache
def _labels() -> dict[str, dict[str, str]]:
    with (HERE / "labels.csv").open(encoding="utf-8", newline="") as lines:
        return {row["key"]: row for row in csv.DictReader(lines)}


@cache
def _statements() -> dict[tuple[str, str, str], dict[str, str]]:
    with (HERE / "statements.csv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        return {(row["key"], row["language"], row["template_version"]): row for row in rows}


def short(language: str) -> str:
    """zh-hans and the like without their script."""
    return language.split("-")[0].lower()


def label(key: str, language: str) -> str:
    """A label of the form (glossary of the IPPC's six languages)."""
    row = _labels()[key]
    return row.get(short(language)) or row[ENGLISH]


def statements(key: str, language: str, template_version: str = CURRENT) -> list[tuple[str, str]]:
    """(language, sentence): the English one first beside an unverified one; alone where no other is sourced."""
    english = (ENGLISH, _statements()[key, ENGLISH, template_version]["text"])
    row = _statements().get((key, short(language), template_version))
    if row is None or short(language) == ENGLISH:
        return [english]
    return [(short(language), row["text"])] if row["is_verified"] else [english, (short(language), row["text"])]
