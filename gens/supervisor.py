"""Keeps the processes of the demo alive, and leaves none behind. Linux; standard library only."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

PATIENCE: Final = 10.0  # seconds that a child has to stop by itself
PR_SET_PDEATHSIG: Final = 1


class Children:
    """Child processes in groups of their own, logged to a folder, started again when they die."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder, self.environment = folder, dict(environment)
        self.commands: dict[str, Sequence[str]] = {}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.again: dict[str, tuple[float, float]] = {}  # name: (when, pause)
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[str]) -> None:
        self.commands[name] = command
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                process_group=0,
                preexec_fn=_die_with_parent,
            )
        self._note()

    def mend(self) -> list[str]:
        """Start dead children again, later each time; the names of those that died since the last call."""
        died = []
        now = time.monotonic()
        for name, process in self.running.items():
            if process.poll() is not None and name not in self.again:
                died.append(name)
                self.again[name] = (now + 1, 2)
        for name, (due, pause) in list(self.again.items()):
            if now >= due and self.running[name].poll() is not None:
                self.start(name, self.commands[name])
                self.again[name] = (now + pause, min(60, pause * 2))
            elif now >= due + pause:
                del self.again[name]
        return died

    def stop(self) -> None:
        """Ask every group to stop, then end what is left."""
        for process in self.running.values():
            _signal_group(process.pid, signal.SIGTERM)
        until = time.monotonic() + PATIENCE
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, until - time.monotonic()))
        for process in self.running.values():
            _signal_group(process.pid, signal.SIGKILL)
        (self.folder / "groups.json").unlink(missing_ok=True)

    def _note(self) -> None:
        """Write down which groups are ours, for the start after a kill -9."""
        groups = {name: process.pid for name, process in self.running.items()}
        part = self.folder / "groups.part"
        part.write_text(json.dumps(groups), encoding="utf-8")
        part.replace(self.folder / "groups.json")


def sweep(folder: Path, marker: str) -> None:
    """End what an earlier, killed start left behind: groups that were noted and still run our command line."""
    try:
        groups = json.loads((folder / "groups.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for group in groups.values():
        if any(_group_of(pid) == group for pid in _pids_with(marker)):
            _signal_group(group, signal.SIGKILL)


def _pids_with(marker: str) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if marker.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def _group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return -1


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _die_with_parent() -> None:
    """Ask the kernel to stop this child should the supervisor be killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(first: int) -> int:
    """The first free port from here on."""
    return next(port for port in range(first, 65_535) if is_free(port))
