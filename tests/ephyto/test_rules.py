"""Each rule: one valid document, one change, exactly that rule."""

from collections.abc import Callable
from dataclasses import replace

import pycountry
import pytest

from certificates.ephyto import dates, rules
from certificates.ephyto.document import (
    Attachment,
    Classification,
    Country,
    Document,
    Location,
    Measure,
    Movement,
    Note,
    Package,
    Party,
    Text,
    Treatment,
)
from tests.factories import REPLACES, re_export_document, valid_document

FILLED = {
    "number": "WS-2026-000001", "issued": "2026-07-15T10:42:00+13:00", "issuer": "NPPO of Samoa",
    "place_of_issue": "Apia", "officer": "Sina",
}  # fmt: skip


def complete(**changes: object) -> Document:
    return valid_document(**(FILLED | changes))


def with_line(**changes: object) -> Callable[[Document], Document]:
    return lambda d: replace(d, lines=(replace(d.lines[0], **changes),))  # type: ignore[arg-type]


def but(**changes: object) -> Callable[[Document], Document]:
    return lambda d: replace(d, **changes)  # type: ignore[arg-type]


def treated(**changes: object) -> Callable[[Document], Document]:
    treatment = Treatment(id="t", full_text=(Text("x", "en"),))
    return with_line(treatments=(replace(treatment, **changes),))  # type: ignore[arg-type]


def re_exported(**changes: str) -> Callable[[Document], Document]:
    """A certificate for re-export whose line says otherwise under these subject codes."""

    def change(_document: Document) -> Document:
        document = replace(re_export_document(), **FILLED)  # type: ignore[arg-type]
        notes = tuple(replace(n, text=changes.get(n.subject, n.text)) for n in document.lines[0].notes)
        return with_line(notes=tuple(note for note in notes if note.text))(document)

    return change


def attached(**changes: object) -> Callable[[Document], Document]:
    item = Attachment("a1", "0" * 64, "letter.pdf", "ZZZ", "7", media_type="application/pdf")
    return but(attachments=(replace(item, **changes),))  # type: ignore[arg-type]


def classified(*items: Classification) -> Callable[[Document], Document]:
    return with_line(classifications=items)


SEEDS = Classification("IPPCPCVP", "", (Text("Seeds", "en"),))
CASES = [
    ("type.known", "submit", but(type="636")),
    ("type.other", "hub", but(type="636")),
    ("type.other", "received", but(type="")),
    ("status.ours", "issue", but(status="41")),
    ("statement.clause", "hub", lambda d: replace(re_exported()(d), statements=())),
    ("statement.re_export", "submit", lambda d: replace(re_exported()(d), statements=("2",))),
    ("statement.known", "received", but(statements=("1", "7"))),
    ("entry.unnamed", "hub", but(entry=Location("NZAKL", ""))),
    ("entry.locode", "submit", but(entry=Location("Auckland", "Auckland"))),
    ("movement.known", "hub", but(movements=(Movement("SEA"),))),
    ("line.net_above_gross", "submit", with_line(gross_weight=Measure("12000", "KGM"))),
    ("package.level", "hub", with_line(packages=(Package("9", "BG", "1"),))),
    ("line.hs", "hub", classified(Classification("HS", "taro"))),
    ("classification.once", "hub", classified(SEEDS, SEEDS)),
    ("classification.term", "hub", classified(Classification("IPPCPCC"))),
    ("treatment.date", "submit", treated(start="2026-07-01T10:00")),
    ("text.length", "submit", attached(number="7" * 61)),
    ("text.length", "submit", treated(kind=Text("x" * 257, "en"))),
    ("attachment.file", "submit", attached(filename=" ")),
    ("treatment.period", "submit", treated(start="2026-07-02", end="2026-07-01")),
    ("treatment.future", "issue", treated(start="2026-07-16")),
    ("treatment.kind", "submit", treated(full_text=())),
    ("note.once", "hub", but(notes=(Note("ADIPEDL", "1"), Note("ADIPEDL", "2")))),
    ("note.once", "hub", but(notes=(Note("ADRPR", "a", "en"), Note("ADRPR", "b", "en")))),
    ("marks.once", "submit", but(notes=(Note("DMCL", "A 1"), Note("DMCL", "A 2")))),
    ("note.place", "hub", but(notes=(Note("ADTLIL", "free from pests"),))),
    ("note.place", "hub", with_line(notes=(Note("ADEDL", "free from pests"),))),
    ("note.subject", "received", but(notes=(Note("XYZ", "new"),))),
    ("language.code", "hub", but(notes=(Note("ADEDL", "free from pests", "xx"),))),
    ("language.code", "hub", with_line(descriptions=(Text("Taro", "eng"),))),
    ("attachment.number", "hub", attached(number=" ")),
    ("attachment.kind", "hub", attached(kind="AAA")),
    ("attachment.file", "submit", attached(sha256="")),
    ("attachment.type", "submit", attached(media_type="application/octet-stream")),
    ("attachment.download", "received", attached(media_type="application/octet-stream")),
    ("attachment.decoded", "hub", attached(sha256="", undecoded="?")),
    *(("replacement.complete", "submit", but(notes=REPLACES[:n] + REPLACES[n + 1 :])) for n in range(4)),
    ("replacement.date", "submit", but(notes=(*REPLACES[:3], Note("ADRD", "last week")))),
    ("replacement.itself", "issue", but(number="WS-2026-000007", notes=REPLACES)),
    ("re_export.statement", "submit", re_exported(RPCST="")),
    ("re_export.original", "submit", re_exported(RPCRF="")),
    ("re_export.original", "submit", re_exported(RPCCO="")),
    ("re_export.attached", "submit", re_exported(RPCOR="True")),
    ("re_export.attached", "submit", re_exported(RPCTC="False")),
    ("re_export.packed", "submit", re_exported(RPCRP="TRUE")),
    ("re_export.containers", "submit", re_exported(RPCOC="")),
    ("re_export.basis", "submit", re_exported(RPCPC="False")),
    ("re_export.tick", "hub", re_exported(RPCAI="yes")),
    ("re_export.copy", "submit", lambda d: replace(re_exported()(d), attachments=())),
    ("re_export.elsewhere", "hub", lambda d: replace(re_exported()(d), type="851", statements=("1",))),
    ("exporter.name", "hub", but(exporter=Party("", ("Apia",)))),
    ("exporter.address", "submit", but(exporter=Party("Upolu Growers"))),
    ("consignee.name", "hub", but(consignee=Party("NULL", ("Auckland",)))),
    ("consignee.address", "submit", but(consignee=Party("Pasifika"))),
    ("address.lines", "submit", but(consignee=Party("P", tuple("123456")))),
    ("export_country", "hub", but(export_country=Country())),
    ("import_country", "hub", but(import_country=Country())),
    ("country.alpha2", "hub", but(import_country=Country("LK2"))),
    ("entry.name", "submit", but(entry=valid_document().entry.__class__())),
    ("movement.any", "hub", but(movements=())),
    ("movement.mode", "hub", but(movements=(Movement("", (Text("Ship"),)),))),
    ("line.any", "hub", but(lines=())),
    ("line.description", "hub", with_line(descriptions=())),
    ("line.botanical_name", "submit", with_line(scientific_names=(Text("taro"),))),
    ("line.quantity", "submit", with_line(net_weight=Measure())),
    ("line.other_quantity", "hub", with_line(notes=(Note("OQV", "3"),))),
    ("line.packages", "hub", with_line(packages=())),
    ("line.packages", "hub", with_line(notes=(Note("OPTND", "in bulk"),))),
    ("line.package", "hub", with_line(packages=(Package("4", "BG", "0"),))),
    ("line.package", "hub", with_line(packages=(Package("4", "BG", "many"),))),
    ("line.origin", "hub", with_line(origins=())),
    ("measure.number", "hub", with_line(net_weight=Measure("12,5", "KGM"))),
    ("measure.number", "hub", with_line(net_weight=Measure("1.00001", "KGM"))),
    ("measure.number", "hub", with_line(net_weight=Measure("NaN", "KGM"))),
    ("measure.number", "hub", with_line(net_weight=Measure("-1", "KGM"))),
    ("measure.unit", "hub", with_line(net_weight=Measure("12", ""))),
    ("treatment.date", "submit", treated(start="next week")),
    ("treatment.full_text", "issue", treated(full_text=(), kind=Text("HT"))),
    ("declaration.commercial", "submit", but(notes=(Note("ADEDL", "As per letter of credit 7"),))),
    ("text.length", "submit", but(notes=(Note("DMCL", "x" * 513),))),
    ("text.unprintable", "submit", but(notes=(Note("ADEDL", "Free from pests 😀", "en"),))),
    ("number", "hub", but(number="")),
    ("issued", "hub", but(issued="2026-07-15")),
    ("issued", "hub", but(issued="yesterday")),
    ("issuer", "hub", but(issuer="")),
    ("place_of_issue", "issue", but(place_of_issue="")),
    ("officer", "hub", but(officer="")),
    ("statement", "hub", but(statements=("2",))),
    ("status.other", "received", but(status="41")),
]


@pytest.mark.parametrize(("rule", "stage", "change"), CASES, ids=[f"{r}-{n}" for n, (r, _s, _c) in enumerate(CASES)])
def test_one_change_breaks_exactly_one_rule(
    rule: str, stage: rules.Problem, change: Callable[[Document], Document]
) -> None:
    assert {p.rule for p in rules.problems(change(complete()), stage)} == {rule}  # type: ignore[arg-type]


@pytest.mark.parametrize("stage", ["submit", "issue", "received", "hub"])
@pytest.mark.parametrize("change", [but(), but(notes=REPLACES), re_exported(), attached(), treated(start="2026-07-15")])
def test_valid_documents_are_valid(stage: rules.Problem, change: Callable[[Document], Document]) -> None:
    assert rules.problems(change(complete()), stage) == []  # type: ignore[arg-type]


def test_the_reason_for_replacement_stands_once_in_each_language() -> None:
    notes = (*REPLACES, Note("ADRPR", "changement de destinataire", "fr"))
    assert rules.problems(complete(notes=notes), "issue") == []


@pytest.mark.parametrize("code", ["4415", "440111", "870190"])
def test_what_is_no_plant_needs_no_botanical_name(code: str) -> None:
    line = {"scientific_names": (), "classifications": (Classification("HS", code),)}
    found = {p.rule for p in rules.problems(with_line(**line)(complete()), "submit")}
    assert found == ({"line.botanical_name"} if code == "440111" else set())


def test_languages_are_those_of_the_standard() -> None:
    known = {language.alpha_2 for language in pycountry.languages if hasattr(language, "alpha_2")}
    wrong = [code for code in known if rules.problems(with_line(descriptions=(Text("Taro", code),))(complete()), "hub")]
    assert wrong == []


class _Lists:
    def known(self, list_name: str, code: str) -> bool | None:
        return {"country": code in ("WS", "NZ"), "unit": code == "KGM", "package": code == "BG"}.get(list_name)


def test_codes_are_judged_by_the_lists_there_are() -> None:
    assert rules.problems(complete(), "submit", _Lists()) == []
    wrong = with_line(packages=(Package("4", "QQ", "1"),), net_weight=Measure("1", "XXX"))(complete())
    found = rules.problems(replace(wrong, import_country=Country("ZZ")), "submit", _Lists())
    assert sorted((p.rule, p.params["code"]) for p in found) == [
        ("code.known", "QQ"), ("code.known", "ZZ"), ("unit.known", "XXX"),
    ]  # fmt: skip


def test_every_rule_has_a_case_here() -> None:
    assert {rule.id for rule in rules.RULES} - {case[0] for case in CASES} == {
        "code.known", "unit.known", "declaration.treatment", "profile",
    }  # fmt: skip


def test_a_treatment_repeated_in_a_declaration_is_a_warning() -> None:
    document = treated(start="2026-07-01")(
        complete(notes=(Note("ADEDL", "The taro was fumigated with methyl bromide."),))
    )
    (problem,) = rules.problems(document, "submit")
    assert (problem.rule, problem.level, problem.path) == ("declaration.treatment", "WARNING", "notes.ADEDL")


def test_house_rules_never_judge_another_country() -> None:
    for rule in rules.RULES:
        if "ISPM" in rule.source or rule.source == "Code lists":
            assert not rule.stages & {"hub", "received"}, rule.id
        if rule.stages & {"hub"}:
            assert rule.source in (
                "IPPC Hub",
                "IPPC mapping",
                "SPSCertificate 17A",
                "UN/ECE Rec 19",
                "ISO 639-1",
                "IPPC V.2b",
            )


def test_a_problem_names_the_line_and_its_field() -> None:
    document = with_line(net_weight=Measure("320 kgs", ""))(complete())
    number, unit = rules.problems(document, "submit")
    assert number.path == f"lines.{document.lines[0].id}.net_weight"
    assert "Line 1: “320 kgs”" in rules.english(number)
    assert unit.rule == "measure.unit"


@pytest.mark.parametrize(
    ("text", "day", "has_offset"),
    [
        ("2026-07-15", "2026-07-15", False),
        ("2026-07-15T10:42:00+13:00", "2026-07-15", True),
        ("2026-07-15T10:42:00Z", "2026-07-15", True),
        ("2026-07-15T10:42:00", "2026-07-15", False),
        ("2026-07-15T10:42:00.5-0300", "2026-07-15", True),
    ],
)
def test_dates_are_read_in_every_form_that_is_sent(text: str, day: str, has_offset: bool) -> None:
    parsed = dates.parse(text)
    assert parsed is not None
    assert (parsed.day.isoformat(), parsed.has_offset) == (day, has_offset)


@pytest.mark.parametrize("text", ["", "2026", "2026-13-01", "15/07/2026", "2026-07-15T25:00:00", "May 1,2,5,10 2020"])
def test_what_is_no_date_is_no_error(text: str) -> None:
    assert dates.parse(text) is None


def test_lines_that_say_the_same_are_told_apart_by_their_own_places() -> None:
    """A line is judged once; its id, its number and the ids of its treatments take no part in its equality."""
    wrong = Treatment(id="t1", start="2026-07-12", end="2026-07-11", kind=Text("Fumigation", "en"))
    one = replace(valid_document().lines[0], id="a", treatments=(wrong,))
    other = replace(one, id="b", treatments=(replace(wrong, id="t2"),))
    assert one == other
    found = [p for p in rules.problems(valid_document(lines=(one, other)), "submit") if p.rule == "treatment.period"]
    assert [(p.path, p.params["line"]) for p in found] == [
        ("lines.a.treatments.t1.end", "1"),
        ("lines.b.treatments.t2.end", "2"),
    ]


def test_a_line_is_judged_anew_at_another_stage_for_another_kind_and_by_other_lists() -> None:
    document = valid_document()

    class Lists:
        def __init__(self, *codes: str) -> None:
            self.codes = codes

        def known(self, _list_name: str, code: str) -> bool | None:
            return code in self.codes

    unit = document.lines[0].net_weight.unit
    for lists, is_known in ((Lists(), False), (Lists(unit), True), (Lists(), False)):
        broken = {p.rule for p in rules.problems(document, "submit", lists)}
        assert ("unit.known" not in broken) is is_known
    again = replace(document, type="657")
    assert "re_export.statement" in {p.rule for p in rules.problems(again, "submit")}
    assert "re_export.statement" not in {p.rule for p in rules.problems(document, "submit")}
    assert "re_export.statement" not in {p.rule for p in rules.problems(again, "received")}


def test_of_a_judged_line_only_what_it_says_is_remembered() -> None:
    """What a reader does to a problem's parameters does not reach the next one."""
    document = with_line(descriptions=())(valid_document())
    (first,) = [p for p in rules.problems(document, "submit") if p.rule == "line.description"]
    first.params["line"] = "99"
    (second,) = [p for p in rules.problems(document, "submit") if p.rule == "line.description"]
    assert second.params == {"line": "1"}
