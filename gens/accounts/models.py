"""The national plant protection organizations (tenants), their people, and what happened (events)."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gens.accounts import roles


class PublicDetail(models.TextChoices):
    """How much of a certificate anybody learns who has its paper and asks whether it is valid."""

    STATE = "state", _("Number and state")
    SUMMARY = "summary", _("Also date, destination, produce and quantity")
    FACE = "face", _("Everything on its face")


class Nppo(models.Model):
    """A national plant protection organization: one tenant of the installation."""

    code = models.CharField(
        max_length=12,
        unique=True,
        help_text="Short name in addresses and log lines, such as WS.",
    )
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2.")
    name = models.CharField(max_length=256, help_text="As it prints and travels (IssuerSPSParty/Name).")
    time_zone = models.CharField(
        max_length=64,
        help_text="IANA name: rules the printed date and the number's year.",
    )
    language = models.CharField(max_length=8, default="en", help_text="Of its certificates beside English.")
    number_pattern = models.CharField(max_length=64, default="{code}-{year}-{number:06d}")
    four_eyes = models.BooleanField(
        default=True,
        help_text="Approval needs another person than the one who drafted.",
    )
    approves_and_issues = models.BooleanField(
        default=False, help_text="A certifying officer approves and issues in one step."
    )
    certifies_practically_free = models.BooleanField(
        default=False, help_text="New drafts have the optional clause on other pests (ISPM 12)."
    )
    disclaims_liability = models.BooleanField(
        default=False, help_text="New drafts have the optional statement on financial liability (ISPM 12)."
    )
    names = models.JSONField(default=dict, blank=True, help_text="Language to name, where it has one of its own.")
    addresses = models.JSONField(default=dict, blank=True, help_text="Language to address, on one line.")
    arms = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the picture, kept as a blob.")
    stamp = models.CharField(max_length=64, blank=True, help_text="The same of the picture in the stamp's box.")
    paper_language = models.CharField(
        max_length=8, blank=True, help_text="Prints beside English; empty: English alone. Partners may differ."
    )
    paper_alone = models.BooleanField(
        default=False, help_text="That language prints without English, where every sentence is verified in it."
    )
    public_detail = models.CharField(
        max_length=8,
        choices=PublicDetail.choices,
        default=PublicDetail.SUMMARY,
        help_text="Shown by the address in the QR code.",
    )
    second_factor_roles = ArrayField(
        models.CharField(max_length=32, choices=list(roles.ROLE_NAMES.items())),
        default=list,
        blank=True,
        help_text="Whoever has one of these signs in with a second factor.",
    )
    prints_on_security_paper = models.BooleanField(
        default=False, help_text="Each print asks for the serial numbers of its sheets."
    )
    needs_inspection = models.BooleanField(default=False, help_text="Only a passed inspection opens the way to issue.")
    inspection_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Not older than so many days, where one is needed; empty: no limit."
    )
    is_training = models.BooleanField(default=False)
    twin_of = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="twin",
        help_text="In which the people of that NPPO train.",
    )

    class Meta:
        verbose_name = _("NPPO")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(twin_of=None) | models.Q(is_training=True), name="a_twin_is_for_training"
            ),
        ]
        triggers: ClassVar = [
            # connections are held to it when they are made
            pgtrigger.Protect(
                name="training_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__is_training__df=pgtrigger.F("new__is_training")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def nppo_id(self) -> int:
        """Itself: events of its settings are its own."""
        return int(self.pk)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def called(self, language: str) -> str:
        """Its name in this language; the one that prints and travels where it has no other."""
        names: dict[str, str] = self.names
        return names.get(language.split("-")[0]) or self.name


class People(BaseUserManager["User"]):
    """Accounts by e-mail address, which is compared without case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person. What they may do stands in their memberships."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=256, help_text="As it prints: name of authorized officer.")
    language = models.CharField(max_length=8, default="en")
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = People()

    def __str__(self) -> str:
        return self.name or self.email


class Office(models.Model):
    """A place of the NPPO where certificates are drafted and issued."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    name = models.CharField(max_length=256)
    place = models.CharField(max_length=256, help_text="Prints as place of issue.")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["nppo", "name"], name="office_once")]

    def __str__(self) -> str:
        return self.name


class Notices(models.TextChoices):
    """How somebody wants to hear of their work."""

    AT_ONCE = "at_once", _("A mail for each, at once")
    DAILY = "daily", _("One mail a day, at seven in the morning")
    NONE = "none", _("No mail")


class Membership(models.Model):
    """A person acting for an NPPO: with which roles, in which office, authorised until when."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    user = models.ForeignKey(User, on_delete=models.PROTECT)
    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    roles = ArrayField(models.CharField(max_length=32, choices=list(roles.ROLE_NAMES.items())))
    authorised_from = models.DateField(null=True, blank=True)
    authorised_until = models.DateField(null=True, blank=True)
    types = ArrayField(
        models.CharField(max_length=12), default=list, blank=True, help_text="May issue these (851, 657); empty: all."
    )
    destinations = ArrayField(
        models.CharField(max_length=2), default=list, blank=True, help_text="May issue to these; empty: everywhere."
    )
    notices = models.CharField(max_length=8, choices=Notices.choices, default=Notices.AT_ONCE)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["nppo", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user}, {self.office}"

    def may(self, permission: str) -> bool:
        """Whether a role of this membership has the permission; issuing also needs its dates to cover today."""
        if permission == roles.ISSUE and not self.is_authorised:
            return False
        return self.is_active and any(permission in roles.PERMISSIONS[role] for role in self.roles)

    def covers(self, certificate_type: str, destination: str) -> bool:
        """Whether this person's authorisation to approve and issue extends to such a certificate."""
        is_type = not self.types or certificate_type in self.types
        return is_type and (not self.destinations or destination in self.destinations)

    @property
    def is_authorised(self) -> bool:
        """Whether today, in the NPPO's zone, lies within the dates of authorisation (IPPC V.2a)."""
        today = timezone.localdate(timezone=self.nppo.zone)
        return (self.authorised_from or today) <= today <= (self.authorised_until or today)

    @property
    def needs_second_factor(self) -> bool:
        """Whether the NPPO asks those with a role of this membership for a second factor."""
        return not set(self.roles).isdisjoint(self.nppo.second_factor_roles)

    @property
    def role_names(self) -> list[str]:
        return [str(roles.ROLE_NAMES[role]) for role in self.roles]


class Invitation(models.Model):
    """Somebody asked by e-mail to work for an NPPO. Of the secret in the link only the fingerprint is kept."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    email = models.EmailField()
    name = models.CharField(max_length=256)
    language = models.CharField(max_length=8, default="en")
    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    roles = ArrayField(models.CharField(max_length=32, choices=list(roles.ROLE_NAMES.items())))
    secret_hash = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["nppo", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation",
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_open(self) -> bool:
        return not self.accepted_at and not self.withdrawn_at and self.expires_at > timezone.now()


class Mail(models.Model):
    """A mail to be sent, stored with what it tells: it leaves if, and only if, that commits. `mail` sends it."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    to = models.EmailField()
    kind = models.CharField(max_length=32)
    subject = models.CharField(max_length=256)
    text = models.TextField(help_text="Emptied once sent, when it carries a secret.")
    is_secret = models.BooleanField(default=False, help_text="The text carries a link that lets in.")
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [
            # the sweep
            models.Index(fields=["due_at"], condition=models.Q(sent_at=None), name="mail_to_send"),
            models.Index(fields=["nppo", "-created_at", "-id"], name="mail_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.to}"


class MailText(models.Model):
    """What an NPPO writes in one kind of mail, in one language, in place of our own text; empty: ours again."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    kind = models.CharField(max_length=32)
    language = models.CharField(max_length=8)
    subject = models.CharField(max_length=256, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["nppo", "kind", "language"], name="mail_text_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.language}"


class Notice(models.Model):
    """Something a person should know of. `key` says what it is about: nobody is told the same thing twice."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT)
    key = models.CharField(max_length=100)
    subject = models.CharField(max_length=256)
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["membership", "key"], name="told_once")]
        indexes: ClassVar = [
            models.Index(fields=["membership", "-at", "-id"], name="notice_latest"),
            # the digest
            models.Index(fields=["nppo", "at"], condition=models.Q(mailed_at=None), name="notice_to_mail"),
        ]

    def __str__(self) -> str:
        return self.subject


class Event(models.Model):
    """What happened to something, who did it acting as what, when, from which state to which, and why. Append-only."""

    nppo = models.ForeignKey(Nppo, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)
    action = models.CharField(max_length=32)
    from_state = models.CharField(max_length=32, blank=True)
    to_state = models.CharField(max_length=32, blank=True)
    reason = models.TextField(blank=True)
    partner = models.CharField(max_length=12, blank=True, help_text="Connection code of the other NPPO.")
    changes = models.JSONField(default=dict, help_text="Of settings and people. Field: [before, after].")
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, help_text="None: the system.")
    by_name = models.CharField(max_length=256, blank=True, help_text="The name at that time.")
    by_roles = ArrayField(models.CharField(max_length=32), default=list)
    office_name = models.CharField(max_length=256, blank=True)
    subject_type = models.ForeignKey(ContentType, on_delete=models.PROTECT)
    subject_id = models.BigIntegerField()
    subject = GenericForeignKey("subject_type", "subject_id")

    class Meta:
        # the timeline of a certificate or an envelope
        indexes: ClassVar = [models.Index(fields=["subject_type", "subject_id", "at"], name="event_of_subject")]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"
