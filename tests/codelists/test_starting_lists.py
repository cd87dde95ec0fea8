"""The starting lists that come with the program: complete where they are short, and written as their languages are."""

import csv
import re
import unicodedata
from pathlib import Path

import pycountry
import pytest

from codelists.loading import DATA, shipped
from codelists.models import List

FILES = sorted(DATA.glob("*.csv"))
SIX = ("en", "fr", "es", "ar", "zh", "ru")
WHOLE = ("chemical", "condition", "intended_use", "language", "package_level", "reason", "refusal", "taxon", "transport",
         "treatment", "vegetable_part")  # fmt: skip
SCRIPTS = {"ar": "ARABIC", "zh": "CJK", "ru": "CYRILLIC"}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_list_has_codes() -> None:
    held = {code.list for code in shipped()}
    assert set(List.values) - held == {"declaration"}, "declarations come from the Hub: we compose no statutory text"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_codes_are_there_once_and_fit(path: Path) -> None:
    assert path.stem in List.values
    codes = [row["code"] for row in rows(path)]
    assert len(codes) == len(set(codes))
    assert all(0 < len(code) <= 24 and code == code.strip() for code in codes)
    assert all(row["parent"] in ("", *codes) for row in rows(path) if "parent" in row)
    assert all(re.fullmatch(r"-?\d*", row["position"]) and row["source"] for row in rows(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_names_are_clean_and_in_their_script(path: Path) -> None:
    for row in rows(path):
        for language in SIX:
            name = row.get(language, "")
            assert name == " ".join(name.split())
            assert not any(unicodedata.category(c).startswith("C") for c in name)
            if name and (script := SCRIPTS.get(language)):
                assert any(script in unicodedata.name(c, "") for c in name), (row["code"], language, name)


@pytest.mark.parametrize("name", WHOLE)
def test_short_lists_and_plants_speak_six_languages(name: str) -> None:
    assert [row["code"] for row in rows(DATA / f"{name}.csv") if not all(row[language] for language in SIX)] == []


def test_three_hundred_traded_species_have_botanical_names_once() -> None:
    plants = rows(DATA / "taxon.csv")
    names = [row["la"] for row in plants]
    assert len(names) >= 300
    assert len(names) == len(set(names))
    shape = re.compile(r"(x )?[A-Z][a-z]+( (x )?[a-z][a-z-]+)?")
    assert [name for name in names if not shape.fullmatch(name)] == []
    assert all(re.fullmatch(r"[A-Z0-9]{5,6}|[a-z-]+", row["code"]) for row in plants)


def test_places_lie_in_the_country_of_their_code() -> None:
    for row in rows(DATA / "port.csv"):
        assert row["code"][:2] == row["kind"]
        assert pycountry.countries.get(alpha_2=row["kind"])


def test_statements_are_those_of_the_reference(reference: Path) -> None:
    with (reference / "ephyto/codelists/statements.csv").open(encoding="utf-8", newline="") as lines:
        theirs = {row["code"]: row["text_en"] for row in csv.DictReader(lines)}
    assert {row["code"]: row["en"] for row in rows(DATA / "statement.csv")} == theirs


def test_countries_have_a_name_in_each_language() -> None:
    countries = [code for code in shipped() if code.list == List.COUNTRY]
    untranslated = [
        (country.code, language)
        for country in countries
        for language, script in SCRIPTS.items()
        if not any(script in unicodedata.name(c, "") for c in country.names[language])
    ]
    assert untranslated == []
