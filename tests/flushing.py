"""Emptying the database after a test with transactions of its own: the tables that were written to, and no others.

Django's flush empties every table and then makes all permissions anew, which takes longer than most tests do.
"""

from typing import Any, Final

from django.db import connections

# Row-level security hides the rows from their owner, so a file's size says whether there are any.
_FLUSH: Final = """
DO $$
DECLARE written text;
BEGIN
  SELECT string_agg(oid::regclass::text, ', ') INTO written FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
    AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission');
  IF written IS NOT NULL THEN EXECUTE 'TRUNCATE ' || written || ' CASCADE'; END IF;
END $$
"""


def flush(case: Any) -> None:
    """In the place of TransactionTestCase._fixture_teardown."""
    for alias in case._databases_names(include_mirrors=False):
        with connections[alias].cursor() as cursor:
            cursor.execute(_FLUSH)
