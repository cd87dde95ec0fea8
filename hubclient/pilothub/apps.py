"""The app of the pilot Hub: a complete Hub of its own, on its own database."""

from django.apps import AppConfig


class PilotHub(AppConfig):
    name = "hubclient.pilothub"
    label = "pilothub"
