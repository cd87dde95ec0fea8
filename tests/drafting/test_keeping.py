"""Templates: kept from a certificate under a name, for oneself or for everybody; used, renamed, deleted."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from certificates import keeping, workflow
from certificates.ephyto.document import Document, Measure, note_texts
from certificates.models import Certificate, CertificateTemplate, Status
from gens.accounts import roles
from gens.accounts.models import Event, Membership, Nppo
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.drafting.test_copying import issued_document
from tests.factories import NppoFactory, load, make_certificate, make_membership, re_export_document

pytestmark = pytest.mark.django_db


class World:
    def __init__(self) -> None:
        load()
        self.nppo: Nppo = NppoFactory(code="WS")
        self.inspector = make_membership(self.nppo, roles.INSPECTOR)
        self.colleague = make_membership(self.nppo, roles.INSPECTOR)
        self.officer = make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.issued = make_certificate(
            self.nppo, Status.ISSUED, by=self.inspector, number="WS-7", document=issued_document()
        )

    def keep(self, name: str, by: Membership | None = None, **said: bool) -> CertificateTemplate:
        with acting_for(self.nppo.pk):
            return keeping.keep(self.issued, name, by=by or self.inspector, **said)

    def post(self, by: Membership, view: str, *args: object, **said: str) -> Any:
        return acting_client(by).post(reverse(f"certificates:{view}", args=args), said)

    def names(self, by: Membership) -> list[str]:
        """What this person finds in the list."""
        return [row.name for row in acting_client(by).get("/templates/").context["page"]]

    def kept(self) -> CertificateTemplate:
        with acting_for(self.nppo.pk):
            return CertificateTemplate.objects.get()


@pytest.fixture
def world() -> World:
    return World()


def test_a_template_holds_what_comes_again_and_no_quantities(world: World) -> None:
    said = world.keep("Taro to Auckland").document
    assert said.exporter == issued_document().exporter
    assert (said.number, said.issued, said.equipment, said.attachments) == ("", "", (), ())
    (line,) = said.lines
    assert (line.net_weight, line.packages[0].quantity, line.packages[0].kind) == (Measure(), "", "BG")
    assert (line.batch, line.treatments[0].start) == ("", "")
    assert not note_texts(said.notes, "ADDIEDL", "ADAOEDL")


def test_quantities_stay_when_they_are_always_the_same(world: World) -> None:
    (line,) = world.keep("Taro", with_quantities=True).document.lines
    assert (line.net_weight.value, line.packages[0].quantity) == ("12400", "620")


@pytest.mark.parametrize("with_quantities", [True, False])
def test_a_template_for_re_export_holds_nothing_of_what_covered_one(world: World, with_quantities: bool) -> None:
    world.issued = make_certificate(
        world.nppo, Status.ISSUED, by=world.inspector, number="WS-8", document=re_export_document(), reference="x"
    )
    said = world.keep("Potatoes", with_quantities=with_quantities).document
    assert (said.attachments, said.lines[0].drawn_from) == ((), "")
    assert not note_texts(said.lines[0].notes, "RPCRF", "RPCCO", "RPCAI")
    assert note_texts(said.lines[0].notes, "RPCST")


def test_using_one_makes_a_draft_that_names_it(world: World) -> None:
    template = world.keep("Taro to Auckland")
    with acting_for(world.nppo.pk):
        made = keeping.use(template, by=world.inspector)
        event = made.events.get()
        again = CertificateTemplate.objects.get()
    assert (made.status, made.destination, made.holder) == (Status.DRAFT, "NZ", world.inspector)
    assert event.reason == "From the template “Taro to Auckland”"
    assert again.used_at > template.used_at


def test_two_drafts_of_one_template_share_no_line(world: World) -> None:
    template = world.keep("Taro")
    with acting_for(world.nppo.pk):
        first, second = (keeping.use(template, by=world.inspector) for _ in range(2))
    assert first.document.lines[0].id != second.document.lines[0].id


def test_own_ones_are_seen_by_their_owner_only_and_those_of_the_nppo_by_everybody(world: World) -> None:
    world.keep("Mine")
    world.keep("Ours", world.officer, for_all=True)
    assert set(world.names(world.inspector)) == {"Mine", "Ours"}
    assert world.names(world.colleague) == ["Ours"]
    assert world.names(make_membership(world.nppo, roles.CERTIFYING_OFFICER)) == ["Ours"]
    assert world.names(make_membership(NppoFactory(code="NZ"), roles.INSPECTOR)) == []


@pytest.mark.parametrize(
    ("role", "own", "everybody"),
    [
        (roles.INSPECTOR, True, False), (roles.CERTIFYING_OFFICER, True, True), (roles.ADMINISTRATOR, False, True),
        (roles.AUDITOR, False, False), (roles.IMPORT_OFFICER, False, False),
    ],
)  # fmt: skip
def test_who_keeps_which(world: World, role: str, own: bool, everybody: bool) -> None:
    by = make_membership(world.nppo, role)
    for for_all, may in ((False, own), (True, everybody)):
        if may:
            assert world.keep("x", by, for_all=for_all).membership == (None if for_all else by)
        else:
            with pytest.raises(workflow.NotAllowed):
                world.keep("x", by, for_all=for_all)


def test_an_inspector_cannot_press_one_into_the_list_of_everybody(world: World) -> None:
    refused = world.post(world.inspector, "keep", world.issued.pk, name="Ours", whose="all")
    assert refused.status_code == 422
    assert world.names(world.colleague) == []


def test_what_an_inspector_presses(world: World) -> None:
    page = acting_client(world.inspector).get(reverse("certificates:keep", args=[world.issued.pk])).content.decode()
    assert "Only you" in page
    assert "Everybody who drafts here" not in page
    empty = world.post(world.inspector, "keep", world.issued.pk, name="  ", whose="own")
    assert (empty.status_code, "Write the name." in empty.content.decode()) == (422, True)
    kept = world.post(world.inspector, "keep", world.issued.pk, name="Taro to Auckland", whose="own")
    assert kept.url == reverse("certificates:templates")
    assert "Taro to Auckland" in acting_client(world.inspector).get("/new/").content.decode()
    made = world.post(world.inspector, "new", template=str(world.kept().pk))
    pk = int(made.url.split("/")[2])
    with acting_for(world.nppo.pk):
        document: Document = Certificate.objects.get(pk=pk).document
    assert document.consignee == issued_document().consignee


def test_a_name_stands_once_and_replacing_it_is_asked(world: World) -> None:
    world.keep("Taro")
    taken = world.post(world.inspector, "keep", world.issued.pk, name="Taro", whose="own", with_quantities="on")
    assert taken.status_code == 422
    assert "Replace the template of this name" in taken.content.decode()
    assert world.kept().document.lines[0].net_weight == Measure()
    done = world.post(
        world.inspector, "keep", world.issued.pk, name="Taro", whose="own", with_quantities="on", instead="on"
    )
    assert done.status_code == 302
    assert world.kept().document.lines[0].net_weight.value == "12400"


def test_two_people_may_use_the_same_name(world: World) -> None:
    world.keep("Taro")
    world.keep("Taro", world.colleague)
    world.keep("Taro", world.officer, for_all=True)
    assert world.names(world.inspector) == ["Taro", "Taro"]
    with pytest.raises(IntegrityError), acting_for(world.nppo.pk), transaction.atomic():
        CertificateTemplate.objects.create(nppo=world.nppo, name="Taro", document=Document(), type="851")


def test_renaming_and_deleting_are_told(world: World) -> None:
    template = world.keep("Taro", world.officer, for_all=True)
    assert world.post(world.officer, "template", template.pk, name="Taro, fresh").status_code == 302
    assert world.names(world.colleague) == ["Taro, fresh"]
    asked = acting_client(world.admin).get(reverse("certificates:delete_template", args=[template.pk]))
    assert "cannot be brought back" in asked.content.decode()
    assert world.names(world.colleague) == ["Taro, fresh"]
    assert world.post(world.admin, "delete_template", template.pk).status_code == 302
    assert world.names(world.colleague) == []
    with acting_for(world.nppo.pk):
        told = Event.objects.filter(subject_id=template.pk, subject_type__model="certificatetemplate").order_by("pk")
        assert [(e.action, e.by) for e in told] == [
            ("added", world.officer), ("changed", world.officer), ("ended", world.admin),
        ]  # fmt: skip
        assert told[1].changes["name"] == ["Taro", "Taro, fresh"]
        assert told[0].changes["document"] == ["", ""]


def test_a_taken_name_is_refused_when_renaming(world: World) -> None:
    world.keep("Taro")
    second = world.keep("Yam")
    refused = world.post(world.inspector, "template", second.pk, name="Taro")
    assert refused.status_code == 422
    assert "Another template has this name." in refused.content.decode()
    assert sorted(world.names(world.inspector)) == ["Taro", "Yam"]


def test_somebody_elses_own_template_is_not_there(world: World) -> None:
    template = world.keep("Mine")
    for name in ("template", "delete_template"):
        assert world.post(world.officer, name, template.pk, name="x").status_code == 404
    assert world.post(world.colleague, "new", template=str(template.pk)).status_code == 404
    assert world.post(world.colleague, "new", template="nonsense").status_code == 404


def test_an_inspector_does_not_change_what_everybody_uses(world: World) -> None:
    template = world.keep("Ours", world.officer, for_all=True)
    with acting_for(world.nppo.pk):
        for act in (lambda: keeping.rename(template, "x", by=world.inspector),
                    lambda: keeping.delete(template, by=world.inspector)):  # fmt: skip
            with pytest.raises(workflow.NotAllowed):
                act()
    assert world.names(world.colleague) == ["Ours"]


def test_the_list_is_searched_and_paged(world: World) -> None:
    for number in range(52):
        world.keep(f"Taro {number}")
    client = acting_client(world.inspector)
    assert len(client.get("/templates/").context["page"]) == 50
    assert len(client.get("/templates/?page=2").context["page"]) == 2
    assert [row.name for row in client.get("/templates/?q=TARO 51").context["page"]] == ["Taro 51"]
    assert len(client.get("/templates/?q=upolu").context["page"]) == 50
    assert "No template matches" in client.get("/templates/?q=zzz").content.decode()


def test_the_list_costs_the_same_with_one_and_with_three(world: World, django_assert_num_queries: Any) -> None:
    client = acting_client(world.inspector)
    world.keep("One")
    client.get("/templates/")
    with django_assert_num_queries(14):
        client.get("/templates/")
    world.keep("Two")
    world.keep("Three")
    with django_assert_num_queries(14):
        client.get("/templates/")


def test_an_empty_list_says_what_to_do(world: World) -> None:
    assert "No template is kept yet" in acting_client(world.inspector).get("/templates/").content.decode()
