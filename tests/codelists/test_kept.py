"""What a process keeps of the shared lists is never older than the database."""

from datetime import date
from threading import Thread
from unittest import mock

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from codelists import kept, lookup
from codelists.models import Choice, Code
from gens.accounts.tenancy import acting_for
from tests.factories import NppoFactory


def colour(code: str, name: str) -> Code:
    return Code.objects.create(list="condition", code=code, names={"en": name}, source="x")


def names() -> list[str]:
    return [name for _code, name in lookup.choices("condition", "en")]


@pytest.mark.django_db
def test_what_is_added_renamed_retired_or_deleted_shows_at_the_next_question():
    red = colour("R", "Red")
    assert names() == ["Red"]
    colour("B", "Blue")
    assert names() == ["Blue", "Red"]
    Code.objects.filter(pk=red.pk).update(names={"en": "Crimson"})
    assert names() == ["Blue", "Crimson"]
    Code.objects.filter(pk=red.pk).update(is_active=False)
    assert names() == ["Blue"]
    assert lookup.name_of("condition", "R", "en") == "Crimson"  # old certificates show what was printed
    red.delete()
    assert lookup.by_code("condition", "R") is None


@pytest.mark.django_db
def test_what_was_taken_back_is_not_kept():
    colour("R", "Red")
    with pytest.raises(RuntimeError), transaction.atomic():
        colour("B", "Blue")
        assert names() == ["Blue", "Red"]
        raise RuntimeError
    assert names() == ["Red"]


@pytest.mark.django_db
def test_the_rows_are_read_once_and_what_an_nppo_calls_them_stays_its_own():
    colour("R", "Red")
    samoa, ghana = NppoFactory(code="WS"), NppoFactory(code="GH")
    with acting_for(samoa.pk):
        Choice.objects.create(nppo=samoa, list="condition", code="R", names={"en": "Ours"}, position=3)
        assert names() == ["Ours"]
    with acting_for(ghana.pk), CaptureQueriesContext(connection) as asked:
        assert names() == ["Red"]
    assert not [query["sql"] for query in asked if 'FROM "codelists_code"' in query["sql"]]


@pytest.mark.django_db
def test_a_page_asks_for_the_stamp_and_for_the_choices_of_its_nppo_once():
    colour("R", "Red")
    nppo = NppoFactory()
    with acting_for(nppo.pk), CaptureQueriesContext(connection) as asked, lookup.read_once():
        names()
        lookup.choices("unit", "en", "WEIGHT")
        lookup.name_of("condition", "R", "en")
        lookup.Codes().known("package", "CT")
    sent = [query["sql"] for query in asked]
    assert sum("codelists_stamp" in sql for sql in sent) == 1
    assert sum("codelists_choice" in sql for sql in sent) == 1


@pytest.mark.django_db(transaction=True)
def test_while_another_session_changes_a_list_the_old_one_is_good_until_it_commits():
    colour("R", "Red")
    seen = []

    def elsewhere() -> None:
        seen.append(names())
        connection.close()

    with transaction.atomic():
        colour("B", "Blue")
        mine = names()
        other = Thread(target=elsewhere)
        other.start()
        other.join()
    assert (mine, seen) == (["Blue", "Red"], [["Red"]])
    assert names() == ["Blue", "Red"]
    assert kept.stamp() is not None


@pytest.mark.django_db
def test_the_order_of_a_list_is_of_its_language_and_of_today():
    Code.objects.create(list="condition", code="1", names={"en": "Alive", "fr": "Vivant"}, source="x")
    Code.objects.create(list="condition", code="2", names={"en": "Dry", "fr": "Sec"}, source="x")
    Code.objects.create(list="condition", code="3", names={"en": "New"}, valid_from=date(2026, 7, 2), source="x")
    for _ in range(2):  # as kept too
        assert [name for _code, name in lookup.choices("condition", "fr")] == ["New", "Sec", "Vivant"]
        assert names() == ["Alive", "Dry", "New"]
    for day, are_there in ((date(2026, 7, 1), False), (date(2026, 7, 2), True), (date(2026, 7, 1), False)):
        with mock.patch("django.utils.timezone.localdate", return_value=day):
            assert ("New" in names()) is are_there
            assert lookup.Codes().known("condition", "3") is are_there
