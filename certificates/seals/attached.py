"""What hashes the files attached to a PDF have. Runs alone, in a process with little memory and time: the PDF may be
anybody's, and unpacking what is in it may take any amount of either.

    python attached.py < some.pdf     prints a SHA-256 a line
"""

import hashlib
import resource
import subprocess
import sys
import threading
from typing import Final

MEMORY: Final = 400_000_000
SECONDS: Final = 5
MOST: Final = 20  # attachments
_AT_ONCE: Final = threading.BoundedSemaphore(2)


def hashes(data: bytes) -> set[str] | None:
    """The SHA-256 of each file attached to the PDF; None when nobody can tell within the bounds."""
    if not _AT_ONCE.acquire(timeout=SECONDS):
        return None
    try:
        done = subprocess.run(
            [sys.executable, "-I", __file__], input=data, capture_output=True, timeout=2 * SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    finally:
        _AT_ONCE.release()
    return set(done.stdout.decode("ascii").split()) if done.returncode == 0 else None


def _print() -> None:
    import io

    import pikepdf

    with pikepdf.open(io.BytesIO(sys.stdin.buffer.read())) as pdf:
        for name in list(pdf.attachments)[:MOST]:
            content = pdf.attachments[name].get_file().read_bytes()
            sys.stdout.write(hashlib.sha256(content).hexdigest() + "\n")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    _print()
