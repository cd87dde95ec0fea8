"""A document from JSON and files, and to them: what `ephyto build` reads is what `ephyto show --json` writes."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from pydantic import ValidationError

from certificates.ephyto.document import Attachment, Document, from_json
from certificates.ephyto.media import SHOWN, media_type

SUFFIXES: Final = {kind: f".{suffix}" for kind, suffix in SHOWN.items()}


class NotADocument(Exception):
    """The JSON describes no document, or a file of it is missing. Its text names the place."""


def document_of(data: Any) -> Document:
    """The document of JSON data. Raises NotADocument, for keys that no field has too: a mistyped one would be lost."""
    if not isinstance(data, Mapping):
        raise NotADocument("The JSON is not an object.")
    if unknown := list(_unknown(data, Document, "")):
        raise NotADocument(f"No field is called {', '.join(unknown[:5])}.")
    try:
        return from_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise NotADocument(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from error


def _unknown(data: Any, kind: Any, path: str) -> Iterator[str]:
    """The keys of the data that the dataclass, or the dataclass of a list's items, does not have."""
    if is_dataclass(kind) and isinstance(data, Mapping):
        hints = get_type_hints(kind)
        names = {field.name for field in fields(kind)}
        for key, value in data.items():
            here = f"{path}.{key}" if path else str(key)
            if key not in names:
                yield here
            else:
                yield from _unknown(value, hints[key], here)
    elif isinstance(data, list) and get_args(kind):
        for number, item in enumerate(data):
            yield from _unknown(item, get_args(kind)[0], f"{path}.{number}")


def with_files(document: Document, folder: Path | None) -> tuple[Document, dict[str, bytes]]:
    """The document with its attachments' files of this folder, by sha256 or by name. Raises NotADocument."""
    blobs: dict[str, bytes] = {}
    attachments = []
    for number, attachment in enumerate(document.attachments):
        if attachment.undecoded or not (attachment.sha256 or attachment.filename):
            attachments.append(attachment)
            continue
        data = _file(attachment, folder, f"attachments.{number}")
        fingerprint = hashlib.sha256(data).hexdigest()
        blobs[fingerprint] = data
        attachments.append(replace(attachment, sha256=fingerprint, size=len(data), media_type=media_type(data)))
    return replace(document, attachments=tuple(attachments)), blobs


def _file(attachment: Attachment, folder: Path | None, place: str) -> bytes:
    name = Path(attachment.filename).name
    if folder is None:
        raise NotADocument(f"{place}: name the folder of {name or attachment.sha256} with --attachments.")
    found = [*folder.glob(f"{attachment.sha256}*")] if attachment.sha256 else []
    found += [folder / name] if name and (folder / name).is_file() else []
    for path in found:
        data = path.read_bytes()
        if attachment.sha256 in ("", hashlib.sha256(data).hexdigest()):
            return data
    raise NotADocument(f"{place}: {folder} has no file {name or attachment.sha256} with these contents.")


def save_files(blobs: Mapping[str, bytes], folder: Path) -> None:
    """The attachments' files, named by their sha256: names that come in a message are no names for our files."""
    folder.mkdir(parents=True, exist_ok=True)
    for fingerprint, data in blobs.items():
        (folder / f"{fingerprint}{SUFFIXES.get(media_type(data), '.bin')}").write_bytes(data)
