"""Code lists on screens: what an NPPO makes of them, files, requests, and the operator's renewals."""

import io
import zipfile
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Q
from django.urls import reverse

from codelists import lookup, renewing, tabular
from codelists.models import Choice, Code, CodeRequest, Refresh, Upload
from gens.accounts import roles
from gens.accounts.models import Event, Mail
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, make_membership

pytestmark = pytest.mark.django_db

CONDITIONS = {"FRESH": {"en": "fresh", "es": "fresco"}, "DRY": {"en": "dry"}, "POT": {"en": "potted"}}


class World:
    def __init__(self) -> None:
        made = [Code(list="condition", code=c, names=names, source="Hub") for c, names in CONDITIONS.items()]
        renewing.renew("condition", made, source="Hub", replaces=Q())
        self.nppo = NppoFactory(code="WS")
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.officer = make_membership(self.nppo, roles.INSPECTOR)
        self.operator = make_membership(self.nppo, roles.OPERATOR)

    def post(self, name: str, *arguments: Any, by: Any = None, **data: Any) -> Any:
        return acting_client(by or self.admin).post(reverse(f"administration:{name}", args=arguments), data)

    def get(self, name: str, *arguments: Any, by: Any = None, query: str = "") -> str:
        response = acting_client(by or self.admin).get(reverse(f"administration:{name}", args=arguments) + query)
        return b"".join(response).decode("utf-8-sig")

    def offered(self) -> list[tuple[str, str]]:
        with acting_for(self.nppo.pk):
            return list(lookup.choices("condition", "en"))

    def bring(self, content: bytes | str, name: str = "list.csv", whose: str = "national", by: Any = None) -> Any:
        data = content.encode() if isinstance(content, str) else content
        return self.post("upload", "condition", whose, by=by, file=SimpleUploadedFile(name, data))

    def rows(self) -> int:
        with acting_for(self.nppo.pk):
            return Choice.objects.count()


@pytest.fixture
def world() -> World:
    return World()


def sheet(*rows: list[Any], merged: str = "") -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merged:
        book.active.merge_cells(merged)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# choices


def test_an_administrator_hides_renames_and_orders_and_it_is_recorded(world: World) -> None:
    assert world.post("code", "condition", "DRY", is_hidden="on").status_code == 302
    assert world.post("code", "condition", "POT", en="in pots", position="-1").status_code == 302
    assert world.offered() == [("POT", "in pots"), ("FRESH", "fresh")]
    with acting_for(world.nppo.pk):
        changed = Event.objects.filter(by=world.admin).order_by("pk").values_list("changes", flat=True)
        assert changed[1]["names"] == [None, {"en": "in pots"}]
    assert "in pots" in world.get("code", "condition", "POT")


def test_a_choice_is_taken_back_by_emptying_it(world: World) -> None:
    world.post("code", "condition", "POT", en="in pots", position="-1", is_hidden="on")
    world.post("code", "condition", "POT", en="", position="")
    assert ("POT", "potted") in world.offered()


def test_an_own_code_needs_a_code_that_is_free_and_a_name(world: World) -> None:
    assert world.post("new_code", "condition", code="WS-1", en="baked in an umu").status_code == 302
    assert ("WS-1", "baked in an umu") in world.offered()
    assert world.post("new_code", "condition", code="WS-1", en="again").status_code == 422
    assert world.post("new_code", "condition", code="DRY", en="again").status_code == 422
    assert world.post("new_code", "condition", code="WS-2").status_code == 422
    assert world.post("new_code", "condition", code="", en="x").status_code == 422


def test_what_one_nppo_adds_another_neither_sees_nor_reaches(world: World) -> None:
    world.post("new_code", "condition", code="WS-1", en="baked in an umu")
    other = make_membership(NppoFactory(code="NZ"), roles.ADMINISTRATOR)
    assert "umu" not in world.get("codes", "condition", by=other)
    assert acting_client(other).get(reverse("administration:code", args=["condition", "WS-1"])).status_code == 404


@pytest.mark.parametrize(
    ("query", "shown", "not_shown"),
    [("?q=fresc", "FRESH", "DRY"), ("?state=hidden", "DRY", "FRESH"), ("?state=retired", "No code matches", "DRY"),
     ("?q=nothing", "No code matches", "FRESH"), ("?page=99", "FRESH", "No code")],
)  # fmt: skip
def test_a_list_is_filtered_by_its_address(world: World, query: str, shown: str, not_shown: str) -> None:
    world.post("code", "condition", "DRY", is_hidden="on")
    page = world.get("codes", "condition", query=query)
    assert shown in page
    assert not_shown not in page


def test_a_list_costs_the_same_with_three_and_with_ninety_codes(world: World) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        world.get("codes", "condition")  # what changed is read anew once
        with CaptureQueriesContext(connection) as asked:
            world.get("codes", "condition")
        return len(asked)

    few = queries()
    many = (Code(list="condition", code=f"C{n}", names={"en": f"c{n}"}, source="Hub") for n in range(90))
    renewing.renew("condition", many, source="Hub", replaces=Q(source="none"))
    assert queries() == few


# files


def test_a_list_goes_out_and_comes_back_unchanged(world: World) -> None:
    for kind in ("csv", "xlsx"):
        url = reverse("administration:download", args=["condition", "shared", kind])
        content = b"".join(acting_client(world.operator).get(url))
        shown = world.bring(content, f"list.{kind}", "shared", world.operator)
        assert "Nothing: the list says all of this already." in shown.content.decode()


def test_a_file_is_let_in_only_after_its_preview_and_whole(world: World) -> None:
    shown = world.bring("code;en;hidden\nDRY;bone-dry;\nWS-1;smoked;\nPOT;;1\n")
    assert (shown.status_code, world.rows()) == (200, 0)
    assert "bone-dry" in shown.content.decode()
    upload = shown.context["upload"]
    assert world.post("upload", "condition", "national", let_in=upload.pk).status_code == 302
    assert world.offered() == [("DRY", "bone-dry"), ("FRESH", "fresh"), ("WS-1", "smoked")]
    assert world.post("upload", "condition", "national", let_in=upload.pk).status_code == 302
    with acting_for(world.nppo.pk):
        assert not Upload.objects.exists()


def test_nobody_lets_in_the_file_of_somebody_else(world: World) -> None:
    upload = world.bring("code,en\nWS-1,smoked\n").context["upload"]
    other = make_membership(world.nppo, roles.ADMINISTRATOR)
    world.post("upload", "condition", "national", by=other, let_in=upload.pk)
    assert world.rows() == 0


def test_an_operator_renews_a_shared_list_and_what_the_file_lacks_is_retired(world: World) -> None:
    shown = world.bring("code,en,source\nDRY,dry,IPPC\nWET,wet,IPPC\n", whose="shared", by=world.operator)
    assert shown.context["counts"] == {"added": 1, "changed": 0, "retired": 2}
    world.post("upload", "condition", "shared", by=world.operator, let_in=shown.context["upload"].pk)
    assert world.offered() == [("DRY", "dry"), ("WET", "wet")]
    done = Refresh.objects.latest("pk")
    assert (done.source, done.by_name) == ("list.csv", str(world.operator.user))


def test_what_is_exported_is_no_formula_and_comes_back_as_it_was(world: World) -> None:
    world.post("new_code", "condition", code="WS-1", en="=1+1")
    text = world.get("download", "condition", "national", "csv")
    assert " =1+1" in text
    assert "Nothing: the list says all of this already." in world.bring(text).content.decode()


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.csv", "The file is empty"), (b"   \n", "a.csv", "The file is empty"),
        (b"en\nx\n", "a.csv", "“code” is missing"), (b"code,nme\n", "a.csv", "“nme” is not known"),
        (b"code,en,en\n", "a.csv", "“en” is there twice"), (b"code,en\n", "a.csv", "no rows"),
        ("code,en\nA,é\n".encode("latin-1"), "a.csv", "Line 2 is not in UTF-8"), (b"code\x00,en\n", "a.csv", "no CSV file"),
        (b'code,en\nA,"x\n', "a.csv", "quotation mark"), (b"no zip", "a.xlsx", "no XLSX file"),
        (b"PK\x03\x04garbage", "a.xlsx", "no XLSX file"), (b"\xd0\xcf\x11\xe0 encrypted", "a.xlsx", "no XLSX file"),
        (sheet(["code", "en"], ["A", "x"], ["", ""], merged="A2:A3"), "a.xlsx", "A2:A3 are merged"),
        (b"code,en\n" + b"".join(b"C%d,x\n" % n for n in range(1_000_000)), "a.csv", "more than 20000 rows"),
        (b"code,en\n" + b"".join(b"C%d,x\n" % n for n in range(30_000)), "a.csv", "more than 20000 rows"),
        (b"x" * 50_000_000, "a.csv", "larger than 10 MB"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why_and_changes_nothing(
    world: World, content: bytes, name: str, says: str
) -> None:
    shown = world.bring(content, name)
    assert shown.status_code == 422
    assert says in shown.content.decode()
    assert world.rows() == 0


@pytest.mark.parametrize(
    ("content", "name", "cells"),
    [
        ("code,en\nA,=1+1\n", "a.csv", [(2, "en")]), ("code,en\nA,@cmd\nB,+1\n", "a.csv", [(2, "en"), (3, "en")]),
        ("code,en\n,x\nA,x\nA,y\n", "a.csv", [(2, "code"), (4, "code")]), ("code,en,hidden\nA,x,yes\n", "a.csv", [(2, "hidden")]),
        ("code,en,position\nA,x,first\nB,x,--5\n", "a.csv", [(2, "position"), (3, "position")]),
        ("code,en\nA,x,y,z\n", "a.csv", [(2, "")]), ("code\nNEW\n", "a.csv", [(2, "code")]),
        ("code,en\n" + "X" * 25 + ",x\n", "a.csv", [(2, "code")]), ("code,en\nA," + "x" * 5000 + "\n", "a.csv", [(2, "en")]),
        ("code,en\nA,x\x07\n", "a.csv", [(2, "en")]), (sheet(["code", "en"], ["A", "=SUM(1;2)"]), "a.xlsx", [(2, "en")]),
    ],
)  # fmt: skip
def test_every_wrong_cell_is_named_and_nothing_is_let_in(world: World, content: Any, name: str, cells: Any) -> None:
    shown = world.bring(content, name)
    assert shown.status_code == 422
    assert [(cell.line, cell.column) for cell in shown.context["cells"]] == cells
    assert world.rows() == 0


def test_a_spreadsheet_reads_numbers_and_dates_as_they_are_meant(world: World) -> None:
    from datetime import date

    rows, errors = tabular.read(
        io.BytesIO(sheet(["code", "en", "position", "valid_from"], [12, "x", 3.0, date(2026, 7, 12)])),
        "a.XLSX", ["code", "en", "position", "valid_from"], ["code"],
    )  # fmt: skip
    assert errors == []
    assert rows[0].values == {"code": "12", "en": "x", "position": "3", "valid_from": "2026-07-12"}


def test_a_spreadsheet_that_unpacks_to_gigabytes_is_refused(world: World) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 200_000_000)
    assert "too large" in world.bring(out.getvalue(), "a.xlsx").content.decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("divider", [",", ";", "\t"])
def test_files_of_every_spreadsheet_program_are_read(world: World, encoding: str, divider: str) -> None:
    text = divider.join(["Code", "en", "ar"]) + "\r\n" + divider.join(["WS-1", "smoked", "مدخن"]) + "\r\n"
    shown = world.bring(text.encode(encoding))
    assert [row.words for row in shown.context["preview"]] == [["smoked", "مدخن"]]


# requests


def test_an_officer_asks_an_administrator_answers_and_the_officer_gets_a_mail(world: World) -> None:
    world.officer.user.language = "es"
    world.officer.user.save()
    assert world.post("ask", by=world.officer, list="condition", text="smoked", note="fish").status_code == 302
    with acting_for(world.nppo.pk):
        asked = CodeRequest.objects.get()
    assert world.post("answer", asked.pk, answer="added", code="WS-1").status_code == 422
    world.post("new_code", "condition", code="WS-1", en="smoked")
    assert world.post("answer", asked.pk, answer="added", code="WS-1", words="Here you are").status_code == 302
    with acting_for(world.nppo.pk):
        told = Mail.objects.get()
    assert (told.to, "WS-1" in told.text, "smoked" in told.text) == (world.officer.user.email, True, True)
    assert "WS-1" in world.get("requests", by=world.officer)


def test_a_request_is_answered_once_and_refused_only_with_words(world: World) -> None:
    world.post("ask", by=world.officer, list="condition", text="smoked")
    with acting_for(world.nppo.pk):
        asked = CodeRequest.objects.get()
    assert world.post("answer", asked.pk, answer="refused").status_code == 422
    assert world.post("answer", asked.pk, answer="refused", words="No").status_code == 302
    world.post("answer", asked.pk, answer="other", code="DRY")
    with acting_for(world.nppo.pk):
        asked.refresh_from_db()
        assert (asked.answer, asked.words, Mail.objects.count()) == ("refused", "No", 1)


def test_an_officer_sees_what_they_asked_for_and_not_what_others_did(world: World) -> None:
    world.post("ask", by=world.officer, list="condition", text="smoked")
    colleague = make_membership(world.nppo, roles.INSPECTOR)
    assert "smoked" in world.get("requests", by=world.officer)
    assert "smoked" not in world.get("requests", by=colleague)


def test_a_request_without_words_or_for_a_list_that_is_none_loses_nothing(world: World) -> None:
    shown = world.post("ask", by=world.officer, list="nonsense", text="", note="I need this")
    assert shown.status_code == 422
    assert "I need this" in shown.content.decode()


# renewals


def test_an_operator_sees_what_a_held_renewal_would_change_and_decides_once(world: World) -> None:
    held = Refresh.objects.create(
        list="condition", source="IPPC Hub", state="held", reason="x",
        wanted=[{"code": "WET", "names": {"en": "wet"}, "symbol": "", "kind": "", "parent": ""}],
    )  # fmt: skip
    page = world.get("refresh", held.pk, by=world.operator)
    assert all(code in page for code in ("WET", "FRESH", "DRY", "POT"))
    assert len(world.offered()) == 3
    world.post("refresh", held.pk, by=world.operator, apply="1")
    assert world.offered() == [("WET", "wet")]
    world.post("refresh", held.pk, by=world.operator, refuse="1")
    held.refresh_from_db()
    assert held.state == "applied"
