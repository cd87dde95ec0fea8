"""The app of certificates: drafting, issuing, paper, reception, review."""

from django.apps import AppConfig


class Certificates(AppConfig):
    name = "certificates"

    def ready(self) -> None:
        from certificates import checks  # noqa: F401  registers itself
