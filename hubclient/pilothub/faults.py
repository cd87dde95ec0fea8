"""The table of misbehaviours: what each does and where it can strike. Console, command line and tests all read it."""

from dataclasses import dataclass
from secrets import SystemRandom, randbelow
from typing import Final

from django.db.models import F, Q
from django.utils.translation import gettext_noop as _

from hubclient.pilothub.models import Call, Misbehaviour, RegisteredNppo

DELIVER: Final = (
    "DeliverEnvelope",
    "ValidateAndDeliverEnvelope",
    "DeliverPhytoEnvelope",
    "DeliverCountryResponseEnvelope",
)
ACKNOWLEDGE: Final = (
    "AcknowledgeEnvelopeReceipt",
    "AdvancedAcknowledgeEnvelopeReceipt",
    "AcknowledgeFailedEnvelopeReceipt",
)
PULL: Final = ("PULLSingleImportEnvelope", "PULLImportEnvelope")
TRACK: Final = ("GetEnvelopeTrackingInfo",)
HEADERS: Final = ("GetImportEnvelopeHeaders", "GetUnderDeliveryEnvelope")
CODE_LISTS: Final = (
    "GetStatements",
    "GetAdditionalDeclarations",
    "GetTreatmentTypes",
    "GetIntendedUses",
    "GetProductDescriptions",
    "GetConditions",
    "GetMeanOfTransports",
    "GetPackageTypes",
    "GetPesticides",
    "GetUnitMeasures",
)
LISTINGS: Final = (*HEADERS, "PULLImportEnvelope", "GetActiveNppos", "GetAvailableChannels", *CODE_LISTS)
ANYWHERE: Final = (
    *DELIVER, "ValidatePhytoXML", "GetImportEnvelopeHeaders", *PULL, *ACKNOWLEDGE, *TRACK, "GetUnderDeliveryEnvelope",
    "SetTrackingInfoUpdate", "GetProfile", "GetActiveNppos", "GetAvailableChannels", *CODE_LISTS,
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """does: a sentence that goes on from "For XX the Hub now ..."; where: the operations it can strike."""

    does: str
    where: tuple[str, ...]


FAULTS: Final = {
    # instead of doing what was asked
    "reset_without_queueing": Fault(_("reads the whole request, then resets the connection"), DELIVER),
    "method_not_allowed": Fault(_("answers 405 with a page of HTML"), ANYWHERE),
    "forbidden": Fault(_("answers 403 with a page of HTML"), ANYWHERE),
    "bad_gateway": Fault(_("answers 502 with a page of HTML"), ANYWHERE),
    "fault": Fault(_("answers with a SOAP fault"), ANYWHERE),
    "pull_fails": Fault(_("lists an envelope, but fails to give it"), PULL),
    "lost_acknowledgement": Fault(_("reads an acknowledgement, forgets it and resets the connection"), ACKNOWLEDGE),
    "code_list_fails": Fault(_("fails to give a code list"), CODE_LISTS),
    # after doing what was asked
    "reset_after_queueing": Fault(_("takes the envelope, then resets the connection"), DELIVER),
    "reset_answer": Fault(_("does what is asked, then resets the connection"), ANYWHERE),
    # the life of a delivery
    "failed_delivery": Fault(_("answers FailedDelivery inside HTTP 200"), DELIVER),
    "pending_for_days": Fault(_("keeps the envelope from its receiver for three days"), DELIVER),
    "unasked_forwarding": Fault(_("forwards the envelope to one more channel than it was asked to"), DELIVER),
    "withdrawal_after": Fault(_("queues a withdrawal (status 40) behind the certificate"), DELIVER),
    "not_exists": Fault(_("knows no tracking number"), TRACK),
    "unknown_tracking": Fault(_("answers a tracking value that nobody knows"), TRACK),
    "ends_delivered": Fault(_("ends the delivery as Delivered, as if its receiver had"), TRACK),
    "ends_with_warnings": Fault(_("ends the delivery as DeliveredWithWarnings, as if its receiver had"), TRACK),
    "ends_not_readable": Fault(_("ends the delivery as DeliveredNotReadable, as if its receiver had"), TRACK),
    "ends_failed": Fault(_("ends the delivery as FailedDelivery"), TRACK),
    # lists
    "single_item": Fault(_("gives the first item of a list only"), LISTINGS),
    "empty_list": Fault(_("gives a list as an empty element"), LISTINGS),
    "absent_list": Fault(_("gives a list as no element at all"), LISTINGS),
    "code_list_empty": Fault(_("gives a code list without an item"), CODE_LISTS),
    "duplicate_header": Fault(_("lists each header twice"), HEADERS),
    "newest_first": Fault(_("lists the newest first, so that a withdrawal comes before its certificate"), HEADERS),
    "shuffled_children": Fault(_("shuffles the children of headers"), (*HEADERS, *DELIVER, *TRACK, *PULL)),
    # content
    "base64_content": Fault(_("gives the content in Base64"), PULL),
    "utf16_declaration": Fault(_("gives content that declares UTF-16 and is not"), PULL),
    "null_names": Fault(_("gives content in which every name is NULL"), PULL),
    "acknowledgement_content": Fault(_("gives an SPSAcknowledgement as content"), PULL),
    "cdata_end": Fault(_("gives content with ]]> in its text"), PULL),
    "large_response": Fault(_("pads the content to 10 MB"), PULL),
}


def told(caller: RegisteredNppo) -> list[Misbehaviour]:
    """The misbehaviours that this Hub was told to show to this NPPO: one query for a request."""
    return list(Misbehaviour.objects.filter(Q(remaining=None) | Q(remaining__gt=0), code=caller.code, rate__gt=0))


@dataclass
class Asked:
    """One request while it is answered: whose it is, and which misbehaviours it may be shown."""

    caller: RegisteredNppo
    call: Call
    told: list[Misbehaviour]

    def shows(self, name: str) -> bool:
        """Whether to show this fault now. Each showing uses one up, of several processes only one has the last."""
        for one in self.told:
            if one.name == name and self.call.operation in FAULTS[name].where and self._is_due(one):
                self.call.struck = f"{self.call.struck} {name}".strip()[:256]
                return True
        return False

    def _is_due(self, one: Misbehaviour) -> bool:
        if one.operation not in ("", self.call.operation) or randbelow(100) >= one.rate:
            return False
        if one.remaining is None:
            return True
        left = Misbehaviour.objects.filter(pk=one.pk, remaining__gt=0)
        return bool(left.update(remaining=F("remaining") - 1))

    def joined(self, children: list[str]) -> str:
        """The children of one header, in the order of the WSDL or shuffled."""
        if self.shows("shuffled_children"):
            children = SystemRandom().sample(children, len(children))
        return "".join(children)

    def first(self, *names: str) -> str:
        """The first of these faults that is to be shown; "" for none."""
        return next((name for name in names if self.shows(name)), "")
