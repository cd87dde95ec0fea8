"""A running pilot Hub and two NPPOs at it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub_server import RunningHub, start_hub
from tests.pilothub.callers import Caller


@pytest.fixture
def hub(tmp_path: Path, settings: Any) -> Iterator[RunningHub]:
    settings.PILOTHUB_VALIDATOR = ""
    with start_hub(tmp_path) as running:
        yield running


@pytest.fixture
def production(reference: Path) -> str:
    """Where the production Hub's WSDL is."""
    return str(reference / "hub" / "hub-prod.wsdl")


@pytest.fixture
def samoa(hub: RunningHub, production: str) -> Caller:
    return Caller(hub, "WS", production)


@pytest.fixture
def new_zealand(hub: RunningHub, production: str) -> Caller:
    return Caller(hub, "NZ", production)
