"""The NPPO's profile: names in the reader's language, arms in the bar and on paper, the stamp in its box, an address below."""

import io
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from certificates import pictures, printing
from certificates.models import Blob, Status
from certificates.paper import pdf
from gens.accounts import founding, roles
from gens.accounts.models import Event, Nppo
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, load, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db
URL = "/administration/profile/"


def drawn(size: tuple[int, int] = (1200, 600), mode: str = "RGBA", kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    colour = (11, 93, 59, 128)[: len(mode)]
    Image.new(mode, size, colour).save(out, kind)
    return out.getvalue()


class World:
    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.client = acting_client(self.admin)

    def save(self, **said: Any) -> Any:
        return self.client.post(URL, said)

    def fresh(self) -> Nppo:
        return Nppo.objects.get(pk=self.nppo.pk)


@pytest.fixture
def world() -> World:
    return World()


def uploaded(data: bytes, name: str = "a.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="image/png")


def test_the_name_in_the_readers_language_stands_in_the_bar(world: World) -> None:
    assert world.save(name_fr="Organisation de Samoa", name_ar="").status_code == 302
    world.admin.user.language = "fr"
    world.admin.user.save()
    assert "<b>Organisation de Samoa</b>" in world.client.get(URL).content.decode()
    assert world.fresh().names == {"fr": "Organisation de Samoa"}
    assert world.fresh().called("ru") == world.nppo.name
    assert world.save().status_code == 302
    assert world.fresh().names == {}
    with acting_for(world.nppo.pk):
        told = Event.objects.filter(changes__has_key="names").order_by("pk").values_list("changes", flat=True)
        assert [change["names"] for change in told] == [
            [{}, {"fr": "Organisation de Samoa"}],
            [{"fr": "Organisation de Samoa"}, {}],
        ]


def test_arms_are_kept_plain_and_small_in_the_bar(world: World) -> None:
    assert world.save(arms=uploaded(drawn())).status_code == 302
    sha256 = world.fresh().arms
    with acting_for(world.nppo.pk):
        kept = Image.open(io.BytesIO(bytes(Blob.objects.get(sha256=sha256).data)))
    assert (kept.mode, max(kept.size)) == ("RGB", pictures.EDGE)
    assert kept.getpixel((0, 0)) != (11, 93, 59)  # on white
    page = world.client.get(URL).content.decode()
    address = reverse("administration:picture", args=["emblem", sha256])
    assert f'src="{address}"' in page
    small = world.client.get(address)
    assert (small.headers["Content-Type"], "immutable" in small.headers["Cache-Control"]) == ("image/png", True)
    assert len(small.content) < 6000
    assert max(Image.open(io.BytesIO(small.content)).size) == pictures.SMALL
    assert world.save(no_arms="on").status_code == 302
    assert world.fresh().arms == ""
    assert world.client.get(address).status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        drawn()[:-20],
        drawn(kind="BMP", mode="RGB"),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"x" * 5_000_001,
    ],
    ids=["empty", "gif", "cut", "bmp", "svg", "large"],
)
def test_what_is_no_picture_is_refused_and_nothing_is_lost(world: World, data: bytes) -> None:
    answer = world.save(name_fr="Organisation", stamp=uploaded(data))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Organisation"' in page
    assert 'href="#id_stamp"' in page
    assert world.fresh().stamp == ""


def test_pictures_are_of_one_nppo_only(world: World) -> None:
    world.save(stamp=uploaded(drawn()))
    address = reverse("administration:picture", args=["stamp", world.fresh().stamp])
    assert world.client.get(address).status_code == 200
    stranger = make_membership(NppoFactory(code="NZ"), roles.ADMINISTRATOR)
    assert acting_client(stranger).get(address).status_code == 404


def test_the_paper_has_arms_stamp_and_address(world: World, tmp_path: Any) -> None:
    world.save(
        arms=uploaded(drawn()),
        stamp=uploaded(drawn((400, 400), "RGB")),
        address_en="PO Box 1874, Apia",
        address_fr="BP 1874",
    )
    certificate = make_certificate(world.fresh(), Status.DRAFT)
    with acting_for(world.nppo.pk):
        data = printing.preview(certificate)
    with pikepdf.open(io.BytesIO(data)) as printed:
        assert len(printed.pages) == 1
        assert len(printed.pages[0].get_images()) == 2
    (tmp_path / "a.pdf").write_bytes(data)
    assert "PO Box 1874, Apia" in _text(tmp_path / "a.pdf")


def _text(path: Any) -> str:
    import subprocess

    return subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout


def test_without_pictures_the_paper_asks_for_none() -> None:
    closed = pdf.Closed()
    with pytest.raises(ValueError, match="fetches nothing"):
        closed.fetch("gens:arms")
    assert pdf.Closed(pdf.Letterhead(arms=b"x")).fetch("gens:arms").read() == b"x"


def test_a_twin_has_no_name_that_hides_that_it_is_for_training(world: World) -> None:
    world.save(name_fr="Organisation de Samoa", arms=uploaded(drawn()))
    with acting_for(world.nppo.pk):
        twin = founding.make_twin(world.fresh(), by=world.admin)
    assert (twin.names, twin.arms, twin.stamp) == ({}, "", "")
    assert "TRAINING" in twin.called("fr")


def test_a_second_language_prints_beside_english_as_the_partner_wants_it(world: World) -> None:
    world.client.post(
        reverse("administration:partner", args=["NZ"]), {"way": "both", "language": "fr", "validity_days": "14"}
    )
    certificate = make_certificate(world.fresh(), Status.DRAFT, document=valid_document())
    with acting_for(world.nppo.pk):
        assert printing.second_language(certificate) == "fr"
        certificate.destination = "AU"
        assert printing.second_language(certificate) == ""
        certificate.nppo.paper_language = "ar"
        assert printing.second_language(certificate) == "ar"
        certificate.destination = "NZ"
        certificate.nppo.paper_language = ""
    world.client.post(reverse("administration:partner", args=["NZ"]), {"way": "both", "language": "en"})
    with acting_for(world.nppo.pk):
        certificate.nppo.paper_language = "ar"
        assert printing.second_language(certificate) == ""


def test_officers_are_told_the_last_day_on_which_goods_may_leave(world: World) -> None:
    officer = make_membership(world.nppo, roles.CERTIFYING_OFFICER)
    world.client.post(reverse("administration:partner", args=["NZ"]), {"way": "both", "validity_days": "14"})
    approved = make_certificate(world.fresh(), Status.APPROVED)
    page = acting_client(officer).get(reverse("certificates:act", args=[approved.pk, "issue"])).content.decode()
    assert "takes certificates up to 14 days old" in page
    old = make_certificate(
        world.fresh(),
        Status.ISSUED,
        number="WS-1",
        document=valid_document(number="WS-1", issued="2026-01-05T10:00:00+13:00"),
    )
    page = acting_client(officer).get(reverse("certificates:certificate", args=[old.pk])).content.decode()
    assert "19 January 2026" in page
    assert "past" in page


@pytest.mark.parametrize("days", ["0", "366", "-1", "soon"])
def test_a_limit_of_days_is_a_limit(world: World, days: str) -> None:
    answer = world.client.post(reverse("administration:partner", args=["NZ"]), {"way": "both", "validity_days": days})
    assert answer.status_code == 422
