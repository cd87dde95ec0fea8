"""Checks of what kind of certificate it is: type and status, statements, replacement, re-export."""

import re
from collections.abc import Iterator
from typing import Final

from certificates.ephyto import dates
from certificates.ephyto.document import (
    BOXES,
    EXPORT,
    ISSUED,
    RE_EXPORT,
    WITHDRAWN,
    Document,
    Note,
    TradeLine,
    note_texts,
    ticked,
)
from certificates.ephyto.rules.shapes import Codes, Finding, LineCheck, is_blank

REPLACEMENT: Final = ("ADRP", "ADRPN", "ADRPR", "ADRD")
ORIGINAL_CERTIFICATE: Final = "AWR"
_RE_EXPORT_NOTE: Final = re.compile("RPC[A-Z]{2}")


def unknown_type(document: Document, codes: Codes) -> Iterator[Finding]:
    if document.type not in (EXPORT, RE_EXPORT):
        yield "type", {"code": document.type}


def other_status(document: Document, codes: Codes) -> Iterator[Finding]:
    if document.status != ISSUED:
        yield "status", {"code": document.status}


def not_our_status(document: Document, codes: Codes) -> Iterator[Finding]:
    if document.status not in (ISSUED, WITHDRAWN):
        yield "status", {"code": document.status}


def no_statement(document: Document, codes: Codes) -> Iterator[Finding]:
    if document.type == EXPORT and "1" not in document.statements:
        yield "statements", {}


def no_clause(document: Document, codes: Codes) -> Iterator[Finding]:
    """A re-export certificate carries one empty clause: its statement stands on its lines."""
    if document.type == RE_EXPORT and not document.statements:
        yield "statements", {}


def foreign_clause(document: Document, codes: Codes) -> Iterator[Finding]:
    if document.type == RE_EXPORT and not all(is_blank(statement) for statement in document.statements):
        yield "statements", {}


def unknown_statement(document: Document, codes: Codes) -> Iterator[Finding]:
    for statement in document.statements:
        if statement not in ("", "1", "2") and document.type == EXPORT:
            yield "statements", {"code": statement}


def _said(notes: tuple[Note, ...], subject: str) -> list[str]:
    return [text.text for text in note_texts(notes, subject) if not is_blank(text.text)]


def incomplete_replacement(document: Document, codes: Codes) -> Iterator[Finding]:
    """The statement, the number, the date and the reason: all four or none."""
    missing = [subject for subject in REPLACEMENT if not _said(document.notes, subject)]
    if len(missing) < len(REPLACEMENT):
        yield from ((f"notes.{subject}", {"code": subject}) for subject in missing)


def undated_replacement(document: Document, codes: Codes) -> Iterator[Finding]:
    for text in _said(document.notes, "ADRD"):
        if dates.parse(text) is None:
            yield "notes.ADRD", {"value": text}


def replaces_itself(document: Document, codes: Codes) -> Iterator[Finding]:
    if document.number and document.number in _said(document.notes, "ADRPN"):
        yield "notes.ADRPN", {"value": document.number}


def no_re_export_statement(line: TradeLine) -> Iterator[Finding]:
    if "3" not in _said(line.notes, "RPCST"):
        yield "notes.RPCST", {}


def no_original_certificate(line: TradeLine) -> Iterator[Finding]:
    for subject in ("RPCRF", "RPCCO"):
        if not _said(line.notes, subject):
            yield f"notes.{subject}", {}


def one_of(first: str, second: str) -> LineCheck:
    """Exactly one of two boxes is ticked."""

    def find(line: TradeLine) -> Iterator[Finding]:
        if ticked(line.notes, first) == ticked(line.notes, second):
            yield f"notes.{first}", {}

    return find


def no_basis(line: TradeLine) -> Iterator[Finding]:
    """The original certificate is always a basis; an additional inspection may be another."""
    if not ticked(line.notes, "RPCPC"):
        yield "notes.RPCPC", {}


def unread_ticks(line: TradeLine) -> Iterator[Finding]:
    for note in line.notes:
        if note.subject in BOXES and note.text.strip().lower() not in ("true", "false") and not is_blank(note.text):
            yield f"notes.{note.subject}", {"value": note.text}


def re_export_notes(line: TradeLine) -> Iterator[Finding]:
    subjects = [note.subject for note in line.notes if _RE_EXPORT_NOTE.fullmatch(note.subject)]
    if subjects:
        yield f"notes.{subjects[0]}", {"code": ", ".join(dict.fromkeys(subjects))}


def original_not_attached(document: Document, codes: Codes) -> Iterator[Finding]:
    kinds = {attachment.kind for attachment in document.attachments}
    if document.type == RE_EXPORT and ORIGINAL_CERTIFICATE not in kinds:
        yield "attachments", {}
