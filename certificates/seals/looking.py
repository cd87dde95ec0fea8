"""What stands about seals in the bytes of any PDF: the signatures, whether each covers the whole file, and is intact.

No PDF is parsed for it: nothing that a hostile file has inside is unpacked or followed. A seal of ours covers every byte
of its file but its own hexadecimal digits, and those can be written in one way only; so whatever reads such a file finds
what was sealed, and no byte of it can be another.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from asn1crypto import cms, core
from asn1crypto import x509 as asn1

MOST: Final = 20  # signatures of one file that are looked at
_DIGITS: Final = rb"([0-9]{1,10})"
_RANGES: Final = re.compile(rb"/ByteRange ?\[ ?" + rb" ".join([_DIGITS] * 4) + rb" ?\]")
_CONTENTS: Final = re.compile(rb"/Contents ?<([0-9A-Fa-f]{400,400000})>")
_ANY: Final = re.compile(rb"/ByteRange|/ETSI\.CAdES\.detached|/adbe\.pkcs7")
_MOMENT: Final = re.compile(rb"/M ?\(D(?::|\\072)([0-9]{14})(?:Z|([+-][0-9]{2})'?([0-9]{2}))?")
_NEAR: Final = 2000  # bytes after the digits, in which the rest of their dictionary stands
# What asn1crypto, cryptography and pyHanko raise of bytes that are no signature.
_UNREADABLE: Final = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError, OSError)


@dataclass(frozen=True)
class Signature:
    """One of the file. fingerprint: of the signer's certificate, "" when it cannot be read."""

    is_whole: bool  # it covers every byte of the file, and its own digits are as they must be
    is_intact: bool  # what it covers was signed with the key of that certificate
    fingerprint: str = ""
    subject: str = ""
    starts: datetime | None = None
    ends: datetime | None = None
    at: datetime | None = None  # as its signer says
    has_time: bool = False  # a good time-stamp of somebody's is inside
    length: int = 0  # of the file when it was sealed, as it says: what stands behind came later

    @property
    def is_unchanged(self) -> bool:
        return self.is_whole and self.is_intact


def is_pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:1024]


def signatures(data: bytes) -> list[Signature]:
    """All that look like one; a single unreadable one where there are only traces."""
    ranges = [[int(number) for number in found.groups()] for found in _all(_RANGES, data)]
    found = [_signature(data, each, ranges) for each in _all(_CONTENTS, data)]
    return found or ([Signature(is_whole=False, is_intact=False)] if _ANY.search(data) else [])


def _all(pattern: re.Pattern[bytes], data: bytes) -> Iterator[re.Match[bytes]]:
    """The last ones: what was signed last stands there."""
    yield from list(pattern.finditer(data))[-MOST:]


def _signature(data: bytes, digits: re.Match[bytes], ranges: list[list[int]]) -> Signature:
    start, end = digits.start(1) - 1, digits.end(1) + 1  # with their brackets
    is_whole = [0, start, end, len(data) - end] in ranges
    try:
        der = bytes.fromhex(digits[1].decode("ascii"))
        content = cms.ContentInfo.load(der)
        written = content.dump()
        is_whole = is_whole and digits[1] == written.hex().upper().encode().ljust(len(digits[1]), b"0")
        covered = next((each for each in ranges if each[:3] == [0, start, end]), [0, start, end, len(data) - end])
        found = _read(content["content"], _digest(data, covered), _moment(data[end : end + _NEAR]))
        return replace(found, is_whole=is_whole, length=covered[2] + covered[3])
    except _UNREADABLE:
        return Signature(is_whole=False, is_intact=False)


def _digest(data: bytes, covered: list[int]) -> bytes:
    first, length, second, rest = covered
    digest = hashlib.sha256(memoryview(data)[first : first + length])
    digest.update(memoryview(data)[second : second + rest])
    return digest.digest()


def _read(signed: Any, digest: bytes, at: datetime | None) -> Signature:
    (info,) = signed["signer_infos"]
    certificate = _signer(signed, info)
    validity = certificate["tbs_certificate"]["validity"]
    return Signature(
        is_whole=False,  # the caller knows
        is_intact=_is_intact(info, certificate, "data", digest),
        fingerprint=hashlib.sha256(certificate.dump()).hexdigest(),
        subject=certificate.subject.human_friendly[:200],
        starts=validity["not_before"].native,
        ends=validity["not_after"].native,
        at=at,
        has_time=_has_time(info),
    )


def _signer(signed: Any, info: Any) -> asn1.Certificate:
    """The certificate that the signer names. Raises ValueError when it is not there."""
    sid = info["sid"].chosen
    for choice in signed["certificates"]:
        found = choice.chosen
        if found.issuer == sid["issuer"] and found.serial_number == sid["serial_number"].native:
            return found
    raise ValueError("The signer's certificate is not there.")


def _is_intact(info: Any, certificate: asn1.Certificate, content_type: str, digest: bytes) -> bool:
    """Digest, signing certificate and signature, as pyHanko checks them; only SHA-256 is known here."""
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity  # it takes most of a second to load

    if info["digest_algorithm"]["algorithm"].native != "sha256" or info["signed_attrs"] is core.VOID:
        return False
    is_same, is_valid = validate_sig_integrity(info, certificate, content_type, digest)
    return is_same and is_valid


def _has_time(info: Any) -> bool:
    """Whether a time-stamp of this very signature is inside. Whose, its certificate says; nobody is asked about it."""
    for attribute in info["unsigned_attrs"] or ():
        if attribute["type"].native == "signature_time_stamp_token":
            (token,) = attribute["values"]
            return is_time_of(token, hashlib.sha256(info["signature"].native).digest())
    return False


def is_time_of(token: cms.ContentInfo, digest: bytes) -> bool:
    """Whether this token confirms the time of what hashes so, signed with the key of the certificate in it."""
    signed = token["content"]
    told = signed["encap_content_info"]["content"]
    imprint = told.parsed["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256" or imprint["hashed_message"].native != digest:
        return False
    (info,) = signed["signer_infos"]
    return _is_intact(info, _signer(signed, info), "tst_info", hashlib.sha256(bytes(told)).digest())


def _moment(after: bytes) -> datetime | None:
    found = _MOMENT.search(after)
    if found is None:
        return None
    at = datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    if found[2]:
        sign = -1 if found[2].startswith(b"-") else 1
        at -= sign * timedelta(hours=abs(int(found[2])), minutes=int(found[3]))
    return at
