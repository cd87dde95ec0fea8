"""manage.py prepare_database ADMIN_URL: roles and databases of GeNS on a PostgreSQL server from version 15 on."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gens import embedded


class Command(BaseCommand):
    help = "Make the roles and databases of GeNS on a PostgreSQL server (again at will) and print the addresses to set."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("admin_url", help="postgresql:// address of a role that may create roles and databases")
        parser.add_argument("--new-passwords", action="store_true", help="give the three roles new random passwords")

    def handle(self, *args: Any, admin_url: str, new_passwords: bool, **options: Any) -> None:
        passwords = (
            {role: secrets.token_urlsafe(24) for role in ("gens_app", "owner", "pilothub")} if new_passwords else {}
        )
        try:
            is_fast = embedded.prepare(admin_url, passwords)
        except embedded.DatabaseProblem as problem:
            raise CommandError(str(problem)) from problem
        if not is_fast:
            self.stderr.write(
                "Searching will be slow: only a superuser may let an index answer it. As one, in the database gens: "
                f"{embedded.SEARCH_BY_INDEX};"
            )
        host = admin_url.split("@")[-1].split("/")[0]
        for variable, role, database in (
            ("DATABASE_URL", "gens_app", "gens"),
            ("DATABASE_OWNER_URL", "owner", "gens"),
            ("PILOTHUB_DATABASE_URL", "pilothub", "pilothub"),
        ):
            secret = f":{passwords[role]}" if role in passwords else ""
            self.stdout.write(f"{variable}=postgresql://{role}{secret}@{host}/{database}")
