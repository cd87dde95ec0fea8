"""Screen and paper are two templates over the same boxes: both show every one of them."""

import re

import pytest
from django.template.loader import render_to_string

from certificates.ephyto.document import Note
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


def _plain(html: str) -> str:
    import html as entities

    return " ".join(entities.unescape(re.sub(r"<[^>]+>", " ", html)).split())
