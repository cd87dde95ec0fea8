"""What a Hub answers, as values. Matched by local name: the qualification differs from child to child in the WSDL.

Absent and empty lists are the same; nil items are left out; what is not understood never raises.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from hubclient.namespaces import XSI
from hubclient.soap.transport import WHO_ARE_YOU, Element, HubError


@dataclass(frozen=True)
class Forwarding:
    """EnvelopeForwarding: a channel the envelope also goes to, and its own tracking number there ("" on sending)."""

    code: str
    tracking_number: str = ""


@dataclass(frozen=True)
class Header:
    """EnvelopeHeader of the WSDL. tracking_info is a plain string: an unknown value is no error.

    | WSDL | here |
    |---|---|
    | From, To | sender, receiver: connection codes |
    | CertificateType, CertificateStatus, NPPOCertificateNumber | certificate_type, certificate_status, number |
    | hubDeliveryNumber | tracking_number, "" on sending |
    | HUBTrackingInfo, hubDeliveryErrorMessage | tracking_info, error_message |
    | Forwardings/EnvelopeForwarding | forwardings |
    """

    sender: str
    receiver: str
    certificate_type: str
    certificate_status: str
    number: str
    tracking_number: str = ""
    tracking_info: str = ""
    error_message: str = ""
    forwardings: tuple[Forwarding, ...] = ()


@dataclass(frozen=True)
class Pulled:
    """One envelope with its content: the exact characters, as UTF-8."""

    header: Header
    content: bytes


@dataclass(frozen=True)
class Signature:
    """signingCertificate: the name and PEM or Base64 of the certificate with which an NPPO signs."""

    name: str
    certificate: str


@dataclass(frozen=True)
class ChannelRule:
    """channelRule, all of it attributes: FORWARD or DELEGATE what goes OUT or comes in (INC) to or from a country."""

    id: str
    rule: str
    direction: str
    country: str
    certificate_type: str
    certificate_status: str
    is_active: bool


@dataclass(frozen=True)
class HubNppo:
    """Nppo of the WSDL: who is connected, whether it sends and receives, which (type, status) it accepts."""

    code: str
    sends: bool
    receives: bool
    accepts: tuple[tuple[str, str], ...] = ()
    signature: Signature | None = None
    rules: tuple[ChannelRule, ...] = ()


@dataclass(frozen=True)
class Channel:
    """Channel: where envelopes can be forwarded to."""

    code: str
    name: str
    sends: bool
    receives: bool


@dataclass(frozen=True)
class Finding:
    """validationResult: area MandatoryElements, Mapping or Schema; level SEVERE, WARNING or INFO."""

    area: str
    field: str
    level: str
    message: str


@dataclass(frozen=True)
class ListItem:
    """One item of a harmonised code list.

    | WSDL | here |
    |---|---|
    | code; modeCode of a means of transport | code |
    | text, description, name, usedTransportMean | text |
    | lang, active, lastModified, lastModifiedBy | language, is_active, modified (as written), modified_by |
    | treatmentType: level, parentCode | level, parent |
    | unitMeasure: type, symbol | kind, symbol |
    | additionalDeclaration: additionalCode, optionalText | additional_code, optional_text |
    | statement: docTypeOnly | document_type |
    """

    code: str
    text: str
    language: str = ""
    is_active: bool = True
    modified: str = ""
    modified_by: str = ""
    level: str = ""
    parent: str = ""
    kind: str = ""
    symbol: str = ""
    additional_code: str = ""
    optional_text: str = ""
    document_type: str = ""


def local_name(element: Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: Element | None, name: str) -> Iterator[Element]:
    """The children of this name that are not nil."""
    if element is not None:
        yield from (child for child in element if local_name(child) == name and not is_nil(child))


def child(element: Element | None, name: str) -> Element | None:
    return next(children(element, name), None)


def text(element: Element | None, name: str) -> str:
    found = child(element, name)
    return "" if found is None else found.text or ""


def is_nil(element: Element) -> bool:
    return element.get(f"{{{XSI}}}nil", "").strip() in ("true", "1")


def _is_true(value: str) -> bool:
    return value.strip().lower() in ("true", "1")


def result(response: Element) -> Element | None:
    """The ...Result element, whatever its name (PULLImportEnvelope answers with a plural); None when there is none."""
    return next((element for element in response if not is_nil(element)), None)


def refusal(fault: Element) -> HubError:
    """The error of a fault: HubWebException's message, else the fault string."""
    messages = (element.text for element in fault.iter() if local_name(element) == "message" and element.text)
    message = next(messages, "") or text(fault, "faultstring") or "The Hub refused without a reason."
    return HubError(message, permanent=True, about_us=WHO_ARE_YOU.lower() in message.lower())


def header(element: Element | None) -> Header:
    """An EnvelopeHeader, or an Envelope's. Raises HubError (unknown) when there is none."""
    if element is None:
        raise HubError("The Hub's answer is empty.", unknown=True)
    forwarded = children(child(element, "Forwardings"), "EnvelopeForwarding")
    return Header(
        sender=text(element, "From"),
        receiver=text(element, "To"),
        certificate_type=text(element, "CertificateType").strip(),
        certificate_status=text(element, "CertificateStatus").strip(),
        number=text(element, "NPPOCertificateNumber"),
        tracking_number=text(element, "hubDeliveryNumber").strip(),
        tracking_info=text(element, "HUBTrackingInfo").strip(),
        error_message=text(element, "hubDeliveryErrorMessage"),
        forwardings=tuple(Forwarding(text(e, "Code"), text(e, "HubDeliveryNumber").strip()) for e in forwarded),
    )


def tracked(response: Element, tracking_number: str) -> Header:
    """The header asked about. Raises HubError for that of another envelope: its end is not this one's."""
    found = header(result(response))
    if found.tracking_number not in ("", tracking_number):
        raise HubError(f"The Hub was asked about {tracking_number} and told of {found.tracking_number[:80]}.")
    return found


def headers(response: Element) -> list[Header]:
    return [header(element) for element in children(result(response), "EnvelopeHeader")]


def pulled(element: Element | None, tracking_number: str = "") -> Pulled:
    """An Envelope with its content. Raises HubError without it: stored as an empty message it would be refused for good."""
    content = child(element, "Content")
    head = header(element)
    if content is None or (tracking_number and head.tracking_number not in ("", tracking_number)):
        raise HubError(f"The Hub did not give envelope {tracking_number or head.tracking_number}.")
    return Pulled(head, (content.text or "").encode("utf-8", "surrogatepass"))


def all_pulled(response: Element) -> list[Pulled]:
    """The envelopes of a PULLImportEnvelope that came with their content; the others wait for another time."""
    envelopes = children(result(response), "Envelope")
    return [pulled(element) for element in envelopes if child(element, "Content") is not None]


def _code(document: Element, name: str) -> str:
    """certificateType and certificateStatus carry their code in the attribute number."""
    found = child(document, name)
    return "" if found is None else found.get("number", "")


def _channel_rule(element: Element) -> ChannelRule:
    return ChannelRule(
        id=element.get("id", ""),
        rule=element.get("ruleType", ""),
        direction=element.get("direction", ""),
        country=element.get("countryCode", ""),
        certificate_type=element.get("certificateType", ""),
        certificate_status=element.get("certificateStatus", ""),
        is_active=_is_true(element.get("active", "true")),
    )


def nppo(element: Element) -> HubNppo:
    """An NPPO; documents that it no longer accepts (active="false") are left out."""
    documents = [e for e in children(element, "AllowedDocument") if _is_true(e.get("active", "true"))]
    signature = child(element, "Signature")
    return HubNppo(
        code=text(element, "Country").strip(),
        sends=_is_true(text(element, "Send")),
        receives=_is_true(text(element, "Receive")),
        accepts=tuple((_code(e, "certificateType"), _code(e, "certificateStatus")) for e in documents),
        signature=None if signature is None else Signature(text(signature, "dn"), text(signature, "certificate")),
        rules=tuple(_channel_rule(e) for e in children(child(element, "ChannelRules"), "ChannelRule")),
    )


def nppos(response: Element) -> list[HubNppo]:
    return [nppo(element) for element in children(result(response), "Nppo")]


def channels(response: Element) -> list[Channel]:
    return [
        Channel(text(e, "Code"), text(e, "Name"), _is_true(e.get("Send", "")), _is_true(e.get("Receive", "")))
        for e in children(result(response), "Channel")
    ]


def findings(response: Element) -> list[Finding]:
    """ValidationResult, or ValidatePhytoXMLResult: around the findings, or each of them a finding itself."""
    found: list[Element] = []
    for element in response:
        inner = list(children(element, "ValidationResult"))
        is_one = local_name(element) in ("ValidationResult", "ValidatePhytoXMLResult") and len(element) > 0
        found += inner or ([element] if is_one and not is_nil(element) else [])
    return [Finding(text(e, "area"), text(e, "field"), text(e, "level"), text(e, "msg")) for e in found]


def items(response: Element, name: str) -> list[ListItem]:
    """The items of a list operation: children of the response itself, or of one result around them."""
    found = list(children(response, name)) or list(children(result(response), name))
    return [_item(element) for element in found]


def _item(element: Element) -> ListItem:
    texts = (text(element, name) for name in ("text", "description", "name", "usedTransportMean"))
    return ListItem(
        code=text(element, "code") or text(element, "modeCode").strip(),
        text=next(filter(None, texts), ""),
        language=text(element, "lang"),
        is_active=_is_true(text(element, "active") or "true"),
        modified=text(element, "lastModified"),
        modified_by=text(element, "lastModifiedBy"),
        level=text(element, "level").strip(),
        parent=text(element, "parentCode"),
        kind=text(element, "type"),
        symbol=text(element, "symbol"),
        additional_code=text(element, "additionalCode"),
        optional_text=text(element, "optionalText"),
        document_type=text(element, "docTypeOnly").strip(),
    )
