"""Client and pilot Hub over real TLS: every operation once."""

from pathlib import Path
from typing import Any

import pytest

from hubclient.soap import Header, HubError
from tests.hub_server import DATABASES, start_hub

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
HEADER = Header("WS", "NZ", "851", "70", "WS-1")


def test_an_envelope_goes_its_way_with_every_character(tmp_path: Path, settings: Any) -> None:
    settings.PILOTHUB_VALIDATOR = ""
    content = "<a>]]&gt; ملح 芋 é\r &lt;</a> ]]>".encode()
    with start_hub(tmp_path) as hub:
        ws, nz = hub.client("WS"), hub.client("NZ")
        answer = ws.validate_and_deliver(HEADER, content)
        assert answer.tracking_info == "PendingDelivery"
        assert [header.tracking_number for header in ws.under_delivery()] == [answer.tracking_number]
        assert nz.import_headers() == [answer]
        assert nz.pull(answer.tracking_number).content == content
        assert nz.import_headers() == [answer]  # pulling removes nothing
        nz.acknowledge_with_warnings(answer.tracking_number, "The consignee has no address.")
        told = ws.tracking_info(answer.tracking_number)
        assert (told.tracking_info, told.error_message) == ("DeliveredWithWarnings", "The consignee has no address.")
        assert nz.import_headers() == ws.under_delivery() == []


@pytest.mark.parametrize(
    ("fault", "permanent", "unknown", "queued"),
    [
        ("reset_after_queueing", False, True, 1),
        ("reset_without_queueing", False, True, 0),
        ("bad_gateway", False, True, 0),
        ("forbidden", False, False, 0),
        ("fault", True, False, 0),
        ("failed_delivery", True, False, 0),
    ],
)  # fmt: skip
def test_each_misbehaviour_has_its_own_kind_of_error(
    tmp_path: Path, settings: Any, fault: str, permanent: bool, unknown: bool, queued: int
) -> None:
    settings.PILOTHUB_VALIDATOR = ""
    with start_hub(tmp_path) as hub:
        ws = hub.client("WS")
        hub.pair("NZ")
        hub.misbehave("WS", fault)
        with pytest.raises(HubError) as caught:
            ws.validate_and_deliver(HEADER, b"<a/>")
        assert (caught.value.permanent, caught.value.unknown) == (permanent, unknown)
        assert len(hub.held(state="PendingDelivery")) == queued


def test_a_stranger_is_told_that_its_certificate_is_not_known(tmp_path: Path) -> None:
    with start_hub(tmp_path) as hub, pytest.raises(HubError, match="NPPO from client certificate not found") as caught:
        hub.client("XX", registered=False).profile()
    assert caught.value.permanent


def test_nobody_sends_in_the_name_of_another(tmp_path: Path, settings: Any) -> None:
    settings.PILOTHUB_VALIDATOR = ""
    with start_hub(tmp_path) as hub, pytest.raises(HubError, match="client certificate is that of NZ"):
        hub.pair("WS")
        hub.client("NZ").validate_and_deliver(HEADER, b"<a/>")


def test_a_hub_that_is_down_certainly_got_nothing(tmp_path: Path) -> None:
    with start_hub(tmp_path) as hub:
        client = hub.client("WS")
    with pytest.raises(HubError) as caught:
        client.profile()
    assert not caught.value.permanent
    assert not caught.value.unknown


def test_a_client_does_not_talk_to_a_hub_of_another_authority(tmp_path: Path) -> None:
    with start_hub(tmp_path / "one") as one, start_hub(tmp_path / "two") as two:
        client = one.client("WS")
        client.endpoint = two.endpoint
        with pytest.raises(HubError, match="No connection"):
            client.profile()
