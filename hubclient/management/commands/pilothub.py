"""manage.py pilothub: run the pilot Hub alone, register NPPOs, tell it to misbehave, see what it was given."""

import os
import secrets
import signal
import sys
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connections
from django.db.migrations.executor import MigrationExecutor

from gens import embedded
from gens.settings import database, env
from hubclient.pilothub import access, pki, registry, server
from hubclient.pilothub.faults import ANYWHERE, FAULTS
from hubclient.pilothub.models import HeldEnvelope, Misbehaviour, Operator, RegisteredNppo


class Command(BaseCommand):
    help = "Run the pilot Hub on its own database and TLS port; or one of the commands named here."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen at")
        parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
        parser.add_argument(
            "--hostname", action="append", default=[], help="name clients reach it by, for its certificate"
        )
        parser.add_argument("--nppo", action="append", default=[], metavar="CODE", help="register this NPPO, too")
        parser.add_argument("--directory", type=Path, default=settings.PILOTHUB_DIRECTORY, help="keys and certificates")
        commands = parser.add_subparsers(dest="what", metavar="COMMAND")
        _describe_nppos(commands)
        _describe_misbehaviour(commands)
        traffic = commands.add_parser("traffic", help="the last envelopes")
        traffic.add_argument("--nppo", default="", help="sent or received by this one only")
        traffic.add_argument("--limit", type=int, default=20)
        operator = commands.add_parser("operator", help="make a login of the console, or give it a new password")
        operator.add_argument("name")
        console = commands.add_parser("console", help="serve the console, on a port of its own")
        console.add_argument("--console-port", type=int, default=8444)

    def handle(self, *args: Any, what: str | None, directory: Path, **options: Any) -> None:
        is_ours = _database()
        try:
            getattr(self, what or "run")(directory, **options)
        except (KeyError, ValueError, registry.Taken) as error:
            raise CommandError(str(error)) from error
        finally:
            if is_ours:
                embedded.stop(settings.LOCAL)

    def run(self, directory: Path, host: str, port: int, hostname: list[str], nppo: list[str], **_: Any) -> None:
        """Serve until it is stopped. This process is the Hub and nothing else: its threads keep their connections."""
        connections["pilothub"].settings_dict["CONN_MAX_AGE"] = 60
        try:
            hub = server.make(directory, host, port, tuple(hostname))
        except OSError as error:
            raise CommandError(f"Port {port} cannot be used: {error}. Choose another with --port.") from error
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        place = hostname[0] if hostname else host
        endpoint = access.publish(directory, f"https://{place}:{hub.bind_addr[1]}{server.PATH}")
        for code in nppo:
            self.register(directory, code, code[:2], f"NPPO {code}")
        self.stdout.write(f"The pilot Hub listens at {endpoint}")
        self.stdout.flush()
        try:
            with suppress(KeyboardInterrupt):
                hub.serve()
        finally:
            hub.stop()

    def register(self, directory: Path, code: str, country: str, name: str, **_: Any) -> None:
        certificate, _key = pki.client(directory, code)
        registry.register(code, country or code[:2], name or f"NPPO {code}", certificate)
        self._show_access(directory, code)

    def certificate(self, directory: Path, code: str, *, new: bool, expired: bool, **_: Any) -> None:
        known = RegisteredNppo.objects.filter(code=code).first()
        if known is None:
            raise CommandError(f"{code} is not registered: manage.py pilothub register {code}")
        if expired:
            certificate, key = pki.pair(directory, code, days=-1)
            self.stdout.write(certificate + key)
        else:
            certificate, _key = pki.client(directory, code, is_new=new)
            self._show_access(directory, code)
        registry.register(code, known.country, known.name, certificate)

    def _show_access(self, directory: Path, code: str) -> None:
        for label, value in access.of_files(directory, code):
            self.stdout.write(f"  {label:<20}{value}")

    def nppos(self, directory: Path, **_: Any) -> None:
        for nppo in RegisteredNppo.objects.prefetch_related("certificates").order_by("code"):
            dates = [f"{c.expires_at:%Y-%m-%d}" for c in nppo.certificates.all() if c.expires_at]
            accepts = ", ".join("/".join(pair) for pair in nppo.accepts)
            self.stdout.write(f"{nppo.code:<12}{nppo.name}; accepts {accepts}; certificate until {', '.join(dates)}")

    def misbehave(self, directory: Path, code: str, name: str, **options: Any) -> None:
        if not code:
            self._show_faults()
            return
        if name not in FAULTS:
            raise CommandError(f"Write: pilothub misbehave CODE NAME, with NAME one of {', '.join(FAULTS)}.")
        times = None if options["always"] else options["times"]
        registry.misbehave(code, name, times, rate=options["rate"], operation=options["operation"])
        often = "until it is told to behave" if times is None else f"{times} time(s)"
        where = options["operation"] or "any operation it can strike"
        self.stdout.write(f"For {code} the Hub now {FAULTS[name].does}, {often}, in {options['rate']} % of {where}.")

    def _show_faults(self) -> None:
        for name, fault in FAULTS.items():
            self.stdout.write(f"{name:<26}{fault.does}")
        for one in Misbehaviour.objects.exclude(remaining=0).order_by("code", "name"):
            self.stdout.write(
                f"ON: {one.code} {one.name} {one.operation} {one.rate} %, left: {one.remaining or 'always'}"
            )

    def behave(self, directory: Path, code: str, name: str, **_: Any) -> None:
        self.stdout.write(f"{registry.behave(code, name)} misbehaviour(s) of {code} switched off.")

    def release(self, directory: Path, code: str, **_: Any) -> None:
        self.stdout.write(f"{registry.release(code)} envelope(s) that were kept from {code} are shown to it now.")

    def traffic(self, directory: Path, nppo: Any, limit: int, **_: Any) -> None:
        held = HeldEnvelope.objects.defer("content").order_by("-id")
        if nppo:
            held = held.filter(sender=nppo) | held.filter(receiver=nppo)
        for e in held[:limit]:
            what = f"{e.sender:>4} > {e.receiver:<4} {e.certificate_type}/{e.certificate_status} {e.number}"
            self.stdout.write(f"{e.given_at:%Y-%m-%d %H:%M:%S} {e.tracking_number} {what}: {e.state} {e.error_message}")

    def operator(self, directory: Path, name: str, **_: Any) -> None:
        password = secrets.token_urlsafe(12)
        operator, _made = Operator.objects.get_or_create(name=name)
        operator.set_password(password)
        operator.save(update_fields=["password"])
        self.stdout.write(f"Console login: {name}\nPassword, shown this once: {password}")

    def console(self, directory: Path, host: str, console_port: int, **_: Any) -> None:
        """Its settings are its own: another program takes the place of this one."""
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "hubclient.pilothub.console.settings"}
        environment |= {"PILOTHUB_DIRECTORY": str(directory)}
        program = [sys.executable, "-m", "hubclient.pilothub.console", host, str(console_port)]
        os.execve(sys.executable, program, environment)


def _describe_nppos(commands: Any) -> None:
    register = commands.add_parser("register", help="make an NPPO known and give it a client certificate")
    _with_code(register)
    register.add_argument("--country", default="", help="two letters; default: those of the code")
    register.add_argument("--name", default="")
    certificate = commands.add_parser("certificate", help="an NPPO's client certificate")
    _with_code(certificate)
    certificate.add_argument("--new", action="store_true", help="a new one: the old one stays valid beside it")
    certificate.add_argument("--expired", action="store_true", help="print one that expired yesterday")
    commands.add_parser("nppos", help="who is registered")


def _describe_misbehaviour(commands: Any) -> None:
    misbehave = commands.add_parser(
        "misbehave", help="show a fault to an NPPO; without arguments: the faults there are"
    )
    misbehave.add_argument("code", nargs="?", default="", help="connection code")
    misbehave.add_argument("name", nargs="?", default="", help="name of the fault")
    misbehave.add_argument("--times", type=int, default=1, help="so many times")
    misbehave.add_argument("--always", action="store_true", help="until it is told to behave")
    misbehave.add_argument("--rate", type=int, default=100, help="in so many per cent of the calls")
    misbehave.add_argument("--operation", default="", choices=["", *ANYWHERE], metavar="NAME", help="there only")
    behave = commands.add_parser("behave", help="switch faults of an NPPO off")
    _with_code(behave)
    behave.add_argument("name", nargs="?", default="", help="this one only")
    _with_code(commands.add_parser("release", help="show an NPPO what was kept from it for days"))


def _with_code(parser: ArgumentParser) -> None:
    parser.add_argument("code", help="connection code")


def _database() -> bool:
    """Make sure of the pilot Hub's database and its tables. Whether an embedded PostgreSQL was started for it.

    PILOTHUB_DATABASE_URL alone is enough: the pilot Hub needs no database of GeNS.
    """
    connection = connections["pilothub"]
    is_ours = False
    try:
        connection.ensure_connection()
    except OperationalError as error:
        if env("DATABASE_URL") or env("PILOTHUB_DATABASE_URL"):
            raise CommandError(f"No connection to the pilot Hub's database: {error}") from error
        connection.settings_dict.update(database(embedded.ensure_running(settings.LOCAL).pilothub, CONN_MAX_AGE=0))
        is_ours = True
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes("pilothub")):
        call_command("migrate", "pilothub", database="pilothub", verbosity=0)
    return is_ours
