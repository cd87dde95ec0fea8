"""The paper has its own fonts and no others: what they lack is known before issue, and prints as its code."""

import io
import unicodedata

import pikepdf
import pytest
from fontTools.ttLib import TTFont

from certificates.ephyto import rules
from certificates.ephyto.document import Note, Party
from certificates.management.commands import make_fonts
from certificates.paper import archiving, glyphs, pdf
from codelists.loading import shipped
from tests.factories import load, valid_document
from tests.paper.preflight import complaints
from tests.paper.test_pdf import issued

database = pytest.mark.django_db


def test_what_is_read_of_the_fonts_is_what_they_have() -> None:
    read = {path.name: set(TTFont(path).getBestCmap()) for path in glyphs.FONTS.glob("*.ttf")}
    regular = set().union(*(found for name, found in read.items() if "Regular" in name))
    bold = set().union(*(found for name, found in read.items() if "Bold" in name))
    assert regular == bold == set(glyphs.widths())


def test_widths_are_those_of_the_fonts() -> None:
    font = TTFont(glyphs.FONTS / "GensSans-Regular.ttf")
    names, units = font.getBestCmap(), font["head"].unitsPerEm
    assert glyphs.widths()[ord("Щ")] == font["hmtx"][names[ord("Щ")]][0] * 1000 // units
    assert glyphs.widths()[ord("证")] == 1000


def test_every_name_of_the_starting_lists_prints() -> None:
    names = [name for code in shipped() for name in (*code.names.values(), *(said for _tongue, said in code.synonyms))]
    assert len(names) > 20_000
    assert {name for name in names if glyphs.missing(name)} == set()


@pytest.mark.parametrize("language", ["ar", "en", "es", "fr", "ru", "zh"])
def test_the_characters_of_every_language_are_there(language: str) -> None:
    letters = {
        "ar": "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيًٌٍَُِّْ٠١٢٣٤٥٦٧٨٩،؛؟", "en": "“”‘’–—…°×±½¼€£≤≥",
        "es": "áéíóúüñÁÉÍÓÚÜÑ¿¡«»ºª", "fr": "àâæçéèêëîïôœùûüÿÀÂÆÇÉÈÊËÎÏÔŒÙÛÜŸ«»",
        "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ№", "zh": "，。、；：？！（）《》“”植物检疫证书",
    }[language]  # fmt: skip
    assert glyphs.missing(letters) == []


@pytest.mark.parametrize(
    ("written", "prints"),
    [
        ("Mangoes 😀", "Mangoes [U+1F600]"),
        ("a\x00b\x07c\x9fd", "abcd"),
        ("one\r\ntwo\u2028three\x0bfour\ttab", "one\ntwo\nthree\nfour\ttab"),
        ("12 \u202e004 kg", "12 004 kg"),
        ("\ufeffflag\ufe0f \U000e0041", "flag "),
        ("e" + "\u0301" * 50, "e" + "\u0301" * glyphs.STACKED),
        ("private \ue000, none \uffff, half \ud83d", "private [U+E000], none [U+FFFF], half [U+D83D]"),
        ("\ufdf2 \ufefb", "الله لا"),
        ("<b>&amp;</b> url(x)", "<b>&amp;</b> url(x)"),
        ("شُكْرًا 榅桲 Ağcabədi", "شُكْرًا 榅桲 Ağcabədi"),
    ],
)
def test_every_character_prints_as_itself_or_as_its_code(written: str, prints: str) -> None:
    assert glyphs.printable(written) == prints


def test_what_prints_is_always_in_the_fonts() -> None:
    every = "".join(map(chr, range(0x110000)))
    printed = set(glyphs.printable(every))
    assert {letter for letter in printed if not glyphs.covered(ord(letter))} == {"\n", "\t"}


def test_what_is_reported_is_what_prints_as_a_code() -> None:
    for character in range(0x110000):
        letter = chr(character)
        assert bool(glyphs.missing(letter)) == (glyphs.printable(letter) == f"[U+{character:04X}]"), hex(character)


def test_nobody_submits_or_issues_what_the_paper_cannot_say() -> None:
    document = valid_document(exporter=Party("Upolu 😀 Growers", ("Apia 😀🥭",)))
    found = [problem for problem in rules.problems(document, "submit") if problem.rule == "text.unprintable"]
    assert [(problem.path, problem.level) for problem in found] == [
        ("exporter.name", "SEVERE"), ("exporter.address", "SEVERE"),
    ]  # fmt: skip
    assert rules.english(found[1]) == (
        "The printed certificate has no letter for 😀 (U+1F600), 🥭 (U+1F96D). Write it in another way."
    )
    assert "text.unprintable" in {problem.rule for problem in rules.problems(document, "issue")}
    assert "text.unprintable" not in {problem.rule for problem in rules.problems(document, "received")}


def test_a_problem_names_five_characters_and_says_that_there_are_more() -> None:
    document = valid_document(notes=(Note("ADEDL", "".join(map(chr, range(0x1F600, 0x1F700))), "en"),))
    (problem,) = rules.problems(document, "submit")
    assert problem.params["characters"].count("U+") == 5
    assert problem.params["characters"].endswith(", …")


@database
def test_no_font_of_the_machine_ever_comes_in(tmp_path: object) -> None:
    load()
    words = "😀 ཀ 𓀀 \ue000 ᚠ 𠀀 \x07 شحنة 芋头 Ağcabədi"
    document = issued(
        officer=words, issuer=words, number="WS-😀", notes=(Note("ADEDL", words, "en"), Note("DMCL", words))
    )
    data = pdf.render(document, xml=b"", letterhead=pdf.Letterhead(address=words), mark="DRAFT")
    with pikepdf.open(io.BytesIO(data)) as printed:
        names = {
            str(font.BaseFont).partition("+")[2] for page in printed.pages for font in page.Resources.Font.values()
        }
    assert names <= {f"Gens{family}{bold}" for family in ("Sans", "Arabic", "SC") for bold in ("", "-Bold")}
    assert complaints({"hostile": archiving.archived(data)}, tmp_path) == {"hostile": []}  # type: ignore[arg-type]


def test_the_fonts_hold_what_the_command_asks_for() -> None:
    """Of all that the command lists, only what Unicode has no letter for, or Noto draws none of, is not there."""
    wanted = (
        make_fonts.gb2312() | make_fonts.listed() | {*range(0x410, 0x450), *range(0x21, 0x7F), *range(0x621, 0x64B)}
    )
    letters = {character for character in wanted if unicodedata.category(chr(character)) != "Cn"}
    assert letters - set(glyphs.widths()) == set()
