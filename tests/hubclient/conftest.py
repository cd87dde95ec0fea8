"""What the tests of the Hub's client share."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hubclient.scripted import Scripted


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
