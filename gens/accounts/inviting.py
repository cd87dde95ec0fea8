"""Invitations: who is asked to work for an NPPO, and what accepting one gives. Called in the tenant of the invitation."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy, gettext_noop

from gens.accounts import changes, events, letters, mail
from gens.accounts.models import Invitation, Membership, User

VALID: Final = timedelta(days=7)
LETTER: Final = letters.Letter(
    "invitation",
    gettext_lazy("Invitation"),
    gettext_noop("Invitation to %(nppo)s"),
    gettext_noop(
        "Dear %(name)s,\n\n%(by)s invites you to work in the electronic certificates of %(nppo)s.\n\n"
        "Open this address to set your password:\n%(link)s\n\nIt is valid for %(days)s days, and once. "
        "If you do not know what this is about, do nothing.\n"
    ),
    {
        "name": "Noa Keli",
        "nppo": "NPPO",
        "by": "Tavita Aiono",
        letters.LINK: "https://gens.example/people/invitation/1-xyz/",
        "days": VALID.days,
    },
)


def send(invitation: Invitation, *, by: Membership | None) -> Invitation:
    """Store the invitation (again: with a new secret, the link before opens nothing) and the mail that carries it."""
    secret = secrets.token_urlsafe(32)
    invitation.secret_hash = _hash(secret)
    invitation.expires_at = timezone.now() + VALID
    with transaction.atomic():
        invitation.save()
        events.record(invitation, events.INVITED, by=by, reason=invitation.email)
        with translation.override(invitation.language):
            subject, text = _letter(invitation, secret)
        mail.put(invitation.nppo_id, invitation.email, "invitation", subject, text, is_secret=True)
    return invitation


def _letter(invitation: Invitation, secret: str) -> tuple[str, str]:
    path = reverse("accounts:invitation", args=[f"{invitation.nppo_id}-{secret}"])
    said = {
        "name": invitation.name,
        "nppo": invitation.nppo.called(invitation.language),
        "by": invitation.by.user.name if invitation.by else settings.INSTALLATION_NAME,
        "link": settings.PUBLIC_URL + path,
        "days": VALID.days,
    }
    return letters.written(LETTER, invitation.nppo_id, said)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def found(secret: str) -> Invitation | None:
    """The invitation of this secret, whatever became of it."""
    rows = Invitation.objects.select_related("nppo", "office", "by__user")
    return rows.filter(secret_hash=_hash(secret)).first()


def withdraw(invitation: Invitation, *, by: Membership) -> None:
    with transaction.atomic():
        invitation.withdrawn_at = timezone.now()
        changes.save(invitation, by=by)


def accept(invitation: Invitation, *, name: str, language: str, password: str) -> User:
    """Make the account, or take the one that has this address, and give it the membership. Once: the row is locked.

    Raises Invitation.DoesNotExist when it is no longer open.
    """
    with transaction.atomic():
        row = Invitation.objects.select_for_update().get(
            pk=invitation.pk, accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now()
        )
        user = User.objects.filter(email=row.email.lower()).first()
        if user is None:
            user = User.objects.create_user(row.email, password, name=name, language=language)
        row.accepted_at = timezone.now()
        row.save(update_fields=["accepted_at"])
        membership = Membership.objects.filter(nppo=row.nppo, user=user).first() or Membership(nppo=row.nppo, user=user)
        membership.office, membership.roles, membership.is_active = row.office, row.roles, True
        changes.save(membership, by=None)  # who invited stands with the invitation
        events.record(row, events.ACCEPTED, by=membership)
    return user
