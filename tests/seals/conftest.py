"""The keys of these tests stand in a folder of each test's own."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def key_folder(settings: Any, tmp_path: Path) -> Path:
    settings.SEAL_KEYS = tmp_path / "keys"
    return tmp_path / "keys"
