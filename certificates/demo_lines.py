"""The demo's long draft: forty lines of mixed produce for a shop in Auckland, brought as a file."""

import io
from typing import Final

from certificates import drafts, line_files
from certificates.models import Certificate
from codelists import tabular
from gens.accounts.models import Membership

# Produce, botanical name, part, kilograms of the first lot, packages of it, their kind.
_PRODUCE: Final = (
    ("Taro, fresh corms", "Colocasia esculenta", "Bulbs and tubers", 1200, 60, "5H"),
    ("Yam, fresh", "Dioscorea alata", "Bulbs and tubers", 640, 32, "CT"),
    ("Cassava, peeled and frozen", "Manihot esculenta", "Bulbs and tubers", 2000, 100, "CT"),
    ("Coconuts, husked", "Cocos nucifera", "Fruit", 1500, 50, "SA"),
    ("Green bananas, fresh", "Musa", "Fruit", 980, 70, "CT"),
    ("Breadfruit, frozen", "Artocarpus altilis", "Fruit", 750, 50, "CT"),
    ("Limes, fresh", "Citrus aurantiifolia", "Fruit", 320, 40, "CR"),
    ("Taro leaves, frozen", "Colocasia esculenta", "Leaves", 410, 41, "CT"),
)
_PLACES: Final = ("Aleipata, Upolu", "Falealili, Upolu", "Lefaga, Upolu", "Salelologa, Savai'i", "Palauli, Savai'i")


def fill(draft: Certificate, *, by: Membership) -> None:
    """Bring the lines into this draft. Call it inside acting_for(nppo.pk)."""
    file = "".join(tabular.csv_lines(list(_rows()[0]), [row.values() for row in _rows()])).encode()
    brought = line_files.read(io.BytesIO(file), "lines.csv", draft.document, draft.nppo.language)
    opened = drafts.section_hash(draft.document, "lines")
    drafts.save_section(
        draft, "lines", by=by, opened_with=opened, change=lambda d: drafts.with_lines(d, brought.lines, instead=True)
    )


def _rows() -> list[dict[str, str]]:
    """Each produce of each place; one line says no packages yet, so that there is something to mend."""
    rows = []
    for lot, place in enumerate(_PLACES):
        for produce, botanical, part, kilograms, packages, kind in _PRODUCE:
            weight, count = kilograms + 20 * lot, packages + lot
            rows.append(
                {
                    "description": produce, "botanical": botanical, "vegetable_part": part, "net_weight": str(weight),
                    "net_weight_unit": "kg", "gross_weight": str(weight + 2 * count), "gross_weight_unit": "kg",
                    "packages_quantity": str(count), "packages_kind": kind, "origin_areas": place,
                }
            )  # fmt: skip
    rows[17] |= {"packages_quantity": "", "packages_kind": ""}
    return rows
