"""A treatment as one text (TTFT), for importers that cannot read its structured form."""

from dataclasses import replace
from typing import Final

from certificates.ephyto.document import Document, Measure, Text, TradeLine, Treatment

LANGUAGE: Final = "en"


def full_text(treatment: Treatment) -> str:
    """All of the treatment in English: "Date: 2026-07-12; Type: Fumigation; Chemical: methyl bromide; ..."."""
    chemicals = [name or text.text for text, name in _named(treatment)]
    parts = (
        ("Date", " to ".join(dict.fromkeys(day[:10] for day in (treatment.start, treatment.end) if day))),
        ("Type", treatment.kind_name or treatment.kind.text),
        ("Method", treatment.method_name or treatment.method.text),
        ("Chemical", ", ".join(chemicals)),
        ("Duration", measure_text(treatment.duration)),
        ("Temperature", measure_text(treatment.temperature)),
        ("Concentration", measure_text(treatment.concentration)),
        ("Additional information", ", ".join(text.text for text in treatment.information)),
    )
    return "; ".join(f"{label}: {value}" for label, value in parts if value)


def _named(treatment: Treatment) -> list[tuple[Text, str]]:
    names = (*treatment.chemical_names, *[""] * len(treatment.chemicals))
    return list(zip(treatment.chemicals, names, strict=False))


def measure_text(measure: Measure) -> str:
    """Number and unit as printed: "2.5 ml/kg"."""
    number = measure.number
    value = measure.value if number is None else f"{number.normalize():f}"
    return f"{value} {measure.unit_name or measure.unit}".strip()


def with_full_texts(document: Document) -> Document:
    """The document whose every treatment says itself in full; texts that are there already stay."""
    return replace(document, lines=tuple(_line(line) for line in document.lines))


def _line(line: TradeLine) -> TradeLine:
    return replace(
        line,
        treatments=tuple(
            t if t.full_text else replace(t, full_text=(Text(full_text(t), LANGUAGE),)) for t in line.treatments
        ),
    )
