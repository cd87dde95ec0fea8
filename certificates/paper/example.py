"""Certificates of nobody's, for looking at a skin before it prints anything, and for asking whether it leaves room."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import Final

from certificates.ephyto.document import (
    EXPORT,
    ISSUED,
    RE_EXPORT,
    Country,
    Document,
    Location,
    Measure,
    Movement,
    Note,
    Origin,
    Package,
    Party,
    Text,
    TradeLine,
    Treatment,
)
from certificates.paper import fit, room
from certificates.paper.face import LONGEST_BLANK, face
from certificates.paper.skins import Skin
from certificates.paper.words import ENGLISH, LANGUAGES
from codelists.lookup import Names

NUMBER: Final = "EXAMPLE-000123"
_REEXPORT: Final = {
    "RPCST": "3", "RPCCO": "Belgium", "RPCRF": "BE-677636", "RPCOR": "False", "RPCTC": "True", "RPCPK": "True",
    "RPCRP": "False", "RPCOC": "True", "RPCNC": "False", "RPCPC": "True", "RPCAI": "False",
}  # fmt: skip


def document(kind: str = EXPORT, *, issuer: str, country: str, lines: int = 3, number: str = NUMBER) -> Document:
    """One certificate with something in nearly every box, of this NPPO to nowhere in particular."""
    notes = [Note("DMCL", "EX / 214"), Note("SPSFL", "5")]
    notes += [Note("ADEDL", "The consignment was inspected and found free from Papuana uninodis.", ENGLISH)]
    made = Document(
        type=EXPORT, status=ISSUED, statements=("1", "2"), number=number, issued="2026-07-15T10:42:00Z", issuer=issuer,
        place_of_issue=country, officer="Example Officer", notes=tuple(notes),
        exporter=Party("Example Growers Ltd", ("Industrial Zone, Block 4", "PO Box 1877", country)),
        consignee=Party("Example Fresh Imports Ltd", ("14 Wharf Road, Onehunga", "Auckland 1061, New Zealand")),
        export_country=Country("", country), import_country=Country("", "New Zealand"),
        entry=Location("", "Port of Auckland"),
        movements=(Movement("1", (Text("Southern Pearl", ENGLISH),), "214S", "Maritime transport"),),
        lines=tuple(_line(each, country) for each in range(lines)),
    )  # fmt: skip
    if kind != RE_EXPORT:
        return made
    said = tuple(Note(subject, text) for subject, text in _REEXPORT.items())
    again = tuple(replace(line, notes=said) for line in made.lines)
    return replace(made, type=RE_EXPORT, statements=("",), reexport_country=Country("", country), lines=again)


def _line(number: int, country: str) -> TradeLine:
    treatment = Treatment(
        id=f"t{number}", start="2026-07-12", kind=Text("Fumigation", ENGLISH),
        chemicals=(Text("Methyl bromide", ENGLISH),), duration=Measure("2", "", "h"),
        temperature=Measure("21", "", "°C"), concentration=Measure("32", "", "g/m³"),
    )  # fmt: skip
    return TradeLine(
        id=f"l{number}", descriptions=(Text("Taro, fresh corms", ENGLISH),), scientific_names=(Text("Colocasia esculenta"),),
        net_weight=Measure(str(12400 + 100 * number), "", "kg"), packages=(Package("", "", "620", "bags"),),
        origins=(Origin(Country("", country)),), treatments=(treatment,) if number == 0 else (),
    )  # fmt: skip


def combinations() -> Iterator[tuple[str, str, str]]:
    """(kind, language, language beside it): all in which a certificate can print."""
    alone = ((language, "") for language in LANGUAGES)
    together = ((ENGLISH, beside) for beside in LANGUAGES if beside != ENGLISH)
    for kind, (language, beside) in product((EXPORT, RE_EXPORT), (*alone, *together)):
        yield kind, language, beside


@lru_cache(maxsize=64)
def has_room(skin: Skin) -> bool:
    """Whether the face stays one page in this skin, in every kind and language, with every sentence as long as it gets."""
    long, names = "M" * LONGEST_BLANK, Names(ENGLISH, ())
    for kind, language, beside in combinations():
        worst = document(kind, issuer=long, country=long, number=long * 2)
        notes = (Note("RPCCO", long), Note("RPCRF", long))
        worst = replace(worst, lines=tuple(replace(line, notes=(*notes, *line.notes[2:])) for line in worst.lines))
        try:
            fit.fitted(face(worst, language, names=names, beside=beside, skin=skin), skin=skin)
        except room.NoRoom:
            return False
    return True
