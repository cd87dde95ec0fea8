"""From untrusted bytes to an element tree: limits, encodings, Base64. Nothing here knows what a certificate is."""

import base64
import binascii
import codecs
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lxml import etree

from certificates.ephyto.media import PIXELS

_DECLARED: Final = re.compile(rb"""<\?xml\b[^>]*?\sencoding\s*=\s*(["'])(.*?)\1""")
_MARKS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_SPACE: Final = b" \t\r\n"
_SPACES: Final = re.compile(rb"[ \t\r\n>]*")
_QUADRATIC: Final = ("idna", "punycode")  # codecs of names, not of texts: ten megabytes would take twenty minutes
_DOCTYPE: Final = "The content has a DOCTYPE, which is not accepted."


@dataclass(frozen=True)
class Limits:
    """What one message may cost. bytes: of the content; decoded_bytes: of one attachment; further: characters kept as
    further information, which repeats namespaces and paths and so can be far more than what came; pixels: of an image
    that is still called one.
    """

    bytes: int = 10_000_000
    depth: int = 64
    elements: int = 200_000
    attributes: int = 64  # of one element; all together as many as elements
    attachments: int = 200
    decoded_bytes: int = 10_000_000
    further: int = 20_000_000
    pixels: int = PIXELS


DEFAULT_LIMITS: Final = Limits()


class Outcome(StrEnum):
    """Why content is not readable."""

    NOT_XML = "not xml"
    OTHER_DOCUMENT = "other document"
    REFUSED = "refused"
    TOO_MUCH = "too much"


class NotReadable(Exception):
    """The content is no XML, or no message of ours. Its text is short, plain and meant for the sender."""

    def __init__(self, words: str, outcome: Outcome) -> None:
        super().__init__(words)
        self.outcome = outcome


def parse(data: bytes, limits: Limits) -> tuple[etree._Element, list[str]]:
    """The root element and what had to be repaired ("base64", "encoding"). Raises NotReadable.

    Bytes that are UTF-8 are UTF-8, whatever the declaration says; else the declaration is believed. Large content is
    not copied, and lines keep their numbers.
    """
    if len(data) > limits.bytes:
        raise NotReadable(f"The content has more than {limits.bytes} bytes.", Outcome.TOO_MUCH)
    repairs: list[str] = []
    data = _not_base64(data, repairs)
    declared = _declared(data)
    if name := _MARKS.get(data[:2]):
        return _tree(data.decode(name, "replace").encode(), limits), repairs
    try:
        root = _tree(data, limits)
    except NotReadable:
        text = _otherwise(data, declared)
        if text is None:
            raise
        if "\ufffd" in text:
            repairs.append("encoding")
        return _tree(text.encode("utf-8", "replace"), limits), repairs
    if declared.lower() not in ("", "utf-8", "utf8", "us-ascii"):
        repairs.append("encoding")
    return root, repairs


def _not_base64(data: bytes, repairs: list[str]) -> bytes:
    """Some senders encode the whole message: decode it when that gives markup."""
    if data[:64].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00").startswith(b"<"):
        return data
    try:
        decoded = base64.b64decode(b"".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return data
    if b"<" not in decoded[:64]:
        return data
    repairs.append("base64")
    return decoded


def _declared(data: bytes) -> str:
    """The encoding that the content says it has; "" when it says none."""
    found = _DECLARED.search(data[:200])
    return found[2].decode("ascii", "replace") if found else ""


def _otherwise(data: bytes, declared: str) -> str | None:
    """The characters by the declared encoding, where the bytes are no UTF-8; None when they are."""
    try:
        data.decode()
    except UnicodeDecodeError:
        try:
            name = codecs.lookup(declared or "utf-8").name
            return data.decode("utf-8" if name in _QUADRATIC else name)
        except (LookupError, ValueError):  # no such encoding, a name that is none, or bytes that are not in it
            return data.decode("utf-8", "replace")
    return None


def _tree(data: bytes, limits: Limits) -> etree._Element:
    """The root element of UTF-8. A DOCTYPE is refused before the parser sees it: entities in attributes are always
    expanded. The parser is told the encoding, so that it sees what was looked at; its own finding is the second lock.
    """
    data = _at_its_start(data)
    if data.count(b"<") > 2 * limits.elements:
        raise NotReadable(f"The content has more than {limits.elements} elements.", Outcome.TOO_MUCH)
    if _has_doctype(data):
        raise NotReadable(_DOCTYPE, Outcome.REFUSED)
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        words = str(getattr(error, "msg", error))  # without libxml2's name for content that has none
        raise NotReadable(f"The content is not XML: {words}"[:240], Outcome.NOT_XML) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotReadable(_DOCTYPE, Outcome.REFUSED)
    return root


def _at_its_start(data: bytes) -> bytes:
    """Space before the XML declaration is no XML: the declaration gives way, and the lines keep their numbers."""
    start = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)
    if data.startswith(b"<") or not start.startswith(b"<?xml"):
        return data.removeprefix(b"\xef\xbb\xbf") if data[:3] == b"\xef\xbb\xbf" else data
    before = data.index(b"<?xml")
    end = data.find(b"?>", before)
    return data if end < 0 else data[:before].removeprefix(b"\xef\xbb\xbf") + data[end + 2 :]


def _has_doctype(data: bytes) -> bool:
    """Whether a document type declaration stands before the root element."""
    at = 0
    while True:
        if space := _SPACES.match(data, at):
            at = space.end()
        if data.startswith(b"<?", at):
            end = data.find(b"?>", at + 2)
        elif data.startswith(b"<!--", at):
            end = data.find(b"-->", at + 4)  # "<!-->" does not end itself
        else:
            return data[at : at + 9].upper() == b"<!DOCTYPE"
        if end < 0:
            return False
        at = end + 2
