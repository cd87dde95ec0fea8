"""What another country's developers need to reach this Hub: endpoint, code, authority, certificate and key."""

import io
import zipfile
from pathlib import Path

from hubclient.pilothub import pki

_PUBLISHED = "endpoint"


def publish(folder: Path, endpoint: str) -> str:
    """Write down where the Hub listens, for the commands and the console that run beside it."""
    (folder / _PUBLISHED).write_text(endpoint, encoding="utf-8")
    return endpoint


def endpoint(folder: Path) -> str:
    """Where the Hub of this folder listened last; "" before its first start."""
    path = folder / _PUBLISHED
    return path.read_text(encoding="utf-8") if path.exists() else ""


def of_files(folder: Path, code: str) -> list[tuple[str, str]]:
    """(label, value) of the access whose certificate lies in this folder."""
    certificate = folder / f"client-{code}.pem"
    return [
        ("endpoint", endpoint(folder) or "(start the Hub: manage.py pilothub)"),
        ("connection code", code),
        ("authority", str(folder / "ca.pem")),
        ("client certificate", f"{certificate} (until {pki.expires_at(certificate.read_text()):%Y-%m-%d})"),
        ("private key", str(folder / f"client-{code}.key")),
    ]


def bundle(folder: Path, code: str, certificate: str, private_key: str) -> bytes:
    """A ZIP of one access, to hand over: the private key is in it and nowhere else."""
    readme = (
        f"Pilot Hub\n\nEndpoint: {endpoint(folder)}\nContract: {endpoint(folder)}?wsdl\nConnection code: {code}\n"
        f"Valid until: {pki.expires_at(certificate):%Y-%m-%d}\n\n"
        "ca.pem: the authority of the Hub's certificate. client.pem, client.key: who you are; keep the key to yourself.\n"
    )
    files = {"README.txt": readme, "ca.pem": (folder / "ca.pem").read_text()}
    files |= {"client.pem": certificate, "client.key": private_key}
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"pilot-hub-{code}/{name}", text)
    return data.getvalue()
