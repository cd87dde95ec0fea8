"""Checks of a commodity line: quantities, packages, origin, classes and treatments. Each yields (path in the line, params)."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from certificates.ephyto import dates
from certificates.ephyto.document import MEASURES, Measure, TradeLine, note_texts, number_of
from certificates.ephyto.rules.shapes import Finding, has_text, is_blank

# mapping.csv: quantities 20.4, of treatments 14.4 (digits in all, of them after the point).
QUANTITY_DIGITS: Final = (20, 4)
TREATMENT_DIGITS: Final = (14, 4)

# Above zero, and of few enough digits for every field: as nearly all numbers are written.
_SIMPLE: Final = re.compile(r"[1-9][0-9]{0,9}(\.[0-9]{1,4})?")
_GENUS: Final = re.compile(r"[A-ZÀ-Ý×][\w×.'’-]+( .*)?", re.UNICODE | re.DOTALL)
# HS headings of what is no plant and has no botanical name: soil, peat, growing media, wood packaging, used machines.
_NO_PLANTS: Final = ("2530", "2703", "3101", "4415", "84", "87")
COMMERCIAL: Final = re.compile(
    r"\b(letters? of credit|l/c|invoice|proforma|carta de cr[eé]dito|factura|lettre de cr[eé]dit|facture|tax (?:id|number)|"
    r"vat (?:no|number)|RUC|NIT)\b",
    re.IGNORECASE,
)
DECLARING: Final = ("ADTLIL", "ADAOTLIL")
ALPHA_2: Final = re.compile("[A-Z]{2}")
_ONCE: Final = ("HS", "IPPCPCVP")
_TERMS: Final = ("IPPCPCVP", "IPPCPCC")
LEVELS: Final = ("1", "2", "3", "4", "5")


def quantities(line: TradeLine) -> Iterator[tuple[str, Measure]]:
    for name in MEASURES:
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
        if not _SIMPLE.fullmatch(measure.value):
            number = measure.number
            if number is None or number <= 0 or not fits(number, QUANTITY_DIGITS):
                yield path, {"value": measure.value}
    for path, measure in treatment_measures(line):
        if not _SIMPLE.fullmatch(measure.value):
            number = measure.number
            if number is None or not fits(number, TREATMENT_DIGITS):
                yield path, {"value": measure.value}


def no_unit(line: TradeLine) -> Iterator[Finding]:
    for path, measure in (*quantities(line), *treatment_measures(line)):
        if measure.value and not measure.unit:
            yield path, {"value": measure.value}


def units(line: TradeLine) -> Iterator[tuple[str, str, str]]:
    for path, measure in (*quantities(line), *treatment_measures(line)):
        if measure.unit:
            yield path, "unit", measure.unit


def codes(line: TradeLine) -> Iterator[tuple[str, str, str]]:
    """Of countries and packages."""
    for origin in line.origins:
        if origin.country.code:
            yield "origins", "country", origin.country.code
    for package in line.packages:
        if package.kind:
            yield "packages", "package", package.kind


def wrong_country_codes(line: TradeLine) -> Iterator[Finding]:
    for origin in line.origins:
        if origin.country.code and not ALPHA_2.fullmatch(origin.country.code):
            yield "origins", {"code": origin.country.code}


def commercial_references(line: TradeLine) -> Iterator[Finding]:
    for note in line.notes:
        if note.subject in DECLARING and (found := COMMERCIAL.search(note.text)):
            yield f"notes.{note.subject}", {"words": found[0]}


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
        if not (package.level and package.kind) or not _counts(package.quantity):
            yield "packages", {}


def _counts(quantity: str) -> bool:
    """Whether it is a number above zero that fits."""
    if _SIMPLE.fullmatch(quantity):
        return True
    number = number_of(quantity)
    return number is not None and number > 0 and fits(number, QUANTITY_DIGITS)


def no_origin(line: TradeLine) -> Iterator[Finding]:
    if not any(origin.country.code for origin in line.origins):
        yield "origins", {}


def no_botanical_name(line: TradeLine) -> Iterator[Finding]:
    """At least the genus, where the commodity class has one."""
    if not any(_GENUS.fullmatch(text.text.strip()) for text in line.scientific_names):
        if hs_code(line).startswith(_NO_PLANTS):
            return
        yield "scientific_names", {}


def undated_treatments(line: TradeLine) -> Iterator[Finding]:
    for treatment in line.treatments:
        for name in ("start", "end"):
            text = getattr(treatment, name)
            if text and not dates.is_written_well(text):
                yield f"treatments.{treatment.id}.{name}", {"value": text}


def no_full_text(line: TradeLine) -> Iterator[Finding]:
    for treatment in line.treatments:
        if not has_text(treatment.full_text):
            yield f"treatments.{treatment.id}.full_text", {}


def no_description(line: TradeLine) -> Iterator[Finding]:
    if not has_text(line.descriptions):
        yield "descriptions", {}


def net_above_gross(line: TradeLine) -> Iterator[Finding]:
    for net, gross, path in (
        (line.net_weight, line.gross_weight, "gross_weight"),
        (line.net_volume, line.gross_volume, "gross_volume"),
    ):
        if net and gross and net.unit == gross.unit:
            less, more = net.number, gross.number
            if less and more and less > more:
                yield path, {"value": gross.value}


def hs_code(line: TradeLine) -> str:
    return next((item.code for item in line.classifications if item.system == "HS"), "")


def no_hs_code(line: TradeLine) -> Iterator[Finding]:
    for item in line.classifications:
        if item.system == "HS" and item.code and not re.fullmatch("[0-9]{4,10}", item.code):
            yield "classifications", {"code": item.code}


def classified_twice(line: TradeLine) -> Iterator[Finding]:
    systems = [item.system for item in line.classifications]
    for system in _ONCE:
        if systems.count(system) > 1:
            yield "classifications", {"code": system}


def class_without_term(line: TradeLine) -> Iterator[Finding]:
    for item in line.classifications:
        if item.system in _TERMS and not has_text(item.names):
            yield "classifications", {"code": item.system}


def unknown_levels(line: TradeLine) -> Iterator[Finding]:
    for package in line.packages:
        if package.level and package.level not in LEVELS:
            yield "packages", {"code": package.level}


def ended_before_start(line: TradeLine) -> Iterator[Finding]:
    for treatment in line.treatments:
        start, end = dates.parse(treatment.start), dates.parse(treatment.end)
        if start and end and end.day < start.day:
            yield f"treatments.{treatment.id}.end", {"value": treatment.end}


def unnamed_treatments(line: TradeLine) -> Iterator[Finding]:
    for treatment in line.treatments:
        if is_blank(treatment.kind.text) and is_blank(treatment.method.text) and not has_text(treatment.full_text):
            yield f"treatments.{treatment.id}.kind", {}
