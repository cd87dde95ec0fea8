"""The full text of a treatment: all of it, in each language of its certificate."""

from dataclasses import replace

from certificates.ephyto import treatments
from certificates.ephyto.document import Document, Measure, Note, Text, TradeLine, Treatment

FUMIGATED = Treatment(
    start="2026-07-12", end="2026-07-13", duration=Measure("2.50", "HUR", "h"), kind=Text("fumigation", "en"),
    chemicals=(Text("238"), Text("999")), chemical_names=("methyl bromide",), temperature=Measure("25", "CEL", "°C"),
    information=(Text("under cover", "en"), Text("bajo cubierta", "es")),
)  # fmt: skip


def _names(list_name: str, code: str, language: str) -> str:
    return {("chemical", "238", "es"): "bromuro de metilo", ("treatment", "CHT", "fr"): "chimique"}.get(
        (list_name, code, language), ""
    )


def test_a_treatment_says_itself_in_full() -> None:
    assert treatments.full_text(FUMIGATED) == (
        "Date: 2026-07-12 – 2026-07-13; Treatment: fumigation; Chemical (active ingredient): methyl bromide, 999; "
        "Duration: 2.5 h; Temperature: 25 °C; Additional information: under cover"
    )


def test_codes_are_said_by_their_names_in_each_language_and_words_stay_as_written() -> None:
    assert treatments.full_text(FUMIGATED, "es", _names) == (
        "Fecha: 2026-07-12 – 2026-07-13; Tratamiento: fumigation; Producto químico (ingrediente activo): "
        "bromuro de metilo, 999; Duración: 2.5 h; Temperatura: 25 °C; Información adicional: bajo cubierta"
    )
    assert "Traitement: chimique" in treatments.full_text(Treatment(kind=Text("CHT")), "fr", _names)


def test_it_is_said_in_english_and_in_the_languages_of_the_certificate() -> None:
    line = TradeLine(descriptions=(Text("papas", "es"), Text("patatas", "eu")), treatments=(FUMIGATED,))
    document = Document(lines=(line,), notes=(Note("ADEDL", "libre de plagas", "es"), Note("ADEDL", "indemne", "fr")))
    done = treatments.with_full_texts(document)
    assert [text.language for text in done.lines[0].treatments[0].full_text] == ["en", "es", "fr"]


def test_a_full_text_that_is_there_stays() -> None:
    written = replace(FUMIGATED, full_text=(Text("as agreed", "en"),))
    document = Document(lines=(TradeLine(treatments=(written,)),))
    assert treatments.with_full_texts(document) == document


def test_every_language_has_a_word_for_every_part() -> None:
    assert set(treatments.TERMS) == {"en", "fr", "es", "ar", "zh", "ru"}
    assert {len(set(words)) for words in treatments.TERMS.values()} == {8}
