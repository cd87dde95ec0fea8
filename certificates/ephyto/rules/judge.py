"""`problems` runs the table of rules; problems in words and as data; the findings of a Hub."""

from collections import defaultdict
from functools import cache, lru_cache
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
    judged, asked = _judged_lines(document, stage)
    unknown = {pair for pair in asked if codes.known(*pair) is False}
    found: dict[str, list[Finding]] = defaultdict(list)
    for number, (line, of_line) in enumerate(zip(document.lines, judged, strict=True), start=1):
        for rule_id, path, params in of_line.findings:
            found[rule_id].append((f"lines.{line.id}.{path}", {"line": str(number), **params}))
        if unknown.isdisjoint(of_line.asked):
            continue
        for rule_id, path, list_name, code in of_line.codes:
            if (list_name, code) in unknown:
                found[rule_id].append((f"lines.{line.id}.{path}", {"line": str(number), "code": code}))
    return found


class _Line(NamedTuple):
    """What a line holds that is wrong, and the codes that lists must know, each with the rule that says so. asked: the
    lists and codes alone.
    """

    findings: tuple[tuple[str, str, dict[str, str]], ...]
    codes: tuple[tuple[str, str, str, str], ...]
    asked: frozenset[tuple[str, str]]


@once
def _judged_lines(document: Document, stage: Stage) -> tuple[list[_Line], frozenset[tuple[str, str]]]:
    """Every line, and what lists are asked of them all."""
    judge = _judged_once if stage == "submit" else _judged  # other stages see a document once
    judged = [
        judge(line, (line.id, *(treatment.id for treatment in line.treatments)), document.type, stage)
        for line in document.lines
    ]
    return judged, frozenset().union(*(of_line.asked for of_line in judged))


def _judged(line: TradeLine, _ids: tuple[str, ...], kind: str, stage: Stage) -> _Line:
    """_ids: of the line and its treatments. They stand in paths and take no part in the equality of lines."""
    checks, codes = _for_lines(kind, stage)
    found = tuple((rule_id, *code) for rule_id, check in codes for code in check(line))
    return _Line(
        tuple((rule_id, *finding) for rule_id, check in checks for finding in check(line)),
        found,
        frozenset((list_name, code) for _rule, _path, list_name, code in found),
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
