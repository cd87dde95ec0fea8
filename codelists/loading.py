"""The starting lists, from the project's own files into the database. Again at will: codes are retired, never deleted."""

import csv
import gettext
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pycountry
from django.db.models import Q

from codelists import renewing
from codelists.models import LANGUAGES, Code, List

DATA: Final = Path(__file__).parent / "data"
STARTING: Final = "Starting lists"
# pycountry's catalogues by our language.
_CATALOGUES: Final = {"fr": "fr", "es": "es", "ar": "ar", "zh": "zh_CN", "ru": "ru"}


# What pycountry's catalogues lack, or have wrong.
_MENDED: Final = {"TR": {"ar": "تركيا"}, "BO": {"zh": "玻利维亚"}}


def load(*names: str) -> int:
    """Renew every starting list, or these. What the Hub or somebody's file wrote since stays as it is. Returns the number of codes."""
    lists: dict[str, list[Code]] = {}
    for code in shipped():
        if not names or code.list in names:
            lists.setdefault(code.list, []).append(code)
    for name, codes in lists.items():
        sources = {code.source for code in codes}
        others = set(Code.objects.filter(list=name).exclude(source__in=sources).values_list("code", flat=True))
        ours = [code for code in codes if code.code not in others]
        renewing.renew(name, ours, source=STARTING, replaces=Q(source__in=sources), is_guarded=False, keeps_names=False)
    return sum(len(codes) for codes in lists.values())


def shipped() -> Iterator[Code]:
    """Every code of the files, not of the database."""
    yield from _countries()
    yield from _areas()
    for path in sorted(DATA.glob("*.csv")):
        yield from _file(path)


def _file(path: Path) -> Iterator[Code]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield Code(
                list=path.stem,
                code=row["code"],
                names={language: row[language] for language in LANGUAGES if row.get(language)},
                synonyms=synonyms(row.get("synonyms", "")),
                parent=row.get("parent", ""),
                kind=row["kind"],
                symbol=row["symbol"],
                position=int(row["position"] or 0),
                source=row["source"],
            )


def synonyms(text: str) -> list[list[str]]:
    """As files write them: "la:Citrus aurantifolia|es:limón sutil"."""
    pairs = (each.partition(":") for each in text.split("|") if ":" in each)
    return [[language.strip(), name.strip()] for language, _colon, name in pairs]


def _translations(domain: str) -> dict[str, gettext.NullTranslations]:
    return {
        ours: gettext.translation(domain, pycountry.LOCALES_DIR, languages=[theirs], fallback=True)
        for ours, theirs in _CATALOGUES.items()
    }


def _countries() -> Iterator[Code]:
    """ISO 3166-1, with the names and translations that pycountry carries."""
    catalogues = _translations("iso3166-1")
    for country in pycountry.countries:
        english = getattr(country, "common_name", country.name)
        names = {"en": english} | {language: _spoken(c, country) for language, c in catalogues.items()}
        names |= _MENDED.get(country.alpha_2, {})
        yield Code(list=List.COUNTRY, code=country.alpha_2, names=names, source="ISO 3166-1")


def _spoken(catalogue: gettext.NullTranslations, country: Any) -> str:
    """The common name where the catalogue has it ("Bolivia"), else the official one; few have both."""
    english = getattr(country, "common_name", country.name)
    common = catalogue.gettext(english)
    return common if common != english else catalogue.gettext(country.name)


def _areas() -> Iterator[Code]:
    """ISO 3166-2: provinces, states, islands; `kind` is the country. A name that is not translated stands once."""
    catalogues = _translations("iso3166-2")
    for area in pycountry.subdivisions:
        translated = {language: c.gettext(area.name) for language, c in catalogues.items()}
        names = {"en": area.name} | {language: name for language, name in translated.items() if name != area.name}
        parent = area.parent_code or ""
        yield Code(
            list=List.AREA, code=area.code, kind=area.country_code, parent=parent, names=names, source="ISO 3166-2"
        )
