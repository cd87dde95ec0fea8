"""People of the NPPO: who they are, what they may do, inviting them, and ending their work without losing any of it."""

from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.administration.doorway import administrators_only, own_or_404
from certificates.administration.forms import GIVEN, Invite, Person
from certificates.administration.history import history
from certificates.forms.fields import errors_of
from certificates.models import Certificate
from gens.accounts import changes, events, inviting, roles, second_factor
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Invitation, Membership

PAGE: Final = 50


def people(request: ActingRequest) -> HttpResponse:
    """Everybody who works or worked here, and who is invited."""
    administrators_only(request)
    query, role, state, factor = (request.GET.get(key, "") for key in ("q", "role", "state", "factor"))
    found = Membership.objects.filter(nppo=request.membership.nppo_id, is_active=state != "ended")
    if query:
        found = found.filter(Q(user__name__icontains=query[:100]) | Q(user__email__icontains=query[:100]))
    if role in roles.ROLE_NAMES:
        found = found.filter(roles__contains=[role])
    found = found.annotate(has_factor=second_factor.of_members())
    if factor in ("yes", "no"):
        found = found.filter(has_factor=factor == "yes")
    rows = found.select_related("user", "office", "nppo").order_by("user__name", "pk")
    open_ones = Invitation.objects.filter(nppo=request.membership.nppo_id, accepted_at=None, withdrawn_at=None)
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "invitations": open_ones.select_related("office").order_by("created_at")[:PAGE],
        "query": query,
        "role": role,
        "state": state,
        "factor": factor,
        "roles": GIVEN,
    }
    return render(request, "administration/people.html", context)


def person(request: ActingRequest, pk: int) -> HttpResponse:
    """One person: what they may do, changed here, with what happened to it."""
    administrators_only(request)
    member = own_or_404(request, Membership, pk)
    is_post = request.method == "POST"
    form = Person(request.POST if is_post else None, initial=Person.read(member), nppo=member.nppo)
    if is_post and form.is_valid():
        if roles.ADMINISTRATOR not in form.cleaned_data["roles"] and is_last_administrator(member):
            form.add_error("roles", _("Nobody else administers this NPPO. Make somebody else an administrator first."))
        else:
            changes.save(form.write(member), by=request.membership)
            messages.success(request, _("Saved."))
            return redirect("administration:person", pk)
    context = {
        "member": member,
        "form": form,
        "errors": errors_of(form),
        "held": held(member).count(),
        "factor": second_factor.held_by(member.user),
        "is_me": member.user_id == request.membership.user_id,
        "history": history(member, form, {"is_active": gettext_lazy("Working here")}),
        "is_last": is_last_administrator(member),
    }
    return render(request, "administration/person.html", context, status=422 if is_post else 200)


def reset_second_factor(request: ActingRequest, pk: int) -> HttpResponse:
    """GET asks, POST takes away the second factor of somebody who lost it. Whoever has it changes it on their own page."""
    administrators_only(request)
    member = own_or_404(request, Membership, pk)
    if not member.is_active or not second_factor.held_by(member.user):
        raise Http404
    if member.user_id == request.membership.user_id:
        return redirect("mfa_index")
    is_post, reason = request.method == "POST", request.POST.get("reason", "").strip()[:2000]
    if is_post and reason:
        second_factor.reset(member.user, by=request.membership, reason=reason)
        messages.success(request, _("The second factor is reset. The person is told by mail."))
        return redirect("administration:person", pk)
    context = {"member": member, "error": _("Write the reason.") if is_post else ""}
    return render(request, "administration/reset_second_factor.html", context, status=422 if is_post else 200)


def is_last_administrator(member: Membership) -> bool:
    """Whether the NPPO would be without an administrator if this one went."""
    others = Membership.objects.filter(nppo=member.nppo_id, is_active=True, user__is_active=True)
    is_one = member.is_active and roles.ADMINISTRATOR in member.roles
    return is_one and not others.filter(roles__contains=[roles.ADMINISTRATOR]).exclude(pk=member.pk).exists()


def held(member: Membership) -> Any:
    """The certificates that lie with this person."""
    return Certificate.objects.filter(nppo=member.nppo_id, holder=member).defer("document", "search_text")


def end(request: ActingRequest, pk: int) -> HttpResponse:
    """GET shows what lies with the person and asks who takes it; POST ends the membership and hands all of it over."""
    administrators_only(request)
    member = own_or_404(request, Membership, pk)
    if not member.is_active:
        raise Http404
    colleagues = Membership.objects.filter(nppo=member.nppo_id, is_active=True).exclude(pk=member.pk)
    colleagues = colleagues.select_related("user", "office").order_by("user__name")
    lying = list(held(member).order_by("pk"))
    error = ""
    if is_last_administrator(member):
        error = _("Nobody else administers this NPPO. Make somebody else an administrator first.")
    elif request.method == "POST":
        taker = next((c for c in colleagues if str(c.pk) == request.POST.get("taker")), None)
        reason = request.POST.get("reason", "").strip()[:2000]
        if lying and taker is None:
            error = _("Choose who takes over the open work.")
        elif not reason:
            error = _("Write the reason.")
        else:
            _end(member, taker, request.membership, reason)
            messages.success(request, _("The membership is ended. It opens nothing from now on."))
            return redirect("administration:people")
    context = {
        "member": member, "colleagues": colleagues, "held": lying, "error": error,
        "taker": request.POST.get("taker", ""), "reason": request.POST.get("reason", ""),
    }  # fmt: skip
    return render(
        request, "administration/end.html", context, status=422 if error and request.method == "POST" else 200
    )


def _end(member: Membership, taker: Membership | None, by: Membership, reason: str) -> None:
    with transaction.atomic():
        words = f"{member.user.name} → {taker.user.name if taker else ''}: {reason}"
        lying = list(held(member).select_for_update(of=("self",)))
        held(member).update(holder=taker)
        for certificate in lying:
            events.record(certificate, events.HANDED_OVER, by=by, reason=words)
        member.is_active = False
        changes.save(member, by=by, reason=reason)


def back(request: ActingRequest, pk: int) -> HttpResponse:
    """POST lets somebody work here again whose membership had ended."""
    administrators_only(request)
    member = own_or_404(request, Membership, pk)
    if request.method == "POST" and not member.is_active:
        member.is_active = True
        changes.save(member, by=request.membership)
        messages.success(request, _("This person works here again."))
    return redirect("administration:person", pk)


def invite(request: ActingRequest) -> HttpResponse:
    administrators_only(request)
    nppo, is_post = request.membership.nppo, request.method == "POST"
    form = Invite(request.POST if is_post else None, initial={"language": nppo.language}, nppo=nppo)
    if is_post and form.is_valid():
        said = form.cleaned_data
        made = Invitation(nppo=nppo, by=request.membership, **said)
        inviting.send(made, by=request.membership)
        messages.success(request, _("%(name)s is invited. The mail is on its way.") % {"name": made.name})
        return redirect("administration:people")
    context = {"form": form, "errors": errors_of(form)}
    return render(request, "administration/invite.html", context, status=422 if is_post else 200)


def invitation(request: ActingRequest, pk: int, verb: str) -> HttpResponse:
    """POST sends an open invitation again, or withdraws it."""
    administrators_only(request)
    found = own_or_404(request, Invitation, pk)
    if verb not in ("again", "withdraw"):
        raise Http404
    if request.method == "POST" and not found.accepted_at and not found.withdrawn_at:
        if verb == "again":
            inviting.send(found, by=request.membership)
            messages.success(request, _("Sent again. The link of the mail before opens nothing any more."))
        else:
            inviting.withdraw(found, by=request.membership)
            messages.success(request, _("The invitation is withdrawn."))
    return redirect("administration:people")
