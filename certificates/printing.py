"""The PDF of an issued certificate: rendered and sealed once after issue, its bytes and hash kept; previews and
reproductions.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import IntegrityError
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from certificates import issuing, pictures, public, rendering, skins, statutory
from certificates.ephyto import dates, show
from certificates.ephyto.document import WITHDRAWN, Document
from certificates.ephyto.xml import to_xml
from certificates.models import (
    Certificate,
    Direction,
    Message,
    PaperSkin,
    Print,
    Rendering,
    RenderTry,
    Seal,
    Status,
)
from certificates.paper import aligning, archiving, marking, pdf, sealmark
from certificates.paper import example as examples
from certificates.paper.skins import Skin
from certificates.paper.words import ENGLISH, sentence, spoken, version_on
from certificates.seals import using
from certificates.seals.keys import NotAtHand
from certificates.storage import blobs_of
from codelists.loading import shipped
from codelists.lookup import Names, name_of
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from hubclient.outbox import sha256

if TYPE_CHECKING:
    from certificates.seals.signing import Sealed

log = logging.getLogger(__name__)

TRAINING: Final = "TRAINING – NOT VALID"
SPECIMEN: Final = "SPECIMEN"
BY_HAND: Final = "NOT THE ORIGINAL"  # of a certificate issued by hand: the signed paper is


def _mark(certificate: Certificate, otherwise: str = "") -> str:
    """What stands across each page: in training always the same, whatever the certificate is."""
    return TRAINING if certificate.nppo.is_training else otherwise


def second_language(certificate: Certificate) -> str:
    """Of labels and sentences beside English: what the NPPO wants for this destination, else for all; "" for none."""
    wanted = certificate.partnership.language or certificate.nppo.paper_language
    return "" if wanted == ENGLISH else wanted


def look(certificate: Certificate, document: Document) -> dict[str, Any]:
    """In which skin and languages it prints, as face() and pdf.render() take them."""
    return {"skin": skins.printed(certificate), **languages(certificate, document)}


def languages(certificate: Certificate, document: Document) -> dict[str, Any]:
    """English, English with a second one, or that one alone, if the NPPO wants it and verified every sentence of this
    certificate in it.
    """
    second, version = second_language(certificate), version_of(document)
    if not second or not certificate.nppo.paper_alone:
        return {"beside": second, "template_version": version}
    known = statutory.verified(certificate.nppo_id, version)
    if all(sentence(key, second, version, known).is_verified for key in statutory.of(document)):
        return {"language": second, "verified": known, "template_version": version}
    return {"beside": second, "template_version": version}


def version_of(document: Document) -> str:
    """Of the models: that of the day of issue; of a draft, today's."""
    issued = dates.parse(document.issued)
    return version_on(issued.day if issued else timezone.localdate())


def _letterhead(nppo: Nppo, certificate: Certificate | None = None) -> pdf.Letterhead:
    """With the code that opens its public page, once it is issued; without a certificate, one that opens no certificate."""
    address = nppo.addresses.get(ENGLISH) or next(iter(nppo.addresses.values()), "")
    verify = settings.PUBLIC_URL
    if certificate is not None:
        verify = public.address_of(certificate) if certificate.number else ""
    code = public.qr(verify) if verify else b""
    return pdf.Letterhead(pictures.of(nppo, nppo.arms), pictures.of(nppo, nppo.stamp), address, verify, code)


def render(certificate_id: int, nppo_id: int) -> bool:
    """Print and seal an issued certificate, once: whoever comes second finds it done. Nothing is locked while the page is
    made. False when the seal cannot be had: the paper waits for it, and is asked for again. Raises NotRendered.
    """
    with acting_for(nppo_id):
        paper = _paper(certificate_id)
        seal = using.active(nppo_id)
    if paper is None:
        return True
    if seal is None:
        with rendering.tried(paper.certificate) as is_ours:
            if is_ours:
                _keep(paper, paper.made(), None, None)
        return True
    try:
        with using.ready(seal) as ready:  # first: without its key no page need be made
            _make_sealed(paper, seal, ready)
    except NotAtHand as why:
        log.warning("The seal of %s cannot be had: %s", seal.nppo.code, why)
        using.note(seal, why.trouble)
        return False
    return True


def _make_sealed(paper: "_Paper", seal: Seal, ready: using.Ready) -> None:
    with rendering.tried(paper.certificate, but=NotAtHand) as is_ours:
        if not is_ours:
            return
        sealed = ready.put_on(paper.made(), mark=_seal_mark(seal, paper.language, paper.skin))
        if seal.trouble and (sealed.has_time or not seal.time_server):
            using.note(seal, "")
        _keep(paper, sealed.data, seal, sealed)


@dataclass(frozen=True)
class _Paper:
    """What an issued certificate prints, read and ready to be made."""

    certificate: Certificate
    message: Message
    mark: str
    head: pdf.Letterhead
    spoken: dict[str, Any]
    kept_skin: PaperSkin | None

    @property
    def language(self) -> str:
        return str(self.spoken.get("language", ENGLISH))

    @property
    def skin(self) -> Skin:
        return skins.content(self.kept_skin)

    def made(self) -> bytes:
        return self._rendered(xml=bytes(self.message.xml))

    def sheet(self) -> bytes | None:
        """Its data alone, where the NPPO's sheets have labels and rules already."""
        return self._rendered(xml=b"", is_bare=True) if self.skin.is_preprinted else None

    def _rendered(self, **how: Any) -> bytes:
        return pdf.render(
            self.certificate.document, mark=self.mark, letterhead=self.head, skin=self.skin, **self.spoken, **how
        )


def _paper(certificate_id: int) -> _Paper | None:
    """None when there is nothing to print, or it is printed already."""
    issued = Certificate.objects.filter(direction=Direction.ISSUED, rendering=None).select_related("nppo")
    found = issued.filter(pk=certificate_id).first()
    message = first_message(found) if found else None
    if found is None or message is None:
        return None
    mark = _mark(found, BY_HAND if issuing.hand_of(found) is not None else "")
    spoken = languages(found, found.document)
    return _Paper(found, message, mark, _letterhead(found.nppo, found), spoken, skins.current(found.nppo_id))


def first_message(certificate: Certificate) -> Message | None:
    """The one that issued it, whose XML is in its PDF."""
    return certificate.messages.order_by("pk").first()


def _keep(paper: _Paper, data: bytes, seal: Seal | None, sealed: "Sealed | None") -> None:
    """The bytes for good; not those of a seal that was retired meanwhile: the sweep makes them anew."""
    found, sheet = paper.certificate, paper.sheet()
    try:
        with acting_for(found.nppo_id):
            if seal and not using.keep_in_use(seal):
                return
            RenderTry.objects.filter(certificate=found).delete()
            Rendering.objects.create(
                nppo_id=found.nppo_id, certificate=found, pdf=data, sha256=sha256(data), template_version=paper.spoken["template_version"],
                skin=paper.kept_skin, sheet=sheet,
            )  # fmt: skip
            if seal and sealed:
                using.register(seal, found, sealed, xml_sha256=paper.message.sha256, is_original=True)
    except IntegrityError:
        return  # another worker got there first


def _seal_mark(seal: Seal, language: str, skin: Skin) -> bytes:
    if not seal.is_visible:
        return b""
    with translation.override(spoken(language)):
        words = _("Electronically sealed")
    where = settings.PUBLIC_URL + reverse("certificates:verify_file")
    return sealmark.drawn(words, seal.nppo.called(language), where, skin.ink)


def pages(made: Print) -> bytes | None:
    """The kept PDF, for this print; None while it is being made. The first good print is the original, each later one says
    that it is a copy. Raises NotAtHand, as all later prints do. On sheets that were printed before, its data alone.
    """
    kept = kept_of(made.certificate)
    if kept is None:
        return None
    if kept.sheet is not None:
        return _on_sheet(made, bytes(kept.sheet))
    return bytes(kept.pdf) if made.copy == 1 else _marked(made.certificate, kept, marking.COPY)


def _on_sheet(made: Print, sheet: bytes) -> bytes:
    """Moved as the NPPO's printer needs it now. It goes to a printer and to nobody else: no seal."""
    with acting_for(made.nppo_id):
        skin = skins.of(made.nppo_id)
    return aligning.moved(sheet if made.copy == 1 else marking.marked(sheet, marking.COPY), skin.across, skin.down)


def kept_of(certificate: Certificate) -> Rendering | None:
    with acting_for(certificate.nppo_id):
        return Rendering.objects.filter(certificate=certificate).first()


def _marked(certificate: Certificate, kept: Rendering, word: str, line: str = "") -> bytes:
    """A later print: the kept bytes, marked, and sealed anew where the NPPO has a seal. A copy asks for no time-stamp: the
    original has it, and nobody at a desk waits for a server. Called outside of transactions. Raises NotAtHand.
    """
    with acting_for(certificate.nppo_id):
        seal, message = using.active(certificate.nppo_id), first_message(certificate)
        skin = skins.content(kept.skin)
    data = marking.marked(bytes(kept.pdf), word, line)
    if seal is None:
        return data
    try:
        with using.ready(seal) as ready:
            sealed = ready.put_on(data, mark=_seal_mark(seal, ENGLISH, skin), with_time=False)
    except NotAtHand as why:
        using.note(seal, why.trouble)
        raise
    with acting_for(certificate.nppo_id):
        if not using.keep_in_use(seal):
            raise NotAtHand(Seal.Trouble.NO_KEY, "The seal was retired meanwhile.")
        xml = message.sha256 if message else ""
        using.register(seal, certificate, sealed, xml_sha256=xml, is_original=False)
    return sealed.data


def as_it_stands(certificate: Certificate, kept: Rendering) -> bytes:
    """The kept PDF, with what became of the certificate across it: withdrawn or replaced, by which and since when."""
    became = _became(certificate)
    return _marked(certificate, kept, *became) if became else bytes(kept.pdf)


def archive_copy(certificate: Certificate, kept: Rendering) -> bytes:
    """The kept pages for archives that take PDF/A-1b only: without the XML, which such a file cannot hold, and without a
    seal, which is of the kept file's bytes.
    """
    data, became = bytes(kept.pdf), _became(certificate)
    return archiving.archived(marking.marked(data, *became, is_flat=True) if became else data)


def _became(certificate: Certificate) -> tuple[str, str] | None:
    """The mark of what is no longer valid, and the line that says why."""
    day = formats.date_format(timezone.localtime(certificate.status_since), "DATE_FORMAT")
    if certificate.status == Status.WITHDRAWN:
        return marking.CANCELLED, _("Withdrawn on %(day)s") % {"day": day}
    if certificate.status == Status.REPLACED:
        with acting_for(certificate.nppo_id):
            after = certificate.replacements.exclude(number="").order_by("-pk").first()
        said = {"number": after.number if after else "–", "day": day}
        return marking.REPLACED, _("Replaced by %(number)s on %(day)s") % said
    return None


def certified_copy(certificate: Certificate, kept: Rendering, *, by: Membership) -> bytes:
    """The kept PDF as a certified true copy, countersigned and dated (ISPM 12)."""
    day = formats.date_format(timezone.localdate(timezone=by.nppo.zone), "DATE_FORMAT")
    said = {"name": by.user.name, "office": by.office.name, "day": day}
    return _marked(certificate, kept, marking.TRUE_COPY, _("Certified by %(name)s, %(office)s, %(day)s") % said)


def preview(certificate: Certificate) -> bytes:
    """A draft as it will print, with DRAFT across the page."""
    document = certificate.document
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
    document = certificate.document
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
