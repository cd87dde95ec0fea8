"""The sections of a draft, in the order of the paper: what an officer writes in, and what a remark stands beside."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certificates.ephyto.document import RE_EXPORT, Document

# A line is a section of its own: "line.<id>".
SECTIONS: Final[dict[str, Promise]] = {
    "consignment": _("Destination and marks"),
    "parties": _("Exporter and consignee"),
    "transport": _("Transport and entry"),
    "lines": _("Commodity lines"),
    "re_export": _("Statement for re-export"),
    "declarations": _("Additional declarations"),
    "attachments": _("Attachments"),
}


def sections_of(document: Document) -> dict[str, Promise]:
    """The sections of this kind of certificate, in the order of the paper."""
    hidden = "" if document.type == RE_EXPORT else "re_export"
    return {name: label for name, label in SECTIONS.items() if name != hidden}


def listed(section: str) -> str:
    """The entry of the task list: all lines stand in one."""
    return "lines" if section.startswith("line.") else section
