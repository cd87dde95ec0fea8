"""What an operator is told of the database: `manage.py check --database default`, each migration, and Operations."""

from collections.abc import Sequence
from typing import Any, Final

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from gens.embedded import SEARCH_BY_INDEX

SLOW_SEARCH: Final = "certificates.W001"
_IS_MARKED: Final = "SELECT proleakproof FROM pg_proc WHERE oid = 'pg_catalog.textlike(text, text)'::regprocedure"


def searches_by_index(alias: str = "default") -> bool:
    """Whether PostgreSQL may answer a search from its index under row-level security (gens.embedded says why)."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_IS_MARKED)
        return bool(cursor.fetchone()[0])


@register(Tags.database)
def search_is_fast(databases: Sequence[str] | None = None, **options: Any) -> list[CheckMessage]:
    """The mark is lost with a restore or an upgrade of PostgreSQL: a search then reads every certificate."""
    return [
        Warning(
            "Searching certificates reads every one of them: no index may answer under row-level security.",
            hint=f"Run manage.py prepare_database as a superuser, or in this database: {SEARCH_BY_INDEX};",
            obj=alias,
            id=SLOW_SEARCH,
        )
        for alias in databases or ()
        if alias in ("default", "owner") and not searches_by_index(alias)
    ]
