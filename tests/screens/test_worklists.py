"""Worklists: whose, which state, filters in the address, pages both ways, filters that are kept."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from certificates import attending
from certificates.ephyto.document import Country, Party
from certificates.models import Certificate, SavedFilter, Status
from certificates.views import counting, filtering, paging
from gens.accounts import roles
from gens.accounts.models import Event, Membership, Nppo
from gens.accounts.tenancy import acting_for
from tests.factories import NppoFactory, OfficeFactory, load, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db


@pytest.fixture
def nppo() -> Nppo:
    made: Nppo = NppoFactory(code="WS")
    return made


@pytest.fixture
def inspector(nppo: Nppo) -> Membership:
    return make_membership(nppo, roles.INSPECTOR)


@pytest.fixture
def officer(nppo: Nppo) -> Membership:
    return make_membership(nppo, roles.CERTIFYING_OFFICER)


def numbers(client: Client, address: str) -> list[str]:
    response = client.get(address)
    assert response.status_code == 200, address
    return [str(row) for row in response.context["rows"]]


def issue(nppo: Nppo, number: str, *, by: Membership | None = None, days: int = 0, **fields: Any) -> Certificate:
    fields.setdefault("document", valid_document(number=number, issued="2026-07-15T10:42:00+13:00"))
    since = timezone.now() - timedelta(days=days)
    return make_certificate(nppo, Status.ISSUED, by=by, number=number, status_since=since, holder=None, **fields)


def counts(response: Any, kind: str) -> dict[str, int | None]:
    return {str(chip["label"]): chip["count"] for chip in response.context[kind]}


# whose


def test_mine_my_office_s_and_the_nppo_s(nppo: Nppo, inspector: Membership, signed_in: Any) -> None:
    neighbour = make_membership(nppo, roles.INSPECTOR)
    with acting_for(nppo.pk):
        elsewhere = OfficeFactory(nppo=nppo, name="Savai'i office")
    distant = make_membership(nppo, roles.INSPECTOR)
    for by, reference in ((inspector, "D-1"), (neighbour, "D-2")):
        make_certificate(nppo, Status.DRAFT, by=by, reference=reference)
    make_certificate(nppo, Status.DRAFT, by=distant, reference="D-3", office=elsewhere)
    client = signed_in(inspector)
    assert set(numbers(client, "/list/drafts/?whose=mine")) == {"D-1"}
    assert set(numbers(client, "/list/drafts/?whose=office")) == {"D-1", "D-2"}
    assert set(numbers(client, "/list/drafts/")) == {"D-1", "D-2", "D-3"}
    assert counts(client.get("/list/drafts/"), "scopes") == {"Mine": 1, "My office's": 2, "All of the NPPO": 3}


def test_mine_are_those_i_hold_drafted_issued_or_decided(
    nppo: Nppo, inspector: Membership, officer: Membership, signed_in: Any
) -> None:
    issue(nppo, "WS-1", by=inspector, issued_by=officer)
    issue(nppo, "WS-2", by=inspector)
    assert numbers(signed_in(officer), "/list/issued/?whose=mine") == ["WS-1"]
    assert set(numbers(signed_in(inspector), "/list/issued/?whose=mine")) == {"WS-1", "WS-2"}
    importer = make_membership(nppo, roles.IMPORT_OFFICER)
    for number, fields in (("NZ-1", {"decided_by": importer}), ("NZ-2", {})):
        make_certificate(
            nppo, Status.ACCEPTED, direction="received", number=number, counterpart="NZ", **fields
        )  # fmt: skip
    assert numbers(signed_in(importer), "/list/decided/?whose=mine") == ["NZ-1"]


def test_the_choice_stands_in_the_address_and_is_not_remembered(
    nppo: Nppo, inspector: Membership, signed_in: Any
) -> None:
    make_certificate(nppo, Status.DRAFT, by=make_membership(nppo, roles.INSPECTOR))
    client = signed_in(inspector)
    assert numbers(client, "/list/drafts/?whose=mine") == []
    assert len(numbers(client, "/list/drafts/")) == 1
    page = client.get("/list/drafts/?whose=mine&q=taro")
    assert all("whose=mine" in chip["url"] and "q=taro" in chip["url"] for chip in page.context["states"])


# which state


def test_new_opened_and_waiting_are_told_apart(
    nppo: Nppo, inspector: Membership, officer: Membership, signed_in: Any
) -> None:
    new, opened, waiting = (
        make_certificate(nppo, Status.SUBMITTED, by=inspector, holder=None, reference=f"D-{n}") for n in (1, 2, 3)
    )
    make_certificate(nppo, Status.APPROVED, by=inspector, holder=None, reference="D-4")
    with acting_for(nppo.pk):
        attending.take(opened, by=officer)
        attending.wait(waiting, by=officer, lacking="A record")
    client = signed_in(officer)
    for key, expected in (("new", ["D-1"]), ("taken", ["D-2"]), ("waiting", ["D-3"]), ("approved", ["D-4"])):
        assert numbers(client, f"/list/submitted/?status={key}") == expected
    assert set(numbers(client, "/list/submitted/?status=submitted")) == {"D-1", "D-2", "D-3"}, "an address of before"
    page = client.get("/list/submitted/")
    assert counts(page, "states") == {"All": 4, "New": 1, "Opened": 1, "Waiting for information": 1, "Approved": 1}
    assert page.content.decode().count('<span class="pill wait" title="A record">Waiting for information</span>') == 1
    assert new.holder is None


def test_received_ones_that_wait(nppo: Nppo, signed_in: Any) -> None:
    importer = make_membership(nppo, roles.IMPORT_OFFICER)
    first, second, _third = (
        make_certificate(nppo, Status.RECEIVED, direction="received", number=f"NZ-{n}", counterpart="NZ")
        for n in (1, 2, 3)
    )
    with acting_for(nppo.pk):
        attending.take(first, by=importer)
        attending.wait(second, by=importer, lacking="The original")
    client = signed_in(importer)
    for key, expected in (("received", ["NZ-3"]), ("opened", ["NZ-1"]), ("waiting", ["NZ-2"])):
        assert numbers(client, f"/list/received/?status={key}") == expected


# filters


@pytest.fixture
def four(nppo: Nppo, officer: Membership) -> None:
    for number, exporter, to, day, days in (
        ("WS-1", "Bananera Peñafiel S.A.", "EC", "2026-07-01", 40),
        ("WS-2", "Upolu Growers Ltd", "NZ", "2026-07-10", 20),
        ("WS-3", "Savai'i Co-operative", "NZ", "2026-07-20", 10),
        ("WS-4", "УПОЛУ ООО", "AU", "2026-07-31", 1),
    ):
        document = valid_document(
            number=number, exporter=Party(exporter, ("x",)), import_country=Country(to, to),
            issued=f"{day}T08:00:00+13:00",
        )  # fmt: skip
        issue(nppo, number, by=officer, days=days, document=document)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("partner=NZ", {"WS-2", "WS-3"}),
        ("partner=XX", set()),
        ("party=penafiel", {"WS-1"}),
        ("party=PEÑAFIEL", {"WS-1"}),
        ("party=%D1%83%D0%BF%D0%BE%D0%BB%D1%83", {"WS-4"}),
        ("party=up", {"WS-2"}),
        ("party=pasifika", set()),  # the consignee's name
        ("q=pasifika", {"WS-1", "WS-2", "WS-3", "WS-4"}),
        ("q=100%25", set()),
        ("q=_S-1", set()),
        ("since=2026-07-10", {"WS-2", "WS-3", "WS-4"}),
        ("until=2026-07-10", {"WS-1", "WS-2"}),
        ("since=2026-07-10&until=2026-07-20", {"WS-2", "WS-3"}),
        ("since=2026-08-10&until=2026-07-20", set()),
        ("age=15", {"WS-1", "WS-2"}),
        ("partner=NZ&age=15&q=taro", {"WS-2"}),
    ],
)
def test_filters(four: None, officer: Membership, signed_in: Any, query: str, expected: set[str]) -> None:
    assert set(numbers(signed_in(officer), f"/list/issued/?{query}")) == expected


@pytest.mark.parametrize(
    "query",
    [
        "whose=nobody", "status=draft", "status='; DROP", "since=yesterday", "since=2026-02-31", "until=9999-99-99",
        "age=-1", "age=x", "age=%D9%A3", "age=99999999999999", "sort=document", "sort=-status", "q=%00", "partner=%00",
        "party=%00%00", "after=garbage", "after=1~", "after=~2026-07-01", "before=1~2026-07-01T00:00:00",
        "after=99999999999999999999999~2026-07-01T00:00:00%2B00:00", "sort=number&after=1~%00", "before=x~y", "q=%FF%FE",
        "after=1~0001-01-01T00:00:00%2B23:59", "before=1~9999-12-31T23:59:59-23:59",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["issued", "drafts"])
def test_what_somebody_typed_wrong_breaks_nothing(
    four: None, officer: Membership, signed_in: Any, name: str, query: str
) -> None:
    client = signed_in(officer)
    assert client.get(f"/list/{name}/?{query}").status_code == 200
    assert b"".join(client.get(f"/list/{name}/export/csv?{query}").streaming_content).startswith(b"\xef\xbb\xbf")
    assert client.get(f"/search/?{query}").status_code == 200


def test_a_count_stops_and_says_so(
    nppo: Nppo, inspector: Membership, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from certificates.templatetags import gens

    for _ in range(4):
        make_certificate(nppo, Status.DRAFT, by=inspector)
    monkeypatch.setattr(counting, "MOST", 2)
    monkeypatch.setattr(gens, "MOST", 2)
    page = signed_in(inspector).get("/list/drafts/")
    assert counts(page, "states")["All"] == 3
    assert page.content.decode().count('<bdi dir="ltr">2+</bdi>') >= 3
    assert [gens.many(n) for n in (0, 2, 3)] == ["0", "2", "2+"]


def test_with_a_filter_nothing_is_counted(four: None, officer: Membership, signed_in: Any) -> None:
    page = signed_in(officer).get("/list/issued/?q=taro")
    assert set(counts(page, "states").values()) == {None}


def test_each_reader_has_the_tabs_and_the_counts_of_what_they_may_read(nppo: Nppo, signed_in: Any) -> None:
    """The query is kept from one reader to the next."""
    other = NppoFactory(code="NZ")
    for of in (nppo, nppo, other):
        make_certificate(of, Status.DRAFT, by=make_membership(of, roles.INSPECTOR))
    make_certificate(nppo, Status.RECEIVED, direction="received", number="NZ-1", counterpart="NZ", holder=None)
    readers = [make_membership(nppo, roles.INSPECTOR), make_membership(nppo, roles.IMPORT_OFFICER),
               make_membership(nppo, roles.AUDITOR), make_membership(other, roles.INSPECTOR)]  # fmt: skip
    pages = [signed_in(reader).get(reverse("certificates:worklist", args=[name]))
             for reader, name in zip(readers, ("drafts", "received", "drafts", "drafts"), strict=True)]  # fmt: skip
    drafts = {"drafts": 2, "submitted": 0, "issued": None}
    assert [tabs(page) for page in pages] == [
        drafts, {"received": 1, "decided": None}, drafts | {"received": 1, "decided": None}, drafts | {"drafts": 1}
    ]  # fmt: skip


def tabs(response: Any) -> dict[str, int | None]:
    return {tab["url"].split("/")[2]: tab["count"] for tab in response.context["tabs"]}


def test_counting_nothing_costs_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert counting.bounded({}) == {}
        assert counting.bounded({"none": Certificate.objects.none()}) == {"none": 0}


def test_the_countries_that_occur(four: None, nppo: Nppo, officer: Membership, signed_in: Any) -> None:
    load()
    make_certificate(nppo, Status.ACCEPTED, direction="received", number="KE-1", counterpart="KE")
    make_certificate(NppoFactory(code="NZ"), Status.ISSUED, number="NZ-1", document=valid_document(number="NZ-1"))
    page = signed_in(officer).get("/list/issued/")
    assert page.context["partners"] == [("AU", "Australia"), ("EC", "Ecuador"), ("NZ", "New Zealand")]
    with acting_for(nppo.pk):
        assert counting.countries(nppo.pk, "received") == ["KE"]
        assert counting.countries(nppo.pk + 999, "received") == []


def test_short_words_are_looked_for_in_the_first_rows(
    four: None, officer: Membership, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "NEAR", 2)
    client = signed_in(officer)
    assert numbers(client, "/list/issued/?q=ws") == ["WS-4", "WS-3"]
    assert "Words of one or two letters" in client.get("/list/issued/?q=ws").content.decode()
    assert numbers(client, "/search/?q=ws") == ["WS-4", "WS-3"]
    assert len(numbers(client, "/list/issued/?q=ws-")) == 4
    assert client.get("/search/?q=s-").context["is_short"] is True


# order and pages


def test_order(four: None, officer: Membership, signed_in: Any) -> None:
    client = signed_in(officer)
    for sort, expected in (("", "4321"), ("oldest", "1234"), ("number", "1234"), ("-number", "4321")):
        assert numbers(client, f"/list/issued/?sort={sort}") == [f"WS-{n}" for n in expected]
    page = client.get("/list/issued/?sort=-number")
    assert page.context["heads"]["number"] == {"url": "?sort=number", "sorted": "descending"}
    assert page.content.decode().count('aria-sort="descending"') == 1
    assert "number" not in client.get("/list/drafts/").context["heads"], "drafts have no number"


def test_what_is_asked_for_by_days_comes_in_their_order(
    nppo: Nppo, four: None, officer: Membership, signed_in: Any
) -> None:
    client = signed_in(officer)
    with acting_for(nppo.pk):  # a late change of an early certificate
        Certificate.objects.filter(number="WS-1").update(status_since=timezone.now())
    assert numbers(client, "/list/issued/") == ["WS-1", "WS-4", "WS-3", "WS-2"]
    assert numbers(client, "/list/issued/?sort=issued") == ["WS-1", "WS-2", "WS-3", "WS-4"]
    page = client.get("/list/issued/?since=2026-07-01&sort=oldest")  # there is no such order among days
    assert [str(row) for row in page.context["rows"]] == ["WS-4", "WS-3", "WS-2", "WS-1"]
    assert [key for key, _label in page.context["orders"]] == ["-issued", "issued", "number", "-number"]
    assert '<option value="-issued" selected>' in page.content.decode()
    assert "since" not in page.context["heads"]
    file = b"".join(client.get("/list/issued/export/csv?until=2026-07-20").streaming_content).decode()
    assert file.index("WS-3") < file.index("WS-2") < file.index("WS-1")
    theirs = signed_in(make_membership(nppo, roles.IMPORT_OFFICER)).get("/list/decided/")
    assert "issued" not in dict(theirs.context["orders"]), "theirs may lack a day"


@pytest.mark.parametrize("sort", list(paging.ORDERS))
def test_pages_lead_forwards_and_back_to_the_same_rows(
    nppo: Nppo, officer: Membership, signed_in: Any, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(paging, "PAGE", 2)
    same = timezone.now()
    for n in range(7):  # three at the same moment
        certificate = issue(nppo, f"WS-{n}", by=officer)
        if n < 3:
            with acting_for(nppo.pk):
                Certificate.objects.filter(pk=certificate.pk).update(status_since=same)
    client, address = signed_in(officer), f"/list/issued/?sort={sort}"
    forwards, pages = [], []
    while address:
        page = client.get(address)
        pages.append(numbers(client, address))
        forwards += pages[-1]
        before, address = address, page.context["next_url"] and "/list/issued/" + page.context["next_url"]
    assert sorted(forwards) == [f"WS-{n}" for n in range(7)]
    assert [len(rows) for rows in pages] == [2, 2, 2, 1]
    back = client.get(before)
    for expected in reversed(pages[:-1]):
        back = client.get("/list/issued/" + back.context["previous_url"])
        assert [str(row) for row in back.context["rows"]] == expected
    assert back.context["previous_url"] == ""
    assert back.context["next_url"]


def test_what_comes_meanwhile_makes_the_way_back_end_at_a_whole_first_page(
    nppo: Nppo, officer: Membership, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE", 2)
    for n in range(4):
        issue(nppo, f"WS-{n}", by=officer)
    client = signed_in(officer)
    second = client.get("/list/issued/" + client.get("/list/issued/").context["next_url"])
    issue(nppo, "WS-9", by=officer)
    first = client.get("/list/issued/" + second.context["previous_url"])
    assert [str(row) for row in first.context["rows"]] == ["WS-3", "WS-2"]
    newest = client.get("/list/issued/" + first.context["previous_url"])
    assert [str(row) for row in newest.context["rows"]] == ["WS-9", "WS-3"]


@pytest.mark.parametrize("address", ["/list/issued/?whose=mine&sort=number&q=ws-", "/search/?q=ws-"])
def test_lists_cost_the_same_with_one_row_and_with_three(
    nppo: Nppo, officer: Membership, signed_in: Any, address: str
) -> None:
    """Two with search, as one alone is opened at once."""
    client, taken = signed_in(officer), []
    for batch in (2, 2):
        for _ in range(batch):
            issue(nppo, f"WS-{len(taken)}-{_}", by=officer)
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert len(numbers(client, address)) == batch * (len(taken) + 1)
        taken.append(len(captured))
    assert taken[0] == taken[1]


@pytest.mark.parametrize("near", [1, 3, 100])
@pytest.mark.parametrize("sort", list(paging.ORDERS))
def test_words_are_found_whether_they_are_common_or_rare(
    four: None, officer: Membership, signed_in: Any, monkeypatch: pytest.MonkeyPatch, near: int, sort: str
) -> None:
    """Among the first rows, or by the index: what is shown, and in which order, is the same."""
    monkeypatch.setattr(paging, "NEAR", near)
    monkeypatch.setattr(paging, "PAGE", 2)
    client = signed_in(officer)
    page = client.get(f"/list/issued/?q=taro&sort={sort}")
    rows = [str(row) for row in page.context["rows"]]
    rows += numbers(client, "/list/issued/" + page.context["next_url"])
    assert rows == [f"WS-{n}" for n in ("1234" if sort in ("oldest", "number", "issued") else "4321")]
    assert numbers(client, f"/list/issued/?q=penafiel&sort={sort}") == ["WS-1"]


# filters that are kept


def keep(client: Client, name: str, query: str, worklist: str = "issued") -> Any:
    return client.post(f"/list/{worklist}/filters/", {"name": name, "query": query})


def test_filters_are_kept_under_a_name(four: None, nppo: Nppo, officer: Membership, signed_in: Any) -> None:
    client = signed_in(officer)
    response = keep(client, "  To   New Zealand ", "?partner=NZ&after=garbage&nonsense=1&age=15")
    assert response.status_code == 302
    assert response.url == "/list/issued/?partner=NZ&age=15"
    page = client.get(response.url)
    assert (page.context["current"].name, numbers(client, response.url)) == ("To New Zealand", ["WS-2"])
    assert "To New Zealand" in client.get("/list/issued/").content.decode()
    assert "To New Zealand" not in client.get("/list/drafts/").content.decode()
    with acting_for(nppo.pk):
        kept = SavedFilter.objects.get()
        assert Event.objects.filter(action="added", subject_id=kept.pk, by=officer).exists()


def test_a_kept_filter_is_renamed_and_deleted(four: None, nppo: Nppo, officer: Membership, signed_in: Any) -> None:
    client = signed_in(officer)
    keep(client, "A", "?partner=NZ")
    with acting_for(nppo.pk):
        pk = SavedFilter.objects.get().pk
    assert client.get(f"/filters/{pk}/").status_code == 200
    assert client.post(f"/filters/{pk}/", {"name": "B"}).url == "/list/issued/?partner=NZ"
    assert client.get("/list/issued/").context["saved"][0].name == "B"
    assert client.get(f"/filters/{pk}/delete/").status_code == 405
    assert client.post(f"/filters/{pk}/delete/").url == "/list/issued/"
    assert client.get("/list/issued/").context["saved"] == []
    with acting_for(nppo.pk):
        actions = Event.objects.filter(subject_id=pk, reason="B").values_list("action", flat=True)
        assert list(actions) == ["ended"]


@pytest.mark.parametrize(("name", "words"), [("", "Write a name."), ("x" * 41, "at most 40"), ("A", "already")])
def test_a_bad_name_is_asked_again_with_everything_typed(
    officer: Membership, signed_in: Any, name: str, words: str
) -> None:
    client = signed_in(officer)
    keep(client, "A", "?partner=NZ")
    response = keep(client, name, "?partner=EC")
    page = response.content.decode()
    assert response.status_code == 422
    assert page.count(words) == 2
    assert 'name="query" value="?partner=EC"' in page
    assert client.post("/list/issued/filters/", {"name": "C", "query": "?partner=EC"}).status_code == 302


def test_no_more_are_kept_than_somebody_finds_again(officer: Membership, signed_in: Any) -> None:
    client = signed_in(officer)
    for n in range(20):
        assert keep(client, f"F{n}", "?partner=NZ").status_code == 302
    response = keep(client, "one more", "?partner=NZ")
    assert response.status_code == 422
    assert "Delete one first" in response.content.decode()
    assert keep(client, "one more", "", "drafts").status_code == 302


def test_kept_filters_are_one_s_own(nppo: Nppo, officer: Membership, signed_in: Any) -> None:
    keep(signed_in(officer), "A", "?partner=NZ")
    with acting_for(nppo.pk):
        pk = SavedFilter.objects.get().pk
    for other in (
        make_membership(nppo, roles.CERTIFYING_OFFICER),
        make_membership(NppoFactory(code="NZ"), roles.AUDITOR),
    ):
        client = signed_in(other)
        assert client.get("/list/issued/").context["saved"] == []
        assert client.get(f"/filters/{pk}/").status_code == 404
        assert client.post(f"/filters/{pk}/", {"name": "Mine"}).status_code == 404
        assert client.post(f"/filters/{pk}/delete/").status_code == 404
    with acting_for(nppo.pk):
        assert SavedFilter.objects.get().name == "A"


def test_an_old_kept_filter_with_words_that_are_no_more_still_opens(
    nppo: Nppo, officer: Membership, signed_in: Any
) -> None:
    with acting_for(nppo.pk):
        SavedFilter.objects.create(
            nppo=nppo, membership=officer, worklist="issued", name="A", query="?status=gone&zzz=1"
        )
    assert signed_in(officer).get("/list/issued/?status=gone&zzz=1").status_code == 200


def test_the_address_is_the_same_for_the_same_filters() -> None:
    from certificates.views.navigation import BY_NAME

    listed = BY_NAME["issued"]
    read: Callable[[str], filtering.Filters] = lambda text: filtering.read(  # noqa: E731
        {key: values[0] for key, values in parse_qs(urlsplit(text).query).items()}, listed
    )
    one, other = read("?q=taro&partner=NZ&since=2026-07-01"), read("?since=2026-07-01&partner=NZ&q=taro&x=1")
    assert one.query() == other.query() == "?partner=NZ&q=taro&since=2026-07-01"
    assert one.since == date(2026, 7, 1)
    assert read(one.query(after="1~x")) == one
    assert read("").is_empty
    assert reverse("certificates:worklist", args=["issued"]) + read("").query() == "/list/issued/?"
