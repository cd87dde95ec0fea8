"""The app that carries envelopes of bytes between the database and a Hub."""

from django.apps import AppConfig


class Hubclient(AppConfig):
    name = "hubclient"

    def ready(self) -> None:
        """Tasks belong to our Celery application in every process, the web server's too."""
        import gens.celery  # noqa: F401
