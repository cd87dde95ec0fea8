"""How an NPPO's certificates look on paper: every version of its skin, kept for good."""

from typing import ClassVar

import pgtrigger
from django.db import models

from certificates.paper.skins import Skin, from_data
from gens.accounts.models import Membership, Nppo


class PaperSkin(models.Model):
    """A version of an NPPO's skin. The latest prints; none changes, so that what a certificate was printed with is known."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    version = models.PositiveIntegerField()
    data = models.JSONField(help_text="As paper.skins reads it.")
    saved_at = models.DateTimeField(auto_now_add=True)
    saved_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["nppo", "version"], name="skin_version_once")]
        triggers: ClassVar = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.nppo_id}/{self.version}"

    @property
    def content(self) -> Skin:
        return from_data(self.data)
