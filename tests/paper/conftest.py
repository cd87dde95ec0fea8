"""What tests of the paper share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.paper.reading import text_of


@pytest.fixture
def read_pdf(tmp_path: Path) -> Callable[[bytes], str]:
    """All words of a PDF."""
    return lambda data: text_of(data, tmp_path)
