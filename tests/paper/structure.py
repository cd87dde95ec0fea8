"""The structure of a PDF as a reader for the blind meets it: elements with their words and languages, and what has none."""

import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from pikepdf import Dictionary, Name

DRAWS = {"Tj", "TJ", "'", '"', "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "Do", "sh", "BI", "INLINE IMAGE"}
HEADINGS = ("H1", "H2", "H3", "H4", "H5", "H6")
Place = tuple[int, int]  # page, number of the marked content


@dataclass
class Element:
    """kind: its type. language: its own or its parent's. items: what stands in it, in the order of reading."""

    kind: str
    language: str
    found: Any
    items: list["Element | Place"] = field(default_factory=list)

    def within(self) -> Iterator["Element"]:
        yield self
        for item in self.items:
            if isinstance(item, Element):
                yield from item.within()

    def places(self) -> Iterator[Place]:
        for item in self.items:
            if isinstance(item, Element):
                yield from item.places()
            else:
                yield item


@dataclass
class Structure:
    """root: the document's element. words: of each marked content. owners: the elements that hold it. outside: what is
    drawn in no element and is no artifact. apart: the words in artifacts.
    """

    root: Element
    words: dict[Place, str]
    owners: dict[Place, list[Element]]
    outside: list[str]
    apart: list[str]
    pdf: pikepdf.Pdf

    def text(self, element: Element) -> str:
        return " ".join("".join(self.words.get(place, "") for place in element.places()).split())

    def all(self, *kinds: str) -> list[Element]:
        return [element for element in self.root.within() if element.kind in kinds]

    def languages(self) -> dict[str, set[str]]:
        """The words of each language, as elements say it."""
        found: dict[str, set[str]] = defaultdict(set)
        for place, (owner,) in ((place, owners) for place, owners in self.owners.items() if len(owners) == 1):
            found[owner.language].add(" ".join(self.words.get(place, "").split()))
        return found


def read(data: bytes) -> Structure:
    pdf = pikepdf.open(io.BytesIO(data))  # stays open as long as its elements are looked at
    pages = {page.objgen: number for number, page in enumerate(pdf.pages)}
    (top,) = _kids(pdf.Root.StructTreeRoot)
    root = _element(top, str(pdf.Root.Lang), pages)
    owners: dict[Place, list[Element]] = defaultdict(list)
    for element in root.within():
        for item in element.items:
            if not isinstance(item, Element):
                owners[item].append(element)
    words: dict[Place, str] = {}
    outside: list[str] = []
    apart: list[str] = []
    for number, page in enumerate(pdf.pages):
        _content(page, number, words, outside, apart)
    return Structure(root, words, dict(owners), outside, apart, pdf)


def _kids(found: Any) -> list[Any]:
    kids = found.get("/K", [])
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def _element(found: Any, language: str, pages: dict[Any, int]) -> Element:
    own = str(found.get("/Lang", language))
    made = Element(str(found.S)[1:], own, found)
    for kid in _kids(found):
        if not isinstance(kid, Dictionary):
            made.items.append((pages[found.Pg.objgen], int(kid)))
        elif kid.get("/Type") == Name.StructElem:
            assert kid.P.objgen == found.objgen, "an element of two parents"
            made.items.append(_element(kid, own, pages))
    return made


def _content(page: Any, number: int, words: dict[Place, str], outside: list[str], apart: list[str]) -> None:
    """Every drawing of the page: in which marked content it stands."""
    fonts = {name: _letters(font) for name, font in page.Resources.get("/Font", {}).items()}
    stack: list[Place | str] = []  # where we are: content of an element, "artifact", or "" of other marks
    font: dict[int, str] = {}
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator in ("BMC", "BDC"):
            stack.append(_mark(instruction, number, stack))
            if isinstance(stack[-1], tuple):
                assert stack[-1] not in words, "two contents of one number"
                words[stack[-1]] = ""
        elif operator == "EMC":
            stack.pop()
        elif operator == "Tf":
            font = fonts[str(instruction.operands[0])]
        elif operator in DRAWS:
            at = next((mark for mark in reversed(stack) if mark), "")
            said = _said(instruction, font) if operator in ("Tj", "TJ") else ""
            if isinstance(at, tuple):
                words[at] += said
            elif at == "artifact":
                apart.append(said)
            else:
                outside.append(said or operator)
    assert not stack


def _mark(instruction: Any, number: int, stack: list[Place | str]) -> Place | str:
    tag = instruction.operands[0]
    inner = instruction.operands[1] if len(instruction.operands) > 1 else {}
    kind: Place | str = ""
    if tag == Name.Artifact:
        kind = "artifact"
    elif isinstance(inner, Dictionary) and "/MCID" in inner:
        kind = (number, int(inner.MCID))
    assert not (kind and any(stack)), "an element's content or an artifact within another"
    return kind


def _letters(font: Any) -> dict[int, str]:
    """What each glyph stands for."""
    table = font.ToUnicode.read_bytes().decode("latin-1")
    pairs = re.findall(
        r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>", "".join(re.findall(r"beginbfchar(.*?)endbfchar", table, re.S))
    )
    return {int(glyph, 16): bytes.fromhex(letters).decode("utf-16-be") for glyph, letters in pairs}


def _said(instruction: Any, font: dict[int, str]) -> str:
    shown = instruction.operands[0]
    parts = shown if isinstance(shown, pikepdf.Array) else [shown]
    glyphs = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
    return "".join(font.get(int.from_bytes(glyphs[at : at + 2], "big"), "") for at in range(0, len(glyphs), 2))
