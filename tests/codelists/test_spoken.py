"""What people write for a code, and lists that a page reads once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from codelists import lookup
from codelists.models import Code
from tests.factories import load

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lists() -> None:
    load()


def test_a_page_reads_each_list_once_and_the_next_page_reads_it_again() -> None:
    with CaptureQueriesContext(connection) as asked, lookup.read_once():
        first = lookup.choices("unit", "en", "WEIGHT")
        count = len(asked)
        assert lookup.choices("unit", "en", "WEIGHT") == first
        assert len(asked) == count
        assert lookup.choices("unit", "en", "VOLUME") != first
    Code.objects.filter(list="unit", code="KGM").update(names={"en": "kilo"})
    assert ("KGM", "kilo") in lookup.choices("unit", "en", "WEIGHT")


@pytest.mark.parametrize(
    ("list_name", "kind", "text", "codes"),
    [
        ("unit", "WEIGHT", "KGM", ["KGM"]),
        ("unit", "WEIGHT", "kg", ["KGM"]),
        ("unit", "WEIGHT", "KiloGram", ["KGM"]),
        ("unit", "VOLUME", "kg", []),
        ("country", "", "Côte d'Ivoire", ["CI"]),
        ("country", "", "cote d'ivoire", ["CI"]),
        ("country", "", "", []),
        ("package", "", "CT", ["CT"]),
    ],
)
def test_a_code_is_meant_by_its_code_its_symbol_or_a_name(
    list_name: str, kind: str, text: str, codes: list[str]
) -> None:
    assert lookup.Spoken().meant(list_name, kind, text) == codes


def test_a_name_of_two_codes_means_both_and_what_is_retired_is_meant_no_more() -> None:
    Code.objects.filter(list="package", code__in=["CT", "BX"]).update(names={"en": "pack of both"})
    assert lookup.Spoken().meant("package", "", "Pack of both") == ["BX", "CT"]
    Code.objects.filter(list="package", code="BX").update(is_active=False)
    assert lookup.Spoken().meant("package", "", "Pack of both") == ["CT"]
