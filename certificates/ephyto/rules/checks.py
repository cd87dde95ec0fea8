"""Checks of the document as a whole: its dates, codes and lengths, the means of conveyance, words in declarations."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from certificates.ephyto import dates
from certificates.ephyto.document import Document, Note, TradeLine
from certificates.ephyto.rules import lines, notes
from certificates.ephyto.rules.shapes import Check, Codes, Finding, is_blank
from certificates.paper import glyphs

MOST_NAMED: Final = 5  # characters that one problem names
DECLARING: Final = ("ADEDL", "ADAOEDL")

_TREATED: Final = re.compile(
    r"\b(fumigat\w*|methyl bromide|phosphine|heat treated|hot water treat\w*|treated with|tratad[oa]s? con|trait[ée]e?s? (?:au|avec))\b",
    re.IGNORECASE,
)


def declarations(document: Document) -> Iterator[tuple[str, Note]]:
    """Every note that declares something, with its path."""
    for note in document.notes:
        if note.subject in DECLARING:
            yield f"notes.{note.subject}", note
    for line in document.lines:
        for note in line.notes:
            if note.subject in lines.DECLARING:
                yield f"lines.{line.id}.notes.{note.subject}", note


def commercial_references(document: Document, codes: Codes) -> Iterator[Finding]:
    for note in document.notes:
        if note.subject in DECLARING and (found := lines.COMMERCIAL.search(note.text)):
            yield f"notes.{note.subject}", {"words": found[0]}


def repeated_treatments(document: Document, codes: Codes) -> Iterator[Finding]:
    if not any(line.treatments for line in document.lines):
        return
    treated = cache(_TREATED.search)  # hundreds of lines declare the same
    for path, note in declarations(document):
        if found := treated(note.text):
            yield path, {"words": found[0]}


def unknown_codes(document: Document, codes: Codes) -> Iterator[Finding]:
    """Countries and transport modes that their lists do not hold."""
    asked = [
        ("country", document.export_country.code, "export_country"),
        ("country", document.import_country.code, "import_country"),
        *(("country", c.code, "transit_countries") for c in document.transit_countries),
        *(("transport", m.mode, "movements") for m in document.movements),
    ]
    for list_name, code, path in asked:
        if code and codes.known(list_name, code) is False:
            yield path, {"code": code}


def unparsed_issue_date(document: Document, codes: Codes) -> Iterator[Finding]:
    parsed = dates.parse(document.issued)
    if parsed is None or not parsed.has_offset:
        yield "issued", {"value": document.issued}


def no_movement(document: Document, codes: Codes) -> Iterator[Finding]:
    if not document.movements:
        yield "movements", {}


def no_mode(document: Document, codes: Codes) -> Iterator[Finding]:
    if any(is_blank(movement.mode) for movement in document.movements):
        yield "movements", {}


def wrong_country_codes(document: Document, codes: Codes) -> Iterator[Finding]:
    """ISO 3166-1 alpha-2 only inside the content; connection codes such as LK2 stand on the envelope."""
    named = [("export_country", document.export_country), ("import_country", document.import_country)]
    named += [("transit_countries", country) for country in document.transit_countries]
    for path, country in named:
        if country.code and not lines.ALPHA_2.fullmatch(country.code):
            yield path, {"code": country.code}


# Longest texts by path, from mapping.csv.
_LENGTHS: Final = (("number", 60), ("issuer", 256), ("place_of_issue", 256), ("officer", 256))


# The parts of a path, joined only where the text is too long.
_Limited = tuple[tuple[str, ...], str, int]


def _texts_with_limits(document: Document) -> Iterator[_Limited]:
    for name, limit in _LENGTHS:
        yield (name,), getattr(document, name), limit
    for name, party in (("exporter", document.exporter), ("consignee", document.consignee)):
        yield (name, "name"), party.name, 450
        yield from (((name, "address"), line, 200) for line in party.address)
    yield ("entry", "name"), document.entry.name, 256
    for movement in document.movements:
        yield ("movements",), movement.number, 256
        yield from ((("movements",), text.text, 256) for text in movement.means)
    for equipment in document.equipment:
        yield from ((("equipment",), text, 256) for text in (equipment.number, *equipment.seals))
    for item in document.attachments:
        yield ("attachments", item.id, "number"), item.number, 60
        yield from ((("attachments", item.id, "descriptions"), text.text, 8000) for text in item.descriptions)
    for note in document.notes:
        yield ("notes", note.subject), note.text, notes.longest(note.subject)


def _line_texts_with_limits(line: TradeLine) -> Iterator[_Limited]:
    for name in ("descriptions", "common_names", "scientific_names", "intended_uses"):
        for text in getattr(line, name):
            yield (name,), text.text, 256
    for note in line.notes:
        yield ("notes", note.subject), note.text, notes.longest(note.subject)
    for classification in line.classifications:
        for text in classification.names:
            yield ("classifications",), text.text, 70
    for origin in line.origins:
        for area in origin.areas:
            yield ("origins",), area, 256
    yield from _treatment_texts_with_limits(line)


def _treatment_texts_with_limits(line: TradeLine) -> Iterator[_Limited]:
    for treatment in line.treatments:
        path = ("treatments", treatment.id)
        yield (*path, "kind"), treatment.kind.text, 256
        yield (*path, "method"), treatment.method.text, 256
        for text in treatment.information:
            yield (*path, "information"), text.text, 400
        for text in treatment.full_text:
            yield (*path, "full_text"), text.text, 8000


def too_long(document: Document, codes: Codes) -> Iterator[Finding]:
    yield from _too_long(_texts_with_limits(document))


def too_long_in_line(line: TradeLine) -> Iterator[Finding]:
    yield from _too_long(_line_texts_with_limits(line))


def _too_long(texts: Iterator[_Limited]) -> Iterator[Finding]:
    for path, text, limit in texts:
        if len(text) > limit:
            yield ".".join(path), {"limit": str(limit), "length": str(len(text))}


def unprintable(document: Document, codes: Codes) -> Iterator[Finding]:
    """Texts with characters that the paper would print as their codes. The printed certificate must be legible."""
    yield from _unprintable(_texts_with_limits(document))


def unprintable_in_line(line: TradeLine) -> Iterator[Finding]:
    yield from _unprintable(_line_texts_with_limits(line))


def _unprintable(texts: Iterator[_Limited]) -> Iterator[Finding]:
    for path, text, _limit in texts:
        if found := glyphs.missing(text):
            said = ", ".join(f"{letter} (U+{ord(letter):04X})" for letter in found[:MOST_NAMED])
            yield ".".join(path), {"characters": said + (", …" if len(found) > MOST_NAMED else "")}


def too_many_address_lines(document: Document, codes: Codes) -> Iterator[Finding]:
    for name, party in (("exporter", document.exporter), ("consignee", document.consignee)):
        if len(party.address) > 5:
            yield f"{name}.address", {}


def no_address(name: str) -> Check:
    """Whether the address of a party has no line."""

    def check(document: Document, codes: Codes) -> Iterator[Finding]:
        if all(is_blank(line) for line in getattr(document, name).address):
            yield f"{name}.address", {}

    return check


def unknown_mode(document: Document, codes: Codes) -> Iterator[Finding]:
    for movement in document.movements:
        if not is_blank(movement.mode) and not re.fullmatch("[0-9]", movement.mode):
            yield "movements", {"code": movement.mode}


def unnamed_entry(document: Document, codes: Codes) -> Iterator[Finding]:
    if document.entry.code and is_blank(document.entry.name):
        yield "entry.name", {"code": document.entry.code}


def no_locode(document: Document, codes: Codes) -> Iterator[Finding]:
    if document.entry.code and not re.fullmatch("[A-Z]{2}[A-Z2-9]{3}", document.entry.code):
        yield "entry.code", {"code": document.entry.code}


def later_treatments(document: Document, codes: Codes) -> Iterator[Finding]:
    """Treatments later than the certificate. Some are done in transit, hence no more than a warning."""
    issued = dates.parse(document.issued)
    for number, line in enumerate(document.lines if issued else (), start=1):
        for treatment in line.treatments:
            for name in ("start", "end"):
                parsed = dates.parse(getattr(treatment, name))
                if parsed and issued and parsed.day > issued.day:
                    path = f"lines.{line.id}.treatments.{treatment.id}.{name}"
                    yield path, {"line": str(number), "value": getattr(treatment, name)}


def no_entry(document: Document, codes: Codes) -> Iterator[Finding]:
    if is_blank(document.entry.name) and not document.entry.code:
        yield "entry.name", {}


def no_lines(document: Document, codes: Codes) -> Iterator[Finding]:
    if not document.lines:
        yield "lines", {}
