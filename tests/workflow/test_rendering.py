"""A PDF that cannot be made: the certificate stays issued, it is tried again, later and later, and everybody is told."""

from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.urls import reverse
from django.utils import timezone

from certificates import printing, rendering
from certificates.ephyto.xml import to_xml
from certificates.models import Certificate, Message, Rendering, RenderTry, Status
from certificates.paper import pdf, sheets
from certificates.tasks import render, render_missing
from gens.accounts import events, roles
from gens.accounts.models import Event, Nppo
from gens.accounts.tenancy import acting_for
from hubclient.outbox import sha256
from tests.factories import NppoFactory, load, make_certificate, make_membership, valid_document

at_commit = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
ONE = "WS-2026-000001"


class Broken:
    """The paper as it is, but what is named here fails: as a broken installation of fonts or of the library would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.errors: dict[str, BaseException] = {}
        self.tried: list[str] = []
        whole = pdf.render

        def render_or_fail(document: Any, **options: Any) -> bytes:
            self.tried.append(document.number)
            if document.number in self.errors:
                raise self.errors[document.number]
            return whole(document, **options)

        monkeypatch.setattr(pdf, "render", render_or_fail)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Broken:
    return Broken(monkeypatch)


@pytest.fixture
def nppo() -> Nppo:
    load()
    return NppoFactory(code="WS")


def issued(nppo: Nppo, number: str = ONE) -> Certificate:
    document = valid_document(number=number, issued="2026-07-15T10:42:00+13:00")
    made = make_certificate(
        nppo, Status.ISSUED, number=number, document=document, issued_at=timezone.now(), reference=""
    )
    xml = to_xml(document, {})
    with acting_for(nppo.pk):
        Message.objects.create(nppo=nppo, certificate=made, status_code="70", xml=xml, sha256=sha256(xml))
    return made


def tried(certificate: Certificate) -> RenderTry:
    with acting_for(certificate.nppo_id):
        return RenderTry.objects.get(certificate=certificate)


def has_pdf(certificate: Certificate) -> bool:
    with acting_for(certificate.nppo_id):
        return Rendering.objects.filter(certificate=certificate).exists()


def due_now(certificate: Certificate) -> None:
    with acting_for(certificate.nppo_id):
        RenderTry.objects.filter(certificate=certificate).update(next_at=timezone.now() - timedelta(seconds=1))


def happened(certificate: Certificate) -> list[str]:
    with acting_for(certificate.nppo_id):
        told = Event.objects.filter(nppo=certificate.nppo_id, subject_id=certificate.pk).order_by("pk")
        return list(told.values_list("action", flat=True))


@at_commit
def test_a_failure_leaves_the_certificate_issued_and_is_tried_again_later(nppo: Nppo, broken: Broken) -> None:
    found = issued(nppo)
    broken.errors[ONE] = OSError("fontconfig: cannot load default config")
    before = timezone.now()
    render(found.pk, nppo.pk)
    row = tried(found)
    assert (row.tries, row.error) == (1, "OSError: fontconfig: cannot load default config")
    assert row.next_at is not None
    assert row.next_at - before >= rendering.WAITS[0]
    with acting_for(nppo.pk):
        assert Certificate.objects.get(pk=found.pk).status == Status.ISSUED
    render_missing()
    assert broken.tried == [ONE]  # not due yet
    broken.errors.clear()
    due_now(found)
    render_missing()
    assert has_pdf(found)
    with acting_for(nppo.pk):
        assert not RenderTry.objects.exists()


@at_commit
def test_it_waits_longer_each_time_and_ends_in_words_not_in_endless_tries(nppo: Nppo, broken: Broken) -> None:
    found = issued(nppo)
    broken.errors[ONE] = ValueError("no")
    for wait in rendering.WAITS:
        render_missing()
        next_at = tried(found).next_at
        assert next_at is not None
        assert wait - timedelta(minutes=1) < next_at - timezone.now() <= wait
        due_now(found)
    render_missing()
    assert (tried(found).tries, tried(found).next_at) == (rendering.MOST, None)
    render_missing()
    render(found.pk, nppo.pk)
    assert len(broken.tried) == rendering.MOST
    assert happened(found) == [events.NOT_RENDERED, events.NOT_RENDERED]


@at_commit
def test_what_fails_is_in_nobodys_way(nppo: Nppo, broken: Broken) -> None:
    bad, good = issued(nppo), issued(nppo, "WS-2026-000002")
    broken.errors[ONE] = RuntimeError("broken")
    render_missing()
    assert (has_pdf(bad), has_pdf(good)) == (False, True)


@at_commit
def test_a_try_that_takes_the_worker_with_it_counts(nppo: Nppo, broken: Broken) -> None:
    """A process that is killed raises nothing that anybody could catch."""

    class Killed(BaseException):
        pass

    found = issued(nppo)
    broken.errors[ONE] = Killed()
    for _ in range(rendering.MOST):
        with pytest.raises(Killed):
            render(found.pk, nppo.pk)
        due_now(found)
    render_missing()
    row = tried(found)
    assert (row.tries, row.next_at, row.error) == (rendering.MOST, None, rendering.KILLED)
    assert len(broken.tried) == rendering.MOST


@at_commit
def test_what_takes_too_long_is_a_failure_and_the_sweep_stops_in_time(nppo: Nppo, broken: Broken) -> None:
    slow, next_one = issued(nppo), issued(nppo, "WS-2026-000002")
    broken.errors[ONE] = SoftTimeLimitExceeded()
    render_missing()
    assert tried(slow).error.startswith("SoftTimeLimitExceeded")
    assert not has_pdf(next_one)
    render_missing()
    assert has_pdf(next_one)


@at_commit
def test_two_workers_never_make_the_same_page_at_once(nppo: Nppo, broken: Broken) -> None:
    found = issued(nppo)
    with acting_for(nppo.pk):
        assert rendering.begin(found)
        assert not rendering.begin(found)
    render(found.pk, nppo.pk)
    assert broken.tried == []


@at_commit
def test_people_read_what_is_the_matter_and_an_operator_asks_again(
    nppo: Nppo, broken: Broken, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = issued(nppo)
    broken.errors[ONE] = OSError("<b>disk</b>")
    with pytest.raises(rendering.NotRendered):
        printing.render(found.pk, nppo.pk)
    inspector, operator = make_membership(nppo, roles.INSPECTOR), make_membership(nppo, roles.OPERATOR)
    page = signed_in(inspector).get(reverse("certificates:certificate", args=[found.pk])).content.decode()
    assert "The PDF could not be made in 1 try. It is tried again by itself at" in page
    assert "issued and valid all the same" in page
    asked = signed_in(inspector).get(reverse("certificates:pdf", args=[found.pk]))
    assert asked.status_code == 503
    assert "The PDF is not made yet" in asked.content.decode()
    address = reverse("certificates:render_again", args=[tried(found).pk])
    assert signed_in(inspector).post(address).status_code == 403
    with acting_for(nppo.pk):
        RenderTry.objects.update(tries=rendering.MOST, next_at=None)
    client = signed_in(operator)
    page = client.get(reverse("certificates:operations")).content.decode()
    assert "OSError: &lt;b&gt;disk&lt;/b&gt;" in page
    assert "No more tries" in page
    page = signed_in(inspector).get(reverse("certificates:certificate", args=[found.pk])).content.decode()
    assert "It is not tried again by itself: ask your system operator" in page
    broken.errors.clear()
    rung: list[tuple[Any, ...]] = []
    monkeypatch.setattr("hubclient.outbox.nudge", lambda task, *arguments: rung.append((task.name, *arguments)))
    assert signed_in(operator).post(address).status_code == 302
    assert rung == [("certificates.tasks.render", found.pk, nppo.pk)]
    render(found.pk, nppo.pk)
    assert has_pdf(found)
    assert happened(found) == [events.NOT_RENDERED, events.RENDER_ASKED]


@at_commit
def test_operators_see_those_of_all_administrators_their_own(nppo: Nppo, broken: Broken) -> None:
    other = NppoFactory(code="NZ")
    mine, theirs = issued(nppo), issued(other, "NZ-1")
    broken.errors |= {ONE: ValueError("a"), "NZ-1": ValueError("b")}
    render_missing()
    operator, administrator = make_membership(nppo, roles.OPERATOR), make_membership(nppo, roles.ADMINISTRATOR)
    inspector = make_membership(nppo, roles.INSPECTOR)

    def seen(by: Any) -> list[int]:
        with acting_for(nppo.pk):
            return [row.certificate_id for row in rendering.failing(by)]

    assert (seen(operator), seen(administrator), seen(inspector)) == ([mine.pk, theirs.pk], [mine.pk], [])


@at_commit
def test_a_real_failure_of_the_library_is_told_apart_from_success(
    nppo: Nppo, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """No stand-in: the stylesheet that the library reads is not there."""
    found = issued(nppo)
    with monkeypatch.context() as changed:
        changed.setattr(sheets, "HERE", tmp_path)
        sheets._PER_THREAD.__dict__.clear()
        render(found.pk, nppo.pk)
    assert tried(found).error.startswith("FileNotFoundError")
    due_now(found)
    render(found.pk, nppo.pk)
    assert has_pdf(found)
