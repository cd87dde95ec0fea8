"""The chaos run, small: 300 certificates through a Hub that misbehaves while everything is killed. See tests/chaos."""

import re
import subprocess
import sys

from tests.conftest import ROOT


def test_every_certificate_arrives_exactly_once_whatever_is_killed() -> None:
    command = [sys.executable, "-m", "tests.chaos", "--each", "150", "--minutes", "15", "--kill-every", "8"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("300 certificates issued, 300 arrived")
    survived = dict(re.findall(r"^(\w+) +(\d+)$", done.stdout, re.MULTILINE))
    assert survived["database"] == "1"
    assert {"web", "worker", "bad_gateway", "reset_answer", "unknown_tracking", "not_exists"} <= survived.keys()
