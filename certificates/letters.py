"""What mails about certificates say, one row a kind. No goods and no names stand in a subject: mails travel openly."""

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from gens.accounts import inviting
from gens.accounts.letters import LINK, Letter

_LINK: Final = {LINK: "https://gens.example/certificate/1/"}

RETURNED: Final = Letter(
    "returned",
    _("Draft returned"),
    gettext_noop("Draft %(reference)s was returned to you"),
    gettext_noop("%(who)s returned your draft %(reference)s:\n\n%(reason)s\n\n%(link)s\n"),
    {"reference": "D-2026-0418", "who": "Ioane Leavasa", "reason": "320 kg", **_LINK},
)
WAITING: Final = Letter(
    "waiting",
    _("Draft waits for approval"),
    gettext_noop("Draft %(reference)s waits for approval"),
    gettext_noop("%(who)s submitted the draft %(reference)s. It waits for approval.\n\n%(link)s\n"),
    {"reference": "D-2026-0418", "who": "Sina Tuilagi", **_LINK},
)
REFUSED: Final = Letter(
    "refused",
    _("Certificate not delivered"),
    gettext_noop("Certificate %(number)s was not delivered"),
    gettext_noop("%(partner)s did not get the electronic certificate %(number)s:\n\n%(reason)s\n\n%(link)s\n"),
    {"number": "WS-2026-000123", "partner": "New Zealand", "reason": "NPPO not found", **_LINK},
)
PAIR_ENDS: Final = Letter(
    "pair_ends",
    _("Client certificate ends"),
    gettext_noop("The Hub's client certificate ends on %(day)s"),
    gettext_noop(
        "The client certificate “%(subject)s” ends on %(day)s. Without a new one nothing is exchanged with"
        " the Hub after that day.\n\n%(link)s\n"
    ),
    {"subject": "CN=WS", "day": "31.12.2026", **_LINK},
)
SEAL_ENDS: Final = Letter(
    "seal_ends",
    _("Electronic seal ends"),
    gettext_noop("The electronic seal ends on %(day)s"),
    gettext_noop(
        "The certificate of the electronic seal “%(name)s” ends on %(day)s. Change to a new seal before:"
        " without one papers wait after that day.\n\n%(link)s\n"
    ),
    {"name": "2026", "day": "31.12.2026", **_LINK},
)
SEAL_AWAY: Final = Letter(
    "seal_away",
    _("Papers wait for the electronic seal"),
    gettext_noop("Papers wait for the electronic seal"),
    gettext_noop(
        "The electronic seal “%(name)s” cannot be had. %(reason)s\n\nCertificates are issued and sent all the same."
        " Their papers wait until the seal is back.\n\n%(link)s\n"
    ),
    {"name": "2026", "reason": "–", **_LINK},
)
AUTHORISATION_ENDS: Final = Letter(
    "authorisation_ends",
    _("Authorisation ends"),
    gettext_noop("An authorisation ends on %(day)s"),
    gettext_noop("The authorisation of %(name)s to issue certificates ends on %(day)s.\n\n%(link)s\n"),
    {"name": "Ioane Leavasa", "day": "31.12.2026", **_LINK},
)
REQUIREMENTS: Final = Letter(
    "requirements",
    _("Requirements have changed"),
    gettext_noop("Requirements have changed"),
    gettext_noop("These requirements have changed:\n\n%(lines)s\n\n%(link)s\n"),
    {"lines": "New Zealand: Colocasia esculenta", **_LINK},
)
CODE_ANSWERED: Final = Letter(
    "code_request",
    _("Request for a code answered"),
    gettext_noop("Your request for a code is answered"),
    gettext_noop("You asked for “%(text)s” (%(list)s).\n\nAnswer: %(answer)s\nCode: %(code)s\n%(words)s\n\n%(link)s\n"),
    {"text": "tamaligi", "list": "–", "answer": "–", "code": "X-1", "words": "", **_LINK},
)
INSPECTION: Final = Letter(
    "inspection",
    _("Inspection planned"),
    gettext_noop("You inspect %(reference)s on %(day)s"),
    gettext_noop("%(who)s planned an inspection for you: %(day)s, %(place)s. It is for %(reference)s.\n\n%(link)s\n"),
    {"reference": "D-2026-0418", "who": "Ioane Leavasa", "day": "31.12.2026", "place": "Apia", **_LINK},
)
INFORMATION: Final = Letter(
    "information",
    _("Draft waits for information"),
    gettext_noop("Draft %(reference)s waits for information"),
    gettext_noop("%(who)s cannot decide on %(reference)s yet. This is missing:\n\n%(lacking)s\n\n%(link)s\n"),
    {"reference": "D-2026-0418", "who": "Ioane Leavasa", "lacking": "–", **_LINK},
)
ALL: Final = (
    inviting.LETTER, INFORMATION, INSPECTION, WAITING, RETURNED, REFUSED, PAIR_ENDS, SEAL_ENDS, SEAL_AWAY,
    AUTHORISATION_ENDS, REQUIREMENTS, CODE_ANSWERED,
)  # fmt: skip
