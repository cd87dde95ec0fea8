"""`problems` runs the table of rules; problems in words and as data; the findings of a Hub."""

from collections import defaultdict
from functools import cache, lru_cache
from itertools import chain, count
from operator import itemgetter
from typing import Any, Final, NamedTuple

from certificates.ephyto.document import Document, TradeLine
from certificates.ephyto.once import once
from certificates.ephyto.rules.shapes import (
    SCHEMA,
    SEVERE,
    Codes,
    Finding,
    LineCheck,
    LineCodes,
    NoCodes,
    Problem,
    Stage,
    nothing,
)
from certificates.ephyto.rules.table import RULES

NO_CODES: Final = NoCodes()
_BY_ID: Final = {rule.id: rule for rule in RULES}
_REMEMBERED: Final = 2000  # lines: of a draft that somebody works on only the changed one is judged anew


def problems(document: Document, stage: Stage, codes: Codes = NO_CODES) -> list[Problem]:
    """What is wrong with the document at this stage, in the order of the rules. Never raises, whatever the document."""
    of_lines = _of_lines(document, stage, codes)
    return [
        Problem(rule.id, rule.area, rule.level, path, params)
        for rule in RULES
        if stage in rule.stages
        for path, params in (*rule.check(document, codes), *of_lines[rule.id])
    ]


def _of_lines(document: Document, stage: Stage, codes: Codes) -> dict[str, list[Finding]]:
    """What is found in the lines, by rule."""
    lines = _judged_lines(document, stage)
    unknown = [using for asked, using in lines.codes.items() if codes.known(*asked) is False]
    found: dict[str, list[Finding]] = defaultdict(list)
    for _place, rule_id, (path, params) in sorted(chain(lines.findings, *unknown), key=itemgetter(0)):
        found[rule_id].append((path, dict(params)))  # a reader's own
    return found


class _Lines(NamedTuple):
    """(place, rule, finding): what lines hold that is wrong, and what is wrong where lists do not know (list, code)."""

    findings: list[tuple[int, str, Finding]]
    codes: dict[tuple[str, str], list[tuple[int, str, Finding]]]


@once
def _judged_lines(document: Document, stage: Stage) -> _Lines:
    lines = _Lines([], defaultdict(list))
    place = count()
    judge = _judged_once if stage == "submit" else _judged  # other stages see a document once
    for number, line in enumerate(document.lines, start=1):
        judged = judge(line, (line.id, *(treatment.id for treatment in line.treatments)), document.type, stage)
        for rule_id, path, params in judged.findings:
            finding = (f"lines.{line.id}.{path}", {"line": str(number), **params})
            lines.findings.append((next(place), rule_id, finding))
        for rule_id, path, list_name, code in judged.codes:
            finding = (f"lines.{line.id}.{path}", {"line": str(number), "code": code})
            lines.codes[list_name, code].append((next(place), rule_id, finding))
    return lines


class _Line(NamedTuple):
    """What a line holds that is wrong, and the codes that lists must know, each with the rule that says so."""

    findings: tuple[tuple[str, str, dict[str, str]], ...]
    codes: tuple[tuple[str, str, str, str], ...]


def _judged(line: TradeLine, _ids: tuple[str, ...], kind: str, stage: Stage) -> _Line:
    """_ids: of the line and its treatments. They stand in paths and take no part in the equality of lines."""
    checks, codes = _for_lines(kind, stage)
    return _Line(
        tuple((rule_id, *finding) for rule_id, check in checks for finding in check(line)),
        tuple((rule_id, *code) for rule_id, found in codes for code in found(line)),
    )


@cache
def _for_lines(kind: str, stage: Stage) -> tuple[list[tuple[str, LineCheck]], list[tuple[str, LineCodes]]]:
    """The rules that look at lines of such a certificate at this stage."""
    asked = [rule for rule in RULES if stage in rule.stages and rule.type in ("", kind)]
    checks = [(rule.id, rule.of_line) for rule in asked if rule.of_line is not nothing]
    return checks, [(rule.id, rule.codes) for rule in asked if rule.codes is not nothing]


_judged_once: Final = lru_cache(_REMEMBERED)(_judged)


def english(problem: Problem) -> str:
    """The problem in English, for command lines and acknowledgements."""
    return _BY_ID[problem.rule].text.format(**problem.params)


def template(problem: Problem) -> str:
    """The English text before its parameters are filled in: the msgid of its translations."""
    return _BY_ID[problem.rule].text


def as_data(problem: Problem) -> dict[str, Any]:
    """JSON-ready; `from_data` reads it."""
    return {"rule": problem.rule, "level": problem.level, "path": problem.path, "params": problem.params}


def from_data(data: dict[str, Any]) -> Problem | None:
    """A stored problem; None when its rule no longer exists."""
    rule = _BY_ID.get(data["rule"])
    return None if rule is None else Problem(rule.id, rule.area, data["level"], data["path"], data["params"])


def hub_findings(content: bytes) -> list[tuple[str, str, str, str]]:
    """(area, field, level, message) of a message as a Hub judges it: the pilot Hub's validator."""
    from certificates.ephyto import xml  # the rules proper need no XML

    try:
        message = xml.from_xml(content)
    except xml.NotReadable as error:
        return [(SCHEMA, "", SEVERE, str(error))]
    if not isinstance(message, xml.Message):
        return []
    return [(p.area, p.path, p.level, english(p)) for p in problems(message.document, "hub")]
