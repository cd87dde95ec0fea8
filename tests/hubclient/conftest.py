"""What the tests of the Hub's client share."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gens.accounts.tenancy import acting_for
from tests.factories import NppoFactory
from tests.hub_server import start_hub
from tests.hubclient.scripted import Scripted
from tests.hubclient.sending import World


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Scripted]:
    scripted = Scripted(tmp_path)
    thread = threading.Thread(target=scripted.serve, daemon=True)
    thread.start()
    yield scripted
    scripted.silence.set()
    scripted.listener.shutdown(socket.SHUT_RDWR)
    scripted.listener.close()
    thread.join(10)


@pytest.fixture
def sending(tmp_path: Path, settings: Any) -> Iterator[World]:
    settings.PILOTHUB_VALIDATOR = ""
    with start_hub(tmp_path) as hub:
        nppo = NppoFactory(code="WS")
        hub.pair("NZ")
        with acting_for(nppo.pk):
            connected = hub.connect(nppo)
        yield World(hub, nppo, connected)
