"""The app of tenants and people."""

from django.apps import AppConfig


class Accounts(AppConfig):
    name = "gens.accounts"
    label = "accounts"
