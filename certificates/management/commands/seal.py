"""manage.py seal new|use|list|verify: an NPPO's electronic seal, for who runs the installation."""

import sys
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.models import Seal
from certificates.seals import answering, keys, making, using
from certificates.seals.keys import NotAtHand, Place
from gens.accounts.models import Nppo
from gens.accounts.tenancy import acting_for

NOT_GOOD: Final = 1


class Command(BaseCommand):
    """Keys and seals."""

    help = "Make keys for electronic seals, put them into use, list them, and verify sealed PDFs."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        new = commands.add_parser("new", help="make a P-256 key in a file, with a certificate that it signs itself")
        new.add_argument("nppo", metavar="CODE", help="of the NPPO, such as WS")
        new.add_argument("name", metavar="NAME", help="of the key: letters, digits and dashes, such as 2026")
        new.add_argument("--years", type=int, default=making.YEARS, help=f"of its certificate ({making.YEARS})")
        new.add_argument("--csr", action="store_true", help="print a request for an authority's certificate too")
        use = commands.add_parser("use", help="put a key into use; the seal before it is retired")
        use.add_argument("nppo", metavar="CODE")
        use.add_argument("name", metavar="NAME")
        use.add_argument(
            "--kind", choices=Seal.Kind.values, default=Seal.Kind.FILE.value, help="where the key is (file)"
        )
        use.add_argument("--certificate", type=Path, metavar="PEM", help="an authority's, with those above it")
        use.add_argument("--visible", action="store_true", help="papers carry a small mark")
        use.add_argument("--time-server", default="", metavar="URL", help="one of SEAL_TIME_SERVERS")
        commands.add_parser("list", help="the seals of all NPPOs")
        verify = commands.add_parser("verify", help="whose seal a PDF has; exit code 1: one of them is not unchanged")
        verify.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args: Any, command: str, **options: Any) -> None:
        {"new": self._new, "use": self._use, "list": self._list, "verify": self._verify}[command](options)

    def _new(self, options: dict[str, Any]) -> None:
        nppo, name = _nppo(options["nppo"]), options["name"]
        if not keys.is_name(name):
            raise CommandError(
                f"{name!r} is no name: lower-case letters, digits and single dashes, at most {keys.LONGEST}."
            )
        place = Place(nppo.code, Seal.Kind.FILE, name)
        try:
            making.make(nppo, place, years=options["years"])
        except FileExistsError as error:
            raise CommandError(f"{place.file} is there already. A key is never written over.") from error
        self.stderr.write(f"The key is {place.file}. Keep a copy of it where nobody else comes.")
        if options["csr"]:
            key = load_pem_private_key(place.file.read_bytes(), password=None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            self.stdout.write(making.request(nppo, key).decode())

    def _use(self, options: dict[str, Any]) -> None:
        nppo, file, server = _nppo(options["nppo"]), options["certificate"], options["time_server"]
        if server and server not in settings.SEAL_TIME_SERVERS:
            raise CommandError(f"{server} is not one of SEAL_TIME_SERVERS.")
        try:
            chain = file.read_text(encoding="ascii") if file else ""
            seal = using.prepared(nppo, Place(nppo.code, options["kind"], options["name"]), chain)
            seal.is_visible, seal.time_server = options["visible"], server
            with acting_for(nppo.pk):
                using.use(seal, by=None)
        except (NotAtHand, using.NotUsable, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"{nppo.code} seals with {seal.name} until {seal.ends:%Y-%m-%d}.")

    def _list(self, options: dict[str, Any]) -> None:
        for nppo in Nppo.objects.order_by("code"):
            with acting_for(nppo.pk):
                for seal in Seal.objects.filter(nppo=nppo).order_by("-pk"):
                    state = f"retired {seal.retired_at:%Y-%m-%d}" if seal.retired_at else seal.trouble or "in use"
                    ends = f"until {seal.ends:%Y-%m-%d}"
                    self.stdout.write(f"{nppo.code}  {seal.name}  {seal.kind}  {ends}  {state}  {seal.fingerprint}")

    def _verify(self, options: dict[str, Any]) -> None:
        is_good = True
        for path in options["files"]:
            try:
                answer = answering.asked(path.read_bytes()[: answering.LARGEST + 1])
            except OSError as error:
                self.stdout.write(f"{path}: {error.strerror}")
                is_good = False
                continue
            self.stdout.write(f"{path}: {_in_words(answer)}")
            is_good = is_good and answer.is_good
        if not is_good:
            sys.exit(NOT_GOOD)


def _nppo(code: str) -> Nppo:
    found = Nppo.objects.filter(code=code).first()
    if found is None:
        raise CommandError(f"There is no NPPO with the code {code!r}.")
    return found


def _in_words(answer: answering.Answer) -> str:
    """One line: the verdict, and what is known of seal and certificate."""
    known = [
        answer.nppo.name if answer.nppo else answer.subject,
        f"{answer.at:%Y-%m-%d %H:%M:%S} UTC" if answer.at else "",
        answer.certificate.number if answer.certificate else "",
        answer.certificate.status if answer.certificate else "",
    ]
    return ", ".join([str(answer.verdict.label), *(each for each in known if each)])
