"""A certificate of 500 lines: every page weighs under 100 kB at a first visit, and costs the queries of a small one."""

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from certificates import drafts
from certificates.ephyto import rules
from certificates.ephyto.document import Document
from certificates.models import Certificate, Message, Requirement, Status
from gens.accounts import roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from tests.factories import NppoFactory, large_document, load, make_certificate, make_membership

pytestmark = pytest.mark.django_db
MOST: Final = 100_000
STATIC: Final = Path(__file__).resolve().parent.parent.parent / "static"


def shared_weight() -> int:
    """Style and script, as they are sent at a first visit."""
    return sum(len(gzip.compress((STATIC / name).read_bytes())) for name in ("gens.css", "gens.js", "leaf.svg"))


def broken(document: Document) -> Document:
    """Each line lacks its origin, its packages and its unit."""
    return replace(
        document,
        lines=tuple(
            replace(line, origins=(), packages=(), net_weight=replace(line.net_weight, unit=""))
            for line in document.lines
        ),
    )


class World:
    """The same 500 lines as a draft, as an issued and as a received certificate."""

    def __init__(self, document: Document) -> None:
        load()
        self.nppo: Nppo = NppoFactory(code="WS")
        self.reader: Membership = make_membership(self.nppo, roles.INSPECTOR, roles.IMPORT_OFFICER)
        numbered = replace(document, number="XX-1")
        self.draft = make_certificate(self.nppo, Status.DRAFT, by=self.reader, document=document)
        self.issued = make_certificate(self.nppo, Status.ISSUED, by=self.reader, number="XX-1", document=numbered)
        self.received = make_certificate(
            self.nppo, Status.OPENED, direction="received", number="XX-1", counterpart="NZ", document=numbered  # type: ignore[arg-type]
        )  # fmt: skip
        with acting_for(self.nppo.pk):
            for part in ("", "Fruit", "Root"):
                Requirement.objects.create(
                    nppo=self.nppo,
                    destination="NZ",
                    part=part,
                    declarations=["Free from {pest}.", "The fruit was washed."],
                )
            found = [rules.as_data(problem) for problem in rules.problems(numbered, "received")]
            Message.objects.create(
                nppo=self.nppo, certificate=self.received, status_code="70", xml=b"<a/>", sha256="0", findings=found
            )

    def addresses(self) -> list[str]:
        line = self.draft.document.lines[250].id

        def of(certificate: Certificate, name: str, *arguments: str) -> str:
            return reverse(f"certificates:{name}", args=[certificate.pk, *arguments])

        every = [of(self.draft, "section", name) for name in drafts.sections_of(self.draft.document)]
        every += [of(self.draft, "section", "lines") + query for query in ("?page=20", "?problems=1")]
        every += [
            of(self.draft, name) for name in ("certificate", "check", "lines", "apply_lines", "bring_lines", "split")
        ]
        every += [of(self.draft, name, line) for name in ("line", "move_line", "delete_line")]
        every += [of(self.draft, "act", "submit")]
        return every + [of(row, name) for row in (self.issued, self.received) for name in ("certificate", "lines")]


def wire(client: Client, address: str) -> int:
    """Bytes of the page as it is sent."""
    answer = client.get(address, headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200, address
    assert answer.headers["Content-Encoding"] == "gzip"
    return len(answer.content)


@pytest.mark.parametrize("is_broken", [False, True], ids=["well", "broken"])
def test_no_page_of_500_lines_is_heavy(signed_in: Any, is_broken: bool) -> None:
    document = large_document()
    world = World(broken(document) if is_broken else document)
    client, shared = signed_in(world.reader), shared_weight()
    weights = {address: wire(client, address) + shared for address in world.addresses()}
    assert {address: weight for address, weight in weights.items() if weight > MOST} == {}
    assert max(weights.values()) < 40_000  # far below: nothing grows with the lines


def test_a_refused_submission_of_500_broken_lines_is_light_too(signed_in: Any) -> None:
    world = World(broken(large_document()))
    answer = signed_in(world.reader).post(
        reverse("certificates:act", args=[world.draft.pk, "submit"]), headers={"accept-encoding": "gzip"}
    )
    assert answer.status_code == 422
    assert len(answer.content) < 20_000


def test_pages_of_many_lines_ask_the_database_as_little_as_those_of_one(signed_in: Any) -> None:
    load()
    reader = make_membership(NppoFactory(code="WS"), roles.INSPECTOR)
    client: Client = signed_in(reader)
    small, large = (make_certificate(reader.nppo, Status.DRAFT, by=reader, document=large_document(n)) for n in (1, 60))

    def counted(made: Certificate, name: str) -> int:
        address = reverse(f"certificates:{name}", args=[made.pk])
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return len(asked)

    for name in ("certificate", "check", "lines", "apply_lines", "split"):
        assert counted(large, name) == counted(small, name), name
