"""Samoa at a running pilot Hub, with envelopes to send."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for
from hubclient import outbox, tasks
from hubclient.models import Connection, Envelope
from hubclient.soap import HubClient
from tests.hub_server import RunningHub


class World:
    """Samoa at a running Hub, with one envelope to send."""

    def __init__(self, hub: RunningHub, nppo: Nppo, connection: Connection) -> None:
        self.hub, self.nppo, self.connection = hub, nppo, connection
        self.client: HubClient = hub.client("WS")

    def enqueue(self, number: str = "WS-1", status: str = "70", **more: Any) -> Envelope:
        kind = {"certificate_type": "851", "certificate_status": status, "content": b"<a/>"}
        with acting_for(self.nppo.pk):
            self.connection.refresh_from_db()
            return outbox.enqueue(self.connection, **{"receiver": "NZ", "certificate_number": number, **kind, **more})

    def envelope(self, pk: int | None = None) -> Envelope:
        """The only one, or the one of this id, as it is now."""
        with acting_for(self.nppo.pk):
            return Envelope.objects.select_related("connection").get(**({"pk": pk} if pk else {}))

    def sweep(self) -> None:
        """What the workers do in a minute."""
        self.all_due()
        tasks.deliver_of(self.connection.pk, self.nppo.pk)

    def states(self) -> list[str]:
        with acting_for(self.nppo.pk):
            return list(Envelope.objects.order_by("pk").values_list("state", flat=True))

    def all_due(self) -> None:
        with acting_for(self.nppo.pk):
            Envelope.objects.update(due_at=timezone.now() - timedelta(seconds=1))

    def deliver(self) -> Envelope:
        self.all_due()
        outbox.deliver(self.envelope().pk, self.nppo.pk, self.client)
        return self.envelope()

    def settle(self) -> Envelope:
        self.all_due()
        outbox.settle_unknown(self.connection.pk, self.nppo.pk, self.client)
        return self.envelope()

    def track(self) -> Envelope:
        self.all_due()
        outbox.track(self.envelope().pk, self.nppo.pk, self.client)
        return self.envelope()
