"""Drafts: made, saved section by section by several people at once, never losing what was typed."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language

from certificates import numbering, storage, workflow
from certificates.ephyto import rules
from certificates.ephyto.document import (
    BOXES,
    EXPORT,
    ISSUED,
    RE_EXPORT,
    Country,
    Document,
    Text,
    TradeLine,
    line_by_id,
    set_notes,
)
from certificates.ephyto.stored import to_bytes
from certificates.models import EDITABLE, Certificate, Direction, DraftInput, Status
from certificates.sections import listed, sections_of
from codelists.lookup import Codes, name_of
from gens.accounts import events, roles
from gens.accounts.models import Membership, Nppo

_FIELDS: Final = {
    "consignment": ("import_country", "transit_countries", "export_country", "notes", "statements"),
    "parties": ("exporter", "consignee"),
    "transport": ("movements", "entry", "equipment"),
    "lines": ("lines",),
    "re_export": ("lines",),
    "declarations": ("notes",),
    "attachments": ("attachments",),
}
Change = Callable[[Document], Document]
# Subjects of the document notes that a section owns: two sections may be saved at the same time.
_SUBJECTS: Final = {"consignment": ("DMCL", "ADIPEDL", "SPSFL"), "declarations": ("ADEDL", "ADAOEDL", "ADDIEDL")}


class Conflict(Exception):
    """Somebody saved this section while it was open. Carries the certificate as it is now."""

    def __init__(self, certificate: Certificate) -> None:
        super().__init__("The section was changed meanwhile.")
        self.certificate = certificate


@dataclass(frozen=True)
class SectionState:
    """How far a section is: completed, incomplete, problem; with what is missing or wrong in it."""

    name: str
    label: Promise
    url: str
    state: str
    problems: list[rules.Problem] = field(default_factory=list)
    remark: str = ""


def create(
    *,
    by: Membership,
    document: Document | None = None,
    kind: str = EXPORT,
    replaces: Certificate | None = None,
    authors: Iterable[int] = (),
    own_reference: str = "",
    reason: str = "",
) -> Certificate:
    """A new draft in the hands of `by`, from nothing (of this kind: 851 or 657) or from another document. A document
    that does not name the exporting country gets the NPPO's. authors: whose words it holds beside those of `by`.
    reason: what it was made from.
    """
    if not by.may(roles.DRAFT):
        raise workflow.NotAllowed
    now, language = timezone.now(), get_language() or "en"
    here = Country(by.nppo.country, name_of("country", by.nppo.country, language))
    with transaction.atomic():
        draft = Certificate(
            nppo=by.nppo,
            direction=Direction.ISSUED,
            type=document.type if document else kind,
            replaces=replaces,
            status=Status.DRAFT,
            status_since=now,
            holder=by,
            drafted_by=by,
            office=by.office,
            reference=numbering.draft_reference(by.nppo, now),
            own_reference=own_reference,
            authors=list(authors),
        )
        document = document or _empty(kind, by.nppo)
        if not document.export_country.code:
            document = replace(document, export_country=here)
        storage.store(draft, document, author=by)
        events.record(draft, events.DRAFTED, by=by, to_state=draft.status, reason=reason)
    return draft


def _empty(kind: str, nppo: Nppo) -> Document:
    """With the optional clauses that this NPPO wants in every certificate."""
    statements: tuple[str, ...] = ("1", "2") if nppo.certifies_practically_free else ("1",)
    notes = set_notes((), "SPSFL", [Text("5")] if nppo.disclaims_liability else [])
    return Document(type=kind, status=ISSUED, statements=("",) if kind == RE_EXPORT else statements, notes=notes)


def next_section(document: Document, name: str) -> str:
    names = list(sections_of(document))
    return names[(names.index(name) + 1) % len(names)]


def section_hash(document: Document, section: str) -> str:
    """What this section holds now, as a short hash: the form carries it from opening to saving."""
    if section.startswith("line."):
        line = line_by_id(document, section.removeprefix("line."))
        held = Document(lines=(line,) if line else ())
    else:
        fields: dict[str, Any] = {name: getattr(document, name) for name in _FIELDS[section]}
        if "notes" in fields:
            fields["notes"] = tuple(note for note in document.notes if note.subject in _SUBJECTS[section])
        held = Document(**fields)
    return hashlib.sha256(to_bytes(held)).hexdigest()[:16]


def save_section(
    certificate: Certificate, section: str, *, by: Membership, opened_with: str, change: Change
) -> Certificate:
    """Apply `change`, which touches this section only. Raises Conflict, WrongStatus, NotAllowed: then nothing changed."""
    with transaction.atomic():
        row = _locked(certificate, by)
        if section_hash(row.document, section) != opened_with:
            raise Conflict(row)
        row.holder = by
        storage.store(row, change(row.document), "holder", author=by)
        DraftInput.objects.filter(certificate=row, section=section).delete()
    return row


def _locked(certificate: Certificate, by: Membership) -> Certificate:
    if not by.may(roles.DRAFT):
        raise workflow.NotAllowed
    row = Certificate.objects.select_for_update().get(pk=certificate.pk, nppo=by.nppo_id)
    if row.status not in EDITABLE:
        raise workflow.WrongStatus(row, "save")
    return row


def keep_input(certificate: Certificate, section: str, data: dict[str, list[str]], *, by: Membership) -> None:
    """Keep what was typed and does not parse. It is shown again with its errors, and blocks submitting."""
    with transaction.atomic():
        row = _locked(certificate, by)
        DraftInput.objects.update_or_create(
            certificate=row, section=section, defaults={"nppo_id": row.nppo_id, "data": data, "by": by}
        )


def kept_input(certificate: Certificate, section: str) -> dict[str, list[str]] | None:
    return next((kept.data for kept in certificate.inputs.all() if kept.section == section), None)


def forget_line_inputs(certificate: Certificate, *line_ids: str) -> None:
    sections = [f"line.{line_id}" for line_id in line_ids]
    DraftInput.objects.filter(certificate=certificate, section__in=sections).delete()


def section_of(path: str) -> str:
    """The section whose form holds the field of this path."""
    start = path.split(".")[0]
    if start == "attachments":
        return start
    if path.rsplit(".", 1)[-1] in BOXES:
        return "re_export"
    if start == "lines":
        parts = path.split(".")
        return f"line.{parts[1]}" if len(parts) > 1 else "lines"
    if start == "notes":
        subject = path.split(".")[-1]
        return next((name for name, subjects in _SUBJECTS.items() if subject in subjects), "declarations")
    for name, fields in _FIELDS.items():
        if start in fields:
            return name
    return "consignment"


def url_of(certificate: Certificate, section: str) -> str:
    if section.startswith("line."):
        return reverse("certificates:line", args=[certificate.pk, section.removeprefix("line.")])
    return reverse("certificates:section", args=[certificate.pk, section])


def lines_address(certificate: Certificate) -> str:
    """What stands before the id of a line in its address: finding it anew for each of a page's lines is not free."""
    return reverse("certificates:line", args=[certificate.pk, "0"]).removesuffix("0/")


def section_states(certificate: Certificate, document: Document) -> list[SectionState]:
    """Every section with its problems: SEVERE ones make it incomplete, input that does not parse is a problem."""
    sections = sections_of(document)
    by_section: dict[str, list[rules.Problem]] = {name: [] for name in sections}
    for problem in rules.problems(document, "submit", Codes()):
        name = listed(section_of(problem.path))
        by_section[name if name in sections else "lines"].append(problem)
    unparsed = {listed(kept.section) for kept in certificate.inputs.all()}
    said = remarks(certificate)
    return [
        SectionState(
            name,
            label,
            url_of(certificate, name),
            _state(by_section[name], name in unparsed),
            by_section[name],
            said.get(name, ""),
        )
        for name, label in sections.items()
    ]


def remarks(certificate: Certificate) -> dict[str, str]:
    """What the officer who returned it wrote beside its sections; nothing any more once it is submitted again."""
    if certificate.status != Status.RETURNED:
        return {}
    last = certificate.returns.order_by("-pk").values_list("remarks", flat=True).first()
    return dict(last or {})


def problems_by_line(problems: Iterable[rules.Problem]) -> dict[str, list[rules.Problem]]:
    """The problems of each line by its id; "" holds those of no line."""
    found: dict[str, list[rules.Problem]] = defaultdict(list)
    for problem in problems:
        start, _dot, rest = problem.path.partition(".")
        found[rest.partition(".")[0] if start == "lines" else ""].append(problem)
    return found


def unread_lines(certificate: Certificate) -> set[str]:
    """Ids of the lines whose form holds something that could not be read; a new line is not in the document yet."""
    return {kept.section.removeprefix("line.") for kept in certificate.inputs.all() if kept.section.startswith("line.")}


def _state(problems: list[rules.Problem], has_unparsed: bool) -> str:
    if has_unparsed:
        return "problem"
    if any(problem.level == rules.SEVERE for problem in problems):
        return "incomplete"
    return "warning" if problems else "completed"


@dataclass(frozen=True)
class Link:
    """One entry of a list of what is missing: the problem, and the address of its field; or how many more there are."""

    url: str
    problem: rules.Problem | None = None
    section: str = ""
    more: int = 0


LINKED: Final = 25  # problems of lines in one list; the list of lines has all of them


def links(certificate: Certificate, blocked: "workflow.Blocked") -> list[Link]:
    """What stands in the way of submitting, each entry leading to its field; of lines the first ones."""
    of_lines = [problem for problem in blocked.problems if problem.path.startswith("lines.")]
    left_out = {id(problem) for problem in of_lines[LINKED:]}
    found = [
        Link(f"{url_of(certificate, section_of(p.path))}#{anchor(p.path)}", p)
        for p in blocked.problems
        if id(p) not in left_out
    ]
    if left_out:
        found.append(Link(f"{url_of(certificate, 'lines')}?problems=1", more=len(left_out)))
    return found + [Link(url_of(certificate, kept.section), section=kept.section) for kept in blocked.inputs]


_ANCHORS: Final = {
    "import_country": "id_destination",
    "export_country": "id_destination",
    "transit_countries": "id_transits-0-country",
    "exporter.name": "id_exporter_name",
    "exporter.address": "id_exporter_address",
    "consignee.name": "id_consignee_name",
    "consignee.address": "id_consignee_address",
    "movements": "id_movements-0-mode",
    "entry.name": "id_entry_name",
    "lines": "add-line",
    "descriptions": "id_description",
    "common_names": "id_common_name",
    "scientific_names": "id_botanical",
    "intended_uses": "id_intended_use",
    "net_weight": "id_net_weight",
    "gross_weight": "id_gross_weight",
    "net_volume": "id_net_volume",
    "gross_volume": "id_gross_volume",
    "other_quantity": "id_other_quantity",
    "packages": "id_packages-0-quantity",
    "origins": "id_origin_country",
    "classifications": "id_vegetable_part",
    "ADEDL": "id_declaration",
    "ADAOEDL": "id_official",
    "DMCL": "id_marks",
    "ADIPEDL": "id_permit",
    "ADTLIL": "id_declaration",
    "DMTLIL": "id_marks",
    "RPCRF": "id_covering",
    "RPCCO": "id_covering_country",
    "RPCOR": "id_attached_0",
    "RPCPK": "id_packed_0",
    "RPCOC": "id_containers_0",
}


def anchor(path: str) -> str:
    """The id of the field that this path names, in the page of its section."""
    if ".treatments." in path:
        return "treatments"
    parts = path.split(".")
    return _ANCHORS.get(path) or _ANCHORS.get(parts[-1]) or "main"


def without_line(document: Document, line_id: str) -> Document:
    return replace(document, lines=tuple(line for line in document.lines if line.id != line_id))


def moved(document: Document, line_id: str, place: int) -> Document:
    """The document with this line at this place, counted from 1; the others keep their order."""
    others = [line for line in document.lines if line.id != line_id]
    chosen = [line for line in document.lines if line.id == line_id]
    return replace(document, lines=(*others[: place - 1], *chosen, *others[place - 1 :]))


def with_lines(document: Document, lines: tuple[TradeLine, ...], *, instead: bool) -> Document:
    """The document with these lines after its own, or in their place."""
    return replace(document, lines=lines if instead else (*document.lines, *lines))
