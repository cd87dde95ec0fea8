"""What an attachment is, judged by its whole content and never by its name, and the name that it is saved under.

A file is one of the four kinds only when it is that from the first byte to the last: its parts are walked to its end, and
nothing stands behind (zero bytes apart: cameras pad). What could be taken for something else as well is UNKNOWN, and so is
an image of too many pixels; nothing is decoded. A wrong UNKNOWN costs a convenience, a wrong kind a risk: in doubt UNKNOWN.
"""

import re
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

UNKNOWN: Final = "application/octet-stream"
# The four kinds that partners accept (IPPC Hub); all others are downloads only.
SHOWN: Final = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}
PIXELS: Final = 100_000_000  # of an image, all its frames together

_ENDINGS: Final = {kind: (f".{ending}",) for kind, ending in SHOWN.items()} | {
    "image/jpeg": (".jpg", ".jpeg"),
    "application/xml": (".xml",),
}
_LONGEST: Final = 180  # bytes of a name before its ending: file systems take 255
_NOT_IN_NAMES: Final = re.compile(r"""[\\/:*?"'<>|%;\u2024\u2044\u2215]""")

_SPACE: Final = b"\0\t\n\f\r "  # of PDF
_PARTS: Final = 100_000  # chunks, segments or blocks of one file; real ones of 10 MB have at most 50,000
_SNIFFED: Final = 1024  # bytes in which readers look for the beginning of a PDF or a page

_PDF_BEGINNING: Final = re.compile(rb"%PDF-\d\.\d\s")
_PDF_END: Final = re.compile(rb"startxref\s{1,4}(\d{1,10})\s{1,4}%%EOF\Z")
_PDF_TABLE: Final = re.compile(rb"\s{0,4}(xref\s|\d{1,10}\s{1,4}\d{1,5}\s{1,4}obj\b)")
_FILL: Final = re.compile(rb"\xff+")
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # ends a scan of JPEG: no stuffed byte, no restart, no fill

_MARKUP: Final = re.compile(rb"<(?:script|html|head|body|svg|iframe|object|embed|!doctype|\?php)", re.IGNORECASE)
_ARCHIVES: Final = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")  # found wherever they stand
_PLACES: Final = ((257, b"ustar"), (0x8001, b"CD001"))  # tar; an image of a disc
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_TAIL: Final = 65_557  # bytes from the end in which readers look for it
# "ÿØÿà/*" and "ÿØÿà='": in Latin 1 the first length of a JPEG begins a script too
_JPEG_SCRIPTS: Final = (b"/*", b"//", b"='", b'="', b"=`", b"=/")
_PNG_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # by colour type

_UNSEEN: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

# (kind of part, where its content begins, where it ends)
Part = tuple[bytes, int, int]


def media_type(data: bytes, pixels: int = PIXELS) -> str:
    """The media type by content; UNKNOWN for everything else. Never raises; time in proportion to the size.

    pixels: the most that an image may have.
    """
    for beginning, kind, is_whole in _KINDS:
        if data.startswith(beginning):
            try:
                return kind if is_whole(data, pixels) and not _is_another(data, kind) else UNKNOWN
            except (IndexError, struct.error):  # it ends in the middle of a part
                return UNKNOWN
    return UNKNOWN


def file_name(name: str, kind: str) -> str:
    """The name for a file of this media type: one line without paths or signs that turn the direction of writing.

    Its ending is the one of the kind, .bin for every unknown kind: a name cannot make a program of it.
    """
    seen = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c) not in _UNSEEN)
    plain = " ".join(_NOT_IN_NAMES.sub("_", seen).split()).strip(". ")
    endings = _ENDINGS.get(kind, (".bin",))
    ending = next((e for e in endings if plain.lower().endswith(e)), "")
    stem = plain[: len(plain) - len(ending)].encode()[:_LONGEST].decode(errors="ignore").strip(". ")
    return (stem or "attachment") + (ending or endings[0])


def _is_another(data: bytes, kind: str) -> bool:
    """Whether other programs could take the file for a page, a PDF, an archive or a script."""
    if data.find(_ZIP_END, max(0, len(data) - _ZIP_TAIL)) >= 0 or any(mark in data for mark in _ARCHIVES):
        return True
    if any(data.startswith(mark, place) for place, mark in _PLACES):
        return True
    if kind == "application/pdf":  # further in, pages are content: XMP, forms, source code that is certified
        return _MARKUP.search(data, 0, _SNIFFED) is not None
    return data.find(b"%PDF-", 0, _SNIFFED) >= 0 or _MARKUP.search(data) is not None


def _is_pdf(data: bytes, pixels: int) -> bool:
    """From %PDF- to %%EOF, with a table of objects where the end says that it is."""
    end = _PDF_END.search(data.rstrip(_SPACE)[-64:])
    return bool(_PDF_BEGINNING.match(data) and end and _PDF_TABLE.match(data, int(end[1])))


def _is_png(data: bytes, pixels: int) -> bool:
    parts = list(islice(_chunks(data), _PARTS))
    kinds = [kind for kind, _start, _end in parts]
    if not kinds or kinds[0] != b"IHDR" or b"IDAT" not in kinds or kinds[-1] != b"IEND":
        return False
    if kinds.count(b"IHDR") > 1:
        return False  # some readers believe the last one
    width, height, depth, colour, packing, filtering, interlace = struct.unpack_from(">IIBBBBB", data, parts[0][1])
    frames = max(1, kinds.count(b"fcTL"))
    return (
        depth in _PNG_DEPTHS.get(colour, ())
        and (packing, filtering) == (0, 0)
        and interlace in (0, 1)
        and 0 < width * height * frames <= pixels
        and parts[0][2] - parts[0][1] == 13
        and parts[-1][1] == parts[-1][2] == _length(data) - 4
    )


def _chunks(data: bytes) -> Iterator[Part]:
    """The chunks of PNG, up to the first that is damaged or is the end."""
    at, kind = 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        start, end = at + 8, at + 8 + length
        (checksum,) = struct.unpack_from(">I", data, end)
        if not kind.isalpha() or zlib.crc32(memoryview(data)[at + 4 : end]) != checksum:
            return
        yield kind, start, end
        at = end + 4


def _is_jpeg(data: bytes, pixels: int) -> bool:
    parts = list(islice(_segments(data), _PARTS))
    codes = [code[0] for code, _start, _end in parts]
    frames = [start for (_code, start, _end), code in zip(parts, codes, strict=True) if _is_frame(code)]
    if len(frames) != 1 or 0xDA not in codes or 0xD8 in codes or codes[-1] != 0xD9:
        return False
    if data[4:6] in _JPEG_SCRIPTS:
        return False
    height, width = struct.unpack_from(">HH", data, frames[0] + 1)
    return 0 < width * height <= pixels and parts[-1][2] == _length(data)


def _is_frame(code: int) -> bool:
    """SOF0 to SOF15, without the tables and the reserved code among them."""
    return 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC)


def _segments(data: bytes) -> Iterator[Part]:
    """The segments of JPEG after its first two bytes, up to the end of the image; scans are passed over."""
    at, code = 2, 0
    while code != 0xD9:
        fill = _FILL.match(data, at)
        if fill is None:
            return
        start = fill.end() + 1
        code = data[start - 1]
        is_alone = code in (0x01, 0xD8, 0xD9) or 0xD0 <= code <= 0xD7
        end = start if is_alone else start + struct.unpack_from(">H", data, start)[0]
        yield bytes([code]), start + 2, end
        if code == 0xDA:
            following = _MARKER.search(data, end)
            if following is None:
                return
            end = following.start()
        at = end


def _is_gif(data: bytes, pixels: int) -> bool:
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    if _is_text(data[6]) and _is_text(data[7]):
        return False  # "GIF89a/*" and "GIF89a=": the beginning of a script
    parts = list(islice(_blocks(data, 13 + _colours(flags)), _PARTS))
    images = [start for kind, start, _end in parts if kind == b","]
    sizes = [struct.unpack_from("<HH", data, start + 4) for start in images]
    frames = sum(frame_width * frame_height for frame_width, frame_height in sizes)
    return (
        bool(images)
        and parts[-1][0] == b";"
        and parts[-1][2] == _length(data)
        and 0 < max(width * height, frames) <= pixels
    )


def _is_text(byte: int) -> bool:
    return (byte >= 0x20 and byte != 0x7F) or 9 <= byte <= 13


def _colours(flags: int) -> int:
    """Bytes of the table of colours that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: bytes, at: int) -> Iterator[Part]:
    """The blocks of GIF; each piece of their data counts as one too, so that a limit on parts is one on time."""
    while True:
        kind, start = data[at : at + 1], at + 1
        if kind == b";":
            yield kind, start, start
        if kind not in (b"!", b","):
            return
        at = start + 1 if kind == b"!" else start + 10 + _colours(data[start + 8])
        while size := data[at]:
            yield b"", at + 1, at + 1 + size
            at += 1 + size
        at += 1
        yield kind, start, at


def _length(data: bytes) -> int:
    """Bytes, without zero bytes at the end."""
    return len(data.rstrip(b"\0"))


_KINDS: Final[tuple[tuple[bytes, str, Callable[[bytes, int], bool]], ...]] = (
    (b"%PDF-", "application/pdf", _is_pdf),
    (b"\x89PNG\r\n\x1a\n", "image/png", _is_png),
    (b"\xff\xd8\xff", "image/jpeg", _is_jpeg),
    (b"GIF87a", "image/gif", _is_gif),
    (b"GIF89a", "image/gif", _is_gif),
)
