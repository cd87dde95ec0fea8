"""What certificates are started from: templates, and the exporters, consignees and routes that come again and again."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates.models.documents import DocumentField
from gens.accounts.models import Membership, Nppo


class Templates(models.QuerySet["CertificateTemplate"]):
    """Views take templates from usable_by(membership) and from nowhere else."""

    def usable_by(self, membership: Membership) -> Self:
        """The NPPO's, and this person's own."""
        return self.filter(Q(membership=None) | Q(membership=membership), nppo=membership.nppo_id)


class CertificateTemplate(models.Model):
    """A document to start certificates from, under a name: of the whole NPPO, or of one person."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    membership = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="templates", help_text="None: the whole NPPO's."
    )
    name = models.CharField(max_length=120)
    document = DocumentField(help_text="Without what copying.py names as belonging to one certificate.")
    type = models.CharField(max_length=12)
    destination = models.CharField(max_length=2, blank=True)
    exporter = models.CharField(max_length=200, blank=True)
    commodity = models.CharField(max_length=200, blank=True)
    folded = models.CharField(max_length=1000, blank=True, help_text="Name, exporter and commodity as searched.")
    used_at = models.DateTimeField(default=timezone.now)

    objects = Templates.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["nppo", "membership", "name"], nulls_distinct=False, name="template_once")
        ]
        # the list, and the page of a new certificate
        indexes: ClassVar = [models.Index(fields=["nppo", "-used_at", "-id"], name="template_latest")]

    def __str__(self) -> str:
        return self.name


class Favourite(models.Model):
    """An exporter, a consignee or a route of the NPPO. Its data are a document that says this and nothing else."""

    class Kind(models.TextChoices):
        EXPORTER = "exporter", _("Exporter")
        CONSIGNEE = "consignee", _("Consignee")
        ROUTE = "route", _("Route")

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=200, help_text="In lists.")
    data = DocumentField()
    destination = models.CharField(max_length=2, blank=True, help_text="Of a route.")
    folded = models.CharField(max_length=1000, help_text="Name and data as searched.")
    used_at = models.DateTimeField(default=timezone.now)
    used_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["nppo", "kind", "name"], name="favourite_once"),
        ]
        # lists and the choice in a section: the latest first
        indexes: ClassVar = [models.Index(fields=["nppo", "kind", "-used_at", "-id"], name="favourite_latest")]

    def __str__(self) -> str:
        return self.name
