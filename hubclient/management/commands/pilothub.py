"""manage.py pilothub: run the pilot Hub, or tell it to misbehave."""

import signal
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hubclient.pilothub import server
from hubclient.pilothub.registry import MISBEHAVIOURS, misbehave


class Command(BaseCommand):
    help = "Run the pilot Hub on its own database and TLS port; or: pilothub misbehave CODE NAME [--times N]."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", nargs="*", help="nothing to run it, or: misbehave CODE NAME")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
        parser.add_argument("--directory", type=Path, default=settings.PILOTHUB_DIRECTORY)
        parser.add_argument("--times", type=int, default=1)

    def handle(self, *args: Any, what: list[str], **options: Any) -> None:
        if not what:
            self.run(options["directory"], options["host"], options["port"])
        elif len(what) == 3 and what[0] == "misbehave" and what[2] in MISBEHAVIOURS:
            misbehave(what[1], what[2], options["times"])
            self.stdout.write(f"For {what[1]} the Hub now {MISBEHAVIOURS[what[2]]}, {options['times']} time(s).")
        else:
            raise CommandError(f"Write: pilothub misbehave CODE NAME, with NAME one of {', '.join(MISBEHAVIOURS)}.")

    def run(self, directory: Path, host: str, port: int) -> None:
        try:
            hub = server.make(directory, host, port)
        except OSError as error:
            raise CommandError(f"Port {port} cannot be used: {error}. Choose another with --port.") from error
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        self.stdout.write(f"The pilot Hub listens at https://{host}:{hub.bind_addr[1]}{server.PATH}")
        self.stdout.flush()
        try:
            hub.serve()
        finally:
            hub.stop()
