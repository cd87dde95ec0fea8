"""The demo's profiles: arms, names and addresses, papers in two languages and in skins, days of validity, a mail."""

import io
from typing import Any, Final

from PIL import Image, ImageDraw

from certificates import pictures, skins
from certificates.models import Partnership
from certificates.paper.skins import Skin
from gens.accounts import changes
from gens.accounts.models import MailText, Membership, Nppo

_GREEN: Final = "#0b5d3b"
_SAID: Final[dict[str, dict[str, Any]]] = {
    "WS": {
        "names": {"fr": "Organisation de la protection des végétaux du Samoa"},
        "addresses": {"en": "PO Box 1874, Apia, Samoa"},
    },
    "NZ": {"addresses": {"en": "PO Box 2526, Wellington 6140, New Zealand"}},
    "EC": {
        "names": {"en": "Plant Protection Organization of Ecuador"},
        "addresses": {"es": "Av. Eloy Alfaro y Amazonas, Quito, Ecuador"},
        "paper_language": "es",
    },
}
_SKINS: Final = {
    "EC": Skin(
        size="Letter", ink="#1b2a6b", rules="strong", numbering="square", languages="column", unused="line", head=12
    )
}  # fmt: skip


def make(nppo: Nppo, by: Membership) -> None:
    """By its administrator. Call it inside acting_for(nppo.pk)."""
    for name, value in _SAID[nppo.code].items():
        setattr(nppo, name, value)
    nppo.arms = pictures.keep(nppo, _arms(len(nppo.code) + ord(nppo.code[0]) % 5))
    changes.save(nppo, by=by)
    if nppo.code in _SKINS:
        skins.keep(_SKINS[nppo.code], seen=0, by=by)
    if nppo.code == "WS":
        changes.save(Partnership(nppo=nppo, country="NZ", validity_days=14, language="en"), by=by)
        text = MailText(
            nppo=nppo, kind="waiting", language="en", subject="{reference} waits for you",
            text="Talofa,\n\n{who} submitted {reference}. Please look at it today.\n\n{link}\n",
        )  # fmt: skip
        changes.save(text, by=by)


def _arms(points: int) -> bytes:
    """An emblem of nobody's: a leaf in a ring, with so many veins."""
    picture = Image.new("RGB", (400, 400), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((10, 10, 390, 390), outline=_GREEN, width=16)
    draw.polygon([(200, 60), (300, 200), (200, 340), (100, 200)], fill=_GREEN)
    for step in range(points):
        height = 110 + 200 * step // points
        draw.line((200, height + 30, 200 + 70, height - 10), fill="white", width=6)
        draw.line((200, height + 30, 200 - 70, height - 10), fill="white", width=6)
    draw.line((200, 60, 200, 370), fill="white", width=8)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
