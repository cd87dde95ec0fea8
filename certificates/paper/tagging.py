"""What WeasyPrint's tags leave out: the language of each part, headers over two columns, and what is no content.

WeasyPrint 70 writes the language of the document alone, and gives out its tags only when no box is at hand any more. So
the function that makes the tags of a box is wrapped: it calls itself by its name in its module, for every box. A version
without it fails here when this module is read; one that calls itself otherwise fails in tests/paper/test_structure.py.
"""

from collections.abc import Iterator
from typing import Any, Final

from weasyprint.formatting_structure import boxes
from weasyprint.pdf import tags

POINT: Final = 0.75  # of a pixel
LEAVES: Final = ("/H1", "/H2", "/H3", "/P")  # none stands in itself
APART: Final = "null"  # in the place of an element

pydyf: Final = tags.pydyf  # the objects of which WeasyPrint makes a PDF
_tagged: Final = tags._build_box_tree


def _completed(
    box: Any, parent: Any, pdf: Any, page: int, numbers: dict[int, Any], notes: list[Any], marked: dict[Any, Any]
) -> Iterator[Any]:
    """The elements of this box, with what they lack."""
    if isinstance(box, boxes.MarginBox) or (box.element is not None and box.element.get("aria-hidden")):
        for inner in box.descendants():  # no element has it: `finished` makes an artifact of it
            if found := marked.pop(inner, None):
                numbers[found["mcid"]] = APART
        return
    is_passed = isinstance(box, boxes.PageBox) or box.element_tag in ("html", "body")
    for element in _tagged(box, parent, pdf, page, numbers, notes, marked):
        if not is_passed:
            _complete(element, box, parent)
        yield element


tags._build_box_tree = _completed


def _complete(element: Any, box: Any, parent: Any) -> None:
    kind = element["S"]
    if kind in LEAVES and parent["S"] == kind:  # a block within it: anonymous, of the same HTML element
        element["S"] = "/NonStruct"
    if box.element is not None and (language := box.element.get("lang")):
        element["Lang"] = pydyf.String(language)
    if kind == "/TH":
        element["A"]["Scope"] = "/Row" if box.element.get("scope") == "row" else "/Column"
    elif kind == "/Table":
        _map_wide_headers(box)


def _map_wide_headers(table: Any) -> None:
    """A header over two columns is that of the second too: it is the one of the cell before."""
    for row in table.descendants():
        before: Any = pydyf.Array()
        for cell in row.children if row.element_tag == "tr" and isinstance(row, boxes.TableRowBox) else ():
            if cell.element_tag == "td":
                said = cell.mark["A"]
                said["Headers"] = before = said["Headers"] or before


def finished(_document: Any, pdf: Any) -> None:
    """Once all is tagged: artifacts, the list of what has a name, and where figures stand on the page."""
    root = _at(pdf, pdf.catalog["StructTreeRoot"])
    elements = _at(pdf, root["ParentTree"])["Nums"][1::2]
    for page, of_page in zip(pdf.page_references, elements, strict=False):
        _set_apart(_at(pdf, _at(pdf, page)["Contents"]).stream, of_page)
    names: list[tuple[str, Any]] = []
    for found in pdf.objects:
        if not isinstance(found, pydyf.Dictionary) or found.get("Type") != "/StructElem":
            continue
        if "ID" in found:
            names.append((found["ID"].string, found))
        if found["S"] == "/Figure":
            found["A"]["BBox"] = _on_page(found["A"]["BBox"], _at(pdf, found["Pg"])["MediaBox"][3])
    if names:
        listed = pydyf.Array()
        for name, element in sorted(names, key=lambda named: named[0]):
            listed += [pydyf.String(name), element.reference]
        root["IDTree"] = pydyf.Dictionary({"Names": listed})


def _at(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]


def _set_apart(stream: list[Any], elements: Any) -> None:
    """What no element has is of the page, not of the certificate: its head, its number, a mark across it."""
    apart = {number for number, element in enumerate(elements) if element == APART}
    for at, item in enumerate(stream if apart else ()):
        if isinstance(item, pydyf.Dictionary) and item.get("MCID") in apart:
            stream[at - 1 : at + 1] = "/Artifact", b"<</Type/Pagination>>"


def _on_page(place: Any, height: float) -> Any:
    """From pixels below the upper edge to points above the lower one."""
    left, top, right, bottom = (edge * POINT for edge in place)
    return pydyf.Array((left, height - bottom, right, height - top))
