"""A file is one of the four kinds only when it is that from its first byte to its last, and nothing else as well."""

import gzip
import io
import zipfile

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.ephyto.media import PIXELS, SHOWN, UNKNOWN, file_name, media_type
from tests.ephyto.files import chunk, image, pdf, png

PDF, PNG, JPEG, GIF = pdf(), image("PNG"), image("JPEG"), image("GIF")
FOUR = {"application/pdf": PDF, "image/png": PNG, "image/jpeg": JPEG, "image/gif": GIF}
EXIF = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"
SCRIPT = b"*/=1;alert(1);//"
PAGE = b"<html><script>alert(1)</script></html>"


def archive(comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("run.js", "alert(1)")
        made.comment = comment
    return out.getvalue()


def pdf_saved(**options: object) -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page()
        made.docinfo["/Title"] = "شحنة"
        out = io.BytesIO()
        made.save(out, **options)
    return out.getvalue()


def with_segment(code: int, content: bytes) -> bytes:
    """The JPEG with one more segment at its beginning."""
    return JPEG[:2] + bytes([0xFF, code]) + (len(content) + 2).to_bytes(2, "big") + content + JPEG[2:]


def with_comment(text: bytes) -> bytes:
    """The GIF with a comment before its end."""
    return GIF[:-1] + b"!\xfe" + bytes([len(text)]) + text + b"\0;"


def gif(width: int, height: int, frames: int = 1) -> bytes:
    """A GIF of so many frames of this size, whatever their data hold."""
    size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return b"GIF89a" + size + bytes(3) + (b"," + bytes(4) + size + b"\0\x02\x02\x4c\x01\0") * frames + b";"


def test_the_four_kinds_are_told() -> None:
    assert {kind: media_type(data) for kind, data in FOUR.items()} == {kind: kind for kind in SHOWN}


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_every_sort_of_png_is_one(mode: str) -> None:
    assert media_type(image("PNG", mode)) == "image/png"


@pytest.mark.parametrize(
    "options",
    [{"progressive": True}, {"optimize": True}, {"exif": EXIF}, {"icc_profile": b"x" * 200_000}, {"comment": b"lot 7"},
     {"restart_marker_blocks": 1}],
)  # fmt: skip
def test_every_sort_of_jpeg_is_one(options: dict[str, object]) -> None:
    assert media_type(image("JPEG", size=(64, 64), **options)) == "image/jpeg"
    assert media_type(image("JPEG", "CMYK", **options)) == "image/jpeg"


def test_animated_images_are_images() -> None:
    from PIL import Image

    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    for kind in ("GIF", "PNG"):
        assert media_type(image(kind, save_all=True, append_images=frames, duration=50)) == f"image/{kind.lower()}"


@pytest.mark.parametrize(
    "options",
    [{"linearize": True}, {"object_stream_mode": pikepdf.ObjectStreamMode.generate}, {"min_version": "2.0"},
     {"encryption": pikepdf.Encryption(owner="o", user="")}],
)  # fmt: skip
def test_every_sort_of_pdf_is_one(options: dict[str, object]) -> None:
    assert media_type(pdf_saved(**options)) == "application/pdf"


def test_a_pdf_that_was_changed_after_it_was_saved_is_one() -> None:
    place = PDF.rindex(b"startxref")
    assert media_type(PDF + PDF[place:]) == "application/pdf"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \n\n", b"\0" * 512])
def test_blank_space_behind_a_pdf_and_zero_bytes_behind_an_image_are_padding(end: bytes) -> None:
    assert media_type(PDF.rstrip() + end) == "application/pdf"
    for kind in ("image/png", "image/jpeg", "image/gif"):
        assert media_type(FOUR[kind] + b"\0" * 512) == kind


POLYGLOTS = {
    "PNG and ZIP": PNG + archive(),
    "JPEG and page": JPEG + PAGE,
    "JPEG and JPEG": JPEG + JPEG,
    "JPEG and a line": JPEG + b"\n",
    "GIF and script": GIF + SCRIPT,
    "GIF that opens a script's comment": with_comment(SCRIPT).replace(GIF[6:8], b"/*", 1),
    "GIF that assigns": with_comment(SCRIPT).replace(GIF[6:8], b"='", 1),
    "GIF with a page in its comment": with_comment(PAGE),
    "GIF with a page in capitals": with_comment(PAGE.upper()),
    "PDF and ZIP": PDF + archive(),
    "ZIP whose comment ends as a PDF does": PDF + archive(PDF[PDF.rindex(b"startxref") :]),
    "PDF that begins as a page": PDF[:9] + b"<HTML><!--" + PDF[9:],
    "PDF and page": PDF + PAGE,
    "PDF behind a line": b"\n" + PDF,
    "PDF and GIF": PDF + GIF,
    "JPEG with a PDF inside": with_segment(0xFE, PDF),
    "JPEG with a page in its comment": with_segment(0xFE, PAGE),
    "JPEG whose first length opens a script's comment": with_segment(0xE0, b"*/=alert(1);/*".ljust(0x2F2A - 2)),
    "JPEG whose first length assigns": with_segment(0xE0, b"';alert(1)//".ljust(0x3D27 - 2)),
    "JPEG that begins twice": JPEG[:2] + JPEG,
    "PNG whose end holds something": PNG[:-12] + chunk(b"IEND", b"alert(1)"),
    "JPEG with PHP": with_segment(0xFE, b"<?php system($_GET[0]);"),
    "PNG with SVG": png(9, 9, chunk(b"tEXt", b"Comment\0<svg onload=alert(1)>")),
    "PNG that ends as a ZIP": png(9, 9)[:-12] + chunk(b"teXt", archive(b"x" * 16)) + chunk(b"IEND", b""),
    "PNG that is a RAR too": png(9, 9, chunk(b"teXt", b"Rar!\x1a\x07\x01\x00")),
    "page with a PDF in a comment": b"<html><!-- " + PDF + b" --><script>alert(1)</script>",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "compressed SVG": gzip.compress(b"<svg/>"),
    "script": b"alert(1)",
    "program": b"MZ" + bytes(200) + PDF,
    "tar named as a PDF": (b"%PDF-1.4 ".ljust(257, b"\0") + b"ustar").ljust(512, b"\0") + PDF,
    "mail": b"From: a\r\n\r\n" + JPEG,
}


@pytest.mark.parametrize("name", POLYGLOTS)
def test_what_is_something_else_as_well_is_a_download_only(name: str) -> None:
    assert media_type(POLYGLOTS[name]) == UNKNOWN


BOMBS = {
    "PNG head": png(2**31 - 1, 2**31 - 1),
    "PNG with a second head": png(9, 9, png(12_000, 12_000)[8:33]),  # some readers believe the last one
    "PNG frames": png(9_000, 9_000, *[chunk(b"fcTL", bytes(26))] * 2),
    "JPEG head": JPEG.replace(b"\x00\x09\x00\x10\x03", b"\xff\xff\xff\xff\x03"),
    "GIF screen": gif(65_535, 65_535),
    "GIF frames": gif(1_000, 1_000, 101),
}


@pytest.mark.parametrize("name", BOMBS)
def test_small_files_of_huge_images_are_downloads_only(name: str) -> None:
    assert len(BOMBS[name]) < 10_000
    assert media_type(BOMBS[name]) == UNKNOWN


def test_the_number_of_pixels_is_a_setting() -> None:
    assert PIXELS == 100_000_000
    assert media_type(png(10_000, 10_000)) == "image/png"
    assert media_type(gif(1_000, 1_000, 100)) == "image/gif"
    assert media_type(png(10_000, 10_001)) == UNKNOWN
    assert media_type(png(10_000, 10_001), pixels=200_000_000) == "image/png"
    for data in (PNG, JPEG, GIF):
        assert media_type(data, pixels=16 * 9) == media_type(data)
        assert media_type(data, pixels=16 * 9 - 1) == UNKNOWN
    assert media_type(PDF, pixels=1) == "application/pdf"


@pytest.mark.parametrize("data", [png(0, 9), gif(0, 9), JPEG.replace(b"\x00\x09\x00\x10\x03", b"\0\0\0\x10\x03")])
def test_an_image_without_pixels_is_none(data: bytes) -> None:
    assert media_type(data) == UNKNOWN


@pytest.mark.parametrize("kind", FOUR)
def test_a_file_that_was_cut_off_anywhere_is_none(kind: str) -> None:
    data = FOUR[kind].rstrip()
    told = {media_type(data[:length]) for length in range(len(data))}
    assert told == {UNKNOWN}


def test_a_changed_byte_in_a_png_is_noticed() -> None:
    for place in range(8, len(PNG)):
        assert media_type(PNG[:place] + bytes([PNG[place] ^ 1]) + PNG[place + 1 :]) == UNKNOWN


@given(st.sampled_from([*(data[:20] for data in FOUR.values()), b"GIF89a", b"\xff\xd8", b""]), st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_it_fail(beginning: bytes, rest: bytes) -> None:
    assert media_type(beginning + rest) in {UNKNOWN, *SHOWN}


@given(st.sampled_from(sorted(FOUR)), st.data())
@settings(max_examples=500, deadline=None)
def test_no_damage_makes_it_fail(kind: str, data: st.DataObject) -> None:
    damaged = bytearray(FOUR[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    assert media_type(bytes(damaged)) in (UNKNOWN, kind)


MANY = 10_000_000
# Each a chain of the smallest parts there are: these are refused for their number, before they cost a second.
CHAINS = {
    "fill": b"\xff\xd8" + b"\xff" * MANY,
    "segments": b"\xff\xd8" + b"\xff\xe0\0\2" * (MANY // 4),
    "scans": b"\xff\xd8" + b"\xff\xda\0\2" * (MANY // 4),
    "restarts": b"\xff\xd8\xff\xda\0\2" + b"\xff\xd0" * (MANY // 2),
    "pieces": b"GIF89a\1\0\1\0\0\0\0!\xfe" + b"\1a" * (MANY // 2) + b"\0;",
    "blocks": b"GIF89a\1\0\1\0\0\0\0" + b"!\xfe\0" * (MANY // 3) + b";",
    "chunks": b"\x89PNG\r\n\x1a\n" + chunk(b"aaaa", b"") * (MANY // 12),
    "space": b"%PDF-1.4\n" + b" " * MANY,
    "digits": b"%PDF-1.4\n" + b"startxref " + b"7" * MANY + b" %%EOF",
    "brackets": GIF[:-1] + b"!\xfe" + (b"\xff" + b"<" * 255) * (MANY // 256) + b"\0;",
}


@pytest.mark.parametrize("name", [name for name in CHAINS if name != "brackets"])
def test_ten_million_bytes_of_nothing_are_refused(name: str) -> None:
    assert media_type(CHAINS[name]) == UNKNOWN


def test_ten_million_bytes_of_an_image_are_one() -> None:
    assert media_type(CHAINS["brackets"]) == "image/gif"
    assert media_type(png(1_000, 1_000, *[chunk(b"IDAT", bytes(8_192))] * 1_200)) == "image/png"


@pytest.mark.parametrize(
    ("name", "kind", "saved"),
    [
        ("letter.pdf", "application/pdf", "letter.pdf"),
        ("Letter.PDF", "application/pdf", "Letter.pdf"),
        ("leaf.jpeg", "image/jpeg", "leaf.jpeg"),
        ("leaf", "image/jpeg", "leaf.jpg"),
        ("letter.pdf", UNKNOWN, "letter.pdf.bin"),
        ("letter.pdf.exe", UNKNOWN, "letter.pdf.exe.bin"),
        ("letter.pdf    .exe", "application/pdf", "letter.pdf .exe.pdf"),
        ("letter\u202efdp.exe", UNKNOWN, "letterfdp.exe.bin"),
        ("../../etc/passwd", UNKNOWN, "_.._etc_passwd.bin"),
        ("..\\C:\\run.png", "image/png", "_C__run.png"),
        ('a"; filename="b.exe', "image/gif", "a__ filename=_b.exe.gif"),
        ("a\r\nSet-Cookie: x\x00.pdf", "application/pdf", "aSet-Cookie_ x.pdf"),
        ("شحنة 芋 é.pdf", "application/pdf", "شحنة 芋 é.pdf"),
        ("e\u0301.pdf", "application/pdf", "\u00e9.pdf"),
        ("", "application/pdf", "attachment.pdf"),
        (" . . ", UNKNOWN, "attachment.bin"),
        (".pdf", "application/pdf", "pdf.pdf"),
        ("a" * 300 + ".pdf", "application/pdf", "a" * 180 + ".pdf"),
        ("芋" * 300, "image/gif", "芋" * 60 + ".gif"),
        ("WS-2026-1.xml", "application/xml", "WS-2026-1.xml"),
    ],
)
def test_a_file_is_saved_under_a_name_that_tells_the_truth(name: str, kind: str, saved: str) -> None:
    assert file_name(name, kind) == saved


@given(st.text(max_size=300), st.sampled_from([UNKNOWN, *SHOWN]))
@settings(max_examples=300, deadline=None)
def test_every_name_becomes_one_that_any_system_takes(name: str, kind: str) -> None:
    saved = file_name(name, kind)
    assert saved.isprintable()
    assert not set(saved) & set("/\\\"':;<>|*?\r\n\u202e")
    assert len(saved.encode()) <= 255
    assert saved.lower().endswith((f".{SHOWN.get(kind, 'bin')}", ".jpeg"))
    assert file_name(saved, kind) == saved
