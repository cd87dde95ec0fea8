"""The pilot Hub's console: its pages under its own settings, and the site as it runs, in a process of its own."""

import re
import zipfile
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hubclient.pilothub import registry
from hubclient.pilothub.console import settings as console_settings
from hubclient.pilothub.console import urls
from hubclient.pilothub.faults import FAULTS
from hubclient.pilothub.models import Call, ClientCertificate, HeldEnvelope, Misbehaviour, Operator, RegisteredNppo
from tests.hub_server import DATABASES, RunningHub
from tests.pilothub.callers import SOAP_OF, Caller, envelope

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ("traffic", "nppos", "findings", "misbehaviour")
pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


@pytest.fixture
def console(settings: Any, tmp_path: Path) -> Client:
    """A client of the site under the console's own settings, nobody signed in."""
    for name in dir(console_settings):
        if name.isupper() and name not in (
            "DATABASES",
            "INSTALLED_APPS",
            "SECRET_KEY",
            "LOGGING",
            "STORAGES",
            "ALLOWED_HOSTS",
        ):
            setattr(settings, name, getattr(console_settings, name))
    settings.PILOTHUB_DIRECTORY = tmp_path
    return Client()


@pytest.fixture
def anna(console: Client) -> Client:
    operator = Operator.objects.create(name="anna")
    operator.set_password("a long password")
    operator.save()
    console.force_login(operator)
    registry.register("WS", "WS", "Samoa", registry_certificate(console))
    return console


def registry_certificate(_console: Client) -> str:
    from django.conf import settings

    from hubclient.pilothub import pki

    return pki.client(settings.PILOTHUB_DIRECTORY, "WS")[0]


def held(number: str = "WS-1", **fields: Any) -> HeldEnvelope:
    usual = {"sender": "WS", "receiver": "NZ", "certificate_type": "851", "certificate_status": "70", "content": "<a/>"}
    return HeldEnvelope.objects.create(number=number, **usual | fields)


def test_every_page_but_the_login_asks_who_is_there(console: Client) -> None:
    for pattern in urls.urlpatterns:
        if pattern.name != "login":
            arguments = {"code": "WS", "pk": 1, "tracking_number": "x"}
            wanted = {name: arguments[name] for name in pattern.pattern.converters}
            for method in (console.get, console.post):
                answer = method(reverse(pattern.name, kwargs=wanted))
                assert answer.status_code in (302, 405), pattern.name
                if answer.status_code == 302:
                    assert answer["Location"].startswith("/login/"), pattern.name


def test_an_operator_signs_in_with_name_and_password(console: Client) -> None:
    out = StringIO()
    call_command("pilothub", "operator", "anna", stdout=out)
    answer = console.post("/login/", {"username": "anna", "password": out.getvalue().split()[-1]})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "Sign out" in console.get("/").content.decode()
    console.post("/logout/")
    assert console.get("/").status_code == 302


def test_ten_wrong_passwords_close_a_name(console: Client) -> None:
    operator = Operator.objects.create(name="anna")
    operator.set_password("right")
    operator.save()
    for _try in range(10):
        assert "correct name" in console.post("/login/", {"username": "anna", "password": "x"}).content.decode()
    answer = console.post("/login/", {"username": "anna", "password": "right"})
    assert "Too many attempts" in answer.content.decode()
    assert console.post("/login/", {"username": "bert", "password": "x"}).status_code == 200


def test_an_account_of_gens_opens_nothing_here(console: Client, settings: Any) -> None:
    assert settings.AUTH_USER_MODEL == "pilothub.Operator"
    assert settings.SESSION_COOKIE_NAME != "sessionid"
    answer = console.post("/login/", {"username": "officer@example.org", "password": "demo"})
    assert "correct name" in answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_small_strict_and_without_script(anna: Client, name: str) -> None:
    held(findings=[["Schema", "", "SEVERE", "bad"]])
    registry.misbehave("WS", "fault")
    Call.objects.create(caller=RegisteredNppo.objects.get(), refused="no", request=b"<a>")
    answer = anna.get(reverse(name))
    html = answer.content.decode()
    assert (answer.status_code, len(answer.content) < 100_000) == (200, True)
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "<script" not in html
    assert 'aria-current="page"' in html


def test_pages_cost_the_same_with_one_row_and_with_many(anna: Client) -> None:
    def queries(name: str) -> int:
        with CaptureQueriesContext(connections["pilothub"]) as captured:
            anna.get(reverse(name))
        return len(captured)

    def fill(number: int) -> None:
        for n in range(number):
            held(f"WS-{n}", findings=[["Schema", "", "SEVERE", "bad"]])
            Call.objects.create(caller=RegisteredNppo.objects.first(), refused="no")
            code = f"N{RegisteredNppo.objects.count()}"
            RegisteredNppo.objects.create(code=code, country="WS", name=code)
            Misbehaviour.objects.create(code=code, name="fault")

    fill(1)
    first = {name: queries(name) for name in PAGES}
    fill(5)
    assert {name: queries(name) for name in PAGES} == first
    assert max(first.values()) <= 5


def test_traffic_is_paged_and_filtered_by_nppo_and_number(anna: Client) -> None:
    for n in range(60):
        held(f"WS-{n}")
    held("FJ-1", sender="FJ", receiver="WS")
    first = anna.get("/").content.decode()
    assert first.count('scope="row"') == 50
    assert "FJ-1" in first
    more = re.search(r'href="([^"]+)" rel="next"', first)
    assert more
    second = anna.get("/" + more[1].replace("&amp;", "&")).content.decode()
    assert second.count('scope="row"') == 11
    assert "WS-0<" in second
    RegisteredNppo.objects.create(code="FJ", country="FJ", name="Fiji")
    assert anna.get("/?from=FJ").content.decode().count('scope="row"') == 1
    assert anna.get("/?to=NZ&before=nonsense").content.decode().count('scope="row"') == 50
    assert anna.get("/?q=WS-7").content.decode().count('scope="row"') == 1
    assert "Nothing matches" in anna.get("/?q=XX").content.decode()


def test_an_envelope_shows_its_exact_content_and_its_life(hub: RunningHub, production: str, anna: Client) -> None:
    samoa, new_zealand = Caller(hub, "WS", production), Caller(hub, "NZ", production)
    content = "<a>]]&gt;</a><!-- & \r\n é -->"
    tracking = samoa.send(Content=content)
    hub.misbehave("NZ", "pull_fails")
    for _try in range(2):
        new_zealand.post(
            f"<h:PULLSingleImportEnvelope><h:hubTrackingNumber>{tracking}</h:hubTrackingNumber></h:PULLSingleImportEnvelope>"
        )
    new_zealand.service.AdvancedAcknowledgeEnvelopeReceipt(hubTrackingNumber=tracking, warningMessage="no consignee")
    html = anna.get(f"/envelopes/{tracking}/").content.decode()
    for words in (
        "&lt;a&gt;]]&amp;gt;",
        "PULLSingleImportEnvelope",
        "misbehaved: pull_fails",
        "no consignee",
        "DeliveredWithWarnings",
    ):
        assert words in html
    saved = anna.get(f"/envelopes/{tracking}/content")
    assert saved.content == HeldEnvelope.objects.get().content.encode() == content.encode()
    assert saved["Content-Disposition"].startswith("attachment")
    answer = anna.get("/envelopes/unknown/")
    assert (answer.status_code, "This page does not exist." in answer.content.decode()) == (404, True)


def test_a_long_content_is_shown_in_part_and_saved_whole(anna: Client) -> None:
    one = held(content="x" * 9_000_000)
    assert len(anna.get(f"/envelopes/{one.tracking_number}/").content) < 100_000
    assert len(anna.get(f"/envelopes/{one.tracking_number}/content").content) == 9_000_000


def test_registering_and_changing_an_nppo(anna: Client) -> None:
    answer = anna.post("/nppos/", {"code": "LK2", "country": "LK", "name": "Sri Lanka"})
    assert answer["Location"] == "/nppos/LK2/"
    sri_lanka = RegisteredNppo.objects.get(code="LK2")
    assert (sri_lanka.accepts, sri_lanka.may_send) == (registry.USUAL, True)
    anna.post("/nppos/LK2/", {"name": "Sri Lanka", "documents": "851/70, 851/39;657/70 851/70", "may_receive": "on"})
    sri_lanka.refresh_from_db()
    assert sri_lanka.accepts == [["851", "70"], ["851", "39"], ["657", "70"]]
    assert (sri_lanka.may_send, sri_lanka.may_receive, sri_lanka.is_channel) == (False, True, False)
    assert "851/70, 851/39, 657/70" in anna.get("/nppos/LK2/").content.decode()


@pytest.mark.parametrize(
    ("address", "data", "words"),
    [
        ("/nppos/", {"code": "WS", "country": "WS", "name": "x"}, "WS is registered already."),
        ("/nppos/", {"code": "../x", "country": "WS", "name": "x"}, "Enter a valid value."),
        ("/nppos/", {"code": "AB", "country": "Samoa", "name": "x"}, "Enter a valid value."),
        ("/nppos/WS/", {"name": "x", "documents": "851"}, "Write type/status, such as 851/70, not 851."),
        ("/misbehaviour/", {"nppo": "WS", "name": "fault", "rate": "101"}, "less than or equal to 100"),
        (
            "/misbehaviour/",
            {"nppo": "WS", "name": "pull_fails", "operation": "GetProfile", "rate": "5"},
            "can strike PULLSingle",
        ),
        ("/misbehaviour/", {"nppo": "XX", "name": "nonsense", "rate": "5"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_in_the_form(anna: Client, address: str, data: dict[str, str], words: str) -> None:
    html = anna.post(address, data).content.decode()
    assert words in html
    assert "There is a problem" in html
    assert not Misbehaviour.objects.exists()


def test_a_certificate_is_handed_out_once_and_opens_the_hub(hub: RunningHub, anna: Client, tmp_path: Path) -> None:
    answer = anna.post("/nppos/WS/certificate")
    assert answer["Cache-Control"] == "no-store"
    archive = zipfile.ZipFile(BytesIO(answer.content))
    files = {name.rpartition("/")[2]: archive.read(name).decode() for name in archive.namelist()}
    assert set(files) == {"README.txt", "ca.pem", "client.pem", "client.key"}
    assert "Connection code: WS" in files["README.txt"]
    key = files["client.key"]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and key in path.read_text()]
    for name, text in files.items():
        (tmp_path / f"handed-{name}").write_text(text)
    pair = (str(tmp_path / "handed-client.pem"), str(tmp_path / "handed-client.key"))
    request = {
        "data": SOAP_OF.format("<h:GetProfile/>"),
        "cert": pair,
        "verify": str(hub.folder / "ca.pem"),
        "timeout": 20,
    }
    assert "<e:Country>WS</e:Country>" in requests.post(hub.endpoint, **request).text
    newest = ClientCertificate.objects.latest("id")
    anna.post(f"/nppos/WS/certificates/{newest.pk}/remove")
    assert "NPPO from client certificate not found" in requests.post(hub.endpoint, **request).text


def test_an_expired_certificate_can_be_had_for_tests(anna: Client) -> None:
    anna.post("/nppos/WS/certificate", {"expired": ""})
    old, new = ClientCertificate.objects.order_by("id")
    assert new.expires_at < old.added_at


def test_misbehaviour_is_switched_on_and_off(anna: Client) -> None:
    page = anna.get("/misbehaviour/").content.decode()
    assert all(f'value="{name}"' in page for name in FAULTS)
    anna.post(
        "/misbehaviour/", {"nppo": "WS", "name": "bad_gateway", "operation": "GetProfile", "rate": "20", "times": ""}
    )
    one = Misbehaviour.objects.get()
    assert (one.code, one.operation, one.rate, one.remaining) == ("WS", "GetProfile", 20, None)
    assert "answers 502 with a page of HTML" in anna.get("/misbehaviour/").content.decode()
    anna.post(f"/misbehaviour/{one.pk}/off")
    assert not Misbehaviour.objects.exists()


def test_what_is_kept_for_days_can_be_shown_now(hub: RunningHub, production: str, anna: Client) -> None:
    samoa, new_zealand = Caller(hub, "WS", production), Caller(hub, "NZ", production)
    hub.misbehave("WS", "pending_for_days")
    tracking = samoa.send()
    assert new_zealand.waiting() == []
    assert "Kept from their receivers" in anna.get("/misbehaviour/").content.decode()
    anna.post("/misbehaviour/release", {"code": "NZ"})
    assert new_zealand.waiting() == [tracking]


def test_findings_and_refused_requests_of_each_sender(
    hub: RunningHub, production: str, anna: Client, settings: Any
) -> None:
    settings.PILOTHUB_VALIDATOR = "certificates.ephyto.rules.hub_findings"
    samoa = Caller(hub, "WS", production)
    Caller(hub, "NZ", production)
    samoa.service.ValidateAndDeliverEnvelope(envelope=envelope(Content="no xml"))
    samoa.session.post(samoa.endpoint, data=b"<strange>&#1;</strange>", timeout=20)
    html = anna.get("/findings/?from=WS").content.decode()
    assert "The content is not XML" in html
    assert "The request is not XML in UTF-8" in html
    saved = anna.get(f"/calls/{Call.objects.latest('id').pk}/request")
    assert saved.content == b"<strange>&#1;</strange>"
    other = anna.get("/findings/?from=NZ").content.decode()
    assert "Nothing to say" in other
    assert "not XML" not in other


def test_the_console_speaks_the_browsers_language_and_direction(anna: Client) -> None:
    html = anna.get("/", headers={"accept-language": "ar"}).content.decode()
    assert '<html lang="ar" dir="rtl">' in html


def test_a_form_from_elsewhere_changes_nothing(anna: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = anna.cookies
    answer = strict.post("/misbehaviour/", {"nppo": "WS", "name": "fault", "rate": "100"})
    assert (answer.status_code, "came from another site" in answer.content.decode()) == (403, True)
    assert not Misbehaviour.objects.exists()


def test_signing_in_leads_nowhere_else(console: Client) -> None:
    operator = Operator.objects.create(name="anna")
    operator.set_password("right")
    operator.save()
    data = {"username": "anna", "password": "right", "next": "https://elsewhere.example/"}
    assert console.post("/login/", data)["Location"] == "/"


def test_what_others_send_is_shown_never_run(anna: Client) -> None:
    evil = "<script>alert(1)</script>"
    one = held(evil, content=evil, error_message=evil, findings=[["Schema", evil, "SEVERE", evil]])
    caller = RegisteredNppo.objects.get()
    Call.objects.create(caller=caller, tracking_number=one.tracking_number, refused=evil, note=evil, operation=evil)
    RegisteredNppo.objects.update(name=evil)
    for address in ("/", "/findings/", "/nppos/", "/nppos/WS/", f"/envelopes/{one.tracking_number}/"):
        html = anna.get(address).content.decode()
        assert "&lt;script&gt;" in html, address
        assert "<script" not in html, address


@pytest.mark.parametrize("address", ["/", "/findings/", "/envelopes/x/", "/envelopes/x/content", "/calls/1/request"])
def test_pages_that_only_show_take_no_forms(anna: Client, address: str) -> None:
    assert anna.post(address).status_code == 405


@pytest.mark.parametrize(
    "address",
    ["/nppos/WS/certificate", "/nppos/WS/certificates/1/remove", "/misbehaviour/1/off", "/misbehaviour/release"],
)
def test_what_changes_something_is_no_link(anna: Client, address: str) -> None:
    assert anna.get(address).status_code == 405


@pytest.mark.parametrize(
    "address",
    ["/envelopes/x/", "/envelopes/x/content", "/calls/999/request", "/nppos/XX/", "/nothing", "/hub/DeliveryService"],
)
def test_what_is_not_there_is_said_on_a_page_of_the_console(anna: Client, address: str) -> None:
    answer = anna.get(address)
    assert (answer.status_code, "This page does not exist." in answer.content.decode()) == (404, True)


def test_a_certificate_of_another_nppo_is_not_removed_by_address(anna: Client) -> None:
    RegisteredNppo.objects.create(code="NZ", country="NZ", name="New Zealand")
    theirs = ClientCertificate.objects.get()
    assert anna.post(f"/nppos/NZ/certificates/{theirs.pk}/remove").status_code == 404
    assert ClientCertificate.objects.filter(pk=theirs.pk).exists()


def test_the_console_knows_no_database_but_the_pilot_hubs() -> None:
    assert console_settings.DATABASES["default"] == {}
    assert set(console_settings.DATABASES) == {"default", "pilothub"}
    assert "gens.accounts" not in console_settings.INSTALLED_APPS
