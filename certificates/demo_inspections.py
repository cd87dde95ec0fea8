"""The demo's inspections: planned for tomorrow, passed with a photo, failed with a sample, waiting for the laboratory."""

import struct
import zlib
from datetime import timedelta
from typing import Any

from django.utils import timezone

from certificates import inspections
from certificates.models import Certificate, Inspection, Sample
from gens.accounts.models import Membership

WHARF = "Matautu wharf, Apia"


def plan(certificate: Certificate, by: Membership) -> Certificate:
    """For tomorrow."""
    _record(certificate, by, -1, Inspection.State.PLANNED, place="Packing house, Vaitele")
    return certificate


def passed(certificate: Certificate, by: Membership) -> Certificate:
    """Yesterday, with a photo of the lot."""
    made = _record(
        certificate,
        by,
        1,
        Inspection.State.PASSED,
        findings="2 % of the packages opened, 600 units looked at. No pests.",
    )
    inspections.attach(made, _photo(), "lot.png", "The lot before loading", by=by)
    return certificate


def failed(certificate: Certificate, by: Membership) -> Certificate:
    """The day before yesterday: the laboratory confirmed what was found."""
    _record(
        certificate, by, 2, Inspection.State.FAILED,
        findings="Live mealybugs on 4 of 600 fruits. To be treated and inspected again.",
        sample={"number": "S-26-118", "reference": "NU-26-0931", "result": "Pseudococcus sp., live nymphs"},
    )  # fmt: skip
    return certificate


def at_laboratory(certificate: Certificate, by: Membership) -> Certificate:
    """Yesterday: the sample is on its way."""
    _record(
        certificate, by, 1, Inspection.State.LABORATORY, findings="Discoloured corms in one bag, sampled.",
        sample={"number": "S-26-121", "reference": "NU-26-0940"},
    )  # fmt: skip
    return certificate


def _record(
    certificate: Certificate,
    by: Membership,
    days_ago: int,
    state: str,
    *,
    sample: dict[str, Any] | None = None,
    **said: Any,
) -> Inspection:
    day = timezone.localdate(timezone=by.nppo.zone) - timedelta(days=days_ago)
    when = {"planned_on": day} if state == Inspection.State.PLANNED else {"planned_on": day, "done_on": day}
    made = Inspection(nppo=by.nppo, certificate=certificate, officer=by, state=state, **when | {"place": WHARF} | said)
    taken: dict[str, Any] = {"what": "Ten units of the lot", "laboratory": "Plant health laboratory, Nu'u"}
    if sample and "result" in sample:
        taken["result_on"] = day
    return inspections.record(made, [Sample(**taken | sample)] if sample else [], by=by)


def _photo(width: int = 480, height: int = 320) -> bytes:
    """Corms in a field of green, as far as a few lines draw them: a PNG."""

    def pixel(x: int, y: int) -> bytes:
        inside = (x % 60 - 30) ** 2 + (y % 64 - 32) ** 2 < 24**2
        return bytes((150 - y // 8, 110 - x // 16, 70)) if inside else bytes((40, 90 + y // 6, 60))

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + b"".join(pixel(x, y) for x in range(width)) for y in range(height))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
