"""Recording what happened, in the vocabulary of the measures. Called inside the transaction of what it tells."""

from typing import Any, Final

from django.contrib.contenttypes.models import ContentType
from django.db import models

from gens.accounts.models import Event, Membership

DRAFTED: Final = "drafted"
SUBMITTED: Final = "submitted"
RETURNED: Final = "returned"
APPROVED: Final = "approved"
ISSUED: Final = "issued"
HUB_ACCEPTED: Final = "hub_accepted"
PARTNER_RECEIVED: Final = "partner_received"
NOT_DELIVERED: Final = "not_delivered"
REGISTERED: Final = "registered"
CONFIRMED: Final = "confirmed"
PRINTED: Final = "printed"
NOT_RENDERED: Final = "not_rendered"
RENDER_ASKED: Final = "render_asked"
SHEETS_USED: Final = "sheets_used"
SHEETS_SPOILED: Final = "sheets_spoiled"
SHEET_CORRECTED: Final = "sheet_corrected"
REPLACED: Final = "replaced"
WITHDRAWN: Final = "withdrawn"
NOT_SENT: Final = "not_sent"
RETRIED: Final = "retried"
ANSWERED: Final = "answered"
ARRIVED: Final = "arrived"
OPENED: Final = "opened"
TAKEN: Final = "taken"
RELEASED: Final = "released"
AWAITING: Final = "awaiting"
INFORMED: Final = "informed"
DECIDED: Final = "decided"
DISCARDED: Final = "discarded"
INSPECTION_PLANNED: Final = "inspection_planned"
INSPECTED: Final = "inspected"
INSPECTION_CALLED_OFF: Final = "inspection_off"
SPLIT: Final = "split"
REFERRED: Final = "referred"
ADDED: Final = "added"
CHANGED: Final = "changed"
ENDED: Final = "ended"
HANDED_OVER: Final = "handed_over"
INVITED: Final = "invited"
ACCEPTED: Final = "accepted"
SEAL_AWAY: Final = "seal_away"
SEAL_BACK: Final = "seal_back"
# How somebody signs in; the first seven are the names that allauth gives them.
TOTP_ACTIVATED: Final = "totp_activated"
TOTP_DEACTIVATED: Final = "totp_deactivated"
WEBAUTHN_ADDED: Final = "webauthn_added"
WEBAUTHN_REMOVED: Final = "webauthn_removed"
RECOVERY_CODES_GENERATED: Final = "recovery_codes_generated"
PASSWORD_CHANGED: Final = "password_changed"  # noqa: S105
PASSWORD_RESET: Final = "password_reset"  # noqa: S105
SECOND_FACTOR_RESET: Final = "second_factor_reset"


def record(
    subject: models.Model,
    action: str,
    *,
    by: Membership | None,
    from_state: str = "",
    to_state: str = "",
    reason: str = "",
    partner: str = "",
    changes: dict[str, list[Any]] | None = None,
) -> Event:
    """Store what happened to this tenant row; by=None is the system itself."""
    return Event.objects.create(
        nppo_id=subject.nppo_id,  # type: ignore[attr-defined]  # every tenant row has it
        subject_type=ContentType.objects.get_for_model(subject),
        subject_id=subject.pk,
        action=action,
        from_state=from_state,
        to_state=to_state,
        reason=reason,
        partner=partner,
        changes=changes or {},
        by=by,
        by_name=str(by.user) if by else "",
        by_roles=by.roles if by else [],
        office_name=by.office.name if by else "",
    )
