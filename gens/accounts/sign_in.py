"""What changes in how a person signs in: told to the person by mail, and kept with every membership of theirs."""

from typing import Final

from django.db import transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gens.accounts import events, mail
from gens.accounts.models import Membership, User
from gens.accounts.tenancy import acting_for, signing_in

WORDS: Final[dict[str, Promise]] = {
    events.TOTP_ACTIVATED: gettext_lazy("Authenticator app set up"),
    events.TOTP_DEACTIVATED: gettext_lazy("Authenticator app removed"),
    events.WEBAUTHN_ADDED: gettext_lazy("Passkey or security key added"),
    events.WEBAUTHN_REMOVED: gettext_lazy("Passkey or security key removed"),
    events.RECOVERY_CODES_GENERATED: gettext_lazy("New recovery codes made"),
    events.PASSWORD_CHANGED: gettext_lazy("Password changed"),
    events.PASSWORD_RESET: gettext_lazy("Forgotten password replaced"),
    events.SECOND_FACTOR_RESET: gettext_lazy("Second factor reset"),
}


def changed(user: User, action: str, *, is_own: bool = False, by: Membership | None = None, reason: str = "") -> None:
    """Record it with each active membership, and mail it. is_own: the person did it; by=None: who runs the installation.

    The mail is that of the NPPO of whoever did it; of a person without any membership nobody is told.
    """
    with transaction.atomic(), signing_in(user.pk):
        members = list(Membership.objects.filter(user=user, is_active=True).order_by("pk"))
        for row in members:
            with acting_for(row.nppo_id):
                member = Membership.objects.select_related("user", "office").get(pk=row.pk)
                events.record(member, action, by=member if is_own else by, reason=reason)
        for row in [by] if by else members[:1]:
            _mail(row.nppo_id, user, action)


def _mail(nppo_id: int, user: User, action: str) -> None:
    with acting_for(nppo_id), translation.override(user.language):
        what = str(WORDS[action])
        text = _(
            "Dear %(name)s,\n\nthe way you sign in was changed: %(what)s.\n\n"
            "If you do not know of this, set a new password and tell the administrator of your NPPO at once.\n"
        )
        mail.put(nppo_id, user.email, "sign_in", what, text % {"name": user.name, "what": what})
