"""Messages and findings as text for a terminal. What a message says cannot command the terminal that shows it."""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Final

from certificates.ephyto import show
from certificates.ephyto.document import Document
from certificates.ephyto.judging import CERTIFICATE, Judged
from certificates.ephyto.media import media_type
from certificates.ephyto.xml import Acknowledgement

WIDTH: Final = 100
LABEL: Final = 30
# Control characters but the line feed, and those that turn or hide the direction of text.
_UNSAFE: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def safe(text: str) -> str:
    """The text with everything that could command a terminal, or turn the order of the characters, replaced by U+FFFD."""
    return _UNSAFE.sub("\ufffd", text.replace("\r\n", "\n").replace("\t", " "))


def line(text: str) -> str:
    """The text as one line: what a message says cannot look like a line of ours."""
    return safe(text).replace("\n", " ")


def json_text(data: object) -> str:
    """As JSON in which those characters stand as escapes: equal when it is read again, harmless on a terminal."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def judged(name: str, found: Judged) -> Iterator[str]:
    """A line for the file, then a line for each finding, in columns."""
    what = f"{found.outcome} {found.number} (type {found.type}, status {found.status})"
    what = what if found.outcome == CERTIFICATE else f"{found.outcome} {found.number}".strip()
    counts = f"severe {found.count('SEVERE')}, warnings {found.count('WARNING')}, information {found.count('INFO')}"
    yield line(f"{name}: {what}: {counts}")
    rows = [(f.level, str(f.line or "-"), f.rule, f.path or _end(f.xpath), f.message) for f in found.findings]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    for row in rows:
        cells = (cell.ljust(min(width, 44)) for cell, width in zip(row, widths, strict=False))
        yield line("  " + "  ".join((*cells, row[4])))


def _end(xpath: str) -> str:
    """The last two steps: enough to find it beside its line."""
    return "/".join(xpath.split("/")[-2:])


def certificate(document: Document) -> Iterator[str]:
    """Everything the document says: headings, labels in a column, long texts wrapped."""
    for number, group in enumerate(show.groups(document)):
        yield from [""] if number else []
        yield f"{group.heading} {group.number or ''}".strip()
        for row in group.rows:
            said = f"{row.value} ({row.meaning})" if row.meaning else row.value
            tail = f" [{row.language}]" if row.language else ""
            yield from _labelled(row.path if row.label == show.FURTHER else row.label, said + tail)


def files(blobs: Mapping[str, bytes]) -> Iterator[str]:
    """The files in a message: fingerprint, bytes, what they are by their content."""
    yield from ["", "Files"] if blobs else []
    for sha256, data in blobs.items():
        yield from _labelled(f"{len(data)} bytes", f"{media_type(data)} {sha256}")


def acknowledgement(answer: Acknowledgement) -> Iterator[str]:
    """The answer of an importing country."""
    yield ""
    yield "Acknowledgement"
    yield from _labelled("State", answer.status)
    yield from _labelled("Date of issue", answer.issued)
    for reference in answer.references:
        yield from _labelled("Number", reference)
    for reason in answer.reasons:
        yield from _labelled("Reason", reason.text)


def _labelled(label: str, text: str) -> Iterator[str]:
    lines = [part for row in safe(text).split("\n") for part in textwrap.wrap(row, WIDTH - LABEL - 2) or [""]]
    label = line(label)
    if len(label) > LABEL:
        yield f"  {label}"
        label = ""
    for part in lines:
        yield f"  {label.ljust(LABEL)}{part}".rstrip()
        label = ""
