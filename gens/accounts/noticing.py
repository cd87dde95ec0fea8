"""Telling a person something about their work: by mail at once, in one mail a day, or on the page of notices only."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gens.accounts import mail
from gens.accounts.models import Membership, Notice, Notices, Nppo
from gens.accounts.tenancy import acting_for

MORNING: Final = time(7)  # in the NPPO's zone
KIND: Final = "notice"


def tell(to: Membership, key: str, words: Callable[[], tuple[str, str]]) -> bool:
    """Store a notice in the caller's transaction, unless this person was told of `key` before. Whether it is new.

    words: gives (subject, text) in the language that is active: the person's.
    """
    if Notice.objects.filter(membership=to, key=key).exists():
        return False
    with translation.override(to.user.language):
        subject, text = words()
    row = Notice(nppo_id=to.nppo_id, membership=to, key=key, subject=" ".join(subject.split())[:256], text=text)
    Notice.objects.bulk_create([row], ignore_conflicts=True)  # two workers at once: one of them told it
    if to.notices == Notices.AT_ONCE:
        waiting = Notice.objects.filter(membership=to, key=key, mailed_at=None)
        if waiting.update(mailed_at=timezone.now()):
            mail.put(to.nppo_id, to.user.email, KIND, row.subject, text)
    return True


def digests(now: datetime | None = None) -> int:
    """One mail for each person who wants one a day, with what came up to seven this morning. How many were put.

    Whoever calls it twice, or again after a crash, mails nothing twice: a notice is marked with its mail.
    """
    now = now or timezone.now()
    return sum(_digests_of(nppo, now) for nppo in Nppo.objects.order_by("pk"))


def _digests_of(nppo: Nppo, now: datetime) -> int:
    here = now.astimezone(nppo.zone)
    morning = datetime.combine(here.date(), MORNING, tzinfo=nppo.zone)
    if here < morning:
        return 0
    with acting_for(nppo.pk):
        due = Notice.objects.filter(nppo=nppo, mailed_at=None, at__lt=morning, membership__notices=Notices.DAILY)
        people = Membership.objects.filter(pk__in=due.values("membership"), is_active=True, user__is_active=True)
        return sum(_digest(person, morning) for person in people.select_related("user"))


def _digest(to: Membership, morning: datetime) -> bool:
    with transaction.atomic():
        waiting = Notice.objects.select_for_update().filter(membership=to, mailed_at=None, at__lt=morning)
        rows = list(waiting.order_by("at", "pk"))
        if not rows:  # another worker was faster
            return False
        Notice.objects.filter(pk__in=[row.pk for row in rows]).update(mailed_at=timezone.now())
        with translation.override(to.user.language):
            subject = ngettext("%(count)s notice of the day", "%(count)s notices of the day", len(rows))
            link = settings.PUBLIC_URL + reverse("accounts:notices")
            end = _("How you get these mails is your choice:\n%(link)s\n") % {"link": link}
        text = "\n\n".join(f"{row.subject}\n{row.text.strip()}" for row in rows)
        mail.put(to.nppo_id, to.user.email, KIND, subject % {"count": len(rows)}, f"{text}\n\n{end}")
    return True
