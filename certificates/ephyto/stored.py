"""The document as JSON text: what is stored of it, and read for every page.

Each line stands in a row of its own, so that of a large document only the lines that are not at hand are read and
written anew: somebody who works on a draft of five hundred changes one of them at a time.
"""

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from threading import Lock
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter

from certificates.ephyto.document import VERSION, Country, Document, TradeLine

_DOCUMENT: Final = TypeAdapter(Document)
_LINE: Final = TypeAdapter(TradeLine)
_FEW: Final = 50  # lines: so many are read as fast as they are found
_BEFORE, _AFTER = ',"lines":[', "]}"  # of a text's first row the end, and its last row
Value = TypeVar("Value")


class _AtHand(Generic[Value]):
    """What was read or written last, by its text, and the text of it; threads share it. By identity: equal lines may have
    other ids, and print other names.
    """

    def __init__(self, size: int, longest: int) -> None:
        """longest: characters of a text that is worth the memory."""
        self._size, self._longest = size, longest
        self._values: OrderedDict[str, Value] = OrderedDict()
        self._texts: dict[int, str] = {}
        self._lock = Lock()

    def value(self, text: str) -> Value | None:
        with self._lock:
            if text in self._values:
                self._values.move_to_end(text)
            return self._values.get(text)

    def text(self, value: Value) -> str | None:
        return self._texts.get(id(value))  # who is asked for is alive, and who is known too: it is the same one

    def keep(self, text: str, value: Value) -> None:
        if len(text) > self._longest:
            return
        with self._lock:
            self._forget(text)
            self._values[text], self._texts[id(value)] = value, text
            if len(self._values) > self._size:
                self._forget(next(iter(self._values)))

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self._texts.clear()

    def _forget(self, text: str) -> None:
        if text in self._values:
            self._texts.pop(id(self._values.pop(text)), None)


documents_at_hand: Final = _AtHand[Document](8, 3_000_000)
lines_at_hand: Final = _AtHand[TradeLine](4000, 5000)


def to_json(document: Document) -> dict[str, Any]:
    """JSON-ready data without what is as by default; the version is always there."""
    data: dict[str, Any] = json.loads(to_text(document))
    return data


def from_json(data: Mapping[str, Any]) -> Document:
    """The document of stored JSON; older versions are upgraded here. Raises pydantic.ValidationError."""
    return _DOCUMENT.validate_python(dict(data))


def to_text(document: Document) -> str:
    """The same as JSON text, for keeping; `from_text` reads it."""
    if (text := documents_at_hand.text(document)) is not None:
        return text
    is_large = len(document.lines) > _FEW
    lines = [_known_line(line) if is_large else _line(line) for line in document.lines]
    rest = _lean(_DOCUMENT, document, [document.import_country, document.export_country, document.reexport_country])
    head = f'{{"version":{VERSION}{"," if rest != "{}" else ""}{rest[1:-1]}'
    text = "\n".join((head + _BEFORE, ",\n".join(lines), _AFTER)) if lines else head + "}"
    if is_large:
        documents_at_hand.keep(text, document)
    return text


def from_text(text: str) -> Document:
    """The same of JSON text. What is at hand is the same value again. Raises pydantic.ValidationError."""
    if (document := documents_at_hand.value(text)) is not None:
        return document
    rows = text.split("\n")
    if len(rows) - 2 > _FEW and rows[0].endswith(_BEFORE) and rows[-1] == _AFTER:
        lines = tuple(_read_line(row.removesuffix(",")) for row in rows[1:-1])
        document = replace(_DOCUMENT.validate_json(rows[0] + _AFTER), lines=lines)
    else:
        document = _DOCUMENT.validate_json(text)
    if len(document.lines) > _FEW:
        documents_at_hand.keep(text, document)
    return document


def to_bytes(document: Document) -> bytes:
    """The same bytes for the same document, and its ids and names as printed: for comparing, not for keeping."""
    return _DOCUMENT.dump_json(document)


def _known_line(line: TradeLine) -> str:
    if (text := lines_at_hand.text(line)) is None:
        text = _line(line)
        lines_at_hand.keep(text, line)
    return text


def _read_line(text: str) -> TradeLine:
    if (line := lines_at_hand.value(text)) is None:
        line = _LINE.validate_json(text)
        lines_at_hand.keep(text, line)
    return line


def _line(line: TradeLine) -> str:
    return _lean(_LINE, line, (origin.country for origin in line.origins))


def _lean(adapter: TypeAdapter[Any], value: object, countries: Iterable[Country]) -> str:
    """Without what is as by default."""
    # a country that has a name and no code equals one without either, and would be left out as a default
    is_lean = all(country.code or not country.name for country in countries)
    return adapter.dump_json(value, exclude_defaults=is_lean, exclude={"version": True, "lines": True}).decode()
