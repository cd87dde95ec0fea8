"""Client certificates: PEM or PKCS#12, passphrases from outside the database, roll-over, warnings before the end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from django.db import IntegrityError, transaction

from gens.accounts.tenancy import acting_for
from hubclient import credentials
from hubclient.accounts import client_of, opened
from hubclient.models import ClientCertificate, Connection
from hubclient.soap import HubError
from tests.hub_server import DATABASES
from tests.hubclient.sending import World

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
SECRET = "correct horse"


@pytest.fixture
def world(sending: World) -> World:
    return sending


def self_signed(name: str, starts: datetime, ends: datetime) -> tuple[str, str]:
    """A pair that no Hub knows, valid between these dates."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), starts, ends)
    return (
        builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode(),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )


def around(name: str, days_ago: int, days_left: int) -> tuple[str, str]:
    now = datetime.now(UTC)
    return self_signed(name, now - timedelta(days=days_ago), now + timedelta(days=days_left))


def without_first(world: World) -> tuple[str, str]:
    """The connection's own pair, taken out of it."""
    pair = world.connection.certificate, world.connection.private_key
    with acting_for(world.nppo.pk):
        world.connection.certificate = world.connection.private_key = ""
        world.connection.save()
    return pair


def add(world: World, **fields: object) -> ClientCertificate:
    with acting_for(world.nppo.pk):
        return ClientCertificate.objects.create(nppo=world.nppo, connection=world.connection, **fields)


def as_pkcs12(certificate: str, private_key: str, password: str) -> bytes:
    key = load_pem_private_key(private_key.encode(), None)
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    parsed = x509.load_pem_x509_certificate(certificate.encode())
    return pkcs12.serialize_key_and_certificates(b"WS", key, parsed, None, encryption)  # type: ignore[arg-type]


def encrypted(private_key: str) -> str:
    key = load_pem_private_key(private_key.encode(), None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(SECRET.encode())).decode()


def chosen(world: World) -> credentials.Pair:
    with acting_for(world.nppo.pk):
        return credentials.choose(world.connection)


def test_a_pkcs12_with_its_passphrase_in_the_environment_opens_the_hub(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(world, pkcs12=as_pkcs12(*without_first(world), SECRET), passphrase_from="env:WS_HUB_PASSPHRASE")
    monkeypatch.setenv("WS_HUB_PASSPHRASE", SECRET)
    with client_of(world.connection) as client:
        assert client.profile().code == "WS"


def test_an_encrypted_pem_with_its_passphrase_in_a_file_opens_the_hub(world: World, tmp_path: Path) -> None:
    certificate, private_key = without_first(world)
    place = tmp_path / "passphrase"
    place.write_text(f"{SECRET}\n")
    add(world, certificate=certificate, private_key=encrypted(private_key), passphrase_from=f"file:{place}")
    with client_of(world.connection) as client:
        assert client.profile().code == "WS"


@pytest.mark.parametrize("source", ["env:NOT_THERE", "file:/not/there"])
def test_a_passphrase_that_is_not_there_is_said_without_a_crash(world: World, source: str, caplog: object) -> None:
    certificate, private_key = without_first(world)
    add(world, certificate=certificate, private_key=encrypted(private_key), passphrase_from=source)
    with pytest.raises(credentials.NoCredential):
        chosen(world)
    assert f"no passphrase at {source}" in caplog.text  # type: ignore[attr-defined]


def test_a_wrong_passphrase_is_said_and_never_shown(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: object
) -> None:
    certificate, private_key = without_first(world)
    monkeypatch.setenv("WS_HUB_PASSPHRASE", "wrong horse")
    add(world, certificate=certificate, private_key=encrypted(private_key), passphrase_from="env:WS_HUB_PASSPHRASE")
    with pytest.raises(credentials.NoCredential, match="cannot be used") as caught, client_of(world.connection):
        pass
    assert "wrong horse" not in str(caught.value) + caplog.text  # type: ignore[attr-defined]
    with opened(world.connection.pk, world.nppo.pk) as account:
        assert account is None
    with acting_for(world.nppo.pk):
        assert Connection.objects.get().failures == 1


def test_the_database_takes_no_passphrase(world: World) -> None:
    with pytest.raises(IntegrityError), acting_for(world.nppo.pk), transaction.atomic():
        ClientCertificate.objects.create(nppo=world.nppo, connection=world.connection, passphrase_from=SECRET)


def test_a_key_is_in_no_log_line(world: World) -> None:
    assert "PRIVATE" not in repr(chosen(world))


def test_the_newest_valid_certificate_is_shown(world: World) -> None:
    add(world, **dict(zip(("certificate", "private_key"), around("next", -5, 400), strict=True)))  # not valid yet
    assert chosen(world).row is None
    newer = add(world, **dict(zip(("certificate", "private_key"), around("newer", 0, 400), strict=True)))
    assert chosen(world).row == newer


def test_while_the_hub_does_not_know_the_next_certificate_the_former_one_is_shown(world: World) -> None:
    """Roll-over: both are valid, and nobody knows when the Hub learns of the new one."""
    certificate, private_key = world.hub.pair("WS-next", registered=False)
    follows = add(world, certificate=certificate, private_key=private_key)
    with client_of(world.connection) as client, pytest.raises(HubError, match="NPPO from client certificate not found"):
        client.profile()
    with client_of(world.connection) as client:
        assert client.profile().code == "WS"
    with acting_for(world.nppo.pk):
        ClientCertificate.objects.update(refused_at=datetime.now(UTC) - credentials.SET_ASIDE)
    assert chosen(world).row == follows  # tried again after a while


def test_an_expired_certificate_is_not_shown(world: World) -> None:
    without_first(world)
    add(world, **dict(zip(("certificate", "private_key"), around("old", 400, -1), strict=True)))
    with pytest.raises(credentials.NoCredential):
        chosen(world)


@pytest.mark.parametrize(
    ("days", "level"), [(-1, 7), (6, 7), (7, 30), (29, 30), (30, 60), (59, 60), (60, None), (400, None)]
)
def test_warnings_come_sixty_thirty_and_seven_days_before_the_end(world: World, days: int, level: int | None) -> None:
    without_first(world)
    now = datetime.now(UTC).replace(microsecond=0)
    ends = now + timedelta(days=days, hours=12)
    certificate, private_key = self_signed("WS", now - timedelta(days=500), ends)
    add(world, certificate=certificate, private_key=private_key)
    with acting_for(world.nppo.pk):
        warnings = credentials.expiring(world.connection, now)
    assert [(each.level, each.days, each.ends) for each in warnings] == ([(level, days, ends)] if level else [])


def test_a_certificate_that_another_already_follows_is_no_worry(world: World) -> None:
    without_first(world)
    add(world, **dict(zip(("certificate", "private_key"), around("old", 400, 5), strict=True)))
    with acting_for(world.nppo.pk):
        assert len(credentials.expiring(world.connection)) == 1
    add(world, **dict(zip(("certificate", "private_key"), around("new", 1, 400), strict=True)))
    with acting_for(world.nppo.pk):
        assert credentials.expiring(world.connection) == []
