"""The second factor of signing in: who has one, who needs one, and taking away what somebody lost."""

from dataclasses import dataclass
from typing import Final

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Exists, OuterRef

from gens.accounts import events, sign_in
from gens.accounts.models import Membership, User

APP: Final = Authenticator.Type.TOTP
KEY: Final = Authenticator.Type.WEBAUTHN
FACTORS: Final = (APP, KEY)  # recovery codes alone are none: they stand in for one that was lost


@dataclass(frozen=True)
class Held:
    """What somebody has: an authenticator app, and how many passkeys or security keys."""

    has_app: bool
    keys: int

    def __bool__(self) -> bool:
        return self.has_app or self.keys > 0


def held_by(user: User) -> Held:
    types = list(Authenticator.objects.filter(user=user, type__in=FACTORS).values_list("type", flat=True))
    return Held(APP in types, types.count(KEY))


def is_missing(membership: Membership) -> bool:
    """Whether a role of this membership needs a second factor that the person has not set up. Asked at every request."""
    if not membership.needs_second_factor:
        return False
    return not Authenticator.objects.filter(user=membership.user_id, type__in=FACTORS).exists()


def of_members() -> Exists:
    """For a query of memberships: whether the person has a second factor."""
    return Exists(Authenticator.objects.filter(user=OuterRef("user"), type__in=FACTORS))


def reset(user: User, *, by: Membership | None, reason: str) -> bool:
    """Take away all factors with their recovery codes. False when there was none. by=None: who runs the installation."""
    with transaction.atomic():
        rows = Authenticator.objects.select_for_update().filter(user=user)
        if not list(rows):
            return False
        rows.delete()
        sign_in.changed(user, events.SECOND_FACTOR_RESET, by=by, reason=reason)
    return True
