"""Seals for tests: keys in files, with certificates of any validity, and a time-stamp server on a socket."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

from certificates.models import Seal
from certificates.seals import making, using
from certificates.seals.keys import Place
from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for


def forms(form: Any) -> list[Any]:
    """Of a mark: what is drawn, and what is drawn within."""
    inner = form.get("/Resources", {}).get("/XObject", {})
    return [form, *(each for child in inner.values() for each in forms(child))]


def place(nppo: Nppo, name: str = "2026", kind: str = Seal.Kind.FILE) -> Place:
    return Place(nppo.code, kind, name)


def in_use(nppo: Nppo, name: str = "2026", **fields: Any) -> Seal:
    """A seal with a key in a file, put into use."""
    where = place(nppo, name)
    if not where.file.exists():
        making.make(nppo, where)
    seal = using.prepared(nppo, where)
    for field, value in fields.items():
        setattr(seal, field, value)
    with acting_for(nppo.pk):
        using.use(seal, by=None)
    return seal


def written(where: Place, data: bytes, mode: int = 0o600) -> Place:
    """The file of a key, by hand."""
    where.file.parent.mkdir(parents=True, exist_ok=True)
    where.file.write_bytes(data)
    where.file.chmod(mode)
    return where


def certificate(nppo: Nppo, key: Any) -> str:
    """Of an authority of its own, which stands below it in the chain (PEM)."""
    authority = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
    now = datetime.now(UTC)

    def made(subject: x509.Name, public: Any) -> str:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(name).public_key(public)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        signed = builder.not_valid_after(now + timedelta(days=90)).sign(authority, hashes.SHA256())
        return signed.public_bytes(Encoding.PEM).decode()

    return made(making.subject(nppo), key.public_key()) + made(name, authority.public_key())


def pem(key: Any) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def expired(nppo: Nppo, key: ec.EllipticCurvePrivateKey) -> str:
    """A certificate that ended yesterday (PEM)."""
    now = datetime.now(UTC)
    made = making.self_signed(nppo, key, years=1, now=now - timedelta(days=366))
    return made.public_bytes(Encoding.PEM).decode()


@contextmanager
def time_server(*, answer: bytes | None = None, status: int = 200) -> Iterator[str]:
    """The address of a real time-stamp server; answer: what it says in place of a time-stamp."""
    stamper = DummyTimeStamper(*_authority())

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            import asyncio

            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            said = answer
            if said is None:
                said = asyncio.run(stamper.async_request_tsa_response(asked)).dump()
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def _authority() -> tuple[asn1.Certificate, asn1_keys.PrivateKeyInfo]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)  # pyHanko's server has no other
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Time of the tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
    )
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER)), asn1_keys.PrivateKeyInfo.load(der)
