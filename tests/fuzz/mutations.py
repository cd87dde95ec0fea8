"""Messages made worse: mutations that know XML, for the fuzzer and for hypothesis. Each takes and gives bytes."""

import base64
import copy
import random
from collections.abc import Callable
from typing import Final

from lxml import etree

from certificates.ephyto.document import EXPORT, RE_EXPORT
from certificates.ephyto.xml import to_xml
from tests.ephyto import files, valid_strategies
from tests.factories import valid_document

Element = etree._Element
HOSTILE: Final = (
    "", " ", "NULL", "]]>", "<b>", "&amp;lt;", "{0}", "{x}", "%(a)s", "%", "\u202egnp.exe", "\u0085\u2028", "\r\n", "\t",
    "9" * 400, "-1", "1e999", "NaN", "1_000", "٣", "0" * 60, "x" * 9000, "شحنة", "芋" * 300, "𐍈", "\ufffd\ufdd0", "\x7f",
    "9999-99-99", "2026-02-30T25:61:61+99:99", "0000-00-00", "2026-07-15", "--T::", "10000-01-01", "2026-07-15T00:00:00Z",
    "851", "657", "70", "40", "ZZZ", "AWR", "TTL1", "TTFT", "TTTM", "TTCO", "ADRP", "ADRPN", "OQV", "OQU", "OPTND",
    "RPCRF", "IPPCPCVP", "HS", "WS", "ws", "en", "zh-Hans", "KGM", "JVBERi0xLjQK", "R0lGODlhAQABAAAAACw=", "/w==", "=", "A",
)  # fmt: skip
ENCODINGS: Final = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "koi8-r", "gb18030", "utf-7",
                    "unicode_escape", "idna", "punycode", "undefined", "hex", "no-such")  # fmt: skip
AROUND: Final = (
    b"<!DOCTYPE a [<!ENTITY a 'b'>]>", b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'>", b"<!-->", b"<!---->", b"<?a b?>", b"&a;",
    b"&#0;", b"&#xD800;", b"<![CDATA[<b>]]>", b"<!--", b"-->", b"<?xml version='1.1'?>", b"\xef\xbb\xbf", b"\xff", b"\0",
    b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"<a>" * 70, b"<a b='1' b='2'/>", b"xmlns:ram=''", b" xml:lang='x'", b"</", b"/>",
)  # fmt: skip
STRANGE_NAMES: Final = ("SPSCertificate", "SPSAcknowledgement", "a", "_", "שם", "{urn:x}ID")


def seeds() -> dict[str, bytes]:
    """Messages of every kind, by name: written by ourselves, so that nobody's data is in them."""
    made = {"small": to_xml(valid_document(number="WS-1", issued="2026-07-15T10:42:00+13:00"), {})}
    for kind in (EXPORT, RE_EXPORT):
        made[f"full-{kind}"] = to_xml(*valid_strategies.full(kind))
    made["acknowledgement"] = (
        b"<a:SPSAcknowledgement xmlns:a='x'><a:SPSAcknowledgementDocument><a:IssueDateTime>2026-07-15</a:IssueDateTime>"
        b"<a:StatusCode>39</a:StatusCode><a:ReasonInformation languageID='en'>fine</a:ReasonInformation>"
        b"<a:ReferenceSPSReferencedDocument><a:ID>WS-1</a:ID></a:ReferenceSPSReferencedDocument>"
        b"</a:SPSAcknowledgementDocument></a:SPSAcknowledgement>"
    )
    made |= {"base64": base64.b64encode(made["small"]), "utf-16": made["small"].decode().encode("utf-16")}
    made |= {"pdf": files.pdf(), **{kind.lower(): files.image(kind) for kind in ("PNG", "JPEG", "GIF")}}
    return made


NAMES: Final = sorted(
    {str(e.tag) for kind in (EXPORT, RE_EXPORT) for e in etree.fromstring(to_xml(*valid_strategies.full(kind))).iter()}
)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The data after one to four changes. What is no XML, or is no longer, changes byte by byte."""
    for _ in range(chance.randint(1, 4)):
        change = _restructured if chance.random() < 0.85 else chance.choice(ROUGH)
        data = change(data, chance)
    return data


def _restructured(data: bytes, chance: random.Random) -> bytes:
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, recover=True))
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        return _flipped(data, chance)
    elements = list(root.iter(etree.Element))
    try:
        chance.choice(CHANGES)(chance.choice(elements), elements, chance)
    except ValueError:  # a name that the parser let pass and the writer does not
        return _flipped(data, chance)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def retext(element: Element, elements: list[Element], chance: random.Random) -> None:
    element.text = chance.choice(HOSTILE)


def retail(element: Element, elements: list[Element], chance: random.Random) -> None:
    if element.getparent() is not None:
        element.tail = chance.choice(HOSTILE)


def reattribute(element: Element, elements: list[Element], chance: random.Random) -> None:
    names = [*element.attrib, "languageID", "unitCode", "filename", "listName", "{urn:x}odd"]
    element.set(chance.choice(names), chance.choice(HOSTILE))


def rename(element: Element, elements: list[Element], chance: random.Random) -> None:
    element.tag = chance.choice((*NAMES, *STRANGE_NAMES))


def duplicate(element: Element, elements: list[Element], chance: random.Random) -> None:
    if element.getparent() is not None:
        for _ in range(chance.choice((1, 1, 2, 30))):
            element.addnext(copy.deepcopy(element))


def remove(element: Element, elements: list[Element], chance: random.Random) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def reparent(element: Element, elements: list[Element], chance: random.Random) -> None:
    """Move it under any other element that does not stand in it."""
    target = chance.choice(elements)
    if element.getparent() is not None and target is not element and element not in target.iterancestors():
        target.insert(chance.randint(0, len(target)), element)


def shuffle(element: Element, elements: list[Element], chance: random.Random) -> None:
    children = list(element)
    chance.shuffle(children)
    element[:] = children


def nest(element: Element, elements: list[Element], chance: random.Random) -> None:
    """Into a chain of elements of its own name."""
    for _ in range(chance.choice((1, 2, 20, 70))):
        inner = etree.SubElement(element, element.tag)
        inner.text, element = element.text, inner


CHANGES: Final[tuple[Callable[[Element, list[Element], random.Random], None], ...]] = (
    retext, retext, retext, retail, reattribute, rename, duplicate, remove, reparent, shuffle, nest,
)  # fmt: skip


def _flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data or b"<")
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(data))
    return data[:start] + data[start + chance.randint(0, 200) :]


def _repeated(data: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(data))
    return data[:start] + data[start : start + chance.randint(1, 300)] * chance.choice((2, 3, 20)) + data[start:]


def _invaded(data: bytes, chance: random.Random) -> bytes:
    """With something hostile at a place where markup begins."""
    place = max(0, data.find(b"<", chance.randint(0, len(data))))
    return data[:place] + chance.choice(AROUND) + data[place:]


def _encoded(data: bytes, chance: random.Random) -> bytes:
    """In another encoding, with or without saying so, or in Base64."""
    if chance.random() < 0.2:
        return base64.b64encode(data)
    name = chance.choice(ENCODINGS)
    said = data.replace(b"UTF-8", chance.choice(ENCODINGS).encode(), 1)
    try:
        return said.decode().encode(name, "replace")
    except (LookupError, ValueError):
        return said


ROUGH: Final = (_flipped, _cut, _repeated, _invaded, _encoded)
