"""Interim: replaced by the embedded PostgreSQL's module."""

from pathlib import Path
from typing import NamedTuple


class Urls(NamedTuple):
    app: str
    owner: str
    pilothub: str


def urls_if_running(local: Path) -> Urls | None:
    return None


def secret_key(local: Path) -> str:
    return "interim"
