"""The archive copy: the kept pages as PDF/A-1b, the oldest and strictest of the archives' formats.

The same pages, not made anew: layout, fonts and text are those of the kept PDF. What PDF 1.4 for archives refuses is left
out (files inside, seals, compressed structure) or laid flat (pictures that shine through).
"""

import io
from collections.abc import Iterator
from typing import Any, Final
from xml.sax.saxutils import escape

import pikepdf
from pikepdf import Dictionary, Name
from PIL import Image

VERSION: Final = "1.4"
# PDFBox's Preflight finds a schema only where it is declared on its own description.
PACKET: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>1</pdfaid:part>\
<pdfaid:conformance>B</pdfaid:conformance></rdf:Description>
{descriptions}</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
DC: Final = ("dc", "http://purl.org/dc/elements/1.1/")
XMP: Final = ("xmp", "http://ns.adobe.com/xap/1.0/")
PDF: Final = ("pdf", "http://ns.adobe.com/pdf/1.3/")


class ShinesThrough(ValueError):
    """Something on the page is half transparent and is no picture: laying it flat would hide what is below."""


def archived(data: bytes) -> bytes:
    """The PDF as PDF/A-1b. Raises ShinesThrough."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        _leave_out(pdf)
        for found in list(pdf.objects):
            if isinstance(found, pikepdf.Stream):
                _flatten(found)
            for each in _within(found):
                _check(each)
                _list_glyphs(pdf, each)
        _describe(pdf)
        out = io.BytesIO()
        off = pikepdf.ObjectStreamMode.disable
        pdf.save(out, force_version=VERSION, object_stream_mode=off, deterministic_id=True, fix_metadata_version=False)
    return out.getvalue()


def _leave_out(pdf: pikepdf.Pdf) -> None:
    """Files inside, seals and their fields: a seal covers other bytes than these."""
    for key in ("/AF", "/Names", "/AcroForm", "/Perms", "/DSS", "/Extensions", "/Version"):
        if key in pdf.Root:
            del pdf.Root[key]
    for page in pdf.pages:
        notes = page.obj.get("/Annots")
        if notes is not None:
            kept = [each for each in notes if each.get("/Subtype") not in (Name.Widget, Name.FileAttachment)]
            page.obj.Annots = pikepdf.Array(kept)


def _within(found: Any) -> Iterator[Any]:
    """The dictionary of this object and those that stand in it, not behind a reference."""
    if isinstance(found, pikepdf.Array):
        inner: list[Any] = list(found)
    elif isinstance(found, (Dictionary, pikepdf.Stream)):
        yield found
        inner = [found.get(key) for key in found.keys()]  # noqa: SIM118  # it is no dict
    else:
        return
    for each in inner:
        if isinstance(each, (Dictionary, pikepdf.Array)) and not each.is_indirect:
            yield from _within(each)


def _flatten(found: pikepdf.Stream) -> None:
    """A picture without its transparency, as it looks on white paper; a drawing without its group."""
    group = found.get("/Group")
    if group is not None and group.get("/S") == Name.Transparency:
        del found.Group
    if found.get("/Subtype") != Name.Image:
        return
    mask = found.get("/SMask")
    if isinstance(mask, pikepdf.Stream):
        shades = pikepdf.PdfImage(mask).as_pil_image().convert("L")
        picture = pikepdf.PdfImage(found).as_pil_image().convert("RGB")
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=shades.resize(picture.size))
        found.write(paper.tobytes())
        found.ColorSpace, found.BitsPerComponent = Name.DeviceRGB, 8
        del found.SMask
    if "/Interpolate" in found:
        found.Interpolate = False


def _check(found: Any) -> None:
    """Of pages, their group goes: it only says how to blend. Of the states of drawing, nothing may be half there."""
    group = found.get("/Group")
    if found.get("/Type") == Name.Page and group is not None:
        del found.Group
    is_thin = any(float(found[key]) < 1 for key in ("/ca", "/CA") if key in found)
    if is_thin or found.get("/SMask", Name.None_) != Name.None_:
        raise ShinesThrough


def _list_glyphs(pdf: pikepdf.Pdf, found: Any) -> None:
    """Of a font cut to what is used, which glyphs it has (PDF/A-1, 6.3.5): those whose widths it tells."""
    if found.get("/Subtype") != Name.CIDFontType2 or "/CIDSet" in found.FontDescriptor:
        return
    there: list[int] = []
    widths, at = list(found.get("/W", [])), 0
    while at < len(widths):
        first = int(widths[at])
        if isinstance(widths[at + 1], pikepdf.Array):
            there += range(first, first + len(widths[at + 1]))
            at += 2
        else:
            there += range(first, int(widths[at + 1]) + 1)
            at += 3
    bits = bytearray(max(there, default=0) // 8 + 1)
    for glyph in there:
        bits[glyph // 8] |= 0x80 >> glyph % 8
    found.FontDescriptor.CIDSet = pdf.make_stream(bytes(bits))


def _describe(pdf: pikepdf.Pdf) -> None:
    """Who made it, when and what it is: in the words of the kept PDF, the same in both places where a PDF says so."""
    with pdf.open_metadata(set_pikepdf_as_editor=False) as known:
        title, tool, made = (str(known.get(key) or "") for key in ("dc:title", "xmp:CreatorTool", "xmp:CreateDate"))
        authors, producer = known.get("dc:creator") or [], str(known.get("pdf:Producer") or "")
    author = ", ".join(map(str, authors))
    titled = f'<rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt>'
    said = [
        (DC, "title", title and titled),
        (DC, "creator", author and f"<rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq>"),
        (XMP, "CreatorTool", escape(tool)),
        (XMP, "CreateDate", escape(made)),
        (PDF, "Producer", escape(producer)),
    ]
    lines = "".join(
        f'<rdf:Description rdf:about="" xmlns:{prefix}="{space}"><{prefix}:{key}>{text}</{prefix}:{key}></rdf:Description>\n'
        for (prefix, space), key, text in said
        if text
    )
    pdf.Root.Metadata = pdf.make_stream(
        PACKET.format(descriptions=lines).encode(), Type=Name.Metadata, Subtype=Name.XML
    )
    for key, text in (("/Title", title), ("/Author", author), ("/Creator", tool), ("/Producer", producer)):
        if text:
            pdf.docinfo[key] = text
