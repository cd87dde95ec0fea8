"""How it looks: one stored picture of each kind in each language, and proof that a moved box or a lost line is seen."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from certificates.ephyto.document import EXPORT, RE_EXPORT, Party
from certificates.paper import example, sheets
from certificates.paper.skins import USUAL
from tests.factories import load
from tests.paper import drawing

pytestmark = pytest.mark.django_db

ALL = list(example.combinations())
NAMES = ["-".join(part for part in (kind, language, beside) if part) for kind, language, beside in ALL]
LARGEST = 30_000  # bytes


@pytest.fixture(autouse=True)
def lists() -> None:
    load()


def english(folder: Path) -> Image.Image:
    return drawing.drawn(drawing.certificate(EXPORT, "en", ""), folder)


@pytest.mark.parametrize(("kind", "language", "beside"), ALL, ids=NAMES)
def test_it_looks_as_it_was_approved(kind: str, language: str, beside: str, tmp_path: Path) -> None:
    name = NAMES[ALL.index((kind, language, beside))]
    picture = drawing.drawn(drawing.certificate(kind, language, beside), tmp_path)
    if os.environ.get("REDRAW"):
        drawing.keep(picture, name)
    assert drawing.differences(picture, drawing.stored(name)) == []


def test_every_kind_in_every_language_has_a_picture_and_none_is_large() -> None:
    found = {path.stem: path.stat().st_size for path in drawing.STORED.glob("*.png")}
    assert set(found) == set(NAMES)
    assert max(found.values()) <= LARGEST


def test_a_box_that_moved_by_a_millimetre_and_a_half_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = sheets._style() + ".box.consignee { position: relative; top: 1.5mm; }"
    monkeypatch.setattr(sheets, "_style", lambda: moved)
    found = drawing.differences(english(tmp_path), drawing.stored("851-en"))
    assert found
    assert all(x >= 190 for x, _y in found)  # in the right half, where that box stands


def test_a_line_that_is_missing_is_seen(tmp_path: Path) -> None:
    document = example.document(EXPORT, issuer="NPPO of Samoa", country="Samoa")
    shorter = replace(document, consignee=Party(document.consignee.name, document.consignee.address[:1]))
    picture = drawing.drawn(drawing.certificate(EXPORT, "en", "", shorter), tmp_path)
    assert drawing.differences(picture, drawing.stored("851-en"))


def test_a_rule_that_is_missing_and_another_ink_are_seen(tmp_path: Path) -> None:
    for skin in (replace(USUAL, rules="none"), replace(USUAL, head=USUAL.head + 1.5)):
        data = drawing.certificate(EXPORT, "en", "", skin=skin)
        assert drawing.differences(drawing.drawn(data, tmp_path), drawing.stored("851-en")), skin


def test_another_drawing_of_the_same_letters_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As another poppler may do: drawn finer and made smaller, not hinted for this size."""
    monkeypatch.setattr(drawing, "RESOLUTION", "150")
    fine = drawing.drawn(drawing.certificate(EXPORT, "en", ""), tmp_path)
    size = drawing.stored("851-en").size
    assert drawing.differences(fine.resize(size, Image.Resampling.BOX), drawing.stored("851-en")) == []


def test_a_re_export_never_looks_like_an_export() -> None:
    for name in NAMES:
        if name.startswith(EXPORT):
            other = name.replace(EXPORT, RE_EXPORT)
            assert len(drawing.differences(drawing.stored(name), drawing.stored(other))) > 50
