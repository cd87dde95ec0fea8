"""How data become the words in the boxes: quantities, packages, places, treatments. Codes stand with the name as printed."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from django.utils import formats, translation
from django.utils.translation import gettext as _

from certificates.ephyto import dates
from certificates.ephyto.document import (
    BOXES,
    Country,
    Document,
    Measure,
    Party,
    Text,
    TradeLine,
    Treatment,
    note_texts,
    number_of,
)
from certificates.ephyto.once import once
from certificates.paper.words import label, spoken, statements
from codelists.lookup import Names

NBSP: Final = "\u00a0"
THIN: Final = "\u202f"  # narrow no-break space between groups of three digits
TICK_BOX: Final = "☐"  # of the model's sentence; printed as squares that every font has
UNFILLED: Final = "___"
TICKED, UNTICKED = "■", "□"


def party(who: Party) -> tuple[Text, ...]:
    registered = (f"{item.register}{NBSP}{item.number}".strip(NBSP) for item in who.registrations)
    return tuple(Text(line) for line in (who.name, *who.address, *registered) if line.strip())


def grouped(number: Decimal) -> str:
    """All digits, in groups of three: 12 400.5; the same in every language, as on the paper form."""
    whole, _point, rest = f"{number.normalize():f}".partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    head = len(digits) % 3 or 3
    groups = [digits[:head], *(digits[i : i + 3] for i in range(head, len(digits), 3))]
    return sign + THIN.join(groups) + (f".{rest}" if rest else "")


def measure(value: Measure, names: Names) -> str:
    """Number and unit: 12 400 kg; what does not parse stands as it was written."""
    number = value.number
    shown = value.value if number is None else grouped(number)
    return f"{shown}{NBSP}{value.unit_name or names.symbol('unit', value.unit)}".strip(NBSP)


def runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of neighbours."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found


def numbers_written(numbers: Iterable[int]) -> str:
    """1-3, 7: neighbours together."""
    return ", ".join(f"{first}-{last}" if last > first else str(first) for first, last in runs(numbers))


def marks(document: Document) -> tuple[Text, ...]:
    return (*note_texts(document.notes, "DMCL"), *_of_lines(document, "", "DMTLIL"))


def _replacement(document: Document) -> Iterator[Text]:
    for number in note_texts(document.notes, "ADRPN"):
        dated = note_texts(document.notes, "ADRD")
        day = dates.parse(dated[0].text) if dated else None
        for language, sentence in statements("replaces", "en"):
            yield Text(sentence.format(number=number.text, date=day.day.isoformat() if day else ""), language)


@once
def _of_lines(document: Document, before: str, *subjects: str) -> list[Text]:
    """The texts of the lines' notes, each after its line's number."""
    return [
        Text(f"{number}: {before}{note.text}", note.language)
        for number, line in enumerate(document.lines, start=1)
        for note in line.notes
        if note.subject in subjects
    ]


class _Kind(NamedTuple):
    """Of packages: its name as printed, and its code."""

    name: str
    code: str


@once
def _packed(document: Document) -> tuple[dict[_Kind, Decimal], list[tuple[str, _Kind | None]]]:
    """How many of each kind there are over the lines; then what is not counted, and packages in words."""
    totals: dict[_Kind, Decimal] = {}
    other: list[tuple[str, _Kind | None]] = []
    for number, line in enumerate(document.lines, start=1):
        for package in line.packages:
            kind = _Kind(package.kind_name, package.kind)
            count = number_of(package.quantity)
            if count is None:
                other.append((package.quantity, kind))
            else:
                totals[kind] = totals.get(kind, Decimal(0)) + count
        words = [note.text for note in line.notes if note.subject == "OPTND"]
        other += [(f"{number}: {text}" if len(document.lines) > 1 else text, None) for text in words]
    return totals, other


@once
def _grown(document: Document) -> list[tuple[Country, tuple[str, ...]]]:
    """Countries and areas of origin of the lines; a country's name is no part of its equality."""
    found = {
        (origin.country.code, origin.country.name, origin.areas): (origin.country, origin.areas)
        for line in document.lines
        for origin in line.origins
    }
    return list(found.values())


@once
def _treated(document: Document) -> dict[Treatment, str]:
    """Treatments, equal ones once, with the numbers of their lines."""
    together: dict[Treatment, list[int]] = {}
    for number, line in enumerate(document.lines, start=1):
        for treatment in line.treatments:
            together.setdefault(treatment, []).append(number)
    return {treatment: numbers_written(numbers) for treatment, numbers in together.items()}


def botanical(line: TradeLine) -> str:
    return ", ".join(text.text for text in line.scientific_names)


def reexport(document: Document, sentence: Text, names: Names, most: int | None = None) -> str:
    """The model's sentence with its blanks filled and its boxes ticked, from the lines that say them. most: characters of
    a blank; what is longer stands on the attachment.
    """
    notes = [note for line in document.lines for note in line.notes]

    def said(subject: str) -> str:
        return ", ".join(dict.fromkeys(text.text for text in note_texts(notes, subject)))

    def country(code: str) -> str:
        return names.known("country", code, "en") or code  # the sentence is English

    again = document.reexport_country
    re_exporter = again if again.code or again.name else document.export_country  # names do not count when compared
    by = country(re_exporter.code) or re_exporter.name
    origin = ", ".join(country(code) for code in said("RPCCO").split(", "))
    # what nobody said stays a blank that one sees
    blanks = iter([blank(each or UNFILLED, most, sentence.language) for each in (by, origin, said("RPCRF"), by)])
    parts = sentence.text.split(UNFILLED)
    filled = "".join(part + next(blanks, UNFILLED) if i < len(parts) - 1 else part for i, part in enumerate(parts))
    for subject in BOXES:
        filled = filled.replace(TICK_BOX, TICKED if said(subject).strip().lower() == "true" else UNTICKED, 1)
    return filled


def blank(text: str, most: int | None, language: str) -> str:
    """What stands in the blank of a sentence of that language."""
    return text if most is None or len(text) <= most else f"({see_attachment(language)})"


def see_attachment(language: str) -> str:
    with translation.override(spoken(language)):
        return _("See attachment")


def _joined(texts: Iterable[Text], between: str = ", ") -> Text:
    """One text of what is said, in the language that all of it has."""
    said = [text for text in texts if text.text]
    languages = {text.language for text in said}
    return Text(between.join(text.text for text in said), languages.pop() if len(languages) == 1 else "")


class Words:
    """Composes in one language. Names of codes as printed; else from the code lists; else the code."""

    def __init__(self, language: str, names: Names | None = None) -> None:
        self.language = language
        self.names = names or Names(language)

    def country(self, country: Country) -> str:
        return country.name or self.names.name("country", country.code)

    def declarations(self, document: Document) -> tuple[Text, ...]:
        """The replacement sentence, the declarations of the document and of the lines, permits, dates of inspection."""
        found = list(_replacement(document))
        found += note_texts(document.notes, "ADEDL", "ADAOEDL")
        found += _of_lines(document, "", "ADTLIL", "ADAOTLIL")
        for key, subject, of_line in (("permit", "ADIPEDL", "ADIPTLIL"), ("inspection", "ADDIEDL", "ADDITLIL")):
            before = f"{label(key, self.language)}: "
            said = [self.day(text.text) for text in note_texts(document.notes, subject)]
            found += [Text(before + text, self.language) for text in said]
            found += _of_lines(document, before, of_line)
        return tuple(found)

    def day(self, text: str) -> str:
        """12 July 2026, in the certificate's language; what is no date as it stands."""
        parsed = dates.parse(text)
        if parsed is None:
            return text
        with translation.override(spoken(self.language)):
            return formats.date_format(parsed.day, "DATE_FORMAT")

    def packages(self, document: Document) -> tuple[Text, ...]:
        """620 woven bags, 40 cartons: each kind added up over the lines; packages in words after their line's number."""
        counted, other = _packed(document)
        totals: dict[str, Decimal] = {}
        for packed, total in counted.items():
            kind = self._kind(packed)
            totals[kind] = totals.get(kind, Decimal(0)) + total
        said = [f"{text}{NBSP}{self._kind(packed)}".strip(NBSP) if packed else text for text, packed in other]
        first = ", ".join(f"{grouped(total)}{NBSP}{kind}".strip(NBSP) for kind, total in totals.items())
        return tuple(Text(text) for text in (first, *said) if text)

    def _kind(self, packed: _Kind) -> str:
        return packed.name or self.names.name("package", packed.code)

    def origins(self, document: Document) -> tuple[Text, ...]:
        """Samoa (Aleipata, Upolu): each place once."""
        places = (
            f"{self.country(country)} ({', '.join(areas)})" if areas else self.country(country)
            for country, areas in _grown(document)
        )
        return tuple(Text(place) for place in dict.fromkeys(places) if place)

    def conveyance(self, document: Document) -> tuple[Text, ...]:
        found = []
        for movement in document.movements:
            mode = movement.mode_name or self.names.name("transport", movement.mode)
            parts = (mode, *(text.text for text in movement.means), movement.number)
            found.append(Text(", ".join(part for part in parts if part)))
        seals = [part for equipment in document.equipment for part in (equipment.number, *equipment.seals) if part]
        transit = ", ".join(self.country(country) for country in document.transit_countries if country.code)
        found += [Text(", ".join(seals))] if seals else []
        found += [Text(f"{label('transit', self.language)}: {transit}", self.language)] if transit else []
        return tuple(found)

    def produce(self, line: TradeLine) -> Text:
        """What it is, in its languages, its class, condition and use; then HS code and lot. No word is said twice."""
        said: list[Text] = []
        classes = [text for item in line.classifications for text in item.names]
        for text in (*line.descriptions, *line.common_names, *classes, *line.intended_uses):
            name = text.text.strip()
            if name and not any(name.casefold() in before.text.casefold() for before in said):
                said.append(Text(name, text.language))
        found = _joined(said)
        codes = [f"{item.system}{NBSP}{item.code}" for item in line.classifications if item.code]
        codes += [f"{label('batch', self.language)}{NBSP}{line.batch}"] if line.batch else []
        return Text(", ".join((found.text, *codes) if found.text else codes), found.language)

    def quantity(self, line: TradeLine) -> str:
        said = [measure(value, self.names) for value in (line.net_weight, line.net_volume) if value]
        gross = [measure(value, self.names) for value in (line.gross_weight, line.gross_volume) if value]
        said += [f"{value}{NBSP}{label('gross', self.language)}" for value in gross]
        other = zip(note_texts(line.notes, "OQV"), note_texts(line.notes, "OQU"), strict=False)
        return "; ".join((*said, *(f"{value.text}{NBSP}{unit.text}" for value, unit in other)))

    def treatments(self, document: Document) -> dict[str, tuple[Text, ...]]:
        """The six columns of section III; equal treatments of several lines are said once, with the lines' numbers."""
        columns: dict[str, list[Text]] = {key: [] for key in _COLUMNS}
        for treatment, numbers in _treated(document).items():
            for key, value in zip(_COLUMNS, self._columns(treatment), strict=True):
                if value.text:
                    before = f"{numbers}: " if len(document.lines) > 1 else ""
                    columns[key].append(Text(before + value.text, value.language))
        return {key: tuple(texts) for key, texts in columns.items()}

    def treatment(self, treatment: Treatment) -> str:
        """All of one treatment in a row."""
        return ", ".join(value.text for value in self._columns(treatment) if value.text)

    def _columns(self, treatment: Treatment) -> Iterable[Text]:
        days = [self.day(day) for day in (treatment.start, treatment.end) if day]
        names = treatment.chemical_names
        kinds = ((treatment.kind_name, treatment.kind), (treatment.method_name, treatment.method))
        kind = _joined(Text(name) if name else text for name, text in kinds)
        measures = [measure(value, self.names) for value in (treatment.duration, treatment.temperature) if value]
        return (
            Text(" – ".join(dict.fromkeys(days))),
            kind if kind.text else _joined(treatment.full_text[:1]),
            _joined((*map(Text, names), *treatment.chemicals[len(names) :])),
            Text(", ".join(measures)),
            Text(measure(treatment.concentration, self.names) if treatment.concentration else ""),
            _joined(treatment.information),
        )


_COLUMNS: Final = (
    "treatment_date",
    "treatment_treatment",
    "treatment_chemical",
    "treatment_duration",
    "treatment_concentration",
    "treatment_information",
)
