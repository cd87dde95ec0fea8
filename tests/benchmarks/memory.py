"""Peak memory of reading and judging a message of 10 MB, as a multiple of its size. Each figure from a process of its own.

rows() is for __main__; `python -m tests.benchmarks.memory SHAPE` is the process that is measured.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from certificates.ephyto.document import Attachment, Document, Measure, Note, Origin, Package, Text, TradeLine

ROOT = Path(__file__).resolve().parent.parent.parent
SIZE = 10_000_000  # bytes; just below it
AIM = 6  # times the size
Row = tuple[str, int, float]  # what, peak in bytes, multiple of the message's size


def attachment() -> tuple[Document, dict[str, bytes]]:
    """One file that fills the message."""
    data = bytes(range(256)) * (SIZE * 3 // 4 // 256 - 20)
    sha256 = hashlib.sha256(data).hexdigest()
    return Document(attachments=(Attachment(sha256=sha256, filename="a.pdf", kind="ZZZ", number="1"),)), {sha256: data}


def lines() -> tuple[Document, dict[str, bytes]]:
    """Commodity lines with what a usual line says."""
    line = TradeLine(
        descriptions=(Text("Taro, fresh corms", "en"),),
        common_names=(Text("Taro", "en"),),
        scientific_names=(Text("Colocasia esculenta"),),
        net_weight=Measure("12400", "KGM"),
        packages=(Package("4", "BG", "620"),),
        origins=(Origin(areas=("Aleipata, Upolu",)),),
        notes=(Note("ADTLIL", "Inspected and found free from Papuana uninodis", "en"),),
    )
    return Document(lines=(line,) * 10_500), {}


def notes() -> tuple[Document, dict[str, bytes]]:
    """Additional declarations of a sentence each."""
    return Document(notes=(Note("ADEDL", "Inspected and found free from Papuana uninodis.", "en"),) * 60_000), {}


def unknown() -> tuple[Document, dict[str, bytes]]:
    """Elements that no field holds: the worst for a reader that loses nothing."""
    return notes()[0], {}


SHAPES: dict[str, Callable[[], tuple[Document, dict[str, bytes]]]] = {
    "one attachment": attachment,
    "10,500 lines": lines,
    "60,000 notes": notes,
    "180,000 elements unknown to us": unknown,
}


def message(shape: str) -> bytes:
    from certificates.ephyto.xml import to_xml

    data = to_xml(*SHAPES[shape]())
    return data.replace(b"IncludedSPSNote", b"UnknownSPSNote_") if shape.startswith("180") else data


def rows() -> list[Row]:
    """For each shape: what it is, the peak in bytes above what the process held before it had the message, the multiple."""
    found = []
    for shape in SHAPES:
        data = message(shape)
        command = [sys.executable, "-m", "tests.benchmarks.memory", shape]
        done = subprocess.run(command, cwd=ROOT, input=data, capture_output=True, check=True)
        peak = json.loads(done.stdout)
        found.append((f"peak memory, {shape} ({len(data) / 1e6:.1f} MB)", peak, peak / len(data)))
    return found


def held() -> int:
    """The most that this process ever held, in bytes. Linux's ru_maxrss would count what its parent held too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _measure() -> None:
    """Read and judge what comes in; the import and a first small message are no part of it."""
    from certificates.ephyto import rules
    from certificates.ephyto.xml import Message, NotReadable, from_xml, to_xml

    def judge(data: bytes) -> None:
        try:
            read = from_xml(data)
        except NotReadable:  # so much that nobody knows is refused, at the end
            return
        assert isinstance(read, Message)
        rules.problems(read.document, "hub")
        rules.problems(read.document, "received")

    judge(to_xml(Document(), {}))
    before = held()
    judge(sys.stdin.buffer.read())
    print(held() - before)


def main() -> None:
    if len(sys.argv) > 1:
        _measure()
        return
    for name, peak, multiple in rows():
        print(f"{name:60}{peak / 1e6:9.1f} MB{multiple:8.1f}{'' if multiple <= AIM else '  above the aim'}")


if __name__ == "__main__":
    main()
