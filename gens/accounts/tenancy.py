"""Which NPPO a query runs for. Every query of a tenant's rows runs under acting_for(nppo); without it none is seen.

PostgreSQL's row-level security is the wall (`row_level_security` in migrations); this module opens its one door.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, migrations, transaction


@contextmanager
def _setting(name: str, value: int) -> Iterator[None]:
    """A transaction (or savepoint) in which a PostgreSQL setting has this value, then the one before.

    SET LOCAL lives to the end of the transaction, so it works behind PgBouncer; a rollback or the outermost commit
    restores it by itself.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting(%s, true), set_config(%s, %s, true)",
            [name, name, str(value)],
        )
        before = cursor.fetchone()[0] or ""
        yield
        if not is_outermost:
            cursor.execute("SELECT set_config(%s, %s, true)", [name, before])


@contextmanager
def acting_for(nppo_id: int) -> Iterator[None]:
    """A transaction in which the rows of this NPPO, and of no other, exist."""
    with _setting("gens.nppo", nppo_id):
        yield


@contextmanager
def signing_in(user_id: int) -> Iterator[None]:
    """A transaction that sees this person's own memberships in every NPPO: to choose one, before a tenant is known."""
    with _setting("gens.person", user_id):
        yield


@contextmanager
def sweeping() -> Iterator[None]:
    """A transaction as the role gens_sweep: reads only the columns that say which tenant has work, of all tenants."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE gens_sweep")
        yield
        cursor.execute("RESET ROLE")


def row_level_security(
    table: str,
    *,
    sweep: Sequence[str] = (),
    own_person: str = "",
    append_only: bool = False,
) -> migrations.RunSQL:
    """A migration step that closes a tenant table: forced row-level security on its column nppo_id.

    sweep: columns that gens_sweep may read of every tenant. own_person: column by which `signing_in` sees rows.
    append_only: the application may neither change nor delete rows.
    """
    tenant = "nppo_id = gens_setting('gens.nppo')"
    do: list[Any] = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant ON {table} USING ({tenant}) WITH CHECK ({tenant})",
    ]
    undo: list[Any] = [
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        f"DROP POLICY tenant ON {table}",
    ]
    if sweep:
        do += [
            f"CREATE POLICY sweep ON {table} FOR SELECT TO gens_sweep USING (true)",
            f"GRANT SELECT (id, nppo_id, {', '.join(sweep)}) ON {table} TO gens_sweep",
        ]
        undo += [
            f"DROP POLICY sweep ON {table}",
            f"REVOKE ALL ON {table} FROM gens_sweep",
        ]
    if own_person:
        own = f"{own_person} = gens_setting('gens.person')"
        do.append(f"CREATE POLICY own_person ON {table} FOR SELECT USING ({own})")
        undo.append(f"DROP POLICY own_person ON {table}")
    if append_only:
        do.append(f"REVOKE UPDATE, DELETE ON {table} FROM gens_app")
        undo.append(f"GRANT UPDATE, DELETE ON {table} TO gens_app")
    return migrations.RunSQL(do, list(reversed(undo)))
