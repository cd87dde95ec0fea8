"""`problems` runs the table of rules; problems in words and as data; the findings of a Hub."""

from typing import Any, Final

from certificates.ephyto.document import Document
from certificates.ephyto.rules.shapes import SCHEMA, SEVERE, Codes, NoCodes, Problem, Stage
from certificates.ephyto.rules.table import RULES

NO_CODES: Final = NoCodes()
_BY_ID: Final = {rule.id: rule for rule in RULES}


def problems(document: Document, stage: Stage, codes: Codes = NO_CODES) -> list[Problem]:
    """What is wrong with the document at this stage, in the order of the rules. Never raises, whatever the document."""
    return [
        Problem(rule.id, rule.area, rule.level, path, params)
        for rule in RULES
        if stage in rule.stages
        for path, params in rule.check(document, codes)
    ]


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
