"""Marks on later prints: over every page, and nothing of the certificate changes below them."""

import io
import subprocess
from pathlib import Path

import pikepdf
import pytest

from certificates.paper import marking, pdf
from tests.factories import load
from tests.paper.test_pdf import issued, many_lines

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lists() -> None:
    load()


def text_of(data: bytes, path: Path) -> str:
    path.write_bytes(data)
    said = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    return " ".join(said.split())


def test_the_word_and_the_line_stand_on_every_page(tmp_path: Path) -> None:
    plain = pdf.render(many_lines(40), xml=b"<a/>")
    data = marking.marked(plain, marking.TRUE_COPY, "Countersigned by Ioane Leavasa, 29 November 2026")
    with pikepdf.open(io.BytesIO(data)) as printed:
        pages = len(printed.pages)
        assert pages > 1
    for number in range(1, pages + 1):
        path = tmp_path / "one.pdf"
        path.write_bytes(data)
        page = subprocess.run(
            ["pdftotext", "-f", str(number), "-l", str(number), str(path), "-"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert "Countersigned by Ioane Leavasa" in page


def test_what_stood_there_is_still_there_xml_and_tags_too(tmp_path: Path) -> None:
    plain = pdf.render(issued(), xml=b"<a/>")
    data = marking.marked(plain, marking.CANCELLED)
    assert set(text_of(plain, tmp_path / "a.pdf").split()) <= set(text_of(data, tmp_path / "b.pdf").split())
    with pikepdf.open(io.BytesIO(data)) as printed:
        (name,) = printed.attachments
        assert printed.attachments[name].get_file().read_bytes() == b"<a/>"
        assert printed.Root.MarkInfo.Marked
        assert b"/Artifact BMC" in b"".join(part.read_bytes() for part in printed.pages[0].Contents)
    assert (
        subprocess.run(["qpdf", "--check", str(tmp_path / "b.pdf")], capture_output=True, check=False).returncode == 0
    )


def test_the_same_mark_makes_the_same_bytes_and_hostile_words_are_words(tmp_path: Path) -> None:
    plain = pdf.render(issued(), xml=b"")
    assert marking.marked(plain, marking.COPY) == marking.marked(plain, marking.COPY)
    data = marking.marked(plain, marking.COPY, "<img src=https://example.org/x> & </p>")
    assert "<img src=https://example.org/x> & </p>" in text_of(data, tmp_path / "c.pdf")
