"""Screen and paper are two templates over the same boxes: both show every one of them."""

import re
from dataclasses import replace

import pytest
from django.template.loader import render_to_string

from certificates.ephyto.document import Note, Text, Treatment
from certificates.models import Status
from certificates.paper import pdf
from certificates.paper.face import face
from certificates.paper.skins import USUAL, Skin
from gens.accounts import roles
from tests.factories import NppoFactory, load, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("skin", [USUAL, Skin(numbering="round", signing="signature")], ids=["usual", "numbered"])
@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_screen_and_paper_show_every_box(language: str, skin: Skin) -> None:
    load()
    document = valid_document(
        number="WS-1", notes=(Note("SPSFL", "5"), Note("DMCL", "UGL"), Note("ADEDL", "Free from pests.", "en"))
    )
    nppo = NppoFactory(code="WS")
    certificate = make_certificate(nppo, Status.DRAFT, by=make_membership(nppo, roles.INSPECTOR), document=document)
    made = face(document, language, skin=skin)
    screen = render_to_string(
        "certificates/_face.html", {"face": made, "certificate": certificate, "may_edit": True, "marks": {}}
    )
    paper = pdf.page(made, document, skin=skin)
    for box in made.boxes:
        words = [
            f"({box.number}) {box.label}" if box.number else box.label,
            *(text.text for text in box.texts),
            *(row.botanical for row in box.rows),
        ]
        for word in filter(None, words):
            assert _plain(word) in _plain(screen), (box.key, word)
            assert _plain(word) in _plain(paper), (box.key, word)


def test_equal_treatments_stand_once_with_the_numbers_of_their_lines() -> None:
    load()
    fumigated = Treatment(id="t", start="2026-07-12", kind=Text("Fumigation", "en"))
    (line,) = valid_document().lines
    treated = [replace(line, id=str(n), treatments=(replace(fumigated, id=f"t{n}"),)) for n in range(1, 7)]
    treated[4] = replace(treated[4], treatments=(replace(fumigated, kind=Text("Hot air", "en")),))
    boxes = {box.key: [text.text for text in box.texts] for box in face(valid_document(lines=tuple(treated))).boxes}
    assert boxes["treatment_treatment"] == ["1-4, 6: Fumigation", "5: Hot air"]
    assert boxes["treatment_date"] == ["1-4, 6: 12 July 2026", "5: 12 July 2026"]


def _plain(html: str) -> str:
    import html as entities

    return " ".join(entities.unescape(re.sub(r"<[^>]+>", " ", html)).split())
