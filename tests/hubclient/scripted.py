"""A scripted Hub: real sockets, real TLS, every byte of the answer chosen by the test."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hubclient.pilothub import pki
from hubclient.soap import HubClient, tls_context

HUB = "http://ephyto.ippc.int/"
Script = Callable[[ssl.SSLSocket], None]


def http(body: bytes, status: str = "200 OK", *, length: int | None = None) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


def envelope(operation: str, inner: str, before: str = "") -> bytes:
    return (
        f'{before}<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
        f'<{operation}Response xmlns="{HUB}">{inner}</{operation}Response></S:Body></S:Envelope>'
    ).encode()


def answers(data: bytes) -> Script:
    return lambda connection: connection.sendall(data)


def resets(connection: ssl.SSLSocket) -> None:
    """A TCP reset, not a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def breaks_tls(connection: ssl.SSLSocket) -> None:
    """Bytes that are no TLS record, after the request was read: what a failing middlebox sends."""
    socket.socket.sendall(socket.socket(fileno=connection.detach()), b"\x17\x03\x03\x00\x20" + b"x" * 32)


class Scripted:
    """A TLS server that reads each request whole, keeps it, and plays the next script."""

    def __init__(self, folder: Path) -> None:
        self.files = pki.ensure(folder)
        self.pair = pki.client(folder, "WS")
        self.scripts: list[Script] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.early: bytes | None = None  # said instead of reading the request; then the connection is reset
        self.silence = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.files.certificate, self.files.private_key)
        self.context.load_verify_locations(self.files.ca)
        self.context.verify_mode = ssl.CERT_REQUIRED

    @property
    def endpoint(self) -> str:
        return f"https://localhost:{self.listener.getsockname()[1]}/hub"

    def client(self, **options: Any) -> HubClient:
        return HubClient(self.endpoint, tls_context(self.files.ca.read_text(), *self.pair), **options)

    def serve(self) -> None:
        while True:
            try:
                plain, _address = self.listener.accept()
                with self.context.wrap_socket(plain, server_side=True) as connection:
                    self.connections += 1
                    if self.early is not None:
                        connection.recv(1000)
                        connection.sendall(self.early)
                        time.sleep(0.2)  # the answer first, the reset after it
                        resets(connection)
                        continue
                    while self.scripts and self._read(connection):
                        self.scripts.pop(0)(connection)
            except OSError:
                if self.listener.fileno() < 0:
                    return

    def _read(self, connection: ssl.SSLSocket) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            if not (chunk := connection.recv(65_536)):
                return False
            data += chunk
        head, body = data.split(b"\r\n\r\n", 1)
        length = int(next(h for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")).split(b":")[1])
        while len(body) < length:
            body += connection.recv(65_536)
        self.requests.append(body)
        return True

    def hangs(self, connection: ssl.SSLSocket) -> None:
        self.silence.wait(10)
