"""Trying a connection out, for who sets it up: step by step from its name to the list of active NPPOs. Changes nothing.

It calls the network: never inside a transaction. A few seconds for each step, so that a person can wait for it.
"""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import requests

from gens.accounts.tenancy import acting_for
from hubclient import credentials
from hubclient.accounts import client_of
from hubclient.models import Connection
from hubclient.soap import HubClient, HubError

SECONDS: Final = 8.0  # of one step

# The steps, in their order.
NAME: Final = "name"
REACHED: Final = "reached"
TRUSTED: Final = "trusted"
CERTIFICATE: Final = "certificate"
ANSWERED: Final = "answered"
LISTED: Final = "listed"

# Why a step failed.
NO_NAME: Final = "no_name"
NO_ANSWER: Final = "no_answer"
NOT_TRUSTED: Final = "not_trusted"
NO_TLS: Final = "no_tls"
NO_CREDENTIAL: Final = "no_credential"
REFUSED: Final = "refused"
UNKNOWN_TO_HUB: Final = "unknown_to_hub"
NO_HUB: Final = "no_hub"
ANOTHER_CODE: Final = "another_code"
NOT_LISTED: Final = "not_listed"


@dataclass(frozen=True)
class Step:
    """One step: `failure` is "" when it went well, else one of the reasons above; `detail` is what the machine said."""

    name: str
    failure: str = ""
    detail: str = ""


def tried(connection: Connection) -> list[Step]:
    """The steps up to the first that failed."""
    found = []
    for step in _steps(connection):
        found.append(step)
        if step.failure:
            break
    return found


def _steps(connection: Connection) -> Iterator[Step]:
    parts = urlsplit(connection.endpoint)
    place = (parts.hostname or "", parts.port or 443)
    yield _named(place)
    yield _reached(place)
    with acting_for(connection.nppo_id):
        try:
            pair: credentials.Pair | None = credentials.choose(connection)
        except credentials.NoCredential:
            pair = None
    yield _trusted(connection, place)
    if pair is None:
        yield Step(CERTIFICATE, NO_CREDENTIAL)
        return
    try:
        with client_of(connection) as client:
            client.timeout = SECONDS
            yield from _asked(client, connection.code, pair.subject)
    except credentials.NoCredential as error:
        yield Step(CERTIFICATE, NO_CREDENTIAL, str(error))


def _named(place: tuple[str, int]) -> Step:
    try:
        found = socket.getaddrinfo(*place, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return Step(NAME, NO_NAME, f"{place[0]}: {error}")
    return Step(NAME, detail=str(found[0][4][0]))


def _reached(place: tuple[str, int]) -> Step:
    try:
        socket.create_connection(place, SECONDS).close()
    except OSError as error:
        return Step(REACHED, NO_ANSWER, f"{place[0]}:{place[1]}: {error}")
    return Step(REACHED, detail=f"{place[0]}:{place[1]}")


def _trusted(connection: Connection, place: tuple[str, int]) -> Step:
    """A handshake that shows no certificate of ours: whether the Hub is who we expect."""
    context = ssl.create_default_context(cadata=connection.ca or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        with (
            socket.create_connection(place, SECONDS) as raw,
            context.wrap_socket(raw, server_hostname=place[0]) as tls,
        ):
            return Step(TRUSTED, detail=tls.version() or "")
    except ssl.SSLCertVerificationError as error:
        return Step(TRUSTED, NOT_TRUSTED, error.verify_message)
    except ssl.SSLError as error:
        # before TLS 1.3 the handshake itself ends when no client certificate is shown: trust was given before that
        return Step(TRUSTED) if _is_about_us(str(error)) else Step(TRUSTED, NO_TLS, error.reason or str(error))
    except OSError as error:
        return Step(TRUSTED, NO_TLS, str(error))


def _asked(client: HubClient, code: str, subject: str) -> Iterator[Step]:
    try:
        profile = client.profile()
        yield Step(CERTIFICATE, detail=subject)
        yield Step(ANSWERED, ANOTHER_CODE if profile.code != code else "", profile.code)
        listed = {nppo.code for nppo in client.active_nppos()}
    except HubError as error:
        yield from _failed(error)
        return
    yield Step(LISTED, "" if code in listed else NOT_LISTED, " ".join(sorted(listed))[:400])


def _failed(error: HubError) -> Iterator[Step]:
    said = str(error)[:400]
    if error.about_us:
        yield Step(CERTIFICATE, UNKNOWN_TO_HUB, said)
    elif _is_cut(error.__cause__):  # it spoke TLS a moment ago, when we showed no certificate
        yield Step(CERTIFICATE, REFUSED, said)
    else:
        yield Step(ANSWERED, NO_HUB, said)


def _is_cut(cause: BaseException | None) -> bool:
    is_broken = isinstance(cause, requests.ConnectionError | ConnectionError)
    return is_broken and not isinstance(cause, requests.Timeout)


def _is_about_us(said: str) -> bool:
    """Whether the other side ended the handshake because of the certificate that we showed, or did not show."""
    words = said.upper().replace(" ", "_")
    return "ALERT" in words and any(each in words for each in ("CERTIFICATE", "UNKNOWN_CA", "HANDSHAKE_FAILURE"))
