"""Every page of an NPPO with 10,000 and of one with 1,000,000 certificates: lists in their ways, then the permission table.

Not part of a plain run: `python -m tests.benchmarks screens` takes about a quarter of an hour and 3 GB of disk, a good part
of it for making a million rows. Both NPPOs stand in one installation and are asked in turn, so that a machine that slows
down is slow for both. Aim: p95 within 100 ms, and the large NPPO within 1.5 times the small one.

Measured on two cores (30 November 2026), p95 with few and with many: lists 48 to 86 and 52 to 81 ms, a page in the middle
as the first; those of an exporter 74 and 100. Search by a number 69 and 70, by a name 77 and 96, by a commodity 88 and 89.
A certificate 53 to 87 and 54 to 87, a line of a draft 94 and 94, 125 other pages up to 76 and 87. The large NPPO takes at
most 1.4 times as long. On the same machine an hour earlier everything took a third more.
"""

import hashlib
import logging
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.benchmarks import figures

SIZES: Final = (10_000, 1_000_000)
TIMES: Final = 40
AIM_MS, AIM_RATIO = 100, 1.5
PRODUCE: Final = (
    "Taro, fresh corms", "Breadfruit, fresh", "Noni fruit, frozen", "Apples, fresh", "Bananas, fresh", "Cocoa beans, dried",
    "Coffee, green", "Kiwifruit, fresh", "Pine logs", "Sawn timber", "Wheat", "Maize seed", "Tulip bulbs", "Cut roses",
    "Potatoes, ware", "Mangoes, fresh", "Ginger rhizomes", "Vanilla beans", "Avocados, fresh", "Kava roots, dried",
)  # fmt: skip
COUNTRIES: Final = (
    "NZ",
    "AU",
    "US",
    "CN",
    "JP",
    "KR",
    "DE",
    "FR",
    "NL",
    "CL",
    "AR",
    "BR",
    "EC",
    "PE",
    "ZA",
    "KE",
    "IN",
    "ID",
)

# Numbers rise with time; what is open is young. Most are issued, a quarter is received, one in 300 is open.
_FILL: Final = """
INSERT INTO certificates_certificate (nppo_id, direction, counterpart, type, number, reference, status, status_since,
  holder_id, drafted_by_id, authors, office_id, issued_at, issued_by_id, original, created_at, document, destination,
  exporter, consignee, commodity, quantity, line_count, issue_date, search_text, awaits, awaits_from, awaits_since,
  own_reference, has_pdf)
SELECT %(nppo)s, direction, CASE direction WHEN 'received' THEN country ELSE '' END, '851',
  CASE WHEN status IN ('draft', 'returned', 'submitted', 'approved') THEN '' ELSE number END, 'D-' || i, status, at,
  CASE WHEN status = 'opened' OR status = 'submitted' AND i %% 2 = 0 THEN %(import_officer)s END,
  CASE direction WHEN 'issued' THEN CASE WHEN i %% 200 = 0 THEN %(inspector)s ELSE %(other)s END END, '{}',
  CASE WHEN i %% 20 = 0 THEN %(office)s ELSE %(elsewhere)s END, at,
  CASE WHEN status = 'issued' THEN CASE WHEN i %% 50 = 0 THEN %(officer)s ELSE %(other)s END END, '', at, %(document)s,
  CASE direction WHEN 'issued' THEN country ELSE 'WS' END, exporter, consignee, produce, '12 400 kg', 1, at::date,
  lower(number || ' d-' || i || ' ' || exporter || ' ' || consignee || ' ' || produce), '', '',
  CASE WHEN status = 'opened' AND i %% 9 = 0 THEN at END, '', true
FROM (
  SELECT i, at, direction, (%(countries)s::text[])[1 + i %% 18] AS country, (%(produce)s::text[])[1 + i %% 20] AS produce,
    'Grower ' || md5((i %% 3000)::text) || ' Ltd' AS exporter, 'Importer ' || md5((i %% 7001)::text) AS consignee,
    CASE direction WHEN 'issued' THEN 'WS-' ELSE 'XX-' END || lpad(i::text, 9, '0') AS number,
    CASE WHEN direction = 'issued' THEN (ARRAY['draft', 'returned', 'submitted', 'approved'])[1 + (i / 300) %% 4]
         WHEN TRUE THEN (ARRAY['received', 'opened'])[1 + (i / 300) %% 2] END AS open_status,
    CASE WHEN i %% 300 < 1 THEN NULL WHEN direction = 'received' THEN
           CASE WHEN i %% 13 = 0 THEN 'refused' WHEN i %% 501 = 0 THEN 'withdrawn' ELSE 'accepted' END
         ELSE CASE WHEN i %% 31 = 0 THEN 'replaced' WHEN i %% 53 = 0 THEN 'withdrawn' ELSE 'issued' END END AS closed
  FROM (SELECT i, now() - (%(last)s - i) * interval '30 seconds' AS at,
          CASE WHEN i %% 4 = 3 THEN 'received' WHEN i %% 1200 = 600 THEN 'received' ELSE 'issued' END AS direction
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS i) AS numbered
) AS made, LATERAL (SELECT coalesce(closed, open_status) AS status) AS chosen
"""


_MEASURED_OR_NO_PAGE: Final = ("certificates:worklist", "certificates:search", "certificates:export")
Pages = list[tuple[str, Any, Callable[[random.Random], str]]]  # what, who looks, the address of one look
# what; median and p95 in seconds with few certificates, and with many; queries
Row = tuple[str, float, float, float, float, int]


class World:
    """An NPPO, the people who look, and its certificates."""

    def __init__(self, code: str) -> None:
        from gens.accounts import roles
        from gens.accounts.tenancy import acting_for
        from tests.factories import OfficeFactory, make_membership
        from tests.screens import test_permissions

        self.table = test_permissions.World(code)
        self.nppo = self.table.nppo
        self.inspector = make_membership(self.nppo, roles.INSPECTOR)
        self.officer = make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        self.import_officer = make_membership(self.nppo, roles.IMPORT_OFFICER)
        self.auditor = make_membership(self.nppo, roles.AUDITOR)
        self.other = make_membership(self.nppo, roles.INSPECTOR)
        with acting_for(self.nppo.pk):
            self.elsewhere = OfficeFactory(nppo=self.nppo, name="Elsewhere")
        self.count = 0

    def fill(self, size: int) -> None:
        """As the server's own user, without its checks of single rows; the search index is made anew at the end."""
        import psycopg

        from certificates.ephyto.stored import to_text
        from tests.factories import valid_document

        people = ("inspector", "officer", "import_officer", "other", "elsewhere")
        said = {name: getattr(self, name).pk for name in people} | {
            "nppo": self.nppo.pk, "office": self.officer.office_id, "first": 1, "last": size,
            "countries": list(COUNTRIES), "produce": list(PRODUCE), "document": to_text(valid_document()),
        }  # fmt: skip
        with psycopg.connect(_admin_url(), autocommit=True) as admin:
            admin.execute("SET session_replication_role = replica")
            (index,) = admin.execute("SELECT pg_get_indexdef('certificate_search'::regclass)").fetchone() or ("",)
            admin.execute("DROP INDEX certificate_search")
            admin.execute(_FILL, said)
            admin.execute(index)
            admin.execute("VACUUM ANALYZE certificates_certificate")  # as PostgreSQL does by itself within a minute
            admin.execute("CHECKPOINT")
        self.count = size


def _admin_url() -> str:
    from django.db import connection

    said = connection.settings_dict
    return f"postgresql://postgres@/{said['NAME']}?host={said['HOST']}"


def pages(world: World) -> Pages:
    """Lists, searches and certificates."""
    return [*_lists(world), *_searches(world)]


def _lists(world: World) -> Pages:
    from certificates.models import Certificate
    from gens.accounts.tenancy import acting_for

    with acting_for(world.nppo.pk):
        middle = Certificate.objects.filter(direction="issued", status="issued").order_by("-status_since")
        half = middle[world.count // 3]
    inspector, officer, importer = world.inspector, world.officer, world.import_officer
    return [
        ("drafts", inspector, lambda _: "/list/drafts/"),
        ("drafts, mine", inspector, lambda _: "/list/drafts/?whose=mine"),
        ("to approve", officer, lambda _: "/list/submitted/"),
        ("to approve, new", officer, lambda _: "/list/submitted/?status=new"),
        ("issued", officer, lambda _: "/list/issued/"),
        ("issued, mine", officer, lambda _: "/list/issued/?whose=mine"),
        ("issued, my office's", officer, lambda _: "/list/issued/?whose=office"),
        ("issued, withdrawn", officer, lambda _: "/list/issued/?status=withdrawn"),
        ("issued, a page in the middle", officer,
         lambda _: f"/list/issued/?after={half.pk}~{half.status_since.isoformat().replace('+', '%2B')}"),
        ("issued, by number", officer, lambda _: "/list/issued/?sort=number"),
        ("issued, to a country", officer, lambda c: f"/list/issued/?partner={c.choice(COUNTRIES)}"),
        ("issued, of one day", officer, lambda _: f"/list/issued/?since={half.issue_date}&until={half.issue_date}"),
        ("issued, contains a commodity", officer, lambda c: f"/list/issued/?q={c.choice(PRODUCE)[:6]}"),
        ("issued, of an exporter", officer, lambda c: f"/list/issued/?party={_name(c)}"),
        ("issued, contains nothing alike", officer, lambda c: f"/list/issued/?q=zzq{c.randrange(10**6)}"),
        ("received", importer, lambda _: "/list/received/"),
        ("received, waiting for information", importer, lambda _: "/list/received/?status=waiting"),
        ("decided", importer, lambda _: "/list/decided/"),
        ("decided, from a country", importer, lambda c: f"/list/decided/?partner={c.choice(COUNTRIES)}"),
    ]  # fmt: skip


def _searches(world: World) -> Pages:
    """And single certificates."""
    from certificates.models import Certificate
    from gens.accounts.tenancy import acting_for

    with acting_for(world.nppo.pk):
        ids = {
            direction: list(
                Certificate.objects.filter(direction=direction, number__gt="").values_list("pk", flat=True)[:300]
            )
            for direction in ("issued", "received")
        }
    return [
        ("search, a number", world.auditor, lambda c: f"/search/?q={_number(c, world.count)}"),
        ("search, a name", world.auditor, lambda c: f"/search/?q={_name(c)}"),
        ("search, a commodity", world.auditor, lambda c: f"/search/?q={c.choice(PRODUCE)[:6]}"),
        ("search, two letters", world.auditor, lambda c: f"/search/?q={c.choice(PRODUCE)[:2]}"),
        ("search, nothing alike", world.auditor, lambda c: f"/search/?q=zzq{c.randrange(10**6)}"),
        ("certificate, issued", world.auditor, lambda c: f"/certificate/{c.choice(ids['issued'])}/"),
        ("certificate, received", world.auditor, lambda c: f"/certificate/{c.choice(ids['received'])}/"),
    ]  # fmt: skip


def _number(chance: random.Random, count: int) -> str:
    return f"{chance.randrange(1, count):09}"


def _name(chance: random.Random) -> str:
    return hashlib.md5(str(chance.randrange(3000)).encode(), usedforsecurity=False).hexdigest()[:12]


def other_pages(world: World) -> Pages:
    """Every other HTML page of the permission table, for the first role that may see it."""
    from django.urls import reverse

    from tests.conftest import acting_client
    from tests.factories import make_membership
    from tests.screens.test_permissions import ROLES, TABLE

    people = {role: make_membership(world.nppo, role) for role in ROLES}
    found = []
    for (name, arguments, method), answers in TABLE.items():
        if method != "get" or 200 not in answers or name in _MEASURED_OR_NO_PAGE:
            continue
        who = people[ROLES[answers.index(200)]]
        address = reverse(name, args=world.table.arguments(name, arguments))
        if acting_client(who).get(address).headers["Content-Type"].startswith("text/html"):
            found.append((f"{name.partition(':')[2]} {' '.join(arguments)}", who, lambda _, address=address: address))
    return found


def measure(small: Pages, large: Pages) -> Iterator[Row]:
    """Each page in turn of the one and of the other, so that a machine that slows down is slow for both."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.conftest import acting_client

    chance = random.Random(7)
    for (what, *asked), (_what, *asked_too) in zip(small, large, strict=True):
        looks = [(acting_client(who), address) for who, address in (asked, asked_too)]
        for _ in range(3):  # to warm up
            for client, address in looks:
                client.get(address(chance))
        taken = [[_seconds(client, address(chance)) for client, address in looks] for _ in range(TIMES)]
        with CaptureQueriesContext(connection) as captured:
            client, address = looks[1]
            client.get(address(chance))
        few, many = zip(*taken, strict=True)
        yield what, *figures(few), *figures(many), len(captured)


def _seconds(client: Any, address: str) -> float:
    from django.core.cache import cache

    cache.clear()  # it counts who asks too often
    start = time.perf_counter()
    response = client.get(address)
    taken = time.perf_counter() - start
    assert response.status_code in (200, 302), (address, response.status_code)
    return taken


def show() -> None:
    import gens.wsgi  # noqa: F401  # as it is served: what is loaded is frozen

    logging.disable()  # pages of the table's connections, whose certificates are no certificates, say so each time
    few, many = worlds = World("TO"), World("WS")
    for world, size in zip(worlds, SIZES, strict=True):
        start = time.perf_counter()
        world.fill(size)
        print(f"{size:,} certificates, made in {time.perf_counter() - start:.0f} s", flush=True)
    print(
        f"\n{'':38}{'10,000':>18}{'1,000,000':>20}\n{'':38}{'median':>9}{'p95':>9}{'median':>11}{'p95':>9}{'ratio':>7}{'queries':>9}"
    )
    for row in measure(pages(few), pages(many)):
        _tell(row)
    others = sorted(measure(other_pages(few), other_pages(many)), key=lambda row: -row[4])
    print(f"\n{len(others)} other pages, the slowest first")
    for row in others:
        _tell(row)


def _tell(row: Row) -> None:
    what, small_median, small, median, p95, queries = row
    over = [f"above {AIM_MS} ms"] if max(p95, small) * 1000 > AIM_MS else []
    over += [f"above {AIM_RATIO}"] if p95 / small > AIM_RATIO else []
    print(
        f"{what[:37]:38}{small_median * 1000:9.0f}{small * 1000:9.0f}{median * 1000:11.0f}{p95 * 1000:9.0f}"
        f"{p95 / small:7.2f}{queries:9}  {', '.join(over)}",
        flush=True,
    )
