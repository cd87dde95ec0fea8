"""Numbers beyond the one pattern of the settings: by kind and office, and blocks kept for certificates issued by hand."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates import numbering
from certificates.administration.doorway import administrators_only, own_or_404
from certificates.administration.forms import TYPES
from certificates.administration.history import history
from certificates.administration.settings import checked_pattern
from certificates.forms.fields import TextField, errors_of
from certificates.forms.sections import laid_out
from certificates.models import HandIssued, NumberRule, NumberSequence, ReservedNumbers
from gens.accounts import changes
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Nppo, Office

MOST: Final = 10_000  # numbers of one block


class Rule(forms.Form):
    type = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[("", gettext_lazy("Every kind")), *TYPES], required=False
    )
    office = forms.ModelChoiceField(
        Office.objects.none(), label=gettext_lazy("Office"), required=False, empty_label=gettext_lazy("Every office")
    )
    pattern = TextField(
        label=gettext_lazy("Pattern of numbers"), max_length=64, widget=forms.TextInput({"size": 30, "dir": "ltr"}),
        help_text=gettext_lazy("{code}, {year} and {number} are filled in; {number:06d} has six digits."),
    )  # fmt: skip

    helper = laid_out("type", "office", "pattern")

    def __init__(self, *args: Any, rule: NumberRule, **options: Any) -> None:
        start = {"type": rule.type, "office": rule.office_id, "pattern": rule.pattern}
        super().__init__(*args, **options | {"initial": start})
        self.rule = rule
        offices: Any = self.fields["office"]
        offices.queryset = Office.objects.filter(nppo=rule.nppo_id, is_active=True).order_by("name")

    def clean_pattern(self) -> str:
        return checked_pattern(str(self.cleaned_data["pattern"]), self.rule.nppo)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        others = NumberRule.objects.filter(nppo=self.rule.nppo_id, is_active=True).exclude(pk=self.rule.pk)
        if others.filter(type=data.get("type", ""), office=data.get("office")).exists():
            self.add_error("type", _("There is a pattern for this kind and office already."))
        pattern = data.get("pattern")
        if pattern and (pattern == self.rule.nppo.number_pattern or others.filter(pattern=pattern).exists()):
            self.add_error("pattern", _("Another count has this pattern: both would give the same numbers."))
        return data


class Block(forms.Form):
    count = forms.ChoiceField(label=gettext_lazy("Numbers of"))
    size = forms.IntegerField(
        label=gettext_lazy("How many"), min_value=1, max_value=MOST,
        help_text=gettext_lazy("The next ones of this year that are free. They are never given to a certificate issued here."),
    )  # fmt: skip
    purpose = TextField(
        label=gettext_lazy("What for"), max_length=256, widget=forms.TextInput({"size": 40, "dir": "auto"}),
        help_text=gettext_lazy("Such as: book of forms at the port, for power cuts."),
    )  # fmt: skip

    helper = laid_out("count", "size", "purpose")

    def __init__(self, *args: Any, nppo: Nppo, **options: Any) -> None:
        super().__init__(*args, **options)
        counts: Any = self.fields["count"]
        counts.choices = [(kind, words) for kind, words, _pattern in _counts(nppo)]

    def clean_purpose(self) -> str:
        if not (purpose := str(self.cleaned_data["purpose"]).strip()):
            raise ValidationError(_("Write what they are for."))
        return purpose


def _counts(nppo: Nppo, *, also_ended: bool = False) -> list[tuple[str, str, str]]:
    """(kind of the sequence, what it counts, pattern) of every count, the NPPO's own first."""
    rules = NumberRule.objects.filter(nppo=nppo).select_related("office").order_by("type", "office__name")
    if not also_ended:
        rules = rules.filter(is_active=True)
    return [
        (numbering.CERTIFICATE, _("All other certificates"), nppo.number_pattern),
        *((rule.sequence, _words(rule), rule.pattern) for rule in rules),
    ]


def _words(rule: NumberRule) -> str:
    kind = str(dict(TYPES).get(rule.type, _("Every kind")))
    return f"{kind}, {rule.office.name}" if rule.office else kind


def numbers(request: ActingRequest) -> HttpResponse:
    """Each count with its next number, and the blocks that are kept."""
    administrators_only(request)
    nppo = request.membership.nppo
    year = numbering.this_year(nppo)
    held = {row.kind: row for row in NumberSequence.objects.filter(nppo=nppo, year=year)}
    counts = []
    for kind, words, pattern in _counts(nppo):
        row = held.get(kind) or NumberSequence(nppo=nppo, kind=kind, year=year)
        following = numbering.written(nppo, year, numbering.following(row), pattern)
        counts.append({"key": kind.removeprefix("rule-"), "words": words, "pattern": pattern, "next": following})
    return render(request, "administration/numbers.html", {"counts": counts, "blocks": _blocks(nppo)})


def _blocks(nppo: Nppo) -> list[dict[str, Any]]:
    """The blocks as their numbers are written, those of ended patterns too: they may still lie in a drawer."""
    counts = {kind: (words, pattern) for kind, words, pattern in _counts(nppo, also_ended=True)}
    taken = HandIssued.objects.filter(nppo=nppo, is_given_up=False).values_list("block").annotate(Count("pk"))
    used = dict(taken.order_by())
    blocks = []
    for row in ReservedNumbers.objects.filter(nppo=nppo).order_by("-year", "kind", "-first")[:100]:
        words, pattern = counts[row.kind]
        first, last = (numbering.written(nppo, row.year, number, pattern) for number in (row.first, row.last))
        blocks.append({"row": row, "words": words, "first": first, "last": last, "used": used.get(row.pk, 0)})
    return blocks


def new_rule(request: ActingRequest) -> HttpResponse:
    administrators_only(request)
    return _edit(request, NumberRule(nppo=request.membership.nppo))


def rule(request: ActingRequest, pk: int) -> HttpResponse:
    administrators_only(request)
    return _edit(request, own_or_404(request, NumberRule, pk))


def _edit(request: ActingRequest, row: NumberRule) -> HttpResponse:
    is_post = request.method == "POST"
    form = Rule(request.POST if is_post else None, rule=row)
    if is_post and "end" in request.POST and row.pk:
        row.is_active = False
        changes.save(row, by=request.membership)
        messages.success(request, _("The pattern is ended. Its certificates keep their numbers."))
        return redirect("administration:numbers")
    if is_post and form.is_valid():
        row.type, row.office, row.pattern = (form.cleaned_data[name] for name in ("type", "office", "pattern"))
        changes.save(row, by=request.membership)
        messages.success(request, _("Saved."))
        return redirect("administration:numbers")
    context = {"row": row, "form": form, "errors": errors_of(form), "history": history(row, form)}
    return render(request, "administration/number_rule.html", context, status=422 if is_post else 200)


def reserve(request: ActingRequest) -> HttpResponse:
    """Keep the next free numbers of a count: the counter is locked, so that none of them is being given."""
    administrators_only(request)
    nppo, is_post = request.membership.nppo, request.method == "POST"
    form = Block(request.POST if is_post else None, nppo=nppo)
    if is_post and form.is_valid():
        kind, size, year = form.cleaned_data["count"], form.cleaned_data["size"], numbering.this_year(nppo)
        first = _first_free(numbering.locked(nppo, kind, year))
        block = ReservedNumbers(
            nppo=nppo, kind=kind, year=year, first=first, last=first + size - 1, purpose=form.cleaned_data["purpose"]
        )
        changes.save(block, by=request.membership)
        messages.success(request, _("The numbers are kept."))
        return redirect("administration:numbers")
    context = {"form": form, "errors": errors_of(form)}
    return render(request, "administration/reserve.html", context, status=422 if is_post else 200)


def _first_free(row: NumberSequence) -> int:
    """After the last number given, and after every block."""
    blocks = ReservedNumbers.objects.filter(nppo=row.nppo_id, kind=row.kind, year=row.year)
    return max([row.last, *blocks.values_list("last", flat=True)]) + 1
