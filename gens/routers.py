"""Which model lives where: the pilot Hub in its own database, all else in ours, migrated by its owner."""

from typing import Any

from django.db.models import Model


class Router:
    """default (gens_app) reads and writes, owner migrates, pilothub stands alone."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return "pilothub" if model._meta.app_label == "pilothub" else "default"

    db_for_write = db_for_read

    def allow_relation(self, first: Model, second: Model, **hints: Any) -> bool:
        # not type(): request.user is a lazy stand-in
        return self.db_for_read(first.__class__) == self.db_for_read(second.__class__)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == ("pilothub" if app_label == "pilothub" else "owner")
