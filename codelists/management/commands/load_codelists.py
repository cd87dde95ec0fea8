"""manage.py load_codelists: the starting lists into the database."""

from typing import Any

from django.core.management.base import BaseCommand

from codelists.loading import load


class Command(BaseCommand):
    help = "Load the starting code lists (again at will: nothing is deleted)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{load()} codes loaded.")
