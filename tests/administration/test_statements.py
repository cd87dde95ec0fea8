"""Statutory sentences: data with a source; a language stands alone only where the NPPO verified every sentence in it."""

from typing import Any

import pytest
from django.urls import reverse

from certificates import printing
from certificates.ephyto.document import Document, Note
from certificates.models import Certificate, Status
from certificates.paper.face import face
from certificates.paper.words import CURRENT, keys, sentence
from gens.accounts import roles
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, load, make_certificate, make_membership, re_export_document, valid_document

pytestmark = pytest.mark.django_db


class World:
    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        self.nppo.paper_language, self.nppo.paper_alone = "fr", True
        with acting_for(self.nppo.pk):
            self.nppo.save(update_fields=["paper_language", "paper_alone"])
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.client = acting_client(self.admin)

    def verify(self, key: str, language: str = "fr", **said: str) -> Any:
        return self.client.post(
            reverse("administration:statement", args=[key, language]), {"source": "ISPM 12 (fr), 2017, p. 20"} | said
        )

    def certificate(self, document: Document) -> Certificate:
        return make_certificate(self.nppo, Status.DRAFT, document=document)

    def spoken(self, document: Document) -> dict[str, Any]:
        certificate = self.certificate(document)
        with acting_for(self.nppo.pk):
            said = printing.languages(certificate, document)
        assert said.pop("template_version") == CURRENT
        return said


@pytest.fixture
def world() -> World:
    return World()


def test_every_row_names_a_source_and_only_english_comes_verified() -> None:
    for key in keys():
        for language in ("en", "fr", "es", "ar", "zh", "ru"):
            found = sentence(key, language)
            assert bool(found.text) == bool(found.source), (key, language)
            assert found.is_verified == (language == "en")


def test_a_language_stands_alone_when_every_sentence_of_the_certificate_is_verified(world: World) -> None:
    plain, with_clause = valid_document(statements=("1",)), valid_document(statements=("1", "2"))
    assert world.spoken(plain) == {"beside": "fr"}
    assert world.verify("certifying").status_code == 302
    assert world.spoken(plain)["language"] == "fr"
    assert world.spoken(with_clause) == {"beside": "fr"}
    assert world.verify("practically_free").status_code == 302
    assert world.spoken(with_clause)["language"] == "fr"
    assert world.spoken(valid_document(notes=(Note("SPSFL", "5"),))) == {"beside": "fr"}  # nobody gave us that sentence
    assert world.spoken(re_export_document()) == {"beside": "fr"}


def test_alone_means_that_no_english_sentence_prints(world: World) -> None:
    world.verify("certifying")
    document = valid_document()
    made = face(document, **world.spoken(document))
    boxes = {box.key: box for box in made.boxes}
    assert [text.language for text in boxes["certifying"].texts] == ["fr"]
    assert (boxes["exporter"].label, boxes["exporter"].beside) == ("Nom et adresse de l'exportateur", "")
    assert made.title == "Certificat phytosanitaire"


def test_what_was_verified_can_be_taken_back_and_both_stay_known(world: World) -> None:
    world.verify("certifying")
    assert world.verify("certifying", back="1").status_code == 302
    assert world.spoken(valid_document()) == {"beside": "fr"}
    page = world.client.get(reverse("administration:statement", args=["certifying", "fr"])).content.decode()
    assert page.count(world.admin.user.name) >= 2
    assert "ISPM 12 (fr), 2017, p. 20" in page


def test_nothing_is_verified_without_naming_the_official_text(world: World) -> None:
    answer = world.verify("certifying", source=" ")
    assert answer.status_code == 422
    assert "Name the official text." in answer.content.decode()
    assert world.spoken(valid_document()) == {"beside": "fr"}


@pytest.mark.parametrize(
    ("key", "language"), [("certifying", "en"), ("reexport", "fr"), ("nonsense", "fr"), ("certifying", "xx")]
)
def test_what_is_not_there_cannot_be_verified(world: World, key: str, language: str) -> None:
    assert world.verify(key, language).status_code == 404


def test_one_nppo_does_not_verify_for_another(world: World) -> None:
    other = NppoFactory(code="NZ")
    stranger = make_membership(other, roles.ADMINISTRATOR)
    acting_client(stranger).post(reverse("administration:statement", args=["certifying", "fr"]), {"source": "ISPM 12"})
    assert world.spoken(valid_document()) == {"beside": "fr"}


def test_the_page_says_where_english_prints(world: World) -> None:
    page = world.client.get(reverse("administration:statements")).content.decode()
    assert "English prints" in page
    assert "draft, unverified" in page
