"""First run: every hindrance is one plain sentence with what to do, and an exit code; never a traceback."""

import ast
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from gens import bootstrap, embedded, supervisor

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k not in ("GENS_LOCAL", "GENS_NO_BOOTSTRAP")}
    return subprocess.run(
        arguments, cwd=cwd, env=clean | environment, capture_output=True, text=True, check=False, timeout=300
    )


def plain(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence that was said. No traceback, and not success."""
    assert done.returncode not in (0, None)
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr.strip()


@pytest.mark.parametrize("name", ["manage.py", "gens/bootstrap.py"])
def test_an_old_python_can_read_what_must_tell_it(name: str) -> None:
    parsed = ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 5))
    assert parsed.body


def test_an_old_python_is_told_what_to_do() -> None:
    with pytest.raises(bootstrap.Problem, match=r"needs Python 3\.11 or newer and this is Python 3\.9"):
        bootstrap.check_python((3, 9, 18))
    bootstrap.check_python((3, 11, 2))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout without .venv, outside a virtual environment."""
    place = tmp_path / "gens"
    shutil.copytree(ROOT, place, ignore=shutil.ignore_patterns(".venv", ".local", ".git", "tests", "*cache*", "*.ttf"))
    return place


def outside_python() -> str:
    """The interpreter that made this virtual environment."""
    return os.path.realpath(sys.executable)


def test_no_network_is_one_sentence(copy: Path) -> None:
    (copy / "deploy/system-packages.txt").write_text("[run]\n", encoding="utf-8")
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "PIP_NO_CACHE_DIR": "1", "PIP_RETRIES": "0", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "https://127.0.0.1:9/simple"}  # fmt: skip
    said = plain(run(outside_python(), "manage.py", "demo", cwd=copy, **nowhere))
    assert "could not be installed" in said
    assert "check the network" in said
    assert len(said.splitlines()) == 1
    again = plain(run(outside_python(), "manage.py", "demo", cwd=copy, **nowhere))
    assert again == said  # an interrupted install is not trusted


def test_no_disk_space_is_one_sentence(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ROOM", 10**18)
    with pytest.raises(bootstrap.Problem, match="too little disk space"):
        bootstrap._check_room()


def test_not_root_is_told_the_one_command(copy: Path) -> None:
    (copy / "deploy/system-packages.txt").write_text("[run]\nno-such-package\n", encoding="utf-8")
    for path in (copy, *copy.parents):
        if path != Path("/") and path.stat().st_uid == 0:
            path.chmod(path.stat().st_mode | 0o055)
    shutil.chown(copy, "nobody")
    said = plain(run("setpriv", "--reuid=nobody", "--clear-groups", "/usr/bin/python3", "manage.py", "demo", cwd=copy))
    assert said == (
        "GeNS needs system packages; install them with: sudo apt-get update && "
        "sudo apt-get install -y --no-install-recommends no-such-package"
    )


def test_other_commands_use_the_interpreter_they_are_given(copy: Path) -> None:
    done = run(sys.executable, "manage.py", "check", cwd=copy)
    assert not (copy / ".venv").exists()
    assert done.returncode == 0, done.stderr


def test_lists_of_system_packages_by_command() -> None:
    assert "chromium" in bootstrap.wanted_packages("test")
    assert "chromium" not in bootstrap.wanted_packages("demo")
    assert "python3-venv" in bootstrap.wanted_packages("demo")


class Demo:
    """A demo in a folder of its own."""

    def __init__(self, local: Path, *arguments: str) -> None:
        environment = {
            k: v for k, v in os.environ.items() if not k.startswith(("DATABASE", "PILOTHUB", "GENS", "SECRET"))
        }
        self.local, self.said = local, local.with_suffix(".said")
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", "--no-input", *arguments],
                cwd=ROOT, env=environment | {"GENS_LOCAL": str(local)}, stdout=out, stderr=out, process_group=0,
            )  # fmt: skip

    def address(self, seconds: int = 240) -> str:
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            for word in self.said.read_text().split():
                if word.startswith("http://localhost"):
                    return word
            time.sleep(0.1)
        raise AssertionError(self.said.read_text())

    def pids(self) -> dict[str, int]:
        import json

        found: dict[str, int] = json.loads((self.local / "log/groups.json").read_text())
        return found

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)


def alive(local: Path) -> list[str]:
    """Command lines of processes that belong to a folder, by command line or environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(local).encode() in text and int(entry.name) != os.getpid():
            found.append((entry / "cmdline").read_text().replace("\0", " "))
    return found


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address + "healthz", timeout=2) as response:
            return bool(response.read() == b"ok")
    except OSError:
        return False


def until(true: object, seconds: float = 40) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.2)
    return False


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[list[Demo]]:
    started: list[Demo] = []
    yield started
    for demo in started:
        if demo.process.poll() is None:
            demo.process.kill()
        supervisor.sweep(demo.local / "log", str(ROOT))
        embedded.stop(demo.local)


def test_the_demo_starts_survives_and_leaves_nothing_behind(demos: list[Demo], tmp_path: Path) -> None:
    first = Demo(tmp_path / "one")
    demos.append(first)
    address = first.address()
    assert answers(address)

    second = run(sys.executable, "manage.py", "demo", GENS_LOCAL=str(first.local))
    assert f"already runs at {address}" in plain(second)

    other = Demo(tmp_path / "two")
    demos.append(other)
    assert other.address() != address  # two demos do not collide
    assert other.stop() == 0

    for name, pid in first.pids().items():  # every part may be killed
        os.killpg(pid, signal.SIGKILL)
        assert until(lambda name=name, pid=pid: first.pids()[name] != pid), name
    assert until(lambda: answers(address))

    assert first.stop() == 0
    assert until(lambda: alive(first.local) == []), alive(first.local)

    again = Demo(tmp_path / "one")
    demos.append(again)
    assert again.address() == address
    again.process.kill()  # kill -9 of the demo itself
    assert until(lambda: not answers(address))
    last = Demo(tmp_path / "one")
    demos.append(last)
    assert last.address() == address
    assert last.stop() == 0


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = plain(run(sys.executable, "manage.py", "demo", "--port", port, GENS_LOCAL=str(tmp_path / "d")))
    assert said == f"Port {port} is in use: choose another with --port, or leave --port away."


def test_a_postgresql_killed_hard_starts_again_with_its_data(tmp_path: Path) -> None:
    import psycopg

    local = tmp_path / ("a-very-long-folder-name-" * 4)  # longer than a socket's path may be
    urls = embedded.ensure_running(local)
    try:
        with psycopg.connect(urls.owner) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
        pid = int((local / "postgres/postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        urls = embedded.ensure_running(local)
        with psycopg.connect(urls.owner) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (1,)
            role = connection.execute("SELECT rolsuper, rolinherit FROM pg_roles WHERE rolname = 'gens_app'").fetchone()
        assert role == (False, False)
    finally:
        embedded.stop(local)
    assert not (local / "postgres/postmaster.pid").exists()


def test_a_database_that_is_not_there_is_one_sentence() -> None:
    done = run(sys.executable, "manage.py", "prepare_database", "postgresql://nobody@127.0.0.1:1/x")
    assert "No connection to PostgreSQL" in plain(done)
