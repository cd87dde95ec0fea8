"""The one judge of certificates: rules as data, problems in the shape of the Hub's ValidationResult.

Only SEVERE blocks. Stage submit is a draft before approval, issue the complete document before it leaves, received what
arrived, hub what the Hub itself refuses. House rules never judge another country: they stand at submit and issue only.
"""

from certificates.ephyto.rules.judge import (
    NO_CODES,
    as_data,
    english,
    from_data,
    hub_findings,
    problems,
    template,
)
from certificates.ephyto.rules.shapes import INFO, SEVERE, WARNING, Codes, Problem, Rule
from certificates.ephyto.rules.table import RULES

__all__ = [
    "INFO",
    "NO_CODES",
    "RULES",
    "SEVERE",
    "WARNING",
    "Codes",
    "Problem",
    "Rule",
    "as_data",
    "english",
    "from_data",
    "hub_findings",
    "problems",
    "template",
]
