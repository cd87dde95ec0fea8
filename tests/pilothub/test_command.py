"""manage.py pilothub: what an engineer types, and what it answers."""

import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import requests
from django.core.management import CommandError, call_command

from hubclient.pilothub.faults import FAULTS
from hubclient.pilothub.models import ClientCertificate, HeldEnvelope, Misbehaviour, Operator, RegisteredNppo
from tests.hub_server import DATABASES
from tests.pilothub.callers import SOAP_OF, database_url

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def hub_command(tmp_path: Path):
    """Run one command of the pilot Hub: its output."""

    def run(*words: str) -> str:
        out = StringIO()
        call_command("pilothub", "--directory", str(tmp_path), *words, stdout=out)
        return out.getvalue()

    return run


def test_registering_tells_what_a_developer_needs(hub_command, tmp_path: Path) -> None:
    told = hub_command("register", "LK2", "--name", "Sri Lanka")
    nppo = RegisteredNppo.objects.get()
    assert (nppo.code, nppo.country, nppo.name) == ("LK2", "LK", "Sri Lanka")
    for wanted in ("LK2", "ca.pem", "client-LK2.pem (until 20", "client-LK2.key", "endpoint"):
        assert wanted in told
    assert (tmp_path / "client-LK2.key").exists()


def test_a_renewed_certificate_stands_beside_the_old_one(hub_command, tmp_path: Path) -> None:
    hub_command("register", "WS")
    first = (tmp_path / "client-WS.pem").read_text()
    hub_command("certificate", "WS")
    assert (tmp_path / "client-WS.pem").read_text() == first
    hub_command("certificate", "WS", "--new")
    assert (tmp_path / "client-WS.pem").read_text() != first
    assert ClientCertificate.objects.filter(nppo__code="WS").count() == 2
    assert hub_command("nppos").count("20") >= 2


def test_an_expired_certificate_is_printed_and_known(hub_command) -> None:
    hub_command("register", "WS")
    told = hub_command("certificate", "WS", "--expired")
    assert told.count("BEGIN CERTIFICATE") == told.count("BEGIN PRIVATE KEY") == 1
    expiries = ClientCertificate.objects.order_by("expires_at")
    assert round((expiries[1].expires_at - expiries[0].expires_at) / timedelta(days=1)) == 826


def test_misbehaviours_are_listed_switched_on_and_off(hub_command) -> None:
    assert all(name in hub_command("misbehave") for name in FAULTS)
    told = hub_command("misbehave", "WS", "bad_gateway", "--always", "--rate", "20", "--operation", "GetProfile")
    assert (
        told
        == "For WS the Hub now answers 502 with a page of HTML, until it is told to behave, in 20 % of GetProfile.\n"
    )
    one = Misbehaviour.objects.get()
    assert (one.remaining, one.rate, one.operation) == (None, 20, "GetProfile")
    assert "ON: WS bad_gateway GetProfile 20 %, left: always" in hub_command("misbehave")
    hub_command("misbehave", "WS", "fault", "--times", "3")
    assert hub_command("behave", "WS", "fault") == "1 misbehaviour(s) of WS switched off.\n"
    assert hub_command("behave", "WS") == "1 misbehaviour(s) of WS switched off.\n"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("misbehave", "WS", "nonsense"), "with NAME one of reset_without_queueing"),
        (("misbehave", "WS", "pull_fails", "--operation", "GetProfile"), "cannot strike GetProfile"),
        (("misbehave", "WS", "fault", "--rate", "101"), "no percentage"),
        (("certificate", "XX"), "XX is not registered"),
        (("register", "../x"), "no connection code"),
    ],
)
def test_what_cannot_be_done_is_said(hub_command, words: tuple[str, ...], answer: str) -> None:
    with pytest.raises(CommandError, match=re.escape(answer)):
        hub_command(*words)


def test_traffic_shows_the_last_envelopes_of_one_nppo(hub_command) -> None:
    for number, receiver in enumerate(("NZ", "FJ", "NZ")):
        HeldEnvelope.objects.create(
            sender="WS",
            receiver=receiver,
            certificate_type="851",
            certificate_status="70",
            number=f"WS-{number}",
            content="x",
        )
    told = hub_command("traffic", "--nppo", "NZ", "--limit", "1").splitlines()
    assert len(told) == 1
    assert "WS > NZ   851/70 WS-2: PendingDelivery" in told[0]
    assert len(hub_command("traffic").splitlines()) == 3


def test_what_is_kept_for_days_can_be_released(hub_command) -> None:
    assert hub_command("release", "NZ").startswith("0 envelope(s)")


def test_an_operator_gets_a_password_and_a_new_one(hub_command) -> None:
    first = hub_command("operator", "anna").split()[-1]
    assert Operator.objects.get().check_password(first)
    second = hub_command("operator", "anna").split()[-1]
    assert not Operator.objects.get().check_password(first)
    assert Operator.objects.get().check_password(second)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_alone_on_its_own_database_until_it_is_stopped(tmp_path: Path, end: signal.Signals) -> None:
    """PILOTHUB_DATABASE_URL and a folder are all that it needs."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DATABASE_")}
    environment |= {"PILOTHUB_DATABASE_URL": database_url(), "GENS_LOCAL": str(tmp_path)}
    command = [sys.executable, "manage.py", "pilothub", "--directory", str(tmp_path), "--nppo", "WS"]
    hub = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert hub.stdout is not None
        lines = iter(hub.stdout.readline, "")
        endpoint = next(line for line in lines if line.startswith("The pilot Hub listens")).split()[-1]
        pair = (str(tmp_path / "client-WS.pem"), str(tmp_path / "client-WS.key"))
        answer = requests.post(
            endpoint, data=SOAP_OF.format("<h:GetProfile/>"), cert=pair, verify=str(tmp_path / "ca.pem"), timeout=20
        )
        assert "<e:Country>WS</e:Country>" in answer.text
    finally:
        hub.send_signal(end)
        assert hub.communicate(timeout=20)[0] == ""
        assert hub.returncode == 0


def test_the_guide_tells_of_every_misbehaviour_and_every_command() -> None:
    guide = (ROOT / "deploy" / "pilot-hub.md").read_text(encoding="utf-8")
    assert [name for name in FAULTS if f"`{name}`" not in guide] == []
    commands = ("register", "certificate", "misbehave", "behave", "release", "traffic", "operator", "console")
    assert [command for command in commands if command not in guide] == []
