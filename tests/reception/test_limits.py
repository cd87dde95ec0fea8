"""What one message may cost is a setting: lowered, it makes reception refuse; wrong, nothing starts."""

import hashlib
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as installed

from certificates import reception, storage
from certificates.ephyto.document import Attachment, Note
from certificates.ephyto.media import UNKNOWN
from certificates.ephyto.xml import DEFAULT_LIMITS, to_xml
from certificates.models import Blob
from gens.accounts.tenancy import acting_for
from tests.ephyto.files import image
from tests.factories import NppoFactory, valid_document

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = [b"a" * 900, image("PNG", size=(90, 90))]
BLOBS = {hashlib.sha256(data).hexdigest(): data for data in FILES}
ATTACHED = tuple(Attachment(sha256=sha256, filename="a", kind="ZZZ", number="1") for sha256 in BLOBS)
CONTENT = to_xml(valid_document(attachments=ATTACHED, notes=(Note("ADEDL", "free from pests", "en"),)), BLOBS).replace(
    b"<ram:ModeCode>", b"<ram:Odd>what no field holds</ram:Odd><ram:ModeCode>"
)


def test_without_a_setting_the_limits_are_those_of_the_message() -> None:
    assert asdict(DEFAULT_LIMITS) == installed.EPHYTO_LIMITS
    assert reception.limits() == DEFAULT_LIMITS


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("limit", "value", "words"),
    [
        ("bytes", 2_000, "The content has more than 2000 bytes."),
        ("depth", 5, "The content is nested deeper than 5 elements."),
        ("elements", 20, "The content has more than 20 elements."),
        ("attributes", 0, "The content has too many attributes."),
        ("attachments", 1, "The message has more than 1 attachments."),
        ("decoded_bytes", 800, "An attachment has more than 800 bytes."),
        ("further", 50, "The content has too much that no certificate holds."),
    ],
)
def test_a_lowered_limit_makes_reception_refuse(settings: Any, limit: str, value: int, words: str) -> None:
    assert reception.judge(CONTENT).verdict != "unreadable"
    settings.EPHYTO_LIMITS = {**settings.EPHYTO_LIMITS, limit: value}
    judgement = reception.judge(CONTENT)
    assert (judgement.verdict, judgement.message) == ("unreadable", words)


@pytest.mark.django_db
def test_an_image_of_more_pixels_is_kept_but_not_called_one(settings: Any) -> None:
    settings.EPHYTO_LIMITS = {**settings.EPHYTO_LIMITS, "pixels": 90 * 90 - 1}
    nppo = NppoFactory(code="NZ")
    with acting_for(nppo.pk):
        storage.keep_blobs(nppo.pk, BLOBS)
        assert set(Blob.objects.values_list("media_type", flat=True)) == {UNKNOWN}
        assert {bytes(blob.data) for blob in Blob.objects.all()} == set(FILES)


@pytest.mark.parametrize(
    ("name", "value", "range_"),
    [
        ("EPHYTO_MAX_BYTES", "10 MB", "from 1 to 1000000000"),
        ("EPHYTO_MAX_DEPTH", "1000", "from 16 to 128"),
        ("EPHYTO_MAX_PIXELS", "-1", "from 1 to 1000000000"),
        ("HUBCLIENT_MAX_BYTES", "1e7", "from 1 to 1000000000"),
    ],
)
def test_a_wrong_value_stops_everything_with_a_plain_sentence(name: str, value: str, range_: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import gens.wsgi"],
        cwd=ROOT, env={**os.environ, name: value}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stderr.rstrip().endswith(f"{name} is {value!r}: write a whole number {range_}.")


def test_a_setting_comes_from_the_environment() -> None:
    asked = "from gens.settings import EPHYTO_LIMITS as limits; print(limits['bytes'], limits['elements'])"
    environment = {**os.environ, "HUBCLIENT_MAX_BYTES": "5000", "EPHYTO_MAX_ELEMENTS": "70"}
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert done.stdout.split() == [b"5000", b"70"]
