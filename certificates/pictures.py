"""An NPPO's arms and stamp: read from what somebody uploads, kept as plain pictures that paper and screens can carry."""

import io
from typing import Final

from PIL import Image, ImageOps

from certificates import storage
from certificates.ephyto.media import media_type
from certificates.models import Blob
from gens.accounts.models import Nppo

LARGEST: Final = 5_000_000  # bytes of an upload
PIXELS: Final = 25_000_000
EDGE: Final = 900  # pixels of what is kept: 300 a inch on 7 cm
SMALL: Final = 72  # in the bar of every page, twice its size there
_COLOURS: Final = 64
KINDS: Final = ("image/png", "image/jpeg")


class NotAPicture(Exception):
    """This is no whole PNG or JPEG, or one of too many pixels."""


def plain(data: bytes) -> bytes:
    """The picture as PNG on white, without what a file says beside it (place, camera, transparency, which PDF/A-1 refuses).

    Raises NotAPicture.
    """
    if media_type(data, PIXELS) not in KINDS:
        raise NotAPicture
    try:
        with Image.open(io.BytesIO(data)) as opened:
            turned = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, SyntaxError) as error:  # what Pillow raises of damaged files
        raise NotAPicture from error
    turned.thumbnail((EDGE, EDGE))
    white = Image.new("RGB", turned.size, "white")
    white.paste(turned, mask=turned)
    return _png(white)


def small(data: bytes) -> bytes:
    """A kept picture as it stands in the bar: some 4 kB."""
    with Image.open(io.BytesIO(data)) as opened:
        opened.thumbnail((SMALL, SMALL))
        return _png(opened.quantize(_COLOURS))


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def keep(nppo: Nppo, data: bytes) -> str:
    """Store a picture; its sha256. Raises NotAPicture."""
    return storage.keep_blob(nppo.pk, plain(data))


def of(nppo: Nppo, sha256: str) -> bytes:
    """The bytes; nothing where there is no such picture."""
    found = Blob.objects.filter(nppo=nppo, sha256=sha256).values_list("data", flat=True).first() if sha256 else None
    return bytes(found) if found else b""
