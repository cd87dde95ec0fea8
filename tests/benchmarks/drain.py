"""The world's load, 100,000 envelopes a day: how many hours one small installation needs, from a measured 10 minutes.

`python -m tests.benchmarks drain [MINUTES]`. A sender and a receiver, a process each, and the Hub share this machine.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

A_DAY = 100_000
AHEAD = 500  # envelopes that wait to be sent
_WORKER = """
import sys, time, django
django.setup()
from django.db import connections
connections["default"].settings_dict["NAME"] = sys.argv[1]
from certificates.tasks import receive
from hubclient.tasks import deliver_of, track_of
import logging; logging.getLogger("hubclient.calls").setLevel(logging.WARNING)
end = time.monotonic() + float(sys.argv[5])
steps = {"send": (deliver_of, track_of), "receive": (receive,)}[sys.argv[2]]
while time.monotonic() < end:
    for step in steps:
        step(int(sys.argv[3]), int(sys.argv[4]))
    time.sleep(0.05)
"""


def run() -> None:
    minutes = float(next((word for word in sys.argv[2:] if word[0].isdigit()), 10))
    arrived, delivered, waiting = _measured(minutes * 60)
    rate = arrived / (minutes * 60)
    print(
        f"\n{minutes:g} minutes: {arrived} arrived ({rate:.1f}/s), {delivered} known as delivered, {waiting} on the way"
    )
    print(f"{A_DAY} envelopes: {A_DAY / rate / 3600:.1f} hours")


def _measured(seconds: float) -> tuple[int, int, int]:
    from certificates.models import Certificate
    from gens.accounts.tenancy import acting_for
    from hubclient.models import Envelope
    from tests.benchmarks.exchange import content_of, hub_process
    from tests.factories import NppoFactory, valid_document

    sides = [NppoFactory(code="LK"), NppoFactory(code="GH")]
    with tempfile.TemporaryDirectory() as folder, hub_process(Path(folder)) as hub:
        accounts = []
        for nppo in sides:
            with acting_for(nppo.pk):
                accounts.append(hub.connect(nppo))
        workers = [_worker(step, account, seconds) for step, account in zip(("send", "receive"), accounts, strict=True)]
        _feed(accounts[0], content_of(valid_document), workers)
    with acting_for(sides[1].pk):
        arrived = Certificate.objects.count()
    with acting_for(sides[0].pk):
        out = Envelope.objects.filter(is_incoming=False)
        delivered = out.filter(state=Envelope.State.DELIVERED).count()
        return arrived, delivered, out.filter(sent_at__isnull=False).count() - delivered


def _worker(step: str, account: Any, seconds: float) -> subprocess.Popen[bytes]:
    from django.db import connections

    known = [connections["default"].settings_dict["NAME"], step, str(account.pk), str(account.nppo_id), str(seconds)]
    return subprocess.Popen([sys.executable, "-c", _WORKER, *known])


def _feed(account: Any, content: bytes, workers: list[subprocess.Popen[bytes]]) -> None:
    """Keep AHEAD envelopes waiting for as long as the workers live."""
    from gens.accounts.tenancy import acting_for
    from hubclient import outbox
    from hubclient.models import Envelope

    last = 0
    while any(worker.poll() is None for worker in workers):
        with acting_for(account.nppo_id):
            waiting = Envelope.objects.filter(is_incoming=False, state=Envelope.State.WAITING).count()
            first, last = last + 1, last + AHEAD - waiting
            for number in range(first, last + 1):
                outbox.enqueue(
                    account, receiver="GH", certificate_type="851", certificate_status="70",
                    certificate_number=f"D-{number}", content=content.replace(b">WS-1<", f">D-{number}<".encode()),
                )  # fmt: skip
        time.sleep(1)
