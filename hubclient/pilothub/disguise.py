"""Content as this Hub was told to spoil it: each function takes the content it holds and gives what the receiver gets."""

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Final
from xml.sax.saxutils import escape

from hubclient.pilothub.models import HeldEnvelope

LARGE: Final = 10_000_000  # bytes
_DECLARATION: Final = re.compile(r"\s*<\?xml[^>]*\?>")
_NAME: Final = re.compile(r"(<(?:\w+:)?Name(?:\s[^>]*)?>)[^<]*(?=</)")
_STATUS: Final = re.compile(r"(<(?:\w+:)?StatusCode(?:\s[^>]*)?>)[^<]*(?=</)")
_RAM: Final = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21"
_ACKNOWLEDGEMENT: Final = (
    '<SPSAcknowledgement xmlns="urn:un:unece:uncefact:data:standard:SPSAcknowledgement:17">'
    f'<SPSAcknowledgementDocument xmlns:r="{_RAM}"><r:StatusCode>39</r:StatusCode>'
    "<r:ReferenceSPSReferencedDocument><r:TypeCode>{kind}</r:TypeCode><r:ID>{number}</r:ID>"
    "</r:ReferenceSPSReferencedDocument></SPSAcknowledgementDocument></SPSAcknowledgement>"
)


def withdrawn(content: str) -> str:
    """The same certificate with status 40."""
    return _STATUS.sub(r"\g<1>40", content, count=1)


def _in_base64(held: HeldEnvelope) -> str:
    return b64encode(held.content.encode()).decode()


def _declaring_utf16(held: HeldEnvelope) -> str:
    return '<?xml version="1.0" encoding="UTF-16"?>' + _DECLARATION.sub("", held.content, count=1)


def _with_null_names(held: HeldEnvelope) -> str:
    return _NAME.sub(r"\g<1>NULL", held.content)


def _acknowledgement(held: HeldEnvelope) -> str:
    return _ACKNOWLEDGEMENT.format(kind=held.certificate_type, number=escape(held.number))


def _with_cdata_end(held: HeldEnvelope) -> str:
    """Legal in a comment; whoever copies it into one CDATA section breaks it."""
    return held.content + "<!-- ]]> -->"


def _padded(held: HeldEnvelope) -> str:
    """White space may stand behind the root of any document."""
    return held.content + "\n" * max(0, LARGE - len(held.content.encode()))


DISGUISES: Final[dict[str, Callable[[HeldEnvelope], str]]] = {
    "base64_content": _in_base64,
    "utf16_declaration": _declaring_utf16,
    "null_names": _with_null_names,
    "acknowledgement_content": _acknowledgement,
    "cdata_end": _with_cdata_end,
    "large_response": _padded,
}
