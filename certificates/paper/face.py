"""What stands in which box of the certificate (ISPM 12, Appendix 1, in the model's order): plain data, no layout.

The PDF prints these boxes, the screen shows the same ones; each leads to the section of the form that fills it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from certificates.ephyto.document import RE_EXPORT, Document, Text, note_texts
from certificates.paper import wording
from certificates.paper.skins import USUAL, Skin
from certificates.paper.words import CURRENT, ENGLISH, NOT_VERIFIED, Verified, label, statements
from codelists.lookup import Names

Kind = Literal["plain", "headed", "table", "fixed", "heading"]
Width = Literal["half", "third", "full"]


@dataclass(frozen=True)
class Row:
    """One commodity line of the table. language: of the name, where it is known."""

    number: int
    line_id: str
    name: str
    quantity: str
    botanical: str
    language: str = ""


@dataclass(frozen=True)
class Box:
    """One box: its label in the certificate's language, its texts line by line, and the section that fills it. The label
    of a box that is headed stands above it, as a heading.

    beside, second_beside: the labels once more in the second language, where there is one. number, second_number: of the
    box, where the skin numbers them. short: a fixed sentence whose blanks are on the attachment, should it be too long.
    optional: which of the texts are not always said. own: characters of a sentence without what fills its blanks.
    also: its text in the second language; is_close: where both have but a line.
    """

    key: str
    label: str = ""
    texts: tuple[Text, ...] = ()
    section: str = ""
    kind: Kind = "plain"
    width: Width = "full"
    rows: tuple[Row, ...] = ()
    second_label: str = ""
    beside: str = ""
    second_beside: str = ""
    botanical: bool = field(default=False)
    more: int = 0  # rows or texts that are left out
    number: int = 0
    second_number: int = 0
    short: tuple[Text, ...] = ()
    optional: tuple[Text, ...] = ()
    own: int = 0
    also: str = ""
    is_close: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.texts and not self.rows

    @property
    def heading(self) -> str:
        """The key of the heading above it."""
        return f"{self.key}_heading"


@dataclass(frozen=True)
class Face:
    """The whole face: title, number, boxes in order, and the word that stands in an empty box.

    beside: the second language, "" where there is none; title_beside, none_beside: the same in it. numbering: how the
    boxes' numbers look, "none" without.
    """

    title: str
    number: str
    none: str
    language: str
    boxes: tuple[Box, ...]
    beside: str = ""
    title_beside: str = ""
    none_beside: str = ""
    numbering: str = "none"


SHOWN: Final = 25  # rows and texts of a box on the screen; the paper has all of them
SECTIONS: Final = ("I", "II", "III")


def face(
    document: Document,
    language: str = ENGLISH,
    template_version: str = CURRENT,
    names: Names | None = None,
    beside: str = "",
    verified: Verified = NOT_VERIFIED,
    most: int | None = None,
    skin: Skin = USUAL,
) -> Face:
    """The boxes of this document. language: of the labels; data stay in the languages they were written in. names: of
    codes, where they come from elsewhere than the database. beside: a second language, in which labels and sentences
    stand beside those of the first. verified: sentences that may stand in `language` without the English one.
    most: rows and texts of a box; what is more, it counts. skin: in which order they stand, and whether with numbers.
    """
    words = wording.Words(language, names)
    known = NOT_VERIFIED if beside else verified  # beside English nothing stands alone

    def sentences(key: str) -> list[tuple[str, str]]:
        return statements(key, beside or language, template_version, known)

    boxes = (
        *_head(document, words),
        Box("description", f"I. {label('description', language)}", kind="heading"),
        *_consignment(document, words),
        _produce(document, words, most),
        *_statements(document, sentences, words.names),
        _declaration(document, words),
        Box("treatment_section", f"III. {label('treatment_section', language)}", kind="heading"),
        *_treatments(document, words),
        *_issue(document, words, skin),
        *_liability(document, sentences),
    )
    if most is not None:
        boxes = tuple(replace(box, texts=box.texts[:most], more=box.more or _beyond(box, most)) for box in boxes)
    title = "title_reexport" if document.type == RE_EXPORT else "title"
    if skin.numbering != "none":
        boxes = tuple(_numbered(boxes))
    made = Face(
        label(title, language), document.number, label("none", language), language, boxes, numbering=skin.numbering
    )
    return _with_second(made, title, beside) if beside else made


def _with_second(face: Face, title: str, beside: str) -> Face:
    """The same face with every label in the second language too."""
    boxes = tuple(
        replace(
            box,
            beside=label(LABELS.get(box.key, box.key.removeprefix("treatment_")), beside),
            second_beside=label("botanical", beside) if box.second_label else "",
        )
        if box.label
        else box
        for box in face.boxes
    )
    return replace(
        face,
        boxes=boxes,
        beside=beside,
        title_beside=label(title, beside),
        none_beside=label("none", beside),
    )


def _numbered(boxes: tuple[Box, ...]) -> Iterator[Box]:
    """1 to n, in the order in which they print: every box that has a label; the botanical name has its own."""
    number = 0
    for box in boxes:
        if not box.label or box.kind == "heading":
            yield box
            continue
        number += 1
        second = number + 1 if box.second_label else 0
        yield replace(box, number=number, second_number=second)
        number = second or number


# Boxes whose label has another key than they have.
LABELS: Final = {"issued": "date", "treatment_section": "treatment_section"}


def _beyond(box: Box, most: int) -> int:
    return max(0, len(box.texts) - most)


def _plain(text: str) -> tuple[Text, ...]:
    return (Text(text),) if text.strip() else ()


def _head(document: Document, words: wording.Words) -> tuple[Box, ...]:
    by = document.issuer or words.country(document.export_country)
    return (
        Box("organization", label("organization", words.language), _plain(by), "consignment", width="half"),
        Box(
            "to",
            label("to", words.language),
            _plain(words.country(document.import_country)),
            "consignment",
            width="half",
        ),
    )


def _consignment(document: Document, words: wording.Words) -> tuple[Box, ...]:
    language = words.language
    return (
        Box("exporter", label("exporter", language), wording.party(document.exporter), "parties", width="half"),
        Box("consignee", label("consignee", language), wording.party(document.consignee), "parties", width="half"),
        Box("packages", label("packages", language), words.packages(document), "lines", width="half"),
        Box("marks", label("marks", language), wording.marks(document), "consignment", width="half"),
        Box("origin", label("origin", language), words.origins(document), "lines", width="third"),
        Box("conveyance", label("conveyance", language), words.conveyance(document), "transport", width="third"),
        Box("entry", label("entry", language), _plain(document.entry.name), "transport", width="third"),
    )


def _produce(document: Document, words: wording.Words, most: int | None) -> Box:
    rows = tuple(
        Row(number, line.id, name.text, words.quantity(line), wording.botanical(line), name.language)
        for number, line in enumerate(document.lines[:most], start=1)
        for name in (words.produce(line),)
    )
    return Box(
        "produce",
        label("produce", words.language),
        section="lines",
        kind="table",
        rows=rows,
        second_label=label("botanical", words.language),
        more=len(document.lines) - len(rows),
    )


LONGEST_BLANK: Final = 32  # characters, where a sentence is too long for the face
Sentences = Callable[[str], list[tuple[str, str]]]


def _statements(document: Document, sentences: Sentences, names: Names) -> tuple[Box, ...]:
    """The certifying statement; of a re-export its own sentence, with its blanks and ticks filled from the lines."""
    if document.type == RE_EXPORT:
        said = sentences("reexport")
        filled, short = (
            tuple(Text(wording.reexport(document, Text(text, tongue), names, most), tongue) for tongue, text in said)
            for most in (None, LONGEST_BLANK)
        )
        own = min(len(text) for _tongue, text in said)
        return (Box("certifying", texts=filled, kind="fixed", short=short, own=own),)
    always, asked = (
        tuple(Text(text, tongue) for tongue, text in (sentences(key) if is_said else ()))
        for key, is_said in (("certifying", True), ("practically_free", "2" in document.statements))
    )
    return (Box("certifying", texts=(*always, *asked), kind="fixed", optional=asked),)


def _declaration(document: Document, words: wording.Words) -> Box:
    heading = f"II. {label('declaration', words.language)}"
    return Box("declaration", heading, words.declarations(document), "declarations", kind="headed")


def _treatments(document: Document, words: wording.Words) -> tuple[Box, ...]:
    columns = words.treatments(document)
    return tuple(
        Box(key, label(key.removeprefix("treatment_"), words.language), columns[key], "lines", width="third")
        for key in (
            "treatment_date",
            "treatment_treatment",
            "treatment_chemical",
            "treatment_duration",
            "treatment_concentration",
            "treatment_information",
        )
    )


def _issue(document: Document, words: wording.Words, skin: Skin) -> tuple[Box, ...]:
    """What only issuing fills: no section of the form leads there."""
    language = words.language
    signing = ("stamp", "signature") if skin.signing == "stamp" else ("signature", "stamp")
    return (
        Box("place", label("place", language), _plain(document.place_of_issue), "issue", width="third"),
        Box("officer", label("officer", language), _plain(document.officer), "issue", width="third"),
        Box("issued", label("date", language), _plain(words.day(document.issued)), "issue", width="third"),
        *(Box(key, label(key, language), (), "issue", width="half") for key in signing),
    )


def _liability(document: Document, sentences: Sentences) -> tuple[Box, ...]:
    if not note_texts(document.notes, "SPSFL"):
        return ()
    said = sentences("no_liability")
    texts, short = (
        tuple(
            Text(text.replace("{organization}", wording.blank(document.issuer or "…", most, tongue)), tongue)
            for tongue, text in said
        )
        for most in (None, LONGEST_BLANK)
    )
    own = min(len(text) - len("{organization}") for _tongue, text in said)
    return (Box("liability", texts=texts, kind="fixed", short=short, own=own),)
