"""The shared short lists as this process keeps them: pages and papers ask for the same thousand codes again and again.

What is kept is good as long as the stamp is the same, which the database changes with every change of a shared code,
in the same transaction. So a code that was retired a second ago is offered by nobody.
"""

from typing import Final
from uuid import UUID

from codelists.models import Code, Stamp

_kept: Final[dict[str, tuple[UUID, tuple[Code, ...]]]] = {}


def stamp() -> UUID | None:
    """Which state of the shared lists is the current one; None before there was any code."""
    return Stamp.objects.values_list("value", flat=True).first()


def every(list_name: str, as_of: UUID | None) -> tuple[Code, ...]:
    """All codes of a shared list, retired ones too, at least as new as this stamp. Others hold the same objects: who
    changes one changes a copy.
    """
    if as_of is None:
        return ()
    held = _kept.get(list_name)
    if held is None or held[0] != as_of:
        # Read after the stamp: what changed in between has another stamp, and is read again at the next question.
        held = _kept[list_name] = (as_of, tuple(Code.objects.filter(list=list_name).order_by("pk")))
    return held[1]
