"""Sending and receiving against bare loops of the same calls, to a pilot Hub in a process of its own. For __main__."""

import subprocess
import sys
import tempfile
import time
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


@contextmanager
def _hub(folder: Path) -> Iterator[Any]:
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

    with tempfile.TemporaryDirectory() as folder, _hub(Path(folder)) as hub:
        samoa, new_zealand = NppoFactory(code="LK"), NppoFactory(code="GH")
        connected = {}
        for nppo in (samoa, new_zealand):
            with acting_for(nppo.pk):
                connected[nppo.code] = hub.connect(nppo)
        content = _content(valid_document)
        client, receiver = hub.client("LK"), hub.client("GH")

        def bare_send() -> None:
            for number in range(ENVELOPES):
                client.validate_and_deliver(Header("LK", "GH", "851", "70", f"BARE-{number}"), content)

        def bare_receive() -> None:
            for header in receiver.import_headers():
                receiver.pull(header.tracking_number)
                receiver.acknowledge(header.tracking_number)

        sent_bare, got_bare = _each(bare_send), _each(bare_receive)
        _queue(connected["LK"], content)
        sent, got = _ours(samoa, new_zealand, connected)
        listed = _listing(receiver)
    return [
        (f"baseline: bare posts of {len(content) // 1000} kB", sent_bare, 1),
        ("sending", sent, sent / sent_bare),
        ("baseline: bare pull and acknowledge", got_bare, 1),
        ("receiving: store, judge, acknowledge, keep", got, got / got_bare),
        (f"listing {LISTED} waiting headers", listed, listed / sent_bare),
    ]


def _content(valid_document: Any) -> bytes:
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


def _queue(connection: Any, content: bytes) -> None:
    from gens.accounts.tenancy import acting_for
    from hubclient import outbox

    with acting_for(connection.nppo_id):
        for number in range(ENVELOPES):
            outbox.enqueue(
                connection, receiver="GH", certificate_type="851", certificate_status="70",
                certificate_number=f"WS-{number}", content=content.replace(b">WS-1<", b">WS-%d<" % number),
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


def _listing(receiver: Any) -> float:
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
    return time.perf_counter() - start
