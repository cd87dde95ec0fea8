"""The pilot Hub's door: WSGI on cheroot over TLS, with a client certificate required of everybody."""

import logging
import os
import socket
import ssl
import struct
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from cheroot.errors import FatalSSLAlert
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server
from django.db import DatabaseError, close_old_connections

from hubclient.pilothub import messages, operations, pki, registry, wsdl
from hubclient.pilothub.models import Call, RegisteredNppo

log = logging.getLogger(__name__)

PATH: Final = "/hub/DeliveryService"
NOT_FOUND: Final = "NPPO from client certificate not found"
_HTML: Final = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Error</h1></body></html>"
_XML: Final = "text/xml; charset=utf-8"
_PIECE: Final = 65_536
_DRAINED: Final = 4 * messages.MAX_SOAP  # bytes; a larger request is answered before it is read

Start = Callable[[str, list[tuple[str, str]]], Any]


def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    """Who is it, what is asked, answer. The sender is whose client certificate it is: there is no password."""
    if environ["PATH_INFO"] != PATH:
        return _answered(start_response, "404 Not Found", b"The Hub is at " + PATH.encode(), "text/plain")
    if environ["REQUEST_METHOD"] == "GET" and environ.get("QUERY_STRING", "").lower() == "wsdl":
        return _answered(start_response, "200 OK", wsdl.write(f"https://{environ.get('HTTP_HOST', '')}{PATH}"), _XML)
    if environ["REQUEST_METHOD"] != "POST":
        return _answered(start_response, "405 Method Not Allowed", b"SOAP 1.1 by POST; ?wsdl by GET.", "text/plain")
    data = _read(environ["wsgi.input"])
    if data is None:
        refusal = messages.fault(f"The request has more than {messages.MAX_SOAP} bytes.")
        return _answered(start_response, "413 Content Too Large", refusal, _XML)
    try:
        reply = _reply(environ, data)
    except DatabaseError:
        log.exception("The pilot Hub's database failed.")
        return _answered(start_response, "503 Service Unavailable", b"The Hub's database failed.", "text/plain")
    finally:
        close_old_connections()
    if reply.is_reset:
        _reset(environ["gens.connection"])
        raise FatalSSLAlert  # the server's word for a connection that is gone: it writes nothing more
    return _answered(start_response, reply.status, reply.body or _HTML, _XML if reply.body else "text/html")


def _read(body: Any) -> bytes | None:
    """The whole request; None when it is too large. The rest is read, or the client would see no answer but a reset."""
    data, length = bytearray(), 0
    try:
        while piece := body.read(_PIECE):
            length += len(piece)
            if length <= messages.MAX_SOAP:
                data += piece
    except OSError:  # the server's word for a chunked request over its own limit
        return None
    return bytes(data) if length <= messages.MAX_SOAP else None


def _reply(environ: dict[str, Any], data: bytes) -> operations.Reply:
    close_old_connections()
    certificate = environ.get("SSL_CLIENT_CERT", "")
    known = RegisteredNppo.objects.filter(certificates__fingerprint=pki.fingerprint(certificate) if certificate else "")
    caller = known.first()
    if caller is None:
        Call.objects.create(refused=NOT_FOUND)
        return operations.Reply("500 Internal Server Error", messages.fault(NOT_FOUND))
    return operations.answer(caller, data)


def _answered(start_response: Start, status: str, body: bytes, kind: str) -> list[bytes]:
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


def _reset(connection: ssl.SSLSocket) -> None:
    """A TCP reset under the client's feet, after its whole request was read.

    A socket without a peer takes the place of the closed one, so that the server closes that and no other.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with socket.socket(connection.family) as nobody:
        os.dup2(nobody.fileno(), connection.fileno())


class _Adapter(BuiltinSSLAdapter):
    """Puts the client certificate and the socket within reach of the application."""

    def get_environ(self, sock: ssl.SSLSocket) -> dict[str, Any]:  # type: ignore[override]  # as the class itself does
        environ: dict[str, Any] = super().get_environ(sock)  # type: ignore[no-untyped-call]
        der = sock.getpeercert(binary_form=True)
        environ["SSL_CLIENT_CERT"] = ssl.DER_cert_to_PEM_cert(der) if der else ""
        environ["gens.connection"] = sock
        return environ


def make(folder: Path, host: str = "127.0.0.1", port: int = 0, names: tuple[str, ...] = ()) -> Server:
    """A server that listens; port 0 takes a free one (then in bind_addr). Call serve() and stop().

    names: the host names by which clients reach it, for its certificate.
    """
    registry.fill_code_lists()
    files = pki.ensure(folder, *names)
    server = Server((host, port), application, numthreads=8, server_name="GeNS pilot Hub")
    server.max_request_body_size = _DRAINED
    adapter = _Adapter(str(files.certificate), str(files.private_key), str(files.ca))
    adapter.context = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.certificate, files.private_key)
    context.load_verify_locations(files.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    server.ssl_adapter = adapter
    server.prepare()
    return server
