"""From untrusted bytes to an element tree: limits, encodings, Base64. Nothing here knows what a certificate is."""

import base64
import binascii
import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from lxml import etree

_DECLARED: Final = re.compile(r"""(<\?xml\b[^>]*?)\s+encoding\s*=\s*(["'])(.*?)\2""", re.ASCII)
_DOCTYPE: Final = "The content has a DOCTYPE, which is not accepted."
_WITHOUT_MARK: Final = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}


@dataclass(frozen=True)
class Limits:
    """What one message may cost. bytes: of the content; decoded_bytes: of one attachment; further: characters kept as
    further information, which repeats namespaces and paths and so can be far more than what came.
    """

    bytes: int = 10_000_000
    depth: int = 64
    elements: int = 200_000
    attachments: int = 200
    decoded_bytes: int = 10_000_000
    further: int = 20_000_000


DEFAULT_LIMITS: Final = Limits()


class NotReadable(Exception):
    """The content is no XML, or no message of ours. Its text is short, plain and meant for the sender."""


def parse(data: bytes, limits: Limits) -> tuple[etree._Element, list[str]]:
    """The root element and what had to be repaired ("base64", "encoding"). Raises NotReadable.

    A DOCTYPE is refused before the parser sees it: entities in attributes are always expanded. The parser is told the
    encoding, so that it sees the characters that were looked at, and its own finding is the second lock.
    """
    if len(data) > limits.bytes:
        raise NotReadable(f"The content has more than {limits.bytes} bytes.")
    repairs: list[str] = []
    text = _text(_not_base64(data, repairs), repairs)
    if text.count("<") > 2 * limits.elements:
        raise NotReadable(f"The content has more than {limits.elements} elements.")
    if _has_doctype(text):
        raise NotReadable(_DOCTYPE)
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "surrogatepass"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotReadable(f"The content is not XML: {error}"[:240]) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotReadable(_DOCTYPE)
    _refuse_excess(root, limits)
    return root, repairs


def _not_base64(data: bytes, repairs: list[str]) -> bytes:
    """Some senders encode the whole message: decode it when that gives markup."""
    if data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00").startswith(b"<"):
        return data
    try:
        decoded = base64.b64decode(b"".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return data
    if b"<" not in decoded[:64]:
        return data
    repairs.append("base64")
    return decoded


def _text(data: bytes, repairs: list[str]) -> str:
    """The characters. Bytes that are UTF-8 are UTF-8, whatever the declaration says; else the declaration is believed."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _DECLARED.sub(r"\1", data.decode("utf-16", "replace"), count=1)
    if data[:2] in _WITHOUT_MARK:
        return _DECLARED.sub(r"\1", data.decode(_WITHOUT_MARK[data[:2]], "replace"), count=1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _declared(data, repairs)
    declared = _DECLARED.match(text.lstrip()[:200])
    if declared and declared[3].lower() not in ("utf-8", "utf8", "us-ascii"):
        repairs.append("encoding")
    head = _DECLARED.sub(r"\1", text[:200], count=1)
    return (head + text[200:]).lstrip()


def _declared(data: bytes, repairs: list[str]) -> str:
    declared = _DECLARED.search(data[:200].decode("latin-1"))
    name = declared[3] if declared else "utf-8"
    try:
        text = data.decode(name)
    except (LookupError, ValueError):  # no such encoding, a name that is none, or bytes that are not in it
        repairs.append("encoding")
        text = data.decode("utf-8", "replace")
    return _DECLARED.sub(r"\1", text, count=1).lstrip()


def _has_doctype(text: str) -> bool:
    """Whether a document type declaration stands before the root element."""
    at = 0
    while True:
        at = _after_space(text, at)
        if text.startswith("<?", at):
            end = text.find("?>", at + 2)
        elif text.startswith("<!--", at):
            end = text.find("-->", at + 4)  # "<!-->" does not end itself
        else:
            return text[at : at + 9].upper() == "<!DOCTYPE"
        if end < 0:
            return False
        at = end + 2


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n>":
        at += 1
    return at


def _refuse_excess(root: etree._Element, limits: Limits) -> None:
    depth: dict[etree._Element, int] = {}
    for count, element in enumerate(root.iter(), start=1):
        parent = element.getparent()
        depth[element] = here = 1 if parent is None else depth[parent] + 1
        if here > limits.depth:
            raise NotReadable(f"The content is nested deeper than {limits.depth} elements.")
        if count > limits.elements:
            raise NotReadable(f"The content has more than {limits.elements} elements.")


class Paths:
    """Where elements stand, by local names. Children are numbered once for each parent, however many there are."""

    def __init__(self) -> None:
        self.steps: dict[etree._Element, dict[etree._Element, str]] = {}

    def of(self, element: etree._Element) -> str:
        parent = element.getparent()
        if parent is None:
            return f"/{etree.QName(element).localname}"
        if parent not in self.steps:
            self.steps[parent] = _numbered(parent)
        return f"{self.of(parent)}/{self.steps[parent][element]}"


def _numbered(parent: etree._Element) -> dict[etree._Element, str]:
    """Each child's name, with its position where several have the same."""
    names = {child: etree.QName(child).localname for child in parent}
    total, seen = Counter(names.values()), Counter[str]()
    steps: dict[etree._Element, str] = {}
    for child, name in names.items():
        seen[name] += 1
        steps[child] = f"{name}[{seen[name]}]" if total[name] > 1 else name
    return steps
