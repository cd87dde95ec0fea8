"""manage.py serve: the web application on cheroot, a server fit for more than development."""

import signal
import sys
from typing import Any

from cheroot.wsgi import Server
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gens.wsgi import application


class Command(BaseCommand):
    help = "Serve the web application."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--threads", type=int, default=8)

    def handle(self, *args: Any, host: str, port: int, threads: int, **options: Any) -> None:
        server = Server((host, port), application, numthreads=threads, server_name="GeNS")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            server.start()
        except OSError as error:
            raise CommandError(f"Port {port} cannot be used: {error}. Choose another with --port.") from error
        except KeyboardInterrupt:
            pass
        finally:
            server.stop()
