"""Dates and times as messages write them: ISO 8601, with or without time and offset. Never raises."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

_FORM: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}(Z|[+-]\d{2}:\d{2})?|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?"
)


@dataclass(frozen=True)
class Parsed:
    """The day as written; the moment when a time was written; whether it has an offset."""

    day: date
    moment: datetime | None = None

    @property
    def has_offset(self) -> bool:
        return self.moment is not None and self.moment.tzinfo is not None


_WELL: Final = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?)?")


def is_written_well(text: str) -> bool:
    """Whether it is a date, or one with a time, as we write them: with seconds, and a colon in the offset."""
    return bool(_WELL.fullmatch(text)) and parse(text) is not None


def parse(text: str) -> Parsed | None:
    """A date or a date with time; None when the text is neither (it is shown as it stands then)."""
    text = text.strip()
    if not _FORM.fullmatch(text):
        return None
    try:
        if "T" in text:
            moment = datetime.fromisoformat(text)
            return Parsed(moment.date(), moment)
        return Parsed(date.fromisoformat(text[:10]))
    except ValueError:
        return None
