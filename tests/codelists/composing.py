"""Lists composed for tests and benchmarks: plants that nobody grows, in EPPO's layout and as rows."""

import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from codelists.models import Code

_GENERA = (
    "Ac",
    "Bel",
    "Cor",
    "Dio",
    "Eph",
    "Fal",
    "Gar",
    "Hel",
    "Ixo",
    "Jun",
    "Kal",
    "Lam",
    "Mel",
    "Nar",
    "Oxa",
    "Pel",
)
_MIDDLE = ("an", "el", "ir", "on", "ur", "at", "es", "ol", "im", "ad")
_ENDS = ("thus", "ia", "um", "ella", "opsis", "aria", "ium", "anthe", "odes", "ina")
_KINDS = ("red", "sweet", "wild", "water", "giant", "bitter", "white", "mountain", "dwarf", "early")
_WORDS = {
    "en": ("apple", "bean", "yam", "lily", "palm", "cress", "nut", "grass", "fern", "berry"),
    "fr": ("pomme", "fève", "igname", "lis", "palmier", "cresson", "noix", "herbe", "fougère", "baie"),
    "es": ("manzana", "haba", "ñame", "lirio", "palma", "berro", "nuez", "hierba", "helecho", "baya"),
    "ru": ("яблоко", "боб", "ямс", "лилия", "пальма", "кресс", "орех", "трава", "папоротник", "ягода"),
    "ar": ("تفاح", "فول", "يام", "زنبق", "نخيل", "رشاد", "جوز", "عشب", "سرخس", "توت"),
}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def plants(count: int) -> Iterator[tuple[str, list[tuple[str, bool, str]]]]:
    """(code, [(language, is preferred, name)]): six names each, in five languages and Latin; always the same ones."""
    chance = random.Random(12)
    codes = product(_LETTERS, repeat=5)
    genera = ["".join(parts) for parts in product(_GENERA, _MIDDLE, _ENDS)]
    epithets = ["".join(parts).lower() for parts in product(_MIDDLE, _GENERA, ("ensis", "ata", "osa", "oides"))]
    for number in range(count):
        latin = f"{genera[number % len(genera)]} {epithets[(number * 7) % len(epithets)]} {number}"
        spoken = [("la", True, latin)]
        for language, words in _WORDS.items():
            spoken.append((language, True, f"{chance.choice(_KINDS)} {chance.choice(words)} {chance.randrange(9999)}"))
        yield "".join(next(codes)), spoken


def codes(count: int) -> Iterator[Code]:
    for code, spoken in plants(count):
        names = {language: name for language, _preferred, name in spoken}
        yield Code(list="taxon", code=code, names=names, source="composed")


def eppo_file(path: Path, count: int) -> Path:
    """A file in the layout of EPPO's “XML full”. The names of one code do not lie together."""
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<dataroot dateexport="2026-11-24T00:00:00">\n')
        for turn in range(6):
            for number, (code, spoken) in enumerate(plants(count)):
                file.write(eppo_name(6 * number + turn, code, *spoken[turn]))
        file.write("</dataroot>\n")
    return path


def eppo_name(number: int, code: str, language: str, is_preferred: bool, name: str, **changes: str) -> str:
    said = {
        "identifier": number, "datatype": "PFL", "code": code, "codeid": number, "lang": language,
        "preferred": int(is_preferred), "status": "A", "creationcode": "1996-10-28", "modificationcode": "",
        "creationname": "1996-10-28", "modificationname": "", "country": "", "fullname": name, "authority": "L.",
    } | changes  # fmt: skip
    return f"<name>{''.join(f'<{key}>{value}</{key}>' for key, value in said.items())}</name>\n"
