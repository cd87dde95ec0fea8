"""Sending and receiving against bare loops of the same calls, to a pilot Hub in a process of its own. For __main__."""

import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ENVELOPES = 200
LISTED = 10_000
Row = tuple[str, float, float]
_HUB = """
import sys, django
from pathlib import Path
django.setup()
from django.db import connections
connections["pilothub"].settings_dict["NAME"] = sys.argv[2]
from hubclient.pilothub import server
hub = server.make(Path(sys.argv[1]))
print(hub.bind_addr[1], flush=True)
hub.serve()
"""


# A worker process: ready when it says so, at work from a line on, ended when there is nothing more to do.
_WORKER = """
import sys, django
django.setup()
from django.db import connections
connections["default"].settings_dict["NAME"] = sys.argv[1]
from certificates.tasks import receive
from hubclient.tasks import deliver_of
import logging; logging.getLogger("hubclient.calls").setLevel(logging.WARNING)
print("ready", flush=True)
sys.stdin.readline()
{"send": deliver_of, "receive": receive}[sys.argv[2]](int(sys.argv[3]), int(sys.argv[4]))
"""


@contextmanager
def hub_process(folder: Path) -> Iterator[Any]:
    """A pilot Hub on the databases of this run."""
    from django.db import connections

    from hubclient.pilothub import server
    from tests.hub_server import RunningHub

    name = connections["pilothub"].settings_dict["NAME"]
    process = subprocess.Popen([sys.executable, "-c", _HUB, str(folder), name], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield RunningHub(f"https://localhost:{process.stdout.readline().strip()}{server.PATH}", folder)
    finally:
        process.terminate()
        process.wait()


def _each(work: Callable[[], Any]) -> float:
    """Seconds for one of ENVELOPES."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) / ENVELOPES


def rows() -> list[Row]:
    """Seconds for one envelope, and how many times those of the bare loop; then a listing of very many headers."""
    from gens.accounts.tenancy import acting_for
    from hubclient.soap import Header
    from tests.factories import NppoFactory, valid_document

    with tempfile.TemporaryDirectory() as folder, hub_process(Path(folder)) as hub:
        samoa, new_zealand = NppoFactory(code="LK"), NppoFactory(code="GH")
        connected = {}
        for nppo in (samoa, new_zealand):
            with acting_for(nppo.pk):
                connected[nppo.code] = hub.connect(nppo)
        content = content_of(valid_document)
        client, receiver = hub.client("LK"), hub.client("GH")

        def bare_send() -> None:
            for number in range(ENVELOPES):
                client.validate_and_deliver(Header("LK", "GH", "851", "70", f"BARE-{number}"), content)

        def bare_receive() -> None:
            for header in receiver.import_headers():
                receiver.pull(header.tracking_number)
                receiver.acknowledge(header.tracking_number)

        sent_bare, got_bare = _each(bare_send), _each(bare_receive)
        _queue(connected["LK"], content, "WS")
        sent, got = _ours(samoa, new_zealand, connected)
        _queue(connected["LK"], content, "TWO")
        two = [_at_once(step, connected[code]) for step, code in (("send", "LK"), ("receive", "GH"))]
        listed, peak = _listing(receiver)
    return [
        (f"baseline: bare posts of {len(content) // 1000} kB", sent_bare, 1),
        ("sending, times as fast", sent, sent_bare / sent),
        ("sending by two workers", two[0], sent_bare / two[0]),
        ("baseline: bare pull and acknowledge", got_bare, 1),
        ("receiving: store, judge, acknowledge, keep", got, got_bare / got),
        ("receiving by two workers", two[1], got_bare / two[1]),
        (f"listing {LISTED} waiting headers, {peak / 1e6:.0f} MB at the peak", listed, listed / sent_bare),
    ]


def _at_once(step: str, connection: Any) -> float:
    """Seconds an envelope when two processes do this step for one connection."""
    from django.db import connections

    name = connections["default"].settings_dict["NAME"]
    command = [sys.executable, "-c", _WORKER, name, step, str(connection.pk), str(connection.nppo_id)]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) for _ in range(2)
    ]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"

    start = time.perf_counter()
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("go\n")
    for worker in workers:
        assert worker.wait() == 0
    return (time.perf_counter() - start) / ENVELOPES


def content_of(valid_document: Any) -> bytes:
    from certificates.ephyto.document import Note
    from certificates.ephyto.xml import to_xml

    filled = {
        "number": "WS-1",
        "issued": "2026-07-15T10:42:00+13:00",
        "issuer": "NPPO",
        "place_of_issue": "Apia",
        "officer": "S",
    }
    return to_xml(valid_document(notes=(Note("ADEDL", "Inspected. " * 1500, "en"),), **filled), {})


def _queue(connection: Any, content: bytes, series: str) -> None:
    from gens.accounts.tenancy import acting_for
    from hubclient import outbox

    with acting_for(connection.nppo_id):
        for number in range(ENVELOPES):
            outbox.enqueue(
                connection, receiver="GH", certificate_type="851", certificate_status="70",
                certificate_number=f"{series}-{number}",
                content=content.replace(b">WS-1<", f">{series}-{number}<".encode()),
            )  # fmt: skip


def _ours(samoa: Any, new_zealand: Any, connected: dict[str, Any]) -> tuple[float, float]:
    from certificates import tasks
    from certificates.models import Certificate
    from gens.accounts.tenancy import acting_for
    from hubclient import tasks as hub_tasks

    sent = _each(lambda: hub_tasks.deliver_of(connected["LK"].pk, samoa.pk))
    got = _each(lambda: tasks.receive(connected["GH"].pk, new_zealand.pk))
    with acting_for(new_zealand.pk):
        assert Certificate.objects.count() == ENVELOPES
    return sent, got


def _listing(receiver: Any) -> tuple[float, int]:
    """Seconds, and the peak in bytes of what Python allocates meanwhile, in a second listing."""
    from hubclient.pilothub.models import HeldEnvelope

    common = {
        "sender": "LK",
        "receiver": "GH",
        "certificate_type": "851",
        "certificate_status": "70",
        "content": "<a/>",
    }
    HeldEnvelope.objects.bulk_create(
        HeldEnvelope(number=f"L-{n}", tracking_number=f"00000000-0000-0000-0000-{n:012}", **common)
        for n in range(LISTED)
    )
    start = time.perf_counter()
    assert len(receiver.import_headers()) >= LISTED
    taken = time.perf_counter() - start
    tracemalloc.start()
    receiver.import_headers()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return taken, peak
