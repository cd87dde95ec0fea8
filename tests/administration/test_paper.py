"""The skin of the paper: looked at before it is kept, every version stays, and what is printed already never changes."""

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from playwright.sync_api import Browser

from certificates import printing, prints, skins
from certificates.models import Certificate, Direction, Message, PaperSkin, Rendering, Status
from certificates.paper import aligning
from certificates.paper.skins import USUAL, Skin, to_data
from gens.accounts import roles
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, load, make_certificate, make_membership, valid_document
from tests.paper.reading import place_of, text_of

pytestmark = pytest.mark.django_db
URL, PREVIEW = "/administration/paper/", "/administration/paper/example.pdf"
USUAL_FORM = {name: value for name, value in to_data(USUAL).items() if value is not False} | {
    "kind": "851",
    "tongue": "en",
}


class World:
    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.client = acting_client(self.admin)

    def save(self, seen: int = 0, **said: Any) -> Any:
        return self.client.post(URL, USUAL_FORM | {"seen": seen} | said)

    def look(self, **said: Any) -> Any:
        return self.client.post(PREVIEW, USUAL_FORM | said, follow=True)

    def versions(self) -> list[Skin]:
        with acting_for(self.nppo.pk):
            return [row.content for row in PaperSkin.objects.order_by("version")]

    def keep(self, **said: Any) -> None:
        with acting_for(self.nppo.pk):
            last = skins.current(self.nppo.pk)
            skins.keep(Skin(**said), seen=last.version if last else 0, by=self.admin)

    def issued(self, number: str = "WS-1") -> Certificate:
        made = make_certificate(
            self.nppo, Status.ISSUED, number=number,
            document=valid_document(number=number, issued="2026-07-15T10:42:00+13:00", officer="Sina Tuilagi"),
        )  # fmt: skip
        with acting_for(self.nppo.pk):
            Message.objects.create(nppo=self.nppo, certificate=made, status_code="70", xml=b"<a/>", sha256="0" * 64)
        printing.render(made.pk, self.nppo.pk)
        return made


@pytest.fixture
def world() -> World:
    return World()


def size_of(data: bytes) -> tuple[int, int]:
    with pikepdf.open(io.BytesIO(data)) as printed:
        return tuple(round(float(edge)) for edge in printed.pages[0].mediabox[2:])  # type: ignore[return-value]


def test_a_version_is_kept_and_the_event_tells_before_and_after(world: World) -> None:
    assert world.save(size="Letter", numbering="square").status_code == 302
    assert world.versions() == [Skin(size="Letter", numbering="square")]
    with acting_for(world.nppo.pk):
        event = skins.history(world.nppo.pk).get()
        assert event.changes == {"size": ["A4", "Letter"], "numbering": ["none", "square"]}
        assert event.by == world.admin
    page = world.client.get(URL).content.decode()
    assert "Size of the paper: <bdi>A4</bdi>" in page
    assert "<bdi>In small squares</bdi>" in page


def test_saving_what_is_kept_already_makes_no_version(world: World) -> None:
    assert world.save().status_code == 302
    assert world.versions() == []
    with acting_for(world.nppo.pk):
        assert not skins.history(world.nppo.pk).exists()


def test_back_to_the_usual_look_is_a_version_too(world: World) -> None:
    world.save(ink="#1b2a6b")
    assert world.client.post(URL, {"seen": 1, "usual": "1"}).status_code == 302
    assert world.versions() == [Skin(ink="#1b2a6b"), USUAL]
    assert "Back to the usual look" in world.client.get(URL).content.decode()  # in what happened


def test_what_somebody_saved_meanwhile_is_told_and_not_written_over(world: World) -> None:
    world.save(ink="#1b2a6b")
    answer = world.save(seen=0, ink="#6b1b1b")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert world.admin.user.name in page
    assert 'value="#6b1b1b"' in page
    assert world.versions() == [Skin(ink="#1b2a6b")]
    assert world.save(seen=1, ink="#6b1b1b").status_code == 302
    assert world.save(seen="x", ink="#000000").status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ink", "#ffcc00"), ("ink", "red"), ("ink", "#0a5233; background: url(https://example.org)"), ("ink", ""),
        ("size", "A3"), ("side_margin", "7"), ("side_margin", "nan"), ("side_margin", "inf"), ("head", "9mm"),
        ("across", "-20.5"), ("rules", "expression(1)"), ("signing_height", ""), ("tongue", "xx"), ("kind", "1"),
    ],
)  # fmt: skip
def test_what_is_no_value_is_refused_at_its_field(world: World, field: str, value: str) -> None:
    answer = world.save(**{field: value})
    assert answer.status_code == 422
    assert f'href="#id_{field}"' in answer.content.decode()
    assert world.look(**{field: value}).status_code == 422
    assert world.versions() == []


def test_a_skin_that_leaves_too_little_room_is_refused(world: World) -> None:
    answer = world.save(
        size="Letter", side_margin=20, end_margin=18, head=20, signing_height=34, languages="column", numbering="square"
    )
    assert answer.status_code == 422
    assert "too little room" in answer.content.decode()


def test_half_millimetres_are_shown_as_browsers_want_them_in_every_language(world: World) -> None:
    assert world.save(across="1.5").status_code == 302
    world.admin.user.language = "fr"
    world.admin.user.save()
    assert 'name="across" value="1.5"' in world.client.get(URL).content.decode()


def test_the_preview_is_the_paper_in_the_look_that_is_typed(world: World, tmp_path: Path) -> None:
    answer = world.look(size="Letter", numbering="round", tongue="es")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert size_of(answer.content) == (612, 792)
    words = text_of(answer.content, tmp_path)
    for word in ("(1)", "Certificado fitosanitario", "EXAMPLE-000123", world.nppo.name):
        assert word in words
    assert size_of(world.client.get(PREVIEW).content) == (595, 842)  # what is kept is as it was
    assert world.versions() == []


def test_only_our_own_pages_may_frame_the_preview(world: World) -> None:
    for answer in (world.client.get(PREVIEW), world.look(ink="red")):
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self';" in answer.headers["Content-Security-Policy"] + ";"
    page = world.client.get(URL)
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


def test_the_preview_of_a_re_export_has_its_own_sentence(world: World, tmp_path: Path) -> None:
    assert "covered by Phytosanitary Certificate No. BE-677636" in text_of(world.look(kind="657").content, tmp_path)


# --- printing -----------------------------------------------------------------------------------------------------------


def test_certificates_print_in_the_skin_of_their_day_and_keep_it(world: World, tmp_path: Path) -> None:
    before = world.issued("WS-1")
    world.keep(size="Letter", numbering="plain")
    after = world.issued("WS-2")
    world.keep(size="A4")
    with acting_for(world.nppo.pk):
        first, second = (Rendering.objects.get(certificate=each) for each in (before, after))
        assert first.skin is None
        assert second.skin is not None
        assert second.skin.version == 1
        assert [size_of(bytes(each.pdf)) for each in (first, second)] == [(595, 842), (612, 792)]
        assert skins.printed(before) == USUAL
        assert skins.printed(after) == Skin(size="Letter", numbering="plain")
        printing.render(after.pk, world.nppo.pk)
        assert bytes(Rendering.objects.get(certificate=after).pdf) == bytes(second.pdf)


def test_the_screen_shows_the_numbers_of_the_paper(world: World) -> None:
    officer = acting_client(make_membership(world.nppo, roles.CERTIFYING_OFFICER))
    world.keep(numbering="round")
    made = world.issued()
    world.keep(numbering="none")
    page = officer.get(reverse("certificates:certificate", args=[made.pk])).content.decode()
    assert '<b class="number">(3)</b> Name and address of exporter' in page
    draft = make_certificate(world.nppo, Status.SUBMITTED)
    assert 'class="number"' not in officer.get(reverse("certificates:certificate", args=[draft.pk])).content.decode()


def test_versions_never_change_and_are_of_one_nppo(world: World) -> None:
    world.keep(size="Letter")
    stranger = NppoFactory(code="NZ")
    with acting_for(stranger.pk):
        assert skins.of(stranger.pk) == USUAL
        assert not PaperSkin.objects.exists()
    with acting_for(world.nppo.pk):
        row = PaperSkin.objects.get()
        row.data = to_data(USUAL)
        with pytest.raises(DatabaseError), transaction.atomic():
            row.save()
        with pytest.raises(DatabaseError), transaction.atomic():
            row.delete()
        with pytest.raises(IntegrityError), transaction.atomic():
            PaperSkin.objects.create(nppo=world.nppo, version=1, data={})


def test_a_reproduction_has_our_size_and_the_look_of_nobody(world: World, tmp_path: Path) -> None:
    world.keep(size="Letter", numbering="plain", ink="#1b2a6b")
    received = make_certificate(
        world.nppo, Status.RECEIVED, direction=Direction.RECEIVED, counterpart="AR", number="AR-1",
        document=valid_document(number="AR-1", issued="2026-07-15T10:42:00+13:00"),
    )  # fmt: skip
    with acting_for(world.nppo.pk):
        message = Message.objects.create(
            nppo=world.nppo, certificate=received, status_code="70", xml=b"<a/>", sha256="0" * 64
        )
        data = printing.reproduction(received, message)
    assert size_of(data) == (612, 792)
    assert "1. Plant" not in text_of(data, tmp_path)


# --- sheets that are printed already ------------------------------------------------------------------------------------


def test_prints_on_printed_sheets_have_data_alone_and_downloads_are_whole(world: World, tmp_path: Path) -> None:
    world.keep(is_preprinted=True, across=3, down=-2.5)
    made = world.issued()
    officer = make_membership(world.nppo, roles.CERTIFYING_OFFICER)
    with acting_for(world.nppo.pk):
        kept = Rendering.objects.get()
        first, again = (printing.pages(prints.start(made, by=officer)) for _ in range(2))
    assert first is not None
    assert again is not None
    whole, sheet, copy = (text_of(data, tmp_path) for data in (bytes(kept.pdf), first, again))
    assert "This is to certify" in whole
    assert "Name and address of exporter" in whole
    for words in (sheet, copy):
        assert "Upolu Growers Ltd" in words
        assert "This is to certify" not in words
        assert "Name and address of exporter" not in words
    with pikepdf.open(io.BytesIO(again)) as printed:
        assert "(COPY)" in str(printed.docinfo.get("/Title", "")) + str(printed.open_metadata().get("dc:title"))
    moved, still = (place_of(data, "Upolu", tmp_path) for data in (first, bytes(kept.pdf)))
    across, down = ((a - b) * 25.4 / 72 for a, b in zip(moved, still, strict=True))
    assert (across, down) == pytest.approx((3, -2.5), abs=0.05)


def test_a_spoiled_sheet_prints_again_where_the_printer_puts_it_now(world: World, tmp_path: Path) -> None:
    world.keep(is_preprinted=True)
    made = world.issued()
    world.keep(is_preprinted=True, across=5)
    officer = make_membership(world.nppo, roles.CERTIFYING_OFFICER)
    with acting_for(world.nppo.pk):
        data = printing.pages(prints.start(made, by=officer))
        assert data is not None
        kept = Rendering.objects.get()
        assert kept.sheet is not None
        still = place_of(bytes(kept.sheet), "Upolu", tmp_path)
    assert (place_of(data, "Upolu", tmp_path)[0] - still[0]) * 25.4 / 72 == pytest.approx(5, abs=0.05)


def test_links_move_with_the_page_and_attachments_stay(world: World) -> None:
    data = printing.example(world.nppo, USUAL, kind="851", beside="en")
    moved = aligning.moved(data, 10, 4)
    with pikepdf.open(io.BytesIO(data)) as before, pikepdf.open(io.BytesIO(moved)) as after:
        (old,), (new,) = (list(each.pages[0].Annots) for each in (before, after))
        steps = [float(b) - float(a) for a, b in zip(old.Rect, new.Rect, strict=True)]
    assert steps == pytest.approx([28.35, -11.34, 28.35, -11.34], abs=0.05)
    assert aligning.moved(data, 0, 0) == data


def test_the_test_print_has_rulers_through_the_corners_of_the_frame(world: World, tmp_path: Path) -> None:
    answer = world.look(rulers="1", side_margin=15, head=10, end_margin=14)
    for number in ("-15", "-5", "5", "15", "20"):
        assert number in text_of(answer.content, tmp_path).split()
    zero = place_of(answer.content, "20", tmp_path)
    assert zero[0] * 25.4 / 72 == pytest.approx(15 + 20 - 1, abs=1)
    assert (tmp_path / "read.pdf").exists()


def test_qpdf_finds_nothing_wrong_with_moved_pages_and_rulers(world: World, tmp_path: Path) -> None:
    import subprocess

    world.keep(is_preprinted=True, across=3, down=-2.5)
    path = tmp_path / "rulers.pdf"
    path.write_bytes(world.look(rulers="1", across=-4, down=7, is_bare="on").content)
    done = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_whatever_is_changed_is_shown_at_once_in_the_frame(live_server: Any, browser: Browser) -> None:
    world = World()
    context = browser.new_context(bypass_csp=False)
    context.add_cookies(
        [{"name": n, "value": m.value, "url": live_server.url} for n, m in world.client.cookies.items()]
    )  # type: ignore[typeddict-item]
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)

    def shown(value: str) -> Any:
        return page.expect_response(
            lambda answer: PREVIEW in answer.url and value in answer.url and answer.status == 200
        )

    with shown("size=A4"):
        page.goto(live_server.url + URL)  # as it is kept
    pages = page.evaluate("history.length")
    with shown("size=Letter"):
        page.select_option("#id_size", "Letter")
    with shown("numbering=round"):
        page.select_option("#id_numbering", "round")  # and again, at once
    page.fill("#id_head", "9.5")
    with shown("head=9.5"):
        page.click("#preview")  # who asks for it has it in the frame too
    with shown("head=9&"):
        page.fill("#id_head", "9")
        page.click("#preview")
    assert page.url == live_server.url + URL
    assert page.evaluate("history.length") == pages  # one step back leaves the page
    assert refused == []
    page.click("button.go")
    page.wait_for_load_state()
    assert world.versions() == [Skin(size="Letter", numbering="round")]
    context.close()


def test_english_prints_alone_or_with_each_other_language(world: World) -> None:
    page = world.client.get(URL).content.decode()
    assert '<option value="en" selected>English</option>' in page
    assert '<option value="fr">English and ' in page
    assert "English and English" not in page
