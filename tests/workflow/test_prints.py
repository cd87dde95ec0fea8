"""Prints are counted; on numbered security paper each sheet is known: what it was used for, or that it was spoiled."""

import io
import subprocess
import threading
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.db import connections
from django.db.utils import ProgrammingError
from django.test import Client
from django.urls import reverse

from certificates import printing, prints, workflow
from certificates.models import Certificate, Print, Rendering, Sheet, Status
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db
at_commit = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@cache
def a_page(number: str) -> bytes:
    """A PDF of one page, and of the same bytes each time."""
    made, out = pikepdf.new(), io.BytesIO()
    made.add_blank_page(page_size=(595, 842))
    made.docinfo["/Title"] = number
    made.save(out, deterministic_id=True)
    return out.getvalue()


class World:
    """An issued certificate with its PDF, and who works at the desk."""

    def __init__(self, *, numbered: bool = True) -> None:
        self.nppo: Nppo = NppoFactory(code="WS", prints_on_security_paper=numbered)
        self.desk = make_membership(self.nppo, roles.INSPECTOR)
        self.found = self.issued("WS-2026-000001")

    def issued(self, number: str, status: Status = Status.ISSUED) -> Certificate:
        document = valid_document(number=number)
        made = make_certificate(self.nppo, status, by=self.desk, number=number, document=document)
        with acting_for(self.nppo.pk):
            Rendering.objects.create(
                nppo=self.nppo, certificate=made, pdf=a_page(number), sha256="0", template_version="1"
            )
        return made

    def client(self, by: Membership | None = None) -> Client:
        return acting_client(by or self.desk)

    def print(self, certificate: Certificate | None = None) -> Print:
        with acting_for(self.nppo.pk):
            return prints.start(certificate or self.found, by=self.desk)

    def tell(self, made: Print, *serials: str, is_good: bool = True) -> None:
        with acting_for(self.nppo.pk):
            prints.tell(made, serials, is_good=is_good, by=self.desk)

    def address(self, made: Print) -> str:
        return reverse("certificates:print", args=[made.certificate_id, made.pk])

    def sheets(self) -> list[tuple[str, int, bool]]:
        with acting_for(self.nppo.pk):
            return list(Sheet.objects.order_by("serial").values_list("serial", "print__copy", "is_spoiled"))

    def page(self) -> str:
        return self.client().get(reverse("certificates:certificate", args=[self.found.pk])).content.decode()


@pytest.fixture
def world() -> World:
    return World()


def _start(client: Client, certificate: Certificate) -> Any:
    return client.post(reverse("certificates:start_print", args=[certificate.pk]))


# Without numbered paper


def test_without_numbered_paper_a_print_is_counted_and_the_pdf_comes_at_once() -> None:
    world = World(numbered=False)
    client = world.client()
    for copy in (1, 2):
        answer = client.post(reverse("certificates:start_print", args=[world.found.pk]), follow=True)
        assert title_of(answer.content) == ("WS-2026-000001" if copy == 1 else "WS-2026-000001 (COPY)")
        with acting_for(world.nppo.pk):
            assert Print.objects.order_by("pk").values_list("copy", "outcome").last() == (copy, "good")
    page = world.page()
    assert "Print a copy" in page
    assert page.count("<b>Printed</b>") == 2
    assert "copy 2" in page
    assert "the original" in page
    assert world.client().get(world.address(Print(pk=_last(world), certificate=world.found))).status_code == 302


def _last(world: World) -> int:
    with acting_for(world.nppo.pk):
        return int(Print.objects.order_by("-pk").values_list("pk", flat=True)[0])


def title_of(data: bytes) -> str:
    """Where a mark stands in words: across the page its letters are turned."""
    with pikepdf.open(io.BytesIO(data)) as printed, printed.open_metadata() as metadata:
        return str(metadata.get("dc:title") or printed.docinfo["/Title"])


def words_of(data: bytes, path: Path) -> str:
    path.write_bytes(data)
    return subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout


def test_the_first_print_is_the_original_and_later_ones_say_that_they_are_copies() -> None:
    world = World(numbered=False)
    first, second = world.print(), world.print()
    with acting_for(world.nppo.pk):
        assert printing.pages(first) == a_page("WS-2026-000001")
        copy = printing.pages(second)
        assert copy is not None
        assert title_of(copy) == "WS-2026-000001 (COPY)"
        assert prints.next_copy(world.found) == 3


def test_what_was_withdrawn_or_replaced_says_so_across_each_page(tmp_path: Path) -> None:
    world = World(numbered=False)
    gone, old = world.issued("WS-2", Status.WITHDRAWN), world.issued("WS-3", Status.REPLACED)
    with acting_for(world.nppo.pk):
        Certificate.objects.filter(pk=old.pk).update(status_since="2026-07-15T10:42:00Z")
    make_certificate(world.nppo, Status.ISSUED, number="WS-4", replaces=old)
    read = {
        name: world.client().get(reverse("certificates:pdf", args=[row.pk])).content
        for name, row in (("gone", gone), ("old", old))
    }
    assert title_of(read["gone"]) == "WS-2 (CANCELLED)"
    assert title_of(read["old"]) == "WS-3 (REPLACED)"
    assert "Withdrawn on" in words_of(read["gone"], tmp_path / "a.pdf")
    assert "Replaced by WS-4 on 15 July 2026" in words_of(read["old"], tmp_path / "b.pdf")
    with acting_for(world.nppo.pk):
        assert bytes(Rendering.objects.get(certificate=gone).pdf) == a_page("WS-2")


def test_an_officer_certifies_a_true_copy_and_it_is_recorded(tmp_path: Path) -> None:
    world = World(numbered=False)
    officer = make_membership(world.nppo, roles.CERTIFYING_OFFICER)
    address = reverse("certificates:certified_copy", args=[world.found.pk])
    data = world.client(officer).post(address).content
    said = words_of(data, tmp_path / "a.pdf")
    assert title_of(data) == "WS-2026-000001 (CERTIFIED TRUE COPY)"
    assert f"Certified by {officer.user.name}, Apia office" in said
    assert "CERTIFIED TRUE COPY" in world.page()
    assert world.client().post(address).status_code == 403
    assert world.client(officer).get(address).status_code == 405
    with acting_for(world.nppo.pk):
        assert prints.next_copy(world.found) == 1  # it is no print of the desk
    assert (
        world.client(officer)
        .post(reverse("certificates:certified_copy", args=[world.issued("WS-9", Status.WITHDRAWN).pk]))
        .status_code
        == 409
    )


# On numbered paper


def test_a_print_asks_what_became_of_it_and_brings_the_pdf(world: World) -> None:
    client = world.client()
    answer = _start(client, world.found)
    assert answer.status_code == 302
    page = client.get(answer.url).content.decode()
    assert "Printed correctly?" in page
    download = reverse("certificates:print_pdf", args=[world.found.pk, _last(world)])
    assert f'<meta http-equiv="refresh" content="0;url={download}">' in page
    assert client.get(download).content == a_page("WS-2026-000001")
    assert "http-equiv" not in client.get(answer.url.split("?")[0]).content.decode()  # it downloads once


def test_yes_keeps_the_serial_numbers_of_all_sheets(world: World) -> None:
    made = world.print()
    answer = world.client().post(world.address(made), {"answer": "good", "serials": " a-0001, A-0002\nA-0001 "})
    assert answer.status_code == 302
    assert world.sheets() == [("A-0001", 1, False), ("A-0002", 1, False)]
    page = world.page()
    assert '<bdi dir="ltr" class="code">A-0001</bdi>' in page
    assert "Printed correctly, on sheet" in page
    assert "A-0001, A-0002" in page


def test_no_keeps_the_spoiled_sheet_and_prints_again_as_the_original(world: World) -> None:
    client, made = world.client(), world.print()
    answer = client.post(world.address(made), {"answer": "spoiled", "serials": "A-0001"})
    assert answer.status_code == 302
    assert answer.url.startswith(world.address(Print(pk=_last(world), certificate=world.found)))
    with acting_for(world.nppo.pk):
        assert list(Print.objects.order_by("pk").values_list("copy", "outcome")) == [(1, "spoiled"), (1, "asked")]
    client.post(answer.url.split("?")[0], {"answer": "good", "serials": "A-0002"})
    assert world.sheets() == [("A-0001", 1, True), ("A-0002", 1, False)]
    assert world.print().copy == 2


def test_an_open_print_comes_back_instead_of_a_second_one(world: World) -> None:
    assert world.print().pk == world.print().pk
    assert "Printed correctly?" in world.page()
    with acting_for(world.nppo.pk):
        assert world.found.events.filter(action="printed").count() == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"serials": "A-1"}, "Say whether it is printed correctly."),
        ({"answer": "perhaps", "serials": "A-1"}, "Say whether it is printed correctly."),
        ({"answer": "good", "serials": "  "}, "Write the serial number that stands on each sheet"),
        ({"answer": "spoiled", "serials": ""}, "Write the serial number that stands on each sheet"),
        ({"answer": "good", "serials": "A-1 Ü2"}, "“Ü2” is no serial number"),
        ({"answer": "good", "serials": "A" * 33}, "is no serial number"),
        ({"answer": "good", "serials": " ".join(f"A{n}" for n in range(51))}, "at most 50 of them"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_lost(world: World, said: dict[str, str], words: str) -> None:
    made = world.print()
    answer = world.client().post(world.address(made), said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert f">{said['serials']}</textarea>" in page
    assert 'class="errors"' in page
    assert world.sheets() == []
    with acting_for(world.nppo.pk):
        made.refresh_from_db()
    assert made.outcome == "asked"


def test_a_sheet_is_used_once_and_the_page_says_for_what(world: World) -> None:
    world.tell(world.print(), "A-1")
    other = world.print(world.issued("WS-2026-000002"))
    answer = world.client().post(world.address(other), {"answer": "good", "serials": "A-2 A-1"})
    assert answer.status_code == 422
    assert "Sheet A-1 was used for WS-2026-000001 before." in answer.content.decode()
    assert world.sheets() == [("A-1", 1, False)]  # none of the two
    with acting_for(world.nppo.pk):
        other.refresh_from_db()
    assert other.outcome == "asked"


def test_a_spoiled_sheet_cannot_be_used_again(world: World) -> None:
    world.tell(world.print(), "A-1", is_good=False)
    with pytest.raises(prints.SheetKnown):
        world.tell(world.print(), "A-1")


def test_another_nppo_has_the_same_serial_numbers_for_itself(world: World) -> None:
    world.tell(world.print(), "A-1")
    there = NppoFactory(code="NZ", prints_on_security_paper=True)
    desk = make_membership(there, roles.INSPECTOR)
    found = make_certificate(there, Status.ISSUED, by=desk, number="NZ-1")
    with acting_for(there.pk):
        prints.tell(prints.start(found, by=desk), ["A-1"], is_good=True, by=desk)
        assert Sheet.objects.count() == 1


def test_an_answer_is_given_once(world: World) -> None:
    made = world.print()
    world.tell(made, "A-1")
    answer = world.client().post(world.address(made), {"answer": "good", "serials": "A-2"})
    assert answer.status_code == 409
    assert world.client().get(world.address(made)).url == reverse("certificates:certificate", args=[world.found.pk])


def test_the_register_is_append_only(world: World) -> None:
    world.tell(world.print(), "A-1")
    for change in (lambda: Sheet.objects.update(is_spoiled=True), lambda: Sheet.objects.all()._raw_delete("default")):
        with pytest.raises(ProgrammingError), acting_for(world.nppo.pk):
            change()


# Who, and what


@pytest.mark.parametrize("status", [Status.WITHDRAWN, Status.REPLACED, Status.APPROVED])
def test_what_is_not_valid_is_not_printed(world: World, status: Status) -> None:
    found = world.issued("WS-2026-000009", status)
    assert _start(world.client(), found).status_code == 409
    page = world.client().get(reverse("certificates:certificate", args=[found.pk])).content.decode()
    assert "Print the original" not in page
    with acting_for(world.nppo.pk):
        assert not Print.objects.exists()


def test_a_pdf_that_is_being_made_is_not_counted(world: World) -> None:
    fresh = make_certificate(world.nppo, Status.ISSUED, by=world.desk, number="WS-2026-000008")
    answer = _start(world.client(), fresh)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    with acting_for(world.nppo.pk):
        assert not Print.objects.exists()


def test_who_does_not_work_at_the_desk_cannot_print(world: World) -> None:
    made, auditor = world.print(), make_membership(world.nppo, roles.AUDITOR)
    client = world.client(auditor)
    assert _start(client, world.found).status_code == 403
    assert client.get(world.address(made)).status_code == 403
    assert client.post(world.address(made), {"answer": "good", "serials": "A-1"}).status_code == 403
    assert client.get(world.address(made) + "pdf").status_code == 403
    with acting_for(world.nppo.pk), pytest.raises(workflow.PermissionDenied):
        prints.start(world.found, by=auditor)
    with acting_for(world.nppo.pk), pytest.raises(workflow.PermissionDenied):
        prints.tell(made, ["A-1"], is_good=True, by=auditor)
    assert "Not told yet" in client.get(reverse("certificates:certificate", args=[world.found.pk])).content.decode()


def test_a_print_belongs_to_its_certificate_and_its_nppo(world: World) -> None:
    made, other = world.print(), world.issued("WS-2026-000002")
    assert world.client().get(reverse("certificates:print", args=[other.pk, made.pk])).status_code == 404
    stranger = make_membership(NppoFactory(code="NZ"), roles.INSPECTOR)
    assert world.client(stranger).get(world.address(made)).status_code == 404
    assert _start(world.client(stranger), world.found).status_code == 404


# Two at once


def _together(*work: Any) -> None:
    start = threading.Barrier(len(work))

    def one(each: Any) -> None:
        start.wait()
        try:
            each()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(each,)) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


@at_commit
def test_two_desks_that_print_at_once_make_an_original_and_a_copy() -> None:
    world = World(numbered=False)
    _together(world.print, world.print)
    with acting_for(world.nppo.pk):
        assert sorted(Print.objects.values_list("copy", flat=True)) == [1, 2]


@at_commit
def test_two_desks_that_write_the_same_serial_at_once_get_one_sheet_and_one_answer(world: World) -> None:
    both, known = [world.print(), world.print(world.issued("WS-2026-000002"))], []

    def write(made: Print, *serials: str) -> None:
        try:
            world.tell(made, *serials)
        except prints.SheetKnown as error:
            known.append(error.sheet.serial)

    _together(lambda: write(both[0], "A-2", "A-1"), lambda: write(both[1], "A-1", "A-2"))
    assert len(known) == 1
    assert [serial for serial, _copy, _spoiled in world.sheets()] == ["A-1", "A-2"]
    with acting_for(world.nppo.pk):
        assert sorted(Print.objects.values_list("outcome", flat=True)) == ["asked", "good"]


# The register


def _register(world: World, **query: str) -> Any:
    return world.client().get(reverse("certificates:sheets"), query)


def test_the_register_is_searched_filtered_and_paged_by_the_address(world: World) -> None:
    world.tell(world.print(), "B-1", is_good=False)
    world.tell(world.print(), *(f"A-{n:03d}" for n in range(50)))
    first = _register(world)
    second = world.client().get(reverse("certificates:sheets") + first.context["next_url"])
    pages = [[sheet.serial for sheet in page.context["rows"]] for page in (first, second)]
    assert (len(pages[0]), pages[1]) == (50, ["B-1"])
    assert [s.serial for s in _register(world, q=" a-04").context["rows"]] == [f"A-{n:03d}" for n in range(49, 39, -1)]
    spoiled = _register(world, outcome="spoiled")
    assert [sheet.serial for sheet in spoiled.context["rows"]] == ["B-1"]
    assert spoiled.content.decode().count('<span class="pill bad">Spoiled</span>') == 1
    assert len(_register(world, outcome="used", q="B").context["rows"]) == 0
    assert "Nothing matches these filters" in _register(world, q="Z").content.decode()
    assert len(_register(world, outcome="nonsense", after="x").context["rows"]) == 50


def test_an_empty_register_says_what_will_stand_here(world: World) -> None:
    assert "They stand here then." in _register(world).content.decode()
    with acting_for(world.nppo.pk):
        world.nppo.prints_on_security_paper = False
        world.nppo.save(update_fields=["prints_on_security_paper"])
    assert "does not print on numbered security paper" in _register(world).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_register_costs_the_same_with_one_sheet_and_with_three(
    world: World, count: int, django_assert_num_queries: Any
) -> None:
    for n in range(count):
        world.tell(world.print(), f"A-{n}")
    client = world.client()
    client.get(reverse("certificates:sheets"))
    with django_assert_num_queries(11):
        client.get(reverse("certificates:sheets"))


def test_the_setting_is_the_administrator_s_and_is_told(world: World) -> None:
    admin = make_membership(world.nppo, roles.ADMINISTRATOR)
    page = world.client(admin).get(reverse("administration:settings")).content.decode()
    assert 'name="prints_on_security_paper"' in page
    said = {
        "name": world.nppo.name,
        "time_zone": "Pacific/Apia",
        "language": "en",
        "number_pattern": "{code}-{year}-{number}",
        "public_detail": "summary",
    }
    assert world.client(admin).post(reverse("administration:settings"), said).status_code == 302
    with acting_for(world.nppo.pk):
        assert not Nppo.objects.get(pk=world.nppo.pk).prints_on_security_paper
    assert (
        "Certificates are printed on numbered security paper"
        in (world.client(admin).get(reverse("administration:settings")).content.decode().split("Last changes")[1])
    )


# A number that was misread


def sheet(world: World, serial: str) -> Sheet:
    with acting_for(world.nppo.pk):
        return Sheet.objects.get(serial=serial, instead=None)


def correct(world: World, wrong: Sheet, serial: str, why: str = "Read again") -> Any:
    return world.client().post(reverse("certificates:sheet", args=[wrong.pk]), {"serial": serial, "why": why})


def test_a_misread_number_is_corrected_and_what_was_typed_stays_on_record(world: World) -> None:
    world.tell(world.print(), "A-0007")
    wrong = sheet(world, "A-0007")
    assert correct(world, wrong, "a-0001", "7 read for 1").status_code == 302
    right = sheet(world, "A-0001")
    assert (right.print_id, right.is_spoiled) == (wrong.print_id, False)
    register = world.client().get(reverse("certificates:sheets")).content.decode()
    assert "Misread: it was A-0001" in register
    assert register.count(">Correct<") == 1
    page = world.page()
    assert "A-0007 → A-0001. 7 read for 1" in page
    assert '<bdi dir="ltr" class="code">A-0007</bdi>' not in page
    world.tell(world.print(), "A-0007")  # it is the number of another sheet
    assert sheet(world, "A-0007").pk != wrong.pk


@pytest.mark.parametrize(
    ("typed", "why", "words"),
    [
        ("A-0001", "x", "Sheet A-0001 was used for WS-2026-000001 before."),
        ("A-0007", "x", "Sheet A-0007 was used for WS-2026-000001 before."),
        ("A 1", "x", "is no serial number"),
        ("A_1", "x", "is no serial number"),
        ("", "x", "Write the serial number that stands on the sheet."),
        ("A-0009", "", "Write the reason."),
    ],
)
def test_a_correction_that_is_none_changes_nothing(world: World, typed: str, why: str, words: str) -> None:
    world.tell(world.print(), "A-0001", "A-0007")
    before = world.sheets()
    answer = correct(world, sheet(world, "A-0007"), typed, why)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert world.sheets() == before


def test_a_corrected_sheet_is_not_corrected_twice(world: World) -> None:
    world.tell(world.print(), "A-0007")
    wrong = sheet(world, "A-0007")
    assert correct(world, wrong, "A-0001").status_code == 302
    assert world.client().get(reverse("certificates:sheet", args=[wrong.pk])).status_code == 409
    assert correct(world, wrong, "A-0002").status_code == 409
    assert [serial for serial, _copy, _spoiled in world.sheets()] == ["A-0001", "A-0007"]


def test_sheets_of_another_country_are_not_found(world: World) -> None:
    world.tell(world.print(), "A-0007")
    stranger = make_membership(NppoFactory(code="NZ"), roles.INSPECTOR)
    asked = acting_client(stranger).post(reverse("certificates:sheet", args=[sheet(world, "A-0007").pk]), {})
    assert asked.status_code == 404
