"""Marks on later prints: the kept bytes of a certificate with a word across each page, and a line that says whose it is."""

import io
from functools import lru_cache
from html import escape
from typing import Final

import pikepdf

from certificates.paper.pdf import drawn

COPY: Final = "COPY"
TRUE_COPY: Final = "CERTIFIED TRUE COPY"
REPLACED: Final = "REPLACED"
CANCELLED: Final = "CANCELLED"
MARK: Final = pikepdf.Name("/GensMark")
STYLE: Final = """
@page { size: WIDEpt HIGHpt; margin: 0; }
body { margin: 0; font-family: GensSans; }
.word { position: absolute; top: 40%; left: 0; width: 100%; margin: 0; text-align: center; font-size: 54pt; font-weight: bold;
  white-space: nowrap; color: #a8201a; opacity: 0.35; transform: rotate(-35deg); }
.flat { color: #e0b1af; opacity: 1; }
.line { position: absolute; top: 4mm; left: 13mm; right: 13mm; margin: 0; font-size: 8pt; color: #a8201a; text-align: center; }
"""


def marked(data: bytes, word: str, line: str = "", *, is_flat: bool = False) -> bytes:
    """The PDF with `word` across every page and `line` above it. Nothing else of it changes: text, tags, the XML inside.
    A seal does not outlive a change: it is taken off, and a new one is the caller's to put on.

    is_flat: below what is printed, in a pale ink, since nothing may shine through (an archive copy).
    """
    with pikepdf.open(io.BytesIO(data)) as pdf:
        _take_off_seal(pdf)
        for page in pdf.pages:
            _, _, wide, high = (float(edge) for edge in page.mediabox)
            # the mark is heard once, from the title
            laid(pdf, page, _sheet(word, line, round(wide), round(high), is_flat), MARK, is_below=is_flat)
        with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
            title = metadata.get("dc:title") or pdf.docinfo.get("/Title", "")
            metadata["dc:title"] = f"{title} ({word})".strip()
        return saved(pdf)


def laid(pdf: pikepdf.Pdf, page: pikepdf.Page, sheet: bytes, name: pikepdf.Name, *, is_below: bool = False) -> None:
    """Lay the first page of `sheet` upon this one, or below it, as an artifact: readers aloud hear the certificate."""
    with pikepdf.open(io.BytesIO(sheet)) as other:
        form = pdf.copy_foreign(other.pages[0].as_form_xobject())
    artifact = f"/Artifact BMC q {page.add_resource(form, pikepdf.Name.XObject, name)} Do Q EMC"
    if is_below:
        page.contents_add(artifact.encode(), prepend=True)
        return
    page.contents_add(b"q", prepend=True)  # what the page does to its coordinates ends before the artifact
    page.contents_add(f"Q {artifact}".encode(), prepend=False)


def saved(pdf: pikepdf.Pdf) -> bytes:
    """The same bytes for the same pages; what the file says of itself stays."""
    out = io.BytesIO()
    pdf.save(out, fix_metadata_version=False, deterministic_id=True)
    return out.getvalue()


def _take_off_seal(pdf: pikepdf.Pdf) -> None:
    """Fields, marks and permissions of signatures: our papers have no other form fields."""
    if "/AcroForm" not in pdf.Root:
        return
    for page in pdf.pages:
        kept = [each for each in page.get("/Annots", []) if each.get("/FT") != pikepdf.Name.Sig]
        if kept:
            page.Annots = pikepdf.Array(kept)
        elif "/Annots" in page:
            del page["/Annots"]
    for name in ("/AcroForm", "/Perms", "/Extensions"):
        if name in pdf.Root:
            del pdf.Root[name]


@lru_cache(maxsize=32)
def _sheet(word: str, line: str, wide: int, high: int, is_flat: bool) -> bytes:
    """A page of that size with the mark and nothing else."""
    style = STYLE.replace("WIDE", str(wide)).replace("HIGH", str(high))
    kind = "word flat" if is_flat else "word"
    html = f'<html lang="en"><p class="{kind}">{escape(word)}</p><p class="line">{escape(line)}</p>'
    return drawn(html, style)
