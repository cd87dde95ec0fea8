"""Re-export: drafted from what was received, never more than was received, or by hand when it came on paper."""

import re
import threading
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from certificates import balances, drafts, re_exporting, replacing, workflow
from certificates.ephyto import rules
from certificates.ephyto.document import Document, Measure, Note, Party, Text, Treatment, note_texts
from certificates.ephyto.xml import to_xml
from certificates.models import Certificate, Drawn, Message, Status
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from tests.drafting.test_drafting import open_page
from tests.factories import NppoFactory, load, make_certificate, make_membership, valid_document

pytestmark = pytest.mark.django_db
GONE_ON = {"attached": "RPCTC", "packed": "RPCRP", "containers": "RPCNC", "inspected": "on"}


class World:
    """New Zealand received taro and yam from Samoa, and may send it on to Fiji."""

    def __init__(self) -> None:
        load()
        self.nppo: Nppo = NppoFactory(code="NZ", time_zone="Pacific/Auckland")
        self.author = make_membership(self.nppo, roles.INSPECTOR)
        self.officer = make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        self.received = self.arrive("WS-1")

    def arrive(self, number: str, status: Status = Status.ACCEPTED) -> Certificate:
        document = arrived(number)
        certificate = make_certificate(
            self.nppo, status, direction="received", counterpart="WS", number=number, document=document
        )
        with acting_for(self.nppo.pk):
            Message.objects.create(
                nppo=self.nppo, certificate=certificate, status_code="70", xml=to_xml(document, {}), sha256=number
            )
        return certificate

    def draft(self, received: Certificate | None = None) -> Certificate:
        with acting_for(self.nppo.pk):
            return re_exporting.draft(received or self.received, by=self.author)

    def say(self, draft: Certificate, **measures: Measure) -> Certificate:
        """What the inspector adds: where to, by what, the boxes, and other quantities by the number of the line."""
        whole = valid_document()
        boxes = {"RPCPK": "False", "RPCRP": "True", "RPCOC": "False", "RPCNC": "True", "RPCAI": "True"}
        notes = tuple(Note(subject, text) for subject, text in boxes.items())

        def change(document: Document) -> Document:
            lines = [replace(line, notes=(*line.notes, *notes)) for line in document.lines]
            for place, measure in measures.items():
                index = int(place.removeprefix("line"))
                lines[index] = replace(lines[index], net_weight=measure)
            return replace(
                document, lines=tuple(lines), import_country=replace(whole.import_country, code="FJ", name="Fiji"),
                consignee=Party("Suva Foods", ("1 Quay", "Suva")), entry=whole.entry, movements=whole.movements,
            )  # fmt: skip

        with acting_for(self.nppo.pk):
            opened = drafts.section_hash(draft.document, "lines")
            return drafts.save_section(draft, "lines", by=self.author, opened_with=opened, change=change)

    def issue(self, draft: Certificate) -> Certificate:
        with acting_for(self.nppo.pk):
            for step, by in (("submit", self.author), ("approve", self.officer), ("issue", self.officer)):
                draft = workflow.perform(step, draft, by=by)
        return draft

    def left(self, received: Certificate | None = None) -> list[str]:
        with acting_for(self.nppo.pk):
            return [balance.left.value for balance in balances.of([received or self.received]).values()]


def arrived(number: str) -> Document:
    (taro,) = valid_document().lines
    taro = replace(taro, id="taro", treatments=(Treatment(id="t", start="2026-07-01", kind=Text("Fumigation", "en")),))
    yam = replace(taro, id="yam", descriptions=(Text("Yam", "en"),), net_weight=Measure("2", "TNE", "t"), treatments=())
    return valid_document(
        number=number, issued="2026-07-15T10:42:00+13:00", issuer="NPPO of Samoa", place_of_issue="Apia", officer="Sina",
        lines=(taro, yam), notes=(Note("ADEDL", "Free from Papuana uninodis.", "en"),),
    )  # fmt: skip


@pytest.fixture
def world() -> World:
    return World()


def test_lines_origin_and_covering_certificate_are_carried_over_and_nothing_of_the_first_certificates_own(
    world: World,
) -> None:
    document = world.draft().document
    taro, yam = document.lines
    assert (document.type, document.statements, document.number, document.officer) == ("657", ("",), "", "")
    assert document.export_country.code == "NZ"
    assert document.exporter.name == "Pasifika Fresh Imports Ltd"
    assert (taro.net_weight, yam.net_weight) == (Measure("12400", "KGM"), Measure("2", "TNE"))
    assert taro.scientific_names[0].text == "Colocasia esculenta"
    assert (taro.origins[0].country.code, taro.treatments, document.notes) == ("WS", (), ())
    notes = {note.subject: note.text for note in taro.notes}
    assert notes == {"RPCST": "3", "RPCRF": "WS-1", "RPCCO": "WS", "RPCTC": "True", "RPCOR": "False", "RPCPC": "True"}
    assert taro.id != "taro"


def test_our_certified_reproduction_is_attached(world: World, signed_in: Any) -> None:
    made = world.draft()
    (copy,) = made.document.attachments
    assert (copy.kind, copy.number, copy.descriptions[0].text) == ("AWR", "WS-1", "Certified true copy")
    client: Client = signed_in(world.author)
    data = client.get(reverse("certificates:attachment", args=[made.pk, copy.id])).content
    assert data.startswith(b"%PDF-")
    assert len(data) == copy.size


def test_what_only_an_officer_knows_is_asked_for(world: World) -> None:
    missing = {p.rule for p in rules.problems(world.draft().document, "submit") if p.level == rules.SEVERE}
    assert {"re_export.packed", "re_export.containers"} <= missing


def test_what_goes_on_is_counted_line_by_line_in_any_unit_of_weight(world: World) -> None:
    made = world.issue(world.say(world.draft(), line0=Measure("2.4", "TNE", "t"), line1=Measure("500", "KGM", "kg")))
    assert made.number
    assert world.left() == ["10000", "1.5"]
    second = world.draft()
    taro, yam = second.document.lines
    assert (taro.net_weight, yam.net_weight) == (Measure("10000", "KGM"), Measure("1.5", "TNE"))
    assert taro.packages == ()
    with acting_for(world.nppo.pk):
        assert sorted(Drawn.objects.values_list("amount", "unit")) == [(Decimal(500), "KGM"), (Decimal(2400), "KGM")]


@pytest.mark.parametrize(
    ("measures", "shortages"),
    [
        ({"line0": Measure("12400.001", "KGM")}, [(1, "12400", False)]),
        ({"line1": Measure("2001", "KGM")}, [(2, "2", False)]),
        ({"line0": Measure()}, [(1, "12400", True)]),
        ({"line0": Measure("1", "XBX")}, [(1, "12400", True)]),
    ],
)
def test_more_than_the_balance_is_refused_and_nothing_is_kept(
    world: World, measures: dict[str, Measure], shortages: list[tuple[int, str, bool]]
) -> None:
    made = world.say(world.draft(), **measures)
    with acting_for(world.nppo.pk), pytest.raises(balances.Overdrawn) as told:
        balances.draw(made, made.document)
    assert [(s.number, s.left.value, s.is_unstated) for s in told.value.shortages] == shortages
    assert world.left() == ["12400", "2"]


def test_the_measure_that_the_received_line_states_is_the_one_that_counts(world: World) -> None:
    line = replace(world.received.document.lines[0], net_weight=Measure(), gross_weight=Measure("1000", "KGM"))
    document = replace(arrived("WS-3"), lines=(line,))
    other = make_certificate(
        world.nppo, Status.ACCEPTED, direction="received", counterpart="WS", number="WS-3", document=document
    )
    world.issue(world.say(world.draft(other), line0=Measure("900", "KGM")))
    assert world.left(other) == ["0"]


def test_two_lines_that_draw_on_one_are_counted_together(world: World) -> None:
    made = world.say(world.draft())
    line = made.document.lines[0]
    with acting_for(world.nppo.pk), pytest.raises(balances.Overdrawn) as told:
        doubled = (replace(line, net_weight=Measure("12000", "KGM")), replace(line, net_weight=Measure("500", "KGM")))
        balances.check(made, replace(made.document, lines=doubled))
    (short,) = told.value.shortages
    assert (short.number, short.left.value) == (2, "400")


def test_a_withdrawn_re_export_gives_its_quantity_back_and_a_replaced_one_hands_it_on(world: World) -> None:
    first = world.issue(world.say(world.draft()))
    assert world.left() == ["0", "0"]
    with pytest.raises(re_exporting.NothingLeft):
        world.draft()
    with acting_for(world.nppo.pk):
        again = replacing.draft(first, by=world.author, reason="Change of consignee", original="returned")
    second = world.issue(again)
    assert world.left() == ["0", "0"]
    with acting_for(world.nppo.pk):
        workflow.perform("withdraw", second, by=world.officer, reason="Not loaded", original="returned")
    assert world.left() == ["12400", "2"]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_officers_at_once_cannot_take_the_same_balance(world: World) -> None:
    ready = []
    for _ in range(2):
        draft = world.say(world.draft(), line0=Measure("8000", "KGM"), line1=Measure("1", "TNE"))
        with acting_for(world.nppo.pk):
            for step, by in (("submit", world.author), ("approve", world.officer)):
                workflow.perform(step, draft, by=by)
        ready.append(draft)
    together, answers = threading.Barrier(2), []

    def press(draft: Certificate) -> None:
        together.wait()
        try:
            with acting_for(world.nppo.pk):
                answers.append(workflow.perform("issue", draft, by=world.officer).status)
        except balances.Overdrawn:
            answers.append("overdrawn")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=(draft,)) for draft in ready]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["issued", "overdrawn"]
    assert world.left() == ["4400", "1"]


def test_lines_of_a_second_certificate_are_added_with_its_copy_and_the_same_boxes(world: World) -> None:
    made = world.say(world.draft())
    other = world.arrive("WS-2")
    with acting_for(world.nppo.pk):
        more = re_exporting.add(made, other, by=world.author)
    document = more.document
    assert [text.text for line in document.lines for text in note_texts(line.notes, "RPCRF")] == ["WS-1"] * 2 + [
        "WS-2"
    ] * 2
    assert {text.text for line in document.lines for text in note_texts(line.notes, "RPCRP")} == {"True"}
    assert [a.number for a in document.attachments] == ["WS-1", "WS-2"]
    assert world.issue(more).number


@pytest.mark.parametrize("status", [Status.REFUSED, Status.WITHDRAWN, Status.REPLACED])
def test_what_was_refused_withdrawn_or_replaced_covers_nothing(world: World, signed_in: Any, status: Status) -> None:
    other = world.arrive("WS-9", status)
    client: Client = signed_in(world.author)
    page = client.get(reverse("certificates:re_export"))
    assert "WS-1" in page.content.decode()
    assert "WS-9" not in page.content.decode()
    assert client.post(reverse("certificates:re_export"), {"received": other.pk}).status_code == 404


def test_another_countrys_certificate_covers_nothing_here(world: World, signed_in: Any) -> None:
    stranger: Membership = make_membership(NppoFactory(code="AU"), roles.INSPECTOR)
    client: Client = signed_in(stranger)
    assert client.post(reverse("certificates:re_export"), {"received": world.received.pk}).status_code == 404


def test_what_an_inspector_presses(world: World, signed_in: Any) -> None:
    client: Client = signed_in(world.author)
    assert "New re-export" in client.get("/list/drafts/").content.decode()
    found = client.get(reverse("certificates:re_export"), {"q": "taro"}).content.decode()
    assert "Draft from it" in found
    made = client.post(reverse("certificates:re_export"), {"received": world.received.pk})
    pk = int(made.url.split("/")[2])
    lines = client.get(made.url).content.decode()
    assert re.search(r"12\s400\skg</bdi> <small>12\s400\skg left", lines)
    statement = reverse("certificates:section", args=[pk, "re_export"])
    posted = open_page(client, statement) | GONE_ON
    assert client.post(statement, posted).status_code == 302
    with acting_for(world.nppo.pk):
        document = Certificate.objects.get(pk=pk).document
    said = [{n.subject: n.text for n in line.notes} for line in document.lines]
    assert all((s["RPCPK"], s["RPCRP"], s["RPCNC"], s["RPCAI"], s["RPCTC"]) == ("False", *["True"] * 4) for s in said)
    address = reverse("certificates:line", args=[pk, document.lines[0].id])
    assert client.post(address, open_page(client, address) | {"net_weight": "99 999"}).status_code == 302
    with acting_for(world.nppo.pk):
        draft = Certificate.objects.get(pk=pk)
        kept = draft.document
    assert kept.lines[0].notes == document.lines[0].notes
    world.say(draft)
    refused = client.post(reverse("certificates:act", args=[pk, "submit"]))
    assert refused.status_code == 422
    assert "Line 1 asks for more than was received" in refused.content.decode()


def test_on_paper_it_is_drafted_by_hand(world: World, signed_in: Any) -> None:
    client: Client = signed_in(world.author)
    made = client.post(reverse("certificates:new"), {"kind": "657"})
    pk = int(made.url.split("/")[2])
    address = reverse("certificates:line", args=[pk, "abc"])
    fields = open_page(client, address) | {"description": "Potatoes", "covering": "BE-677636", "covering_country": "BE"}
    assert client.post(address, fields).status_code == 302
    with acting_for(world.nppo.pk):
        document = Certificate.objects.get(pk=pk).document
    assert (document.type, document.statements) == ("657", ("",))
    assert {note.subject: note.text for note in document.lines[0].notes} == {
        "RPCST": "3", "RPCRF": "BE-677636", "RPCCO": "BE",
    }  # fmt: skip
    assert balances.counted(document.lines[0]) is None


def test_an_export_has_no_statement_for_re_export(world: World, signed_in: Any) -> None:
    client: Client = signed_in(world.author)
    made = client.post(reverse("certificates:new"))
    pk = int(made.url.split("/")[2])
    assert client.get(reverse("certificates:section", args=[pk, "re_export"])).status_code == 404
    assert "Came with" not in client.get(reverse("certificates:line", args=[pk, "abc"])).content.decode()
