"""What an NPPO knows of its partners: what they demand, how certificates go to them, and which sentences it verified."""

from datetime import date, timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from gens.accounts.models import Membership, Nppo


class Requirement(models.Model):
    """What a destination demands of a commodity, as this NPPO knows it. It ends and is followed, it is never deleted."""

    class Kind(models.TextChoices):
        CONDITIONS = "conditions", _("Allowed on conditions")
        PERMIT = "permit", _("Allowed with an import permit")
        PROHIBITED = "prohibited", _("Prohibited")

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    destination = models.CharField(max_length=2)
    plant = models.CharField(max_length=256, blank=True, help_text="Scientific name or genus; empty: every plant.")
    part = models.CharField(max_length=70, blank=True, help_text="Of the plant; empty: every part.")
    intended_use = models.CharField(max_length=256, blank=True)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.CONDITIONS)
    text = models.TextField(blank=True, help_text="In the words that officers read.")
    declarations = models.JSONField(default=list, help_text="Texts to certify, with {parameters}.")
    treatments = models.TextField(blank=True)
    documents = models.TextField(blank=True, help_text="Needed beside the certificate.")
    validity_days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="From inspection to departure.")
    source = models.URLField(max_length=400, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    folded = models.CharField(max_length=256, blank=True, help_text="The plant as it is compared. Follows from it.")

    class Meta:
        # what a draft asks, and the list
        indexes: ClassVar = [models.Index(fields=["nppo", "destination", "folded"], name="requirement_of")]

    def __str__(self) -> str:
        return f"{self.destination} {self.plant}"


class Subscription(models.Model):
    """Somebody who wants to hear when requirements change."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="subscriptions")
    destination = models.CharField(max_length=2, blank=True, help_text="Empty: every destination.")
    told_until = models.DateTimeField(help_text="What happened before is told.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["membership", "destination"], name="subscribed_once")]

    def __str__(self) -> str:
        return f"{self.membership_id} {self.destination}"


class Partnership(models.Model):
    """How certificates go to one country, where an NPPO says more than its Hub does."""

    class Way(models.TextChoices):
        BOTH = "both", _("Electronically, and on paper")
        PAPER = "paper", _("On paper only")
        ELECTRONIC = "electronic", _("Electronically; paper is not needed")

    class Clauses(models.TextChoices):
        """The optional clauses of the model certificate (ISPM 12)."""

        NEITHER = "neither", _("Neither optional clause")
        FREE = "free", _("“Practically free from other pests”")
        LIABILITY = "liability", _("“No financial liability”")
        BOTH = "both", _("Both optional clauses")

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    country = models.CharField(max_length=2)
    way = models.CharField(max_length=12, choices=Way.choices, default=Way.BOTH)
    note = models.TextField(blank=True, help_text="For officers who issue to it.")
    language = models.CharField(
        max_length=8, blank=True, help_text="Beside English on paper; empty: as for all; en: none."
    )
    validity_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How old a certificate may be when the goods leave."
    )
    # what drafts to it usually say: offered, never written by itself
    usual_transit = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    usual_clauses = models.CharField(max_length=12, choices=Clauses.choices, blank=True)
    usual_mode = models.CharField(max_length=12, blank=True, help_text="UN/ECE Rec 19.")
    usual_entry = models.CharField(max_length=256, blank=True)
    language_note = models.CharField(max_length=300, blank=True, help_text="In which languages to write.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["nppo", "country"], name="partnership_once")]

    def __str__(self) -> str:
        return f"{self.country} {self.way}"

    def last_day(self, issued: date) -> date | None:
        """The last day on which goods of a certificate of this day may leave; None where the country sets no limit."""
        return issued + timedelta(days=self.validity_days) if self.validity_days else None


class Verification(models.Model):
    """That an NPPO compared a statutory sentence in one language with the official text: it may stand alone then."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    key = models.CharField(max_length=32)
    language = models.CharField(max_length=8, help_text="ISO 639-1.")
    template_version = models.CharField(max_length=24)
    source = models.CharField(max_length=400, help_text="The official text it was compared with.")
    is_verified = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["nppo", "key", "language", "template_version"], name="verified_once")
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.language}"


def partnership(nppo_id: int, country: str) -> Partnership:
    """What the NPPO says of this country; where it says nothing, electronically and on paper."""
    found = Partnership.objects.filter(nppo=nppo_id, country=country).first()
    return found or Partnership(nppo_id=nppo_id, country=country)
