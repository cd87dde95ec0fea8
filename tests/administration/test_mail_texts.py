"""Mails say what the NPPO wrote, in the language of who reads; what it did not write is ours."""

from typing import Any

import pytest
from django.urls import reverse

from certificates import letters, workflow
from certificates.models import Status
from gens.accounts import inviting, roles
from gens.accounts.letters import filled
from gens.accounts.models import Event, Invitation, Mail, MailText
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, load, make_certificate, make_membership

pytestmark = pytest.mark.django_db


class World:
    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        self.author = make_membership(self.nppo, roles.INSPECTOR)
        self.officer = make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.client = acting_client(self.admin)

    def write(self, kind: str, language: str = "en", **said: str) -> Any:
        return self.client.post(reverse("administration:mail_text", args=[kind, language]), said)

    def returned(self) -> Mail:
        submitted = make_certificate(self.nppo, Status.SUBMITTED, by=self.author)
        with acting_for(self.nppo.pk):
            workflow.perform("return", submitted, by=self.officer, reason="Weigh {who} again")
            return Mail.objects.latest("pk")


@pytest.fixture
def world(settings: Any) -> World:
    settings.CELERY_BROKER_URL = "amqp://127.0.0.1:1"
    return World()


def test_what_the_nppo_wrote_is_sent_in_that_language_and_ours_in_the_others(world: World) -> None:
    assert world.write("returned", subject="Back: {reference}", text="{who} says: {reason}\n{link}").status_code == 302
    mail = world.returned()
    assert mail.subject == "Back: D-2026-0001"
    assert mail.text.startswith(f"{world.officer.user.name} says: Weigh {{who}} again\n")
    world.author.user.language = "fr"
    world.author.user.save()
    assert not world.returned().subject.startswith("Back")


def test_the_usual_text_comes_back_and_who_changed_it_stays_known(world: World) -> None:
    world.write("returned", subject="Back", text="{link}")
    assert world.write("returned", usual="1").status_code == 302
    assert world.returned().subject == "Draft D-2026-0001 was returned to you"
    page = world.client.get(reverse("administration:mail_text", args=["returned", "en"])).content.decode()
    assert "Draft {reference} was returned to you" in page
    assert world.admin.user.name in page
    with acting_for(world.nppo.pk):
        assert Event.objects.filter(subject_id=MailText.objects.get().pk, changes__has_key="subject").count() == 2


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"subject": "", "text": "{link}"}, "Fill this in."),
        ({"subject": "Back", "text": "No way there"}, "The text needs {link}"),
        ({"subject": "Back {password}", "text": "{link}"}, "no field {password}"),
        ({"subject": "x" * 201, "text": "{link}"}, "at most 200"),
    ],
)
def test_a_text_that_would_not_work_is_refused_and_kept_on_the_page(
    world: World, said: dict[str, str], words: str
) -> None:
    answer = world.write("returned", **said)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    with acting_for(world.nppo.pk):
        assert not MailText.objects.exists()


def test_the_example_shows_what_is_typed_without_saving_it(world: World) -> None:
    answer = world.write("returned", subject="Back: {reference}", text="{link}", show="1")
    assert answer.status_code == 200
    assert "Back: D-2026-0418" in answer.content.decode()
    with acting_for(world.nppo.pk):
        assert not MailText.objects.exists()


def test_an_invitation_speaks_the_nppos_words_too(world: World) -> None:
    world.write("invitation", "es", subject="Bienvenido, {name}", text="{link}")
    with acting_for(world.nppo.pk):
        invited = Invitation(
            nppo=world.nppo,
            email="n@example.org",
            name="Noa",
            language="es",
            office=world.admin.office,
            roles=[roles.INSPECTOR],
        )
        inviting.send(invited, by=world.admin)
        assert Mail.objects.latest("pk").subject == "Bienvenido, Noa"


def test_one_nppo_does_not_write_the_mails_of_another(world: World) -> None:
    other = make_membership(NppoFactory(code="NZ"), roles.ADMINISTRATOR)
    acting_client(other).post(
        reverse("administration:mail_text", args=["returned", "en"]), {"subject": "NZ", "text": "{link}"}
    )
    assert world.returned().subject != "NZ"


@pytest.mark.parametrize("letter", letters.ALL, ids=lambda letter: letter.kind)
def test_every_usual_text_uses_its_own_fields_and_has_the_link(letter: Any) -> None:
    subject, text = letter.usual
    assert letter.unknown(subject + text) == []
    assert "{link}" in text
    assert "{" not in filled(subject + text, letter.fields)


def test_a_field_is_filled_once() -> None:
    assert filled("{a} {b} {c}", {"a": "{b}", "b": "x"}) == "{b} x {c}"
