"""A document from JSON and files, and to them: what `ephyto build` reads is what `ephyto show --json` writes."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from pydantic import ValidationError

from certificates.ephyto.document import VERSION, Attachment, Document
from certificates.ephyto.media import SHOWN, media_type
from certificates.ephyto.stored import from_json

SUFFIXES: Final = {kind: f".{suffix}" for kind, suffix in SHOWN.items()}
_SHA256: Final = re.compile("|[0-9a-f]{64}")


class NotADocument(Exception):
    """The JSON describes no document, or a file of it is missing. Its text names the place."""


def json_of(content: bytes) -> Any:
    """The data of JSON text. Raises NotADocument; for a key that stands twice too, for one of its values would be lost."""
    try:
        return json.loads(content, object_pairs_hook=_object)
    except RecursionError:
        raise NotADocument("The JSON is nested too deep.") from None
    except ValueError as error:
        raise NotADocument(str(error)) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, _value in pairs if sum(key == other for other, _value in pairs) > 1)
        raise NotADocument(f"The key {twice} stands twice in one object.")
    return found


def document_of(data: Any) -> Document:
    """The document of JSON data. Raises NotADocument, for keys that no field has too: a mistyped one would be lost."""
    if not isinstance(data, Mapping):
        raise NotADocument("The JSON is not an object.")
    if unknown := list(_unknown(data, Document, "")):
        raise NotADocument(f"No field is called {', '.join(unknown[:5])}.")
    if (version := data.get("version", VERSION)) not in range(1, VERSION + 1):
        raise NotADocument(f"version: {version} is not known here; the latest is {VERSION}.")
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
        if attachment.undecoded and attachment.sha256:
            raise NotADocument(f"attachments.{number}: sha256 and undecoded cannot stand together.")
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
    if not _SHA256.fullmatch(attachment.sha256):
        raise NotADocument(f"{place}: sha256 is 64 hexadecimal digits in lower case.")
    for path in _candidates(attachment, folder, name):
        try:
            data = path.read_bytes()
        except OSError as error:
            raise NotADocument(f"{place}: {path}: {error.strerror}.") from error
        if attachment.sha256 in ("", hashlib.sha256(data).hexdigest()):
            return data
    raise NotADocument(f"{place}: {folder} has no file {name or attachment.sha256} with these contents.")


def _candidates(attachment: Attachment, folder: Path, name: str) -> list[Path]:
    if not folder.is_dir():
        raise NotADocument(f"{folder} is no folder.")
    found = [*folder.glob(f"{attachment.sha256}*")] if attachment.sha256 else []
    return [*found, folder / name] if name and (folder / name).is_file() else found


def save_files(blobs: Mapping[str, bytes], folder: Path) -> None:
    """The attachments' files, named by their sha256: names that come in a message are no names for our files."""
    folder.mkdir(parents=True, exist_ok=True)
    for fingerprint, data in blobs.items():
        (folder / f"{fingerprint}{SUFFIXES.get(media_type(data), '.bin')}").write_bytes(data)
