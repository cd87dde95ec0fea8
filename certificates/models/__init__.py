"""Certificates and what belongs to them. Every row carries its NPPO; issued content, messages and renderings never change."""

from typing import ClassVar, Final, Self

import pgtrigger
from django.contrib.contenttypes.fields import GenericRelation
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.utils.translation import gettext_lazy as _

from certificates.models.desk import Batch as Batch
from certificates.models.desk import BatchItem as BatchItem
from certificates.models.desk import HandIssued as HandIssued
from certificates.models.desk import Print as Print
from certificates.models.desk import RenderTry as RenderTry
from certificates.models.desk import Sheet as Sheet
from certificates.models.documents import DocumentField
from certificates.models.inspection import Inspection as Inspection
from certificates.models.inspection import InspectionFile as InspectionFile
from certificates.models.inspection import Sample as Sample
from certificates.models.numbers import NumberRule as NumberRule
from certificates.models.numbers import NumberSequence as NumberSequence
from certificates.models.numbers import ReservedNumbers as ReservedNumbers
from certificates.models.paper import PaperSkin as PaperSkin
from certificates.models.partners import Partnership as Partnership
from certificates.models.partners import Requirement as Requirement
from certificates.models.partners import Subscription as Subscription
from certificates.models.partners import Verification as Verification
from certificates.models.partners import partnership as partnership
from certificates.models.seals import Seal as Seal
from certificates.models.seals import SealedFile as SealedFile
from certificates.models.starting import CertificateTemplate as CertificateTemplate
from certificates.models.starting import Favourite as Favourite
from gens.accounts import roles
from gens.accounts.models import Event, Membership, Nppo, Office
from hubclient.models import Envelope


class Direction(models.TextChoices):
    ISSUED = "issued"
    RECEIVED = "received"


class Status(models.TextChoices):
    """Where a certificate is. Delivery is not a status: a certificate is ISSUED whatever the Hub does."""

    # ours
    DRAFT = "draft", _("Draft")
    RETURNED = "returned", _("Returned")
    SUBMITTED = "submitted", _("Submitted")
    APPROVED = "approved", _("Approved")
    ISSUED = "issued", _("Issued")
    DISCARDED = "discarded", _("Discarded")
    # both
    REPLACED = "replaced", _("Replaced")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    # theirs
    RECEIVED = "received", _("Received")
    OPENED = "opened", _("Opened")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")


class Original(models.TextChoices):
    """What became of the paper of a certificate that is replaced or withdrawn (ISPM 12)."""

    RETURNED = "returned", _("Returned to us")
    LOST = "lost", _("Lost")
    CIRCULATING = "circulating", _("Still in circulation")


EDITABLE = (Status.DRAFT, Status.RETURNED)
# Somebody still has to do something.
UNFINISHED = (
    Status.DRAFT, Status.RETURNED, Status.SUBMITTED, Status.APPROVED, Status.RECEIVED, Status.OPENED,
)  # fmt: skip
NOT_FROZEN = (Status.DRAFT, Status.RETURNED, Status.SUBMITTED, Status.APPROVED)
FROZEN_COLUMNS = (
    "nppo_id",
    "direction",
    "counterpart",
    "type",
    "number",
    "document",
    "issued_at",
    "issued_by_id",
    "replaces_id",
)


_LISTED: Final = (
    "nppo", "direction", "counterpart", "type", "number", "reference", "status", "status_since", "holder",
    "office", "awaits", "awaits_from", "awaits_since", "own_reference", "destination", "exporter", "consignee", "commodity",
    "quantity", "line_count", "issue_date",
)  # fmt: skip


def readable_by(membership: Membership) -> tuple[int, tuple[Direction, ...]]:
    """(NPPO, directions) of the certificates that this membership may read."""
    allowed = ((roles.READ_ISSUED, Direction.ISSUED), (roles.READ_RECEIVED, Direction.RECEIVED))
    return membership.nppo_id, tuple(direction for permission, direction in allowed if membership.may(permission))


class Certificates(models.QuerySet["Certificate"]):
    """The one doorway: views take objects from visible_to(membership) and from nowhere else."""

    def visible_to(self, membership: Membership) -> Self:
        """What this membership may read: outgoing and incoming ones by role, of its own NPPO only."""
        return self.readable(*readable_by(membership))

    def readable(self, nppo_id: int, directions: tuple[Direction, ...]) -> Self:
        """What `readable_by` says of a membership, for queries that are kept."""
        return self.filter(nppo=nppo_id, direction__in=directions)

    def coverable_by(self, membership: Membership) -> Self:
        """Received certificates that may cover a re-export this membership drafts: not refused, withdrawn or replaced."""
        if not membership.may(roles.DRAFT):
            return self.none()
        usable = (Status.RECEIVED, Status.OPENED, Status.ACCEPTED)
        return self.filter(nppo=membership.nppo_id, direction=Direction.RECEIVED, status__in=usable)

    def without_pdf(self) -> Self:
        """Issued ones whose PDF is still to be made."""
        return self.filter(direction=Direction.ISSUED, issued_at__isnull=False, has_pdf=False)

    def for_lists(self) -> Self:
        """What lists show, and the name of who has it: never the document."""
        return self.only(*_LISTED, "holder__user__name").select_related("holder__user")


class Certificate(models.Model):
    """One certificate of (nppo, direction, counterpart, type, number). The columns below `document` follow from it
    and are written only by `storage.store`."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    direction = models.CharField(max_length=8, choices=Direction.choices)
    counterpart = models.CharField(max_length=12, blank=True, help_text="Received: connection code of the sender.")
    type = models.CharField(max_length=12)
    number = models.CharField(max_length=256, blank=True, help_text="Given at issue.")
    reference = models.CharField(max_length=32, blank=True, help_text="Of a draft: D-2026-0418. Never printed.")
    status = models.CharField(max_length=16, choices=Status.choices)
    status_since = models.DateTimeField()
    holder = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, help_text="Who has it now.")
    drafted_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="drafted")
    authors = ArrayField(models.BigIntegerField(), default=list, help_text="Memberships that wrote it: four eyes.")
    office = models.ForeignKey(Office, on_delete=models.PROTECT, null=True)
    issued_at = models.DateTimeField(null=True)
    issued_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="issued")
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="replacements", help_text="Ours: what it cancels."
    )
    original = models.CharField(
        max_length=16, choices=Original.choices, blank=True, help_text="Once replaced or withdrawn: where the paper is."
    )
    decided_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        null=True,
        related_name="decided",
        help_text="Theirs: who let it in or not.",
    )
    awaits = models.TextField(blank=True, help_text="What an officer lacks to decide. Ends with the next state.")
    awaits_from = models.CharField(max_length=200, blank=True, help_text="Of whom it was asked.")
    awaits_since = models.DateTimeField(null=True, help_text="None: it waits for no information.")
    own_reference = models.CharField(
        max_length=120, blank=True, help_text="An order's or a file's number. Never printed, never sent."
    )
    has_pdf = models.BooleanField(default=False, help_text="Follows from Rendering, by its trigger.")
    created_at = models.DateTimeField(auto_now_add=True)
    document = DocumentField()
    # written by store(): lists, filters and search
    destination = models.CharField(max_length=2, blank=True)
    exporter = models.CharField(max_length=200, blank=True)
    consignee = models.CharField(max_length=200, blank=True)
    commodity = models.CharField(max_length=200, blank=True)
    quantity = models.CharField(max_length=60, blank=True)
    line_count = models.PositiveIntegerField(default=0)
    issue_date = models.DateField(null=True, help_text="As printed: the day in the issuer's zone.")
    search_text = models.TextField(blank=True, help_text="Folded words of all lines and names.")

    events = GenericRelation(Event, content_type_field="subject_type", object_id_field="subject_id")
    objects = Certificates.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["nppo", "direction", "counterpart", "type", "number"],
                condition=~models.Q(number=""),
                name="certificate_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["nppo", "direction", "status", "-status_since", "-id"], name="certificate_worklist"),
            # what a person may copy: their own latest
            models.Index(fields=["nppo", "drafted_by", "-status_since", "-id"], name="certificate_of_author"),
            # words of one direction: what is common there and rare here is found without reading it there
            GinIndex("nppo", "direction", OpClass("search_text", name="gin_trgm_ops"), name="certificate_search"),
            # lists of several states, the latest first; those of open work without what is finished
            models.Index(fields=["nppo", "direction", "-status_since", "-id"], name="certificate_latest"),
            models.Index(
                fields=["nppo", "direction", "-status_since", "-id"],
                include=["status", "holder", "drafted_by", "issued_by", "office"],  # whose they are is counted in it
                condition=models.Q(status__in=UNFINISHED),
                name="certificate_open",
            ),
            # lists by number, of one country, and of some days
            models.Index(fields=["nppo", "direction", "number", "id"], name="certificate_by_number"),
            models.Index(
                fields=["nppo", "direction", "destination", "-status_since", "-id"],
                condition=models.Q(direction="issued"),
                name="certificate_to_country",
            ),
            models.Index(
                fields=["nppo", "direction", "counterpart", "-status_since", "-id"],
                condition=models.Q(direction="received"),
                name="certificate_from_country",
            ),
            models.Index(fields=["nppo", "direction", "issue_date", "id"], name="certificate_by_day"),
            # what the sweep looks for: few, or none
            models.Index(
                fields=["nppo", "id"],
                condition=models.Q(direction="issued", issued_at__isnull=False, has_pdf=False),
                name="certificate_without_pdf",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="issued_content_is_final",
                operation=pgtrigger.UpdateOf(*FROZEN_COLUMNS),  # type: ignore[no-untyped-call]  # pgtrigger's own
                condition=~pgtrigger.Q(old__status__in=[str(status) for status in NOT_FROZEN]),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.number or self.reference

    @property
    def partnership(self) -> Partnership:
        """What the NPPO says of its destination; asked of the database once."""
        held: Partnership | None = self.__dict__.get("_partnership")
        if held is None or held.country != self.destination:
            held = self.__dict__["_partnership"] = partnership(self.nppo_id, self.destination)
        return held


class Blob(models.Model):
    """The bytes of an attachment, once per NPPO and content."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    sha256 = models.CharField(max_length=64)
    data = models.BinaryField()
    media_type = models.CharField(max_length=64, help_text="Judged by content.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["nppo", "sha256"], name="blob_once")]
        triggers: ClassVar = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.sha256


class Message(models.Model):
    """Every XML sent or received for a certificate, byte for byte: the withdrawal (40) beside the original (70)."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="messages")
    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="messages", null=True)
    status_code = models.CharField(max_length=12)
    xml = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    findings = models.JSONField(default=list, help_text="What the rules said of it: [{rule, params, level, path}].")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["certificate", "created_at"], name="message_of_certificate")]
        triggers: ClassVar = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.certificate_id} {self.status_code}"


class Drawn(models.Model):
    """How much of a line of a received certificate one of ours certified on for re-export. Counts while that is issued."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="drawn")
    line = models.CharField(max_length=64, help_text="Id of the line of our certificate.")
    source = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="drawn_on")
    source_line = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=30, decimal_places=9)
    unit = models.CharField(max_length=12, help_text="Weights are in KGM, everything else in its own unit.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["certificate", "line"], name="drawn_once")]
        triggers: ClassVar = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit} of {self.source_id}"


class Rendering(models.Model):
    """The PDF of an issued certificate, rendered once; every later print is these bytes, marked.

    sheet: its data alone, for prints on sheets that bear labels and rules already, where the skin says so.
    """

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    certificate = models.OneToOneField(Certificate, on_delete=models.PROTECT, related_name="rendering")
    pdf = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    template_version = models.CharField(max_length=24)
    skin = models.ForeignKey(PaperSkin, on_delete=models.PROTECT, null=True, help_text="None: the usual look.")
    sheet = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="told",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="UPDATE certificates_certificate SET has_pdf = true WHERE id = NEW.certificate_id; RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return self.sha256


class PublicLink(models.Model):
    """The address under which anybody who has the paper may ask whether it is valid. Made with the rendering."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    certificate = models.OneToOneField(Certificate, on_delete=models.PROTECT, related_name="public_link")
    secret = models.CharField(max_length=32, unique=True)

    class Meta:
        triggers: ClassVar = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.certificate_id}"


class DraftInput(models.Model):
    """What was typed into a section and does not parse ("12,5 kgs"): kept raw, shown again, blocks submit."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="inputs")
    section = models.CharField(max_length=64, help_text='"parties", or "lines.<line id>".')
    data = models.JSONField(help_text="Field name to raw text.")
    by = models.ForeignKey(Membership, on_delete=models.PROTECT)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["certificate", "section"], name="input_once")]

    def __str__(self) -> str:
        return f"{self.certificate_id} {self.section}"


class Returned(models.Model):
    """The document as it stood when an officer returned it, with what they wrote beside its sections. Approving shows
    what changed since the latest."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="returns")
    document = DocumentField()
    remarks = models.JSONField(default=dict, help_text="Section: what the officer wrote beside it.")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers: ClassVar = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.certificate_id} {self.at}"


class SavedFilter(models.Model):
    """What somebody looks for again and again in a worklist, under a name of their own."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="filters")
    worklist = models.CharField(max_length=16)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=1000, help_text="As it stands in the address.")

    class Meta:
        # the chips above the list
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["membership", "worklist", "name"], name="saved_filter_once")
        ]

    def __str__(self) -> str:
        return self.name
