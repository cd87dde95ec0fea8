"""Numbers of certificates: how far they are counted, by which pattern they are written, and which ones are reserved."""

from typing import ClassVar

from django.db import models

from gens.accounts.models import Nppo, Office


class NumberSequence(models.Model):
    """The last number given, per kind and year of an NPPO. Its row is locked while a number is taken."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    kind = models.CharField(max_length=16, help_text='"certificate" or "draft".')
    year = models.PositiveIntegerField()
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["nppo", "kind", "year"], name="sequence_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"


class NumberRule(models.Model):
    """A pattern of numbers for one kind of certificate, or one office, or both, with a count of its own."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    type = models.CharField(max_length=12, blank=True, help_text="851, 657; empty: every kind.")
    office = models.ForeignKey(Office, on_delete=models.PROTECT, null=True, blank=True, help_text="None: every office.")
    pattern = models.CharField(max_length=64)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["nppo", "type", "office"],
                condition=models.Q(is_active=True),
                nulls_distinct=False,
                name="one_rule_of_numbers",
            )
        ]

    def __str__(self) -> str:
        return self.pattern

    @property
    def sequence(self) -> str:
        """NumberSequence.kind of its count."""
        return f"rule-{self.pk}"


class ReservedNumbers(models.Model):
    """Numbers of a count and year that are kept for certificates issued by hand: issuing leaves them out."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    kind = models.CharField(max_length=16, help_text="NumberSequence.kind.")
    year = models.PositiveIntegerField()
    first = models.PositiveBigIntegerField()
    last = models.PositiveBigIntegerField()
    purpose = models.CharField(max_length=256)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(first__lte=models.F("last")), name="first_before_last")
        ]
        # taking a number
        indexes: ClassVar = [models.Index(fields=["nppo", "kind", "year", "last"], name="reserved_numbers")]

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"
