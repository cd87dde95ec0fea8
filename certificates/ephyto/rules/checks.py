"""Checks that need more than a comparison: measures, dates, codes, lengths, packages, words in declarations."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from certificates.ephyto import dates
from certificates.ephyto.document import Document, Measure, Note, TradeLine, note_texts
from certificates.ephyto.rules.shapes import Check, Codes, Finding, has_text, is_blank

# mapping.csv: quantities 20.4, of treatments 14.4 (digits in all, of them after the point).
QUANTITY_DIGITS: Final = (20, 4)
TREATMENT_DIGITS: Final = (14, 4)

_COMMERCIAL: Final = re.compile(
    r"\b(letters? of credit|l/c|invoice|proforma|carta de cr[eé]dito|factura|lettre de cr[eé]dit|facture|tax (?:id|number)|"
    r"vat (?:no|number)|RUC|NIT)\b",
    re.IGNORECASE,
)
_TREATED: Final = re.compile(
    r"\b(fumigat\w*|methyl bromide|phosphine|heat treated|hot water treat\w*|treated with|tratad[oa]s? con|trait[ée]e?s? (?:au|avec))\b",
    re.IGNORECASE,
)
_GENUS: Final = re.compile(r"[A-ZÀ-Ý×][\w×.'’-]+( .*)?", re.UNICODE | re.DOTALL)


def quantities(line: TradeLine) -> Iterator[tuple[str, Measure]]:
    for name in ("net_weight", "gross_weight", "net_volume", "gross_volume"):
        if measure := getattr(line, name):
            yield name, measure


def treatment_measures(line: TradeLine) -> Iterator[tuple[str, Measure]]:
    for treatment in line.treatments:
        for name in ("duration", "temperature", "concentration"):
            if measure := getattr(treatment, name):
                yield f"treatments.{treatment.id}.{name}", measure


def fits(number: Decimal, digits: tuple[int, int]) -> bool:
    """Whether the number has at most this many digits, and at most this many after the point."""
    _sign, figures, exponent = number.as_tuple()
    after = max(0, -int(exponent))
    return after <= digits[1] and max(len(figures), after) + max(0, int(exponent)) <= digits[0]


def no_number(line: TradeLine) -> Iterator[Finding]:
    for path, measure in quantities(line):
        if measure.number is None or measure.number <= 0 or not fits(measure.number, QUANTITY_DIGITS):
            yield path, {"value": measure.value}
    for path, measure in treatment_measures(line):
        if measure.number is None or not fits(measure.number, TREATMENT_DIGITS):
            yield path, {"value": measure.value}


def no_unit(line: TradeLine) -> Iterator[Finding]:
    for path, measure in (*quantities(line), *treatment_measures(line)):
        if measure.value and not measure.unit:
            yield path, {"value": measure.value}


def unknown_units(line: TradeLine, codes: Codes) -> Iterator[Finding]:
    for path, measure in (*quantities(line), *treatment_measures(line)):
        if measure.unit and codes.known("unit", measure.unit) is False:
            yield path, {"code": measure.unit}


def no_quantity(line: TradeLine) -> Iterator[Finding]:
    if not any(quantities(line)) and not note_texts(line.notes, "OQV"):
        yield "net_weight", {}


def other_quantity_pair(line: TradeLine) -> Iterator[Finding]:
    if len(note_texts(line.notes, "OQV")) != len(note_texts(line.notes, "OQU")):
        yield "other_quantity", {}


def packages_either_or(line: TradeLine) -> Iterator[Finding]:
    """Exactly one of: coded packages, or one free text."""
    if bool(line.packages) == bool(note_texts(line.notes, "OPTND")):
        yield "packages", {}


def incomplete_packages(line: TradeLine) -> Iterator[Finding]:
    for package in line.packages:
        number = Measure(package.quantity).number
        if not (package.level and package.kind) or number is None or number <= 0 or not fits(number, QUANTITY_DIGITS):
            yield "packages", {}


def no_origin(line: TradeLine) -> Iterator[Finding]:
    if not any(origin.country.code for origin in line.origins):
        yield "origins", {}


def no_botanical_name(line: TradeLine) -> Iterator[Finding]:
    """At least the genus, where the commodity class has one (wood packaging and the like have none)."""
    if not any(_GENUS.fullmatch(text.text.strip()) for text in line.scientific_names):
        yield "scientific_names", {}


def undated_treatments(line: TradeLine) -> Iterator[Finding]:
    for treatment in line.treatments:
        for name in ("start", "end"):
            text = getattr(treatment, name)
            if text and dates.parse(text) is None:
                yield f"treatments.{treatment.id}.{name}", {"value": text}


def no_full_text(line: TradeLine) -> Iterator[Finding]:
    for treatment in line.treatments:
        if not has_text(treatment.full_text):
            yield f"treatments.{treatment.id}.full_text", {}


def declarations(document: Document) -> Iterator[tuple[str, Note]]:
    """Every note that declares something, with its path."""
    for note in document.notes:
        if note.subject in ("ADEDL", "ADAOEDL"):
            yield f"notes.{note.subject}", note
    for line in document.lines:
        for note in line.notes:
            if note.subject in ("ADTLIL", "ADAOTLIL"):
                yield f"lines.{line.id}.notes.{note.subject}", note


def commercial_references(document: Document, codes: Codes) -> Iterator[Finding]:
    for path, note in declarations(document):
        if found := _COMMERCIAL.search(note.text):
            yield path, {"words": found[0]}


def repeated_treatments(document: Document, codes: Codes) -> Iterator[Finding]:
    if not any(line.treatments for line in document.lines):
        return
    for path, note in declarations(document):
        if found := _TREATED.search(note.text):
            yield path, {"words": found[0]}


def unknown_codes(document: Document, codes: Codes) -> Iterator[Finding]:
    """Countries, packages and transport modes that their lists do not hold."""
    asked = [
        ("country", document.export_country.code, "export_country"),
        ("country", document.import_country.code, "import_country"),
        *(("country", c.code, "transit_countries") for c in document.transit_countries),
        *(("transport", m.mode, "movements") for m in document.movements),
    ]
    for line in document.lines:
        asked += [("country", o.country.code, f"lines.{line.id}.origins") for o in line.origins]
        asked += [("package", p.kind, f"lines.{line.id}.packages") for p in line.packages]
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
    named += [(f"lines.{line.id}.origins", origin.country) for line in document.lines for origin in line.origins]
    for path, country in named:
        if country.code and not re.fullmatch("[A-Z]{2}", country.code):
            yield path, {"code": country.code}


# Longest texts by path, from mapping.csv.
_LENGTHS: Final = (("number", 60), ("issuer", 256), ("place_of_issue", 256), ("officer", 256))
_NOTE_LENGTHS: Final = {
    "ADEDL": 8000, "ADAOEDL": 8000, "ADTLIL": 8000, "ADAOTLIL": 8000, "ADIPEDL": 256, "ADIPTLIL": 256, "DMCL": 512,
    "DMTLIL": 1024, "ADRPN": 60, "ADRPR": 512, "OQU": 50, "OPTND": 512, "RPCRF": 60,
}  # fmt: skip


def _texts_with_limits(document: Document) -> Iterator[tuple[str, str, int]]:
    for name, limit in _LENGTHS:
        yield name, getattr(document, name), limit
    for name, party in (("exporter", document.exporter), ("consignee", document.consignee)):
        yield f"{name}.name", party.name, 450
        yield from ((f"{name}.address", line, 200) for line in party.address)
    yield "entry.name", document.entry.name, 256
    for movement in document.movements:
        yield "movements", movement.number, 256
        yield from (("movements", text.text, 256) for text in movement.means)
    for note in document.notes:
        yield f"notes.{note.subject}", note.text, _NOTE_LENGTHS.get(note.subject, 8000)
    for line in document.lines:
        yield from _line_texts_with_limits(line)


def _line_texts_with_limits(line: TradeLine) -> Iterator[tuple[str, str, int]]:
    for name in ("descriptions", "common_names", "scientific_names", "intended_uses"):
        yield from ((f"lines.{line.id}.{name}", text.text, 256) for text in getattr(line, name))
    for note in line.notes:
        yield f"lines.{line.id}.notes.{note.subject}", note.text, _NOTE_LENGTHS.get(note.subject, 8000)
    for classification in line.classifications:
        yield from ((f"lines.{line.id}.classifications", text.text, 70) for text in classification.names)
    for treatment in line.treatments:
        yield from (
            (f"lines.{line.id}.treatments.{treatment.id}.information", t.text, 400) for t in treatment.information
        )
        yield from ((f"lines.{line.id}.treatments.{treatment.id}.full_text", t.text, 8000) for t in treatment.full_text)


def too_long(document: Document, codes: Codes) -> Iterator[Finding]:
    for path, text, limit in _texts_with_limits(document):
        if len(text) > limit:
            yield path, {"limit": str(limit), "length": str(len(text))}


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
