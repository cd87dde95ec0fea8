"""Opening an NPPO's account at its Hub: a client of one connection, and what the Hub's lists say."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils import timezone

from gens.accounts.tenancy import acting_for
from hubclient import credentials
from hubclient.calls import Journal, failed
from hubclient.models import ClientCertificate, Connection
from hubclient.soap import Call, HubClient, ListItem


def connection_of(connection_id: int, nppo_id: int) -> Connection | None:
    """The connection, if it is still active."""
    with acting_for(nppo_id):
        return Connection.objects.filter(pk=connection_id, is_active=True).first()


@contextmanager
def opened(connection_id: int, nppo_id: int) -> Iterator[tuple[Connection, HubClient] | None]:
    """The connection with a client of it, for background work; None while it is inactive, paused or without certificate."""
    connection = connection_of(connection_id, nppo_id)
    if connection is None or connection.is_paused:
        yield None
        return
    try:
        pair, tls = _shown(connection)
    except credentials.NoCredential as error:
        failed(connection, str(error))
        yield None
        return
    with _client(connection, pair, tls) as client:
        yield connection, client


@contextmanager
def client_of(connection: Connection) -> Iterator[HubClient]:
    """A client that shows this connection's certificate; its calls are logged, and counted on the connection.

    Raises credentials.NoCredential.
    """
    with _client(connection, *_shown(connection)) as client:
        yield client


def _shown(connection: Connection) -> tuple[credentials.Pair, ssl.SSLContext]:
    with acting_for(connection.nppo_id):
        pair = credentials.choose(connection)
    return pair, credentials.context_of(connection, pair)


@contextmanager
def _client(connection: Connection, pair: credentials.Pair, tls: ssl.SSLContext) -> Iterator[HubClient]:
    journal = Journal(connection)

    def told(call: Call) -> None:
        journal(call)
        if call.error is not None and call.error.about_us and pair.row is not None:
            _set_aside(pair.row)

    timeout, max_content = settings.HUBCLIENT_TIMEOUT_SECONDS, settings.HUBCLIENT_MAX_BYTES
    try:
        with HubClient(connection.endpoint, tls, timeout=timeout, max_content=max_content, on_call=told) as client:
            yield client
    finally:
        journal.flush()


def _set_aside(row: ClientCertificate) -> None:
    """The Hub does not know this certificate yet: the next client shows another one, if there is one."""
    with acting_for(row.nppo_id):
        ClientCertificate.objects.filter(pk=row.pk).update(refused_at=timezone.now())


def lists(connection: Connection, name: str) -> list[ListItem]:
    """A harmonised code list as this connection's Hub has it today; `name` is a key of soap.LISTS.

    Empty is an answer too: keep the last good list then. Raises KeyError, HubError, credentials.NoCredential.
    """
    with client_of(connection) as client:
        return client.code_list(name)
