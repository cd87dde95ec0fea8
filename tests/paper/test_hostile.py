"""Whatever a text holds, it prints as text: the face stays one page, nothing runs out of its box, and it takes no hour."""

import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from certificates import printing
from certificates.ephyto.document import Country, Document, Location, Note, Party, Text
from certificates.paper import legible, pdf
from certificates.paper.glyphs import printable
from certificates.templatetags.paper import typeset
from tests.factories import load, re_export_document
from tests.paper.layout import flaws
from tests.paper.test_pdf import issued

pytestmark = pytest.mark.django_db

TEXTS = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "style": "<style>*{display:none}</style> }{ url(https://example.org/a.png) /* --> ]]> <!--",
    "template": "{{ face.title }} {% include 'x' %} &lt; &#x202e; &nbsp;",
    "override": "kg \u202e00421\u202c \u2066left\u2069 \u202bright",
    "unseen": "Fr\u200bee \u200cfrom\u200d pe\u00adsts \ufeff\u2060",
    "stack": "Fr" + "e" + "\u0301\u0323\u0302\u0308" * 30 + "e",
    "emoji": "Mangoes 😀👩\u200d👩\u200d👧🇼🇸 ripe",
    "controls": "a" + "".join(map(chr, range(1, 32))) + "b\x7f\x85\u2028c",
    "wide": "﷽" * 12,
    "alone": "ص س ش ڞ " * 12,
    "teeth": "صصسسششصصسس" * 9,
    "cyrillic": "ЩЮЖШ" * 30,
    "signs": "‰№℃Ⅻ⒇ǄѸ" * 12,
    "word": "W" * 300,
    "lines": "a\n" * 60,
    "blanks": "a" + " " * 300 + "\t" * 300 + "b",
    "right": "من 12400 kg (A-7) إلى 2026-07-15",
}


@pytest.fixture(autouse=True)
def lists() -> None:
    load()


def everywhere(text: str) -> Document:
    """This text in every place that a person fills, and that another country may have filled."""
    line = issued().lines[0]
    line = replace(
        line, descriptions=(Text(text),), scientific_names=(Text(text),), batch=text, notes=(Note("OPTND", text),)
    )
    return issued(
        number=text, issuer=text, officer=text, place_of_issue=text, exporter=Party(text, (text, text)),
        consignee=Party(text), entry=Location("", text), import_country=Country("NZ", text), lines=(line, line),
        statements=("1", "2"), notes=(Note("SPSFL", "5"), Note("ADEDL", text, "en"), Note("DMCL", text)),
    )  # fmt: skip


def words_of(data: bytes, path: Path) -> str:
    path.write_bytes(data)
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_runs_out_of_its_box_and_the_face_is_one_page(name: str) -> None:
    for language, beside in (("en", ""), ("ar", ""), ("en", "zh-hans")):
        assert flaws(everywhere(TEXTS[name]), language, beside=beside) == []


@pytest.mark.parametrize("name", ["script", "style", "template"])
def test_code_of_any_kind_prints_letter_by_letter(name: str, tmp_path: Path) -> None:
    printed = words_of(pdf.render(everywhere(TEXTS[name]), xml=b""), tmp_path / "a.pdf")
    flat = "".join(printed.split())
    assert "".join(TEXTS[name].split()) in flat
    assert "Signature" in printed


def test_what_turns_the_order_round_prints_in_the_order_of_the_message(tmp_path: Path) -> None:
    printed = words_of(pdf.render(everywhere("net \u202e00421 kg"), xml=b""), tmp_path / "a.pdf")
    assert "net 00421 kg" in printed
    assert "12400" not in printed


@pytest.mark.parametrize(
    "letter", ["a", "ش", "芋", " ", "\t", "a ", "\u0301", "\u200d", "\n", "a\u00a0", "\u202e", "😀"]
)
def test_a_hundred_thousand_characters_in_a_box_take_no_minute(letter: str, tmp_path: Path) -> None:
    """Of the processor's time. Laid out as one run, letters took three minutes, and Arabic ten."""
    text = "x" + (letter * 100_000)[: 20_000 if letter in ("\n", "😀") else 100_000] + "y"
    document = issued(notes=(Note("ADEDL", text, "en"),))
    start = time.process_time()
    data = pdf.render(document, xml=b"")
    assert time.process_time() - start < 60
    first = words_of(data, tmp_path / "a.pdf").split("\f")[0]
    assert "Signature" in first


def test_no_run_without_a_place_to_break_is_long() -> None:
    runs = typeset("a" * 5000 + "\u00a0" * 3000 + " b" + "  \t " * 2000).replace("<wbr>", " ").split(" ")
    assert max(map(len, runs)) <= 400
    assert len(typeset(" " * 100_000)) == 1


def test_ordinary_words_are_not_broken() -> None:
    text = "Inspected and found free from Papuana uninodis.\n" + "x" * 400
    assert typeset(text) == text


@pytest.mark.parametrize("count", [2, 30, 500])
def test_however_many_certificates_cover_a_re_export_its_face_is_whole(count: int, tmp_path: Path) -> None:
    document = re_export_document(number="WS-1", officer="Sina Tuilagi")
    (line,) = document.lines
    lines = [
        replace(line, id=f"l{n}", notes=tuple(replace(note, text=f"BE-{677600 + n}") if note.subject == "RPCRF" else note for note in line.notes))
        for n in range(count)
    ]  # fmt: skip
    document = replace(document, lines=tuple(lines))
    assert flaws(document, "en") == []
    face, *rest = words_of(pdf.render(document, xml=b""), tmp_path / "a.pdf").split("\f")
    assert "Signature" in face
    assert all(f"BE-{677600 + n}" in (face + "".join(rest)) for n in range(count))
    assert ("See attachment" in " ".join(face.split()).partition("Phytosanitary Certificate No.")[2][:40]) == (
        count == 500
    )


def test_a_reproduction_of_an_endless_message_ends_and_says_so(tmp_path: Path) -> None:
    notes = tuple(Note("ADEDL", f"Inspected and found free from pest {n}.", "en") for n in range(20_000))
    document = issued(notes=notes)
    start = time.process_time()
    listed = printing._rest(document)
    data = pdf.render(document, xml=b"<a/>", origin=pdf.Origin("AR", "10 July 2026"), listed=listed)
    assert time.process_time() - start < 60
    printed = " ".join(words_of(data, tmp_path / "a.pdf").split())
    assert "found free from pest 0." in printed
    assert "found free from pest 19999." not in printed
    assert "The message says more than is printed here. All of it stands in the XML inside this file." in printed


@pytest.mark.parametrize("number", ["WS-2026-000123", "EXAMPLE-000123", "A1-" * 20, "АБВ-2026/000123-ЩЖ"])
def test_a_number_of_sixty_characters_or_fewer_is_never_cut(number: str, tmp_path: Path) -> None:
    whole = legible.legible(pdf.face(issued(number=number)))
    assert whole.number == number
    assert flaws(issued(number=number), "fr") == []
    assert number in words_of(pdf.render(issued(number=number), xml=b""), tmp_path / "a.pdf")


def test_of_an_endless_number_the_start_stands_in_its_line() -> None:
    number = legible.legible(pdf.face(issued(number="W" * 5000))).number
    assert 30 < len(number) <= 61
    assert number == "W" * (len(number) - 1) + "…"


def test_what_fits_is_never_cut() -> None:
    document = issued(notes=(Note("ADEDL", "word " * 1600, "en"),) * 20)
    room = legible.Space()
    whole = legible.legible(pdf.face(document))
    assert legible.bounded(whole, room) == whole
    assert not room.is_cut


def test_our_own_certificates_are_never_cut(tmp_path: Path) -> None:
    notes = tuple(Note("ADEDL", "Inspected and found free. " * 300 + f"Pest {n}.", "en") for n in range(40))
    printed = words_of(pdf.render(issued(notes=notes), xml=b""), tmp_path / "a.pdf")
    assert all(f"Pest {n}." in " ".join(printed.split()) for n in range(40))


def test_the_sentence_of_the_law_is_never_substituted() -> None:
    for box in pdf.face(issued()).boxes:
        assert all(printable(text.text) == text.text for text in box.texts if box.kind == "fixed")
