"""A treatment as one text (TTFT), in each language of the certificate, for importers that cannot read its structured form."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from certificates.ephyto.document import Document, Measure, Text, TradeLine, Treatment

ENGLISH: Final = "en"
# Labels of the parts in the order they are said: ISPM 12's terms where it has them (Appendix 1, section III).
TERMS: Final = {
    "en": ("Date", "Treatment", "Method", "Chemical (active ingredient)", "Duration", "Temperature", "Concentration",
           "Additional information"),
    "fr": ("Date", "Traitement", "Méthode", "Produit chimique (matière active)", "Durée", "Température", "Concentration",
           "Renseignements complémentaires"),
    "es": ("Fecha", "Tratamiento", "Método", "Producto químico (ingrediente activo)", "Duración", "Temperatura",
           "Concentración", "Información adicional"),
    "ar": ("التاريخ", "المعاملة", "الطريقة", "المادة الكيماوية (المادة الفعالة)", "المدة", "درجة الحرارة", "التركيز",
           "معلومات إضافية"),
    "zh": ("日期", "处理", "方法", "化学药品（有效成分）", "持续时间", "温度", "浓度", "附加信息"),
    "ru": ("Дата", "Способ обработки", "Метод", "Химикат (действующее вещество)", "Экспозиция", "Температура", "Концентрация",
           "Дополнительная информация"),
}  # fmt: skip

# (list, code, language) -> the name of a code; "" when the list does not hold it.
NameOf = Callable[[str, str, str], str]


def no_names(list_name: str, code: str, language: str) -> str:
    """Knows no code lists: codes are said as printed, or as they stand."""
    return ""


def full_text(treatment: Treatment, language: str = ENGLISH, name: NameOf = no_names) -> str:
    """All of the treatment in one language: "Date: 2026-07-12; Treatment: fumigation; Temperature: 25 °C; ..."."""
    printed = (*treatment.chemical_names, *[""] * len(treatment.chemicals))
    chemicals = [
        _said("chemical", text, given, language, name)
        for text, given in zip(treatment.chemicals, printed, strict=False)
    ]
    values = (
        " – ".join(dict.fromkeys(day[:10] for day in (treatment.start, treatment.end) if day)),
        _said("treatment", treatment.kind, treatment.kind_name, language, name),
        _said("treatment", treatment.method, treatment.method_name, language, name),
        ", ".join(chemicals),
        measure_text(treatment.duration),
        measure_text(treatment.temperature),
        measure_text(treatment.concentration),
        ", ".join(_in_language(treatment.information, language)),
    )
    return "; ".join(f"{label}: {value}" for label, value in zip(TERMS[language], values, strict=True) if value)


def _said(list_name: str, text: Text, printed: str, language: str, name: NameOf) -> str:
    """Words as they are; a code by its name in this language, else as printed, else itself."""
    if text.language:
        return text.text
    return name(list_name, text.text, language) or printed or text.text


def _in_language(texts: Iterable[Text], language: str) -> list[str]:
    """The texts of this language; all of them when none is."""
    found = list(texts)
    return [text.text for text in found if text.language == language] or [text.text for text in found]


def measure_text(measure: Measure) -> str:
    """Number and unit as printed: "2.5 ml/kg"."""
    number = measure.number
    value = measure.value if number is None else f"{number.normalize():f}"
    return f"{value} {measure.unit_name or measure.unit}".strip()


def languages_of(document: Document) -> list[str]:
    """English, and the other languages in which the certificate names its produce or declares something."""
    said = [text.language for line in document.lines for text in line.descriptions]
    said += [note.language for note in document.notes]
    said += [note.language for line in document.lines for note in line.notes]
    return list(dict.fromkeys([ENGLISH, *(language for language in said if language in TERMS)]))


def with_full_texts(document: Document, name: NameOf = no_names) -> Document:
    """The document whose every treatment says itself in full in its languages; texts that are there already stay."""
    languages = languages_of(document)
    return replace(document, lines=tuple(_line(line, languages, name) for line in document.lines))


def _line(line: TradeLine, languages: list[str], name: NameOf) -> TradeLine:
    return replace(
        line,
        treatments=tuple(
            t
            if t.full_text
            else replace(t, full_text=tuple(Text(full_text(t, lang, name), lang) for lang in languages))
            for t in line.treatments
        ),
    )
