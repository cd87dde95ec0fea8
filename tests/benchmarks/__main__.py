"""python -m tests.benchmarks [PART ...]: a table of medians and of ratios to a named baseline of the same run.

Never a test. Parts: message paper issuing exchange lists lines memory; only when named, each of ten minutes: screens, lists
of a million certificates; drain, the world's load.
"""

import base64
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
REFERENCE = Path(os.environ.get("GENS_REFERENCE") or ROOT.parent / "shared")
Row = tuple[str, float, float]


def median(work: Callable[[], Any], times: int) -> float:
    """Median seconds of one call, after one that warms up."""
    work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def message() -> list[Row]:
    """Parse with rules, and build, against a baseline that parses, walks into dicts and decodes attachments."""
    from lxml import etree

    from certificates.ephyto import rules, xml

    def walk(element: Any) -> Any:
        children = [walk(child) for child in element]
        return {"tag": element.tag, "text": element.text, "attributes": dict(element.attrib), "children": children}

    rows: list[Row] = []
    for name in ("851_full_example_AR-EC", "851_full_example_AR-EC_with_attachments"):
        data = (REFERENCE / "ephyto/samples" / f"{name}.xml").read_bytes()

        def baseline(data: bytes = data) -> None:
            root = etree.fromstring(data, etree.XMLParser(huge_tree=True, resolve_entities=False))
            walk(root)
            for element in root.iter("{*}AttachmentBinaryObject"):
                base64.b64decode(element.text + "==")

        def judged(data: bytes = data) -> Any:
            read = xml.from_xml(data)
            rules.problems(read.document, "received")
            return read

        read = judged()
        size = f"{len(data) // 1000} kB"
        base = median(baseline, 200)
        rows.append((f"baseline: parse, walk, decode ({size})", base, 1))
        taken = median(judged, 200)
        rows.append((f"parse + rules ({size}), {1 / taken:.0f}/s on a core", taken, taken / base))
        taken = median(lambda read=read: xml.to_xml(read.document, read.blobs), 200)
        rows.append((f"build ({size}), {1 / taken:.0f}/s on a core", taken, taken / base))
    return rows


def issuing() -> list[Row]:
    """Issue without PDF against its own SQL run bare on the same server."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from certificates import workflow
    from certificates.models import Status
    from gens.accounts import roles
    from gens.accounts.tenancy import acting_for
    from hubclient.models import Connection
    from tests.factories import NppoFactory, make_certificate, make_membership

    nppo = NppoFactory(code="WS")
    author, officer = make_membership(nppo, roles.INSPECTOR), make_membership(nppo, roles.CERTIFYING_OFFICER)
    with acting_for(nppo.pk):
        Connection.objects.create(nppo=nppo, kind="pilot", endpoint="https://127.0.0.1:1/", code="WS")
    waiting = [make_certificate(nppo, Status.APPROVED, by=author) for _ in range(64)]

    def issue() -> None:
        with acting_for(nppo.pk):
            workflow.perform("issue", waiting.pop(), by=officer)

    with CaptureQueriesContext(connection) as captured:
        issue()
    reads = [q["sql"] for q in captured if q["sql"].startswith("SELECT") and "set_config" not in q["sql"]]
    writes = len(captured) - len(reads)

    def bare() -> None:
        with acting_for(nppo.pk), connection.cursor() as cursor:
            for statement in reads:
                cursor.execute(statement)
            for _ in range(writes):
                cursor.execute("UPDATE certificates_numbersequence SET last = last WHERE kind = 'draft'")

    base, taken = median(bare, 50), median(issue, 50)
    return [(f"baseline: its {len(captured)} statements, bare", base, 1), ("issue, without PDF", taken, taken / base)]


def parts() -> dict[str, Callable[[], Any]]:
    from tests.benchmarks import drain, exchange, lists, many_lines, memory, paper, screens

    return {
        "message": lambda: show(message()),
        "paper": paper.show,
        "issuing": lambda: show(issuing()),
        "exchange": lambda: show(exchange.rows()),
        "lists": lists.show,
        "lines": many_lines.show,
        "memory": lambda: show_memory(memory.rows()),
        "screens": screens.show,
        "drain": drain.run,
    }


def show(rows: list[Row]) -> None:
    print(f"\n{'':56}{'median':>12}{'ratio':>8}")
    for name, seconds, ratio in rows:
        print(f"{name:56}{seconds * 1000:9.2f} ms{ratio:8.2f}", flush=True)


def show_memory(rows: Iterable[tuple[str, int, float]]) -> None:
    print(f"\n{'':56}{'peak':>12}{'times':>8}")
    for name, peak, times in rows:
        print(f"{name:56}{peak / 1e6:9.1f} MB{times:8.1f}", flush=True)


def main() -> None:
    from gens import embedded

    local = ROOT / ".local" / "benchmarks"
    os.environ["GENS_LOCAL"] = str(local)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gens.settings")
    os.environ |= {"ALLOWED_HOSTS": "testserver", "BEHIND_TLS": "false"}  # as Django's test client asks
    embedded.ensure_running(local, durable=False)
    import django

    django.setup()
    from django.db import connections
    from django.test.utils import setup_databases, teardown_databases

    from codelists.loading import load

    logging.getLogger("hubclient.calls").setLevel(logging.WARNING)  # each call is logged, not here
    made = setup_databases(verbosity=0, interactive=False)
    try:
        load()
        every = parts()
        for name in [n for n in sys.argv[1:] if n in every] or [n for n in every if n not in ("screens", "drain")]:
            every[name]()
    finally:
        connections["default"].close()
        teardown_databases(made, verbosity=0)
        embedded.stop(local)


if __name__ == "__main__":
    sys.exit(main())
