"""The demo's world: three countries, their people, and certificates in every state, made by the real verbs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation

from certificates import (
    demo_desk,
    demo_inspections,
    demo_lines,
    demo_lists,
    demo_profile,
    demo_seal,
    demo_starting,
    demo_training,
    demo_worklists,
    drafts,
    replacing,
    workflow,
)
from certificates.ephyto.document import (
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
from codelists.lookup import name_of, symbol_of
from gens.accounts import changes, inviting, roles
from gens.accounts.models import Invitation, Membership, Nppo, Office, User
from gens.accounts.tenancy import acting_for
from hubclient.models import Connection
from hubclient.pilothub import pki, registry
from hubclient.pilothub.models import Operator

PASSWORD: Final = "Demo-2026-only"  # noqa: S105  shown on the demo's login page

NPPOS: Final = (
    ("WS", "Plant Protection Organization of Samoa", "Pacific/Apia", "en", "Apia office", "Apia"),
    ("NZ", "Plant Protection Organization of New Zealand", "Pacific/Auckland", "en", "Auckland office", "Auckland"),
    (
        "EC",
        "Organización de Protección Fitosanitaria del Ecuador",
        "America/Guayaquil",
        "es",
        "Oficina Guayaquil",
        "Guayaquil",
    ),
)
NAMES: Final = {
    "WS": ("Sina Tuilagi", "Ioane Leavasa", "Mele Fa'asavalu", "Tavita Aiono"),
    "NZ": ("Hana Parata", "Greg Whitmore", "Aroha Ngata", "Li Chen"),
    "EC": ("Lucía Andrade", "Iván Peñafiel", "María José Quishpe", "Óscar Núñez"),
}
ROLES: Final = (roles.INSPECTOR, roles.CERTIFYING_OFFICER, roles.IMPORT_OFFICER, roles.ADMINISTRATOR)


@dataclass(frozen=True)
class Person:
    """Somebody of the demo, as the login page lists them."""

    country: str
    name: str
    email: str
    role: str
    office: str


PEOPLE: Final = (
    *(
        Person(code, name, f"{role.split('_')[0]}@{code.lower()}.example", role, office)
        for code, _nppo, _zone, _language, office, _place in NPPOS
        for role, name in zip(ROLES, NAMES[code], strict=True)
    ),
    Person("WS", "Fetu Malaga", "second@ws.example", roles.CERTIFYING_OFFICER, "Apia office"),  # a second officer
    Person("WS", "Pita Lemalu", "operator@gens.example", roles.OPERATOR, "Apia office"),  # of the whole installation
)


def login_page(request: HttpRequest) -> dict[str, Any]:
    """Context of the login page: who one may be in the demo. Nothing on a real installation."""
    if not settings.DEMO or request.resolver_match is None or request.resolver_match.view_name != "account_login":
        return {}
    language = translation.get_language() or "en"
    countries = [
        {
            "name": name_of("country", code, language),
            "people": [
                {"name": p.name, "email": p.email, "office": p.office, "role": roles.ROLE_NAMES[p.role]}
                for p in PEOPLE
                if p.country == code
            ],
        }
        for code, *_rest in NPPOS
    ]
    return {"demo_countries": countries, "demo_password": PASSWORD}


def load(endpoint: str) -> None:
    """Make what is missing; again without effect, but that connections follow the Hub to its address."""
    is_new = not Nppo.objects.exists()
    _console()
    for code, name, zone, language, office, place in NPPOS:
        nppo, _made = Nppo.objects.get_or_create(
            code=code, defaults={"country": code, "name": name, "time_zone": zone, "language": language}
        )
        with acting_for(nppo.pk):
            _people(nppo, office, place)
            _connection(nppo, endpoint)
    if is_new:
        for code, make in (("WS", _samoa), ("NZ", _new_zealand), ("EC", _ecuador)):
            nppo = Nppo.objects.get(code=code)
            with acting_for(nppo.pk), translation.override(nppo.language):
                demo_profile.make(nppo, _member(nppo, roles.ADMINISTRATOR))
                demo_seal.make(nppo, _member(nppo, roles.ADMINISTRATOR))
                make(Staff(*(_member(nppo, role) for role in ROLES[:2])))
                _administration(_member(nppo, roles.ADMINISTRATOR))
        demo_lists.name_source(Nppo.objects.get(code="WS"))


def decide() -> bool:
    """Let New Zealand accept one and refuse one of what arrived; True when that is done. Asked until it is."""
    nppo = Nppo.objects.get(code="NZ")
    with acting_for(nppo.pk):
        arrived = Certificate.objects.filter(direction=Direction.RECEIVED, counterpart__in=["WS", "EC"]).order_by("pk")
        if arrived.exclude(status=Status.RECEIVED).exists():
            return True
        if arrived.count() < 4:
            return False
        officer = _member(nppo, roles.IMPORT_OFFICER)
        first, second, third = arrived[:3]
        workflow.perform("accept", first, by=officer)
        workflow.perform("refuse", second, by=officer, reason="serious deficiency: the seal was broken on arrival")
        workflow.perform("open", third, by=officer)
    return True


def _people(nppo: Nppo, office_name: str, place: str) -> None:
    office, _made = Office.objects.get_or_create(nppo=nppo, name=office_name, defaults={"place": place})
    for person in PEOPLE:
        if person.country == nppo.code:
            user = User.objects.filter(email=person.email).first()
            if user is None:
                user = User.objects.create_user(person.email, PASSWORD, name=person.name, language=nppo.language)
            Membership.objects.get_or_create(nppo=nppo, user=user, defaults={"office": office, "roles": [person.role]})


def _connection(nppo: Nppo, endpoint: str) -> None:
    """The NPPO's account at the pilot Hub, with the certificate that the Hub's authority made for it."""
    certificate, private_key = pki.client(settings.PILOTHUB_DIRECTORY, nppo.code)
    registry.register(nppo.code, nppo.country, nppo.name, certificate)
    Connection.objects.update_or_create(
        nppo=nppo,
        kind=Connection.Kind.PILOT,
        defaults={
            "endpoint": endpoint,
            "code": nppo.code,
            "ca": (settings.PILOTHUB_DIRECTORY / "ca.pem").read_text(),
            "certificate": certificate,
            "private_key": private_key,
        },
    )


def _console() -> None:
    """The login of the pilot Hub's console."""
    operator, is_made = Operator.objects.get_or_create(name="demo")
    if is_made:
        operator.set_password(PASSWORD)
        operator.save(update_fields=["password"])


def _administration(administrator: Membership) -> None:
    """Somebody who is invited, and an officer whose authorisation has an end and a scope."""
    nppo = administrator.nppo
    invited = Invitation(
        nppo=nppo, email=f"new@{nppo.code.lower()}.example", name="Noa Keli", language=nppo.language, office=administrator.office,
        roles=[roles.INSPECTOR], by=administrator,
    )  # fmt: skip
    inviting.send(invited, by=administrator)
    officer = _member(nppo, roles.CERTIFYING_OFFICER)
    officer.authorised_until = timezone.localdate(timezone=nppo.zone) + timedelta(days=300)
    changes.save(officer, by=administrator)


def _member(nppo: Nppo, role: str) -> Membership:
    """The first person of this role."""
    found = Membership.objects.select_related("nppo", "user", "office").filter(nppo=nppo, roles=[role])
    return found.order_by("pk")[0]


@dataclass(frozen=True)
class Staff:
    """Who drafts and who certifies."""

    inspector: Membership
    officer: Membership

    @property
    def language(self) -> str:
        return self.inspector.nppo.language


@dataclass(frozen=True)
class Goods:
    """One line in short: produce, botanical name, part, weight (kg), packages (number, Rec 21 kind), treatment."""

    produce: str
    botanical: str
    kilograms: str
    packages: tuple[str, str]
    part: str = ""
    treatment: Treatment | None = None


def _measure(value: str, unit: str, language: str) -> Measure:
    return Measure(value, unit, symbol_of("unit", unit, language))


def _line(goods: Goods, origin: str, area: str, language: str) -> TradeLine:
    number, kind = goods.packages
    return TradeLine(
        id=new_id(),
        descriptions=(Text(goods.produce, language),),
        scientific_names=(Text(goods.botanical),),
        net_weight=_measure(goods.kilograms, "KGM", language),
        classifications=(Classification("IPPCPCVP", "", (Text(goods.part, language),)),) if goods.part else (),
        packages=(Package("4", kind, number, name_of("package", kind, language)),),
        origins=(Origin(_country(origin, language), (area,)),),
        treatments=(goods.treatment,) if goods.treatment else (),
    )


def _country(code: str, language: str) -> Country:
    return Country(code, name_of("country", code, language))


def _document(
    staff: Staff, to: str, exporter: Party, consignee: Party, area: str, goods: list[Goods], **more: Any
) -> Document:
    here, language = staff.inspector.nppo.country, staff.language
    document = Document(
        type="851",
        status="70",
        statements=("1", "2"),
        exporter=exporter,
        consignee=consignee,
        export_country=_country(here, language),
        import_country=_country(to, language),
        lines=tuple(_line(item, here, area, language) for item in goods),
    )
    return replace(document, **more)


def _ship(name: str, voyage: str, language: str) -> tuple[Movement, ...]:
    return (Movement("1", (Text(name, language),), voyage, name_of("transport", "1", language)),)


def _draft(staff: Staff, document: Document) -> Certificate:
    return drafts.create(by=staff.inspector, document=document)


def _carry(staff: Staff, certificate: Certificate, *steps: str, reason: str = "") -> Certificate:
    """Through these steps, each by the person whose it is."""
    for step in steps:
        by = staff.inspector if step in ("submit", "discard") else staff.officer
        certificate = workflow.perform(step, certificate, by=by, reason=reason)
    return certificate


UPOLU: Final = Party("Upolu Growers Ltd", ("Vaitele Industrial Zone", "Apia, Samoa"))
SAVAII: Final = Party("Savai'i Root Crops Co-operative", ("Salelologa wharf road", "Savai'i, Samoa"))
PASIFIKA: Final = Party("Pasifika Fresh Imports Ltd", ("14 Wharf Road, Onehunga", "Auckland 1061", "New Zealand"))


def _forced_air() -> Treatment:
    return Treatment(
        id=new_id(),
        start="2026-11-16",
        duration=_measure("20", "MIN", "en"),
        kind=Text("Vapor heat", "en"),
        temperature=_measure("47.2", "CEL", "en"),
    )


def _samoa(staff: Staff) -> None:
    """Exports to New Zealand: in every state from a first draft to issued and sent."""
    taro = Goods("Taro, fresh corms", "Colocasia esculenta", "12400", ("620", "5H"), "Bulbs and tubers")
    breadfruit = Goods("Breadfruit, fresh", "Artocarpus altilis", "3150", ("210", "CT"), "Fruit", _forced_air())
    noni = Goods("Noni fruit, frozen", "Morinda citrifolia", "5000", ("250", "BX"), "Fruit")
    common = {
        "movements": _ship("Southern Pearl", "214S", "en"),
        "entry": Location("NZAKL", "Auckland"),
        "notes": (
            Note("DMCL", "UGL/AKL 11-26, bags 1 to 620"),
            Note("ADEDL", "The taro corms were inspected and found free from Papuana uninodis.", "en"),
        ),
    }

    def one(exporter: Party, *goods: Goods, **more: Any) -> Certificate:
        return _draft(
            staff, _document(staff, "NZ", exporter, PASIFIKA, "Aleipata, Upolu", list(goods), **(common | more))
        )

    issued = _at_work(staff, one, taro, breadfruit, noni)
    _no_longer_valid(staff, one, taro, breadfruit, noni)
    demo_lines.fill(one(UPOLU), by=staff.inspector)
    demo_lists.make(staff.inspector.nppo)
    demo_starting.make(staff.inspector.nppo)
    demo_worklists.keep_filters(by=staff.officer)
    demo_desk.make(
        staff.officer,
        issued,
        together=[_carry(staff, one(SAVAII, goods), "submit", "approve") for goods in (taro, noni)],
        on_paper=_document(staff, "NZ", SAVAII, PASIFIKA, "Aleipata, Upolu", [taro], **common),
    )


One = Callable[..., Certificate]


def _at_work(staff: Staff, one: One, taro: Goods, breadfruit: Goods, noni: Goods) -> list[Certificate]:
    """From drafts to issued ones, which are returned, each with what its inspection found."""
    inspector = staff.inspector
    demo_inspections.plan(one(UPOLU, taro), inspector)
    demo_inspections.at_laboratory(one(SAVAII, taro, movements=(), entry=Location()), inspector)
    _demanding(staff, taro)
    _carry(staff, one(SAVAII, noni, notes=()), "discard")
    looked_at = _carry(staff, demo_inspections.passed(one(UPOLU, breadfruit), inspector), "submit")
    demo_worklists.wait(looked_at, by=staff.officer)
    _carry(staff, one(SAVAII, taro), "submit")
    bad = _carry(staff, demo_inspections.failed(one(UPOLU, taro, breadfruit), inspector), "submit")
    demo_desk.remark(bad, by=staff.officer)
    _carry(staff, demo_inspections.passed(one(SAVAII, noni), inspector), "submit", "approve")
    return [
        _carry(staff, demo_inspections.passed(one(UPOLU, *goods), inspector), "submit", "approve", "issue")
        for goods in ((taro, breadfruit), (noni,), (taro,))
    ]


def _no_longer_valid(staff: Staff, one: One, taro: Goods, breadfruit: Goods, noni: Goods) -> None:
    """A withdrawn one, a replaced one, and one whose replacement is drafted."""
    withdrawn, replaced, waiting = (
        _carry(staff, one(SAVAII, *goods), "submit", "approve", "issue") for goods in ((noni,), (taro,), (breadfruit,))
    )
    workflow.perform(
        "withdraw", withdrawn, by=staff.officer, reason="The consignment was not loaded.", original="returned"
    )
    for old, steps in ((replaced, ("submit", "approve", "issue")), (waiting, ())):
        made = replacing.draft(old, by=staff.inspector, reason="Change of consignee", original="returned")
        _carry(staff, made, *steps)


def _demanding(staff: Staff, taro: Goods) -> None:
    """Drafts with the destination's demands beside them: days that run out and a declaration to make; and a prohibition."""
    inspected = timezone.localdate(timezone=staff.inspector.nppo.zone) - timedelta(days=5)
    notes = (
        Note("ADEDL", "The taro corms were inspected and found free from Papuana uninodis.", "en"),
        Note("ADDIEDL", inspected.isoformat()),
    )
    where = {"movements": _ship("Southern Pearl", "216S", "en"), "entry": Location("NZAKL", "Auckland"), "notes": notes}
    _draft(staff, _document(staff, "NZ", UPOLU, PASIFIKA, "Aleipata, Upolu", [taro], **where))
    bananas = Goods("Bananas, fresh", "Musa acuminata", "900", ("50", "CT"), "Fruit")
    sydney = Party("Harbour Fruit Pty Ltd", ("3 Flemington Road", "Sydney NSW 2140", "Australia"))
    _draft(staff, _document(staff, "AU", UPOLU, sydney, "Aleipata, Upolu", [bananas]))


def _new_zealand(staff: Staff) -> None:
    orchard = Party("Hawke's Bay Orchards Ltd", ("12 Omahu Road", "Hastings 4120", "New Zealand"))
    buyer = Party("Importadora Costa Azul S.A.", ("Av. 9 de Octubre 100", "Guayaquil", "Ecuador"))
    apples = Goods("Apples, fresh", "Malus domestica", "18500", ("925", "CT"), "Fruit")
    where = {"movements": _ship("Te Moana", "88W", "en"), "entry": Location("ECGYE", "Guayaquil")}
    _draft(
        staff,
        _document(
            staff, "WS", orchard, Party("Apia Seed and Garden", ("Fugalei Street", "Apia, Samoa")), "Hastings", [apples]
        ),
    )
    for count in ("18500", "9200"):
        goods = replace(apples, kilograms=count)
        _carry(
            staff,
            _draft(staff, _document(staff, "EC", orchard, buyer, "Hastings", [goods], **where)),
            "submit",
            "approve",
            "issue",
        )


def _ecuador(staff: Staff) -> None:
    """En español: people and certificates of Ecuador write Spanish."""
    finca = Party("Bananera del Guayas S.A.", ("Km 12 vía a Daule", "Guayaquil, Ecuador"))
    banana = Goods("Banano fresco", "Musa acuminata", "19656.5", ("1080", "BX"), "fruta")
    cacao = Goods("Cacao en grano, seco", "Theobroma cacao", "25000", ("400", "SA"), "granos")
    where = {
        "movements": _ship("Estrella del Pacífico", "031N", "es"),
        "entry": Location("NZTRG", "Tauranga"),
        "notes": (Note("ADEDL", "El envío ha sido inspeccionado y se encuentra libre de Pseudococcus elisae.", "es"),),
    }

    def one(goods: Goods, **more: Any) -> Certificate:
        return _draft(staff, _document(staff, "NZ", finca, PASIFIKA, "Guayas", [goods], **(where | more)))

    one(banana, movements=())
    _carry(staff, one(cacao), "submit")
    for goods in (banana, cacao):
        _carry(staff, one(goods), "submit", "approve", "issue")
    demo_training.make()
