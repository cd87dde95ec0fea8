"""Lists as files: what stands in them, that nothing in them runs, and that a large one costs the memory of a small one."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from certificates import attending
from certificates.ephyto.document import Party
from certificates.models import Certificate, Status
from certificates.views import exporting
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from tests.factories import NppoFactory, load, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db


@pytest.fixture
def nppo() -> Nppo:
    made: Nppo = NppoFactory(code="WS")
    return made


@pytest.fixture
def officer(nppo: Nppo) -> Membership:
    return make_membership(nppo, roles.CERTIFYING_OFFICER)


def issue(nppo: Nppo, number: str, by: Membership, exporter: str = "Upolu Growers Ltd") -> Certificate:
    document = valid_document(number=number, exporter=Party(exporter, ("x",)), issued="2026-07-15T10:42:00+13:00")
    return make_certificate(nppo, Status.ISSUED, by=by, number=number, holder=None, document=document)


def table(response: Any) -> list[list[str]]:
    data = b"".join(response.streaming_content)
    if response.headers["Content-Type"].startswith("text/csv"):
        assert data.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    return [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_file_holds_the_filtered_list(nppo: Nppo, officer: Membership, signed_in: Any, kind: str) -> None:
    load()
    for n in range(3):
        issue(nppo, f"WS-{n}", officer, exporter="Peñafiel" if n else "Other")
    client = signed_in(officer)
    response = client.get(f"/list/issued/export/{kind}?party=penafiel&sort=number")
    head, *rows = table(response)
    assert head[:3] == ["Number", "Draft", "Kind"]
    assert [row[0] for row in rows] == ["WS-1", "WS-2"]
    said = dict(zip(head, rows[0], strict=True))
    assert (said["Destination"], said["Country code"], said["Exporter"]) == ("New Zealand", "NZ", "Peñafiel")
    assert said["Date of issue"] == "2026-07-15"
    assert (said["State"], said["Office"]) == ("Issued", "Apia office")
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="issued-')
    assert disposition.endswith(f'.{kind}"')


def test_it_says_who_has_it_and_what_is_missing(nppo: Nppo, officer: Membership, signed_in: Any) -> None:
    submitted = make_certificate(nppo, Status.SUBMITTED, holder=None)
    with acting_for(nppo.pk):
        attending.wait(submitted, by=officer, lacking="The record\nof treatment", asked="Growers")
    head, row = table(signed_in(officer).get("/list/submitted/export/csv"))
    said = dict(zip(head, row, strict=True))
    assert (said["State"], said["With"]) == ("Waiting for information", officer.user.name)
    assert (said["Missing"], said["Asked of"]) == ("The record\nof treatment", "Growers")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+1", "-2+3", "\t=1", '=HYPERLINK("http://x")', "a\x0bb"])
def test_nothing_in_it_runs_and_nothing_breaks_it(
    nppo: Nppo, officer: Membership, signed_in: Any, kind: str, name: str
) -> None:
    issue(nppo, "WS-1", officer, exporter=name)
    head, row = table(signed_in(officer).get(f"/list/issued/export/{kind}"))
    cell = dict(zip(head, row, strict=True))["Exporter"]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.strip().replace("\x0b", "") == name.strip().replace("\x0b", "")


def test_the_heads_and_names_speak_the_reader_s_language(nppo: Nppo, officer: Membership, signed_in: Any) -> None:
    load()
    issue(nppo, "WS-1", officer)
    officer.user.language = "es"
    officer.user.save(update_fields=["language"])
    head, row = table(signed_in(officer).get("/list/issued/export/csv"))
    assert "Nueva Zelandia" in row or "Nueva Zelanda" in row
    with translation.override("es"):
        from certificates.views.navigation import BY_NAME

        assert head == exporting.columns(BY_NAME["issued"])
    assert head[0] == "Número"


def test_times_are_those_of_the_nppo(nppo: Nppo, officer: Membership, signed_in: Any) -> None:
    certificate = issue(nppo, "WS-1", officer)
    head, row = table(signed_in(officer).get("/list/issued/export/csv"))
    since = dict(zip(head, row, strict=True))["Since"]
    assert since == certificate.status_since.astimezone(nppo.zone).strftime("%Y-%m-%d %H:%M")


def test_another_country_s_rows_are_in_no_file(nppo: Nppo, officer: Membership, signed_in: Any) -> None:
    issue(nppo, "WS-1", officer)
    stranger = make_membership(NppoFactory(code="NZ"), roles.CERTIFYING_OFFICER)
    assert len(table(signed_in(stranger).get("/list/issued/export/csv"))) == 1


def test_who_may_not_read_the_list_gets_no_file(nppo: Nppo, signed_in: Any) -> None:
    importer = make_membership(nppo, roles.IMPORT_OFFICER)
    client = signed_in(importer)
    assert client.get("/list/issued/export/csv").status_code == 403
    assert client.get("/list/nonsense/export/csv").status_code == 404
    assert client.get("/list/decided/export/pdf").status_code == 404


def test_a_spreadsheet_that_nobody_could_open_is_not_made(
    nppo: Nppo, officer: Membership, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_XLSX", 1)
    for n in range(2):
        issue(nppo, f"WS-{n}", officer)
    client = signed_in(officer)
    response = client.get("/list/issued/export/xlsx?sort=number", follow=True)
    assert response.redirect_chain == [("/list/issued/?sort=number", 302)]
    assert "download it as CSV" in response.content.decode()
    assert len(table(client.get("/list/issued/export/csv"))) == 3


def test_a_file_of_three_costs_the_queries_of_a_file_of_one(nppo: Nppo, officer: Membership, signed_in: Any) -> None:
    client, taken = signed_in(officer), []
    for n in range(3):
        issue(nppo, f"WS-{n}", officer)
        if n != 1:
            with CaptureQueriesContext(connection) as captured:
                assert len(table(client.get("/list/issued/export/csv"))) == n + 2
            taken.append(len(captured))
    assert taken[0] == taken[1]


COPIED = """
INSERT INTO certificates_certificate (nppo_id, direction, counterpart, type, number, reference, status, status_since,
  authors, original, created_at, document, destination, exporter, consignee, commodity, quantity, line_count, search_text,
  awaits, awaits_from, own_reference, has_pdf)
SELECT nppo_id, direction, counterpart, type, number || '-' || i, reference, status, status_since, '{}', '', now(), '{}',
  destination, exporter, consignee, commodity, quantity, line_count, search_text, '', '', '', false
FROM certificates_certificate, generate_series(1, 9999) AS i
"""


@pytest.mark.django_db(transaction=True)
def test_ten_thousand_rows_stream_while_the_view_is_over(signed_in: Any) -> None:
    """Outside the view's transaction, chunk by chunk: no chunk is large, and the server is asked a few hundred rows at a time."""
    nppo = NppoFactory(code="WS")
    officer = make_membership(nppo, roles.CERTIFYING_OFFICER)
    issue(nppo, "WS-1", officer)
    with acting_for(nppo.pk), connection.cursor() as cursor:
        cursor.execute(COPIED)
    response = signed_in(officer).get("/list/issued/export/csv")
    assert not connection.in_atomic_block
    chunks = iter(response.streaming_content)
    sizes = [len(next(chunks)) for _ in range(3)]
    assert connection.in_atomic_block, "the stream has the tenant's transaction itself"
    rest = b"".join(chunks)
    assert not connection.in_atomic_block
    assert max(sizes) < 100_000
    assert rest.count(b"\r\n") > 9_000


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_leaves_ends_the_transaction(signed_in: Any) -> None:
    nppo = NppoFactory(code="WS")
    officer = make_membership(nppo, roles.CERTIFYING_OFFICER)
    issue(nppo, "WS-1", officer)
    response = signed_in(officer).get("/list/issued/export/csv")
    next(iter(response.streaming_content))
    assert connection.in_atomic_block
    response.close()
    assert not connection.in_atomic_block
    with acting_for(nppo.pk):
        assert Certificate.objects.count() == 1


MEASURED = """
import resource, sys
import django
django.setup()
from certificates.views import exporting
from certificates.views.filtering import Filters
from certificates.views.navigation import BY_NAME
from gens.accounts.models import Membership
from gens.accounts.tenancy import acting_for
from codelists import tabular
with acting_for(int(sys.argv[1])):
    by = Membership.objects.select_related("nppo", "user", "office").get(pk=int(sys.argv[2]))
listed = BY_NAME["issued"]
held = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for filters in (Filters(q="nothing alike"), Filters()):
    before = held()
    rows = sum(chunk.count("\\r\\n") for chunk in exporting._streamed(listed, filters, by, "en"))
    with acting_for(by.nppo_id), open("/dev/null", "wb+") as file, exporting.tempfile.TemporaryFile() as file:
        tabular.write_xlsx(exporting.columns(listed), exporting.rows(listed, exporting._found(listed, filters, by)), file)
    print(rows, held() - before)
"""


@pytest.fixture
def in_database() -> dict[str, str]:
    """The environment of a process that works on the tests' database."""
    said = connections["default"].settings_dict
    url = f"postgresql://gens_app@/{said['NAME']}?host={said['HOST']}"
    if not str(said["HOST"]).startswith("/"):
        url = f"postgresql://{said['USER']}:{said['PASSWORD']}@{said['HOST']}:{said['PORT']}/{said['NAME']}"
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "gens.settings"}


@pytest.mark.django_db(transaction=True)
def test_ten_thousand_rows_take_the_memory_of_none(in_database: dict[str, str]) -> None:
    """As CSV and as a spreadsheet, in a process of its own: what it holds at most grows by less than 25 MB."""
    nppo = NppoFactory(code="WS")
    officer = make_membership(nppo, roles.CERTIFYING_OFFICER)
    issue(nppo, "WS-1", officer)
    with acting_for(nppo.pk), connection.cursor() as cursor:
        cursor.execute(COPIED)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(nppo.pk), str(officer.pk)],
        cwd=Path(__file__).resolve().parents[2], env=in_database, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (none, _first), (rows, grown) = (map(int, line.split()) for line in done.stdout.splitlines())
    assert (none, rows) == (1, 10_001)
    assert grown < 25_000, f"{grown} kB"
