"""Where everything stands on a printed page, asked of the real layout."""

from typing import Any

from django.utils import translation
from weasyprint import HTML

from certificates.ephyto.document import Document
from certificates.paper import pdf, sheets, words
from certificates.paper.face import face
from certificates.paper.skins import USUAL, Skin
from codelists.lookup import Names

JUDGED = ("article", "header", "div", "p", "td", "th", "h1", "h2")  # lines of a label are judged in its box


def laid_out(
    document: Document,
    language: str = "en",
    beside: str = "",
    skin: Skin = USUAL,
    names: Names | None = None,
    **more: Any,
) -> list[Any]:
    """The pages, as the PDF has them."""
    whole = face(document, language, beside=beside, skin=skin, names=names)
    with translation.override(words.spoken(language)):
        html = pdf.page(whole, document, skin=skin, **more)
        fonts, css = sheets.tools(skin, is_rtl=language == "ar", fetcher=pdf.Closed())
    pages: list[Any] = HTML(string=html).render(stylesheets=css, font_config=fonts).pages
    return pages


def boxes_of(page: Any) -> list[Any]:
    return [box for box in page._page_box.descendants() if hasattr(box, "descendants")]


def words_of(page: Any) -> str:
    return " ".join(box.text for box in page._page_box.descendants() if type(box).__name__ == "TextBox")


def flaws(
    document: Document,
    language: str = "en",
    extra: int = 0,
    beside: str = "",
    skin: Skin = USUAL,
    names: Names | None = None,
) -> list[str]:
    """Boxes whose lines end below or beside them, or that stand below the face; labels on what was written; "spilled" when
    the face needs a second page.
    """
    origin = pdf.Origin("Argentina", "10 July 2026, 06:14") if extra else None
    first, *rest = laid_out(document, language, beside, skin, names, origin=origin)
    found = ["spilled" for page in rest for box in boxes_of(page) if box.element_tag == "article"]
    (article,) = (box for box in boxes_of(first) if box.element_tag == "article")
    judged = [box for box in boxes_of(first) if box.element_tag in JUDGED and box.element.get("class") != "label"]
    return found + [
        f"{box.element_tag} {box.element.get('class')} {why}" for box in judged if (why := _reasons(box, article))
    ]


def _reasons(box: Any, article: Any) -> list[str]:
    lines = [line for line in box.descendants() if type(line).__name__ == "LineBox"]
    bottom = box.position_y + box.margin_height() + 0.5
    checks = {
        "below": any(line.position_y + line.height > bottom for line in lines),
        "beside": any(line.position_x + line.width > box.position_x + box.margin_width() + 1 for line in lines),
        "off the face": box is not article and bottom > article.position_y + article.height + 1,
        "overlapping": box.element_tag in ("div", "header") and _overlap(lines),
    }
    return [name for name, is_so in checks.items() if is_so]


def _overlap(lines: list[Any]) -> bool:
    """Whether two lines of one box stand on each other."""
    within = {id(inner) for line in lines for inner in line.descendants()}  # of a number in its square
    lines = [line for line in lines if line.children and id(line) not in within]
    places = [(line.position_x, line.position_y, line.width, line.height) for line in lines]
    return any(
        x1 < x2 + w2 - 1 and x2 < x1 + w1 - 1 and y1 < y2 + h2 - 1.5 and y2 < y1 + h1 - 1.5
        for index, (x1, y1, w1, h1) in enumerate(places)
        for x2, y2, w2, h2 in places[index + 1 :]
    )
