"""manage.py hub: what an engineer asks a Hub by hand, as an NPPO of this installation or with certificate files.

Exit status: 0 done, 1 refused, 2 wrong arguments, 3 outcome unknown, 4 not carried out (no connection, no certificate).
"""

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for
from hubclient import credentials
from hubclient.accounts import client_of
from hubclient.models import Connection
from hubclient.soap import LISTS, TIMEOUT, Forwarding, Header, HubClient, HubError

REFUSED: Final = 1
WRONG: Final = 2
UNKNOWN: Final = 3
NOT_DONE: Final = 4
VERBS: Final = ("ping", "send", "pull", "track", "lists")
ITEM: Final = ("code", "text", "language", "is_active", "modified", "level", "parent", "kind", "symbol")


class Command(BaseCommand):
    help = (
        "Ask a Hub: ping (who are we), send FILE, pull [NUMBER], track [NUMBER], lists [NAME]. "
        "Say who asks by --nppo CODE, or by --endpoint URL with --cert and --key (or --pkcs12)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=VERBS)
        parser.add_argument("what", nargs="?", default="", help="a file, a tracking number or the name of a list")
        parser.add_argument("--nppo", help="code of an NPPO here: its active connection is used")
        parser.add_argument("--endpoint", help="address of the Hub's DeliveryService")
        parser.add_argument("--cert", type=Path, help="PEM of the client certificate")
        parser.add_argument("--key", type=Path, help="PEM of its private key")
        parser.add_argument("--pkcs12", type=Path, help="instead of --cert and --key")
        parser.add_argument("--passphrase-from", default="", help="env:NAME or file:PATH")
        parser.add_argument("--ca", type=Path, help="PEM of the authority of the Hub; without it the system's")
        parser.add_argument("--timeout", type=float, default=TIMEOUT, help="seconds of one call")
        parser.add_argument("--to", help="send: connection code of the receiver")
        parser.add_argument("--type", default="851", help="send: type of certificate")
        parser.add_argument("--status", default="70", help="send: status of certificate")
        parser.add_argument("--number", help="send: number of the certificate")
        parser.add_argument("--forward", action="append", default=[], help="send: a channel, may be repeated")
        parser.add_argument("--response", action="store_true", help="send: the file is an SPSAcknowledgement")
        parser.add_argument("--check", action="store_true", help="send: let the Hub validate, and send nothing")
        parser.add_argument("--output", type=Path, help="pull: write the content to this file")
        parser.add_argument("--acknowledge", action="store_true", help="pull: acknowledge it as delivered. Final!")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        verbs: dict[str, Callable[[HubClient, dict[str, Any]], None]] = {
            "ping": self.ping,
            "send": self.send,
            "pull": self.pull,
            "track": self.track,
            "lists": self.lists,
        }
        try:
            with _client(options) as client:
                verbs[verb](client, options)
        except HubError as error:
            status = REFUSED if error.permanent else UNKNOWN if error.unknown else NOT_DONE
            meaning = {REFUSED: "Refused", UNKNOWN: "Outcome unknown", NOT_DONE: "Not carried out"}[status]
            raise CommandError(f"{meaning}: {error}", returncode=status) from error
        except credentials.NoCredential as error:
            raise CommandError(str(error), returncode=NOT_DONE) from error

    def ping(self, client: HubClient, options: dict[str, Any]) -> None:
        """Who the Hub says we are, and who is connected."""
        started = perf_counter()
        profile = client.profile()
        took = (perf_counter() - started) * 1000
        self.stdout.write(f"The Hub at {client.endpoint} answers in {took:.0f} ms and knows us as {profile.code}.")
        self.stdout.write(f"We {_may(profile.sends)} send and {_may(profile.receives)} receive.")
        nppos = client.active_nppos()
        self.stdout.write(f"{len(nppos)} NPPOs are connected: {' '.join(sorted(nppo.code for nppo in nppos))}")

    def send(self, client: HubClient, options: dict[str, Any]) -> None:
        """One file as an envelope, past the outbox: for trying out, not for certificates of this installation."""
        content = _read(options["what"])
        if options["check"]:
            findings = client.validate(content)
            for finding in findings:
                self.stdout.write(f"{finding.level} {finding.area} {finding.field}: {finding.message}")
            self.stdout.write(f"{len(findings)} findings.")
            return
        if not options["to"] or not options["number"]:
            raise CommandError("Sending needs --to and --number.", returncode=WRONG)
        header = Header(
            client.profile().code,
            options["to"],
            options["type"],
            options["status"],
            options["number"],
            forwardings=tuple(Forwarding(code) for code in options["forward"]),
        )
        answer = (client.deliver_response if options["response"] else client.validate_and_deliver)(header, content)
        self.show(answer)

    def pull(self, client: HubClient, options: dict[str, Any]) -> None:
        """What waits for us; with a tracking number that envelope's content."""
        number = options["what"]
        if not number:
            self.show(*client.import_headers())
            return
        pulled = client.pull(number)
        if options["output"]:
            options["output"].write_bytes(pulled.content)
            self.stdout.write(f"{len(pulled.content)} bytes written to {options['output']}.")
        else:
            self.stdout.write(pulled.content.decode("utf-8", "surrogateescape"))
        if options["acknowledge"]:
            client.acknowledge(number)
            self.stderr.write(f"{number} is acknowledged as delivered.")

    def track(self, client: HubClient, options: dict[str, Any]) -> None:
        """What became of an envelope; without a number all that are not finally delivered."""
        self.show(*([client.tracking_info(options["what"])] if options["what"] else client.under_delivery()))

    def lists(self, client: HubClient, options: dict[str, Any]) -> None:
        """A code list as CSV; without a name how many items each has. "nppos" and "channels" are lists too."""
        name = options["what"]
        if name == "nppos":
            nppos = client.active_nppos()
            rows = [[n.code, n.sends, n.receives, " ".join("/".join(each) for each in n.accepts)] for n in nppos]
            self.table(["code", "sends", "receives", "accepts"], rows)
        elif name == "channels":
            channels = client.channels()
            self.table(["code", "name", "sends", "receives"], [[c.code, c.name, c.sends, c.receives] for c in channels])
        elif name in LISTS:
            self.table(list(ITEM), [[getattr(item, field) for field in ITEM] for item in client.code_list(name)])
        elif name:
            raise CommandError(
                f"No such list: {name}. There are nppos, channels, {', '.join(LISTS)}.", returncode=WRONG
            )
        else:
            self.table(["list", "items"], [[each, len(client.code_list(each))] for each in LISTS])

    def show(self, *headers: Header) -> None:
        """Headers, one a line."""
        for header in headers:
            identity = f"{header.number} {header.certificate_type}/{header.certificate_status}"
            parts = [
                header.tracking_number or "-",
                header.tracking_info,
                f"{header.sender} > {header.receiver}",
                identity,
            ]
            parts += [f"{each.code}: {each.tracking_number or '-'}" for each in header.forwardings]
            self.stdout.write("  ".join([*parts, header.error_message]).rstrip())
        if not headers:
            self.stdout.write("Nothing.")

    def table(self, head: list[str], rows: list[list[Any]]) -> None:
        writer = csv.writer(self.stdout)
        writer.writerows([head, *rows])


def _may(allowed: bool) -> str:
    return "may" if allowed else "may not"


def _read(name: str) -> bytes:
    if not name:
        raise CommandError("Sending needs a file, or - for what comes in.", returncode=WRONG)
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.", returncode=WRONG) from error


@contextmanager
def _client(options: dict[str, Any]) -> Iterator[HubClient]:
    """Of an NPPO here, or of files. Raises CommandError, credentials.NoCredential."""
    if options["nppo"]:
        with client_of(_connection(options["nppo"])) as client:
            client.timeout = options["timeout"]
            yield client
    elif options["endpoint"] and (options["pkcs12"] or (options["cert"] and options["key"])):
        ca = _text(options["ca"]) if options["ca"] else ""
        tls = credentials.context_of(Connection(ca=ca), _pair(options))
        with HubClient(options["endpoint"], tls, timeout=options["timeout"]) as client:
            yield client
    else:
        raise CommandError(
            "Say who asks: --nppo CODE, or --endpoint URL with --cert and --key, or with --pkcs12.", returncode=WRONG
        )


def _connection(code: str) -> Connection:
    nppo = Nppo.objects.filter(code=code).first()
    if nppo is None:
        raise CommandError(f"There is no NPPO {code} here.", returncode=WRONG)
    with acting_for(nppo.pk):
        connection = Connection.objects.filter(nppo=nppo, is_active=True).first()
    if connection is None:
        raise CommandError(f"{code} has no active connection to a Hub.", returncode=WRONG)
    return connection


def _pair(options: dict[str, Any]) -> credentials.Pair:
    password = credentials.passphrase(options["passphrase_from"])
    try:
        if options["pkcs12"]:
            return credentials.pair_of_pkcs12(options["pkcs12"].read_bytes(), password)
        return credentials.pair_of(_text(options["cert"]), _text(options["key"]), password)
    except (OSError, ValueError) as error:
        raise CommandError(f"The client certificate cannot be used: {error}", returncode=NOT_DONE) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} is no PEM file that can be read.", returncode=WRONG) from error
