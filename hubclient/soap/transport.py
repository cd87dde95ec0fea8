"""One SOAP body to a Hub and one back, over mutual TLS: limits, time-outs, and what a failure means.

Only `hubclient.soap` uses it.
"""

import io
import re
import ssl
import tempfile
from pathlib import Path
from typing import Any, Final

import requests
from lxml import etree
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from hubclient.namespaces import ACTION

CONNECT_TIMEOUT: Final = 10.0  # seconds
MAX_SOAP: Final = 16_000_000  # bytes
MAX_CONTENT: Final = 10_000_000
# The Hub does not know our client certificate: a fault about us, not about what we sent.
WHO_ARE_YOU: Final = "NPPO from client certificate not found"
# what OpenSSL calls a failure of the handshake, when no request can have been read
_HANDSHAKE: Final = ("CERTIFICATE", "UNKNOWN_CA", "HANDSHAKE_FAILURE", "WRONG_VERSION", "PROTOCOL_VERSION")
_NOT_CARRIED_OUT: Final = (403, 405)  # refused at the door, whatever was sent
# a document whose first element follows declaration and comments: no DOCTYPE, and no encoding that could hide one
_NO_DOCTYPE: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->)*+<[^!?\x00]", re.DOTALL)

Element = etree._Element


class HubError(Exception):
    """A call that brought no result.

    permanent: the Hub refused, trying again cannot help. unknown: the request may have been carried out all the same.
    Neither: it certainly was not, and may be tried again. about_us: the Hub refused who we are, not what we sent.
    unfit: it was we who refused, for it cannot be sent at all (permanent, too).
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        unknown: bool = False,
        about_us: bool = False,
        unfit: bool = False,
    ) -> None:
        super().__init__(message)
        self.permanent, self.unknown, self.about_us, self.unfit = permanent or unfit, unknown, about_us, unfit


def tls_context(ca: str, certificate: str, private_key: str, password: str = "") -> ssl.SSLContext:
    """A client context of PEM texts; ca "" means the system's authorities, password that of an encrypted key.

    Raises ssl.SSLError for a pair that does not fit or a wrong password.
    """
    context = ssl.create_default_context(cadata=ca or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # the ssl module reads a key pair from files only
    with tempfile.TemporaryDirectory(prefix="gens-tls-") as folder:
        chain = Path(folder, "pair.pem")
        chain.touch(mode=0o600)
        chain.write_text(f"{private_key.strip()}\n{certificate.strip()}\n", encoding="ascii")
        context.load_cert_chain(chain, password=password)  # never asks at a terminal: "" is an answer
    return context


class PinnedAdapter(HTTPAdapter):
    """Connects with our context and nothing else."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self.context)


class _Body(io.BytesIO):
    """A request body that knows whether it was handed over to the socket to its end."""

    is_sent = False

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.is_sent = self.is_sent or not data  # asked again after its last byte: the last send succeeded
        return data


def post(session: requests.Session, endpoint: str, operation: str, data: bytes, timeout: float) -> tuple[int, bytes]:
    """Status and body of the answer. Raises HubError: unknown once the whole request has left, to be retried before."""
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTION}{operation}"'}
    times = (min(CONNECT_TIMEOUT, timeout), timeout)
    body = _Body(data)
    try:
        with session.post(
            endpoint, data=body, headers=headers, timeout=times, stream=True, allow_redirects=False
        ) as response:
            answer = response.status_code, _limited(response)
    except (requests.RequestException, OSError) as error:
        if not body.is_sent or _is_unsent(error):
            raise HubError(f"No connection to the Hub: {error}") from error
        raise HubError(f"The Hub did not answer in time or not completely: {error}", unknown=True) from error
    if not body.is_sent and answer[0] >= 300:
        raise HubError(f"The Hub refused before it had the whole request (HTTP {answer[0]}).")
    return answer


def _is_unsent(error: Exception) -> bool:
    """Whether the failure came before the request: no address, no connection, no trust. All else may have been read."""
    reason = getattr(next(iter(error.args), None), "reason", None)  # urllib3's, inside requests' own error
    if isinstance(error, requests.exceptions.SSLError):
        why = getattr(next(iter(getattr(reason, "args", ())), None), "reason", None) or ""  # OpenSSL's, inside that
        return any(word in why for word in _HANDSHAKE)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _limited(response: requests.Response) -> bytes:
    """The body, at most MAX_SOAP bytes of it."""
    data = bytearray()
    for chunk in response.iter_content(65_536):
        data += chunk
        if len(data) > MAX_SOAP:
            raise HubError(f"The Hub's answer has more than {MAX_SOAP} bytes.", unknown=True)
    return bytes(data)


def parsed(data: bytes) -> Element:
    """The root of a document without DOCTYPE. Raises ValueError (XMLSyntaxError among them) for anything else."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    if not _NO_DOCTYPE.match(data):
        raise ValueError("no element first")
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from error


def soap_body(status: int, data: bytes) -> Element:
    """The SOAP body. 403 and 405 refuse before anything is done; after any other answer without XML who knows."""
    reason = f"HTTP {status} without a SOAP body"
    try:
        body = next((e for e in parsed(data) if etree.QName(e).localname == "Body"), None)
    except ValueError as error:
        body, reason = None, f"HTTP {status}, {error}"
    if body is None:
        raise HubError(f"The Hub gave no answer in XML ({reason}).", unknown=status not in _NOT_CARRIED_OUT)
    return body
