"""manage.py load_codelists: the starting lists, EPPO's plants or UN/LOCODE's places into the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from codelists import eppo, locode, renewing
from codelists.loading import load


class Command(BaseCommand):
    help = "Load the starting code lists (again at will: nothing is deleted), or the files of EPPO or UN/LOCODE."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--eppo", type=Path, metavar="FILE", help="EPPO Data Services' “XML full”, unpacked")
        parser.add_argument("--locode", type=Path, nargs="+", metavar="FILE", help="all CSV files of one release")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["eppo"] and not options["locode"]:
            self.stdout.write(f"{load()} codes loaded.")
            return
        try:
            done = eppo.load(options["eppo"]) if options["eppo"] else locode.load(options["locode"])
        except (eppo.NotReadable, locode.NotReadable, renewing.Held) as error:
            raise CommandError(f"Nothing was changed. {error}") from error
        self.stdout.write(f"{done.added} codes added, {done.changed} changed, {done.retired} retired.")
