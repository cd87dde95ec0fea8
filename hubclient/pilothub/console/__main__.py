"""python -m hubclient.pilothub.console HOST PORT: serve the console. `manage.py pilothub console` starts it."""

import signal
import sys

import django
from cheroot.wsgi import Server
from django.conf import settings
from django.core.wsgi import get_wsgi_application

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def main(host: str, port: int) -> str:
    """Serve until it is stopped. What is wrong, in a sentence; "" when nothing is."""
    django.setup()
    if host not in LOOPBACK and not settings.BEHIND_TLS:
        return "Passwords would travel in clear text: put a proxy with TLS in front of it and set BEHIND_TLS=true."
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # collectstatic may fill it; without, finders serve
    server = Server((host, port), get_wsgi_application(), numthreads=4, server_name="GeNS pilot Hub console")
    try:
        server.prepare()
    except OSError as error:
        return f"Port {port} cannot be used: {error}. Choose another with --console-port."
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(f"The console is at http://{host}:{server.bind_addr[1]}/\n")
    sys.stdout.flush()
    try:
        server.serve()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])) or 0)
