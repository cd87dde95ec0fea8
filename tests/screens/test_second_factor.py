"""The second factor: set up, asked for, used once, required by role and NPPO, taken away."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail as outbox
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from gens.accounts import mail, roles
from gens.accounts.models import Event, Mail, Membership, Nppo, User
from gens.accounts.tenancy import acting_for
from tests.codes import PASSWORD, SECRET, code_of, give_app, typed, with_password, wrong
from tests.conftest import acting_client
from tests.factories import NppoFactory, make_membership
from tests.screens.test_permissions import _names

pytestmark = pytest.mark.django_db

INDEX = "/account/security/"
CODE = "/account/security/authenticate/"
SET_UP = "/account/security/totp/activate/"
REMOVE = "/account/security/totp/deactivate/"
CODES = "/account/security/recovery-codes/"


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "nudge", lambda *arguments: None)


@pytest.fixture
def nppo() -> Nppo:
    return NppoFactory(code="WS")


@pytest.fixture
def officer(nppo: Nppo) -> Membership:
    membership = make_membership(nppo, roles.CERTIFYING_OFFICER)
    with_password(membership.user)
    return membership


def require(nppo: Nppo, *names: str) -> None:
    with acting_for(nppo.pk):
        Nppo.objects.filter(pk=nppo.pk).update(second_factor_roles=list(names))


def confirmed(client: Client, address: str) -> Any:
    """The page behind “Is it you?”, once the password was typed."""
    asked = client.get(address)
    assert asked.status_code == 302
    assert asked.url.startswith("/account/reauthenticate/")
    answer = client.post(asked.url, {"password": PASSWORD, "next": address})
    assert (answer.status_code, answer.url) == (302, address)
    return client.get(address)


def set_up(client: Client) -> str:
    """Set an app up by screen; its secret."""
    page = confirmed(client, SET_UP).content.decode()
    secret = re.search(r'class="code found">([A-Z2-7]{32})<', page)
    assert secret
    answer = client.post(SET_UP, {"code": code_of(secret[1])})
    assert (answer.status_code, answer.url) == (302, CODES)
    return secret[1]


def recovery_codes(client: Client) -> list[str]:
    return re.findall(r'class="code">([0-9]{8})<', client.get(CODES).content.decode())


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_an_app_is_set_up_and_then_asked_for(officer: Membership) -> None:
    client = typed(officer.user)
    secret = set_up(client)
    assert len(recovery_codes(client)) == 10
    again = typed(officer.user)
    assert not is_in(again)
    assert again.get("/").url.startswith("/account/login/")
    asked = again.get(CODE).content.decode()
    assert 'autocomplete="one-time-code"' in asked
    assert "passkey" not in asked.lower()  # this person has none
    assert again.post(CODE, {"code": code_of(secret, 1)}).status_code == 302
    assert is_in(again)
    assert again.get("/", follow=True).status_code == 200


def test_the_picture_stands_in_the_page_and_the_policy_stays_strict(officer: Membership) -> None:
    page = confirmed(typed(officer.user), SET_UP)
    text = page.content.decode()
    assert "<svg " in text
    assert "data:" not in text + page.headers["Content-Security-Policy"]
    assert "otpauth://totp/person" in text
    assert "issuer=GeNS%20" in text


def test_a_wrong_code_sets_nothing_up_and_keeps_the_secret(officer: Membership) -> None:
    client = typed(officer.user)
    before = re.findall(r"[A-Z2-7]{32}", confirmed(client, SET_UP).content.decode())[-1]
    page = client.post(SET_UP, {"code": "abcdef"}).content.decode()
    assert '<a href="#id_code">This code or key was not accepted.</a>' in page
    assert "<title>Error: " in page
    assert before in page
    assert not Authenticator.objects.exists()


def test_a_wrong_code_does_not_let_in(officer: Membership) -> None:
    give_app(officer.user)
    client = typed(officer.user)
    page = client.post(CODE, {"code": wrong(SECRET)}).content.decode()
    assert '<a href="#id_code">This code or key was not accepted.</a>' in page
    assert not is_in(client)


@pytest.mark.parametrize("written", ["{0}{1}", "{0} {1}", "{0}-{1}"])
def test_a_code_lets_in_once_however_it_is_written(officer: Membership, written: str) -> None:
    give_app(officer.user)
    code = code_of(SECRET, 1)
    assert typed(officer.user).post(CODE, {"code": code}).status_code == 302
    cache.delete(f"allauth.mfa.totp.used?user={officer.user.pk}&code={code}")  # half a minute later allauth forgets it
    thief = typed(officer.user)
    assert thief.post(CODE, {"code": written.format(code[:3], code[3:])}).status_code == 200
    assert not is_in(thief)


def test_a_recovery_code_lets_in_once(officer: Membership) -> None:
    client = typed(officer.user)
    set_up(client)
    code = recovery_codes(client)[3]
    first, second = typed(officer.user), typed(officer.user)
    assert first.post(CODE, {"code": code}).status_code == 302
    assert is_in(first)
    assert second.post(CODE, {"code": code}).status_code == 200
    assert not is_in(second)
    assert "9 of 10 are left." in client.get(INDEX).content.decode()
    assert code not in recovery_codes(client)


def test_new_recovery_codes_end_the_old_ones(officer: Membership) -> None:
    client = typed(officer.user)
    set_up(client)
    old = recovery_codes(client)[0]
    assert "open nothing any more" in client.get(CODES + "generate/").content.decode()
    assert client.post(CODES + "generate/").status_code == 302
    assert old not in recovery_codes(client)
    thief = typed(officer.user)
    assert thief.post(CODE, {"code": old}).status_code == 200
    assert not is_in(thief)


def test_recovery_codes_are_downloaded_by_their_owner_only(officer: Membership) -> None:
    client = typed(officer.user)
    set_up(client)
    file = client.get(CODES + "download/")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.content.decode().split() == recovery_codes(client)
    stranger = acting_client(make_membership(officer.nppo, roles.ADMINISTRATOR))
    assert stranger.get(CODES).status_code == 404
    assert stranger.get(CODES + "download/").status_code == 404


def test_guessing_ends_after_five_codes_even_with_the_right_one(officer: Membership) -> None:
    give_app(officer.user)
    client = typed(officer.user)
    for _ in range(5):
        client.post(CODE, {"code": wrong(SECRET)})
    page = client.post(CODE, {"code": code_of(SECRET)}).content.decode()
    assert "Too many failed login attempts" in page
    assert not is_in(client)


def test_a_code_of_somebody_else_does_not_let_in(officer: Membership) -> None:
    give_app(officer.user)
    other = make_membership(officer.nppo, roles.INSPECTOR)
    give_app(other.user, SECRET[::-1].replace("1", "A"))
    client = typed(officer.user)
    assert client.post(CODE, {"code": code_of(SECRET[::-1])}).status_code == 200
    assert not is_in(client)


def test_signing_in_can_be_left(officer: Membership) -> None:
    give_app(officer.user)
    client = typed(officer.user)
    assert client.post("/account/logout/", {"next": "/account/login/"}).status_code == 302
    assert client.get(CODE).url == "/account/login/"


def test_the_database_alone_tells_no_secret(officer: Membership) -> None:
    client = typed(officer.user)
    secret = set_up(client)
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not any(code in kept for code in recovery_codes(client))


def test_a_changed_key_of_the_installation_still_opens_what_was_sealed(officer: Membership, settings: Any) -> None:
    give_app(officer.user)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-" * 5
    settings.SECRET_KEY_FALLBACKS = [old]
    client = typed(officer.user)
    assert client.post(CODE, {"code": code_of(SECRET)}).status_code == 302
    settings.SECRET_KEY_FALLBACKS = []
    page = typed(officer.user).post(CODE, {"code": code_of(SECRET, 1)})
    assert "can no longer be read here" in page.content.decode()


# Required by role


ALL = (
    roles.INSPECTOR, roles.CERTIFYING_OFFICER, roles.IMPORT_OFFICER, roles.ADMINISTRATOR, roles.AUDITOR, roles.OPERATOR,
)  # fmt: skip


@pytest.mark.parametrize("role", ALL)
def test_only_the_roles_that_need_it_are_led_to_set_it_up(nppo: Nppo, role: str) -> None:
    require(nppo, role)
    for each in ALL:
        answer = acting_client(make_membership(nppo, each)).get("/people/notices/")
        assert (answer.status_code, getattr(answer, "url", "")) == ((302, INDEX) if each == role else (200, ""))


def test_one_role_of_several_is_enough(nppo: Nppo) -> None:
    require(nppo, roles.AUDITOR, roles.ADMINISTRATOR)
    both = make_membership(nppo, roles.INSPECTOR, roles.ADMINISTRATOR)
    assert acting_client(both).get("/list/drafts/").url == INDEX


@pytest.mark.parametrize(
    ("address", "method"),
    [("/", "get"), ("/list/drafts/", "get"), ("/new/", "post"), ("/administration/", "get"), ("/people/notices/", "post"),
     ("/operator/", "get"), ("/search/", "get"), ("/administration/connections/1/test/", "post")],
)  # fmt: skip
def test_everything_of_the_nppo_leads_there(nppo: Nppo, address: str, method: str) -> None:
    require(nppo, *ALL)
    client = acting_client(make_membership(nppo, *ALL))
    assert getattr(client, method)(address).url == INDEX


def test_signing_out_the_language_and_another_membership_stay_reachable(officer: Membership) -> None:
    require(officer.nppo, roles.CERTIFYING_OFFICER)
    client = acting_client(officer)
    page = client.get(INDEX).content.decode()
    assert "Set up a second factor first" in page
    assert officer.nppo.name in page
    assert "Sign out" in page
    assert client.get("/people/choose/").url == "/"
    assert client.post("/people/language/", {"language": "fr", "next": INDEX}).url == INDEX
    assert User.objects.get(pk=officer.user.pk).language == "fr"
    assert client.post("/account/logout/").status_code == 302
    assert not is_in(client)


def test_another_nppo_that_does_not_ask_for_it_can_be_worked_for(officer: Membership) -> None:
    require(officer.nppo, roles.CERTIFYING_OFFICER)
    other = NppoFactory(code="NZ")
    with acting_for(other.pk):
        elsewhere = make_membership(other, roles.CERTIFYING_OFFICER)
        elsewhere.user = officer.user
        elsewhere.save(update_fields=["user"])
    client = acting_client(officer)
    assert client.get("/list/drafts/").url == INDEX
    assert client.post("/people/choose/", {"membership": elsewhere.pk}).url == "/"
    assert client.get("/list/drafts/").status_code == 200
    client.post("/people/choose/", {"membership": officer.pk})
    assert client.get("/list/drafts/").url == INDEX


def test_who_sets_it_up_works_on_and_who_removes_the_last_one_sets_up_another(officer: Membership) -> None:
    require(officer.nppo, roles.CERTIFYING_OFFICER)
    client = typed(officer.user)
    assert client.get("/list/drafts/").url.startswith("/people/choose/")
    assert client.get("/people/choose/").url == "/"
    assert client.get("/list/drafts/").url == INDEX
    set_up(client)
    assert client.get("/list/drafts/").status_code == 200
    assert "Your role needs a second factor" in client.get(REMOVE).content.decode()
    assert client.post(REMOVE).status_code == 302
    assert client.get("/list/drafts/").url == INDEX
    assert not Authenticator.objects.exists()


def test_recovery_codes_alone_are_no_second_factor(officer: Membership) -> None:
    require(officer.nppo, roles.CERTIFYING_OFFICER)
    Authenticator.objects.create(user=officer.user, type="recovery_codes", data={"seed": "x", "used_mask": 0})
    assert acting_client(officer).get("/list/drafts/").url == INDEX


@pytest.mark.parametrize("kind", ["totp", "webauthn"])
def test_an_app_or_a_key_is_enough_also_for_who_signed_in_before(officer: Membership, kind: str) -> None:
    client = acting_client(officer)
    Authenticator.objects.create(user=officer.user, type=kind, data={})
    require(officer.nppo, roles.CERTIFYING_OFFICER)
    assert client.get("/list/drafts/").status_code == 200


def test_asking_costs_one_query_of_those_who_need_it_and_none_of_others(
    officer: Membership, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    give_app(officer.user)
    client = acting_client(officer)
    client.get("/people/notices/")
    with django_assert_max_num_queries(40) as before:
        client.get("/people/notices/")
    require(officer.nppo, roles.CERTIFYING_OFFICER)
    with django_assert_num_queries(len(before) + 1):
        client.get("/people/notices/")


# Told, and closed to others


def told(membership: Membership) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(action, by whom) of the history of a membership, and (to whom, subject) of the mails of its NPPO."""
    with acting_for(membership.nppo_id):
        events = list(Event.objects.filter(subject_id=membership.pk).order_by("pk").values_list("action", "by_name"))
        mails = list(Mail.objects.filter(kind="sign_in").order_by("pk").values_list("to", "subject"))
    return events, mails


def test_setting_up_and_removing_is_recorded_and_mailed_to_the_person(
    officer: Membership, django_capture_on_commit_callbacks: Any
) -> None:
    client = typed(officer.user)
    with django_capture_on_commit_callbacks(execute=True):
        set_up(client)
    client.post(REMOVE)
    name, email = officer.user.name, officer.user.email
    events, mails = told(officer)
    assert events == [("totp_activated", name), ("totp_deactivated", name)]
    assert mails == [(email, "Authenticator app set up"), (email, "Authenticator app removed")]


def test_a_changed_password_is_recorded_in_every_nppo_and_mailed_once(officer: Membership) -> None:
    other = NppoFactory(code="NZ")
    with acting_for(other.pk):
        elsewhere = make_membership(other, roles.INSPECTOR)
        elsewhere.user = officer.user
        elsewhere.save(update_fields=["user"])
    client = typed(officer.user)
    new = {"oldpassword": PASSWORD, "password1": PASSWORD + "x", "password2": PASSWORD + "x"}
    assert client.post("/account/password/change/", new).status_code == 302
    events, mails = told(officer)
    assert (events, len(mails)) == ([("password_changed", officer.user.name)], 1)
    events, mails = told(elsewhere)
    assert (events, len(mails)) == ([("password_changed", officer.user.name)], 0)


def test_a_replaced_password_is_told_and_does_not_open_without_the_second_factor(officer: Membership) -> None:
    give_app(officer.user)
    client = Client()
    assert client.post("/account/password/reset/", {"email": officer.user.email}).status_code == 302
    found = re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", str(outbox.outbox[-1].body))
    assert found
    form = client.get(found[1]).url
    assert (
        client.post(form, {"password1": "Another-" + PASSWORD, "password2": "Another-" + PASSWORD}).status_code == 302
    )
    assert not is_in(client)
    assert told(officer)[0] == [("password_reset", officer.user.name)]
    answer = client.post("/account/login/", {"login": officer.user.email, "password": "Another-" + PASSWORD})
    assert answer.url.startswith(CODE)
    assert not is_in(client)


def test_a_wrong_old_password_is_told_in_the_summary(officer: Membership) -> None:
    new = {"oldpassword": "wrong", "password1": PASSWORD + "x", "password2": PASSWORD + "x"}
    page = typed(officer.user).post("/account/password/change/", new).content.decode()
    assert '<a href="#id_oldpassword">' in page
    assert told(officer)[0] == []


@pytest.mark.parametrize("name", sorted(n for n in _names(get_resolver()) if n.startswith("mfa_")))
def test_nobody_gets_in_without_signing_in(client: Client, officer: Membership, name: str) -> None:
    key = give_app(officer.user)
    address = reverse(name, args=[key.pk] if name in ("mfa_edit_webauthn", "mfa_remove_webauthn") else [])
    for method in (client.get, client.post):
        answer = method(address)
        assert answer.status_code in (200, 302)
        if name != "mfa_login_webauthn" or method == client.get:
            assert answer.url.startswith("/account/login/")
    assert not is_in(client)
    assert Authenticator.objects.filter(pk=key.pk).exists()


@pytest.mark.parametrize("name", ["mfa_trust", "mfa_signup_webauthn", "account_signup_by_passkey"])
def test_what_is_not_needed_is_not_there(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize("what", ["edit", "remove"])
def test_keys_of_others_can_be_neither_renamed_nor_removed(officer: Membership, what: str) -> None:
    other = make_membership(officer.nppo, roles.INSPECTOR)
    key = Authenticator.objects.create(user=other.user, type="webauthn", data={"name": "Theirs"})
    client = typed(officer.user)
    confirmed(client, SET_UP)  # has shown that it is them
    assert client.get(f"/account/security/webauthn/keys/{key.pk}/{what}/").status_code == 404
    assert client.post(f"/account/security/webauthn/keys/{key.pk}/{what}/", {"name": "Mine"}).status_code == 404
    assert Authenticator.objects.get(pk=key.pk).data == {"name": "Theirs"}


@pytest.mark.parametrize("credential", ["", "{}", "[]", '{"id": "x"}', "null", "no JSON"])
def test_nonsense_in_place_of_a_key_is_refused(officer: Membership, client: Client, credential: str) -> None:
    Authenticator.objects.create(user=officer.user, type="totp", data={})
    assert client.post("/account/security/webauthn/login/", {"credential": credential}).url == "/account/login/"
    assert not is_in(client)
    half_way = typed(officer.user)
    assert half_way.post(CODE, {"credential": credential}).status_code == 200
    assert not is_in(half_way)
