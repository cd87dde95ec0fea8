"""The rules that certificates are judged by, for administrators, auditors and operators."""

from collections import defaultdict
from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from certificates.ephyto import rules
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest

STAGES: Final[dict[str, Promise]] = {
    "submit": _("On submitting"),
    "issue": _("On issue"),
    "received": _("On arrival"),
    "hub": _("At the Hub"),
}
LEVELS: Final[dict[str, Promise]] = {
    rules.SEVERE: _("Severe"),
    rules.WARNING: _("Warning"),
    rules.INFO: _("Information"),
}


def ruleset(request: ActingRequest) -> HttpResponse:
    """Every rule in a line; of one stage only when the address names it (?stage=issue)."""
    if not request.membership.may(roles.READ_RULES):
        raise PermissionDenied
    stage = request.GET.get("stage", "")
    if stage and stage not in STAGES:
        raise Http404
    found = [rule for rule in rules.RULES if not stage or stage in rule.stages]
    lines = [
        {
            "rule": rule,
            "words": gettext(rule.text).format_map(defaultdict(lambda: "…")),
            "level": LEVELS[rule.level],
            "stages": [label for name, label in STAGES.items() if name in rule.stages],
        }
        for rule in found
    ]
    chips: list[tuple[str, Promise, int]] = [("", _("All"), len(rules.RULES))]
    chips += [(name, label, sum(name in r.stages for r in rules.RULES)) for name, label in STAGES.items()]
    return render(request, "certificates/ruleset.html", {"lines": lines, "chips": chips, "stage": stage})
