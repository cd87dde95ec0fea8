"""HubClient against a scripted server: real sockets, real TLS, every byte of the answer chosen here."""

import socket
import ssl
from pathlib import Path

import pytest
from lxml import etree

from hubclient.pilothub import pki
from hubclient.soap import Call, Header, HubClient, HubError, tls_context
from tests.hubclient.scripted import Script, Scripted, answers, breaks_tls, envelope, http, resets

HEADER = Header("WS", "NZ", "851", "70", "WS-1")


def sent(client: HubClient) -> HubError:
    with pytest.raises(HubError) as caught:
        client.validate_and_deliver(HEADER, b"<a/>")
    return caught.value


@pytest.mark.parametrize(
    "script",
    [
        resets,
        breaks_tls,
        lambda connection: connection.close(),
        answers(b"HTTP/1.1 200 OK\r\nContent-Le"),
        answers(http(b"<a", length=900)),
        answers(http(b"")),
        answers(http(b"<html><body>Bad gateway</body></html>", "502 Bad Gateway")),
        answers(http(b"", "301 Moved\r\nLocation: https://localhost/")),
        answers(http(envelope("ValidateAndDeliverEnvelope", ""))),
        answers(http(envelope("GetProfile", ""))),
    ],
    ids=[
        "reset",
        "broken-tls",
        "closed",
        "half-a-head",
        "half-a-body",
        "empty",
        "502",
        "301",
        "no-result",
        "another-answer",
    ],
)
def test_once_the_request_was_read_the_outcome_is_unknown(server: Scripted, script: Script) -> None:
    server.scripts.append(script)
    with server.client() as client:
        error = sent(client)
    assert (error.permanent, error.unknown) == (False, True)
    assert len(server.requests) == 1  # and it was not sent again by some layer below


def test_a_server_that_says_nothing_leaves_the_outcome_unknown(server: Scripted) -> None:
    server.scripts.append(server.hangs)
    with server.client(timeout=0.5) as client:
        assert sent(client).unknown


def test_a_name_without_address_certainly_got_nothing(server: Scripted) -> None:
    with server.client() as client:
        client.endpoint = "https://no-such-hub.invalid/"
        error = sent(client)
    assert (error.permanent, error.unknown) == (False, False)


def test_a_port_where_nobody_listens_certainly_got_nothing(server: Scripted) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with server.client() as client:
        client.endpoint = f"https://localhost:{port}/"
        error = sent(client)
    assert (error.permanent, error.unknown) == (False, False)


def test_a_hub_that_does_not_trust_our_certificate_certainly_got_nothing(server: Scripted, tmp_path: Path) -> None:
    server.context.maximum_version = ssl.TLSVersion.TLSv1_2  # refused inside the handshake, so the alert arrives
    stranger = pki.client(tmp_path / "another authority", "WS")
    with HubClient(server.endpoint, tls_context(server.files.ca.read_text(), *stranger)) as client:
        error = sent(client)
    assert (error.permanent, error.unknown) == (False, False)
    assert server.requests == []


@pytest.mark.parametrize("status", ["403 Forbidden", "405 Method Not Allowed"])
def test_a_refusal_at_the_door_is_no_failure_of_the_envelope(server: Scripted, status: str) -> None:
    server.scripts.append(answers(http(b"<html>", status)))
    with server.client() as client:
        error = sent(client)
    assert (error.permanent, error.unknown) == (False, False)


@pytest.mark.parametrize("status", ["502 Bad Gateway", "503 Service Unavailable", "413 Too Large", "307 Elsewhere"])
def test_an_answer_before_the_whole_request_was_taken_leaves_nothing_queued(server: Scripted, status: str) -> None:
    """A gateway that refuses at once and reads no further: what it has cannot be parsed by anybody."""
    server.early = http(b"<html>", status)
    with server.client() as client, pytest.raises(HubError) as caught:
        client.validate_and_deliver(HEADER, b"x" * 9_000_000)
    assert (caught.value.permanent, caught.value.unknown) == (False, False)
    assert server.requests == []


def test_a_connection_lost_in_the_middle_of_the_request_leaves_nothing_queued(server: Scripted) -> None:
    server.early = b""
    with server.client() as client, pytest.raises(HubError) as caught:
        client.validate_and_deliver(HEADER, b"x" * 9_000_000)
    assert (caught.value.permanent, caught.value.unknown) == (False, False)


@pytest.mark.parametrize("content", [b"\xff\xfe<\x00a\x00/\x00>\x00", b"<a>\x00</a>"], ids=["utf-16", "nul"])
def test_content_that_no_envelope_can_carry_is_refused_here_and_for_good(server: Scripted, content: bytes) -> None:
    with server.client() as client, pytest.raises(HubError, match="cannot be put") as caught:
        client.validate_and_deliver(HEADER, content)
    assert caught.value.permanent
    assert server.connections == 0


def test_one_connection_is_kept_for_many_calls(server: Scripted) -> None:
    server.scripts += [answers(http(envelope("GetImportEnvelopeHeaders", "")))] * 3
    with server.client() as client:
        assert [client.import_headers() for _ in range(3)] == [[], [], []]
    assert server.connections == 1


def test_a_stale_environment_changes_neither_road_nor_trust(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/dev/null")
    server.scripts.append(answers(http(envelope("GetImportEnvelopeHeaders", ""))))
    with server.client() as client:
        assert client.import_headers() == []


def test_every_character_of_the_content_arrives(server: Scripted) -> None:
    content = "<a>]]&gt; ]]> ملح 芋 é\r\n\t &lt;</a>"
    server.scripts.append(resets)
    with server.client() as client, pytest.raises(HubError):
        client.validate_and_deliver(HEADER, content.encode())
    (request,) = server.requests
    assert etree.fromstring(request).findtext(".//{*}Content") == content


PULL = "PULLSingleImportEnvelope"


def pulled(content: str, number: str = "t1") -> bytes:
    return envelope(
        PULL, f"<{PULL}Result><From>WS</From><hubDeliveryNumber>{number}</hubDeliveryNumber>{content}</{PULL}Result>"
    )


@pytest.mark.parametrize("number", ["t1", ""])
def test_content_comes_escaped_or_as_cdata_in_pieces_and_around_comments(server: Scripted, number: str) -> None:
    content = "<Content>&lt;a&gt;<!-- no part --><![CDATA[<!DOCTYPE html>]]]]><![CDATA[>]]></Content>"
    server.scripts.append(answers(http(pulled(content, number))))
    with server.client() as client:
        assert client.pull("t1").content == b"<a><!DOCTYPE html>]]>"


@pytest.mark.parametrize(
    "body",
    [
        envelope(PULL, ""),
        envelope(PULL, f"<{PULL}Result/>"),
        pulled(""),
        pulled('<Content xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:nil="true"/>'),
        pulled("<Content>&lt;a/&gt;</Content>", "t2"),
    ],
    ids=["no-result", "empty-result", "no-content", "nil-content", "another-envelope"],
)
def test_an_answer_without_the_envelope_is_an_error_and_no_empty_message(server: Scripted, body: bytes) -> None:
    server.scripts.append(answers(http(body)))
    with server.client() as client, pytest.raises(HubError) as caught:
        client.pull("t1")
    assert not caught.value.permanent


def test_ten_megabytes_come_whole(server: Scripted) -> None:
    server.scripts.append(answers(http(pulled(f"<Content>{'x' * 10_000_000}</Content>"))))
    with server.client() as client:
        assert len(client.pull("t1").content) == 10_000_000


def test_more_than_the_limit_is_not_read_to_its_end(server: Scripted) -> None:
    chunk = b"x" * 1_000_000

    def floods(connection: ssl.SSLSocket) -> None:
        connection.sendall(http(b"", length=10**12))
        for count in range(1000):
            floods.sent = count  # type: ignore[attr-defined]  # what it managed to send
            connection.sendall(chunk)

    server.scripts.append(floods)
    with server.client() as client, pytest.raises(HubError, match="more than"):
        client.pull("t1")
    assert floods.sent < 100  # type: ignore[attr-defined]


BOMB = "<!DOCTYPE a [<!ENTITY l 'lol'>]>"


@pytest.mark.parametrize(
    "body",
    [
        envelope("GetProfile", "", BOMB),
        envelope("GetProfile", "", f"<?xml version='1.0'?><!--{'-x' * 5000}-->\n{BOMB}"),
        envelope("GetProfile", "", BOMB).decode().encode("utf-16"),
        envelope("GetProfile", "", BOMB).decode().encode("utf-16-le"),
        envelope("GetProfile", "", f"<?xml version='1.0'?>{BOMB}").decode().encode("utf-16-be"),
    ],
    ids=["plain", "behind-a-comment", "utf-16", "utf-16-without-mark", "utf-16-declared"],
)
def test_a_doctype_is_refused_before_it_is_parsed(server: Scripted, body: bytes) -> None:
    server.scripts.append(answers(http(body)))
    with server.client() as client, pytest.raises(HubError, match="no element first"):
        client.profile()


def test_a_fault_says_the_hubs_own_words(server: Scripted) -> None:
    fault = (
        "<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body><S:Fault><faultcode>S:Server</faultcode>"
        "<faultstring>generic</faultstring><detail><n:HubWebException xmlns:n='urn:x'><n:message>NPPO from client "
        "certificate not found</n:message></n:HubWebException></detail></S:Fault></S:Body></S:Envelope>"
    )
    server.scripts.append(answers(http(fault.encode(), "500 Internal Server Error")))
    with server.client() as client:
        error = sent(client)
    assert str(error) == "NPPO from client certificate not found"
    assert (error.permanent, error.about_us) == (True, True)  # it is we who are refused, not this envelope


def test_every_call_is_told_with_its_tracking_number_and_its_outcome(server: Scripted) -> None:
    told: list[Call] = []
    queued = "<R><hubDeliveryNumber>t7</hubDeliveryNumber><HUBTrackingInfo>PendingDelivery</HUBTrackingInfo></R>"
    failed = "<R><HUBTrackingInfo>FailedDelivery</HUBTrackingInfo></R>"
    server.scripts += [
        answers(http(envelope("ValidateAndDeliverEnvelope", queued))),
        answers(http(envelope("AcknowledgeEnvelopeReceipt", ""))),
        answers(http(envelope("ValidateAndDeliverEnvelope", failed))),
    ]
    with server.client(on_call=told.append) as client:
        client.validate_and_deliver(HEADER, b"<a/>")
        client.acknowledge("t8")
        sent(client)
    assert [(call.operation, call.tracking_number, call.error is None) for call in told] == [
        ("ValidateAndDeliverEnvelope", "t7", True),
        ("AcknowledgeEnvelopeReceipt", "t8", True),
        ("ValidateAndDeliverEnvelope", "", False),
    ]
    assert all(call.seconds > 0 for call in told)


def test_a_private_key_does_not_stay_on_the_disk(
    server: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    server.client().session.close()
    assert list(place.iterdir()) == []
