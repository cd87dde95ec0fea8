"""The app that carries envelopes of bytes between the database and a Hub."""

from django.apps import AppConfig


class Hubclient(AppConfig):
    name = "hubclient"
