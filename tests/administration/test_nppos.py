"""System operators make NPPOs; administrators make a training twin, in which nothing is valid and all is marked."""

import io
import re
from typing import Any

import pikepdf
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from certificates import numbering, printing, skins
from certificates.ephyto.xml import to_xml
from certificates.models import Certificate, Message, Rendering, Status
from certificates.paper.skins import USUAL, Skin
from gens.accounts import founding, mail, roles
from gens.accounts.models import Event, Invitation, Mail, Membership, Nppo, Office
from gens.accounts.tenancy import acting_for
from hubclient.models import Connection
from tests.conftest import acting_client
from tests.factories import NppoFactory, OfficeFactory, load, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-Phrase-7"
TONGA = {
    "code": "to", "country": "TO", "name": "Plant Protection of Tonga", "time_zone": "Pacific/Tongatapu", "language": "en",
    "office": "Nuku'alofa office", "place": "Nuku'alofa", "person": "Mele Vea", "email": "Mele@to.example",
}  # fmt: skip


class World:
    """Samoa with an administrator, an inspector, and the installation's operator."""

    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        self.operator = make_membership(self.nppo, roles.OPERATOR)
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.inspector = make_membership(self.nppo, roles.INSPECTOR, destinations=["NZ"])

    def post(self, by: Membership, page: str, /, *arguments: object, **data: Any) -> Any:
        return acting_client(by).post(reverse(f"administration:{page}", args=arguments), data)

    def found(self, **changes: str) -> Any:
        return self.post(self.operator, "new_nppo", **TONGA | changes)

    def twin(self) -> Nppo:
        assert self.post(self.admin, "training").status_code == 302
        return Nppo.objects.get(twin_of=self.nppo)

    def people(self, nppo: Nppo) -> dict[int, Membership]:
        with acting_for(nppo.pk):
            return {row.user_id: row for row in Membership.objects.select_related("office").filter(nppo=nppo)}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(mail, "nudge", lambda *arguments: None)
    return World()


def letter(nppo: Nppo) -> str:
    """The path of the link in the latest mail."""
    with acting_for(nppo.pk):
        found = re.search(r"http://[^/]+(/people/invitation/\S+)", Mail.objects.order_by("-pk")[0].text)
    assert found
    return found[1]


def test_a_new_nppo_s_administrator_is_invited_and_begins(world: World) -> None:
    assert world.found().status_code == 302
    tonga = Nppo.objects.get(code="TO")
    assert (tonga.country, tonga.time_zone, tonga.is_training) == ("TO", "Pacific/Tongatapu", False)
    client = Client()
    said = {"name": "Mele Vea", "language": "en", "password": PASSWORD, "again": PASSWORD}
    assert client.post(letter(tonga), said).status_code == 302
    assert client.get("/", follow=True).status_code == 200
    page = client.get(reverse("administration:offices")).content.decode()
    assert "Nuku&#x27;alofa office" in page
    with acting_for(tonga.pk):
        event = Event.objects.get(action="added", subject_id=tonga.pk, subject_type__model="nppo")
        assert (event.by_id, event.by_name) == (world.operator.pk, world.operator.user.name)
        assert Membership.objects.get().roles == [roles.ADMINISTRATOR]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "ws"}, "Another NPPO has this code"),
        ({"code": "T O"}, "letters and digits"),
        ({"country": "XX"}, "not one of the available choices"),
        ({"time_zone": ""}, "required"),
        ({"name": " "}, "Fill this in"),
        ({"place": ""}, "Fill this in"),
        ({"person": ""}, "Fill this in"),
        ({"email": "mele"}, "valid email"),
    ],
)
def test_what_is_missing_or_wrong_is_told_and_nothing_is_made(
    world: World, changes: dict[str, str], words: str
) -> None:
    answer = world.found(**changes)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert [nppo.code for nppo in Nppo.objects.all()] == ["WS"]


def test_an_operator_sends_a_lost_invitation_again_or_invites_another_one(world: World) -> None:
    world.found()
    tonga = Nppo.objects.get(code="TO")
    first = letter(tonga)
    assert world.post(world.operator, "nppo", tonga.pk, person="Mele", email="mele@to.example").status_code == 302
    assert Client().get(first).status_code == 404
    assert world.post(world.operator, "nppo", tonga.pk, person="Sione", email="sione@to.example").status_code == 302
    with acting_for(tonga.pk):
        assert sorted(Invitation.objects.values_list("email", flat=True)) == ["mele@to.example", "sione@to.example"]
    page = acting_client(world.operator).get(reverse("administration:nppo", args=[tonga.pk])).content.decode()
    assert "Invited" in page
    there = world.post(world.operator, "nppo", world.nppo.pk, person="x", email=world.admin.user.email)
    assert (there.status_code, "administers it already" in there.content.decode()) == (422, True)


def test_nobody_writes_rows_of_another_nppo_because_operators_may_make_one(world: World) -> None:
    stranger = NppoFactory(code="NZ")
    with acting_for(world.nppo.pk), pytest.raises(Exception, match="row-level security"), transaction.atomic():
        Office.objects.create(nppo=stranger, name="Taken over", place="x")


def test_the_list_of_nppos_costs_the_same_with_one_and_with_many(world: World) -> None:
    client, counted = acting_client(world.operator), []
    for codes in (("NZ",), ("EC", "FJ", "TO")):
        for code in codes:
            NppoFactory(code=code)
        client.get(reverse("administration:nppos"))  # the process has the countries
        with CaptureQueriesContext(connection) as queries:
            page = client.get(reverse("administration:nppos"))
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert "Protection Organization of FJ" in page.content.decode()
    only = client.get(reverse("administration:nppos"), {"q": "fj"}).content.decode()
    assert "Organization of EC" not in only


def test_the_twin_has_the_same_people_and_offices_and_numbers_of_its_own(world: World) -> None:
    with acting_for(world.nppo.pk):
        OfficeFactory(nppo=world.nppo, name="Asau port", place="Asau")
    twin = world.twin()
    assert (twin.code, twin.is_training, twin.country) == ("WS-T", True, "WS")
    people = world.people(twin)
    assert set(people) == {world.admin.user_id, world.inspector.user_id}  # the operator has no work there
    copied = people[world.inspector.user_id]
    assert (copied.roles, copied.destinations, copied.office.name) == ([roles.INSPECTOR], ["NZ"], "Apia office")
    with acting_for(twin.pk):
        assert {office.place for office in Office.objects.all()} == {"Apia", "Asau"}
        assert numbering.written(twin, 2026, 1) == "WS-T-2026-000001"
    assert world.post(world.admin, "training").status_code == 302  # again: no second one
    assert Nppo.objects.filter(is_training=True).count() == 1


def test_training_prints_as_the_nppo_does_and_its_looks_are_its_own_from_then_on(world: World) -> None:
    kept = Skin(size="Letter", ink="#1b2a6b", numbering="square", is_preprinted=True, across=2.5)
    with acting_for(world.nppo.pk):
        skins.keep(kept, seen=0, by=world.admin)
    twin = world.twin()
    with acting_for(twin.pk):
        assert skins.of(twin.pk) == kept
        (event,) = skins.history(twin.pk)
        assert event.by == world.people(twin)[world.admin.user_id]
        skins.keep(USUAL, seen=1, by=world.people(twin)[world.admin.user_id])
    with acting_for(world.nppo.pk):
        assert skins.of(world.nppo.pk) == kept
    world.post(world.admin, "training")  # people are brought up to date; what was tried in training stays
    with acting_for(twin.pk):
        assert skins.of(twin.pk) == USUAL


def test_training_of_an_nppo_that_prints_as_usual_has_no_version(world: World) -> None:
    twin = world.twin()
    with acting_for(twin.pk):
        assert skins.current(twin.pk) is None


def test_numbers_of_training_differ_whatever_the_pattern_is(world: World) -> None:
    with acting_for(world.nppo.pk):
        Nppo.objects.filter(pk=world.nppo.pk).update(number_pattern="PC{year}/{number}")
        world.nppo.refresh_from_db()
    twin = world.twin()
    assert numbering.written(twin, 2026, 1) != numbering.written(world.nppo, 2026, 1)


def test_people_are_brought_up_to_date_and_what_training_gave_them_stays(world: World) -> None:
    twin = world.twin()
    with acting_for(twin.pk):
        Membership.objects.filter(user=world.admin.user).update(roles=[roles.ADMINISTRATOR, roles.CERTIFYING_OFFICER])
    new = make_membership(world.nppo, roles.IMPORT_OFFICER)
    with acting_for(world.nppo.pk):
        Membership.objects.filter(pk=world.inspector.pk).update(is_active=False)
    world.post(world.admin, "training")
    people = world.people(twin)
    assert people[new.user_id].is_active
    assert not people[world.inspector.user_id].is_active
    assert roles.CERTIFYING_OFFICER in people[world.admin.user_id].roles


def test_a_person_chooses_the_twin_and_every_page_says_training(world: World) -> None:
    twin = world.twin()
    client = Client()
    client.force_login(world.inspector.user)
    page = client.get(reverse("accounts:choose")).content.decode()
    assert "Training</span>" in page
    mine = world.people(twin)[world.inspector.user_id]
    client.post(reverse("accounts:choose"), {"membership": mine.pk})
    assert "TRAINING. Nothing made or decided here is valid" in client.get("/list/drafts/").content.decode()
    admin = world.people(twin)[world.admin.user_id]
    inside = acting_client(admin).post(reverse("administration:training"))
    assert (inside.status_code, "You are in training now" in inside.content.decode()) == (200, True)
    assert Nppo.objects.count() == 2


def texts(data: bytes) -> list[str]:
    """What each page of a PDF draws, as far as its fonts' own map of characters tells."""
    found = []
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for page in pdf.pages:
            found.append(_drawn(page))
    return found


def _drawn(page: Any) -> str:
    maps: dict[str, dict[str, str]] = {}
    for name, font in page.Resources.Font.items():
        text = font.ToUnicode.read_bytes().decode("latin-1")
        pairs = re.findall(r"<([0-9a-fA-F]+)> <([0-9a-fA-F]+)>", text)
        maps[str(name)] = {glyph.lower(): bytes.fromhex(char).decode("utf-16-be") for glyph, char in pairs}
    drawn, font = "", ""
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            font = str(operands[0])
        for item in operands[0] if str(operator) == "TJ" else operands if str(operator) == "Tj" else ():
            if isinstance(item, pikepdf.String):
                glyphs = bytes(item).hex()
                drawn += "".join(maps[font].get(glyphs[i : i + 4], "") for i in range(0, len(glyphs), 4))
    return drawn


def issued(nppo: Nppo, **changes: object) -> Certificate:
    document = valid_document(number=f"{nppo.code}-1", **changes)
    found = make_certificate(nppo, Status.ISSUED, number=f"{nppo.code}-1", document=document)
    with acting_for(nppo.pk):
        Message.objects.create(nppo=nppo, certificate=found, status_code="70", xml=to_xml(document, {}), sha256="0")
    return found


def test_every_page_of_every_paper_of_training_is_marked(world: World) -> None:
    twin = world.twin()
    lines = valid_document().lines * 40  # more than one page holds
    certificate = issued(twin, lines=lines)
    printing.render(certificate.pk, twin.pk)
    with acting_for(twin.pk):
        papers = [bytes(Rendering.objects.get().pdf), printing.preview(certificate)]
        papers.append(printing.reproduction(certificate, certificate.messages.get()))
    for paper in papers:
        pages = texts(paper)
        assert len(pages) > 1
        assert all(printing.TRAINING.replace(" ", "") in page.replace(" ", "") for page in pages)
    real = issued(world.nppo)
    printing.render(real.pk, world.nppo.pk)
    with acting_for(world.nppo.pk):
        assert not any("TRAINING" in page for page in texts(bytes(Rendering.objects.get().pdf)))


def test_the_database_itself_keeps_training_apart(world: World) -> None:
    twin = world.twin()
    with acting_for(twin.pk), pytest.raises(IntegrityError, match="training_only_at_the_pilot"), transaction.atomic():
        Connection.objects.create(nppo=twin, kind="production", endpoint="https://hub.example.org/", code="WS")
    with acting_for(twin.pk), pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        Nppo.objects.filter(pk=twin.pk).update(is_training=False)
    with pytest.raises(IntegrityError, match="a_twin_is_for_training"), transaction.atomic():
        Nppo.objects.create(code="X", country="WS", name="x", time_zone="UTC", twin_of=NppoFactory(code="NZ"))


def test_a_twin_never_takes_the_code_of_an_nppo_that_will_come(world: World) -> None:
    assert founding.SUFFIX == "-T"
    world.twin()
    assert world.found(code="WS-T").status_code == 422
