"""Who may do what: roles and their permissions, in code. Read from the membership, never from Django groups."""

from typing import Final

from django.utils.translation import gettext_lazy as _

INSPECTOR: Final = "inspector"
CERTIFYING_OFFICER: Final = "certifying_officer"
IMPORT_OFFICER: Final = "import_officer"
ADMINISTRATOR: Final = "national_administrator"
AUDITOR: Final = "auditor"
OPERATOR: Final = "system_operator"

ROLE_NAMES: Final = {
    INSPECTOR: _("Inspector"),
    CERTIFYING_OFFICER: _("Certifying officer"),
    IMPORT_OFFICER: _("Import officer"),
    ADMINISTRATOR: _("Administrator"),
    AUDITOR: _("Auditor"),
    OPERATOR: _("System operator"),
}

# Permissions. "issue" is tied to a person: inspection may be delegated, issuing never is (IPPC V.2a).
READ_ISSUED: Final = "read_issued"
READ_RECEIVED: Final = "read_received"
DRAFT: Final = "draft"
APPROVE: Final = "approve"
ISSUE: Final = "issue"
PRINT: Final = "print"
DECIDE: Final = "decide"
ADMINISTER: Final = "administer"
OPERATE: Final = "operate"
READ_RULES: Final = "read_rules"

PERMISSIONS: Final[dict[str, frozenset[str]]] = {
    INSPECTOR: frozenset({READ_ISSUED, DRAFT, PRINT}),
    CERTIFYING_OFFICER: frozenset({READ_ISSUED, DRAFT, APPROVE, ISSUE, PRINT}),
    IMPORT_OFFICER: frozenset({READ_RECEIVED, DECIDE}),
    ADMINISTRATOR: frozenset({READ_ISSUED, READ_RECEIVED, ADMINISTER, READ_RULES}),
    AUDITOR: frozenset({READ_ISSUED, READ_RECEIVED, READ_RULES}),
    OPERATOR: frozenset({OPERATE, READ_RULES}),
}
