"""Whether an NPPO is ready to issue: what a new one sets up, and what is looked at before it goes live."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certificates.administration.doorway import administrators_only
from certificates.seals import using
from codelists.models import Code, List
from gens.accounts import mail, roles
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Mail, Membership, Nppo, Office
from hubclient import credentials
from hubclient.models import Connection

_NEEDED: Final = (List.COUNTRY, List.UNIT, List.PACKAGE, List.TRANSPORT, List.TAXON)


@dataclass(frozen=True)
class Check:
    """One thing to be there, and where to see to it. is_needed: without it nothing can be issued."""

    words: Promise
    hint: Promise
    is_done: bool
    url: str
    is_needed: bool = True


def checks(nppo: Nppo) -> list[Check]:
    """In the order in which one sets up."""
    return [*_house(nppo), *_people(nppo), *_paper(nppo), *_exchange(nppo)]


def _house(nppo: Nppo) -> Iterator[Check]:
    held = set(Code.objects.filter(list__in=_NEEDED, is_active=True).values_list("list", flat=True).distinct())
    offices = Office.objects.filter(nppo=nppo, is_active=True).exclude(place="")
    yield Check(
        _("The NPPO has its name and its time zone"), _("They print on every certificate."),
        bool(nppo.name.strip() and nppo.time_zone), reverse("administration:settings"),
    )  # fmt: skip
    yield Check(
        _("There is an office with a place of issue"), _("The place prints on every certificate."),
        offices.exists(), reverse("administration:offices"),
    )  # fmt: skip
    yield Check(
        _("The code lists are there"), _("Countries, units, packages, means of transport and plants."),
        held >= set(_NEEDED), reverse("administration:lists"),
    )  # fmt: skip


def _paper(nppo: Nppo) -> Iterator[Check]:
    seal = using.active(nppo.pk)
    yield Check(
        _("Papers are sealed electronically, for a month at least"), _("Anybody can verify that a PDF is yours and unchanged."),
        bool(seal and not seal.trouble and using.ends_in(seal) > using.WARN_AT[-1]), reverse("administration:seal"),
        is_needed=False,
    )  # fmt: skip


def _people(nppo: Nppo) -> Iterator[Check]:
    people = list(Membership.objects.filter(nppo=nppo, is_active=True, user__is_active=True).select_related("nppo"))
    drafting = {person.pk for person in people if person.may(roles.DRAFT)}
    issuing = {person.pk for person in people if person.may(roles.ISSUE)}
    url = reverse("administration:people")
    yield Check(_("Somebody can draft certificates"), _("An inspector or a certifying officer."), bool(drafting), url)
    yield Check(
        _("Somebody is authorised to issue today"), _("A certifying officer within the dates of the authorisation."),
        bool(issuing), url,
    )  # fmt: skip
    yield Check(
        _("There is a second person, or the NPPO does without four eyes"),
        _("Who wrote a certificate can neither approve nor issue it."),
        not nppo.four_eyes or bool(issuing and len(drafting | issuing) > 1), url,
    )  # fmt: skip


def _exchange(nppo: Nppo) -> Iterator[Check]:
    connection = Connection.objects.filter(nppo=nppo, is_active=True).first()
    pairs = credentials.pairs(connection) if connection else []
    is_current = bool(pairs) and not (connection and credentials.expiring(connection))
    url = reverse("administration:connections")
    yield Check(
        _("A connection to the Hub is switched on"), _("Without it certificates go on paper only."),
        connection is not None, url, is_needed=False,
    )  # fmt: skip
    yield Check(
        _("Its client certificate is valid for two months at least"), _("The Hub knows us by it."),
        is_current, url, is_needed=False,
    )  # fmt: skip
    yield Check(
        _("The Hub has answered"), _("And did so when it was last called."),
        bool(connection and connection.last_contact_at and not connection.is_in_trouble), url, is_needed=False,
    )  # fmt: skip
    failing = Mail.objects.filter(nppo=nppo, sent_at=None, attempts__gte=mail.MOST)
    yield Check(
        _("E-mails leave"), _("Invitations and notices reach people."),
        not failing.exists(), reverse("administration:mails"), is_needed=False,
    )  # fmt: skip


def is_ready(nppo: Nppo) -> bool:
    """Whether everything is there without which nothing can be issued."""
    return all(check.is_done for check in checks(nppo) if check.is_needed)


def checklist(request: ActingRequest) -> HttpResponse:
    administrators_only(request)
    found = checks(request.membership.nppo)
    context = {"checks": found, "done": sum(check.is_done for check in found)}
    context["may_issue"] = all(check.is_done for check in found if check.is_needed)
    return render(request, "administration/checklist.html", context)
