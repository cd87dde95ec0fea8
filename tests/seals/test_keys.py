"""Keys of seals: found only where an operator put them, under the code of their NPPO, and read by nobody else."""

import os
import secrets
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from certificates.models import Seal
from certificates.seals import keys, looking, making, signing, tokens, trial, using
from certificates.seals.keys import NotAtHand, Place
from gens.accounts.models import Nppo
from tests.factories import NppoFactory
from tests.seals import world
from tests.seals.world import place

pytestmark = pytest.mark.django_db
SOFT_TOKEN: Final = "/usr/lib/softhsm/libsofthsm2.so"


@pytest.fixture
def nppo() -> Nppo:
    return NppoFactory(code="WS")


def trouble_of(where: Place) -> Seal.Trouble:
    with pytest.raises(NotAtHand) as why, keys.opened(where):
        pass
    return why.value.trouble


def seals(where: Place) -> bool:
    """Whether a page sealed with this key holds."""
    with keys.opened(where) as key:
        (found,) = looking.signatures(signing.sealed(trial.page(), key, key.chain).data)
    return found.is_unchanged


def test_a_new_key_is_p_256_and_nobody_else_reads_it(nppo: Nppo) -> None:
    where = place(nppo)
    making.make(nppo, where)
    assert where.file.stat().st_mode & 0o777 == 0o600
    assert where.file.parent.stat().st_mode & 0o777 == 0o700
    with keys.opened(where) as key:
        assert isinstance(key.public, ec.EllipticCurvePublicKey)
        assert key.public.curve.name == "secp256r1"
    assert seals(where)


def test_a_key_is_never_written_over(nppo: Nppo) -> None:
    making.make(nppo, place(nppo))
    before = place(nppo).file.read_bytes()
    with pytest.raises(FileExistsError):
        making.make(nppo, place(nppo))
    assert place(nppo).file.read_bytes() == before


def test_an_authority_takes_the_request(nppo: Nppo, tmp_path: Path) -> None:
    asked = tmp_path / "a.csr"
    asked.write_bytes(making.request(nppo, ec.generate_private_key(ec.SECP256R1())))
    command = ["openssl", "req", "-in", str(asked), "-noout", "-verify", "-subject"]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "C = WS" in said.stdout
    assert "Electronic seal WS" in said.stdout


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o620, 0o666, 0o601])
def test_a_file_that_others_could_read_is_refused(nppo: Nppo, mode: int) -> None:
    making.make(nppo, place(nppo))
    place(nppo).file.chmod(mode)
    assert trouble_of(place(nppo)) == Seal.Trouble.EXPOSED
    place(nppo).file.chmod(0o640)  # as secrets are mounted
    assert seals(place(nppo))


@pytest.mark.parametrize(
    "name", ["../NZ/2026", "", ".", "a/b", "2026.pem", "A", "a--b", "a" * 33, "-a", "a\0", "a\n", "٣"]
)
def test_a_name_leads_nowhere_else(nppo: Nppo, name: str) -> None:
    making.make(NppoFactory(code="NZ"), place(NppoFactory(code="NZ")))
    for kind in Seal.Kind.values:
        assert trouble_of(place(nppo, name, kind)) == Seal.Trouble.NO_KEY


def test_what_is_no_key_is_told(nppo: Nppo) -> None:
    assert trouble_of(place(nppo, "none")) == Seal.Trouble.NO_KEY
    key = ec.generate_private_key(ec.SECP256R1())
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    other = world.pem(ed25519.Ed25519PrivateKey.generate())
    for name, data in (("empty", b""), ("garbage", b"\xff" * 900), ("locked", locked), ("other", other)):
        assert trouble_of(world.written(place(nppo, name), data)) == Seal.Trouble.UNFIT
    (place(nppo).file.parent / "folder.pem").mkdir()
    assert trouble_of(place(nppo, "folder")) == Seal.Trouble.NO_KEY


def test_the_environment_holds_a_key_or_names_its_file(nppo: Nppo, monkeypatch: pytest.MonkeyPatch) -> None:
    making.make(nppo, place(nppo))
    where = place(nppo, "by-hand", Seal.Kind.ENVIRONMENT)
    assert trouble_of(where) == Seal.Trouble.NO_KEY
    monkeypatch.setenv("SEAL_KEY_WS__BY_HAND", place(nppo).file.read_text())
    assert seals(where)
    monkeypatch.delenv("SEAL_KEY_WS__BY_HAND")
    monkeypatch.setenv("SEAL_KEY_WS__BY_HAND_FILE", str(place(nppo).file))
    assert seals(where)
    monkeypatch.setenv("SEAL_KEY_WS__BY_HAND_FILE", "/nowhere/else")
    assert trouble_of(where) == Seal.Trouble.NO_KEY


def test_an_nppo_finds_its_own_keys_and_training_only_those_of_training(
    nppo: Nppo, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin, there = NppoFactory(code="WS-T", country="WS", is_training=True), NppoFactory(code="NZ")
    for each, name in ((nppo, "2026"), (twin, "trying"), (there, "theirs")):
        making.make(each, place(each, name))
    (place(nppo).file.parent / "Not A Name.pem").write_text("")
    monkeypatch.setenv("SEAL_KEY_WS__T_1", "x")
    monkeypatch.setenv("SEAL_KEY_WS_T__2_FILE", "x")

    def found(code: str) -> list[tuple[str, str]]:
        return [(str(each.kind), each.name) for each in keys.at_hand(code)]

    assert found("WS") == [("file", "2026"), ("environment", "t-1")]
    assert found("WS-T") == [("file", "trying"), ("environment", "2")]
    assert found("NZ") == [("file", "theirs")]
    assert found("EC") == []


# On a token


class Token:
    """A soft token with its own label; keys come to it as an operator brings them."""

    def __init__(self, folder: Path, label: str) -> None:
        self.folder, self.label = folder, label
        (folder / "tokens").mkdir(exist_ok=True)
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
        self.run("--init-token", "--free", "--label", label, "--so-pin", "4321", "--pin", "1234")

    def run(self, *arguments: str) -> None:
        environment = {**os.environ, "SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}
        command = ["softhsm2-util", *arguments]
        subprocess.run(command, env=environment, check=True, capture_output=True)

    def bring(self, where: Place, pem: bytes, number: str = "01") -> None:
        file = self.folder / "key.pem"
        file.write_bytes(pem)
        self.run("--import", str(file), "--token", self.label, "--label", where.label, "--id", number, "--pin", "1234")


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Token:
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    made = Token(tmp_path, f"gens {secrets.token_hex(6)}")
    settings.SEAL_PKCS11_MODULE = SOFT_TOKEN
    monkeypatch.setenv("SEAL_PKCS11_TOKEN", made.label)
    monkeypatch.setenv("SEAL_PKCS11_PIN", "1234")
    monkeypatch.setattr(tokens, "_REFUSED", set())
    return made


def on_token(nppo: Nppo, token: Token, key: Any = None, name: str = "2026") -> tuple[Place, str]:
    """A key there, and its certificate, which an administrator would bring."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    where = place(nppo, name, Seal.Kind.PKCS11)
    token.bring(where, world.pem(key))
    return where, world.certificate(nppo, key)


def test_a_key_on_a_token_seals(nppo: Nppo, token: Token) -> None:
    where, chain = on_token(nppo, token)
    seal = using.prepared(nppo, where, chain)
    with using.ready(seal) as ready:
        (found,) = looking.signatures(ready.put_on(trial.page()).data)
    assert found.is_unchanged
    assert found.fingerprint == seal.fingerprint
    assert tokens._open == 0


def test_an_rsa_key_on_a_token_seals_too(nppo: Nppo, token: Token) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    where, chain = on_token(nppo, token, rsa.generate_private_key(public_exponent=65537, key_size=2048))
    with using.ready(using.prepared(nppo, where, chain)) as ready:
        assert looking.signatures(ready.put_on(trial.page()).data)[0].is_unchanged


def test_the_certificate_may_stand_on_the_token(nppo: Nppo, token: Token) -> None:
    import pkcs11
    from cryptography.x509 import load_pem_x509_certificate

    where, chain = on_token(nppo, token)
    der = load_pem_x509_certificate(chain.encode()).public_bytes(Encoding.DER)
    session = tokens._token(token.label).open(user_pin="1234", rw=True)
    session.create_object({
        pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE, pkcs11.Attribute.TOKEN: True,
        pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509, pkcs11.Attribute.LABEL: where.label,
        pkcs11.Attribute.VALUE: der, pkcs11.Attribute.SUBJECT: b"",
    })  # fmt: skip
    session.close()
    assert seals(where)


def test_a_token_has_the_keys_of_many_and_each_finds_its_own(nppo: Nppo, token: Token) -> None:
    there = NppoFactory(code="NZ")
    on_token(nppo, token)
    token.bring(place(there, "theirs", Seal.Kind.PKCS11), world.pem(ec.generate_private_key(ec.SECP256R1())), "02")
    assert [each.name for each in keys.at_hand("WS")] == ["2026"]
    assert [each.name for each in keys.at_hand("NZ")] == ["theirs"]


def test_a_token_that_is_away_is_told_and_found_when_it_is_back(
    nppo: Nppo, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, chain = on_token(nppo, token)
    seal = using.prepared(nppo, where, chain)
    (token.folder / "tokens").rename(token.folder / "drawer")
    (token.folder / "tokens").mkdir()
    tokens.pkcs11.lib(SOFT_TOKEN).reinitialize()  # as a library does that watches its slots
    with pytest.raises(NotAtHand) as why, using.ready(seal):
        pass
    assert why.value.trouble == Seal.Trouble.TOKEN
    assert keys.at_hand("WS") == []
    (token.folder / "tokens").rmdir()
    (token.folder / "drawer").rename(token.folder / "tokens")
    with using.ready(seal) as ready:
        assert looking.signatures(ready.put_on(trial.page()).data)[0].is_unchanged


def test_a_refused_pin_is_not_tried_again(nppo: Nppo, token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token locks itself after a few."""
    where, _chain = on_token(nppo, token)
    monkeypatch.setenv("SEAL_PKCS11_PIN_WS", "9999")
    assert trouble_of(where) == Seal.Trouble.TOKEN
    calls: list[str] = []
    real = tokens._token
    monkeypatch.setattr(tokens, "_token", lambda label: calls.append(label) or real(label))
    assert trouble_of(where) == Seal.Trouble.TOKEN
    assert calls == []
    monkeypatch.setenv("SEAL_PKCS11_PIN_WS", "1234")
    with keys.opened(where):
        assert calls == [token.label]


@pytest.mark.parametrize("name", ["other", "2025"])
def test_a_label_that_is_not_on_the_token_is_told(nppo: Nppo, token: Token, name: str) -> None:
    on_token(nppo, token)
    assert trouble_of(place(nppo, name, Seal.Kind.PKCS11)) == Seal.Trouble.NO_KEY


def test_a_module_that_is_none_is_told(nppo: Nppo, token: Token, settings: Any) -> None:
    settings.SEAL_PKCS11_MODULE = "/nowhere/libtoken.so"
    assert trouble_of(place(nppo, "2026", Seal.Kind.PKCS11)) == Seal.Trouble.TOKEN
    assert keys.at_hand("WS") == []
