"""The starting lists that come with the program: complete where they are short, and written as their languages are."""

import csv
import re
import unicodedata
from collections import defaultdict
from pathlib import Path

import pycountry
import pytest

from certificates.management.commands.make_fonts import ARABIC, CHINESE_MARKS, LATIN, gb2312
from codelists.folding import fold
from codelists.loading import DATA, shipped, synonyms
from codelists.models import LANGUAGES, List

FILES = sorted(DATA.glob("*.csv"))
SIX = ("en", "fr", "es", "ar", "zh", "ru")
STATUTORY = ("declaration", "statement")  # as ISPM 12 words them: nobody here translates them
WHOLE = [path.stem for path in FILES if path.stem not in STATUTORY]
SCRIPTS = {"ar": "ARABIC", "zh": "CJK", "ru": "CYRILLIC"}
PRINTED = {"en": LATIN, "fr": LATIN, "es": LATIN, "ru": LATIN, "ar": ARABIC | LATIN,
           "zh": LATIN | CHINESE_MARKS | gb2312()}  # fmt: skip
# Nouns that stand before a comma in Rec 21, and the code that is the noun alone.
NOUNS = {
    "Barrel": "BA", "Basket": "BK", "Box": "BX", "Bundle": "BE", "Cage": "CG", "Case": "CS", "Crate": "CR", "Drum": "DR",
    "Intermediate bulk container": "WA", "Net": "NT", "Pallet": "PX", "Rack": "RK", "Sack": "SA", "Tray": "TY", "Tub": "TB",
    "Tube": "TU",
}  # fmt: skip


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_list_has_codes() -> None:
    held = {code.list for code in shipped()}
    assert set(List.values) == held


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
def test_every_list_but_the_statutory_one_speaks_six_languages(name: str) -> None:
    assert [row["code"] for row in rows(DATA / f"{name}.csv") if not all(row[language] for language in SIX)] == []


def test_statutory_text_stands_in_the_language_of_its_source_only() -> None:
    said = {language for name in STATUTORY for row in rows(DATA / f"{name}.csv") for language in SIX if row[language]}
    assert said == {"en"}


def test_every_package_type_of_rec_21_is_there(reference: Path) -> None:
    with (reference / "ephyto/codelists/package_types_rec21.csv").open(encoding="utf-8", newline="") as lines:
        theirs = [row["code"] for row in csv.DictReader(lines)]
    assert [row["code"] for row in rows(DATA / "package.csv")] == theirs


@pytest.mark.parametrize("language", SIX[1:])
def test_no_two_package_types_share_a_name_that_english_tells_apart(language: str) -> None:
    english: dict[str, set[str]] = defaultdict(set)
    for row in rows(DATA / "package.csv"):
        english[fold(row[language])].add(fold(row["en"]))
    assert {name: told for name, told in english.items() if len(told) > 1} == {}


@pytest.mark.parametrize("language", SIX[1:])
def test_a_kind_of_package_is_one_word_whatever_it_is_made_of(language: str) -> None:
    packages = rows(DATA / "package.csv")
    words = {row["code"]: row[language] for row in packages}
    kinds = [(row, NOUNS[noun]) for row in packages if (noun := row["en"].partition(",")[0]) in NOUNS]
    assert {code for _row, code in kinds} == set(NOUNS.values())
    assert [row["code"] for row, code in kinds if not row[language].startswith(words[code])] == []


@pytest.mark.parametrize("name", ["package", "port"])
def test_the_paper_can_print_every_character_of_packages_and_places(name: str) -> None:
    for row in rows(DATA / f"{name}.csv"):
        assert {(row["code"], c) for language in SIX for c in row[language] if ord(c) not in PRINTED[language]} == set()


def test_three_hundred_traded_species_have_botanical_names_once() -> None:
    plants = rows(DATA / "taxon.csv")
    names = [row["la"] for row in plants]
    assert len(names) >= 300
    assert len(names) == len(set(names))
    shape = re.compile(r"(x )?[A-Z][a-z]+( (x )?[a-z][a-z-]+)?")
    assert [name for name in names if not shape.fullmatch(name)] == []
    assert all(re.fullmatch(r"[A-Z0-9]{5,6}|[a-z-]+", row["code"]) for row in plants)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_other_names_are_read_back_and_repeat_no_name(path: Path) -> None:
    for row in rows(path):
        written = [each for each in row.get("synonyms", "").split("|") if each]
        pairs = synonyms(row.get("synonyms", ""))
        assert [f"{language}:{name}" for language, name in pairs] == written
        assert all(re.fullmatch(r"[a-z]{2}", language) and name for language, name in pairs)
        named = {(language, row.get(language)) for language in LANGUAGES}
        assert len({*map(tuple, pairs)} - named) == len(pairs), row["code"]


@pytest.mark.parametrize(
    ("other", "accepted"),
    [
        ("Lycopersicon esculentum", "Solanum lycopersicum"), ("Rosmarinus officinalis", "Salvia rosmarinus"),
        ("Hylocereus undatus", "Selenicereus undatus"), ("Murraya koenigii", "Bergera koenigii"),
    ],
)  # fmt: skip
def test_names_of_former_days_lead_to_the_accepted_one(other: str, accepted: str) -> None:
    plants = rows(DATA / "taxon.csv")
    assert [row["la"] for row in plants if ["la", other] in synonyms(row["synonyms"])] == [accepted]
    assert other not in {row["la"] for row in plants}


def test_parents_of_treatments_are_of_the_first_level() -> None:
    parents = {row["code"]: row["parent"] for row in rows(DATA / "treatment.csv")}
    assert {parents[parent] for parent in parents.values() if parent} == {""}


def test_refusals_give_the_ten_reasons_of_ispm_13() -> None:
    assert len(rows(DATA / "refusal.csv")) == 10


def test_places_lie_in_the_country_of_their_code() -> None:
    for row in rows(DATA / "port.csv"):
        assert row["code"][:2] == row["kind"]
        assert pycountry.countries.get(alpha_2=row["kind"])


def test_statements_are_those_of_the_reference(reference: Path) -> None:
    with (reference / "ephyto/codelists/statements.csv").open(encoding="utf-8", newline="") as lines:
        theirs = {row["code"]: row["text_en"] for row in csv.DictReader(lines)}
    assert {row["code"]: row["en"] for row in rows(DATA / "statement.csv")} == theirs
