"""The PDF of a certificate: A4, PDF/A-3a, tagged, with the exact XML inside. The only module that knows WeasyPrint."""

import hashlib
import io
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pikepdf
from django.template.loader import render_to_string
from django.utils import translation
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from certificates.ephyto import dates
from certificates.ephyto.document import Document
from certificates.ephyto.media import file_name
from certificates.paper.face import face
from certificates.paper.fit import fitted
from certificates.paper.words import CURRENT, ENGLISH, HERE, NOT_VERIFIED, Verified
from codelists.lookup import Names

VARIANT: Final = "pdf/a-3a"
STYLE: Final = HERE / "paper.css"
_PER_THREAD = threading.local()  # FontConfiguration and CSS are never shared between threads


@dataclass(frozen=True)
class Origin:
    """Of a reproduction: who sent the data it prints, and when it arrived (as shown)."""

    sender: str
    arrived: str


@dataclass(frozen=True)
class Letterhead:
    """What prints beside the certificate's own words: the NPPO's arms and stamp (PNG), its address on one line; the
    address under which the certificate can be verified, and its QR code (SVG).
    """

    arms: bytes = b""
    stamp: bytes = b""
    address: str = ""
    verify: str = ""
    code: bytes = b""


@dataclass(frozen=True)
class Listed:
    """An attachment or a piece of further information, as a reproduction lists it."""

    label: str
    value: str
    details: tuple[str, ...] = field(default=())


NO_LETTERHEAD: Final = Letterhead()


def render(
    document: Document,
    *,
    xml: bytes,
    language: str = ENGLISH,
    mark: str = "",
    origin: Origin | None = None,
    listed: tuple[Listed, ...] = (),
    template_version: str = CURRENT,
    names: Names | None = None,
    beside: str = "",
    letterhead: Letterhead = NO_LETTERHEAD,
    verified: Verified = NOT_VERIFIED,
) -> bytes:
    """The PDF. mark: across the page (DRAFT). origin: prints a reproduction of electronic data and lists its rest.
    beside: the second language of labels and sentences. verified: sentences that may stand without the English one.
    """
    whole = face(document, language, template_version, names, beside, verified)
    with translation.override("zh-hans" if language.startswith("zh") else language):
        fit = fitted(whole, extra=1 if origin else 0)
        context = {
            "face": fit.face,
            "attached": fit.attached,
            "is_tight": fit.is_tight,
            "document": document,
            "mark": mark,
            "origin": origin,
            "listed": listed,
            "letterhead": letterhead,
            "is_rtl": language == "ar",
        }
        html = render_to_string("paper/face.html", context)
    fonts, css = _tools()
    attachments = [_source(document, xml)] if xml else []
    data = HTML(string=html, base_url="gens:", url_fetcher=Closed(letterhead)).write_pdf(
        stylesheets=[css],
        font_config=fonts,
        pdf_variant=VARIANT,
        pdf_tags=True,
        attachments=attachments,
        pdf_identifier=hashlib.sha256(xml or html.encode()).digest()[:16],
    )
    return _finished(data)


def _source(document: Document, xml: bytes) -> Attachment:
    """The exact message, dated as the certificate is, so that the same certificate prints the same bytes."""
    at = issued_at(document) or datetime.now(UTC)
    name = file_name(f"{document.number or 'draft'}.xml", "application/xml")
    return Attachment(
        file_obj=io.BytesIO(xml), name=name, relationship="Source", description="ePhyto", created=at, modified=at
    )


class Closed(URLFetcher):  # type: ignore[misc]
    """Gives our own fonts, the pictures of the letterhead, and nothing else: a certificate never fetches."""

    def __init__(self, letterhead: Letterhead = NO_LETTERHEAD) -> None:
        super().__init__()
        png, svg = "image/png", "image/svg+xml"
        self.pictures = {
            "gens:arms": (letterhead.arms, png),
            "gens:stamp": (letterhead.stamp, png),
            "gens:code": (letterhead.code, svg),
        }

    def fetch(self, url: str, headers: Any = None) -> Any:
        data, kind = self.pictures.get(url, (b"", ""))
        if data:
            return URLFetcherResponse(url, data, {"Content-Type": kind})
        parts = urlsplit(url)
        path = Path(parts.path).resolve()
        if parts.scheme != "file" or path.parent != HERE / "fonts":
            raise ValueError(f"The paper fetches nothing, not {url!r}.")
        return super().fetch(url, headers)


def _tools() -> tuple[FontConfiguration, CSS]:
    """The fonts and the parsed stylesheet of this thread: making them costs more than printing a page."""
    if not hasattr(_PER_THREAD, "tools"):
        fonts = FontConfiguration()
        style = STYLE.read_text(encoding="utf-8")
        css = CSS(string=style, base_url=HERE.as_uri() + "/", font_config=fonts, url_fetcher=Closed())
        _PER_THREAD.tools = fonts, css
    tools: tuple[FontConfiguration, CSS] = _PER_THREAD.tools
    return tools


def _finished(data: bytes) -> bytes:
    """Name each associated file once in the catalogue: WeasyPrint writes the entry twice."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        associated = pdf.Root.get("/AF")
        if associated is not None:
            once = {item.objgen: item for item in associated}
            pdf.Root.AF = pikepdf.Array(list(once.values()))
        out = io.BytesIO()
        pdf.save(
            out, fix_metadata_version=False, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate
        )
    return out.getvalue()


def issued_at(document: Document) -> datetime | None:
    parsed = dates.parse(document.issued)
    return parsed.moment if parsed else None
