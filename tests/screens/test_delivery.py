"""How far the electronic certificate is, in words for an officer: every state and reason says what it means for them."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certificates.models import Certificate, Message, Status
from certificates.views import delivery
from gens.accounts import roles
from gens.accounts.tenancy import acting_for
from hubclient import outbox
from hubclient.models import Connection, Envelope, Forwarding
from tests.factories import NppoFactory, load, make_certificate, make_membership

pytestmark = pytest.mark.django_db
State, Reason = Envelope.State, Envelope.Reason
OUT = [
    state for state in State if state not in (State.LISTED, State.STORED, State.JUDGED, State.ACKNOWLEDGED)
]  # what an outgoing envelope can be

REFUSAL = (
    b"<SPSAcknowledgement><SPSAcknowledgementDocument><StatusCode>41</StatusCode><ReasonInformation>Papuana uninodis found"
    b"</ReasonInformation></SPSAcknowledgementDocument></SPSAcknowledgement>"
)


@pytest.fixture
def countries() -> None:
    load()


def said(state: str, **fields: str) -> tuple[str, str]:
    words = delivery.words(Envelope(state=state, receiver="NZ", **fields))
    return words["words"], words["message"]


@pytest.mark.parametrize("state", OUT)
def test_every_state_has_words_of_its_own(countries: None, state: str) -> None:
    assert len({said(each)[0] for each in OUT}) == len(OUT)
    assert "New Zealand" in said(state)[0] or state == State.UNKNOWN


@pytest.mark.parametrize("reason", [Reason.NOT_CONNECTED, Reason.NOT_RECEIVING, Reason.NOT_ACCEPTED])
def test_a_country_that_cannot_take_it_means_print(countries: None, reason: Envelope.Reason) -> None:
    words, why = said(State.NOT_SENT, reason=reason)
    assert words == "Not sent to New Zealand. Print the certificate."
    assert why == reason.label


@pytest.mark.parametrize("reason", [Reason.RECALLED, Reason.OVERTAKEN])
def test_what_was_recalled_or_withdrawn_is_not_to_be_printed(countries: None, reason: Envelope.Reason) -> None:
    assert said(State.NOT_SENT, reason=reason) == ("Not sent to New Zealand.", reason.label)


def test_a_connection_code_is_shown_as_its_country(countries: None) -> None:
    assert delivery.words(Envelope(state=State.SENDING, receiver="LK2"))["words"] == "Issued. Being sent to Sri Lanka."


def test_a_state_that_nobody_knows_is_shown_as_the_hub_wrote_it(countries: None) -> None:
    assert said(State.PENDING, hub_state="HeldByCustoms")[1] == "The Hub says: HeldByCustoms"
    for usual in ("", "PendingDelivery", "EnvelopeNotExists"):
        assert said(State.PENDING, hub_state=usual)[1] == ""


def test_the_hubs_own_words_are_shown_and_an_operators_are_not_put_into_its_mouth(countries: None) -> None:
    assert said(State.FAILED, reason=Reason.REFUSED, message="No such NPPO.")[1] == "No such NPPO."
    assert said(State.FAILED, reason=Reason.GIVEN_UP, message="by post")[1] == "An operator gave it up."


def test_an_answer_of_the_receiving_country_leaves_the_delivery_as_it_is(countries: None, signed_in: object) -> None:
    nppo = NppoFactory(code="WS")
    officer = make_membership(nppo, roles.CERTIFYING_OFFICER)
    certificate: Certificate = make_certificate(nppo, Status.ISSUED, number="WS-1", issued_at=timezone.now())
    with acting_for(nppo.pk):
        connection = Connection.objects.create(nppo=nppo, kind="pilot", endpoint="https://localhost/", code="WS")
        sent = outbox.enqueue(
            connection, receiver="NZ", certificate_type="851", certificate_status="70", certificate_number="WS-1",
            content=b"<a/>",
        )  # fmt: skip
        sent.state = State.DELIVERED
        sent.save()
        answer = Envelope.objects.create(
            nppo=nppo, connection=connection, is_incoming=True, sender="NZ", receiver="WS", certificate_type="851",
            certificate_status="70", certificate_number="WS-1", content=b"<b/>", state=State.ACKNOWLEDGED,
            due_at=timezone.now(),
        )  # fmt: skip
        Forwarding.objects.create(
            nppo=nppo, connection=connection, envelope=sent, code="ZZ1", state=State.PENDING, due_at=timezone.now()
        )
        common = {"nppo": nppo, "certificate": certificate}
        Message.objects.create(envelope=sent, status_code="70", sha256="1", xml=b"<a/>", **common)
        Message.objects.create(envelope=answer, status_code="41", sha256="2", xml=REFUSAL, **common)
    client: Client = signed_in(officer)  # type: ignore[operator]
    page = client.get(reverse("certificates:certificate", args=[certificate.pk]))
    assert page.status_code == 200
    text = page.content.decode()
    assert "Delivered. New Zealand has received it." in text
    assert "New Zealand answered: Rejected" in text
    assert "Papuana uninodis" in text
    assert text.count("ePhyto as sent (XML)") == 1
    assert text.count("The answer as received (XML)") == 1
    assert re.search(r"Also given to ZZ1\s*<span[^>]*>At the Hub<", text)


@pytest.mark.parametrize(
    ("state", "is_sent", "steps"),
    [
        (State.WAITING, False, ["Issued", "Sent", "Collected"]), (State.DELIVERED, True, ["Issued", "Sent", "Collected"]),
        (State.NOT_READABLE, True, ["Issued", "Sent", "Collected"]), (State.FAILED, True, ["Issued", "Sent", "Not delivered"]),
        (State.NOT_SENT, False, ["Issued", "Not sent"]),
    ],
)  # fmt: skip
def test_what_never_left_is_not_called_collected(
    countries: None, signed_in: object, state: str, is_sent: bool, steps: list[str]
) -> None:
    nppo = NppoFactory(code="WS")
    officer = make_membership(nppo, roles.CERTIFYING_OFFICER)
    certificate = make_certificate(nppo, Status.ISSUED, number="WS-1", issued_at=timezone.now())
    with acting_for(nppo.pk):
        connection = Connection.objects.create(nppo=nppo, kind="pilot", endpoint="https://localhost/", code="WS")
        made = outbox.enqueue(
            connection, receiver="NZ", certificate_type="851", certificate_status="70", certificate_number="WS-1",
            content=b"<a/>",
        )  # fmt: skip
        made.state, made.sent_at = state, timezone.now() if is_sent else None
        made.ended_at = None if state == State.WAITING else timezone.now()
        made.save()
        Message.objects.create(
            envelope=made, status_code="70", sha256="1", xml=b"<a/>", nppo=nppo, certificate=certificate
        )
    client: Client = signed_in(officer)  # type: ignore[operator]
    page = client.get(reverse("certificates:certificate", args=[certificate.pk])).content.decode()
    (shown,) = re.findall(r'<ol class="steps">(.*?)</ol>', page, re.DOTALL)
    assert re.findall(r"<b>(.*?)</b>", shown) == steps


def test_other_content_under_a_number_that_came_before_is_pointed_at(countries: None, signed_in: object) -> None:
    nppo = NppoFactory(code="WS")
    officer = make_membership(nppo, roles.IMPORT_OFFICER)
    found = make_certificate(nppo, Status.OPENED, direction="received", number="NZ-1", counterpart="NZ")
    with acting_for(nppo.pk):
        connection = Connection.objects.create(nppo=nppo, kind="pilot", endpoint="https://localhost/", code="WS")
        common = {
            "nppo": nppo, "connection": connection, "is_incoming": True, "sender": "NZ", "receiver": "WS",
            "certificate_type": "851", "certificate_status": "70", "certificate_number": "NZ-1", "content": b"<a/>",
            "state": State.ACKNOWLEDGED, "due_at": timezone.now(),
        }  # fmt: skip
        first = Envelope.objects.create(sha256="1", **common)
        second = Envelope.objects.create(sha256="2", repeats=first, **common)
        for envelope in (first, second):
            Message.objects.create(
                nppo=nppo, certificate=found, envelope=envelope, status_code="70", xml=b"<a/>", sha256=envelope.sha256
            )
    client: Client = signed_in(officer)  # type: ignore[operator]
    page = client.get(reverse("certificates:certificate", args=[found.pk])).content.decode()
    assert page.count("The sender used this number before") == 1
