"""The starting lists, from the project's own files into the database. Again at will: codes are retired, never deleted."""

import csv
import gettext
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pycountry

from codelists import naming
from codelists.models import Code

DATA: Final = Path(__file__).parent / "data"
LANGUAGES: Final = ("la", "en", "fr", "es", "ar", "zh", "ru")
# pycountry's catalogues by our language.
_CATALOGUES: Final = {"fr": "fr", "es": "es", "ar": "ar", "zh": "zh_CN", "ru": "ru"}
_UPDATED: Final = ("kind", "symbol", "names", "source", "position", "is_active")


def load() -> int:
    """Insert and update every code of the files, retire what they no longer hold. Returns the number of codes."""
    wanted = shipped()
    Code.objects.bulk_create(
        wanted, update_conflicts=True, unique_fields=["list", "code"], update_fields=_UPDATED, batch_size=1000
    )
    naming.write(Code.objects.filter(list__in={code.list for code in wanted}))
    held = {(code.list, code.code) for code in wanted}
    gone = [
        pk
        for pk, *key in Code.objects.filter(is_active=True).values_list("pk", "list", "code")
        if tuple(key) not in held
    ]
    Code.objects.filter(pk__in=gone).update(is_active=False)
    return len(wanted)


def shipped() -> list[Code]:
    """Every code of the files, not of the database."""
    return [*_countries(), *(code for path in sorted(DATA.glob("*.csv")) for code in _file(path))]


def _code(list_name: str, code: str, names: dict[str, str], **fields: object) -> Code:
    return Code(list=list_name, code=code, names=names, is_active=True, **fields)


def _file(path: Path) -> Iterator[Code]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            names = {language: row[language] for language in LANGUAGES if row.get(language)}
            yield _code(
                path.stem,
                row["code"],
                names,
                kind=row["kind"],
                symbol=row["symbol"],
                position=int(row["position"] or 0),
                source=row["source"],
            )


def _countries() -> Iterator[Code]:
    """ISO 3166-1, with the names and translations that pycountry carries."""
    catalogues = {
        ours: gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[theirs])
        for ours, theirs in _CATALOGUES.items()
    }
    for country in pycountry.countries:
        english = getattr(country, "common_name", country.name)
        names = {"en": english} | {language: c.gettext(english) for language, c in catalogues.items()}
        yield _code(Code.List.COUNTRY, country.alpha_2, names, kind="", symbol="", position=0, source="ISO 3166-1")
