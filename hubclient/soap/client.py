"""The 27 operations of the WSDL as methods with typed results. Envelopes are built by hand (see the design)."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Final, NoReturn, Self, TypeVar

import requests
from lxml import etree

from hubclient.namespaces import ENTITIES, HUB, SOAP
from hubclient.soap import answers
from hubclient.soap.answers import Channel, Finding, Header, HubNppo, ListItem, Pulled
from hubclient.soap.transport import MAX_CONTENT, Element, HubError, PinnedAdapter, parsed, post, soap_body

TIMEOUT: Final = 60.0  # seconds
FAILED_DELIVERY: Final = "FailedDelivery"
# The harmonised code lists: our name to the operation and the element of one item.
LISTS: Final = {
    "statements": ("GetStatements", "Statement"),
    "additional_declarations": ("GetAdditionalDeclarations", "AdditionalDeclaration"),
    "treatment_types": ("GetTreatmentTypes", "TreatmentType"),
    "intended_uses": ("GetIntendedUses", "IntendedUse"),
    "product_descriptions": ("GetProductDescriptions", "ProductDescription"),
    "conditions": ("GetConditions", "Condition"),
    "means_of_transport": ("GetMeanOfTransports", "MeanOfTransport"),
    "package_types": ("GetPackageTypes", "PackageType"),
    "pesticides": ("GetPesticides", "Pesticide"),
    "unit_measures": ("GetUnitMeasures", "UnitMeasure"),
}

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One call that was made: which operation, about which tracking number, how long it took, how it failed.

    is_answered: the Hub spoke SOAP, though perhaps to refuse, or to say nothing useful.
    """

    operation: str
    tracking_number: str
    seconds: float
    error: HubError | None = None
    is_answered: bool = True


class HubClient:
    """One NPPO's account at one Hub. Keeps its connection alive; not shared between threads.

    on_call hears of every call made, after its end; timeout is in seconds, max_content in bytes.
    """

    def __init__(
        self,
        endpoint: str,
        tls: ssl.SSLContext,
        *,
        timeout: float = TIMEOUT,
        max_content: int = MAX_CONTENT,
        on_call: Callable[[Call], None] | None = None,
    ) -> None:
        self.endpoint, self.timeout, self.max_content, self.on_call = endpoint, timeout, max_content, on_call
        self.session = requests.Session()
        self.session.trust_env = False  # else REQUESTS_CA_BUNDLE overrides the pinned authority
        self.session.mount("https://", PinnedAdapter(tls))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.session.close()

    # sending

    def validate_and_deliver(self, header: Header, content: bytes) -> Header:
        """ValidateAndDeliverEnvelope: the Hub judges the content, then queues it. FailedDelivery raises (permanent)."""
        return self._deliver("ValidateAndDeliverEnvelope", "envelope", header, content)

    def deliver(self, header: Header, content: bytes) -> Header:
        """DeliverEnvelope: the Hub queues the content unseen. FailedDelivery raises (permanent)."""
        return self._deliver("DeliverEnvelope", "env", header, content)

    def _deliver(self, operation: str, wrapper: str, header: Header, content: bytes) -> Header:
        request = _request(operation)
        envelope = _envelope(request, wrapper, header)
        with _our_fault():
            etree.SubElement(envelope, f"{{{ENTITIES}}}Content").text = self._fitting(content).decode("utf-8")
        return self._call(operation, request, _queued)

    def deliver_response(self, header: Header, acknowledgement: bytes) -> Header:
        """DeliverCountryResponseEnvelope: our answer, an SPSAcknowledgement, to the country that issued a certificate."""
        request = _request("DeliverCountryResponseEnvelope")
        envelope = _envelope(request, "CountryResponseEnvelope", header)
        with _our_fault():
            envelope.append(parsed(self._fitting(acknowledgement)))
        return self._call("DeliverCountryResponseEnvelope", request, _queued)

    def deliver_phyto(self) -> NoReturn:
        """DeliverPhytoEnvelope, refused: its typed certificate is a reduced shape that loses fields."""
        raise HubError("DeliverPhytoEnvelope loses parts of a certificate; use validate_and_deliver.", permanent=True)

    def set_tracking_info(self) -> NoReturn:
        """SetTrackingInfoUpdate, refused: its meaning is not published and no known client uses it."""
        raise HubError("What SetTrackingInfoUpdate means is not published; GeNS never calls it.", permanent=True)

    def _fitting(self, content: bytes) -> bytes:
        if len(content) > self.max_content:
            raise HubError(f"The message has more than {self.max_content} bytes.", unfit=True)
        return content

    def validate(self, content: bytes) -> list[Finding]:
        """ValidatePhytoXML: what the Hub would say of this content; empty means clean."""
        with _our_fault():
            request = _with("ValidatePhytoXML", {"ePhytoXML": self._fitting(content).decode("utf-8")})
        return self._call("ValidatePhytoXML", request, answers.findings)

    # tracking

    def tracking_info(self, tracking_number: str) -> Header:
        """GetEnvelopeTrackingInfo. EnvelopeNotExists is an answer, not an error: it can be transient."""
        return self._about("GetEnvelopeTrackingInfo", tracking_number, lambda r: answers.tracked(r, tracking_number))

    def under_delivery(self) -> list[Header]:
        """GetUnderDeliveryEnvelope: our envelopes that are not finally delivered."""
        return self._call("GetUnderDeliveryEnvelope", _request("GetUnderDeliveryEnvelope"), answers.headers)

    # receiving

    def import_headers(self) -> list[Header]:
        """GetImportEnvelopeHeaders: what waits for us. The country code is passed as an empty string."""
        request = _with("GetImportEnvelopeHeaders", {"countryCode": ""})
        return self._call("GetImportEnvelopeHeaders", request, answers.headers)

    def pull(self, tracking_number: str) -> Pulled:
        """PULLSingleImportEnvelope: one envelope with its content; pulling removes nothing."""
        return self._about(
            "PULLSingleImportEnvelope", tracking_number, lambda r: answers.pulled(answers.result(r), tracking_number)
        )

    def pull_all(self) -> list[Pulled]:
        """PULLImportEnvelope: waiting envelopes with content, as many as the Hub gives. GeNS pulls singly: answers
        can be larger than any limit."""
        return self._call("PULLImportEnvelope", _request("PULLImportEnvelope"), answers.all_pulled)

    def acknowledge(self, tracking_number: str) -> None:
        """AcknowledgeEnvelopeReceipt: Delivered. Final."""
        self._about("AcknowledgeEnvelopeReceipt", tracking_number, _nothing)

    def acknowledge_with_warnings(self, tracking_number: str, message: str) -> None:
        """AdvancedAcknowledgeEnvelopeReceipt: DeliveredWithWarnings. Final."""
        self._about("AdvancedAcknowledgeEnvelopeReceipt", tracking_number, _nothing, warningMessage=message)

    def acknowledge_failed(self, tracking_number: str, message: str) -> None:
        """AcknowledgeFailedEnvelopeReceipt: DeliveredNotReadable. Final; only for content that nobody could read."""
        self._about("AcknowledgeFailedEnvelopeReceipt", tracking_number, _nothing, message=message)

    # who, and lists

    def active_nppos(self) -> list[HubNppo]:
        """GetActiveNppos: who is connected."""
        return self._call("GetActiveNppos", _request("GetActiveNppos"), answers.nppos)

    def profile(self) -> HubNppo:
        """GetProfile: how the Hub knows us."""
        return self._call("GetProfile", _request("GetProfile"), _profile)

    def channels(self) -> list[Channel]:
        """GetAvailableChannels: where envelopes can be forwarded to."""
        return self._call("GetAvailableChannels", _request("GetAvailableChannels"), answers.channels)

    def code_list(self, name: str) -> list[ListItem]:
        """One of the ten harmonised code lists, by its name in LISTS. Raises KeyError for another name."""
        operation, element = LISTS[name]
        return self._call(operation, _request(operation), lambda response: answers.items(response, element))

    # one call

    def _about(self, operation: str, tracking_number: str, read: Callable[[Element], T], **arguments: str) -> T:
        """A call about one tracking number."""
        request = _with(operation, {"hubTrackingNumber": tracking_number, **arguments})
        return self._call(operation, request, read, tracking_number)

    def _call(self, operation: str, request: Element, read: Callable[[Element], T], tracking_number: str = "") -> T:
        """What `read` makes of the response element; on_call hears how it went. Raises HubError."""
        started = perf_counter()
        data = etree.tostring(request.getroottree(), encoding="UTF-8", xml_declaration=True)
        body = None
        try:
            body = soap_body(*self._post(operation, data))
            found = read(_response(operation, body))
        except HubError as error:
            self._tell(Call(operation, tracking_number, perf_counter() - started, error, body is not None))
            raise
        number = tracking_number or (found.tracking_number if isinstance(found, Header) else "")
        self._tell(Call(operation, number, perf_counter() - started))
        return found

    def _tell(self, call: Call) -> None:
        if self.on_call is not None:
            self.on_call(call)

    def _post(self, operation: str, data: bytes) -> tuple[int, bytes]:
        return post(self.session, self.endpoint, operation, data, self.timeout)


@contextmanager
def _our_fault() -> Iterator[None]:
    """What cannot be written as XML text cannot be sent: refused here, for good."""
    try:
        yield
    except ValueError as error:  # UnicodeDecodeError is one too
        raise HubError(f"The content cannot be put into an envelope: {error}", unfit=True) from error


def _request(operation: str) -> Element:
    """The wrapper element of an operation, inside Envelope and Body."""
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP, "hub": HUB, "ent": ENTITIES})
    return etree.SubElement(etree.SubElement(envelope, f"{{{SOAP}}}Body"), f"{{{HUB}}}{operation}")


def _with(operation: str, arguments: Mapping[str, str]) -> Element:
    request = _request(operation)
    for name, text in arguments.items():
        etree.SubElement(request, f"{{{HUB}}}{name}").text = text
    return request


def _envelope(request: Element, name: str, header: Header) -> Element:
    """The envelope with its header, in the order of the WSDL; the content is still to come."""
    fields = (
        ("From", header.sender),
        ("To", header.receiver),
        ("CertificateType", header.certificate_type),
        ("CertificateStatus", header.certificate_status),
        ("NPPOCertificateNumber", header.number),
        ("hubDeliveryNumber", ""),
    )
    envelope = etree.SubElement(request, f"{{{HUB}}}{name}")
    for field, text in fields:
        etree.SubElement(envelope, f"{{{ENTITIES}}}{field}").text = text
    if header.forwardings:
        forwardings = etree.SubElement(envelope, f"{{{ENTITIES}}}Forwardings")
        for forwarding in header.forwardings:
            element = etree.SubElement(forwardings, f"{{{ENTITIES}}}EnvelopeForwarding")
            etree.SubElement(element, f"{{{ENTITIES}}}Code").text = forwarding.code
    return envelope


def _response(operation: str, body: Element) -> Element:
    if (fault := answers.child(body, "Fault")) is not None:
        raise answers.refusal(fault)
    response = answers.child(body, f"{operation}Response")
    if response is None:
        raise HubError(f"The Hub did not answer {operation} but something else.", unknown=True)
    return response


def _queued(response: Element) -> Header:
    """The header of an envelope that the Hub took: a tracking number, and not FailedDelivery."""
    answer = answers.header(answers.result(response))
    if answer.tracking_info == FAILED_DELIVERY:
        raise HubError(answer.error_message or "The Hub refused the envelope.", permanent=True)
    if not answer.tracking_number:
        raise HubError("The Hub answered without a tracking number.", unknown=True)
    return answer


def _profile(response: Element) -> HubNppo:
    found = answers.result(response)
    if found is None:
        raise HubError("The Hub gave no profile.")
    return answers.nppo(found)


def _nothing(response: Element) -> None:
    return None
