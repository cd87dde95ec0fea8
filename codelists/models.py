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
    source = models.CharField(max_length=64)
    position = models.IntegerField(default=0, help_text="Lower stands first in choices; then the name.")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["list", "code"], name="code_once")]
        indexes: ClassVar = [models.Index(fields=["list", "position"], name="code_choices")]

    def __str__(self) -> str:
        return f"{self.list} {self.code}"

    def name(self, language: str) -> str:
        """In this language, else English, else any name, else the code itself."""
        names: dict[str, str] = self.names
        short = language.split("-")[0]
        return names.get(short) or names.get("en") or next(iter(names.values()), self.code)


class CodeName(models.Model):
    """Every name and the code itself, folded, a row each: what look-up reads. Follows from Code."""

    code = models.ForeignKey(Code, on_delete=models.CASCADE, related_name="searched")
    list = models.CharField(max_length=24)
    language = models.CharField(max_length=8, blank=True, help_text="Empty: the code itself.")
    text = models.TextField(help_text="As written.")
    folded = models.TextField(help_text="Without accents and case.")

    class Meta:
        indexes: ClassVar = [
            models.Index("list", OpClass("folded", name="text_pattern_ops"), name="name_prefix"),
            GinIndex(OpClass("folded", name="gin_trgm_ops"), name="name_trigrams"),
        ]

    def __str__(self) -> str:
        return self.text
