"""manage.py reset_second_factor EMAIL REASON: for the only administrator of an NPPO who lost the device, and its codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gens.accounts import second_factor
from gens.accounts.models import User


class Command(BaseCommand):
    help = "Take away the second factor of a person who lost it, with its recovery codes. Be sure who asks for it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("reason", help="stands in the history of the person's memberships")

    def handle(self, *args: Any, email: str, reason: str, **options: Any) -> None:
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody has the address {email}.")
        if not reason.strip():
            raise CommandError("Write the reason.")
        if not second_factor.reset(user, by=None, reason=reason.strip()):
            raise CommandError(f"{user.email} has no second factor.")
        self.stdout.write(f"{user.email} signs in with the password alone now, and is told by mail.")
