"""Requirements of destinations: kept, found beside a draft, told when they change, brought and taken as a file."""

from datetime import date, timedelta
from typing import Any
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from certificates import notices, requirements
from certificates.ephyto.document import new_id
from certificates.models import Requirement, Status, Subscription
from gens.accounts import roles
from gens.accounts.models import Event, Mail
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, load, make_certificate, make_membership

pytestmark = pytest.mark.django_db


class World:
    def __init__(self) -> None:
        load()
        self.nppo = NppoFactory(code="WS")
        self.admin = make_membership(self.nppo, roles.ADMINISTRATOR)
        self.officer = make_membership(self.nppo, roles.INSPECTOR)

    def post(self, name: str, *arguments: Any, by: Any = None, **data: Any) -> Any:
        said = {"kind": "conditions"} | data if name.endswith("requirement") else data
        return acting_client(by or self.admin).post(reverse(f"administration:{name}", args=arguments), said)

    def get(self, name: str, *arguments: Any, by: Any = None, query: str = "") -> str:
        response = acting_client(by or self.admin).get(reverse(f"administration:{name}", args=arguments) + query)
        return b"".join(response).decode("utf-8-sig")

    def add(self, plant: str, destination: str = "NZ", **fields: Any) -> Requirement:
        assert self.post("new_requirement", destination=destination, plant=plant, **fields).status_code == 302
        with acting_for(self.nppo.pk):
            return Requirement.objects.latest("pk")

    def found(self, *plants: str, destination: str = "NZ", on: date | None = None) -> list[str]:
        with acting_for(self.nppo.pk):
            rows = requirements.found(self.nppo, destination, plants, on or timezone.localdate(timezone=self.nppo.zone))
            return [row.text for row in rows]

    def bring(self, text: str) -> Any:
        return self.post("requirements_upload", file=SimpleUploadedFile("r.csv", text.encode()))

    def rows(self) -> int:
        with acting_for(self.nppo.pk):
            return Requirement.objects.count()


@pytest.fixture
def world() -> World:
    return World()


def test_the_most_specific_requirement_stands_first_and_a_genus_holds_for_its_species(world: World) -> None:
    world.add("", text="every plant")
    world.add("Colocasia", text="the genus")
    world.add("Colocasia esculenta", text="the species")
    world.add("Colocasia esculenta", destination="AU", text="elsewhere")
    world.add("Musa", text="another plant")
    assert world.found("colocasia ESCULENTA") == ["the species", "the genus", "every plant"]
    assert world.found("Colocasia gigantea") == ["the genus", "every plant"]
    assert world.found("Cocos nucifera, Musa acuminata") == ["another plant", "every plant"]
    assert world.found() == ["every plant"]


def test_requirements_hold_within_their_dates(world: World) -> None:
    world.add("Musa", text="now", valid_from="2026-01-01", valid_until="2026-12-31")
    assert world.found("Musa", on=date(2025, 12, 31)) == []
    assert world.found("Musa", on=date(2026, 1, 1)) == world.found("Musa", on=date(2026, 12, 31)) == ["now"]
    assert world.found("Musa", on=date(2027, 1, 1)) == []


def test_finding_takes_one_query_however_many_there_are(world: World) -> None:
    for n in range(5):
        world.add("Musa", text=str(n))
    with acting_for(world.nppo.pk), CaptureQueriesContext(connection) as asked:
        assert len(requirements.found(world.nppo, "NZ", ["Musa", "Cocos nucifera"], date(2026, 7, 1))) == 5
    assert len(asked) == 1


def test_what_one_nppo_keeps_another_neither_finds_nor_reaches(world: World) -> None:
    row = world.add("Musa", text="ours")
    other = make_membership(NppoFactory(code="EC"), roles.ADMINISTRATOR)
    assert "Musa" not in world.get("requirements", by=other)
    assert acting_client(other).get(reverse("administration:requirement", args=[row.pk])).status_code == 404


def test_an_officer_sees_beside_a_line_what_the_destination_demands(world: World) -> None:
    world.add("Colocasia", text="Washed of soil", declarations="Free from {pest}.", kind="permit")
    draft = make_certificate(world.nppo, Status.DRAFT, by=world.officer)
    line = draft.document.lines[0].id
    page = acting_client(world.officer).get(reverse("certificates:line", args=[draft.pk, line])).content.decode()
    assert "What New Zealand demands" in page
    assert "Washed of soil" in page
    assert "Free from {pest}." in page
    empty = acting_client(world.officer).get(reverse("certificates:line", args=[draft.pk, new_id()])).content.decode()
    assert "Washed of soil" not in empty


def test_an_entry_ends_stays_in_the_list_of_ended_ones_and_is_told(world: World) -> None:
    row = world.add("Musa", text="old")
    world.post("requirement", row.pk, destination="NZ", plant="Musa", text="new")
    world.post("requirement", row.pk, end="1")
    assert world.found("Musa") == []
    assert "Musa" not in world.get("requirements")
    assert "Musa" in world.get("requirements", query="?state=ended")
    told = world.get("requirements_changed", by=world.officer)
    assert all(words in told for words in ("old", "new", "Valid until", str(world.admin.user)))
    with acting_for(world.nppo.pk):
        assert Event.objects.filter(by=world.admin, action__in=["added", "changed"]).count() == 3
    later = (timezone.localdate() + timedelta(days=2)).isoformat()
    assert "Nothing changed since then" in world.get("requirements_changed", query=f"?since={later}")
    assert "Musa" in world.get("requirements_changed", query="?since=nonsense")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"destination": ""}, "destination"), ({"destination": "XX"}, "destination"), ({"kind": "maybe"}, "kind"),
        ({"declarations": "Free from {"}, "declarations"), ({"declarations": "Free from { }"}, "declarations"),
        ({"source": "javascript:alert(1)"}, "source"), ({"source": "somewhere"}, "source"),
        ({"validity_days": "0"}, "validity_days"), ({"validity_days": "x"}, "validity_days"),
        ({"valid_from": "32 1 2026"}, "valid_from"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-01"}, "valid_until"),
    ],
)  # fmt: skip
def test_bad_input_comes_back_with_everything_and_stores_nothing(world: World, said: Any, field: str) -> None:
    shown = world.post("new_requirement", **{"destination": "NZ", "plant": "Musa", "text": "Keep me"} | said)
    assert shown.status_code == 422
    assert field in shown.context["form"].errors
    assert "Keep me" in shown.content.decode()
    assert world.rows() == 0


# told by mail


def mails(world: World, to: Any) -> list[Mail]:
    with acting_for(world.nppo.pk):
        return list(Mail.objects.filter(to=to.user.email).order_by("pk"))


def later(minutes: int) -> Any:
    return mock.patch("certificates.notices.timezone.now", return_value=timezone.now() + timedelta(minutes=minutes))


def test_subscribers_get_one_mail_of_all_that_changed_for_their_destination(world: World) -> None:
    world.post("requirements_subscribe", by=world.officer, destination="NZ")
    world.post("requirements_subscribe", by=world.officer, destination="NZ")
    assert "New Zealand" in world.get("requirements_changed", by=world.officer)
    world.add("Musa", text="x")
    world.add("Colocasia", text="y")
    world.add("Zea mays", destination="AU")
    with later(3):
        notices.requirement_changes()
    assert mails(world, world.officer) == []  # what is being written may not be committed yet
    for minutes in (6, 7):
        with later(minutes):
            notices.requirement_changes()
    told = mails(world, world.officer)
    assert len(told) == 1
    assert "Musa" in told[0].text
    assert "Colocasia" in told[0].text
    assert "Australia" not in told[0].text
    assert mails(world, world.admin) == []


def test_who_subscribed_to_all_hears_of_all_and_of_what_changes_afterwards(world: World) -> None:
    world.add("Musa", text="before")
    world.post("requirements_subscribe", by=world.officer)
    world.add("Zea mays", destination="AU")
    with later(6):
        notices.requirement_changes()
    assert len(mails(world, world.officer)) == 1
    assert "Musa" not in mails(world, world.officer)[0].text
    world.post("requirements_subscribe", by=world.officer, end="1")
    world.add("Oryza", destination="AU")
    with later(20):
        notices.requirement_changes()
    assert len(mails(world, world.officer)) == 1


def test_a_crash_while_telling_tells_it_again_later(world: World) -> None:
    world.post("requirements_subscribe", by=world.officer)
    world.add("Musa", text="x")
    with (
        later(6),
        mock.patch("certificates.notices.noticing.tell", side_effect=RuntimeError),
        pytest.raises(RuntimeError),
    ):
        notices.requirement_changes()
    with later(7):
        notices.requirement_changes()
    assert len(mails(world, world.officer)) == 1


def test_nobody_subscribes_to_a_country_that_is_none(world: World) -> None:
    world.post("requirements_subscribe", by=world.officer, destination="XX")
    with acting_for(world.nppo.pk):
        assert not Subscription.objects.exists()


def test_parameters_of_a_declaration_are_named_once_in_order() -> None:
    assert requirements.parameters("From {place} free of {pest}, {place}") == ["place", "pest"]


# as a file


def test_requirements_go_out_and_come_back_unchanged(world: World) -> None:
    world.add("Musa", text='He said "wash",\nthen dry', declarations="A {x}.\nB.", source="https://example.org/a?b=1",
              validity_days="14", valid_from="1 2 2026", kind="permit")  # fmt: skip
    shown = world.bring(world.get("requirements_download", "csv"))
    assert shown.status_code == 200
    assert shown.context["preview"] == []


def test_a_file_adds_and_changes_after_its_preview(world: World) -> None:
    world.add("Musa", text="old")
    shown = world.bring("destination,plant,text\nnz,musa,new\nAU,,all\n")
    assert shown.context["counts"] == {"added": 1, "changed": 1, "retired": 0}
    assert world.found("Musa") == ["old"]
    world.post("requirements_upload", let_in=shown.context["upload"].pk)
    assert (world.found("Musa"), world.found("Musa", destination="AU")) == (["new"], ["all"])
    assert world.rows() == 2


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("XX,Musa,,,", "destination"), (",Musa,,,", "destination"), ("NZ,Musa,maybe,,", "kind"),
        ("NZ,Musa,permit,{,", "declarations"), ("NZ,Musa,permit,,5000", "validity_days"),
        ("NZ,Musa,permit,,²", "validity_days"), (f"NZ,{'x' * 300},permit,,", "plant"), ("NZ,=1+1,permit,,", "plant"),
    ],
)  # fmt: skip
def test_every_wrong_cell_is_named_and_nothing_is_let_in(world: World, line: str, column: str) -> None:
    shown = world.bring(f"destination,plant,kind,declarations,validity_days\nNZ,Cocos,permit,,\n{line}\n")
    assert shown.status_code == 422
    assert [(cell.line, cell.column) for cell in shown.context["cells"]] == [(3, column)]
    assert world.rows() == 0


def test_two_rows_about_the_same_are_told(world: World) -> None:
    shown = world.bring("destination,plant\nNZ,Musa\nNZ,MUSA\n")
    assert [(cell.line, cell.words) for cell in shown.context["cells"]] == [(3, "Line 2 is about the same.")]
