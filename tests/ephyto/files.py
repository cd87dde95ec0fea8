"""Small real files of the four kinds that partners accept, made by programs that people use."""

import io
import zlib

import pikepdf
from PIL import Image


def pdf() -> bytes:
    """An empty page; the same bytes each time."""
    with pikepdf.new() as made:
        made.add_blank_page()
        out = io.BytesIO()
        made.save(out, deterministic_id=True)
    return out.getvalue()


def image(kind: str, mode: str = "RGB", size: tuple[int, int] = (16, 9), **options: object) -> bytes:
    """A picture with something in it. kind: PNG, JPEG or GIF."""
    picture = Image.linear_gradient("L").resize(size).convert(mode)
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of PNG with its right checksum."""
    checksum = zlib.crc32(kind + content)
    return len(content).to_bytes(4, "big") + kind + content + checksum.to_bytes(4, "big")


def png(width: int, height: int, *more: bytes) -> bytes:
    """A PNG whose head says these numbers, whatever its data holds."""
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    chunks = [chunk(b"IHDR", head), *more, chunk(b"IDAT", zlib.compress(bytes(10))), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
