"""python -m tests.fuzz --inputs 200000 --seconds 1200: from_xml, rules, show, JSON and to_xml under a coverage-guided fuzzer.

A finding is any exception but NotReadable, a crash of the process, an input that takes more than 1 s of processor time, or
memory that grows by more than 200 MB; the input is kept in the folder that is named at the end. Atheris is not in the lock,
because it is not built for every Python: `pip install -e .[fuzz]` (CPython 3.11). Seeds: `mutations.seeds()`, and the
shortest messages that reached something new in earlier runs, in seeds/ (`--keep` chooses them anew).

| day | inputs | seconds | slowest | growth | certificates, acknowledgements, not readable | findings |
|---|---|---|---|---|---|---|
| 2026-11-24 | 250,000 | 911 | 0.09 s | 80 MB | 89,602, 4,771, 155,627 | none; before: a note without a subject was lost in JSON |
| 2026-11-24 | 120,000 | 614 | 0.09 s | 44 MB | 45,487, 450, 74,063 | none; by hand: very many attributes on one element took minutes, now refused |
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.target import put_through

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SEEDS = HERE / "seeds"
LONGEST = 40_000  # bytes of an input
KEPT = 150_000  # bytes of all kept seeds together


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.fuzz")
    options.add_argument("--inputs", type=int, default=200_000)
    options.add_argument("--seconds", type=int, default=1200)
    options.add_argument("--seed", type=int, default=0, help="of chance; 0: another one each time")
    options.add_argument("--keep", action="store_true", help="replace seeds/ by the best inputs of this run")
    chosen = options.parse_args()
    place = Path(tempfile.mkdtemp(prefix="gens-fuzz-"))
    corpus = place / "corpus"
    corpus.mkdir()
    write_seeds(corpus)
    limits = [f"-runs={chosen.inputs}", f"-max_total_time={chosen.seconds}", f"-seed={chosen.seed}"]
    done = harness(place, *limits, "-timeout=20", str(corpus), str(SEEDS))
    report(place, done)
    if chosen.keep and done == 0:
        keep(corpus)
    return done


def write_seeds(corpus: Path) -> None:
    code = (
        "import sys, pathlib, django; django.setup(); from tests.fuzz.mutations import seeds\n"
        "for name, data in seeds().items(): (pathlib.Path(sys.argv[1]) / name).write_bytes(data)"
    )
    subprocess.run([sys.executable, "-c", code, str(corpus)], check=True, cwd=ROOT, env=environment())


def harness(place: Path, *arguments: str) -> int:
    """Run the fuzzer in a process of its own, whose end, whatever it is, is an answer. Gives its exit code."""
    command = [sys.executable, "-m", "tests.fuzz.harness", str(place / "figures.json")]
    fixed = [f"-max_len={LONGEST}", f"-artifact_prefix={place}/", "-rss_limit_mb=1024", "-print_final_stats=1"]
    with (place / "log").open("ab") as log:
        done = subprocess.run(
            [*command, *fixed, *arguments], cwd=ROOT, env=environment(), stdout=log, stderr=log, check=False
        )
    return done.returncode


def environment() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "gens.settings", "PYTHONHASHSEED": "0"}


def report(place: Path, done: int) -> None:
    sheet = place / "figures.json"
    figures = json.loads(sheet.read_text(encoding="utf-8")) if sheet.exists() else {}
    for name, value in figures.items():
        print(f"{name:10} {value}")
    found = sorted(path.name for path in place.glob("*-*") if path.is_file())
    if done:
        print((place / "log").read_text(encoding="utf-8", errors="replace")[-3000:])
    print(f"ended with {done}; findings: {', '.join(found) or 'none'}; everything in {place}")


def keep(corpus: Path) -> None:
    """The shortest messages among the inputs that each reached something new, as many as may be kept."""
    reached = sorted((path.read_bytes() for path in corpus.iterdir()), key=len)
    for path in SEEDS.iterdir():
        path.unlink()
    total = 0
    for data in reached:
        if put_through(data) == "message" and (total := total + len(data)) <= KEPT:
            (SEEDS / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


if __name__ == "__main__":
    sys.exit(main())
