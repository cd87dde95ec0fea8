"""What partners outside this installation send the demo through the pilot Hub: Argentina, with everything a message may hold."""

import hashlib
import struct
import zlib
from dataclasses import replace
from typing import Final

from django.conf import settings

from certificates.ephyto.document import (
    EXPORT,
    RE_EXPORT,
    WITHDRAWN,
    Attachment,
    Classification,
    Country,
    Document,
    Equipment,
    Location,
    Measure,
    Movement,
    Note,
    Origin,
    Package,
    Party,
    Registration,
    Text,
    TradeLine,
    Treatment,
)
from certificates.ephyto.treatments import with_full_texts
from certificates.ephyto.xml import to_xml
from certificates.models import Certificate, Direction
from certificates.paper import pdf
from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for
from hubclient.pilothub import pki, registry
from hubclient.soap import Header, HubClient, HubError, tls_context

SENDER: Final = "AR"
RECEIVER: Final = "NZ"


def send(endpoint: str) -> bool:
    """Everything from Argentina, once; False while the Hub does not answer yet. Again, the same bytes: nothing doubles."""
    with acting_for(Nppo.objects.get(code=RECEIVER).pk):
        if Certificate.objects.filter(direction=Direction.RECEIVED, counterpart=SENDER).exists():
            return True
    certificate, private_key = pki.client(settings.PILOTHUB_DIRECTORY, SENDER)
    registry.register(SENDER, SENDER, "SENASA Argentina", certificate)
    authority = (settings.PILOTHUB_DIRECTORY / "ca.pem").read_text()
    try:
        with HubClient(endpoint, tls_context(authority, certificate, private_key)) as hub:
            for document, content in _messages():
                kind = document.type if document.type in (EXPORT, RE_EXPORT) else EXPORT  # as such senders say
                header = Header(SENDER, RECEIVER, kind, document.status, document.number)
                hub.deliver(header, content)
    except HubError:
        return False
    return True


def _messages() -> list[tuple[Document, bytes]]:
    """(what the envelope says, content): of each kind one, then what no one can read."""
    seeds, blobs = _seeds()
    again = _numbered(seeds, "AR-2026-004712", notes=(*seeds.notes, *_REPLACES), attachments=())
    withdrawn = _numbered(seeds, "AR-2026-004698", status=WITHDRAWN, attachments=())
    potatoes, original = _re_export()
    odd = to_xml(seeds, blobs).replace(
        b"<rsm:SPSConsignment>",
        b'<rsm:SPSConsignment><ram:CargoInsurance kind="all risks">A new element</ram:CargoInsurance>',
    )
    animals = _numbered(seeds, "CHED-AR-77", type="636", attachments=())
    return [
        (seeds, odd),
        (replace(again, number="AR-2026-004650"), to_xml(_numbered(seeds, "AR-2026-004650", attachments=()), {})),
        (again, to_xml(again, {})),
        (replace(withdrawn, status="70"), to_xml(replace(withdrawn, status="70"), {})),
        (withdrawn, to_xml(withdrawn, {})),
        (potatoes, to_xml(potatoes, original)),
        (animals, to_xml(animals, {})),
        (_numbered(seeds, "AR-2026-004799"), b"Estimados colegas: adjuntamos el certificado."),
    ]  # fmt: skip


_REPLACES: Final = (
    Note("ADRP", "4"), Note("ADRPN", "AR-2026-004650"), Note("ADRPR", "change of consignee", "en"),
    Note("ADRPR", "cambio de destinatario", "es"), Note("ADRD", "2026-11-02T10:15:00-03:00"),
)  # fmt: skip


def _numbered(document: Document, number: str, **changes: object) -> Document:
    return replace(document, number=number, **changes)  # type: ignore[arg-type]  # fields of a document


def _seeds() -> tuple[Document, dict[str, bytes]]:
    """Seed of a grass, with every part of a certificate for export."""
    picture = _picture()
    fingerprint = hashlib.sha256(picture).hexdigest()
    document = Document(
        type="851",
        status="70",
        number="AR-2026-004711",
        issued="2026-11-12T13:53:08-03:00",
        issuer="Servicio Nacional de Sanidad y Calidad Agroalimentaria",
        notes=(
            Note("DMCL", "Lot number 8888"), Note("SPSFL", "5"), Note("ADIPEDL", "MPI 2026/11187"),
            Note("ADDIEDL", "2026-11-10"), Note("ADEDL", "Tilletia controversa is absent in Argentina.", "en"),
            Note("ADEDL", "Tilletia controversa está ausente en la Argentina.", "es"),
            Note("ADAOEDL", "The seed was tested in the laboratory of La Plata, report 551.", "en"),
        ),
        attachments=(Attachment("", fingerprint, "lab-report-551.png", "ZZZ", "551", "2026-11-11",
                                (Text("Laboratory report", "en"),)),),
        place_of_issue="La Plata, Buenos Aires",
        officer="Miguel Perrerra",
        statements=("1", "2"),
        exporter=Party("Semillas del Plata S.A.", ("El Trébol 853", "La Plata", "Argentina"),
                       (Registration("NationalRegistrationNumber", "98543210"),)),
        consignee=Party("Canterbury Grassland Seeds Ltd", ("8 Halswell Junction Road", "Christchurch", "New Zealand")),
        export_country=Country("AR"),
        import_country=Country("NZ"),
        transit_countries=(Country("CL"),),
        entry=Location("NZLYT", "Lyttelton"),
        movements=(Movement("3", (Text("Truck to Valparaíso", "en"),), "AE 204 BK"), Movement("1", (Text("Black Pearl", "en"),), "18")),
        equipment=(Equipment("MSKU 907032 1", ("G2382564",)),),
        lines=(_seed_line(), _straw_line()),
    )  # fmt: skip
    return with_full_texts(document), {fingerprint: picture}


def _seed_line() -> TradeLine:
    return TradeLine(
        id="l1",
        descriptions=(Text("Wheatgrass seed", "en"), Text("Semilla de agropiro", "es")),
        common_names=(Text("tall wheatgrass", "en"),),
        scientific_names=(Text("Thinopyrum elongatum"),),
        batch="8888",
        intended_uses=(Text("Planting", "en"),),
        net_weight=Measure("10000", "KGM"),
        gross_weight=Measure("10240", "KGM"),
        notes=(Note("ADTLIL", "The seed lot is free from Anguina agropyri.", "en"), Note("ADDITLIL", "2026-11-09")),
        classifications=(Classification("HS", "120929"), Classification("IPPCPCVP", "", (Text("Seeds", "en"),)),
                         Classification("IPPCPCC", "", (Text("Dry", "en"),))),
        packages=(Package("1", "BG", "400"), Package("3", "PX", "10")),
        origins=(Origin(Country("AR"), ("Partido de Azul", "Partido de Tandil")),),
        treatments=(Treatment("t1", "2026-11-05", "2026-11-07", Measure("48", "HUR"), Text("Fumigation", "en"),
                              chemicals=(Text("phosphine", "en"),), temperature=Measure("21.5", "CEL"),
                              concentration=Measure("2.5", "GRM"), information=(Text("Under gas-proof sheets", "en"),)),),
    )  # fmt: skip


def _straw_line() -> TradeLine:
    """Packages in words, and a quantity of another kind."""
    return TradeLine(
        id="l2",
        descriptions=(Text("Seed heads for decoration", "en"),),
        scientific_names=(Text("Cortaderia selloana"),),
        notes=(Note("OPTND", "12 tied bundles in two crates"), Note("OQV", "1200"), Note("OQU", "stems")),
        origins=(Origin(Country("AR")),),
    )


def _re_export() -> tuple[Document, dict[str, bytes]]:
    """Belgian potatoes, re-exported by Argentina, with the certificate that covered them."""
    said = {"RPCST": "3", "RPCCO": "BE", "RPCRF": "BE-677636", "RPCOR": "False", "RPCTC": "True", "RPCPK": "False",
            "RPCRP": "True", "RPCOC": "False", "RPCNC": "True", "RPCPC": "True", "RPCAI": "True"}  # fmt: skip
    line = TradeLine(
        id="l1",
        descriptions=(Text("Seed potatoes", "en"),),
        scientific_names=(Text("Solanum tuberosum"),),
        net_weight=Measure("22000", "KGM"),
        packages=(Package("4", "BG", "880"),),
        origins=(Origin(Country("BE")),),
        notes=tuple(Note(subject, text) for subject, text in said.items()),
    )
    seeds, _blobs = _seeds()
    document = replace(
        seeds, type=RE_EXPORT, number="AR-2026-R-000031", statements=("",), lines=(line,), notes=(), attachments=()
    )
    covering = replace(
        document, type="851", number="BE-677636", issuer="Federal Agency for the Safety of the Food Chain", statements=("1",),
        officer="An Peeters", place_of_issue="Brussels", export_country=Country("BE"), import_country=Country("AR"),
        issued="2026-09-30T09:00:00+02:00", lines=(replace(line, notes=()),),
    )  # fmt: skip
    paper = pdf.render(covering, xml=b"")
    fingerprint = hashlib.sha256(paper).hexdigest()
    copy = Attachment(
        "", fingerprint, "BE-677636.pdf", "AWR", "BE-677636", "2026-09-30", (Text("Certified true copy", "en"),)
    )
    return replace(document, attachments=(copy,)), {fingerprint: paper}


def _picture() -> bytes:
    """A PNG of 64 by 64 pixels, made here: the demo carries no files."""
    rows = b"".join(b"\0" + bytes(min(255, 120 + (x * y) % 136) for x in range(64)) for y in range(64))
    parts = ((b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    chunks = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
