"""The PDF of an issued certificate: rendered once after issue, its bytes and hash kept; previews and reproductions."""

from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from certificates import issuing, pictures, public, skins, statutory
from certificates.ephyto import show
from certificates.ephyto.document import WITHDRAWN, Document
from certificates.ephyto.xml import to_xml
from certificates.models import Certificate, Direction, Message, Print, Rendering, Status, partnership
from certificates.paper import aligning, marking, pdf
from certificates.paper import example as examples
from certificates.paper.skins import Skin
from certificates.paper.words import CURRENT, ENGLISH, sentence
from certificates.storage import blobs_of
from codelists.loading import shipped
from codelists.lookup import Names, name_of
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from hubclient.outbox import sha256

TRAINING: Final = "TRAINING – NOT VALID"
SPECIMEN: Final = "SPECIMEN"
BY_HAND: Final = "NOT THE ORIGINAL"  # of a certificate issued by hand: the signed paper is


def _mark(certificate: Certificate, otherwise: str = "") -> str:
    """What stands across each page: in training always the same, whatever the certificate is."""
    return TRAINING if certificate.nppo.is_training else otherwise


def second_language(certificate: Certificate) -> str:
    """Of labels and sentences beside English: what the NPPO wants for this destination, else for all; "" for none."""
    wanted = partnership(certificate.nppo_id, certificate.destination).language or certificate.nppo.paper_language
    return "" if wanted == ENGLISH else wanted


def look(certificate: Certificate, document: Document) -> dict[str, Any]:
    """In which skin and languages it prints, as face() and pdf.render() take them."""
    return {"skin": skins.printed(certificate), **languages(certificate, document)}


def languages(certificate: Certificate, document: Document) -> dict[str, Any]:
    """English, English with a second one, or that one alone, if the NPPO wants it and verified every sentence of this
    certificate in it.
    """
    second = second_language(certificate)
    if not second or not certificate.nppo.paper_alone:
        return {"beside": second}
    known = statutory.verified(certificate.nppo_id)
    if all(sentence(key, second, verified=known).is_verified for key in statutory.of(document)):
        return {"language": second, "verified": known}
    return {"beside": second}


def _letterhead(nppo: Nppo, certificate: Certificate | None = None) -> pdf.Letterhead:
    """With the code that opens its public page, once it is issued; without a certificate, one that opens no certificate."""
    address = nppo.addresses.get(ENGLISH) or next(iter(nppo.addresses.values()), "")
    verify = settings.PUBLIC_URL
    if certificate is not None:
        verify = public.address_of(certificate) if certificate.number else ""
    code = public.qr(verify) if verify else b""
    return pdf.Letterhead(pictures.of(nppo, nppo.arms), pictures.of(nppo, nppo.stamp), address, verify, code)


def render(certificate_id: int, nppo_id: int) -> None:
    """Print an issued certificate, once: whoever comes second finds it done. Nothing is locked while the page is made."""
    with acting_for(nppo_id):
        issued = Certificate.objects.filter(direction=Direction.ISSUED, rendering=None).select_related("nppo")
        found = issued.filter(pk=certificate_id).first()
        message = found.messages.order_by("pk").first() if found else None
        if found is None or message is None:
            return
        document = found.content
        head, spoken, kept = _letterhead(found.nppo, found), languages(found, document), skins.current(nppo_id)
        mark = _mark(found, BY_HAND if issuing.hand_of(found) is not None else "")
    skin = skins.content(kept)
    how = {"mark": mark, "letterhead": head, "skin": skin, **spoken}
    data = pdf.render(document, xml=bytes(message.xml), **how)
    sheet = pdf.render(document, xml=b"", is_bare=True, **how) if skin.is_preprinted else None
    try:
        with acting_for(nppo_id):
            Rendering.objects.create(
                nppo_id=nppo_id, certificate=found, pdf=data, sha256=sha256(data), template_version=CURRENT,
                skin=kept, sheet=sheet,
            )  # fmt: skip
    except IntegrityError:
        return  # another worker got there first


def pages(made: Print) -> bytes | None:
    """The kept PDF, for this print; None while it is being made. The first good print is the original, each later one says
    that it is a copy. On sheets that were printed before, its data alone, moved as the NPPO's printer needs it now.
    """
    kept = Rendering.objects.filter(certificate=made.certificate_id).first()
    if kept is None:
        return None
    data = bytes(kept.pdf if kept.sheet is None else kept.sheet)
    printed = data if made.copy == 1 else marking.marked(data, marking.COPY)
    if kept.sheet is None:
        return printed
    skin = skins.of(made.nppo_id)
    return aligning.moved(printed, skin.across, skin.down)


def as_it_stands(certificate: Certificate, kept: Rendering) -> bytes:
    """The kept PDF, with what became of the certificate across it: withdrawn or replaced, by which and since when."""
    day = formats.date_format(timezone.localtime(certificate.status_since), "DATE_FORMAT")
    if certificate.status == Status.WITHDRAWN:
        return marking.marked(bytes(kept.pdf), marking.CANCELLED, _("Withdrawn on %(day)s") % {"day": day})
    if certificate.status == Status.REPLACED:
        after = certificate.replacements.exclude(number="").order_by("-pk").first()
        said = {"number": after.number if after else "–", "day": day}
        return marking.marked(bytes(kept.pdf), marking.REPLACED, _("Replaced by %(number)s on %(day)s") % said)
    return bytes(kept.pdf)


def certified_copy(kept: Rendering, *, by: Membership) -> bytes:
    """The kept PDF as a certified true copy, countersigned and dated (ISPM 12)."""
    day = formats.date_format(timezone.localdate(timezone=by.nppo.zone), "DATE_FORMAT")
    said = {"name": by.user.name, "office": by.office.name, "day": day}
    return marking.marked(bytes(kept.pdf), marking.TRUE_COPY, _("Certified by %(name)s, %(office)s, %(day)s") % said)


def preview(certificate: Certificate) -> bytes:
    """A draft as it will print, with DRAFT across the page."""
    document = certificate.content
    return pdf.render(
        document,
        xml=to_xml(document, blobs_of(certificate.nppo_id, document)),
        mark=_mark(certificate, "DRAFT"),
        letterhead=_letterhead(certificate.nppo, certificate),
        **look(certificate, document),
    )


def example(
    nppo: Nppo, skin: Skin, *, kind: str, beside: str, is_bare: bool = False, has_rulers: bool = False
) -> bytes:
    """A certificate of nobody's in this skin. has_rulers: to hold against a sheet, moved as the skin says."""
    document = examples.document(kind, issuer=nppo.name, country=name_of("country", nppo.country, ENGLISH))
    data = pdf.render(
        document,
        xml=b"",
        mark=SPECIMEN,
        letterhead=_letterhead(nppo),
        beside="" if beside == ENGLISH else beside,
        skin=skin,
        is_bare=is_bare,
    )
    moved = aligning.moved(data, skin.across, skin.down)
    return aligning.with_rulers(moved, skin) if has_rulers else moved


def reproduction(certificate: Certificate, message: Message) -> bytes:
    """A received certificate as paper: marked as a reproduction, with everything else that the message says."""
    document = certificate.content
    arrived = formats.date_format(timezone.localtime(message.created_at), "DATETIME_FORMAT")
    return pdf.render(
        document,
        xml=bytes(message.xml),
        mark=_mark(certificate, "CANCELLED" if certificate.status == Status.WITHDRAWN else ""),
        origin=pdf.Origin(certificate.counterpart, arrived),
        listed=_rest(document),
        skin=Skin(size=skins.of(certificate.nppo_id).size),  # another country's certificate, on our paper
    )


def reproduced(document: Document, xml: bytes, sender: str) -> bytes:
    """The reproduction of any message, without a database: codes are named by the lists of the files."""
    return pdf.render(
        document,
        xml=xml,
        mark="CANCELLED" if document.status == WITHDRAWN else "",
        origin=pdf.Origin(sender, "–"),
        listed=_rest(document),
        names=Names("en", shipped()),
    )


def _rest(document: Document) -> tuple[pdf.Listed, ...]:
    attachments = [
        pdf.Listed(
            f"Attachment {a.number}", a.filename or a.kind, (f"{a.media_type}, {a.size} bytes, SHA-256 {a.sha256}",)
        )
        for a in document.attachments
    ]
    details = tuple(f"{row.label}: {row.value}" for row in show.rows(document))
    return (*attachments, pdf.Listed("All data of the message", "", details))
