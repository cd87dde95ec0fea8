"""Pictures of printed faces: small, grey and a little blurred, so that another poppler draws nearly the same.

`REDRAW=1` in the environment draws the stored ones anew; look at each of them before it is kept.
"""

import io
import subprocess
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

from certificates.ephyto.document import Document
from certificates.paper import example, pdf
from certificates.paper.skins import USUAL, Skin
from tests.paper.test_archiving import letterhead

STORED = Path(__file__).parent / "pictures"
RESOLUTION = "50"
CELL = 6  # pixels: about three millimetres, the height of a line
APART = 18  # levels of 255 by which a cell may differ: other drawings of the same letters reach 15, a rule that is missing 23


def certificate(kind: str, language: str, beside: str, document: Document | None = None, skin: Skin = USUAL) -> bytes:
    """The example of this kind, with everything a letterhead has."""
    shown = document or example.document(kind, issuer="NPPO of Samoa", country="Samoa")
    head = letterhead()
    return pdf.render(shown, xml=b"<a/>", language=language, beside=beside, letterhead=head, skin=skin)


def drawn(data: bytes, folder: Path) -> Image.Image:
    """Its first page."""
    (folder / "a.pdf").write_bytes(data)
    command = ["pdftoppm", "-r", RESOLUTION, "-gray", "-png", "-singlefile", str(folder / "a.pdf"), str(folder / "a")]
    subprocess.run(command, check=True)
    with Image.open(folder / "a.png") as page:
        return page.convert("L").filter(ImageFilter.GaussianBlur(0.8)).point(lambda level: level // 16 * 17)


def keep(picture: Image.Image, name: str) -> None:
    out = io.BytesIO()
    picture.quantize(16).save(out, "PNG", optimize=True)
    STORED.mkdir(exist_ok=True)
    (STORED / f"{name}.png").write_bytes(out.getvalue())


def stored(name: str) -> Image.Image:
    with Image.open(STORED / f"{name}.png") as picture:
        return picture.convert("L")


def differences(one: Image.Image, other: Image.Image) -> list[tuple[int, int]]:
    """The places where the two pictures do not show the same: cells of the size of a line's height."""
    assert one.size == other.size
    apart = ImageChops.difference(*(each.filter(ImageFilter.GaussianBlur(1.5)) for each in (one, other)))
    wide, high = one.size[0] // CELL, one.size[1] // CELL
    cells = apart.resize((wide, high), Image.Resampling.BOX)
    return [(x * CELL, y * CELL) for y in range(high) for x in range(wide) if cells.getpixel((x, y)) > APART]
