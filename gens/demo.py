"""`manage.py demo`: database, pilot Hub, worker with beat and web server, with data to play with. Ctrl-C stops it all."""

import argparse
import fcntl
import json
import os
import shutil
import signal
import sys
import time
import urllib.request
from pathlib import Path
from typing import IO, Any, Final

from gens import embedded, supervisor

ROOT: Final = Path(__file__).resolve().parent.parent
WEB, HUB, CONSOLE = 8000, 8443, 8444


class Problem(Exception):
    """The demo cannot start; the text says what to do."""


def run(arguments: list[str]) -> int:
    """Exit status. Every problem is one plain sentence."""
    options = _parsed(arguments)
    local = Path(os.environ.get("GENS_LOCAL") or ROOT / ".local")
    try:
        local.mkdir(parents=True, exist_ok=True)
        with _locked(local):
            return _run(options, local)
    except (Problem, embedded.DatabaseProblem) as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 1
    except OSError as error:
        words = f"The demo cannot work in {local}: {error.strerror}. Free disk space or check its rights."
        print(words, file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py demo", description=__doc__)
    parser.add_argument("--port", type=int, help=f"port of the web server (default: {WEB} or the next free one)")
    parser.add_argument("--reset", action="store_true", help="delete the demo's data and start over")
    parser.add_argument("--no-input", action="store_true", help="ask nothing")
    return parser.parse_args(arguments)


def _locked(local: Path) -> IO[str]:
    """The lock of this checkout's demo; the kernel frees it however we end."""
    file = (local / "demo.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        state = _state(local)
        raise Problem(
            f"The demo of this folder already runs at http://localhost:{state.get('web', WEB)}/ "
            f"(process {state.get('pid', '?')}): use it, or stop it first."
        ) from None
    return file


def _state(local: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((local / "demo.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _run(options: argparse.Namespace, local: Path) -> int:
    supervisor.sweep(local / "log", str(ROOT))
    if options.reset:
        _reset(options, local)
    web, hub, console = _ports(options, local)
    state = {"web": web, "hub": hub, "console": console, "pid": os.getpid()}
    (local / "demo.json").write_text(json.dumps(state), encoding="utf-8")
    os.environ.setdefault("PUBLIC_URL", f"http://localhost:{web}")
    _prepare(local, hub)
    children = supervisor.Children(local / "log", os.environ)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _start(children, web, hub, console)
        _wait_for(f"http://127.0.0.1:{web}/healthz")
        from certificates import demo, demo_abroad

        _say(f"\nGeNS runs at http://localhost:{web}/  (Ctrl-C stops it)\nChoose there who you are.")
        _say(
            f"The pilot Hub is at port {hub}; its console at http://localhost:{console}/ (login demo, password {demo.PASSWORD})."
        )
        is_sent = is_decided = False
        while True:
            time.sleep(0.5)
            is_sent = is_sent or demo_abroad.send(_endpoint(hub))
            is_decided = is_decided or demo.decide()
            for name in children.mend():
                _say(f"{name} stopped and is started again; see {local / 'log' / name}.log")
    except KeyboardInterrupt:
        return 0
    finally:
        children.stop()
        if "DATABASE_URL" not in os.environ:
            embedded.stop(local)


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201


def _reset(options: argparse.Namespace, local: Path) -> None:
    if not options.no_input and input("Delete all data of the demo and start over? [y/N] ").strip().lower() not in (
        "y",
        "yes",
    ):
        raise Problem("Nothing was deleted.")
    embedded.remove(local)
    for name in ("pilothub", "seal-keys", "broker", "broker-control", "log"):
        shutil.rmtree(local / name, ignore_errors=True)
    for name in ("demo.json", "beat-schedule"):
        (local / name).unlink(missing_ok=True)


def _ports(options: argparse.Namespace, local: Path) -> tuple[int, int, int]:
    """Of web server, Hub and console. One that was asked for must be free; others are those of the last start, or the
    next free ones.
    """
    if options.port is not None and not supervisor.is_free(options.port):
        raise Problem(f"Port {options.port} is in use: choose another with --port, or leave --port away.")
    last = _state(local)
    web = options.port or supervisor.free_port(last.get("web", WEB))
    hub = last.get("hub", 0)  # the connections remember it: another port is written to them
    hub = hub if hub and supervisor.is_free(hub) else supervisor.free_port(HUB)
    console = supervisor.free_port(last.get("console", CONSOLE))
    return web, hub, console if console != hub else supervisor.free_port(hub + 1)


def _prepare(local: Path, hub: int) -> None:
    """Database, migrations, code lists, people and certificates."""
    os.environ.update(GENS_DEMO="true", GENS_LOCAL=str(local))
    if "DATABASE_URL" not in os.environ:
        _say("Starting the database")
        embedded.ensure_running(local)
    import django

    django.setup()
    from django.core.management import call_command

    for alias in ("owner", "pilothub"):
        call_command("migrate", database=alias, verbosity=0)
    from certificates import demo
    from codelists.loading import load

    load()
    (local / "static").mkdir(exist_ok=True)
    _say("Making people and certificates")
    demo.load(_endpoint(hub))


def _endpoint(port: int) -> str:
    return f"https://localhost:{port}/hub/DeliveryService"


def _start(children: supervisor.Children, web: int, hub: int, console: int) -> None:
    manage = [sys.executable, str(ROOT / "manage.py")]
    os.chdir(ROOT)
    children.start("pilothub", [*manage, "pilothub", "--port", str(hub)])
    children.start("console", [*manage, "pilothub", "console", "--console-port", str(console)])
    worker = ["-m", "celery", "--app", "gens.celery", "--workdir", str(ROOT), "worker", "--beat", "--concurrency", "2"]
    children.start("worker", [sys.executable, *worker, "--loglevel", "WARNING"])
    children.start("web", [*manage, "serve", "--port", str(web)])


def _wait_for(url: str) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  our own address
                return
        except OSError:
            time.sleep(0.1)
    raise Problem("The web server did not answer; see .local/log/web.log.")
