"""The process that atheris runs in: python -m tests.fuzz.harness SHEET [options of libFuzzer] CORPUS. See __main__."""

import json
import random
import resource
import sys
import time
import zlib
from collections import Counter
from pathlib import Path

import atheris
import django

with atheris.instrument_imports(include=["certificates.ephyto"], enable_loader_override=False):
    import certificates.ephyto.rules
    import certificates.ephyto.xml  # noqa: F401

django.setup()  # the seeds are made with the tests' factories

from certificates.ephyto.xml import DEFAULT_LIMITS  # noqa: E402
from tests.fuzz.mutations import mutated  # noqa: E402
from tests.fuzz.target import TIGHT, put_through  # noqa: E402

SECONDS, MEGABYTES = 1, 200  # the most that one input may take, and that all may add to the memory of the process


class Sheet:
    """What was counted, written to a file now and then: libFuzzer ends the process without a word to Python."""

    def __init__(self, path: Path) -> None:
        self.path, self.count, self.outcomes = path, 0, Counter[str]()
        self.slowest, self.at_start, self.start = 0.0, memory(), time.monotonic()

    def one(self, data: bytes) -> None:
        """Put it through. What takes too long or too much raises, so that libFuzzer keeps the input."""
        began = time.process_time()  # of this process: other programs on the machine take no part
        outcome = put_through(data, TIGHT if zlib.crc32(data) % 4 == 0 else DEFAULT_LIMITS)
        taken = time.process_time() - began
        self.count += 1
        self.outcomes[outcome] += 1
        self.slowest = max(self.slowest, taken)
        if self.count % 100 == 0:
            self.write()
        assert outcome != "silent", "refused without a word"
        assert taken <= SECONDS, f"{taken:.2f} s"
        assert memory() - self.at_start <= MEGABYTES, f"{memory() - self.at_start} MB more than at the start"

    def write(self) -> None:
        figures = {
            "inputs": self.count,
            "seconds": round(time.monotonic() - self.start),
            "slowest": self.slowest,
            "memory": memory() - self.at_start,
            "outcomes": dict(self.outcomes),
        }
        self.path.write_text(json.dumps(figures), encoding="utf-8")


def memory() -> int:
    """The most that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def mutator(data: bytes, max_size: int, seed: int) -> bytes:
    """Mostly a mutation that knows XML, sometimes one of libFuzzer's own."""
    chance = random.Random(seed)
    if chance.random() < 0.2:
        return bytes(atheris.Mutate(data, max_size))
    return mutated(data, chance)[:max_size]


def main() -> None:
    sheet = Sheet(Path(sys.argv[1]))
    atheris.Setup([sys.argv[0], *sys.argv[2:]], sheet.one, custom_mutator=mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
