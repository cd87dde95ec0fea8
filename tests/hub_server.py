"""A real pilot Hub for tests: its own server thread, TLS and client certificates, on the test database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hubclient.models import Connection
from hubclient.pilothub import pki, registry, server
from hubclient.pilothub.models import HeldEnvelope
from hubclient.soap import HubClient, tls_context

DATABASES = ["default", "owner", "pilothub"]


@dataclass
class RunningHub:
    """Where it listens, and what tests do with it."""

    endpoint: str
    folder: Path

    def pair(self, code: str, *, registered: bool = True, is_new: bool = False) -> tuple[str, str]:
        certificate, private_key = pki.client(self.folder, code, is_new=is_new)
        if registered:
            registry.register(code, code[:2], f"NPPO of {code}", certificate)
        return certificate, private_key

    @property
    def ca(self) -> str:
        return (self.folder / "ca.pem").read_text()

    def client(self, code: str, *, registered: bool = True, **options: float) -> HubClient:
        return HubClient(self.endpoint, tls_context(self.ca, *self.pair(code, registered=registered)), **options)

    def connect(self, nppo: object, **fields: object) -> Connection:
        """The connection of an NPPO to this Hub. Call it inside acting_for(nppo.pk)."""
        certificate, private_key = self.pair(nppo.code)
        return Connection.objects.create(
            nppo=nppo, kind="pilot", endpoint=self.endpoint, code=nppo.code, ca=self.ca,
            certificate=certificate, private_key=private_key, **fields,
        )  # fmt: skip

    def misbehave(self, code: str, name: str, times: int | None = 1, *, rate: int = 100, operation: str = "") -> None:
        """Any fault of hubclient.pilothub.faults.FAULTS; times None shows it until `behave`."""
        registry.misbehave(code, name, times, rate=rate, operation=operation)

    def behave(self, code: str, name: str = "") -> None:
        registry.behave(code, name)

    def held(self, **where: object) -> list[HeldEnvelope]:
        return list(HeldEnvelope.objects.filter(**where).order_by("id"))


@contextmanager
def start_hub(folder: Path) -> Iterator[RunningHub]:
    hub = server.make(folder)
    hub.expiration_interval = 0.02  # how soon it sees that it is to stop: half a second of each test otherwise
    thread = threading.Thread(target=hub.serve, daemon=True)
    thread.start()
    try:
        yield RunningHub(f"https://localhost:{hub.bind_addr[1]}{server.PATH}", folder)
    finally:
        hub.stop()
        thread.join(10)
