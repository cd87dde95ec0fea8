"""What is issued is sealed before it is kept; without its seal it waits, says why, and comes by itself."""

import hashlib
import io
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connections, transaction
from django.db.utils import ProgrammingError
from django.urls import reverse
from django.utils import timezone

from certificates import printing, prints, skins, tasks
from certificates.ephyto.xml import to_xml
from certificates.models import Certificate, Direction, Message, Rendering, Seal, SealedFile, Status
from certificates.paper.skins import Skin
from certificates.seals import keys, looking, making, using
from certificates.seals.keys import NotAtHand
from gens.accounts import roles
from gens.accounts.models import Event, Nppo
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, load, make_certificate, make_membership, valid_document
from tests.seals import world as helpers
from tests.seals.world import forms, place

pytestmark = pytest.mark.django_db
at_commit = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


class World:
    """An NPPO with a seal, and certificates that wait for their paper."""

    def __init__(self, code: str = "WS", *, twin: bool = False, **fields: Any) -> None:
        load()
        self.nppo: Nppo = NppoFactory(code=code, country=code[:2], is_training=twin)
        self.desk = make_membership(self.nppo, roles.INSPECTOR, roles.CERTIFYING_OFFICER)
        self.seal = helpers.in_use(self.nppo, **fields)

    def issued(self, number: str, status: Status = Status.ISSUED) -> Certificate:
        document = valid_document(number=number, issued="2026-07-15T10:42:00+13:00")
        made = make_certificate(
            self.nppo, status, by=self.desk, number=number, document=document, issued_at=timezone.now()
        )
        xml = to_xml(document, {})
        with acting_for(self.nppo.pk):
            Message.objects.create(
                nppo=self.nppo, certificate=made, status_code="70", xml=xml, sha256=hashlib.sha256(xml).hexdigest()
            )
        return made

    def printed(self, number: str) -> Certificate:
        made = self.issued(number)
        assert printing.render(made.pk, self.nppo.pk)
        return made

    def pdf(self, made: Certificate) -> bytes | None:
        kept = printing.kept_of(made)
        return bytes(kept.pdf) if kept else None

    def files(self) -> list[SealedFile]:
        with acting_for(self.nppo.pk):
            return list(SealedFile.objects.select_related("seal", "certificate").order_by("pk"))

    def fresh(self) -> Seal:
        with acting_for(self.nppo.pk):
            return Seal.objects.get(pk=self.seal.pk)

    def happened(self) -> list[tuple[str, str]]:
        with acting_for(self.nppo.pk):
            found = Event.objects.filter(subject_type__model="seal").order_by("pk")
            return list(found.values_list("action", "reason"))

    def page(self, made: Certificate) -> str:
        client = acting_client(self.desk)
        return client.get(reverse("certificates:certificate", args=[made.pk])).content.decode()


@pytest.fixture
def world() -> World:
    return World()


def is_sealed(data: bytes | None) -> bool:
    return data is not None and [each.is_unchanged for each in looking.signatures(data)] == [True]


# The kept paper


def test_what_is_issued_is_sealed_and_registered(world: World) -> None:
    made = world.printed("WS-1")
    data = world.pdf(made)
    assert is_sealed(data)
    (file,) = world.files()
    assert data is not None
    assert file.sha256 == hashlib.sha256(data).hexdigest()
    assert (file.certificate, file.seal, file.is_original, file.has_time) == (made, world.seal, True, False)
    assert abs(file.at - timezone.now()) < timedelta(minutes=1)
    with acting_for(world.nppo.pk):
        assert Rendering.objects.get().sha256 == file.sha256
        assert file.xml_sha256 == made.messages.get().sha256


def test_an_nppo_without_a_seal_prints_without_one() -> None:
    world = World()
    with acting_for(world.nppo.pk):
        using.retire(world.fresh(), by=None, reason="on paper only")
    made = world.printed("WS-1")
    data = world.pdf(made)
    assert data is not None
    assert looking.signatures(data) == []
    assert world.files() == []


def test_without_its_key_the_paper_waits_and_comes_by_itself(world: World) -> None:
    made = world.issued("WS-1")
    world.seal.kind and place(world.nppo).file.rename(place(world.nppo).file.with_suffix(".away"))
    for _ in range(3):
        assert not printing.render(made.pk, world.nppo.pk)
    assert world.pdf(made) is None
    assert world.fresh().trouble == Seal.Trouble.NO_KEY
    page = world.page(made)
    assert "The paper waits for the seal" in page
    assert "Its key is not where it was." in page
    answer = acting_client(world.desk).get(reverse("certificates:pdf", args=[made.pk]))
    assert answer.status_code == 503
    assert "Its key is not where it was." in answer.content.decode()
    place(world.nppo).file.with_suffix(".away").rename(place(world.nppo).file)
    tasks.render_missing()
    assert is_sealed(world.pdf(made))
    assert world.fresh().trouble == ""
    assert [each for each in world.happened() if each[0].startswith("seal")] == [
        ("seal_away", "no_key"),
        ("seal_back", ""),
    ]
    assert "waits for the seal" not in world.page(made)


def test_a_key_that_was_exchanged_seals_nothing(world: World) -> None:
    made = world.issued("WS-1")
    place(world.nppo).file.unlink()
    making.make(world.nppo, place(world.nppo))
    assert not printing.render(made.pk, world.nppo.pk)
    assert (world.pdf(made), world.fresh().trouble) == (None, Seal.Trouble.UNFIT)


def test_a_seal_whose_certificate_has_ended_seals_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made, ends = world.issued("WS-1"), world.seal.ends
    monkeypatch.setattr(timezone, "now", lambda: ends)
    assert not printing.render(made.pk, world.nppo.pk)
    assert (world.pdf(made), world.fresh().trouble) == (None, Seal.Trouble.ENDED)


def test_a_seal_away_in_one_country_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AT_ONCE", 2)
    samoa, there = World("WS"), World("NZ")
    waiting = [samoa.issued(f"WS-{number}") for number in range(4)]
    others = [there.issued(f"NZ-{number}") for number in range(2)]
    file = place(samoa.nppo).file
    file.chmod(0o644)
    tried: list[int] = []
    real = printing.render
    monkeypatch.setattr(printing, "render", lambda pk, nppo_id: tried.append(pk) or real(pk, nppo_id))
    tasks.render_missing()  # finds the first two, and that the seal is away
    assert tried == [waiting[0].pk]
    tasks.render_missing()
    assert all(is_sealed(there.pdf(each)) for each in others)
    assert tried.count(waiting[0].pk) == 2  # one a sweep asks after the seal
    assert not set(tried) & {each.pk for each in waiting[1:]}
    file.chmod(0o600)
    tasks.render_missing()
    tasks.render_missing()
    assert all(is_sealed(samoa.pdf(each)) for each in waiting)


def test_a_visible_seal_is_on_the_paper_in_the_second_language_s_script_too(tmp_path: Path) -> None:
    import io

    world = World(is_visible=True)
    data = world.pdf(world.printed("WS-1"))
    assert is_sealed(data)
    with pikepdf.open(io.BytesIO(data or b"")) as printed:
        (widget,) = [each for each in printed.pages[0].Annots if each.get("/FT") == "/Sig"]
        assert float(widget.Rect[2]) > float(widget.Rect[0])


def test_the_mark_of_a_seal_is_in_the_ink_of_the_paper_and_of_its_copies() -> None:
    world = World(is_visible=True)
    with acting_for(world.nppo.pk):
        skins.keep(Skin(ink="#1b2a6b"), seen=0, by=world.desk)
    made = world.printed("WS-1")
    kept = printing.kept_of(made)
    assert kept is not None
    with acting_for(world.nppo.pk):
        skins.keep(Skin(ink="#6b1b1b"), seen=1, by=world.desk)  # for what is printed from now on
    for data in (bytes(kept.pdf), printing._marked(made, kept, "COPY")):
        assert inks(data) == {(0x1B, 0x2A, 0x6B)}


def inks(data: bytes) -> set[tuple[int, ...]]:
    """The colours in the mark of the seal."""
    found: set[tuple[int, ...]] = set()
    with pikepdf.open(io.BytesIO(data)) as opened:
        (widget,) = [note for note in opened.pages[0].Annots if note.get("/FT") == "/Sig"]
        for form in forms(widget.AP.N):
            for part in pikepdf.parse_content_stream(form):
                if str(part.operator).lower() == "rg":
                    found.add(tuple(round(float(share) * 255) for share in part.operands))
    return found


@at_commit
def test_two_workers_make_one_paper_and_one_entry() -> None:
    world = World()
    made = world.issued("WS-1")
    start, done = threading.Barrier(2), []

    def work() -> None:
        start.wait()
        try:
            done.append(printing.render(made.pk, world.nppo.pk))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert done == [True, True]
    (file,) = world.files()
    assert file.sha256 == hashlib.sha256(world.pdf(made) or b"").hexdigest()


@at_commit
def test_what_a_retired_seal_was_put_on_meanwhile_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    made = world.issued("WS-1")
    real = using.Ready.put_on

    def retire_then(self: using.Ready, data: bytes, **options: Any) -> Any:
        sealed = real(self, data, **options)
        monkeypatch.undo()
        helpers.in_use(world.nppo, "2027")
        return sealed

    monkeypatch.setattr(using.Ready, "put_on", retire_then)
    folder = place(world.nppo).file.parent.parent
    monkeypatch.setattr("django.conf.settings.SEAL_KEYS", folder)
    printing.render(made.pk, world.nppo.pk)
    assert world.pdf(made) is None


# Time-stamps


def test_a_time_stamp_is_asked_for_outside_of_transactions_and_registered(settings: Any) -> None:
    with helpers.time_server() as address:
        settings.SEAL_TIME_SERVERS = [address]
        world = World(time_server=address)
        made = world.printed("WS-1")
    assert looking.signatures(world.pdf(made) or b"")[0].has_time
    assert [file.has_time for file in world.files()] == [True]


def test_a_time_server_that_is_away_keeps_papers_waiting_as_long_as_the_settings_say(settings: Any) -> None:
    settings.SEAL_TIME_SERVERS = [away] = ["http://127.0.0.1:9/"]
    world = World(time_server=away)
    made = world.issued("WS-1")
    settings.SEAL_TIME_MINUTES = 30
    assert not printing.render(made.pk, world.nppo.pk)
    assert world.fresh().trouble == Seal.Trouble.TIME
    assert not printing.render(made.pk, world.nppo.pk)
    with acting_for(world.nppo.pk):
        Seal.objects.update(trouble_since=timezone.now() - timedelta(minutes=31))
    settings.SEAL_TIME_MINUTES = None
    assert not printing.render(made.pk, world.nppo.pk)
    settings.SEAL_TIME_MINUTES = 30
    assert printing.render(made.pk, world.nppo.pk)
    assert is_sealed(world.pdf(made))
    assert [file.has_time for file in world.files()] == [False]
    assert world.fresh().trouble == Seal.Trouble.TIME  # it still is away


def test_a_time_server_that_left_the_settings_is_not_asked(settings: Any) -> None:
    with helpers.time_server() as address:
        settings.SEAL_TIME_SERVERS = []
        world = World(time_server=address)
        assert not printing.render(world.issued("WS-1").pk, world.nppo.pk)
    assert world.fresh().trouble == Seal.Trouble.TIME


# Later prints


def test_later_prints_are_sealed_anew_and_each_is_registered(world: World) -> None:
    made = world.printed("WS-1")
    desk = acting_client(world.desk)
    copies = []
    for _ in range(3):
        with acting_for(world.nppo.pk):
            copies.append(prints.start(made, by=world.desk))
    addresses = [reverse("certificates:print_pdf", args=[made.pk, each.pk]) for each in copies]
    read = [desk.get(address).content for address in addresses]
    read.append(desk.post(reverse("certificates:certified_copy", args=[made.pk])).content)
    assert all(is_sealed(data) for data in read)
    assert read[0] == world.pdf(made)
    assert {file.sha256 for file in world.files()} == {hashlib.sha256(data).hexdigest() for data in read}
    assert [file.is_original for file in world.files()] == [True, False, False, False]


@pytest.mark.parametrize("status", [Status.WITHDRAWN, Status.REPLACED])
def test_what_is_no_longer_valid_is_sealed_with_its_mark_and_stays_as_issued_too(world: World, status: Status) -> None:
    made = world.printed("WS-1")
    with acting_for(world.nppo.pk):
        Certificate.objects.filter(pk=made.pk).update(status=status)
    address = reverse("certificates:pdf", args=[made.pk])
    marked = acting_client(world.desk).get(address).content
    assert is_sealed(marked)
    assert marked != world.pdf(made)
    assert acting_client(world.desk).get(address, {"as": "issued"}).content == world.pdf(made)
    assert "As issued" in world.page(made)


def test_a_copy_has_no_seal_rather_than_a_broken_one_where_none_is_in_use(world: World) -> None:
    made = world.printed("WS-1")
    with acting_for(world.nppo.pk):
        using.retire(world.fresh(), by=None, reason="x")
        copies = [prints.start(made, by=world.desk) for _ in range(2)]
    assert looking.signatures(printing.pages(copies[1]) or b"") == []
    assert is_sealed(printing.pages(copies[0]))


def test_a_copy_waits_for_a_seal_that_is_away(world: World) -> None:
    made = world.printed("WS-1")
    with acting_for(world.nppo.pk):
        copies = [prints.start(made, by=world.desk) for _ in range(2)]
    place(world.nppo).file.unlink()
    with pytest.raises(NotAtHand):
        printing.pages(copies[1])
    answer = acting_client(world.desk).get(reverse("certificates:print_pdf", args=[made.pk, copies[1].pk]))
    assert answer.status_code == 503
    assert "The paper waits for the seal" in answer.content.decode()
    assert acting_client(world.desk).post(reverse("certificates:certified_copy", args=[made.pk])).status_code == 503
    with acting_for(world.nppo.pk):
        assert not made.events.filter(reason="CERTIFIED TRUE COPY").exists()


def test_a_seal_that_is_back_is_found_though_no_paper_waits(world: World) -> None:
    made = world.printed("WS-1")
    with acting_for(world.nppo.pk):
        copies = [prints.start(made, by=world.desk) for _ in range(2)]
    file = place(world.nppo).file
    file.chmod(0o644)
    with pytest.raises(NotAtHand):
        printing.pages(copies[1])
    tasks.render_missing()
    assert world.fresh().trouble == Seal.Trouble.EXPOSED
    file.chmod(0o600)
    tasks.render_missing()
    assert world.fresh().trouble == ""
    assert [each for each in world.happened() if each[0].startswith("seal")] == [
        ("seal_away", "exposed"),
        ("seal_back", ""),
    ]


# Putting into use


def test_a_new_seal_retires_the_one_before_in_the_same_moment(world: World) -> None:
    old = world.seal
    new = helpers.in_use(world.nppo, "2027")
    with acting_for(world.nppo.pk):
        assert Seal.objects.in_use().get() == new
        assert Seal.objects.get(pk=old.pk).retired_at <= new.created_at
    assert [action for action, _reason in world.happened()] == ["added", "ended", "added"]


def test_the_event_of_a_new_seal_tells_no_long_text(world: World) -> None:
    with acting_for(world.nppo.pk):
        event = Event.objects.get(subject_type__model="seal", action="added")
    assert event.changes["chain"] == ["", ""]
    assert event.changes["fingerprint"][1] == world.seal.fingerprint


def test_another_nppo_s_key_is_nobody_else_s_not_even_in_training(world: World) -> None:
    for code, training in (("NZ", False), ("WS-T", True)):
        other = NppoFactory(code=code, country=code[:2], is_training=training)
        where = place(other)
        helpers.written(where, place(world.nppo).file.read_bytes())
        seal = using.prepared(other, where)
        with pytest.raises(using.NotUsable) as why, transaction.atomic(), acting_for(other.pk):
            using.use(seal, by=None)
        assert why.value.trouble is None


def test_a_certificate_that_does_not_fit_is_refused(world: World) -> None:
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    where = helpers.written(place(world.nppo, "new"), helpers.pem(key))
    later = making.self_signed(world.nppo, key, now=datetime.now(UTC) + timedelta(days=2))
    tls = helpers.certificate(world.nppo, other)
    for chain, trouble in (
        ("", Seal.Trouble.UNFIT), ("-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----", Seal.Trouble.UNFIT),
        (tls, Seal.Trouble.UNFIT), (helpers.expired(world.nppo, key), Seal.Trouble.ENDED),
        (later.public_bytes(keys.Encoding.PEM).decode(), Seal.Trouble.NOT_YET),
    ):  # fmt: skip
        with pytest.raises(using.NotUsable) as why:
            using.prepared(world.nppo, where, chain)
        assert why.value.trouble == trouble
    assert using.prepared(world.nppo, where, helpers.certificate(world.nppo, key)).chain.count("BEGIN CERT") == 2


@at_commit
def test_two_who_put_a_seal_into_use_at_once_leave_one() -> None:
    world = World()
    for name in ("a", "b"):
        making.make(world.nppo, place(world.nppo, name))
    start = threading.Barrier(2)

    def work(name: str) -> None:
        seal = using.prepared(world.nppo, place(world.nppo, name))
        start.wait()
        try:
            with acting_for(world.nppo.pk):
                using.use(seal, by=None)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    with acting_for(world.nppo.pk):
        assert Seal.objects.count() == 3
        assert Seal.objects.in_use().count() == 1


@pytest.mark.parametrize(
    "change", [{"fingerprint": "0"}, {"chain": "x"}, {"name": "x"}, {"created_at": "2020-01-01T00:00:00Z"}]
)
def test_what_verifies_old_seals_never_changes(world: World, change: dict[str, str]) -> None:
    with pytest.raises(ProgrammingError), acting_for(world.nppo.pk):
        Seal.objects.filter(pk=world.seal.pk).update(**change)


def test_a_retired_seal_stays_retired_and_nothing_is_deleted(world: World) -> None:
    world.printed("WS-1")
    with acting_for(world.nppo.pk):
        using.retire(world.fresh(), by=None, reason="x")
    for change in (
        lambda: Seal.objects.update(retired_at=None),
        lambda: Seal.objects.all()._raw_delete("default"),
        lambda: SealedFile.objects.update(sha256="0"),
        lambda: SealedFile.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(ProgrammingError), acting_for(world.nppo.pk):
            change()


def test_previews_and_what_others_sent_have_no_seal_of_ours(world: World) -> None:
    draft = make_certificate(world.nppo, Status.DRAFT, by=world.desk)
    arrived = make_certificate(
        world.nppo, Status.RECEIVED, direction=Direction.RECEIVED, number="NZ-1", counterpart="NZ",
        document=valid_document(number="NZ-1"),
    )  # fmt: skip
    with acting_for(world.nppo.pk):
        message = Message.objects.create(
            nppo=world.nppo, certificate=arrived, status_code="70", xml=b"<a/>", sha256="0"
        )
        assert looking.signatures(printing.preview(draft)) == []
        assert looking.signatures(printing.reproduction(arrived, message)) == []
