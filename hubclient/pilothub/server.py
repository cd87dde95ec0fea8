"""The pilot Hub's door: WSGI on cheroot over TLS, with a client certificate required of everybody."""

import logging
import socket
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server
from django.db import close_old_connections

from hubclient.pilothub import messages, operations, pki
from hubclient.pilothub.models import RegisteredNppo
from hubclient.pilothub.registry import shall

log = logging.getLogger(__name__)

PATH: Final = "/hub/DeliveryService"
NOT_FOUND: Final = "NPPO from client certificate not found"
_HTML: Final = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Error</h1></body></html>"

Start = Callable[[str, list[tuple[str, str]]], Any]


def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    """Who is it, what is asked, answer. The sender is whose client certificate it is: there is no password."""
    close_old_connections()
    if environ["PATH_INFO"] != PATH or environ["REQUEST_METHOD"] != "POST":
        return _html(start_response, "405 Method Not Allowed")
    if int(environ.get("CONTENT_LENGTH") or 0) > messages.MAX_SOAP:
        return _html(start_response, "413 Content Too Large")
    data = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or messages.MAX_SOAP + 1))
    caller = _caller(environ)
    if caller is None:
        return _xml(start_response, "500 Internal Server Error", messages.fault(NOT_FOUND))
    for name, status in (("bad_gateway", "502 Bad Gateway"), ("forbidden", "403 Forbidden")):
        if shall(caller.code, name):
            return _html(start_response, status)
    try:
        return _xml(start_response, "200 OK", operations.perform(caller, data))
    except (operations.Refused, messages.BadRequest) as error:
        return _xml(start_response, "500 Internal Server Error", messages.fault(str(error)))
    except operations.Reset:
        start_response("200 OK", [])  # never arrives: the connection is cut first
        _reset(environ)
        return []
    finally:
        close_old_connections()


def _caller(environ: dict[str, Any]) -> RegisteredNppo | None:
    certificate = environ.get("SSL_CLIENT_CERT", "")
    if not certificate:
        return None
    return RegisteredNppo.objects.filter(fingerprints__contains=[pki.fingerprint(certificate)]).first()


def _xml(start_response: Start, status: str, data: bytes) -> list[bytes]:
    start_response(status, [("Content-Type", "text/xml; charset=utf-8"), ("Content-Length", str(len(data)))])
    return [data]


def _html(start_response: Start, status: str) -> list[bytes]:
    start_response(status, [("Content-Type", "text/html"), ("Content-Length", str(len(_HTML)))])
    return [_HTML]


def _reset(environ: dict[str, Any]) -> None:
    """Cut the connection under the client's feet, after its whole request was read."""
    connection: socket.socket = environ["gens.connection"]
    connection.shutdown(socket.SHUT_RDWR)


class _Adapter(BuiltinSSLAdapter):
    """Puts the client certificate and the socket within reach of the application."""

    def get_environ(self, sock: ssl.SSLSocket) -> dict[str, Any]:  # type: ignore[override]  # as the class itself does
        environ: dict[str, Any] = super().get_environ(sock)  # type: ignore[no-untyped-call]
        der = sock.getpeercert(binary_form=True)
        environ["SSL_CLIENT_CERT"] = ssl.DER_cert_to_PEM_cert(der) if der else ""
        environ["gens.connection"] = sock
        return environ


def make(folder: Path, host: str = "127.0.0.1", port: int = 0) -> Server:
    """A server that listens; port 0 takes a free one (then in bind_addr). Call serve() and stop()."""
    files = pki.ensure(folder)
    server = Server((host, port), application, numthreads=8, server_name="GeNS pilot Hub")
    adapter = _Adapter(str(files.certificate), str(files.private_key), str(files.ca))
    adapter.context = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.certificate, files.private_key)
    context.load_verify_locations(files.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    server.ssl_adapter = adapter
    server.prepare()
    return server
