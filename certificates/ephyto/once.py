"""What follows from a document alone is found once for each that is at hand: its pages come one after the other."""

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar
from weakref import ref

from certificates.ephyto.document import Document

Args = ParamSpec("Args")
Said = TypeVar("Said")
_NOTHING: Final = object()


def once(says: Callable[Concatenate[Document, Args], Said]) -> Callable[Concatenate[Document, Args], Said]:
    """Remembers what it says, for as long as the document lives; nobody may change that. By identity: equal documents
    may have other ids, and print other names.
    """
    known: dict[int, tuple[ref[Document], dict[Hashable, Any]]] = {}

    @wraps(says)
    def said(document: Document, /, *args: Args.args, **named: Args.kwargs) -> Said:
        key = id(document)
        if key not in known:
            known[key] = ref(document, lambda _gone: known.pop(key, None)), {}
        of_this, asked = known[key][1], (args, *named.items())
        found = of_this.get(asked, _NOTHING)
        if found is _NOTHING:
            found = of_this[asked] = says(document, *args, **named)
        return found  # type: ignore[no-any-return]

    return said
