"""The app of the code lists: names in every language, validity, look-up."""

from django.apps import AppConfig


class Codelists(AppConfig):
    name = "codelists"
