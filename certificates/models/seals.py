"""The electronic seals of NPPOs, and the register of what they sealed. Private keys stand elsewhere: seals/keys.py."""

from typing import ClassVar, Self

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gens.accounts.models import Nppo

NEVER_CHANGED = (
    "nppo_id", "kind", "name", "chain", "fingerprint", "key_hash", "starts", "ends", "created_at",
)  # fmt: skip


class Seals(models.QuerySet["Seal"]):
    """Ask inside acting_for(nppo)."""

    def in_use(self) -> Self:
        return self.filter(retired_at=None)


class Seal(models.Model):
    """A key with its certificate, in use from created_at to retired_at. What it sealed stays verifiable by the row."""

    class Kind(models.TextChoices):
        """Where the private key is. Each place is the operator's to fill, and holds keys under the code of an NPPO."""

        FILE = "file", _("A file of the installation")
        ENVIRONMENT = "environment", _("The installation's environment")
        PKCS11 = "pkcs11", _("A token or HSM (PKCS#11)")

    class Trouble(models.TextChoices):
        """Why it cannot seal now."""

        NO_KEY = "no_key", _("Its key is not where it was.")
        EXPOSED = "exposed", _("Others than the installation could read the file of its key.")
        UNFIT = "unfit", _("The key that is there is not the one of its certificate.")
        TOKEN = "token", _("The token that holds its key does not answer.")
        TIME = "time", _("The time-stamp server does not answer.")
        ENDED = "ended", _("Its certificate has ended.")
        NOT_YET = "not_yet", _("Its certificate is not valid yet.")

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=32, help_text="Of the key, below the code of the NPPO.")
    chain = models.TextField(help_text="PEM: its certificate, then those between it and its authority.")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of its certificate.")
    key_hash = models.CharField(max_length=64, help_text="SHA-256 of the public key.")
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    is_visible = models.BooleanField(default=False, help_text="Papers carry a small mark that says so.")
    time_server = models.CharField(
        max_length=200, blank=True, help_text="Of those in the settings; empty: no time-stamp."
    )
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=8, choices=Trouble.choices, blank=True)
    trouble_since = models.DateTimeField(null=True)

    objects = Seals.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["nppo"], condition=Q(retired_at=None), name="one_seal_in_use"),
            # in training too: what its key sealed can never be taken for a seal of the real NPPO
            ExclusionConstraint(name="key_of_one_nppo", expressions=[("key_hash", "="), ("nppo", "<>")]),
        ]
        indexes: ClassVar = [models.Index(fields=["fingerprint"], name="seal_by_fingerprint")]  # verification
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="kept_as_it_was",
                operation=pgtrigger.UpdateOf(*NEVER_CHANGED),  # type: ignore[no-untyped-call]  # pgtrigger's own
            ),
            pgtrigger.Protect(
                name="retired_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__retired_at__isnull=False),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.name


class SealedFile(models.Model):
    """What was sealed, by its hash: the kept PDF of a certificate, and each later print of it."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="files")
    certificate = models.ForeignKey("certificates.Certificate", on_delete=models.PROTECT, related_name="sealed_files")
    sha256 = models.CharField(max_length=64)
    xml_sha256 = models.CharField(max_length=64, help_text="Of the message inside.")
    at = models.DateTimeField(help_text="As the seal itself says.")
    is_original = models.BooleanField()
    has_time = models.BooleanField(help_text="A time-stamp server confirmed the time.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["nppo", "sha256"], name="sealed_once")]
        # verification of what was changed
        indexes: ClassVar = [models.Index(fields=["nppo", "xml_sha256"], name="sealed_by_xml")]
        triggers: ClassVar = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.sha256
