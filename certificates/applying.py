"""One origin, treatment or declaration for many lines of a document at once. What a line says already is not said twice."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from certificates.ephyto.document import (
    Document,
    Note,
    Origin,
    Text,
    TradeLine,
    Treatment,
    new_id,
    note_texts,
    set_notes,
)

DECLARATION = "ADTLIL"


@dataclass(frozen=True)
class Wanted:
    """What the lines of these numbers shall say. An origin takes the place of theirs; a treatment and declarations are
    added to theirs, or take their place.
    """

    numbers: frozenset[int]
    origin: Origin | None = None
    treatment: Treatment | None = None
    treatment_instead: bool = False
    declarations: tuple[Text, ...] = ()
    declarations_instead: bool = False


def applied(document: Document, wanted: Wanted) -> Document:
    """The document with its lines changed so. Every treatment that is made has an id of its own."""
    lines = enumerate(document.lines, start=1)
    return replace(document, lines=tuple(_line(line, wanted) if n in wanted.numbers else line for n, line in lines))


def changed(before: Document, after: Document) -> Iterator[tuple[int, TradeLine, TradeLine]]:
    """(number, before, after) of the lines that differ; both documents have the same lines."""
    for number, (old, new) in enumerate(zip(before.lines, after.lines, strict=True), start=1):
        if old != new:
            yield number, old, new


def _line(line: TradeLine, wanted: Wanted) -> TradeLine:
    origins = (wanted.origin,) if wanted.origin else line.origins
    return replace(line, origins=origins, treatments=_treatments(line, wanted), notes=_notes(line, wanted))


def _treatments(line: TradeLine, wanted: Wanted) -> tuple[Treatment, ...]:
    if wanted.treatment is None:
        return line.treatments
    same = [treatment for treatment in line.treatments if treatment == wanted.treatment]
    made = tuple(same[:1]) or (replace(wanted.treatment, id=new_id()),)
    if wanted.treatment_instead:
        return made
    return line.treatments if same else (*line.treatments, *made)


def _notes(line: TradeLine, wanted: Wanted) -> tuple[Note, ...]:
    if not wanted.declarations:
        return line.notes
    before = [] if wanted.declarations_instead else note_texts(line.notes, DECLARATION)
    said = {text.text for text in before}
    return set_notes(line.notes, DECLARATION, [*before, *(t for t in wanted.declarations if t.text not in said)])
