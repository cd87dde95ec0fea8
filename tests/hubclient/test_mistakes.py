"""Mistakes seen in real clients of the Hub, one test each: Samoa sends and New Zealand receives, both with GeNS."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone
from lxml import etree

from certificates import tasks as receiving
from certificates import workflow
from certificates.ephyto.document import EXPORT, Text
from certificates.ephyto.xml import from_xml, to_xml
from certificates.models import Certificate, Message, Status
from gens.accounts import roles
from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for
from hubclient import partners
from hubclient.models import Connection, Envelope, Partner
from hubclient.soap import Header, HubClient, HubError, HubNppo
from tests.factories import NppoFactory, load, make_certificate, make_membership, valid_document
from tests.hub_server import DATABASES
from tests.hubclient.scripted import Scripted, answers, envelope, http
from tests.hubclient.sending import World

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)
State = Envelope.State


class Receiver:
    """New Zealand's GeNS at the same Hub."""

    def __init__(self, nppo: Nppo, connection: Connection) -> None:
        self.nppo, self.connection = nppo, connection

    def receive(self) -> None:
        with acting_for(self.nppo.pk):
            Envelope.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        receiving.receive(self.connection.pk, self.nppo.pk)

    def certificates(self) -> list[str]:
        with acting_for(self.nppo.pk):
            return list(Certificate.objects.order_by("number").values_list("number", flat=True))

    def messages(self) -> list[str]:
        with acting_for(self.nppo.pk):
            return list(Message.objects.order_by("pk").values_list("status_code", flat=True))


@pytest.fixture
def world(sending: World) -> World:
    load()
    return sending


@pytest.fixture
def receiver(world: World) -> Receiver:
    nppo = NppoFactory(code="NZ", time_zone="Pacific/Auckland")
    with acting_for(nppo.pk):
        connection = world.hub.connect(nppo)
    return Receiver(nppo, connection)


def message(number: str = "WS-1", **changes: Any) -> bytes:
    complete = {
        "number": number, "issued": "2026-07-15T10:42:00+13:00", "issuer": "NPPO of Samoa", "place_of_issue": "Apia",
        "officer": "Sina",
    }  # fmt: skip
    return to_xml(valid_document(**{**complete, **changes}), {})


def hub_states(world: World) -> list[str]:
    return [held.state for held in world.hub.held()]


def test_a_network_error_on_pull_becomes_no_negative_acknowledgement(world: World, receiver: Receiver) -> None:
    world.enqueue(content=message())
    world.deliver()
    with mock.patch.object(HubClient, "pull", side_effect=HubError("reset", unknown=True)):
        receiver.receive()
    assert hub_states(world) == ["PendingDelivery"]
    receiver.receive()
    assert hub_states(world) == ["Delivered"]


def test_the_same_certificate_delivered_twice_is_one_certificate(world: World, receiver: Receiver) -> None:
    for _ in range(2):
        world.enqueue(content=message())
    world.sweep()
    assert len(world.hub.held()) == 2
    receiver.receive()
    assert (receiver.certificates(), receiver.messages()) == (["WS-1"], ["70"])


def test_what_left_a_list_does_not_stay_active(world: World) -> None:
    for told in (["WS", "NZ", "EC"], ["WS", "NZ"]):
        nppos = [HubNppo(code, sends=True, receives=True) for code in told]
        with mock.patch.object(HubClient, "active_nppos", return_value=nppos):
            partners.keep(world.connection, world.client)
    with acting_for(world.nppo.pk):
        assert not Partner.objects.get(code="EC").is_active


@pytest.mark.parametrize("info", ["DeliveredNotReadable", "FailedDelivery"])
def test_not_readable_is_no_success_and_a_failed_delivery_ends_the_polling(world: World, info: str) -> None:
    world.enqueue()
    world.deliver()
    answer = Header("WS", "NZ", "851", "70", "WS-1", "t", info, "no XML")
    with mock.patch.object(HubClient, "tracking_info", return_value=answer) as asked:
        ended = world.track()
        assert world.track() == ended
    assert asked.call_count == 1
    assert ended.state in (State.NOT_READABLE, State.FAILED)
    with acting_for(world.nppo.pk):
        assert ended.message == "no XML"


def test_after_a_reset_nothing_is_sent_blindly_again(world: World, receiver: Receiver) -> None:
    world.enqueue(content=message())
    world.hub.misbehave("WS", "reset_after_queueing")
    for _ in range(4):
        world.sweep()
    assert len(world.hub.held()) == 1
    assert world.states() == [State.PENDING]


def test_the_answer_to_sending_is_read_and_its_tracking_number_kept(world: World) -> None:
    world.enqueue()
    assert world.deliver().tracking_number == world.hub.held()[0].tracking_number != ""


def test_an_answer_without_a_tracking_number_is_no_success(world: World, server: Scripted) -> None:
    queued = envelope("ValidateAndDeliverEnvelope", "<R><HUBTrackingInfo>PendingDelivery</HUBTrackingInfo></R>")
    server.scripts.append(answers(http(queued)))
    world.enqueue()
    world.client = server.client()
    assert world.deliver().state == State.UNKNOWN


def test_one_fault_does_not_stop_the_batch(world: World) -> None:
    for number in range(3):
        world.enqueue(f"WS-{number}")
    world.hub.misbehave("WS", "fault")
    world.sweep()
    assert world.states() == [State.FAILED, State.PENDING, State.PENDING]


def test_one_bad_import_does_not_block_the_queue_behind_it(world: World, receiver: Receiver) -> None:
    world.enqueue("WS-0", content=b"<html>")
    world.enqueue("WS-1", content=message())
    world.sweep()
    receiver.receive()
    assert hub_states(world) == ["DeliveredNotReadable", "Delivered"]
    assert receiver.certificates() == ["WS-1"]


def test_a_withdrawal_is_no_duplicate_of_its_certificate(world: World, receiver: Receiver) -> None:
    world.enqueue(content=message())
    world.sweep()
    world.enqueue(status="40", content=message(status="40"))
    world.sweep()
    receiver.receive()
    assert receiver.messages() == ["70", "40"]
    with acting_for(receiver.nppo.pk):
        assert Certificate.objects.get().status == Status.WITHDRAWN


def test_prefixes_are_the_writers_own_affair(world: World, receiver: Receiver) -> None:
    root = etree.fromstring(message())
    for number, uri in enumerate(set(root.nsmap.values())):
        text = etree.tostring(root).decode()
        prefix = next(name for name, value in root.nsmap.items() if value == uri)
        renamed = text.replace(f"<{prefix}:", f"<n{number}:").replace(f"</{prefix}:", f"</n{number}:")
        root = etree.fromstring(renamed.replace(f"xmlns:{prefix}=", f"xmlns:n{number}="))
    data = etree.tostring(root)
    assert b"rsm:" not in data
    assert b"ram:" not in data
    world.enqueue(content=data)
    world.sweep()
    receiver.receive()
    with acting_for(receiver.nppo.pk):
        assert Certificate.objects.get().document == from_xml(message()).document
    assert hub_states(world) == ["Delivered"]


def test_what_would_end_a_cdata_section_arrives_whole(world: World, receiver: Receiver) -> None:
    odd = valid_document().lines[0]
    data = message(lines=(replace(odd, descriptions=(Text("Taro ]]> & <corms>", "en"),)),))
    world.enqueue(content=data)
    world.sweep()
    receiver.receive()
    with acting_for(receiver.nppo.pk):
        certificate = Certificate.objects.get()
        assert bytes(certificate.messages.get().xml) == data
    assert certificate.document.lines[0].descriptions[0].text == "Taro ]]> & <corms>"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("fault", "The Hub was told to answer with a fault."),
        ("failed_delivery", "The Hub was told to fail this delivery."),
        ("forbidden", "The Hub gave no answer in XML (HTTP 403"),
        ("bad_gateway", "The Hub gave no answer in XML (HTTP 502"),
        ("reset_without_queueing", "The Hub did not answer in time or not completely"),
    ],
)
def test_each_failure_says_what_happened_and_not_that_the_hub_could_not_be_reached(
    world: World, fault: str, words: str
) -> None:
    world.enqueue()
    world.hub.misbehave("WS", fault)
    assert world.deliver().message.startswith(words)


def test_a_hub_that_cannot_be_reached_is_said_to_be_so(world: World) -> None:
    world.enqueue()
    world.client.endpoint = "https://no-such-hub.invalid/"
    assert world.deliver().message.startswith("No connection to the Hub")


def test_the_authorized_officer_is_who_issues_and_not_who_applied(world: World) -> None:
    author = make_membership(world.nppo, roles.INSPECTOR)
    officer = make_membership(world.nppo, roles.CERTIFYING_OFFICER)
    approved = make_certificate(world.nppo, Status.APPROVED, by=author)
    with mock.patch("hubclient.outbox.nudge"), acting_for(world.nppo.pk):
        workflow.perform("issue", approved, by=officer)
    world.sweep()
    sent = from_xml(world.hub.held()[0].content.encode())
    assert sent.document.officer == officer.user.name
    assert sent.document.officer not in (author.user.name, sent.document.exporter.name)
    assert sent.document.type == EXPORT
