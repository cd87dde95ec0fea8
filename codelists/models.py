"""Code lists in the database. Shared by all NPPOs: rows belong to no tenant; codes are retired, never deleted."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models


class Code(models.Model):
    """One code of one list, with its names by language (ISO 639-1; "la" for botanical names)."""

    class List(models.TextChoices):
        COUNTRY = "country"
        PACKAGE = "package"
        PACKAGE_LEVEL = "package_level"
        UNIT = "unit"
        TRANSPORT = "transport"
        TAXON = "taxon"
        VEGETABLE_PART = "vegetable_part"
        CONDITION = "condition"
        INTENDED_USE = "intended_use"
        TREATMENT = "treatment"
        CHEMICAL = "chemical"
        REFUSAL = "refusal"
        PORT = "port"

    list = models.CharField(max_length=24, choices=List.choices)
    code = models.CharField(max_length=24)
    symbol = models.CharField(max_length=24, blank=True, help_text="As printed behind a number: kg, °C.")
    kind = models.CharField(
        max_length=24,
        blank=True,
        help_text="Within the list: WEIGHT, VOLUME ... of units.",
    )
    names = models.JSONField(default=dict, help_text="Language to name.")
    folded = models.TextField(
        help_text="All names and the code without accents and case, one a line: look-up reads it."
    )
    source = models.CharField(max_length=64)
    position = models.IntegerField(default=0, help_text="Lower stands first in choices; then the name.")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["list", "code"], name="code_once")]
        indexes: ClassVar = [
            GinIndex(OpClass("folded", name="gin_trgm_ops"), name="code_folded"),
            models.Index(fields=["list", "position"], name="code_choices"),
        ]

    def __str__(self) -> str:
        return f"{self.list} {self.code}"

    def name(self, language: str) -> str:
        """In this language, else English, else any name, else the code itself."""
        names: dict[str, str] = self.names
        short = language.split("-")[0]
        return names.get(short) or names.get("en") or next(iter(names.values()), self.code)
