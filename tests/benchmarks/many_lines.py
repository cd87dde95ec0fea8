"""A draft of 500 lines: what each of its pages costs the server, against reading the stored document alone.

Seconds of the processor, not of the clock: a busy machine does not change them much. The database's own are not in them.

Measured on two cores (30 November 2026), median and p95: reading 66 and 122 ms, the draft's page 215 and 291, check 239 and
302, sections 141 to 221 and 206 to 321, one line's form 194 and 286, all lines 167 and 239, a received one 220 and 270. That
is beyond the 100 ms of other pages.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.benchmarks import figures

TIMES = 20
LINES = 500
Row = tuple[str, float, float, float]  # what, median and p95 in seconds, ratio of p95 to the baseline's


def rows() -> Iterator[Row]:
    from django.urls import reverse

    import gens.wsgi  # noqa: F401  # as it is served: what is loaded is frozen
    from certificates import drafts
    from certificates.models import Certificate, Status
    from gens.accounts import roles
    from gens.accounts.tenancy import acting_for
    from tests.conftest import acting_client
    from tests.factories import NppoFactory, large_document, make_certificate, make_membership

    nppo = NppoFactory(code="TO")
    reader = make_membership(nppo, roles.INSPECTOR, roles.IMPORT_OFFICER)
    document = large_document(LINES)
    draft = make_certificate(nppo, Status.DRAFT, by=reader, document=document)
    received = make_certificate(
        nppo, Status.OPENED, direction="received", number="XX-1", counterpart="NZ", document=replace(document, number="XX-1")  # type: ignore[arg-type]
    )  # fmt: skip
    client = acting_client(reader)

    def read() -> None:
        with acting_for(nppo.pk):
            Certificate.objects.get(pk=draft.pk)

    def of(name: str, *arguments: str, of: Certificate = draft) -> Callable[[], Any]:
        address = reverse(f"certificates:{name}", args=[of.pk, *arguments])
        answer = client.get(address)
        if answer.status_code != 200:
            raise AssertionError(f"{address}: {answer.status_code}")
        return lambda: client.get(address)

    asked: list[tuple[str, Callable[[], Any]]] = [
        (f"baseline: reading a stored document of {LINES} lines", read),
        ("the draft's page", of("certificate")),
        ("check and submit", of("check")),
        *((f"section: {name}", of("section", name)) for name in drafts.sections_of(document)),
        ("one line's form", of("line", document.lines[LINES // 2].id)),
        ("change several lines", of("apply_lines")),
        ("bring lines from a file", of("bring_lines")),
        ("all lines, to read", of("lines")),
        ("a received certificate of as many", of("certificate", of=received)),
    ]
    base = 0.0
    for name, ask in asked:
        middle, p95 = _taken(ask)
        base = base or p95
        yield name, middle, p95, p95 / base


def _taken(ask: Callable[[], Any]) -> tuple[float, float]:
    """Median and p95 of a call, after one that warms up."""
    ask()
    taken = []
    for _ in range(TIMES):
        start = time.process_time()
        ask()
        taken.append(time.process_time() - start)
    return figures(taken)


def show() -> None:
    print(f"\n{'':56}{'median':>12}{'p95':>12}{'ratio':>8}", flush=True)
    for name, median, p95, ratio in rows():
        print(f"{name:56}{median * 1000:9.2f} ms{p95 * 1000:9.2f} ms{ratio:8.1f}", flush=True)
