"""EPPO's file of 100,000 plants with 600,000 names: how long loading takes and what it holds; then how fast look-up is.

rows() is for __main__; `python -m tests.benchmarks.lists FILE` is the process that loads.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks import figures

ROOT = Path(__file__).resolve().parent.parent.parent
PLANTS = 100_000
ASKED = 400  # look-ups of each kind
Row = tuple[str, float, float, float]  # what, median and p95 in seconds, ratio of p95 to the baseline's
BARE = (
    "SELECT code_id FROM codelists_codename WHERE list = 'taxon' AND folded ~>=~ %s AND folded ~<~ %s"
    " ORDER BY folded USING ~<~ LIMIT 12"
)


def load() -> str:
    """Load the composed file in a process of its own; a line that tells."""
    from django.db import connection

    from tests.codelists.composing import eppo_file

    said = connection.settings_dict
    url = f"postgresql://{said['USER']}:{said['PASSWORD']}@{said['HOST']}:{said['PORT']}/{said['NAME']}"
    if str(said["HOST"]).startswith("/"):
        url = f"postgresql://{said['USER']}@/{said['NAME']}?host={said['HOST']}"
    with tempfile.TemporaryDirectory() as folder:
        file = eppo_file(Path(folder) / "eppo.xml", PLANTS)
        command = [sys.executable, "-m", "tests.benchmarks.lists", str(file)]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | {"DATABASE_URL": url}, capture_output=True, check=True
        )
    seconds, peak = json.loads(done.stdout)
    return (
        f"loading {PLANTS:,} plants with {6 * PLANTS:,} names: {seconds:.1f} s, peak of the process {peak / 1e6:.0f} MB"
    )


def rows() -> list[Row]:
    from django.db import connection, connections

    from codelists import lookup
    from codelists.folding import fold
    from tests.codelists.composing import plants

    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE codelists_codename")  # as PostgreSQL does by itself within a minute
    chance = random.Random(3)
    spoken = [fold(name) for _code, names in plants(2000) for _language, _preferred, name in names]

    def bare(text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(BARE, [text, text + "\U0010ffff"])
            cursor.fetchall()

    def mistyped(name: str) -> str:
        return name[:3] + "q" + name[4:]

    words = [chance.choice(spoken) for _ in range(ASKED)]
    asked: list[tuple[str, Callable[[str], Any], list[str]]] = [
        ("baseline: a bare prefix query, 4 letters", bare, [word[:4] for word in words]),
        *((f"look-up, {n} letters", _find(lookup), [word[:n] for word in words]) for n in (1, 2, 3, 4, 8)),
        ("look-up, the second word", _find(lookup), [word.split()[1][:4] for word in words]),
        ("look-up, whole name with a wrong letter", _find(lookup), [mistyped(word) for word in words]),
        ("look-up, nothing alike", _find(lookup), [f"zzqx{n}wwv" for n in range(ASKED)]),
    ]
    found, base = [], 0.0
    for name, ask, texts in asked:
        median, p95 = figures([_seconds(ask, text) for text in texts])
        base = base or p95
        found.append((name, median, p95, p95 / base))
    return found


def _find(lookup: Any) -> Callable[[str], Any]:
    return lambda text: lookup.find("taxon", text)


def _seconds(ask: Callable[[str], Any], text: str) -> float:
    start = time.perf_counter()
    ask(text)
    return time.perf_counter() - start


def show() -> None:
    print(f"\n{load()}\n{'':56}{'median':>12}{'p95':>12}{'ratio':>8}", flush=True)
    for name, median, p95, ratio in rows():
        print(f"{name:56}{median * 1000:9.2f} ms{p95 * 1000:9.2f} ms{ratio:8.1f}", flush=True)


def main() -> None:
    """The process that loads: seconds and the most it ever held."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gens.settings")
    import django

    django.setup()
    from codelists import eppo
    from tests.benchmarks.memory import held

    start = time.perf_counter()
    eppo.load(Path(sys.argv[1]), by_name="benchmark")
    print(json.dumps([time.perf_counter() - start, held()]))


if __name__ == "__main__":
    main()
