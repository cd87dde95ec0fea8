"""The table of rules, and `problems`, which runs it."""

from collections.abc import Iterator
from typing import Any, Final

from certificates.ephyto.document import EXPORT, ISSUED, RE_EXPORT, Document
from certificates.ephyto.rules import checks
from certificates.ephyto.rules.shapes import (
    AT_ISSUE,
    COMPLETE,
    EVERYWHERE,
    INFO,
    MANDATORY,
    MAPPING,
    OURS,
    SCHEMA,
    SEVERE,
    WARNING,
    Codes,
    Finding,
    NoCodes,
    Problem,
    Rule,
    Stage,
    blank,
    each_line,
    has_text,
)
from certificates.ephyto.rules.shapes import gettext_noop as _

NO_CODES: Final = NoCodes()


def _no_lines(document: Document, codes: Codes) -> Iterator[Finding]:
    if not document.lines:
        yield "lines", {}


def _unknown_units(document: Document, codes: Codes) -> Iterator[Finding]:
    yield from each_line(lambda line: checks.unknown_units(line, codes))(document, codes)


def _unknown_type(document: Document, codes: Codes) -> Iterator[Finding]:
    if document.type not in (EXPORT, RE_EXPORT):
        yield "type", {"code": document.type}


def _no_statement(document: Document, codes: Codes) -> Iterator[Finding]:
    if document.type == EXPORT and "1" not in document.statements:
        yield "statements", {}


def _other_status(document: Document, codes: Codes) -> Iterator[Finding]:
    if document.status != ISSUED:
        yield "status", {"code": document.status}


_ISPM: Final = "ISPM 12, 5"
_HUB: Final = "IPPC Hub"
_SCHEMA: Final = "SPSCertificate 17A"

# fmt: off
RULES: Final[tuple[Rule, ...]] = (
    Rule("type.known", MANDATORY, SEVERE, EVERYWHERE, _HUB, _("Choose the kind of certificate: for export or for re-export."), _unknown_type),
    Rule("exporter.name", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("Write the name of the exporter."), blank("exporter.name", lambda d: d.exporter.name)),
    Rule("exporter.address", MANDATORY, SEVERE, OURS, _ISPM, _("Write the address of the exporter."), checks.no_address("exporter")),
    Rule("consignee.name", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("Write the name of the consignee."), blank("consignee.name", lambda d: d.consignee.name)),
    Rule("consignee.address", MANDATORY, SEVERE, OURS, _ISPM, _("Write the full address of the consignee."), checks.no_address("consignee")),
    Rule("address.lines", MAPPING, SEVERE, OURS, _SCHEMA, _("Write the address in five lines or fewer."), checks.too_many_address_lines),
    Rule("export_country", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("Choose the exporting country."), blank("export_country", lambda d: d.export_country.code)),
    Rule("import_country", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("Choose the importing country."), blank("import_country", lambda d: d.import_country.code)),
    Rule("country.alpha2", MAPPING, SEVERE, EVERYWHERE, _HUB, _("“{code}” is not a country code of two capital letters. Choose the country from the list."), checks.wrong_country_codes),
    Rule("code.known", MAPPING, SEVERE, OURS, "Code lists", _("“{code}” is not in the list. Choose an entry of the list."), checks.unknown_codes),
    Rule("entry.name", MANDATORY, WARNING, OURS, _ISPM, _("Write the declared point of entry, or leave it if the importing country does not ask for it."), blank("entry.name", lambda d: d.entry.name)),
    Rule("movement.any", MANDATORY, SEVERE, EVERYWHERE, _HUB, _("Add the declared means of conveyance. Choose “not specified” when it is not known."), checks.no_movement),
    Rule("movement.mode", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("Choose the mode of transport."), checks.no_mode),
    Rule("line.any", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("Add at least one commodity line."), _no_lines),
    Rule("line.description", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("Line {line}: write the name of the produce."), each_line(lambda line: iter(()) if has_text(line.descriptions) else iter([("descriptions", {})]))),
    Rule("line.botanical_name", MANDATORY, WARNING, OURS, _ISPM, _("Line {line}: write the botanical name, at least the genus, if the commodity has one."), each_line(checks.no_botanical_name)),
    Rule("line.quantity", MANDATORY, WARNING, OURS, _ISPM, _("Line {line}: write a quantity."), each_line(checks.no_quantity)),
    Rule("line.other_quantity", MAPPING, SEVERE, EVERYWHERE, _HUB, _("Line {line}: the other quantity needs both a number and a unit."), each_line(checks.other_quantity_pair)),
    Rule("line.packages", MANDATORY, SEVERE, EVERYWHERE, _HUB, _("Line {line}: describe the packages, either by kind and number or in words, not both."), each_line(checks.packages_either_or)),
    Rule("line.package", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("Line {line}: each kind of package needs a level, a kind and a number above zero."), each_line(checks.incomplete_packages)),
    Rule("line.origin", MANDATORY, SEVERE, EVERYWHERE, _HUB, _("Line {line}: choose the country of origin."), each_line(checks.no_origin)),
    Rule("measure.number", SCHEMA, SEVERE, EVERYWHERE, _SCHEMA, _("Line {line}: “{value}” is not a number that fits. Write digits, with at most four after the point."), each_line(checks.no_number)),
    Rule("measure.unit", SCHEMA, SEVERE, EVERYWHERE, _SCHEMA, _("Line {line}: choose a unit for {value}."), each_line(checks.no_unit)),
    Rule("unit.known", MAPPING, SEVERE, OURS, "UN/ECE Rec 20", _("Line {line}: the unit “{code}” is not in the list. Choose a unit of the list."), _unknown_units),
    Rule("treatment.date", SCHEMA, SEVERE, OURS, _SCHEMA, _("Line {line}: “{value}” is not a date. Write the day of the treatment."), each_line(checks.undated_treatments)),
    Rule("treatment.full_text", MANDATORY, SEVERE, AT_ISSUE, _HUB, _("Line {line}: the treatment has no full text."), each_line(checks.no_full_text)),
    Rule("declaration.commercial", MAPPING, WARNING, OURS, _ISPM, _("“{words}” looks like a commercial reference. A certificate carries none."), checks.commercial_references),
    Rule("declaration.treatment", MAPPING, WARNING, OURS, _ISPM, _("“{words}” repeats a treatment. Treatments stand in section III only."), checks.repeated_treatments),
    Rule("text.length", MAPPING, SEVERE, OURS, "IPPC mapping", _("This text has {length} characters. Shorten it to {limit}."), checks.too_long),
    Rule("number", MANDATORY, SEVERE, COMPLETE, _SCHEMA, _("The certificate has no number."), blank("number", lambda d: d.number)),
    Rule("issued", MANDATORY, SEVERE, COMPLETE, _SCHEMA, _("“{value}” is not a date and time of issue with an offset."), checks.unparsed_issue_date),
    Rule("issuer", MANDATORY, SEVERE, COMPLETE, _SCHEMA, _("The name of the issuing NPPO is missing."), blank("issuer", lambda d: d.issuer)),
    Rule("place_of_issue", MANDATORY, SEVERE, AT_ISSUE, _ISPM, _("The place of issue is missing."), blank("place_of_issue", lambda d: d.place_of_issue)),
    Rule("officer", MANDATORY, SEVERE, COMPLETE, _SCHEMA, _("The name of the authorized officer is missing."), blank("officer", lambda d: d.officer)),
    Rule("statement", MANDATORY, SEVERE, COMPLETE, "IPPC V.2b", _("The certifying statement is missing."), _no_statement),
    Rule("status.other", MAPPING, INFO, frozenset({"received"}), "UNCL 4405", _("The status is {code}, not 70 (issued)."), _other_status),
)
# fmt: on
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
