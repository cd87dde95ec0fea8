"""Sealing a PDF: PAdES B-B as an incremental update, B-T with a time-stamp server. pyHanko stands here and in `looking`.

Loading pyHanko takes most of a second: import this module where something is sealed, not at the top of another.
"""

import asyncio
import io
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import requests
from asn1crypto import algos, cms, tsp
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates
from django.conf import settings
from pyhanko.pdf_utils import content, layout
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certificates.models import Seal
from certificates.seals import looking
from certificates.seals.keys import Key, NotAtHand

FIELD: Final = "Seal"
PLACE: Final = "seal"  # the named destination at which a visible one stands
SIZE: Final = (27 / 25.4 * 72, 11.5 / 25.4 * 72)  # of the mark, in points
_OWN: Final = 2_000  # bytes of a signature beside its certificates
_TIME: Final = 12_000  # bytes of a time-stamp with its certificates
_LARGEST_ANSWER: Final = 100_000
Made = TypeVar("Made")


@dataclass(frozen=True)
class Sealed:
    """The PDF with its seal. at: as the seal says."""

    data: bytes
    at: datetime
    has_time: bool


def sealed(data: bytes, key: Key, chain: str, *, mark: bytes = b"", time_server: str = "") -> Sealed:
    """The same PDF with a seal, which covers all of it. mark: a PDF of one page that shows where `PLACE` is.

    Whatever the key made is checked before it is given out. Raises NotAtHand.
    """
    certificates = _certificates(chain)
    time_stamper = TimeServer(time_server) if time_server else None
    signer = signers.PdfSigner(
        _metadata(), _Signer(key, certificates), timestamper=time_stamper, stamp_style=_style(mark)
    )
    room = 2 * (sum(len(each.dump()) for each in certificates) + _OWN + (_TIME if time_server else 0))
    writer, out = _Writer(io.BytesIO(data)), io.BytesIO()
    if mark:
        fields.append_signature_field(writer, _field(writer))
    try:
        _awaited(signer.async_sign_pdf(writer, bytes_reserved=room, output=out))
    except TimestampRequestError as error:
        raise NotAtHand(Seal.Trouble.TIME, str(error)) from error
    except (SigningError, PdfError) as error:
        raise NotAtHand(Seal.Trouble.UNFIT, str(error)) from error
    return _checked(out.getvalue(), bool(time_server))


def _certificates(chain: str) -> list[asn1.Certificate]:
    found = load_pem_x509_certificates(chain.encode())
    return [asn1.Certificate.load(each.public_bytes(Encoding.DER)) for each in found]


def _checked(data: bytes, wants_time: bool) -> Sealed:
    (found,) = looking.signatures(data)
    if not found.is_unchanged or found.at is None:
        raise NotAtHand(Seal.Trouble.UNFIT, "The key is not the one of the certificate: its seal does not hold.")
    if wants_time and not found.has_time:
        raise NotAtHand(Seal.Trouble.TIME, "The time-stamp is not of this seal.")
    return Sealed(data, found.at, found.has_time)


def _metadata() -> signers.PdfSignatureMetadata:
    """A certifying signature: readers say of any change whatever that it broke the seal."""
    return signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )


class _Signer(signers.Signer):
    """pyHanko's door to our keys, wherever they are."""

    def __init__(self, key: Key, certificates: list[asn1.Certificate]) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko's own
        store.register_multiple(certificates[1:])
        is_curve = isinstance(key.public, ec.EllipticCurvePublicKey)
        algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa" if is_curve else "sha256_rsa"})
        super().__init__(signing_cert=certificates[0], cert_registry=store, signature_mechanism=algorithm)
        self.key = key
        self.size = 2 * ((key.public.key_size + 7) // 8) + 9 if is_curve else key.public.key_size // 8

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        return bytes(self.size) if dry_run else self.key.sign(data)


class _Writer(IncrementalPdfFileWriter):
    """Adds the seal and nothing else: what the file says of itself (PDF/A-3, title, dates) stays as it was."""

    def _update_meta(self) -> None:
        return

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        return


class TimeServer(TimeStamper):
    """A time-stamp server (RFC 3161) over HTTP: no proxy of the environment, no redirect, no endless answer."""

    def __init__(self, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko's own
        self.url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        session = requests.Session()
        session.trust_env = False
        try:
            with session.post(
                self.url,
                req.dump(),
                headers=headers,
                timeout=settings.SEAL_TIME_SECONDS,
                stream=True,
                allow_redirects=False,
            ) as answer:
                if answer.status_code != 200:
                    raise TimestampRequestError(f"The time-stamp server answers {answer.status_code}.")
                said = _within(answer, time.monotonic() + settings.SEAL_TIME_SECONDS)
            response = tsp.TimeStampResp.load(said)
            _ = response.native  # whatever is wrong in it is so here
        except (OSError, ValueError, TypeError) as error:
            raise TimestampRequestError(f"The time-stamp server: {error}") from error
        return response

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        try:
            return await super().async_timestamp(message_digest, md_algorithm)
        except (ValueError, TypeError, KeyError, AttributeError) as error:  # granted, but with nothing in it
            raise TimestampRequestError(f"The time-stamp server's answer cannot be used: {error}") from error


def _within(answer: requests.Response, deadline: float) -> bytes:
    """The body, if it comes in time and is not endless; the server's own pace decides nothing."""
    said = b""
    while part := answer.raw.read1(_LARGEST_ANSWER):
        said += part
        if len(said) > _LARGEST_ANSWER or time.monotonic() > deadline:
            raise TimestampRequestError("The time-stamp server says too much, or too slowly.")
    return said


class _Page(content.PdfContent):
    """The mark: the only page of a PDF, whose fonts come with it."""

    def __init__(self, data: bytes) -> None:
        wide, high = (float(round(edge)) for edge in SIZE)
        super().__init__(box=layout.BoxConstraints(wide, high))
        self.data = data

    def render(self) -> bytes:
        assert self.writer is not None
        form = self.writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self.data)))
        self.resources.xobject["/Mark"] = form
        return b"/Mark Do"


def _style(mark: bytes) -> StaticStampStyle | None:
    return StaticStampStyle(background=_Page(mark), border_width=0) if mark else None


def _field(writer: IncrementalPdfFileWriter) -> fields.SigFieldSpec:
    """Where the paper left room for the mark; without such a place, in the lower margin of the first page."""
    left, top = _place(writer.prev) or (36.0, 30.0)
    wide, high = (round(edge) for edge in SIZE)
    box = (round(left), round(top) - high, round(left) + wide, round(top))
    return fields.SigFieldSpec(sig_field_name=FIELD, on_page=0, box=box)


def _place(reader: PdfFileReader) -> tuple[float, float] | None:
    try:
        names = list(reader.root["/Names"]["/Dests"]["/Names"])
        where = dict(zip(map(str, names[::2]), names[1::2], strict=True))[PLACE]
        return float(where[2]), float(where[3])
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def _awaited(work: Coroutine[Any, Any, Made]) -> Made:
    """pyHanko's work is written for an event loop. In a thread of its own: the caller's may have a loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
