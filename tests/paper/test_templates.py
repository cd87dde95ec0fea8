"""Which version of the models a certificate prints: the one in force on the day of its issue (IPPC XXI)."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.utils import timezone

from certificates import printing
from certificates.models import Message, Rendering, Status
from certificates.paper import words
from certificates.paper.words import Template
from gens.accounts.tenancy import acting_for
from hubclient.outbox import sha256
from tests.factories import NppoFactory, load, make_certificate, valid_document

OLD = Template(words.CURRENT, None, "the first")
ADOPTED = date(2026, 4, 2)
NEW = Template("ispm12-9999", ADOPTED, "a change that nobody adopted")
IN_FORCE = date(2026, 7, 1)


@pytest.fixture
def two_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second version, whose certifying statement is marked as such."""
    known = words._statements()
    changed = {
        (key, tongue, NEW.version): row | {"template_version": NEW.version, "text": f"NEW: {row['text']}"}
        for (key, tongue, _version), row in known.items()
    }
    monkeypatch.setattr(words, "templates", lambda: (OLD, NEW))
    monkeypatch.setattr(words, "_statements", lambda: known | changed)


def test_every_version_is_dated_and_has_every_sentence_in_english_with_its_source() -> None:
    versions = words.templates()
    assert versions[0].adopted is None  # so that each day has a version
    assert versions[-1].version == words.CURRENT
    assert all(row.adopted for row in versions[1:])
    keys = set(words.keys())
    for row in versions:
        assert row.source
        assert set(words.keys(row.version)) == keys
        assert all(words.sentence(key, "en", row.version).is_verified for key in keys)


def test_every_statutory_row_names_its_source_its_version_and_a_language_of_the_form() -> None:
    for (key, tongue, version), row in words._statements().items():
        assert row["source"].strip(), key
        assert row["text"].strip(), key
        assert version in {template.version for template in words.templates()}
        assert tongue in {words.short(language) for language in words.LANGUAGES}


@pytest.mark.usefixtures("two_versions")
@pytest.mark.parametrize(
    ("day", "version"),
    [
        (ADOPTED, OLD),
        (IN_FORCE - timedelta(days=1), OLD),
        (IN_FORCE, NEW),
        (date(2040, 1, 1), NEW),
        (date(1952, 4, 3), OLD),
    ],
)
def test_a_change_takes_effect_ninety_days_after_it_was_adopted(day: date, version: Template) -> None:
    assert words.version_on(day) == version.version


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
@pytest.mark.usefixtures("two_versions")
@pytest.mark.parametrize(
    ("issued", "version"), [("2026-06-30T23:00:00+13:00", OLD), ("2026-07-01T00:10:00+13:00", NEW)]
)
def test_a_certificate_prints_the_version_of_its_day_and_its_rendering_says_which(
    issued: str, version: Template, read_pdf: Callable[[bytes], str]
) -> None:
    load()
    nppo, document = NppoFactory(code="WS"), valid_document(number="WS-1", issued=issued)
    made = make_certificate(
        nppo, Status.ISSUED, number="WS-1", document=document, issued_at=timezone.now(), reference=""
    )
    with acting_for(nppo.pk):
        Message.objects.create(nppo=nppo, certificate=made, status_code="70", xml=b"<a/>", sha256=sha256(b"<a/>"))
    printing.render(made.pk, nppo.pk)
    with acting_for(nppo.pk):
        kept = Rendering.objects.get(certificate=made)
    assert kept.template_version == version.version
    assert ("NEW: This is to certify" in read_pdf(bytes(kept.pdf))) == (version is NEW)
