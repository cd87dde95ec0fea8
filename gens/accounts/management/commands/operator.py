"""manage.py operator EMAIL NAME: invites a system operator of the installation. The first one makes the NPPOs by screen."""

from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from gens.accounts import inviting, roles
from gens.accounts.models import Invitation, Mail, Nppo, Office
from gens.accounts.tenancy import acting_for

# Where operators work: it has no connection, and nobody in it who issues.
HOUSE: Final = {"code": "GENS", "country": "ZZ", "time_zone": "UTC"}


class Command(BaseCommand):
    help = "Invite a system operator: prints the mail with the link, valid for seven days, and sends it where mail is set up."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument("--language", default="en", choices=[code for code, _name in settings.LANGUAGES])

    def handle(self, *args: Any, email: str, name: str, language: str, **options: Any) -> None:
        house = Nppo.objects.filter(code=HOUSE["code"]).first()
        if house is None:
            house = Nppo.objects.create(**HOUSE, name=str(settings.INSTALLATION_NAME))
        with acting_for(house.pk), transaction.atomic():
            office, _made = Office.objects.get_or_create(nppo=house, name="Operation", defaults={"place": "-"})
            open_ones = Invitation.objects.filter(nppo=house, email=email.lower(), accepted_at=None, withdrawn_at=None)
            row = open_ones.first() or Invitation(nppo=house, email=email.lower())
            row.name, row.language, row.office, row.roles = name, language, office, [roles.OPERATOR]
            inviting.send(row, by=None)
            self.stdout.write(Mail.objects.filter(nppo=house, to=row.email).order_by("-pk")[0].text)
