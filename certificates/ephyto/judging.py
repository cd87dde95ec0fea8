"""Judging any message, for engineers: what it is, what the rules find, where it deviates from the profile, and the lines."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from certificates.ephyto import profile, rules
from certificates.ephyto.rules.shapes import SCHEMA, Stage
from certificates.ephyto.xml import DEFAULT_LIMITS, Acknowledgement, Limits, NotReadable, from_xml
from certificates.ephyto.xml.content import parse
from certificates.ephyto.xml.places import Places

Level = Literal["SEVERE", "WARNING", "INFO"]
CERTIFICATE: Final = "certificate"
ACKNOWLEDGEMENT: Final = "acknowledgement"
STAGES: Final[tuple[Stage, ...]] = ("hub", "received", "issue", "submit")
_REPAIRS: Final = {
    "base64": "The content came in Base64.",
    "encoding": "The content is not in the encoding that it declares.",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. line: of the content, from 1; 0 when there is none. path: of the field, "" when no field."""

    rule: str
    level: Level
    area: str
    path: str
    xpath: str
    line: int
    message: str


@dataclass(frozen=True)
class Judged:
    """outcome: certificate, acknowledgement, or why it is no message of ours: not xml, other document, refused, too much."""

    outcome: str
    findings: tuple[Finding, ...] = ()
    type: str = ""
    status: str = ""
    number: str = ""

    @property
    def is_message(self) -> bool:
        return self.outcome in (CERTIFICATE, ACKNOWLEDGEMENT)

    def count(self, level: str) -> int:
        return sum(finding.level == level for finding in self.findings)


def judge(data: bytes, stage: Stage = "hub", limits: Limits = DEFAULT_LIMITS) -> Judged:
    """Judge content at a stage. What deviates from the profile is severe only for what we issue ourselves. Never raises
    for whatever the content is.
    """
    try:
        message = from_xml(data, limits)
        root, _repairs = parse(data, limits)
    except NotReadable as error:
        return unreadable(error.outcome, str(error))
    if isinstance(message, Acknowledgement):
        return Judged(ACKNOWLEDGEMENT, status=message.status, number=", ".join(message.references))
    found = [Finding("repaired", "INFO", SCHEMA, "", "", 0, _REPAIRS[repair]) for repair in message.repairs]
    places = Places(root)
    for problem in rules.problems(message.document, stage):
        place = places.of(problem.path, problem.params)
        words = rules.english(problem)
        found.append(Finding(problem.rule, problem.level, problem.area, problem.path, place.xpath, place.line, words))
    found += _deviations(data, "SEVERE" if stage in ("issue", "submit") else "WARNING")
    document = message.document
    return Judged(CERTIFICATE, _by_line(found), document.type, document.status, document.number)


def unfit(data: bytes) -> list[rules.Problem]:
    """Where a message of ours deviates from the profile: the last check before it is issued, after the rules."""
    return [
        rules.Problem("profile", SCHEMA, rules.SEVERE, "", {"words": f"{found.path}: {found.message}"})
        for found in profile.deviations(data)
    ]


def unreadable(outcome: str, why: str) -> Judged:
    """The judgement on what is no message."""
    return Judged(outcome, (Finding("readable", "SEVERE", SCHEMA, "", "", 0, why),))


def _deviations(data: bytes, level: Level) -> list[Finding]:
    return [
        Finding("profile", level, SCHEMA, "", deviation.path, deviation.line, deviation.message)
        for deviation in profile.deviations(data)
    ]


def _by_line(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.line))
