"""Code lists in the database. Shared lists belong to no NPPO and their codes are retired, never deleted; what an NPPO
makes of them (hidden, renamed, ordered, its own codes) are rows of its own that lie over them."""

from datetime import date
from typing import Any, ClassVar, Final

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gens.accounts.models import Membership, Nppo
from hubclient.models import Connection

# Languages of names, in the order of files: "la" is the botanical name, accepted today.
LANGUAGES: Final = ("la", "en", "fr", "es", "ar", "zh", "ru")


class List(models.TextChoices):
    """Every list. What lines and places are made of has a place on the certificate; reasons are our own."""

    COUNTRY = "country", _("Countries")
    AREA = "area", _("Areas of countries")
    PORT = "port", _("Points of entry")
    TAXON = "taxon", _("Plants")
    VEGETABLE_PART = "vegetable_part", _("Vegetable parts")
    CONDITION = "condition", _("Conditions")
    INTENDED_USE = "intended_use", _("Intended uses")
    PACKAGE = "package", _("Package types")
    PACKAGE_LEVEL = "package_level", _("Packaging levels")
    UNIT = "unit", _("Units")
    TRANSPORT = "transport", _("Means of transport")
    TREATMENT = "treatment", _("Treatments")
    CHEMICAL = "chemical", _("Active ingredients")
    STATEMENT = "statement", _("Statements")
    DECLARATION = "declaration", _("Additional declarations")
    REFUSAL = "refusal", _("Reasons for refusal")
    REASON = "reason", _("Reasons for return, withdrawal and replacement")
    LANGUAGE = "language", _("Languages")


def none_yet() -> list[Any]:
    """Default of JSON lists: within a model that has a field `list`, list is that field."""
    return []


class Code(models.Model):
    """One code of one shared list, with its names by language (ISO 639-1; "la" for botanical names)."""

    List = List

    list = models.CharField(max_length=24, choices=List.choices)
    code = models.CharField(max_length=24)
    symbol = models.CharField(max_length=24, blank=True, help_text="As printed behind a number: kg, °C.")
    kind = models.CharField(
        max_length=24,
        blank=True,
        help_text="Within the list: WEIGHT, VOLUME ... of units; the country of a place.",
    )
    names = models.JSONField(default=dict, help_text="Language to name.")
    synonyms = models.JSONField(
        default=none_yet, help_text="[[language, other name]]: found by look-up, never printed."
    )
    parent = models.CharField(max_length=24, blank=True, help_text="Code within the list: level 1 of a treatment.")
    source = models.CharField(max_length=64)
    position = models.IntegerField(default=0, help_text="Lower stands first in choices; then the name.")
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["list", "code"], name="code_once")]
        indexes: ClassVar = [models.Index(fields=["list", "position"], name="code_choices")]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="stamped",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
                func="INSERT INTO codelists_stamp (id, value) VALUES (1, gen_random_uuid())"
                " ON CONFLICT (id) DO UPDATE SET value = EXCLUDED.value; RETURN NULL;",
            )
        ]

    def __str__(self) -> str:
        return f"{self.list} {self.code}"

    def name(self, language: str) -> str:
        """In this language, else English, else any name, else the code itself."""
        names: dict[str, str] = self.names
        short = language.split("-")[0]
        return names.get(short) or names.get("en") or next(iter(names.values()), self.code)

    def is_offered(self, today: date) -> bool:
        """Whether it may be chosen on this day."""
        starts, ends = self.valid_from, self.valid_until
        return self.is_active and (starts is None or starts <= today) and (ends is None or today <= ends)


class Stamp(models.Model):
    """Another value after every change of a shared code, by the trigger of `Code`. One row, or none before any code."""

    value = models.UUIDField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="one_stamp")]

    def __str__(self) -> str:
        return str(self.value)


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


class Refresh(models.Model):
    """One renewal of a shared list, from the Hub or a file: what it would change or changed, who let it, and why not."""

    class State(models.TextChoices):
        APPLIED = "applied", _("Applied")
        HELD = "held", _("Held: somebody must look")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    list = models.CharField(max_length=24, choices=List.choices)
    source = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=State.choices)
    by_name = models.CharField(max_length=256, blank=True, help_text="Empty: the system.")
    reason = models.TextField(blank=True, help_text="Why it was held, refused, or failed.")
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    retired = models.PositiveIntegerField(default=0)
    wanted = models.JSONField(null=True, help_text="Of a held one: the codes it came with, until somebody decides.")
    cleaned = models.JSONField(
        default=none_yet, help_text="[[code, as it came, as it is kept]]: texts that had to be mended."
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-at", "-id"], name="refresh_latest")]

    def __str__(self) -> str:
        return f"{self.list} {self.source} {self.at:%Y-%m-%d}"


class ListSource(models.Model):
    """The connection whose Hub gives the shared lists; a system operator names it. One row, or none."""

    nppo_key = models.BigIntegerField(help_text="Whose connection it is: for whom to act. No tenant's row itself.")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    by_name = models.CharField(max_length=256)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="one_list_source")]

    def __str__(self) -> str:
        return str(self.connection_id)


class CodeChange(models.Model):
    """What a refresh changed of one shared code. Append-only."""

    refresh = models.ForeignKey(Refresh, on_delete=models.PROTECT, related_name="changes")
    code = models.ForeignKey(Code, on_delete=models.PROTECT, related_name="changes")
    action = models.CharField(
        max_length=8, choices=[("added", _("added")), ("changed", _("changed")), ("retired", _("retired"))]
    )
    changes = models.JSONField(default=dict, help_text="Field: [before, after].")

    class Meta:
        triggers: ClassVar = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.code_id} {self.action}"


class Choice(models.Model):
    """What an NPPO makes of a code: hidden, renamed, placed; or a code of its own, which the shared list lacks."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    list = models.CharField(max_length=24, choices=List.choices)
    code = models.CharField(max_length=24)
    is_own = models.BooleanField(default=False, help_text="The shared list lacks it.")
    is_hidden = models.BooleanField(default=False, help_text="Not offered. Old certificates show what was printed.")
    names = models.JSONField(default=dict, help_text="Language to name, in place of the shared one.")
    kind = models.CharField(max_length=24, blank=True)
    symbol = models.CharField(max_length=24, blank=True)
    position = models.IntegerField(null=True, blank=True, help_text="In place of the shared one.")
    folded = models.TextField(blank=True, help_text="Its names and the code, folded, a line each. Follows from names.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["nppo", "list", "code"], name="choice_once")]

    def __str__(self) -> str:
        return f"{self.list} {self.code}"


class CodeRequest(models.Model):
    """An officer misses a code; an administrator answers."""

    class Answer(models.TextChoices):
        ADDED = "added", _("Added")
        OTHER = "other", _("Use another code")
        REFUSED = "refused", _("Refused")

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    list = models.CharField(max_length=24, choices=List.choices)
    text = models.CharField(max_length=256, help_text="What was looked for.")
    note = models.TextField(blank=True)
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True)
    code = models.CharField(max_length=24, blank=True, help_text="The one that was added, or that shall be used.")
    words = models.TextField(blank=True)
    answered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        # the open ones first
        indexes: ClassVar = [models.Index(fields=["nppo", "answer", "-at", "-id"], name="request_latest")]

    def __str__(self) -> str:
        return f"{self.list} {self.text}"


class Upload(models.Model):
    """A file that somebody brought, kept from its preview until it is let in. One a person."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    by = models.OneToOneField(Membership, on_delete=models.CASCADE)
    list = models.CharField(max_length=24, help_text="Of which list, or what else it is a table of.")
    name = models.CharField(max_length=256)
    content = models.BinaryField()
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Used(models.Model):
    """The codes that a person used last, by list: look-up shows them first."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE)
    list = models.CharField(max_length=24, choices=List.choices)
    code = models.CharField(max_length=24)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["membership", "list", "code"], name="used_once")]

    def __str__(self) -> str:
        return f"{self.list} {self.code}"


def plain(code: Code) -> dict[str, Any]:
    """What a code says, for comparing and keeping."""
    return {name: getattr(code, name) for name in FIELDS}


FIELDS: Final = ("symbol", "kind", "names", "synonyms", "parent", "position", "valid_from", "valid_until", "is_active")
