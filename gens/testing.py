"""`manage.py test`: pytest on a PostgreSQL of the tests' own, embedded unless DATABASE_URL names one."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Without arguments: on every core, each with a database of its own.
EVERYTHING = ["-n", "auto", "--dist", "loadfile", "-q"]


def run(arguments: list[str]) -> int:
    """pytest's exit status. Arguments go to pytest as they are; without any, everything runs on all cores."""
    import pytest

    from gens import embedded

    arguments = arguments or EVERYTHING
    os.environ["BEHIND_TLS"] = "false"  # browsers of the tests talk to the server itself
    if "DATABASE_URL" in os.environ:
        return int(pytest.main(arguments))
    local = ROOT / ".local" / "test"
    os.environ["GENS_LOCAL"] = str(local)
    try:
        embedded.ensure_running(local, durable=False)
    except embedded.DatabaseProblem as problem:
        print(problem)  # noqa: T201  the command line's answer
        return 1
    try:
        return int(pytest.main(arguments))
    finally:
        embedded.stop(local)
