"""What mails this NPPO caused: to whom, when, and whether they could be sent. In the demo they are read here."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from certificates.administration.doorway import administrators_only
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Mail


def mails(request: ActingRequest) -> HttpResponse:
    administrators_only(request)
    rows = Mail.objects.filter(nppo=request.membership.nppo_id).order_by("-created_at", "-id")
    return render(request, "administration/mails.html", {"page": Paginator(rows, 50).get_page(request.GET.get("page"))})
