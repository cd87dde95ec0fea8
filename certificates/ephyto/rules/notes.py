"""Checks of what stands beside the fields: notes by subject code, languages, attachments."""

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from certificates.ephyto.document import Document, Note, Text, TradeLine, note_texts
from certificates.ephyto.media import SHOWN
from certificates.ephyto.rules.shapes import Codes, Finding

DOCUMENT: Final = "document"
LINE: Final = "line"
ONCE: Final = "once"
EACH_LANGUAGE: Final = "each language"
MANY: Final = "many"
FREE: Final = 8000  # the longest of all, where mapping.csv names no limit


class Subject(NamedTuple):
    """Where a note of this subject stands, its longest text, and how often it may stand there."""

    place: str
    length: int
    repeats: str


# IPPC subject codes of notes, with the lengths of mapping.csv.
SUBJECTS: Final = {
    "SPSFL": Subject(DOCUMENT, 2, ONCE),
    "ADEDL": Subject(DOCUMENT, 8000, MANY),
    "ADIPEDL": Subject(DOCUMENT, 256, ONCE),
    "ADDIEDL": Subject(DOCUMENT, FREE, ONCE),
    "ADAOEDL": Subject(DOCUMENT, 8000, MANY),
    "ADRP": Subject(DOCUMENT, 2, ONCE),
    "ADRPN": Subject(DOCUMENT, 60, ONCE),
    "ADRPR": Subject(DOCUMENT, 512, EACH_LANGUAGE),
    "ADRD": Subject(DOCUMENT, FREE, ONCE),
    "DMCL": Subject(DOCUMENT, 512, MANY),
    "DMTLIL": Subject(LINE, 1024, MANY),
    "ADTLIL": Subject(LINE, 8000, MANY),
    "ADIPTLIL": Subject(LINE, 256, ONCE),
    "ADDITLIL": Subject(LINE, FREE, ONCE),
    "ADAOTLIL": Subject(LINE, 8000, MANY),
    "OQV": Subject(LINE, 25, ONCE),
    "OQU": Subject(LINE, 50, ONCE),
    "OPTND": Subject(LINE, 512, ONCE),
    "RPCST": Subject(LINE, 2, ONCE),
    "RPCCO": Subject(LINE, 2, MANY),
    "RPCRF": Subject(LINE, 60, MANY),
    "RPCOR": Subject(LINE, 5, ONCE),
    "RPCTC": Subject(LINE, 5, ONCE),
    "RPCPK": Subject(LINE, 5, ONCE),
    "RPCRP": Subject(LINE, 5, ONCE),
    "RPCOC": Subject(LINE, 5, ONCE),
    "RPCNC": Subject(LINE, 5, ONCE),
    "RPCPC": Subject(LINE, 5, ONCE),
    "RPCAI": Subject(LINE, 5, ONCE),
}

_ISO_639_1: Final = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es "
    "et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg "
    "ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl "
    "nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su "
    "sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
_LANGUAGES: Final = frozenset(_ISO_639_1.split())


def longest(subject: str) -> int:
    """Characters that a note of this subject may have."""
    return SUBJECTS[subject].length if subject in SUBJECTS else FREE


def repeated(document: Document, codes: Codes) -> Iterator[Finding]:
    yield from _repeated(document.notes)


def repeated_in_line(line: TradeLine) -> Iterator[Finding]:
    yield from _repeated(line.notes)


def _repeated(notes: tuple[Note, ...]) -> Iterator[Finding]:
    once = Counter(
        (note.subject, note.language if SUBJECTS[note.subject].repeats == EACH_LANGUAGE else "")
        for note in notes
        if note.subject in SUBJECTS and SUBJECTS[note.subject].repeats != MANY
    )
    yield from ((f"notes.{subject}", {"code": subject}) for (subject, _l), n in once.items() if n > 1)


def marks_more_than_once(document: Document, codes: Codes) -> Iterator[Finding]:
    """The mapping: written once, read many times."""
    if len(note_texts(document.notes, "DMCL")) > 1:
        yield "notes.DMCL", {}


def misplaced(document: Document, codes: Codes) -> Iterator[Finding]:
    yield from _misplaced(document.notes, DOCUMENT)


def misplaced_in_line(line: TradeLine) -> Iterator[Finding]:
    yield from _misplaced(line.notes, LINE)


def _misplaced(notes: tuple[Note, ...], place: str) -> Iterator[Finding]:
    for subject in dict.fromkeys(note.subject for note in notes):
        if subject in SUBJECTS and SUBJECTS[subject].place != place:
            yield f"notes.{subject}", {"code": subject}


def unknown_subjects(document: Document, codes: Codes) -> Iterator[Finding]:
    yield from _unknown_subjects(document.notes)


def unknown_subjects_in_line(line: TradeLine) -> Iterator[Finding]:
    yield from _unknown_subjects(line.notes)


def _unknown_subjects(notes: tuple[Note, ...]) -> Iterator[Finding]:
    for subject in dict.fromkeys(note.subject for note in notes):
        if subject not in SUBJECTS:
            yield f"notes.{subject}", {"code": subject}


# A text that has a language, and the parts of its path: joined only where something is wrong with it.
_Told = tuple[tuple[str, ...], Text | Note]


def _texts(document: Document) -> Iterator[_Told]:
    yield from ((("notes", note.subject), note) for note in document.notes)
    yield from ((("movements",), text) for movement in document.movements for text in movement.means)
    for attachment in document.attachments:
        yield from ((("attachments", attachment.id, "descriptions"), text) for text in attachment.descriptions)


def _line_texts(line: TradeLine) -> Iterator[_Told]:
    for name in ("descriptions", "common_names", "scientific_names", "intended_uses"):
        for text in getattr(line, name):
            yield (name,), text
    for note in line.notes:
        yield ("notes", note.subject), note
    for item in line.classifications:
        for text in item.names:
            yield ("classifications",), text
    for treatment in line.treatments:
        path = ("treatments", treatment.id)
        for name in ("chemicals", "information", "full_text"):
            for text in getattr(treatment, name):
                yield (*path, name), text
        yield (*path, "kind"), treatment.kind
        yield (*path, "kind"), treatment.method


def unknown_languages(document: Document, codes: Codes) -> Iterator[Finding]:
    yield from _unknown_languages(_texts(document))


def unknown_languages_in_line(line: TradeLine) -> Iterator[Finding]:
    yield from _unknown_languages(_line_texts(line))


def _unknown_languages(texts: Iterator[_Told]) -> Iterator[Finding]:
    for path, text in texts:
        if text.language and text.language not in _LANGUAGES:
            yield ".".join(path), {"code": text.language}


def unknown_kinds_of_attachment(document: Document, codes: Codes) -> Iterator[Finding]:
    for item in document.attachments:
        if item.kind not in ("AWR", "ZZZ"):
            yield f"attachments.{item.id}.kind", {"name": item.filename or item.number, "code": item.kind}


def other_files(document: Document, codes: Codes) -> Iterator[Finding]:
    """Judged by content: partners accept PDF, PNG, JPEG and GIF only."""
    for item in document.attachments:
        if item.sha256 and item.media_type and item.media_type not in SHOWN:
            yield f"attachments.{item.id}", {"name": item.filename or item.number}


def undecoded_files(document: Document, codes: Codes) -> Iterator[Finding]:
    for item in document.attachments:
        if item.undecoded:
            yield f"attachments.{item.id}", {"name": item.filename or item.number}


def no_file(document: Document, codes: Codes) -> Iterator[Finding]:
    for item in document.attachments:
        if (not item.sha256 and not item.undecoded) or not item.filename.strip():
            yield f"attachments.{item.id}", {"name": item.filename or item.number}


def no_number_of_attachment(document: Document, codes: Codes) -> Iterator[Finding]:
    for item in document.attachments:
        if not item.number.strip():
            yield f"attachments.{item.id}.number", {"name": item.filename}
