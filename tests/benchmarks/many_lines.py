"""A draft of 500 lines: what each of its pages costs the server, against the same page of a draft of one line.

Seconds of the clock, as people wait; nothing else should run. Both are asked in turn, since machines have faster and slower
hours. The destination demands something of every line. A process that read the document before remembers it, and judges a
line once: "first" is without that, "after a save" with one line changed, all other rows are as between two pages of a
person.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.benchmarks import figures

TIMES = 40
LINES = 500
Figures = tuple[float, float]  # median and p95, seconds
Call = Callable[[], Any]


class World:
    """A draft of so many lines, a received certificate of the same lines, and a person who reads both."""

    def __init__(self, code: str, lines: int) -> None:
        from certificates.models import Requirement, Status
        from codelists.folding import fold
        from gens.accounts import roles
        from gens.accounts.tenancy import acting_for
        from tests.conftest import acting_client
        from tests.factories import NppoFactory, large_document, make_certificate, make_membership

        self.nppo = NppoFactory(code=code)
        reader = make_membership(self.nppo, roles.INSPECTOR, roles.IMPORT_OFFICER)
        self.document = large_document(lines)
        self.draft = make_certificate(self.nppo, Status.DRAFT, by=reader, document=self.document)
        self.received = make_certificate(
            self.nppo, Status.OPENED, direction="received", number="XX-1", counterpart="NZ",
            document=replace(self.document, number="XX-1"),  # type: ignore[arg-type]
        )  # fmt: skip
        with acting_for(self.nppo.pk):
            Requirement.objects.bulk_create(
                Requirement(
                    nppo=self.nppo, destination="NZ", plant=plant, folded=fold(plant), part=part,
                    declarations=["Free from {pest}.", "The fruit was washed."],
                )
                for plant in ("", "Colocasia", "Artocarpus altilis") for part in ("", "Fruit", "Root")
            )  # fmt: skip
        self.client = acting_client(reader)
        self.line = self.address("line", self.document.lines[lines // 2].id)
        self.typed: dict[str, Any] = {}
        self.saved = 0

    def address(self, name: str, *arguments: str, of: Any = None) -> str:
        from django.urls import reverse

        return reverse(f"certificates:{name}", args=[(of or self.draft).pk, *arguments])

    def read(self) -> None:
        from certificates.models import Certificate
        from gens.accounts.tenancy import acting_for

        with acting_for(self.nppo.pk):
            Certificate.objects.get(pk=self.draft.pk)

    def type(self) -> None:
        """Open the form of a line and write other marks into it."""
        from tests.drafting.test_drafting import fields_of

        self.saved += 1
        read = fields_of(self.client.get(self.line).content.decode())
        if self.saved > 1 and f"LOT {self.saved - 1}" not in read["marks"]:
            raise AssertionError(f"what was saved last is not there: {read['marks']}")
        self.typed = read | {"marks": f"LOT {self.saved}"}

    def save(self) -> None:
        answer = self.client.post(self.line, self.typed)
        if answer.status_code != 302:
            raise AssertionError(answer.content.decode())

    def page(self, address: str) -> Call:
        def ask() -> None:
            answer = self.client.get(address)
            if answer.status_code != 200:
                raise AssertionError(f"{address}: {answer.status_code}")

        return ask


def forget() -> None:
    """As a process that has just begun."""
    from certificates.ephyto import stored
    from certificates.ephyto.rules import judge

    stored.documents_at_hand.clear()
    stored.lines_at_hand.clear()
    judge._judged_once.cache_clear()


def asked(world: World) -> Iterator[tuple[str, Call, Call | None]]:
    """(what, the call, and what goes before each unmeasured)."""
    from certificates.sections import sections_of

    page, address = world.page, world.address

    def save() -> None:
        world.type()
        world.save()

    yield "reading the stored document, first", world.read, forget
    yield "reading it again", world.read, None
    yield "the draft's page", page(address("certificate")), None
    yield "check and submit", page(address("check")), None
    for name in sections_of(world.document):
        yield f"section: {name}", page(address("section", name)), None
    yield "one line's form", page(world.line), None
    yield "saving it", world.save, world.type
    yield "the draft's page after a save", page(address("certificate")), save
    yield "section: lines, after a save", page(address("section", "lines")), save
    yield "one line's form after a save", page(world.line), save
    yield "the draft's page, first", page(address("certificate")), forget
    yield "change several lines", page(address("apply_lines")), None
    yield "bring lines from a file", page(address("bring_lines")), None
    yield "all lines, to read", page(address("lines")), None
    yield "a received certificate of as many", page(address("certificate", of=world.received)), None


def rows() -> Iterator[tuple[str, Figures, Figures]]:
    """(what, with one line, with all)."""
    import gens.wsgi  # noqa: F401  # as it is served: what is loaded is frozen

    for one, many in zip(asked(World("TO", 1)), asked(World("WS", LINES)), strict=True):
        taken: tuple[list[float], list[float]] = [], []
        for _ in range(TIMES + 1):
            for (_what, call, before), seconds in zip((one, many), taken, strict=True):
                seconds.append(_timed(call, before))
        yield many[0], *(figures(seconds[1:]) for seconds in taken)  # the first one warms up


def _timed(call: Call, before: Call | None) -> float:
    if before is not None:
        before()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def show() -> None:
    print(f"\n{'':40}{'one line: median':>20}{'p95':>12}{LINES:>8} lines: median{'p95':>12}{'ratio':>8}", flush=True)
    for what, (small, small_p95), (large, p95) in rows():
        told = f"{small * 1000:17.1f} ms{small_p95 * 1000:9.1f} ms{large * 1000:19.1f} ms{p95 * 1000:9.1f} ms"
        print(f"{what:40}{told}{p95 / small_p95:8.1f}", flush=True)
