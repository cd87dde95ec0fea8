"""The PDF of a certificate: PDF/A-3a, tagged, with the exact XML inside, in the NPPO's skin. The paper alone knows WeasyPrint."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pikepdf
from django.template.loader import render_to_string
from django.utils import translation
from weasyprint import CSS, HTML, Attachment
from weasyprint.urls import URLFetcher, URLFetcherResponse

from certificates.ephyto import dates
from certificates.ephyto.document import Document
from certificates.ephyto.media import file_name
from certificates.paper import tagging
from certificates.paper.face import Face, face
from certificates.paper.fit import fitted
from certificates.paper.glyphs import printable
from certificates.paper.legible import Space, bounded, legible
from certificates.paper.sheets import fonts, tools
from certificates.paper.skins import USUAL, Skin
from certificates.paper.words import CURRENT, ENGLISH, HERE, NOT_VERIFIED, RIGHT_TO_LEFT, Verified, spoken
from codelists.lookup import Names

VARIANT: Final = "pdf/a-3a"
UNTAGGED: Final = "pdf/a-3b"


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
    skin: Skin = USUAL,
    is_bare: bool = False,
) -> bytes:
    """The PDF. mark: across the page (DRAFT). origin: prints a reproduction of electronic data and lists its rest.
    beside: the second language of labels and sentences. verified: sentences that may stand without the English one.
    skin: how it looks. is_bare: data alone, for sheets on which labels, rules and the statement stand already.
    """
    whole = face(document, language, template_version, names, beside, verified, skin=skin)
    with translation.override(spoken(language)):
        html = page(
            whole, document, skin=skin, mark=mark, origin=origin, listed=listed, letterhead=letterhead, is_bare=is_bare
        )
        own, sheets = tools(skin, is_rtl=language in RIGHT_TO_LEFT, fetcher=Closed())
    attachments = [_source(document, xml)] if xml else []
    data = HTML(string=html, base_url="gens:", url_fetcher=Closed(letterhead)).write_pdf(
        stylesheets=sheets,
        font_config=own,
        pdf_variant=VARIANT,
        pdf_tags=True,
        attachments=attachments,
        finisher=tagging.finished,
        pdf_identifier=hashlib.sha256(xml or html.encode()).digest()[:16],
    )
    return _finished(data)


def page(
    whole: Face,
    document: Document,
    *,
    skin: Skin = USUAL,
    mark: str = "",
    origin: Origin | None = None,
    listed: tuple[Listed, ...] = (),
    letterhead: Letterhead = NO_LETTERHEAD,
    is_bare: bool = False,
) -> str:
    """The HTML that is printed. Words that are no labels are in the active language."""
    whole, space = legible(whole), Space()
    if origin:
        whole, listed = bounded(whole, space), tuple(_held(listed, space))
    fit = fitted(whole, skin=skin, extra=1 if origin else 0)
    context = {
        "fit": fit,
        "face": fit.face,
        "attached": fit.attached,
        "signing": {box.key: box for box in whole.boxes if box.section == "issue"},
        "document": document,
        "mark": mark,
        "origin": origin,
        "listed": listed,
        "is_cut": space.is_cut,
        "letterhead": letterhead,
        "skin": skin,
        "in_columns": bool(whole.beside) and skin.languages == "column",
        "is_rtl": whole.language in RIGHT_TO_LEFT,
        "is_bare": is_bare,
    }
    return printable(render_to_string("paper/face.html", context))


def drawn(html: str, style: str) -> bytes:
    """A page of its own in the paper's fonts, to be laid upon another as an artifact: a mark, rulers."""
    own, faces = fonts(Closed())
    css = CSS(string=style, font_config=own, url_fetcher=Closed())
    made: bytes = HTML(string=html, base_url="gens:", url_fetcher=Closed()).write_pdf(
        stylesheets=[faces, css], font_config=own, pdf_variant=UNTAGGED
    )
    return made


def _held(listed: tuple[Listed, ...], space: Space) -> Iterator[Listed]:
    """As much of what a reproduction lists as there is space for."""
    for item in listed:
        if label := space.take(item.label):
            details = [taken for detail in item.details if not space.is_cut and (taken := space.take(detail))]
            yield Listed(label, space.take(item.value), tuple(details))


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
