"""E-mail: stored in the transaction of what it tells, sent afterwards by a worker, tried again until it is taken.

At least once: a worker that dies between sending and noting it sends again, under the same Message-ID.
"""

import logging
from datetime import timedelta
from smtplib import SMTPException
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from gens.accounts.bells import nudge
from gens.accounts.models import Mail
from gens.accounts.tenancy import acting_for

log = logging.getLogger(__name__)

MOST: Final = 12  # attempts, over three days


def put(nppo_id: int, to: str, kind: str, subject: str, text: str, *, is_secret: bool = False) -> Mail:
    """Store a mail in the caller's transaction; it is sent after the commit. is_secret: the text lets somebody in."""
    one_line = " ".join(subject.split())[:256]
    row = Mail.objects.create(nppo_id=nppo_id, to=to, kind=kind, subject=one_line, text=text, is_secret=is_secret)
    transaction.on_commit(lambda: _ring(row))
    return row


def _ring(row: Mail) -> None:
    from gens.accounts.tasks import send_mail

    nudge(send_mail, row.pk, row.nppo_id)


def send(mail_id: int, nppo_id: int) -> None:
    """Send one mail that is due, unless another worker has it: claim → commit → send → record."""
    row = _claim(mail_id, nppo_id)
    if row is None:
        return
    message = EmailMessage(
        row.subject,
        row.text,
        to=[row.to],
        headers={"Message-ID": f"<gens.{row.nppo_id}.{row.pk}@{settings.PUBLIC_HOST}>"},
    )
    try:
        message.send()
    except (SMTPException, OSError) as error:
        log.warning("Mail %s to %s was not taken: %s", row.pk, row.to, error)
        with acting_for(nppo_id):
            Mail.objects.filter(pk=mail_id).update(error=str(error)[:2000])
        return
    with acting_for(nppo_id):
        row.sent_at, row.error = timezone.now(), ""
        row.text = "" if row.is_secret and not settings.DEMO else row.text
        row.save(update_fields=["sent_at", "error", "text"])


def _claim(mail_id: int, nppo_id: int) -> Mail | None:
    now = timezone.now()
    with acting_for(nppo_id):
        waiting = Mail.objects.select_for_update(skip_locked=True).filter(sent_at=None, due_at__lte=now)
        row = waiting.filter(pk=mail_id, attempts__lt=MOST).first()
        if row is not None:
            row.attempts += 1
            row.due_at = now + timedelta(minutes=2 ** min(row.attempts, 10))
            row.save(update_fields=["attempts", "due_at"])
    return row
