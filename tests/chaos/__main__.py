"""python -m tests.chaos [--each 10000] [--minutes 90] [--kill-every 8] [--seed 1]: a table, and exit code 1 when anything is wrong."""

import argparse
import sys

from tests.chaos.world import World


def run(each: int, seconds: float, kill_every: float, seed: int) -> list[str]:
    """One run; what is wrong afterwards, nothing when all is well. Prints the table of what was survived."""
    world = World()
    try:
        import django

        django.setup()
        from django.core.management import call_command

        for alias in ("owner", "pilothub"):
            call_command("migrate", database=alias, verbosity=0)
        from codelists.loading import load
        from tests.chaos.controller import Controller

        load()
        found, told = Controller(world, each=each, seconds=seconds, kill_every=kill_every, seed=seed).run()
    finally:
        world.stop()
    print(f"{found.issued} certificates issued, {found.arrived} arrived, in {told.seconds:.0f} s")
    print(
        f"{told.presses} presses of Issue, {told.retries} retries by an officer, {found.sent_again} envelopes sent again"
    )
    for name, count in (*sorted(told.kills.items()), *sorted(found.faults.items())):
        print(f"{name:28}{count:8}")
    for words in found.wrong[:40]:
        print(f"WRONG: {words}")
    return found.wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--each", type=int, default=10_000, help="certificates of each of the two NPPOs")
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--kill-every", type=float, default=8, help="seconds, about")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    return 1 if run(options.each, options.minutes * 60, options.kill_every, options.seed) else 0


if __name__ == "__main__":
    sys.exit(main())
