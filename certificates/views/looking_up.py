"""Look-up of codes for those who draft: a piece of HTML with the names that fit what is typed (static/gens.js asks for
it), and the same names for the page that comes back when its button is pressed."""

from dataclasses import dataclass
from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from certificates.forms.fields import TextField
from codelists import lookup
from codelists.models import Code, List
from gens.accounts import roles
from gens.accounts.middleware import ActingRequest
from gens.accounts.models import Membership

LISTS: Final = ("taxon", "vegetable_part", "condition", "intended_use", "treatment", "chemical", "port")
LONGEST: Final = 100  # of what is asked
_OTHERS: Final = 3  # other names shown of one code


@dataclass(frozen=True)
class Suggestion:
    """One code that fits. value: what choosing it writes, in the language of the NPPO's certificates; a plant's is its
    botanical name. name: in the reader's language, where that differs. matched: the other name by which it was found.
    common: of a plant, its name in the language of the certificates.
    """

    code: str
    value: str
    name: str
    matched: str
    others: list[str]
    common: str


@require_safe
def look_up(request: ActingRequest, name: str) -> HttpResponse:
    """?q=: what is typed; ?kind=: of that kind if any are, such as the points of entry of a country."""
    if name not in LISTS:
        raise Http404
    if not request.membership.may(roles.DRAFT):
        raise PermissionDenied
    text, kind = (asked(request.GET.get(key, "")) for key in ("q", "kind"))
    context = {"list": name, "text": text, "found": suggestions(name, text, by=request.membership, kind=kind)}
    # A piece of a page: without the request it asks nothing for a frame that it does not have.
    return HttpResponse(render_to_string("certificates/look_up.html", context))


def asked(text: str) -> str:
    """What may be asked of the database: short, and without what it cannot hold."""
    return TextField().to_python(text[:LONGEST]).strip()


def suggestions(list_name: str, text: str, *, by: Membership, kind: str = "") -> list[Suggestion]:
    """Up to twelve; of a text that is empty the first of the list. When none of that kind fits, those of every kind."""
    language, written = get_language() or "en", by.nppo.language
    found = lookup.find(list_name, text, by=by, kind=kind) if text else None
    codes = lookup.first(list_name, written, by, kind=kind) if found is None else found
    if not codes and kind:
        return suggestions(list_name, text, by=by)
    return [suggestion(code, text, language, written) for code in codes]


def suggestion(code: Code, text: str, language: str, written: str) -> Suggestion:
    is_plant = code.list == List.TAXON
    value = code.name("la" if is_plant else written)
    here, by_name = code.name(language), lookup.matched(code, text)
    shown = {value, here}
    others = [name for _language, name in code.synonyms if name not in {*shown, by_name}]
    return Suggestion(
        code=code.code,
        value=value,
        name="" if here == value else here,
        matched="" if by_name in shown else by_name,
        others=list(dict.fromkeys(others))[:_OTHERS],
        common=code.names.get(written.split("-")[0], "") if is_plant else "",
    )
