"""Opening an NPPO's account at its Hub: a client of one connection."""

from gens.accounts.tenancy import acting_for
from hubclient.models import Connection
from hubclient.soap import HubClient, tls_context


def connection_of(connection_id: int, nppo_id: int) -> Connection | None:
    """The connection, if it is still active."""
    with acting_for(nppo_id):
        return Connection.objects.filter(pk=connection_id, is_active=True).first()


def client_of(connection: Connection) -> HubClient:
    """A client that shows this connection's certificate. Close it after use (it is a context manager)."""
    return HubClient(connection.endpoint, tls_context(connection.ca, connection.certificate, connection.private_key))
