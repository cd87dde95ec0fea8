"""What every input is put through. Anything but NotReadable that comes out of it is a finding."""

from typing import Final, get_args

from certificates.ephyto import rules, show
from certificates.ephyto.document import Document
from certificates.ephyto.media import SHOWN, UNKNOWN, media_type
from certificates.ephyto.rules.shapes import Stage
from certificates.ephyto.stored import from_json, to_json
from certificates.ephyto.xml import DEFAULT_LIMITS, Limits, Message, NotReadable, from_xml, to_xml

STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
TIGHT: Final = Limits(bytes=30_000, depth=12, elements=300, attachments=3, decoded_bytes=500, further=3_000)


def put_through(data: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    """Read, judge, show, store and write again, as receiving does. Gives what it was: for counting."""
    assert media_type(data) in {UNKNOWN, *SHOWN}
    try:
        message = from_xml(data, limits)
    except NotReadable as error:
        return "not readable" if 0 < len(str(error)) <= 250 else "silent"
    if not isinstance(message, Message):
        return "acknowledgement"
    judge(message.document)
    for sha256, blob in message.blobs.items():
        assert sha256 in {a.sha256 for a in message.document.attachments}
        assert media_type(blob) in {UNKNOWN, *SHOWN}
    to_xml(message.document, message.blobs)
    return "message"


def judge(document: Document) -> None:
    """Rules say everything in words, the document is shown, stored, and comes back as it was."""
    for stage in STAGES:
        for problem in rules.problems(document, stage):
            assert rules.english(problem)
            assert rules.from_data(rules.as_data(problem)) == problem
    assert all(isinstance(row.value, str) for row in show.rows(document))
    assert from_json(to_json(document)) == document
