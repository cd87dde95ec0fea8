"""The harmonised lists of the IPPC Hub: fetched daily through the one connection that the system operator named.

What differs is applied and shown. A list that fails, comes empty, or would retire more than a tenth changes nothing and
waits for the operator. Source: the Hub's WSDL, the operations Get... of its ten lists.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from codelists import renewing
from codelists.folding import fold
from codelists.models import Code, List, ListSource, Refresh
from hubclient.accounts import opened
from hubclient.soap import HubClient, HubError, ListItem

SOURCE: Final = "IPPC Hub"
# Our list: its name at the Hub.
LISTS: Final[dict[str, str]] = {
    List.STATEMENT: "statements",
    List.DECLARATION: "additional_declarations",
    List.TREATMENT: "treatment_types",
    List.INTENDED_USE: "intended_uses",
    List.VEGETABLE_PART: "product_descriptions",
    List.CONDITION: "conditions",
    List.TRANSPORT: "means_of_transport",
    List.PACKAGE: "package_types",
    List.CHEMICAL: "pesticides",
    List.UNIT: "unit_measures",
}
_LONGEST_CODE: Final = 24
_LANGUAGE: Final = re.compile(r"[a-z]{2}")
_NOTHING: Final = ("null", "none", "n/a", "undefined")


def refresh_all() -> list[Refresh]:
    """Fetch every list and renew it; none without a named connection. One list that fails keeps no other from it."""
    source = ListSource.objects.first()
    if source is None:
        return []
    with opened(source.connection_id, source.nppo_key) as account:
        return [] if account is None else [_refresh(name, account[1]) for name in LISTS]


def _refresh(list_name: str, client: HubClient) -> Refresh:
    """Ask outside any transaction, then renew in one."""
    row = _waiting(list_name)
    try:
        codes, row.cleaned = read(list_name, client.code_list(LISTS[list_name]))
        return renewing.renew(list_name, codes, source=SOURCE, replaces=Q(), refresh=row)
    except renewing.Held as held:
        row.state, row.reason, row.wanted = Refresh.State.HELD, str(held), [_kept(code) for code in codes]
    except HubError as error:
        row.state, row.reason, row.wanted = Refresh.State.FAILED, str(error)[:2000], None
        row.added = row.changed = row.retired = 0
    row.at = timezone.now()
    row.save()
    return row


def _waiting(list_name: str) -> Refresh:
    """The row of a refresh that nobody decided yet, told anew; one does not wait a hundred times."""
    undecided = (Refresh.State.HELD, Refresh.State.FAILED)
    row = Refresh.objects.filter(list=list_name, source=SOURCE, state__in=undecided).order_by("-at").first()
    return row or Refresh(list=list_name, source=SOURCE)


def apply(held: Refresh, *, by_name: str) -> Refresh:
    """A held refresh, let through by the operator: applied as it came."""
    with transaction.atomic():
        row = Refresh.objects.select_for_update().get(pk=held.pk, state=Refresh.State.HELD)
        return renewing.renew(
            row.list, codes_of(row), source=SOURCE, replaces=Q(), by_name=by_name, is_guarded=False, refresh=row
        )


def refuse(held: Refresh, *, by_name: str) -> None:
    """A held or failed refresh that shall change nothing."""
    undecided = Refresh.objects.filter(pk=held.pk, state__in=(Refresh.State.HELD, Refresh.State.FAILED))
    undecided.update(state=Refresh.State.REFUSED, by_name=by_name, wanted=None, at=timezone.now())


def codes_of(held: Refresh) -> list[Code]:
    """The codes that a held refresh came with."""
    return [Code(list=held.list, source=SOURCE, **said) for said in held.wanted or []]


def _kept(code: Code) -> dict[str, Any]:
    return {name: getattr(code, name) for name in ("code", "names", "symbol", "kind", "parent")}


def read(list_name: str, items: Iterable[ListItem]) -> tuple[list[Code], list[list[str]]]:
    """The codes of the active items, and [code, text as it came, text as kept] of each text that had to be mended.

    One item says one name in one language. Names in other languages come from codes of ours with the same English name.
    """
    codes: dict[str, Code] = {}
    mended = []
    for item in items:
        code, text = tidy(item.code), tidy(item.text)
        if text != item.text or code != item.code:
            mended.append([code or item.code, item.text, text])
        if not item.is_active or not code or len(code) > _LONGEST_CODE:
            continue
        found = codes.setdefault(code, Code(list=list_name, code=code, source=SOURCE))
        found.symbol, found.kind, found.parent = item.symbol[:24], item.kind[:24], tidy(item.parent)[:24]
        if text:
            found.names[_language(item.language)] = text
    known = _translations(list_name)
    for found in codes.values():
        found.names = known.get(fold(found.names.get("en", "")), {}) | found.names
    return list(codes.values()), mended


def _language(said: str) -> str:
    short = said.strip().lower()[:2]
    return short if _LANGUAGE.fullmatch(short) else "en"


def tidy(text: str) -> str:
    """On one line, single spaces; "" for what is no text: NULL, or punctuation only."""
    line = " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text).split())
    has_words = any(c.isalnum() for c in line)
    return line if has_words and line.lower() not in _NOTHING else ""


def _translations(list_name: str) -> dict[str, dict[str, str]]:
    """English name, folded, to the names in every language that a code of this list has."""
    every = Code.objects.filter(list=list_name).values_list("names", flat=True)
    return {fold(names["en"]): names for names in every if names.get("en")}
