"""What an attachment is, judged by its first bytes and never by its name."""

from typing import Final

UNKNOWN: Final = "application/octet-stream"
# The four kinds that partners accept (IPPC Hub); all others are downloads only.
SHOWN: Final = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}

_BEGINNINGS: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def media_type(data: bytes) -> str:
    """The media type by content; application/octet-stream for everything else."""
    return next((kind for beginning, kind in _BEGINNINGS if data.startswith(beginning)), UNKNOWN)
