"""Rows for tests, made as the application makes them. Call them inside acting_for(nppo.pk)."""

from dataclasses import replace
from typing import Final

import factory
from django.utils import timezone

from certificates import storage
from certificates.ephyto.document import (
    EXPORT,
    ISSUED,
    RE_EXPORT,
    Attachment,
    Classification,
    Country,
    Document,
    Location,
    Measure,
    Movement,
    Note,
    Origin,
    Package,
    Party,
    Text,
    TradeLine,
    Treatment,
    new_id,
)
from certificates.models import Certificate, Direction, Status
from gens.accounts.models import Membership, Nppo, Office, User
from gens.accounts.tenancy import acting_for
from tests import stash


def load() -> None:
    """The starting lists without the 5,000 areas."""
    stash.copy()


class NppoFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Nppo
        django_get_or_create = ("code",)

    code = "WS"
    country = factory.SelfAttribute("code")
    name = factory.LazyAttribute(lambda o: f"Plant Protection Organization of {o.code}")
    time_zone = "Pacific/Apia"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")


class OfficeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Office
        django_get_or_create = ("nppo", "name")

    name = "Apia office"
    place = "Apia"


def make_membership(nppo: Nppo, *roles: str, **fields: object) -> Membership:
    """A new person with these roles in this NPPO."""
    with acting_for(nppo.pk):
        return Membership.objects.create(
            nppo=nppo, user=UserFactory(), office=OfficeFactory(nppo=nppo), roles=list(roles), **fields
        )


def valid_document(**changes: object) -> Document:
    """A document that may be submitted: taro from Samoa to New Zealand."""
    line = TradeLine(
        id=new_id(),
        descriptions=(Text("Taro, fresh corms", "en"),),
        common_names=(Text("Taro", "en"),),
        scientific_names=(Text("Colocasia esculenta"),),
        net_weight=Measure("12400", "KGM", "kg"),
        packages=(Package("4", "BG", "620", "bag"),),
        origins=(Origin(Country("WS", "Samoa"), ("Aleipata, Upolu",)),),
    )
    document = Document(
        type=EXPORT,
        status=ISSUED,
        statements=("1",),
        exporter=Party("Upolu Growers Ltd", ("Vaitele Industrial Zone", "Apia, Samoa")),
        consignee=Party("Pasifika Fresh Imports Ltd", ("14 Wharf Road, Onehunga", "Auckland 1061, New Zealand")),
        export_country=Country("WS", "Samoa"),
        import_country=Country("NZ", "New Zealand"),
        entry=Location("NZAKL", "Port of Auckland"),
        movements=(Movement("1", (Text("Southern Pearl", "en"),), "214S", "Maritime transport"),),
        lines=(line,),
    )
    return replace(document, **changes)  # type: ignore[arg-type]


def re_export_document(**changes: object) -> Document:
    """A document for re-export that may be submitted: Belgian potatoes from Samoa to New Zealand."""
    said = {
        "RPCST": "3", "RPCCO": "BE", "RPCRF": "BE-677636", "RPCOR": "False", "RPCTC": "True", "RPCPK": "True",
        "RPCRP": "False", "RPCOC": "True", "RPCNC": "False", "RPCPC": "True", "RPCAI": "False",
    }  # fmt: skip
    document = valid_document()
    line = replace(document.lines[0], notes=tuple(Note(subject, text) for subject, text in said.items()))
    return replace(
        document,
        type=RE_EXPORT,
        statements=("",),
        attachments=(Attachment(id="a1", sha256="0" * 64, filename="original.pdf", kind="AWR", number="BE-677636",
                                media_type="application/pdf", size=1),),
        lines=(line,),
        **changes,
    )  # fmt: skip


REPLACES: Final = (
    Note("ADRP", "4"), Note("ADRPN", "WS-2026-000007"), Note("ADRPR", "change of consignee", "en"),
    Note("ADRD", "2026-07-01T09:00:00+13:00"),
)  # fmt: skip


def make_certificate(
    nppo: Nppo,
    status: Status = Status.DRAFT,
    *,
    by: Membership | None = None,
    direction: Direction = Direction.ISSUED,
    document: Document | None = None,
    **fields: object,
) -> Certificate:
    """A certificate in this state, without the road that leads there."""
    fields.setdefault("reference", "" if direction == Direction.RECEIVED else "D-2026-0001")
    with acting_for(nppo.pk):
        certificate = Certificate(
            nppo=nppo,
            direction=direction,
            type=EXPORT,
            status=status,
            drafted_by=by,
            **{"office": by.office if by else None, "holder": by, "status_since": timezone.now()} | fields,
        )
        return storage.store(certificate, document or valid_document(), author=by)


_PRODUCE: Final = (
    ("Taro, fresh corms", "Colocasia esculenta", "BG"), ("Breadfruit, fresh", "Artocarpus altilis", "CT"),
    ("Noni fruit, frozen", "Morinda citrifolia", "BX"), ("Coconuts, husked", "Cocos nucifera", "SA"),
)  # fmt: skip


def large_document(count: int = 500, **changes: object) -> Document:
    """A document of this many lines, such as a shipload of mixed produce: each says all that a line usually says."""
    lines = []
    for number in range(1, count + 1):
        produce, botanical, kind = _PRODUCE[number % len(_PRODUCE)]
        treatment = Treatment(
            id=new_id(), start="2026-07-12", kind=Text("Fumigation", "en"), chemicals=(Text("Methyl bromide", "en"),),
            duration=Measure("2", "HUR", "h"), temperature=Measure("21", "CEL", "°C"),
            concentration=Measure("32", "A93", "g/m³"),
        )  # fmt: skip
        lines.append(
            TradeLine(
                id=new_id(),
                descriptions=(Text(f"{produce}, lot {number}", "en"),),
                common_names=(Text(produce.split(",")[0], "en"),),
                scientific_names=(Text(botanical),),
                intended_uses=(Text("Consumption", "en"),),
                net_weight=Measure(str(1000 + number), "KGM", "kg"),
                gross_weight=Measure(str(1100 + number), "KGM", "kg"),
                classifications=(
                    Classification("IPPCPCVP", "", (Text("Fruit", "en"),)),
                    Classification("HS", "071440"),
                ),
                packages=(Package("4", kind, str(20 + number), kind.lower()),),
                origins=(Origin(Country("WS", "Samoa"), (f"Village {number % 40}, Upolu",)),),
                treatments=(treatment,),
                notes=(Note("DMTLIL", f"UGL/{number}"), Note("ADTLIL", "Free from Papuana uninodis.", "en")),
            )
        )
    return valid_document(lines=tuple(lines), **changes)
