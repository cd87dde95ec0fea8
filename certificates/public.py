"""What anybody may learn of an issued certificate who has its paper: an address nobody can guess, and what stands behind it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import qrcode
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

from certificates.models import Certificate, Direction, Message, PublicLink, Rendering, Status

SECRET_BYTES: Final = 16
A_MINUTE: Final = 60
MOST: Final = 60  # questions of one address a minute


@dataclass(frozen=True)
class Answer:
    """Of a certificate: "valid", "withdrawn" or "replaced"; what replaced it; the hashes of its issued files."""

    certificate: Certificate
    state: str
    replaced_by: Certificate | None
    pdf: str
    xml: str

    @property
    def detail(self) -> str:
        """How much the NPPO shows: a value of Nppo.PublicDetail."""
        return self.certificate.nppo.public_detail


_STATES: Final = {Status.ISSUED: "valid", Status.WITHDRAWN: "withdrawn", Status.REPLACED: "replaced"}


def link_of(certificate: Certificate) -> PublicLink:
    """The link of an issued certificate, made once. Call it acting for its NPPO."""
    link, _made = PublicLink.objects.get_or_create(
        certificate=certificate,
        defaults={"nppo_id": certificate.nppo_id, "secret": secrets.token_urlsafe(SECRET_BYTES)},
    )
    return link


def address_of(certificate: Certificate) -> str:
    """What the QR code on paper opens."""
    link = link_of(certificate)
    return settings.PUBLIC_URL + reverse("certificates:verify", args=[f"{link.nppo_id}-{link.secret}"])


def parted(token: str) -> tuple[int, str]:
    """(NPPO, secret) of a token; (0, "") of what is none."""
    nppo, _dash, secret = token.partition("-")
    return (int(nppo), secret) if nppo.isascii() and nppo.isdecimal() and len(nppo) < 10 and secret else (0, "")


def answer(nppo_id: int, secret: str) -> Answer | None:
    """What stands behind a secret; None when nothing does. Call it acting for that NPPO."""
    link = PublicLink.objects.select_related("certificate__nppo").filter(nppo=nppo_id, secret=secret).first()
    if link is None or link.certificate.direction != Direction.ISSUED or link.certificate.status not in _STATES:
        return None
    found = link.certificate
    replacement = found.replacements.filter(status__in=list(_STATES)).order_by("-pk").first()
    rendering = Rendering.objects.filter(certificate=found).values_list("sha256", flat=True).first()
    message = Message.objects.filter(certificate=found).order_by("pk").values_list("sha256", flat=True).first()
    return Answer(
        found,
        _STATES[Status(found.status)],
        replacement if found.status == Status.REPLACED else None,
        rendering or "",
        message or "",
    )


def is_asked_too_often(address: str) -> bool:
    """Whether this address asks more than anybody would who has papers in their hand."""
    key = f"gens.verify.{address}"
    cache.add(key, 0, timeout=A_MINUTE)
    try:
        return cache.incr(key) > MOST
    except ValueError:  # it ran out between the two
        return False


def _dark(row: list[bool]) -> Iterator[tuple[int, int]]:
    """Where dark squares lie side by side, and how many: one rectangle each, so that there is less to draw."""
    at = 0
    for is_dark, squares in groupby(row):
        wide = len(list(squares))
        if is_dark:
            yield at, wide
        at += wide


def qr(text: str) -> bytes:
    """A QR code as SVG, one path, dark on nothing."""
    code = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    path = "".join(f"M{x} {y}h{wide}v1h-{wide}" for y, row in enumerate(matrix) for x, wide in _dark(row))
    size = len(matrix)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"><path d="{path}"/></svg>'.encode()
