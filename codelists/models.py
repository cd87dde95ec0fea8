"""Code lists in the database. Shared lists belong to no NPPO; what an NPPO chose of them are overlay rows of its own.

Codes are retired, never deleted: old certificates show what was printed.
"""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models

from gens.accounts.models import Nppo


class Lists(models.TextChoices):
    """The lists of codes, by the name under which documents and rules know them."""

    COUNTRY = "country"  # ISO 3166-1
    AREA = "area"  # ISO 3166-2, parent: the country
    TAXON = "taxon"
    VEGETABLE_PART = "vegetable_part"
    CONDITION = "condition"
    INTENDED_USE = "intended_use"
    PACKAGE = "package"
    PACKAGE_LEVEL = "package_level"
    UNIT = "unit"
    TRANSPORT = "transport"
    TREATMENT = "treatment"  # level 1, and level 2 below its parent
    CHEMICAL = "chemical"
    STATEMENT = "statement"
    DECLARATION = "declaration"
    PORT = "port"  # UN/LOCODE
    RETURN_REASON = "return_reason"
    WITHDRAWAL_REASON = "withdrawal_reason"
    REPLACEMENT_REASON = "replacement_reason"
    REFUSAL = "refusal"  # ISPM 13
    LANGUAGE = "language"


class Code(models.Model):
    """One code of one shared list, with its names by language (ISO 639-1; "la" for botanical names)."""

    List = Lists

    list = models.CharField(max_length=24, choices=Lists.choices)
    code = models.CharField(max_length=64)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    symbol = models.CharField(max_length=24, blank=True, help_text="As printed behind a number: kg, °C.")
    kind = models.CharField(
        max_length=24,
        blank=True,
        help_text="Within the list: WEIGHT, VOLUME ... of units.",
    )
    names = models.JSONField(default=dict, help_text="Language to the name that is shown and printed.")
    synonyms = models.JSONField(default=dict, help_text="Language to a list of other names that look-up finds.")
    parameters = models.JSONField(default=tuple, help_text="Of a declaration: names of the {gaps} to fill in.")
    source = models.CharField(max_length=64)
    position = models.IntegerField(default=0, help_text="Lower stands first in choices; then the name.")
    is_active = models.BooleanField(default=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)

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
    """Every name, synonym and the code itself, folded, a row each: what look-up reads. Follows from Code."""

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


class CodeChange(models.Model):
    """What changed in a shared code, when, from where and by whom. Append-only."""

    code = models.ForeignKey(Code, on_delete=models.PROTECT, related_name="history")
    at = models.DateTimeField(auto_now_add=True)
    origin = models.CharField(max_length=200, help_text='"starting lists", "Hub of WS", "file taxa.csv", "by hand".')
    by_name = models.CharField(max_length=256, blank=True, help_text="The name of the person at that time.")
    changes = models.JSONField(help_text="Field: [before, after].")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-at", "-id"], name="code_change_latest")]
        triggers: ClassVar = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.code_id} {self.at:%Y-%m-%d}"


class Choice(models.Model):
    """What an NPPO made of a code: hidden, renamed, put first; or a code of its own that no shared list holds."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    list = models.CharField(max_length=24, choices=Lists.choices)
    code = models.CharField(max_length=64)
    is_national = models.BooleanField(default=False, help_text="A code of this NPPO; the shared list has none such.")
    is_hidden = models.BooleanField(default=False, help_text="Not offered; old certificates still show it.")
    names = models.JSONField(default=dict, help_text="Language to name: over the shared ones.")
    synonyms = models.JSONField(default=dict)
    folded = models.TextField(blank=True, help_text="Its names without accents and case, one a line.")
    kind = models.CharField(max_length=24, blank=True)
    symbol = models.CharField(max_length=24, blank=True)
    position = models.IntegerField(null=True, blank=True, help_text="Over the shared one; empty: as shared.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["nppo", "list", "code"], name="choice_once")]

    def __str__(self) -> str:
        return f"{self.list} {self.code}"
