"""The starting lists, loaded once for a whole run of tests: a test that wants them copies rows and reads no file."""

from typing import Final

from django.db import connections, transaction

from codelists import loading
from codelists.models import List

TABLES: Final = ("codelists_code", "codelists_codename", "codelists_refresh", "codelists_codechange")


def make() -> None:
    """As the owner, outside of every test: a schema that no flush empties."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('stash.codelists_code') IS NOT NULL")
        if cursor.fetchone()[0]:
            return
        cursor.execute("CREATE SCHEMA stash")
        cursor.execute("GRANT USAGE ON SCHEMA stash TO gens_app")
    # without the 5,000 areas, which take longer than the rest
    loading.load(*(name for name in List.values if name != List.AREA))
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CREATE TABLE stash.{table} AS TABLE {table}")
            cursor.execute(f"GRANT SELECT ON stash.{table} TO gens_app")
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")


def copy() -> None:
    """The lists into the acting test's transaction, unless it has them. A benchmark has no stash: it loads them itself."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('stash.codelists_code') IS NULL")
        if cursor.fetchone()[0]:
            return
        for table in TABLES:
            cursor.execute(f"INSERT INTO {table} SELECT * FROM stash.{table} ON CONFLICT DO NOTHING")
