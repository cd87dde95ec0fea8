"""An NPPO's connections to a Hub, by screen: against the real pilot Hub over mutual TLS; keys go in and never come out."""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from gens.accounts import roles
from gens.accounts.models import Event
from gens.accounts.tenancy import acting_for
from hubclient import handed_in, trial
from hubclient.accounts import client_of
from hubclient.models import Call, ClientCertificate, Connection
from hubclient.pilothub import pki
from tests.conftest import acting_client
from tests.factories import NppoFactory, load, make_membership
from tests.hub_server import DATABASES, RunningHub, start_hub

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
SECRET = "correct horse"


class World:
    """Samoa with an administrator, and a Hub that knows Samoa and New Zealand."""

    def __init__(self, hub: RunningHub, **fields: object) -> None:
        self.hub = hub
        self.nppo = NppoFactory(code="WS", **fields)
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.client = acting_client(self.admin)
        self.pair = hub.pair("WS")
        hub.pair("NZ")

    def get(self, name: str, *arguments: object) -> str:
        return self.client.get(reverse(f"administration:{name}", args=arguments)).content.decode()

    def post(self, page: str, *arguments: object, **data: object) -> Any:
        return self.client.post(reverse(f"administration:{page}", args=arguments), data)

    def say(self, **changes: object) -> dict[str, object]:
        known = {"kind": "pilot", "endpoint": self.hub.endpoint, "code": "ws", "ca": self.hub.ca, "grace_minutes": "10"}
        return known | changes

    def add(self, **changes: object) -> Connection:
        assert self.post("new_connection", **self.say(**changes)).status_code == 302
        return self.rows(Connection)[-1]

    def give(self, row: Connection, certificate: str, private_key: str, **more: object) -> Any:
        said = {"certificate": certificate, "private_key": private_key, "passphrase": ""} | more
        return self.post("new_certificate", row.pk, **said)

    def connected(self) -> Connection:
        """In use, with the certificate that the Hub knows."""
        row = self.add()
        assert self.give(row, *self.pair).status_code == 302
        assert self.post("switch_connection", row.pk).status_code == 302
        return self.rows(Connection)[-1]

    def rows(self, model: Any) -> list[Any]:
        with acting_for(self.nppo.pk):
            return list(model.objects.order_by("pk"))

    def test(self, row: Connection) -> tuple[str, list[str]]:
        """The page after the test, and the outcome of each step."""
        page = self.client.post(reverse("administration:test_connection", args=[row.pk]), follow=True).content.decode()
        part = re.search(r'id="trial".*?</section>', page, re.DOTALL)
        return page, re.findall(r"pill (ok|bad)", part[0]) if part else []


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with start_hub(tmp_path) as hub:
        yield World(hub)


def encrypted(private_key: str) -> str:
    key = load_pem_private_key(private_key.encode(), None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(SECRET.encode())).decode()


def as_file(certificate: str, private_key: str, password: str = SECRET) -> SimpleUploadedFile:
    key, parsed = load_pem_private_key(private_key.encode(), None), x509.load_pem_x509_certificate(certificate.encode())
    how = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    data = pkcs12.serialize_key_and_certificates(b"WS", key, parsed, None, how)  # type: ignore[arg-type]
    return SimpleUploadedFile("ws.p12", data)


def self_signed(key: Any, *, is_authority: bool = False) -> tuple[str, str]:
    now, name = datetime.now(UTC), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Samoa")])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=9)
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    how = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    signed = builder.sign(key, how).public_bytes(Encoding.PEM).decode()
    return signed, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_from_nothing_to_a_tested_connection_in_use(world: World) -> None:
    assert "Certificates are issued on paper only" in world.get("connections")
    row = world.add()
    assert (row.code, row.is_active, row.grace_seconds, row.ca.strip()) == ("WS", False, 600, world.hub.ca.strip())
    assert world.give(row, *world.pair).status_code == 302
    page, steps = world.test(row)
    assert steps == ["ok"] * 6
    assert "We are in its list of active NPPOs" in page
    assert 'id="trial"' not in world.get("connection", row.pk)  # told once
    assert world.post("switch_connection", row.pk).status_code == 302
    listed = world.get("connections")
    assert "CN=NPPO WS" in listed
    assert "In use" in listed
    assert world.rows(Connection)[0].last_contact_at is not None
    assert {call.operation for call in world.rows(Call)} == {"GetProfile", "GetActiveNppos"}


def test_the_hub_is_called_outside_any_transaction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def tried(row: Connection) -> list[trial.Step]:
        seen.append(connection.in_atomic_block)
        return []

    row = world.connected()
    monkeypatch.setattr("hubclient.trial.tried", tried)
    world.test(row)
    assert seen == [False]


@pytest.mark.parametrize(
    ("how", "failed_at", "advice"),
    [
        ("no name", 1, "No computer has this name"),
        ("nothing there", 2, "Nothing answers at this address"),
        ("another authority", 3, "not signed by the authority given here"),
        ("no pair", 4, "no client certificate that is valid today"),
        ("a pair of another authority", 4, "does not accept our client certificate"),
        ("a pair the Hub was not told of", 4, "does not know our client certificate yet"),
        ("not the Hub's path", 4, "not as a Hub does"),
        ("the code of another country", 5, "knows us by another code"),
        ("not active", 6, "does not list us as active"),
    ],
)
def test_each_failure_is_told_in_plain_words_with_what_to_do(
    world: World, tmp_path: Path, how: str, failed_at: int, advice: str
) -> None:
    changes, pair = {}, world.pair
    other = tmp_path / "other"
    if how == "no name":
        changes["endpoint"] = "https://no-such-hub.invalid/hub"
    elif how == "nothing there":
        changes["endpoint"] = "https://localhost:9/hub"
    elif how == "another authority":
        changes["ca"] = pki.ensure(other).ca.read_text()
    elif how == "a pair of another authority":
        pair = pki.client(other, "WS")
    elif how == "a pair the Hub was not told of":
        pair = pki.pair(world.hub.folder, "TO")
    elif how == "not the Hub's path":
        changes["endpoint"] = world.hub.endpoint.rsplit("/", 1)[0] + "/elsewhere"
    elif how == "the code of another country":
        changes["code"] = "NZ"
    elif how == "not active":
        world.hub.misbehave("WS", "single_item", operation="GetActiveNppos")  # New Zealand alone
    row = world.add(**changes)
    if how != "no pair":
        world.give(row, *pair)
    page, steps = world.test(row)
    assert steps == ["ok"] * (failed_at - 1) + ["bad"]
    assert advice in page


@pytest.mark.parametrize(
    "form", ["file", "file without passphrase", "encrypted key", "key not encrypted, passphrase typed"]
)
def test_a_pair_is_decrypted_at_once_and_opens_the_hub(world: World, form: str) -> None:
    row = world.add()
    certificate, private_key = world.pair
    if form.startswith("file"):
        password = SECRET if form == "file" else ""
        answer = world.give(row, "", "", pkcs12=as_file(*world.pair, password), passphrase=password)
    else:
        key = encrypted(private_key) if form == "encrypted key" else private_key
        answer = world.give(row, certificate, key, passphrase=SECRET)
    assert answer.status_code == 302
    kept = world.rows(ClientCertificate)[0]
    assert (bytes(kept.pkcs12), kept.passphrase_from) == (b"", "")
    assert load_pem_private_key(kept.private_key.encode(), None)
    with client_of(row) as client:
        assert client.profile().code == "WS"


@pytest.mark.parametrize(
    ("how", "field", "words"),
    [
        ("wrong passphrase of a key", "passphrase", "does not open"),
        ("wrong passphrase of a file", "passphrase", "does not open"),
        ("no passphrase of a key", "passphrase", "is encrypted: write its passphrase"),
        ("no passphrase of a file", "passphrase", "is encrypted: write its passphrase"),
        ("key of another", "private_key", "does not belong to this certificate"),
        ("file with a key of another kind", "pkcs12", "neither RSA nor elliptic curve"),
        ("expired", "certificate", "expired on"),
        ("garbage certificate", "certificate", "no certificate in PEM form"),
        ("garbage key", "private_key", "no private key in PEM form"),
        ("garbage file", "pkcs12", "no PKCS#12 file"),
        ("huge file", "pkcs12", "too large"),
        ("authority", "certificate", "certificate of an authority"),
        ("server", "certificate", "not made for clients"),
        ("both ways", "pkcs12", "not both"),
        ("nothing", "pkcs12", "Choose a file, or paste"),
        ("half", "private_key", "belong together"),
        ("key in the certificate", "certificate", "holds a private key"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_beside_its_field_and_not_kept(
    world: World, how: str, field: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    row, (certificate, private_key) = world.add(), world.pair
    said: dict[str, object] = {"certificate": certificate, "private_key": private_key, "passphrase": ""}
    said |= {
        "wrong passphrase of a key": {"private_key": encrypted(private_key), "passphrase": "wrong horse"},
        "no passphrase of a key": {"private_key": encrypted(private_key)},
        "key of another": {"private_key": world.hub.pair("NZ")[1]},
        "expired": dict(zip(("certificate", "private_key"), pki.pair(world.hub.folder, "WS", days=-1), strict=True)),
        "garbage certificate": {"certificate": "-----BEGIN CERTIFICATE-----\nxyz\n-----END CERTIFICATE-----"},
        "garbage key": {"private_key": "-----BEGIN PRIVATE KEY-----\nxyz\n-----END PRIVATE KEY-----"},
        "authority": dict(zip(("certificate", "private_key"), self_signed(ec.generate_private_key(ec.SECP256R1()), is_authority=True), strict=True)),
        "server": {"certificate": (world.hub.folder / "hub.pem").read_text(), "private_key": (world.hub.folder / "hub.key").read_text()},
        "both ways": {"pkcs12": as_file(*world.pair)},
        "half": {"private_key": ""},
        "key in the certificate": {"certificate": certificate + private_key},
    }.get(how, {})  # fmt: skip
    if "file" in how or how == "nothing":
        said |= {"certificate": "", "private_key": ""}
    said |= {
        "wrong passphrase of a file": {"pkcs12": as_file(*world.pair), "passphrase": "wrong horse"},
        "no passphrase of a file": {"pkcs12": as_file(*world.pair)},
        "file with a key of another kind": {"pkcs12": as_file(*self_signed(ed25519.Ed25519PrivateKey.generate()), "")},
        "garbage file": {"pkcs12": SimpleUploadedFile("ws.p12", b"\x30\x03abc")},
        "huge file": {"pkcs12": SimpleUploadedFile("ws.p12", b"x" * (handed_in.MOST + 1))},
    }.get(how, {})
    answer = world.post("new_certificate", row.pk, **said)
    page = answer.content.decode()
    assert answer.status_code == 422
    beside = re.search(f'id="div_id_{field}".*?(?=id="div_id_|</form>)', page, re.DOTALL)
    assert beside
    assert words in beside[0]
    assert world.rows(ClientCertificate) == []
    for secret in ("wrong horse", private_key.split("\n")[1]):
        assert secret not in caplog.text
        assert how == "key in the certificate" or secret not in page


def test_no_page_and_no_history_shows_a_key(world: World) -> None:
    row = world.connected()
    world.post("end_certificate", row.pk, world.rows(ClientCertificate)[0].pk)
    world.give(row, *world.pair)
    pages = world.get("connections") + world.get("connection", row.pk) + world.get("new_certificate", row.pk)
    with acting_for(world.nppo.pk):
        told = str(list(Event.objects.values_list("changes", "reason")))
    assert "PRIVATE KEY" not in re.sub("PRIVATE KEY.</p>", "", pages) + told
    assert world.pair[1].split("\n")[1] not in pages + told
    assert world.admin.user.name in world.get("connection", row.pk)


def test_certificates_overlap_and_an_ended_one_loses_its_key(world: World) -> None:
    row = world.connected()
    old = world.rows(ClientCertificate)[0]
    only = world.post("end_certificate", row.pk, old.pk)
    assert (only.status_code, "the only valid one" in only.content.decode()) == (422, True)
    new = world.hub.pair("WS", is_new=True)
    world.give(row, *new)
    assert [each.is_active for each in world.rows(ClientCertificate)] == [True, True]
    assert "cannot be undone" in world.get("end_certificate", row.pk, old.pk)
    assert world.post("end_certificate", row.pk, old.pk).status_code == 302
    ended = world.rows(ClientCertificate)[0]
    assert (ended.is_active, ended.private_key) == (False, "")
    assert world.post("end_certificate", row.pk, old.pk).status_code == 404
    assert world.test(row)[1] == ["ok"] * 6


def test_the_first_certificate_that_came_with_the_connection_can_be_ended_too(world: World) -> None:
    with acting_for(world.nppo.pk):
        row = world.hub.connect(world.nppo)
    assert world.post("end_certificate", row.pk, 0).status_code == 422
    world.give(row, *world.hub.pair("WS", is_new=True))
    assert world.post("end_certificate", row.pk, 0).status_code == 302
    assert (world.rows(Connection)[0].certificate, world.rows(Connection)[0].private_key) == ("", "")


def test_one_connection_is_in_use_at_a_time(world: World) -> None:
    first, second = world.connected(), world.add()
    world.give(second, *world.pair)
    world.post("switch_connection", second.pk)
    assert [row.is_active for row in world.rows(Connection)] == [True, False]
    for row in (first, second):
        world.post("switch_connection", row.pk)
    assert [row.is_active for row in world.rows(Connection)] == [False, True]


def test_a_connection_without_a_certificate_is_not_put_into_use(world: World) -> None:
    row = world.add()
    page = world.client.post(reverse("administration:switch_connection", args=[row.pk]), follow=True).content.decode()
    assert "no client certificate that is valid today" in page
    assert not world.rows(Connection)[0].is_active


def test_the_production_hub_waits_until_the_nppo_can_issue(world: World) -> None:
    load()
    row = world.add(kind="production")
    world.give(row, *world.pair)
    address = reverse("administration:switch_connection", args=[row.pk])
    assert "The NPPO is not ready to issue yet." in world.client.post(address, follow=True).content.decode()
    assert not world.rows(Connection)[0].is_active
    make_membership(world.nppo, roles.INSPECTOR)
    make_membership(world.nppo, roles.CERTIFYING_OFFICER)
    world.client.post(address)
    assert world.rows(Connection)[0].is_active


def test_changing_it_keeps_its_secrets_and_tells_what_changed(world: World) -> None:
    row = world.connected()
    assert world.post("connection", row.pk, **world.say(grace_minutes="20", ca="")).status_code == 302
    changed = world.rows(Connection)[0]
    assert (changed.grace_seconds, changed.ca, changed.is_active) == (1200, "", True)
    assert world.rows(ClientCertificate)[0].private_key != ""
    assert "Seconds to recall: <bdi>600</bdi> → <bdi>1200</bdi>" in world.get("connection", row.pk)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"endpoint": "http://hub.example.org/"}, "begins with https://"),
        ({"endpoint": ""}, "begins with https://"),
        ({"endpoint": "https://"}, "begins with https://"),
        ({"endpoint": "https://hub:99999/"}, "begins with https://"),
        ({"endpoint": "https://[hub/"}, "begins with https://"),
        ({"endpoint": "https://me:secret@hub.example.org/"}, "without a name"),
        ({"code": "W S"}, "letters and digits"),
        ({"ca": "nonsense"}, "no certificate in PEM form"),
        ({"ca": "-----BEGIN PRIVATE KEY-----"}, "Only certificates belong here"),
        ({"kind": "other"}, "not one of the available choices"),
        ({"grace_minutes": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_makes_no_sense_is_told_and_nothing_is_added(world: World, changes: dict[str, str], words: str) -> None:
    answer = world.post("new_connection", **world.say(**changes))
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert world.rows(Connection) == []


def test_training_has_the_pilot_hub_only_whatever_the_program_says(tmp_path: Path) -> None:
    with start_hub(tmp_path) as hub:
        world = World(hub, is_training=True)
        assert world.post("new_connection", **world.say(kind="production")).status_code == 422
        row = world.add()
    assert row.nppo_is_training
    with acting_for(world.nppo.pk), pytest.raises(IntegrityError, match="training_only_at_the_pilot"):
        Connection.objects.create(nppo=world.nppo, kind="production", endpoint="https://hub.example.org/", code="WS")
    with acting_for(world.nppo.pk), pytest.raises(IntegrityError), transaction.atomic():
        Connection.objects.filter(pk=row.pk).update(nppo_is_training=False, kind="production")


def test_another_country_s_connection_is_not_there(world: World) -> None:
    row = world.connected()
    stranger = acting_client(make_membership(NppoFactory(code="NZ"), roles.ADMINISTRATOR))
    for name in ("connection", "switch_connection", "test_connection", "new_certificate"):
        address = reverse(f"administration:{name}", args=[row.pk])
        assert stranger.post(address).status_code == 404
    assert world.rows(Connection)[0].is_active


def test_the_list_costs_the_same_with_one_connection_and_with_three(world: World) -> None:
    counted = []
    for _ in range(2):
        world.give(world.add(), *world.pair)
        with CaptureQueriesContext(connection) as queries:
            world.get("connections")
        counted.append(len(queries))
        world.give(world.add(), *world.pair)
    assert counted[0] == counted[1]
