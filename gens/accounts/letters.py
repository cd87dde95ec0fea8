"""The texts of mails: our own in six languages, and what an NPPO writes in their place, with {fields} that are filled in."""

import re
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gens.accounts.models import MailText

_OURS: Final = re.compile(r"%\((\w+)\)s")
_FIELD: Final = re.compile(r"\{(\w+)\}")
LINK: Final = "link"


@dataclass(frozen=True)
class Letter:
    """One kind of mail. subject, text: msgids with %(field)s. fields: each with an example of what stands there."""

    kind: str
    label: Promise
    subject: str
    text: str
    fields: dict[str, Any]

    @property
    def usual(self) -> tuple[str, str]:
        """Our (subject, text) in the active language, as administrators see and change it: with {field}."""
        return _OURS.sub(r"{\1}", _(self.subject)), _OURS.sub(r"{\1}", _(self.text))

    def unknown(self, text: str) -> list[str]:
        """The {fields} of a text that this letter does not have."""
        return [name for name in _FIELD.findall(text) if name not in self.fields]


def short(language: str | None) -> str:
    return (language or "en").split("-")[0].lower()


def written(letter: Letter, nppo_id: int, said: dict[str, Any]) -> tuple[str, str]:
    """(subject, text) in the active language: the NPPO's own words if it has some, else ours. Call it acting for the NPPO."""
    own = MailText.objects.filter(nppo=nppo_id, kind=letter.kind, language=short(get_language())).first()
    if own is not None and own.text:
        return filled(own.subject, said), filled(own.text, said)
    return _(letter.subject) % said, _(letter.text) % said


def filled(text: str, said: dict[str, Any]) -> str:
    """Each {field} replaced, once: what stands in a field is never read again."""
    return _FIELD.sub(lambda found: str(said.get(found[1], found[0])), text)
