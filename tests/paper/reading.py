"""What poppler reads on a printed page, and where."""

import re
import subprocess
from pathlib import Path


def text_of(data: bytes, folder: Path) -> str:
    """All words of a PDF, with single spaces."""
    path = folder / "read.pdf"
    path.write_bytes(data)
    done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


def place_of(data: bytes, word: str, folder: Path) -> tuple[float, float]:
    """The left and upper edge, in points, of the first place where this word stands."""
    path = folder / "where.pdf"
    path.write_bytes(data)
    done = subprocess.run(["pdftotext", "-bbox", str(path), "-"], capture_output=True, text=True, check=True)
    found = re.search(rf'xMin="([\d.-]+)" yMin="([\d.-]+)"[^>]*>{re.escape(word)}<', done.stdout)
    assert found, f"{word} is not on the page"
    return float(found[1]), float(found[2])
