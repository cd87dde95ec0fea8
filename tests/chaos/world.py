"""The installation of a chaos run: a folder with its database, its broker and its processes. Import it before Django."""

import os
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from gens import embedded, supervisor

ROOT: Final = Path(__file__).resolve().parent.parent.parent
PASSWORD: Final = "Chaos-2026-only"
# For each code of an operation's kind: faults, and in how many per cent of the calls each strikes (a fifth together).
RATES: Final = {
    "ValidateAndDeliverEnvelope": {
        "reset_without_queueing": 5, "reset_after_queueing": 5, "bad_gateway": 3, "method_not_allowed": 2, "forbidden": 1,
        "fault": 1, "failed_delivery": 1, "pending_for_days": 2,
    },
    "PULLSingleImportEnvelope": {"pull_fails": 7, "bad_gateway": 5, "reset_answer": 5, "shuffled_children": 3},
    "AcknowledgeEnvelopeReceipt": {"lost_acknowledgement": 7, "reset_answer": 7, "bad_gateway": 4, "method_not_allowed": 2},
    "AdvancedAcknowledgeEnvelopeReceipt": {"lost_acknowledgement": 10, "reset_answer": 10},
    "GetEnvelopeTrackingInfo": {"not_exists": 7, "unknown_tracking": 7, "bad_gateway": 3, "reset_answer": 3},
    "GetImportEnvelopeHeaders": {"single_item": 4, "empty_list": 4, "duplicate_header": 4, "newest_first": 4, "bad_gateway": 4},
    "GetUnderDeliveryEnvelope": {"single_item": 4, "absent_list": 4, "duplicate_header": 4, "shuffled_children": 4,
                                 "bad_gateway": 4},
}  # fmt: skip


class World:
    """Where it lives and what runs. Ports are free ones."""

    def __init__(self) -> None:
        self.local = Path(tempfile.mkdtemp(prefix="gens-chaos-"))
        self.web, self.hub = supervisor.free_port(8100), supervisor.free_port(8600)
        self.url = f"http://localhost:{self.web}"
        os.environ.update(
            GENS_LOCAL=str(self.local), GENS_DEMO="false", BEHIND_TLS="false", SECRET_KEY="chaos", SWEEP_SECONDS="2",
            HUBCLIENT_LOOK_SECONDS="4", HUBCLIENT_TIMEOUT_SECONDS="5", DJANGO_SETTINGS_MODULE="gens.settings",
        )  # fmt: skip
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "PILOTHUB_DATABASE_URL"):
            os.environ.pop(name, None)
        embedded.ensure_running(self.local)
        self.children = supervisor.Children(self.local / "log", os.environ)
        self.commands = self._commands()

    def _commands(self) -> dict[str, list[str]]:
        manage = [sys.executable, str(ROOT / "manage.py")]
        celery = [
            sys.executable,
            "-m",
            "celery",
            "--app",
            "tests.chaos.worker",
            "--workdir",
            str(ROOT),
            "worker",
            "--beat",
        ]
        return {
            "hub": [*manage, "pilothub", "--port", str(self.hub)],
            "web": [*manage, "serve", "--port", str(self.web)],
            "worker": [*celery, "--concurrency", "4", "--loglevel", "WARNING", "-Q", "celery"],
        }

    def start(self, name: str) -> None:
        self.children.start(name, self.commands[name])

    def kill(self, name: str) -> None:
        """SIGKILL to the process and all its children, and another in its place."""
        process = self.children.running[name]
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.start(name)

    def crash_database(self) -> None:
        """PostgreSQL is told to stop at once, as after a power cut, and starts again from its log."""
        pid_file = self.local / "postgres" / "postmaster.pid"
        os.kill(int(pid_file.read_text(encoding="utf-8").split()[0]), signal.SIGQUIT)
        while pid_file.exists():
            time.sleep(0.1)
        embedded.ensure_running(self.local)

    def stop(self) -> None:
        self.children.stop()
        embedded.remove(self.local)
