"""manage.py hub: plain answers for engineers, exit codes for scripts, certificates by connection or from files."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from gens.accounts.tenancy import acting_for
from hubclient.models import Call, Connection
from tests.hub_server import DATABASES
from tests.hubclient.scripted import Scripted, answers, envelope, http
from tests.hubclient.sending import World

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
Hub = Callable[..., str]


@pytest.fixture
def world(sending: World) -> World:
    return sending


@pytest.fixture
def hub(world: World) -> Hub:
    def run(*arguments: str, **options: Any) -> str:
        said = io.StringIO()
        call_command("hub", *arguments, **{"nppo": "WS", **options}, stdout=said, stderr=io.StringIO())
        return said.getvalue()

    return run


def fails(hub: Hub, *arguments: str, **options: Any) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        hub(*arguments, **options)
    return caught.value.returncode, str(caught.value)


@pytest.fixture
def message(tmp_path: Path) -> str:
    place = tmp_path / "message.xml"
    place.write_text("<a>ملح</a>", encoding="utf-8")
    return str(place)


def test_ping_says_who_we_are_and_who_is_connected(hub: Hub) -> None:
    said = hub("ping")
    assert "knows us as WS" in said
    assert "We may send and may receive." in said
    assert "2 NPPOs are connected: NZ WS" in said


def test_send_track_and_pull_go_round(world: World, hub: Hub, message: str, tmp_path: Path) -> None:
    number = hub("send", message, to="NZ", number="WS-1").split()[0]
    assert hub("track", number).split()[:4] == [number, "PendingDelivery", "WS", ">"]
    assert number in hub("track")
    client = {"endpoint": world.hub.endpoint, "nppo": None, "ca": tmp_path / "ca.pem", **files(world, "NZ", tmp_path)}
    assert number in hub("pull", **client)
    assert "<a>ملح</a>" in hub("pull", number, **client)
    copy = tmp_path / "copy.xml"
    hub("pull", number, output=copy, acknowledge=True, **client)
    assert copy.read_text(encoding="utf-8") == "<a>ملح</a>"
    assert hub("track", number).split()[1] == "Delivered"
    assert hub("pull", **client) == "Nothing.\n"


def files(world: World, code: str, folder: Path) -> dict[str, Path]:
    """The client certificate of a country as files."""
    certificate, private_key = world.hub.pair(code)
    places = {"cert": folder / "c.pem", "key": folder / "k.pem"}
    places["cert"].write_text(certificate)
    places["key"].write_text(private_key)
    return places


def test_a_call_by_hand_stands_in_the_log_of_the_connection(world: World, hub: Hub) -> None:
    hub("ping")
    with acting_for(world.nppo.pk):
        assert list(Call.objects.values_list("operation", flat=True)) == ["GetProfile", "GetActiveNppos"]


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("fault", 1, "Refused: The Hub was told to answer with a fault."),
        ("bad_gateway", 3, "Outcome unknown: The Hub gave no answer in XML (HTTP 502"),
        ("forbidden", 4, "Not carried out: The Hub gave no answer in XML (HTTP 403"),
    ],
)
def test_each_kind_of_failure_has_its_exit_code_and_the_hubs_own_words(
    world: World, hub: Hub, fault: str, status: int, words: str
) -> None:
    world.hub.misbehave("WS", fault)
    code, said = fails(hub, "ping")
    assert code == status
    assert said.startswith(words)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (["ping"], {"nppo": None}, "Say who asks"),
        (["ping"], {"nppo": "XX"}, "no NPPO XX here"),
        (["send"], {}, "needs a file"),
        (["send", "/not/there"], {}, "cannot be read"),
        (["lists", "nonsense"], {}, "No such list: nonsense"),
        (["ping"], {"nppo": None, "endpoint": "https://x/", "cert": Path("/no"), "key": Path("/no")}, "no PEM file"),
    ],
)
def test_wrong_arguments_are_said_plainly(hub: Hub, arguments: list[str], options: Any, words: str) -> None:
    code, said = fails(hub, *arguments, **options)
    assert code == 2
    assert words in said


def test_sending_needs_to_know_to_whom_and_under_which_number(hub: Hub, message: str) -> None:
    assert fails(hub, "send", message) == (2, "Sending needs --to and --number.")


def test_an_nppo_without_certificate_or_connection_is_told_so(world: World, hub: Hub) -> None:
    with acting_for(world.nppo.pk):
        Connection.objects.update(certificate="", private_key="")
    assert fails(hub, "ping")[0] == 4
    with acting_for(world.nppo.pk):
        Connection.objects.update(is_active=False)
    assert "no active connection" in fails(hub, "ping")[1]


def test_the_lists_come_as_csv(hub: Hub, server: Scripted, tmp_path: Path) -> None:
    item = "<Condition><active>true</active><code>3</code><lang>en</lang><name>Fresh, cut</name></Condition>"
    server.scripts.append(answers(http(envelope("GetConditions", item))))
    for name, text in zip(("c.pem", "k.pem", "a.pem"), (*server.pair, server.files.ca.read_text()), strict=True):
        (tmp_path / name).write_text(text)
    said = hub(
        "lists", "conditions", nppo=None, endpoint=server.endpoint,
        cert=tmp_path / "c.pem", key=tmp_path / "k.pem", ca=tmp_path / "a.pem",
    )  # fmt: skip
    assert said.splitlines() == [
        "code,text,language,is_active,modified,level,parent,kind,symbol",
        '3,"Fresh, cut",en,True,,,,,',
    ]


def test_the_connected_nppos_are_a_list_too(hub: Hub) -> None:
    assert hub("lists", "nppos").splitlines()[1] == "NZ,True,True,851/70 851/40 657/70 657/40"


def test_a_check_shows_the_hubs_findings_and_sends_nothing(world: World, hub: Hub, message: str) -> None:
    assert hub("send", message, check=True) == "0 findings.\n"
    assert world.hub.held() == []


def test_the_exit_code_reaches_the_shell() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "hub", "ping"], env={**os.environ, "DJANGO_SETTINGS_MODULE": "gens.settings"},
        cwd=Path(__file__).resolve().parents[2], check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Say who asks" in done.stderr
    assert "Traceback" not in done.stderr
