"""People of an NPPO: invited, at work within their scope, and gone without losing work."""

import re
import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outbox
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certificates import workflow
from certificates.ephyto.document import Country
from certificates.models import Status
from gens.accounts import inviting, mail, roles, tasks
from gens.accounts.models import Event, Invitation, Mail, Membership, Office, User
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, OfficeFactory, load, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-Phrase-7"


class World:
    """Samoa with an administrator and a second one, an inspector with work, and a colleague."""

    def __init__(self) -> None:
        self.nppo = NppoFactory(code="WS")
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.inspector = make_membership(self.nppo, roles.INSPECTOR)
        self.colleague = make_membership(self.nppo, roles.INSPECTOR)
        self.client = acting_client(self.admin)

    def url(self, name: str, *arguments: object) -> str:
        return reverse(f"administration:{name}", args=arguments)

    def post(self, page: str, /, *arguments: object, **data: Any) -> Any:
        return self.client.post(self.url(page, *arguments), data)

    def invite(self, email: str = "new@example.org", language: str = "en") -> str:
        """The path of the link in the mail."""
        office = self.admin.office_id
        said = {"name": "Malia", "email": email, "language": language, "office": office, "roles": [roles.INSPECTOR]}
        assert self.post("invite", **said).status_code == 302
        return self.link()

    def link(self) -> str:
        with acting_for(self.nppo.pk):
            text = Mail.objects.order_by("-pk")[0].text
        found = re.search(r"http://[^/]+(/people/invitation/\S+)", text)
        assert found
        return found[1]

    def member(self, email: str) -> Membership | None:
        with acting_for(self.nppo.pk):
            return Membership.objects.select_related("user", "office").filter(user__email=email).first()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(mail, "nudge", lambda *arguments: None)
    return World()


def accepted(link: str, **changes: str) -> Any:
    said = {"name": "Malia Tuilagi", "language": "fr", "password": PASSWORD, "again": PASSWORD} | changes
    client = Client()
    return client, client.post(link, said)


def test_an_invited_person_sets_a_password_and_begins(world: World) -> None:
    link = world.invite("New@Example.org")
    assert "Malia" in Client().get(link).content.decode()
    client, answer = accepted(link)
    assert answer.status_code == 302
    member = world.member("new@example.org")
    assert member is not None
    assert (member.roles, member.user.name, member.user.language) == ([roles.INSPECTOR], "Malia Tuilagi", "fr")
    assert client.get("/", follow=True).status_code == 200
    _again, second = accepted(link)
    assert "This invitation was accepted already" in second.content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"again": "another"}, "differ"),
        ({"password": "short", "again": "short"}, "too short"),
        ({"name": ""}, "required"),
    ],
)
def test_a_bad_password_is_told_and_the_link_stays_good(world: World, changes: dict[str, str], words: str) -> None:
    link = world.invite()
    _client, answer = accepted(link, **changes)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert accepted(link)[1].status_code == 302


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "no longer valid"),
        ({"withdrawn_at": timezone.now()}, "was withdrawn"),
        ({"accepted_at": timezone.now()}, "accepted already"),
    ],
)
def test_what_became_of_an_invitation_is_told_to_its_holder(world: World, changes: dict[str, Any], words: str) -> None:
    link = world.invite()
    with acting_for(world.nppo.pk):
        Invitation.objects.update(**changes)
    _client, answer = accepted(link)
    assert words in answer.content.decode()
    assert world.member("new@example.org") is None


@pytest.mark.parametrize("token", ["1-guess", "999999-guess", "x", "-", "1", "1-" + "a" * 300])
def test_a_guess_finds_nothing(world: World, token: str) -> None:
    assert Client().get(f"/people/invitation/{token}/").status_code == 404


def test_the_secret_is_kept_nowhere(world: World) -> None:
    link = world.invite()
    secret = link.strip("/").split("-", 1)[1]
    with acting_for(world.nppo.pk):
        row = Mail.objects.get()
        mail.send(row.pk, world.nppo.pk)
        row.refresh_from_db()
        assert (row.text, row.sent_at is None) == ("", False)
        assert secret not in Invitation.objects.get().secret_hash
    assert secret in outbox.outbox[0].body


def test_sent_again_the_first_link_opens_nothing(world: World) -> None:
    first = world.invite()
    with acting_for(world.nppo.pk):
        pk = Invitation.objects.get().pk
    assert world.post("invitation", pk, "again").status_code == 302
    assert Client().get(first).status_code == 404
    assert accepted(world.link())[1].status_code == 302


def test_who_has_an_account_elsewhere_signs_in_to_accept(world: World) -> None:
    stranger = make_membership(NppoFactory(code="NZ"), roles.INSPECTOR)
    link = world.invite(stranger.user.email)
    page = Client().get(link).content.decode()
    assert "You have an account here already" in page
    assert accepted(link)[1].status_code == 422
    assert world.member(stranger.user.email) is None
    client = acting_client(stranger)
    assert client.post(link).status_code == 302
    member = world.member(stranger.user.email)
    assert member is not None
    assert member.user == stranger.user
    assert User.objects.filter(email=stranger.user.email).count() == 1


def test_the_mail_is_in_the_language_of_who_is_invited(world: World) -> None:
    world.invite(language="ar")
    with acting_for(world.nppo.pk):
        assert not Mail.objects.get().subject.startswith("Invitation to")


def test_inviting_twice_or_a_colleague_is_told(world: World) -> None:
    world.invite()
    said = {"name": "M", "language": "en", "office": world.admin.office_id, "roles": [roles.INSPECTOR]}
    assert "invited already" in world.post("invite", email="NEW@example.org", **said).content.decode()
    taken = world.post("invite", email=world.inspector.user.email, **said)
    assert "works here already" in taken.content.decode()
    operator = world.post("invite", email="o@example.org", **said | {"roles": [roles.OPERATOR]})
    assert operator.status_code == 422


def edit(world: World, member: Membership, **changes: Any) -> Any:
    said = {"office": member.office_id, "roles": member.roles, "authorised_from": "", "authorised_until": "", "types": [],
            "destinations": ""} | changes  # fmt: skip
    return world.post("person", member.pk, **said)


def test_roles_dates_and_scope_are_changed_with_who_did_it(world: World) -> None:
    load_countries()
    answer = edit(
        world, world.inspector, roles=[roles.CERTIFYING_OFFICER], authorised_until="31 12 2030", types=["851"],
        destinations="nz, au",
    )  # fmt: skip
    assert answer.status_code == 302
    with acting_for(world.nppo.pk):
        member = Membership.objects.get(pk=world.inspector.pk)
        event = Event.objects.get(action="changed", subject_id=member.pk)
    assert (member.types, member.destinations, str(member.authorised_until)) == (["851"], ["NZ", "AU"], "2030-12-31")
    assert event.by_id == world.admin.pk
    assert event.changes["roles"] == [[roles.INSPECTOR], [roles.CERTIFYING_OFFICER]]
    assert "NZ" in world.client.get(world.url("person", member.pk)).content.decode()


def load_countries() -> None:

    load()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"destinations": "NZ, Atlantis"}, "ATLANTIS"),
        ({"authorised_from": "1 2 2030", "authorised_until": "1 1 2030"}, "ends before it begins"),
        ({"roles": []}, "required"),
        ({"roles": ["system_operator"]}, "not one of the available choices"),
        ({"office": "999999"}, "not one of the available choices"),
    ],
)
def test_what_makes_no_sense_is_told_and_changes_nothing(world: World, changes: dict[str, Any], words: str) -> None:
    load_countries()
    answer = edit(world, world.inspector, **changes)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    with acting_for(world.nppo.pk):
        assert Membership.objects.get(pk=world.inspector.pk).roles == [roles.INSPECTOR]


@pytest.mark.parametrize(
    ("scope", "may"),
    [({}, True), ({"types": ["851"]}, True), ({"types": ["657"]}, False), ({"destinations": ["NZ"]}, True),
     ({"destinations": ["AU"]}, False), ({"types": ["851"], "destinations": ["AU", "NZ"]}, True)],
)  # fmt: skip
def test_an_officer_approves_within_their_scope_only(world: World, scope: dict[str, Any], may: bool) -> None:
    officer = make_membership(world.nppo, roles.CERTIFYING_OFFICER, **scope)
    certificate = make_certificate(
        world.nppo, Status.SUBMITTED, by=world.inspector, document=valid_document(import_country=Country("NZ"))
    )
    with acting_for(world.nppo.pk):
        assert ("approve" in {a.name for a in workflow.available_actions(officer, certificate)}) is may
        if may:
            assert workflow.perform("approve", certificate, by=officer).status == Status.APPROVED
        else:
            with pytest.raises(workflow.OutOfScope):
                workflow.perform("approve", certificate, by=officer)
    if not may:
        page = acting_client(officer).post(reverse("certificates:act", args=[certificate.pk, "approve"]))
        assert (page.status_code, "does not cover" in page.content.decode()) == (403, True)


def test_open_work_is_handed_over_when_somebody_goes(world: World) -> None:
    draft = make_certificate(world.nppo, Status.DRAFT, by=world.inspector)
    assert "D-2026-0001" in world.client.get(world.url("end", world.inspector.pk)).content.decode()
    assert world.post("end", world.inspector.pk, reason="Retired").status_code == 422
    assert world.post("end", world.inspector.pk, taker=world.colleague.pk).status_code == 422
    done = world.post("end", world.inspector.pk, taker=world.colleague.pk, reason="Retired")
    assert done.status_code == 302
    with acting_for(world.nppo.pk):
        draft.refresh_from_db()
        assert draft.holder_id == world.colleague.pk
        assert draft.events.get(action="handed_over").reason.endswith("Retired")
        assert not Membership.objects.get(pk=world.inspector.pk).is_active
    assert acting_client(world.inspector).get("/").url.startswith("/people/choose/")
    assert world.post("back", world.inspector.pk).status_code == 302
    assert acting_client(world.inspector).get("/").url == "/list/drafts/"


def test_the_last_administrator_cannot_lock_everybody_out(world: World) -> None:
    assert world.post("end", world.admin.pk, reason="x").status_code == 422
    assert edit(world, world.admin, roles=[roles.INSPECTOR]).status_code == 422
    make_membership(world.nppo, roles.ADMINISTRATOR)
    assert edit(world, world.admin, roles=[roles.INSPECTOR]).status_code == 302


def test_filters_and_pages_of_people(world: World, django_assert_num_queries: Any) -> None:
    for _ in range(60):
        make_membership(world.nppo, roles.AUDITOR)
    page = world.client.get(world.url("people"), {"role": roles.AUDITOR})
    assert len(page.context["page"].object_list) == 50
    assert 'rel="next"' in page.content.decode()
    assert world.client.get(world.url("people"), {"q": "nobody at all"}).content.decode().count("Nobody matches") == 1
    with django_assert_num_queries(13):
        world.client.get(world.url("people"))


def test_offices_are_added_changed_and_closed(world: World) -> None:
    assert world.post("new_office", name="Savaii office", place="Salelologa").status_code == 302
    with acting_for(world.nppo.pk):
        made = Office.objects.get(name="Savaii office")
    assert world.post("office", made.pk, name=world.admin.office.name, place="x").status_code == 422
    assert world.post("office", made.pk, name="", place="").status_code == 422
    assert world.post("office", made.pk, name="Savai'i office", place="Asau").status_code == 302
    assert "Salelologa" in world.client.get(world.url("office", made.pk)).content.decode()
    world.post("close_office", world.admin.office_id)
    world.post("close_office", made.pk)
    with acting_for(world.nppo.pk):
        assert Office.objects.get(pk=world.admin.office_id).is_active
        assert not Office.objects.get(pk=made.pk).is_active
        assert OfficeFactory(nppo=world.nppo, name="x").is_active


class Post(socketserver.StreamRequestHandler):
    """As much of SMTP as a mail needs; `refuse` of the server decides how it ends."""

    def handle(self) -> None:
        server: Any = self.server
        self.wfile.write(b"220 here\r\n")
        is_text, text = False, b""
        while line := self.rfile.readline():
            if is_text:
                text += line
                if line == b".\r\n":
                    is_text = False
                    server.got.append(text)
                    if server.cuts:
                        return
                    self.wfile.write(b"250 taken\r\n")
            elif line.upper().startswith(b"RCPT") and server.refuses:
                self.wfile.write(b"550 no such person\r\n")
            elif line.upper().startswith(b"DATA"):
                is_text = True
                self.wfile.write(b"354 go on\r\n")
            else:
                self.wfile.write(b"250 yes\r\n")


@pytest.fixture
def post_office(settings: Any) -> Iterator[Any]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post)
    server.daemon_threads = True
    server.got, server.refuses, server.cuts = [], False, False  # type: ignore[attr-defined]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = *server.server_address, 5
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def written(world: World) -> Mail:
    with acting_for(world.nppo.pk):
        return mail.put(world.nppo.pk, "a@example.org", "test", "Subject\nBcc: b@example.org", "النص\n.\nend")


def test_a_mail_goes_through_a_real_server_once(world: World, post_office: Any) -> None:
    row = written(world)
    for _ in range(2):
        tasks.send_mail(row.pk, world.nppo.pk)
    (text,) = post_office.got
    assert b"Subject: Subject Bcc: b@example.org" in text
    assert f"Message-ID: <gens.{world.nppo.pk}.{row.pk}@".encode() in text


@pytest.mark.parametrize("trouble", ["refuses", "cuts", "away"])
def test_a_mail_that_is_not_taken_is_tried_again_later_with_the_same_name(
    world: World, post_office: Any, settings: Any, trouble: str
) -> None:
    row = written(world)
    if trouble == "away":
        settings.EMAIL_PORT = 1
    else:
        setattr(post_office, trouble, True)
    tasks.send_mail(row.pk, world.nppo.pk)
    with acting_for(world.nppo.pk):
        row.refresh_from_db()
        assert (row.sent_at, row.attempts, bool(row.error)) == (None, 1, True)
        assert row.due_at > timezone.now() + timedelta(minutes=1)
        Mail.objects.update(due_at=timezone.now())
    post_office.refuses = post_office.cuts = False
    settings.EMAIL_PORT = post_office.server_address[1]
    tasks.send_mail(row.pk, world.nppo.pk)
    with acting_for(world.nppo.pk):
        row.refresh_from_db()
        assert (row.sent_at is not None, row.error) == (True, "")
    assert len(post_office.got) == (2 if trouble == "cuts" else 1)


def test_the_sweep_finds_mails_of_every_country(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    row = written(world)
    rung: list[tuple[object, ...]] = []
    monkeypatch.setattr(tasks, "nudge", lambda _task, *arguments: rung.append(arguments))
    tasks.send_waiting()
    assert rung == [(row.pk, world.nppo.pk)]


def test_the_mails_page_tells_what_was_sent(world: World, settings: Any) -> None:
    world.invite()
    page = world.client.get(world.url("mails")).content.decode()
    assert "new@example.org" in page
    assert "Waiting" in page
    assert inviting.VALID.days == 7
