"""An officer returns a certificate with remarks beside its sections; its author finds each where it is to be mended."""

import pytest
from django.core import mail as outgoing
from django.db.utils import ProgrammingError
from django.test import Client
from django.urls import reverse

from certificates import drafts, workflow
from certificates.models import Certificate, Returned, Status
from gens.accounts import roles
from gens.accounts.models import Mail, Membership, Nppo
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, make_certificate, make_membership

pytestmark = pytest.mark.django_db

WEIGHT = "Line 2 says 320 kg,\nthe packing list 302 kg."


class World:
    """A certificate that waits for approval, its author and its officer."""

    def __init__(self) -> None:
        self.nppo: Nppo = NppoFactory(code="WS")
        self.author = make_membership(self.nppo, roles.INSPECTOR)
        self.officer = make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        self.found = make_certificate(self.nppo, Status.SUBMITTED, by=self.author)

    def client(self, by: Membership) -> Client:
        return acting_client(by)

    def send_back(self, **said: str) -> int:
        address = reverse("certificates:act", args=[self.found.pk, "return"])
        return self.client(self.officer).post(address, said).status_code

    def page(self, name: str, *arguments: object, by: Membership | None = None) -> str:
        address = reverse(f"certificates:{name}", args=[self.found.pk, *arguments])
        return self.client(by or self.author).get(address).content.decode()

    def now(self) -> Certificate:
        with acting_for(self.nppo.pk):
            return Certificate.objects.get(pk=self.found.pk)


@pytest.fixture
def world() -> World:
    return World()


def test_the_page_that_returns_has_a_field_beside_each_section_of_this_kind(world: World) -> None:
    page = world.page("act", "return", by=world.officer)
    for name in ("consignment", "parties", "transport", "lines", "declarations", "attachments"):
        assert f'name="remark-{name}"' in page
    assert 'name="remark-re_export"' not in page  # an export has no such section
    assert 'name="remark-parties"' not in world.page("act", "approve", by=world.officer)


def test_each_remark_stands_at_the_top_of_its_section_and_in_the_task_list(world: World) -> None:
    assert world.send_back(reason="Two things.", **{"remark-lines": WEIGHT, "remark-parties": "Whose address?"}) == 302
    assert "Whose address?" in world.page("section", "parties")
    assert "Whose address?" not in world.page("section", "transport")
    assert "302 kg" in world.page("section", "lines")
    line = world.found.document.lines[0].id
    assert "302 kg" in world.page("line", line)  # the lines are one section
    assert "Remark of the officer" not in world.page("section", "attachments")
    assert world.page("certificate").count('<span class="pill bad">Remark</span>') == 2


def test_a_remark_beside_the_attachments_stands_there(world: World) -> None:
    world.send_back(**{"remark-attachments": "The permit is missing."})
    assert "The permit is missing." in world.page("section", "attachments")


def test_a_remark_is_reason_enough_and_nothing_at_all_is_not(world: World) -> None:
    assert world.send_back(reason="  ", **{"remark-lines": "  "}) == 422
    assert world.now().status == Status.SUBMITTED
    assert world.send_back(**{"remark-lines": WEIGHT}) == 302
    assert world.now().status == Status.RETURNED


def test_what_was_typed_comes_back_when_something_is_wrong(world: World) -> None:
    client = world.client(world.officer)
    address = reverse("certificates:act", args=[world.found.pk, "return"])
    with acting_for(world.nppo.pk):
        workflow.perform("approve", world.found, by=make_membership(world.nppo, roles.CERTIFYING_OFFICER))
        world.officer.destinations = ["AU"]
        world.officer.save(update_fields=["destinations"])
    answer = client.post(address, {"reason": "All of it.", "remark-lines": WEIGHT})
    assert answer.status_code == 403
    assert "302 kg.</textarea>" in answer.content.decode()
    assert "All of it.</textarea>" in answer.content.decode()


def test_remarks_are_gone_once_it_is_submitted_again_and_stay_in_the_history(world: World) -> None:
    world.send_back(reason="Mend it.", **{"remark-lines": WEIGHT})
    with acting_for(world.nppo.pk):
        again = workflow.perform("submit", world.now(), by=world.author)
        assert drafts.remarks(again) == {}
    page = world.page("certificate", by=world.officer)
    assert '<span class="pill bad">Remark</span>' not in page
    assert "<b>Commodity lines</b>" in page
    assert "302 kg" in page
    world.send_back(reason="And now?")
    assert "Remark of the officer" not in world.page("section", "lines")  # only the latest return counts
    with acting_for(world.nppo.pk):
        assert drafts.remarks(world.now()) == {}


def test_each_return_of_the_history_has_its_own_remarks(world: World) -> None:
    for text in ("First remark", "Second remark"):
        world.send_back(**{"remark-parties": text})
        with acting_for(world.nppo.pk):
            workflow.perform("submit", world.now(), by=world.author)
    page = world.page("certificate", by=world.officer)
    assert (page.count("First remark"), page.count("Second remark")) == (1, 1)
    assert page.index("Second remark") < page.index("First remark")  # the latest first
    with acting_for(world.nppo.pk):
        told = [row.event.action for row in Returned.objects.select_related("event")]
    assert told == ["returned", "returned"]


def test_the_author_reads_the_remarks_in_the_mail(world: World) -> None:
    world.send_back(reason="See below.", **{"remark-lines": WEIGHT})
    with acting_for(world.nppo.pk):
        (mail,) = Mail.objects.filter(to=world.author.user.email)
    assert "See below." in mail.text
    assert "Commodity lines: Line 2 says 320 kg," in mail.text
    assert "320 kg" not in mail.subject
    assert outgoing.outbox == []  # stored; a worker sends it


def test_a_remark_is_shown_as_text_and_is_not_endless(world: World) -> None:
    world.send_back(**{"remark-parties": "<b>bold</b>" + "x" * 5000, "remark-nonsense": "y"})
    assert "&lt;b&gt;bold" in world.page("section", "parties")
    with acting_for(world.nppo.pk):
        (row,) = Returned.objects.all()
    assert list(row.remarks) == ["parties"]
    assert len(row.remarks["parties"]) == 2000


def test_no_other_action_keeps_remarks(world: World) -> None:
    address = reverse("certificates:act", args=[world.found.pk, "approve"])
    world.client(world.officer).post(address, {"remark-lines": WEIGHT})
    with acting_for(world.nppo.pk):
        assert not Returned.objects.exists()


def test_what_was_said_when_returning_never_changes(world: World) -> None:
    world.send_back(**{"remark-lines": WEIGHT})
    with pytest.raises(ProgrammingError, match="Cannot update"), acting_for(world.nppo.pk):
        Returned.objects.update(remarks={})


def test_an_inspector_cannot_return_and_another_country_sees_nothing(world: World) -> None:
    address = reverse("certificates:act", args=[world.found.pk, "return"])
    said = {"remark-lines": WEIGHT}
    assert world.client(world.author).post(address, said).status_code == 403
    stranger = make_membership(NppoFactory(code="NZ"), roles.CERTIFYING_OFFICER)
    assert world.client(stranger).post(address, said).status_code == 404
    assert world.send_back(**said) == 302
    assert world.send_back(**said) == 409  # it is returned already
