"""The background work of accounts: sending mails."""

from celery import shared_task
from django.utils import timezone

from gens.accounts import mail, noticing
from gens.accounts.bells import nudge
from gens.accounts.models import Mail
from gens.accounts.tenancy import sweeping


@shared_task(soft_time_limit=120, time_limit=150)
def send_mail(mail_id: int, nppo_id: int) -> None:
    """The bell of one mail."""
    mail.send(mail_id, nppo_id)


@shared_task
def send_waiting() -> None:
    """Beat: the mails whose bell nobody heard, or whose time has come again."""
    with sweeping():
        due = Mail.objects.filter(sent_at=None, due_at__lte=timezone.now(), attempts__lt=mail.MOST)
        waiting = list(due.order_by("due_at").values_list("pk", "nppo_id")[:500])
    for mail_id, nppo_id in waiting:
        nudge(send_mail, mail_id, nppo_id)


@shared_task
def send_digests() -> None:
    """Beat: the one mail a day of those who want it so."""
    noticing.digests()
