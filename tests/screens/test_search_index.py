"""Searching under row-level security uses its index, an operator hears when it cannot, and the mark tells nothing."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import DataError, connection, transaction

from certificates import checks
from certificates.models import Certificate, Status
from certificates.views import operations
from gens import embedded
from gens.accounts import roles
from gens.accounts.tenancy import acting_for
from tests.factories import NppoFactory, make_certificate, make_membership

pytestmark = pytest.mark.django_db


TABLE = """
CREATE TEMP TABLE said (nppo_id bigint, words text);
CREATE INDEX ON said USING gin (words gin_trgm_ops);
ALTER TABLE said ENABLE ROW LEVEL SECURITY;
ALTER TABLE said FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON said USING (nppo_id = gens_setting('gens.nppo'));
SET LOCAL enable_seqscan = off;
"""


def test_a_search_is_answered_by_the_index_of_words() -> None:
    """On a table of its own, closed as ours are, that has no other index to choose."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.execute("EXPLAIN SELECT 1 FROM said WHERE words LIKE %s", ["%taro%"])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert ("Index Cond: (words ~~ '%taro%'::text)" in plan) is checks.searches_by_index(), plan


def test_words_never_make_a_pattern_that_is_an_error() -> None:
    """The one thing that LIKE could tell of rows of others: a lone backslash at the end. What people type is escaped."""
    nppo = NppoFactory(code="WS")
    made = make_certificate(nppo, Status.ISSUED, number="WS-1")
    with acting_for(nppo.pk):
        for typed in ("taro\\", "\\", "taro\\\\", "\\%", "%\\", "_\\"):
            assert list(Certificate.objects.filter(search_text__contains=typed)) == []
        assert list(Certificate.objects.filter(search_text__contains="taro")) == [made]
        with pytest.raises(DataError, match="escape"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM certificates_certificate WHERE search_text LIKE left(search_text, 1) || '\\'")


def test_the_role_of_the_application_may_set_any_tenant_itself() -> None:
    """So who could send a hostile pattern needs none: the wall is against mistakes of ours, not against other SQL."""
    nppo = NppoFactory(code="WS")
    make_certificate(nppo, Status.DRAFT)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gens.nppo', %s, true)", [str(nppo.pk)])
        cursor.execute("SELECT count(*) FROM certificates_certificate")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize("is_marked", [True, False])
def test_the_check_says_where_the_mark_is_missing(monkeypatch: pytest.MonkeyPatch, is_marked: bool) -> None:
    monkeypatch.setattr(checks, "searches_by_index", lambda alias: is_marked)
    found = [each for each in run_checks(databases=["default", "pilothub"]) if each.id == checks.SLOW_SEARCH]
    assert [(each.obj, embedded.SEARCH_BY_INDEX in str(each.hint)) for each in found] == (
        [] if is_marked else [("default", True)]
    )
    assert not [each for each in run_checks() if each.id == checks.SLOW_SEARCH], "without a database nothing is asked"


def test_operations_tells_a_system_operator(signed_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    nppo = NppoFactory(code="WS")
    for is_fast, role, is_told in (
        (False, roles.OPERATOR, True),
        (True, roles.OPERATOR, False),
        (False, roles.ADMINISTRATOR, False),
    ):
        monkeypatch.setattr(operations, "searches_by_index", lambda is_fast=is_fast: is_fast)
        page = signed_in(make_membership(nppo, role)).get("/operations/").content.decode()
        assert ("Searching is slow" in page) is is_told


def test_preparing_marks_the_database_and_says_when_it_may_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    local = tmp_path / "server"
    urls = embedded.ensure_running(local, durable=False)
    try:
        admin = urls.owner.replace("//owner@/gens", "//postgres@/postgres")
        asked = "SELECT proleakproof FROM pg_proc WHERE oid = 'pg_catalog.textlike(text, text)'::regprocedure"
        for database in ("gens", "template1"):
            with psycopg.connect(admin.replace("/postgres?", f"/{database}?")) as server:
                assert server.execute(asked).fetchone() == (True,), database
        with psycopg.connect(admin, autocommit=True) as server:
            server.execute("CREATE ROLE plain LOGIN CREATEDB CREATEROLE")
            server.execute("GRANT gens_sweep TO plain WITH ADMIN OPTION")
        assert embedded.mark_for_search(admin.replace("postgres@", "plain@")) is False
        with psycopg.connect(admin.replace("/postgres?", "/gens?"), autocommit=True) as server:
            server.execute(embedded.SEARCH_BY_INDEX.replace("LEAKPROOF", "NOT LEAKPROOF"))
        call_command("prepare_database", admin.replace("postgres@", "plain@"))
        said = capsys.readouterr()
        assert embedded.SEARCH_BY_INDEX in said.err
        assert said.out.count("_URL=postgresql://") == 3
        call_command("prepare_database", admin)
        assert capsys.readouterr().err == ""
    finally:
        embedded.stop(local)
