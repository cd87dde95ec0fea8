"""Lines from a file: a template in every language, the words of the form beside every bad cell, all lines or none."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation

from certificates import demo_lines, drafts, line_files
from certificates.ephyto.document import Country, Document, Measure, Note, Package, Text
from certificates.models import Certificate, DraftInput, Status
from codelists import tabular
from codelists.models import Upload
from gens.accounts import roles
from gens.accounts.models import Membership
from gens.accounts.tenancy import acting_for
from tests.drafting.test_applying import hidden
from tests.drafting.test_drafting import draft, now, open_page
from tests.factories import NppoFactory, large_document, load, make_membership, re_export_document, valid_document

pytestmark = pytest.mark.django_db
LANGUAGES = ("en", "fr", "es", "ar", "ru", "zh-hans")


@pytest.fixture
def inspector() -> Membership:
    load()
    return make_membership(NppoFactory(code="WS"), roles.INSPECTOR)


@pytest.fixture
def client_of(inspector: Membership, signed_in: Any) -> Client:
    return signed_in(inspector)  # type: ignore[no-any-return]


@pytest.fixture
def made(inspector: Membership) -> Certificate:
    return draft(inspector, valid_document(lines=()))


def address(certificate: Certificate) -> str:
    return reverse("certificates:bring_lines", args=[certificate.pk])


def csv_of(*rows: dict[str, str], heading: list[str] | None = None) -> bytes:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [[row.get(column, "") for column in columns] for row in rows]
    return "".join(tabular.csv_lines(heading or columns, lines)).encode()


def xlsx_of(rows: list[list[Any]], **changes: Any) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if "merge" in changes:
        sheet.merge_cells(changes["merge"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def brought(client: Client, certificate: Certificate, content: bytes, name: str = "l.csv", **said: str) -> HttpResponse:
    return client.post(address(certificate), {"file": SimpleUploadedFile(name, content)} | said)  # type: ignore[return-value]


def let_in(client: Client, certificate: Certificate, preview: HttpResponse) -> HttpResponse:
    page = preview.content.decode()
    key = re.search(r'name="let_in" value="(\d+)"', page)
    assert key, page
    return client.post(address(certificate), hidden(page) | {"let_in": key[1]})  # type: ignore[return-value]


TARO = {
    "botanical": "Colocasia esculenta", "description": "Taro", "hs": "0714", "net_weight": "12 400,5", "net_weight_unit": "kg",
    "gross_weight": "13000", "gross_weight_unit": "KGM", "packages_quantity": "620", "packages_kind": "BG",
    "origin_country": "Fiji", "origin_areas": "Suva", "marks": "UGL/1", "declaration": "One.\n\nTwo.",
    "treatment_start": "12 7 2026", "treatment_kind": "Fumigation", "treatment_chemical": "Methyl bromide",
    "treatment_duration": "2", "treatment_duration_unit": "h",
}  # fmt: skip


def test_a_row_becomes_the_line_that_the_form_makes(client_of: Client, made: Certificate) -> None:
    preview = brought(client_of, made, csv_of(TARO))
    assert preview.status_code == 200
    page = preview.content.decode()
    assert "1 line is added" in page
    assert "12\u202f400.5\u00a0kg" in page
    assert "Fiji (Suva)" in page
    assert now(made).lines == ()  # looking changes nothing
    assert let_in(client_of, made, preview).status_code == 302
    (line,) = now(made).lines
    assert line.descriptions == (Text("Taro", "en"),)
    assert (line.net_weight, line.net_weight.unit_name) == (Measure("12400.5", "KGM"), "kg")
    assert line.gross_weight == Measure("13000", "KGM")
    assert line.packages == (Package("4", "BG", "620"),)
    assert (line.origins[0].country, line.origins[0].areas) == (Country("FJ"), ("Suva",))
    assert [n for n in line.notes if n.subject == "ADTLIL"] == [
        Note("ADTLIL", "One.", "en"),
        Note("ADTLIL", "Two.", "en"),
    ]
    (treatment,) = line.treatments
    assert (treatment.start, treatment.kind.text, treatment.duration) == (
        "2026-07-12",
        "Fumigation",
        Measure("2", "HUR"),
    )
    with acting_for(made.nppo_id):
        assert not Upload.objects.exists()


def test_the_line_of_a_file_is_the_one_that_typing_it_makes(client_of: Client, made: Certificate) -> None:
    let_in(client_of, made, brought(client_of, made, csv_of(TARO)))
    typed_url = reverse("certificates:line", args=[made.pk, "typed"])
    plain = {key: text for key, text in TARO.items() if not key.startswith(("packages_", "treatment_"))}
    more = client_of.post(typed_url, open_page(client_of, typed_url) | {"add": "treatments"})
    assert more.status_code == 200
    data = open_page(client_of, typed_url) | plain | {
        "net_weight_unit": "KGM", "origin_country": "FJ", "packages-0-quantity": "620", "packages-0-kind": "BG",
        "treatments-TOTAL_FORMS": "1", "treatments-0-start": "12 7 2026", "treatments-0-kind": "Fumigation",
        "treatments-0-chemical": "Methyl bromide", "treatments-0-duration": "2", "treatments-0-duration_unit": "HUR",
    }  # fmt: skip
    assert client_of.post(typed_url, data).status_code == 302
    from_file, typed = now(made).lines
    assert from_file == typed


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_speaks_the_reader_s_language_and_can_be_brought_back(
    client_of: Client, made: Certificate, inspector: Membership, language: str, kind: str
) -> None:
    inspector.user.language = language
    inspector.user.save(update_fields=["language"])
    answer = client_of.get(reverse("certificates:lines_template", args=[made.pk, kind]))
    content = b"".join(answer) if answer.streaming else answer.content  # type: ignore[arg-type]
    with translation.override(language):
        known = [line_files.heading(column) for column in line_files.columns("851")]
    heading = _first_row(content, kind)
    assert heading == known
    left_in = brought(client_of, made, content, f"lines.{kind}")
    assert left_in.status_code == 422  # only the example, which is left out
    inspector.user.language = "en"
    inspector.user.save(update_fields=["language"])
    assert "no rows below its heading" in brought(client_of, made, content, f"lines.{kind}").content.decode()


def _first_row(content: bytes, kind: str) -> list[str]:
    if kind == "csv":
        import csv

        return next(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [cell.value for cell in next(sheet.iter_rows())]


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_of_every_language_name_one_column_each(language: str) -> None:
    with translation.override(language):
        spoken = {column: line_files.heading(column) for column in line_files.columns("657")}
    assert len(set(spoken.values())) == len(spoken)
    known = line_files.headings()
    assert {column: known[line_files._plain(words)] for column, words in spoken.items()} == {c: c for c in spoken}


def test_headings_are_read_without_case_accents_and_signs(client_of: Client, made: Certificate) -> None:
    content = csv_of({"a": "Taro", "b": "12", "c": "kg"}, heading=["NAME OF PRODUCE ", "net-weight", "Net weight unit"])
    let_in(client_of, made, brought(client_of, made, content))
    assert now(made).lines[0].net_weight == Measure("12", "KGM")


def test_an_example_that_is_left_in_is_left_out(client_of: Client, made: Certificate) -> None:
    with translation.override("es"):
        example = {column: text for column, text in line_files.example("851").items() if text}
    preview = brought(client_of, made, csv_of(example, TARO))
    assert "The example of the template is left out" in preview.content.decode()
    let_in(client_of, made, preview)
    assert [line.descriptions[0].text for line in now(made).lines] == ["Taro"]


@pytest.mark.parametrize(
    ("column", "typed", "words"),
    [
        ("net_weight", "12,400", "can be read in two ways. Write 12400, or 12.4000."),
        ("net_weight", "12 kgs", "is not a number. Write digits only"),
        ("net_weight_unit", "stone", "“stone” is not in the list. Choose an entry of the list."),
        ("net_weight_unit", "l", "“l” is not in the list"),  # a unit, but of volume
        ("packages_kind", "sacklet", "“sacklet” is not in the list"),
        ("packages_quantity", "-5", "is not a number. Write digits only"),
        ("origin_country", "Atlantis", "“Atlantis” is not in the list"),
        ("treatment_start", "32 1 2026", "is not a date. Write day, month and year"),
        ("treatment_duration", "2", "Say what kind of treatment it was."),
        ("hs", "07140000000", "at most 10 characters"),
        ("description", "x" * 257, "at most 256 characters"),
        ("description", "=1+1", "It begins like a formula (=)."),
        ("description", "a\ufffdb", "characters that cannot be read"),
    ],
)
def test_a_bad_cell_is_marked_with_the_words_of_the_form_and_nothing_comes_in(
    client_of: Client, made: Certificate, column: str, typed: str, words: str
) -> None:
    content = (
        f'description,{column}\nTaro,1\nTaro,"{typed}"\n'
        if column != "description"
        else f'description\nTaro\n"{typed}"\n'
    )
    answer = brought(client_of, made, content.replace("Taro,1\n", "Taro,\n").encode())
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "1 cell is wrong" in page
    assert words in page.replace("&quot;", '"')
    assert re.search(r'<th scope="row" class="num" data-l="[^"]*"><bdi dir="ltr">3</bdi></th>', page)
    with acting_for(made.nppo_id):
        assert not Upload.objects.exists()
    assert now(made).lines == ()


def test_every_bad_cell_is_told_with_its_column_and_what_stands_there(client_of: Client, made: Certificate) -> None:
    wrong = {"net_weight": "heavy", "gross_weight": "1,000", "origin_country": "Nowhere", "treatment_start": "soon"}
    page = brought(client_of, made, csv_of(TARO, wrong, wrong)).content.decode()
    assert "8 cells are wrong" in page
    for heading in ("Net weight", "Gross weight", "Country of origin", "Treatment: Date"):
        assert page.count(f">{heading}</td>") == 2
    assert page.count(">heavy</td>") == 2


def test_codes_are_read_as_code_symbol_or_name_in_any_language(client_of: Client, made: Certificate) -> None:
    rows = [
        {"origin_country": country, "net_weight": "1", "net_weight_unit": unit, "packages_kind": package}
        for country, unit, package in (
            ("FJ", "KGM", "CT"), ("fiji", "kg", "carton"), ("Fidji", "Kilogram", "Carton"), ("فيجي", "KG", "ct"),
        )
    ]  # fmt: skip
    let_in(client_of, made, brought(client_of, made, csv_of(*rows)))
    said = {(x.origins[0].country.code, x.net_weight.unit, x.packages[0].kind) for x in now(made).lines}
    assert said == {("FJ", "KGM", "CT")}


def test_a_line_without_a_country_comes_from_the_exporting_country(client_of: Client, made: Certificate) -> None:
    let_in(client_of, made, brought(client_of, made, csv_of({"description": "Taro", "origin_areas": "Aleipata"})))
    (origin,) = now(made).lines[0].origins
    assert (origin.country, origin.areas) == (Country("WS"), ("Aleipata",))


def test_cells_of_a_spreadsheet_are_read_as_what_they_are(client_of: Client, made: Certificate) -> None:
    from datetime import date

    heading = ["description", "net_weight", "net_weight_unit", "treatment_kind", "treatment_start", "packages_quantity"]
    rows = [
        heading,
        ["Taro", 12.125, "kg", "Fumigation", date(2026, 7, 12), 620.0],
        ["Yam", 0.1 + 0.2, "kg", None, None, 3],
    ]
    let_in(client_of, made, brought(client_of, made, xlsx_of(rows), "L.XLSX"))
    taro, yam = now(made).lines
    assert (taro.net_weight.value, taro.treatments[0].start, taro.packages[0].quantity) == (
        "12.1250",
        "2026-07-12",
        "620",
    )
    assert yam.net_weight.value == "0.3"


def test_lines_are_added_or_take_the_place_of_all(inspector: Membership, client_of: Client) -> None:
    made = draft(inspector, large_document(3))
    doomed = now(made).lines[0].id
    form = reverse("certificates:line", args=[made.pk, doomed])
    client_of.post(form, open_page(client_of, form) | {"net_weight": "bad one"})
    let_in(client_of, made, brought(client_of, made, csv_of(TARO), way="add"))
    assert len(now(made).lines) == 4
    preview = brought(client_of, made, csv_of(TARO, TARO), way="replace")
    assert "The 4 lines of this draft are deleted" in preview.content.decode()
    let_in(client_of, made, preview)
    assert [line.descriptions[0].text for line in now(made).lines] == ["Taro", "Taro"]
    with acting_for(inspector.nppo_id):
        assert not DraftInput.objects.exists()  # what was typed in a line that is gone blocks nothing


def test_problems_that_stay_are_told_before_and_can_come_in(client_of: Client, made: Certificate) -> None:
    preview = brought(client_of, made, csv_of({"botanical": "Colocasia esculenta"}, TARO))
    page = preview.content.decode()
    assert "1 line has problems" in page
    assert "Line 1: the name of the produce is missing." in page
    assert let_in(client_of, made, preview).status_code == 302
    assert len(now(made).lines) == 2


def test_five_hundred_lines_come_in_and_not_one_more(
    inspector: Membership, client_of: Client, made: Certificate
) -> None:
    preview = brought(client_of, made, csv_of(*[TARO] * 500))
    assert "and 475 more lines" in preview.content.decode()
    let_in(client_of, made, preview)
    assert len(now(made).lines) == 500
    answer = brought(client_of, made, csv_of(TARO), way="add")
    assert (answer.status_code, "there is room for 0" in answer.content.decode()) == (422, True)
    assert brought(client_of, made, csv_of(TARO), way="replace").status_code == 200
    over = brought(client_of, made, csv_of(*[TARO] * 501), way="replace").content.decode()
    assert "more than 500 rows" in over


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
    return out.getvalue()


def _lying_bomb() -> bytes:
    """A directory that says ten bytes of thirty million."""
    data = bytearray(_bomb())
    size = (30_000_000).to_bytes(4, "little")
    return bytes(data.replace(size, (10).to_bytes(4, "little")))


def _entities() -> bytes:
    """A workbook whose sheet is a few entities that stand for gigabytes."""
    laugh = "".join(f'<!ENTITY l{n} "{"&l%d;" % (n - 1) * 10}">' for n in range(1, 10))
    sheet = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laugh}]><worksheet><sheetData><row><c><v>&l9;</v></c></row></sheetData></worksheet>'
    source, out = zipfile.ZipFile(io.BytesIO(xlsx_of([["description"], ["Taro"]]))), io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in source.namelist():
            packed.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else source.read(name))
    return out.getvalue()


def _broken() -> Iterator[Any]:
    heading, taro = ["description"], ["Taro"]
    yield pytest.param("l.csv", "description\nÑame\n".encode("latin-1"), "Line 2 is not in UTF-8", id="latin-1")
    yield pytest.param("l.csv", b"", "The file is empty", id="empty")
    yield pytest.param("l.csv", b"description\n", "no rows below its heading", id="heading only")
    yield pytest.param("l.csv", b'description\n"Taro\n', "a quotation mark is not closed", id="quote")
    yield pytest.param("l.csv", b"weight\n12\n", "The column “weight” is not known", id="unknown column")
    yield pytest.param("l.csv", b"description,Name of produce\na,b\n", "is there twice", id="twice")
    yield pytest.param(
        "l.csv", b"description,hs\nTaro,12,13\n", "There is 1 more cell than columns", id="too many cells"
    )
    yield pytest.param("l.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "not in UTF-8", id="picture")
    yield pytest.param("l.csv", b"description\n" + b"Taro\n" * 100_000, "more than 500 rows", id="100,000 rows")
    yield pytest.param("l.csv", b"description\n" + b"Taro\n" * 2_100_000, "larger than 10 MB", id="10 MB")
    yield pytest.param("l.xlsx", b"description\nTaro\n", "This is no XLSX file", id="renamed")
    yield pytest.param("l.xlsx", xlsx_of([heading, taro])[:-300], "This is no XLSX file", id="cut off")
    yield pytest.param("l.xlsx", xlsx_of([heading, ["=1+1"]]), "It holds a formula", id="formula")
    yield pytest.param(
        "l.xlsx", xlsx_of([heading, taro, taro], merge="A2:A3"), "The cells A2:A3 are merged", id="merged"
    )
    yield pytest.param("l.xlsx", _bomb(), "The spreadsheet is too large", id="ZIP bomb")
    yield pytest.param("l.xlsx", _lying_bomb(), "This is no XLSX file", id="lying ZIP bomb")
    yield pytest.param("l.xlsx", _entities(), "This is no XLSX file", id="entities")


@pytest.mark.parametrize(("name", "content", "words"), list(_broken()))
def test_a_broken_file_gets_a_clear_error_and_changes_nothing(
    client_of: Client, made: Certificate, name: str, content: bytes, words: str
) -> None:
    answer = brought(client_of, made, content, name)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "<title>Error:" in page
    assert now(made).lines == ()


def test_a_sheet_of_formatted_blank_rows_ends_soon() -> None:
    rows: list[list[Any]] = [["description"], ["Taro"]]
    content = xlsx_of([*rows, *[[" "]] * 25_000])
    with pytest.raises(tabular.Unreadable):
        tabular.read(io.BytesIO(content), "l.xlsx", ["description"], (), line_files.LIMITS)


def test_blank_rows_between_are_passed_over(client_of: Client, made: Certificate) -> None:
    let_in(client_of, made, brought(client_of, made, b"description;net_weight\n;;\nTaro;12,5\n\n;\nYam;3\n"))
    assert [line.net_weight.value for line in now(made).lines] == ["12.5", "3"]


def test_without_a_file_one_is_asked_for(client_of: Client, made: Certificate) -> None:
    answer = client_of.post(address(made), {"way": "add"})
    assert (answer.status_code, "Choose a file." in answer.content.decode()) == (422, True)


def test_when_somebody_changed_the_lines_meanwhile_one_chooses(inspector: Membership, client_of: Client) -> None:
    made = draft(inspector, large_document(3))
    preview = brought(client_of, made, csv_of(TARO), way="replace")
    with acting_for(inspector.nppo_id):
        current = drafts.section_hash(now(made), "lines")
        drafts.save_section(
            made, "lines", by=inspector, opened_with=current, change=lambda d: replace(d, lines=d.lines[:2])
        )
    refused = let_in(client_of, made, preview)
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "1 (l.csv)" in page
    assert len(now(made).lines) == 2
    assert client_of.post(address(made), hidden(page)).status_code == 302
    assert len(now(made).lines) == 1


def test_a_file_that_is_gone_or_of_another_draft_or_person_is_asked_for_again(
    inspector: Membership, client_of: Client, made: Certificate
) -> None:
    other = draft(inspector, valid_document(lines=()))
    preview = brought(client_of, made, csv_of(TARO)).content.decode()
    key = re.search(r'name="let_in" value="(\d+)"', preview)
    assert key
    for certificate, named in ((other, key[1]), (made, "0"), (made, "x"), (made, "9" * 30)):
        answer = client_of.post(address(certificate), hidden(preview) | {"let_in": named})
        assert answer.url == address(certificate)
        assert now(certificate).lines == ()


def test_a_draft_that_is_submitted_meanwhile_takes_no_lines(
    inspector: Membership, client_of: Client, made: Certificate
) -> None:
    preview = brought(client_of, made, csv_of(TARO))
    with acting_for(inspector.nppo_id):
        Certificate.objects.filter(pk=made.pk).update(status=Status.SUBMITTED)
    assert let_in(client_of, made, preview).status_code == 409
    assert now(made).lines == ()


def test_lines_of_a_re_export_say_what_came_with_the_goods(inspector: Membership, client_of: Client) -> None:
    made = draft(inspector, re_export_document())
    covered = TARO | {"covering": "FJ-77", "covering_country": "Fiji"}
    let_in(client_of, made, brought(client_of, made, csv_of(covered)))
    before, line = now(made).lines
    said = {note.subject: note.text for note in line.notes}
    assert (said["RPCST"], said["RPCRF"], said["RPCCO"]) == ("3", "FJ-77", "FJ")
    assert said["RPCPK"] == next(note.text for note in before.notes if note.subject == "RPCPK")  # the boxes stand once
    assert len(now(made).lines) == 2


def test_an_export_has_no_columns_of_a_re_export(client_of: Client, made: Certificate) -> None:
    assert "is not known" in brought(client_of, made, csv_of(TARO | {"covering": "FJ-77"})).content.decode()
    assert set(line_files.columns("657")) - set(line_files.columns("851")) == {"covering", "covering_country"}


def test_the_read_document_is_not_changed_by_reading(inspector: Membership) -> None:
    document = Document(type="851", export_country=Country("WS", "Samoa"))
    with acting_for(inspector.nppo_id):
        got = line_files.read(io.BytesIO(csv_of(TARO, TARO)), "l.csv", document, "en")
    assert len({line.id for line in got.lines}) == 2
    assert (document.lines, got.cells, got.has_example) == ((), [], False)


def test_the_demo_s_long_draft_has_forty_lines_and_one_to_mend(inspector: Membership) -> None:
    made = draft(inspector, valid_document(lines=()))
    with acting_for(inspector.nppo_id):
        demo_lines.fill(made, by=inspector)
        states = {state.name: state for state in drafts.section_states(made, now(made))}
    assert len(now(made).lines) == 40
    assert {problem.rule for problem in states["lines"].problems} == {"line.packages"}
