"""The Hub's side of SOAP: reading requests and writing answers. Written apart from the client, from the WSDL alone."""

import re
from collections.abc import Iterable
from copy import deepcopy
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from hubclient.namespaces import ENTITIES, HUB, SOAP
from hubclient.pilothub.models import HeldEnvelope, RegisteredNppo

MAX_SOAP: Final = 16_000_000
MAX_MARKUP: Final = 1_000_000  # opening brackets, also of content in CDATA
_SPACE: Final = re.compile(rb"\s*")
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")  # what XML 1.0 cannot hold
_CLOSING: Final = {b"<?": b"?>", b"<!--": b"-->"}
_OPEN: Final = (
    f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{SOAP}"><s:Body xmlns:h="{HUB}" xmlns:e="{ENTITIES}">'
)
_CLOSE: Final = "</s:Body></s:Envelope>"


class BadRequest(Exception):
    """What came is no SOAP request."""


def operation(data: bytes) -> tuple[str, etree._Element]:
    """The name of the body element and the element: never the SOAPAction, which two operations share."""
    _refuse_excess(data)
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadRequest(f"The request is not XML in UTF-8: {error}") from error
    asked = root.find(f"{{{SOAP}}}Body/{{{HUB}}}*") if root.tag == f"{{{SOAP}}}Envelope" else None
    if asked is None:
        raise BadRequest("The request is no SOAP 1.1 envelope with an operation of this Hub.")
    return etree.QName(asked).localname, asked


def _refuse_excess(data: bytes) -> None:
    """Before parsing: size, number of elements, and any DOCTYPE, behind whatever comments it hides."""
    if len(data) > MAX_SOAP:
        raise BadRequest(f"The request has more than {MAX_SOAP} bytes.")
    if data.count(b"<") > MAX_MARKUP:
        raise BadRequest("The request has too many elements.")
    at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    while True:
        at = _SPACE.match(data, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        start = next((mark for mark in _CLOSING if data.startswith(mark, at)), b"")
        if not start:
            break
        end = data.find(_CLOSING[start], at + len(start))
        at = end + len(_CLOSING[start]) if end >= 0 else len(data)
    if data.startswith(b"<!", at):
        raise BadRequest("A DOCTYPE is not accepted.")


def argument(request: etree._Element, name: str) -> str:
    """The text of a child, by local name; "" when it is not there."""
    found = request.xpath("string(*[local-name()=$name])", name=name)
    return str(found)


def inner(request: etree._Element, *names: str) -> etree._Element:
    """The child with one of these local names. Raises BadRequest without it."""
    for child in request:
        if isinstance(child.tag, str) and _name(child) in names:
            return child
    raise BadRequest(f"The request holds no {names[0]}.")


def texts(request: etree._Element, parent: str, child: str) -> list[str]:
    """The texts of every `child` inside `parent`, by local name, without the empty ones."""
    parents = (element for element in request if isinstance(element.tag, str) and _name(element) == parent)
    found = (element for one in parents for element in one.iter(etree.Element) if _name(element) == child)
    return [text for element in found if (text := (element.text or "").strip())]


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def document(request: etree._Element, name: str) -> str:
    """A typed child (SPSCertificate, SPSAcknowledgement) as a document of its own."""
    return etree.tostring(deepcopy(inner(request, name)), encoding="unicode", with_tail=False)


def answer(name: str, content: str = "") -> bytes:
    """The response of an operation: its wrapper around this content."""
    return f"{_OPEN}<h:{name}Response>{content}</h:{name}Response>{_CLOSE}".encode()


def fault(message: str) -> bytes:
    detail = f"<h:HubWebException><h:message>{safe(message)}</h:message></h:HubWebException>"
    return (
        f"{_OPEN}<s:Fault><faultcode>s:Server</faultcode><faultstring>{safe(message)}</faultstring>"
        f"<detail>{detail}</detail></s:Fault>{_CLOSE}"
    ).encode()


def safe(text: str) -> str:
    """Text for an XML element; a carriage return must survive the receiver's parser."""
    return escape(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", text), {"\r": "&#13;"})


def entity(name: str, text: str) -> str:
    return f"<e:{name}>{safe(text)}</e:{name}>"


def header(envelope: HeldEnvelope, tracking_info: str = "") -> list[str]:
    """The children of an EnvelopeHeader, in the order of the WSDL."""
    return [
        entity("From", envelope.sender),
        entity("To", envelope.receiver),
        entity("CertificateType", envelope.certificate_type),
        entity("CertificateStatus", envelope.certificate_status),
        entity("NPPOCertificateNumber", envelope.number),
        entity("hubDeliveryNumber", envelope.tracking_number),
        entity("HUBTrackingInfo", tracking_info or envelope.state),
        entity("hubDeliveryErrorMessage", envelope.error_message),
    ]


def forwardings(envelopes: Iterable[HeldEnvelope]) -> str:
    """The Forwardings of a header: whom each goes to and its own tracking number; "" without any."""
    each = "".join(
        f"<e:EnvelopeForwarding>{entity('Code', e.receiver)}{entity('HubDeliveryNumber', e.tracking_number)}"
        "</e:EnvelopeForwarding>"
        for e in envelopes
    )
    return f"<e:Forwardings>{each}</e:Forwardings>" if each else ""


def result(name: str, content: str, element: str = "") -> bytes:
    """A response with its ...Result element, whose name mostly follows from the operation's."""
    element = element or f"{name}Result"
    return answer(name, f"<h:{element}>{content}</h:{element}>")


def nppo(registered: RegisteredNppo) -> str:
    """The children of an Nppo; type and status of allowed documents are attributes of unqualified children."""
    documents = "".join(
        f'<e:AllowedDocument active="true"><certificateType number="{int(kind)}"/>'
        f'<certificateStatus number="{int(status)}"/></e:AllowedDocument>'
        for kind, status in registered.accepts
    )
    return (
        entity("Country", registered.code)
        + entity("Receive", str(registered.may_receive).lower())
        + entity("Send", str(registered.may_send).lower())
        + documents
    )


def channel(registered: RegisteredNppo) -> str:
    """A Channel: who may be named in Forwardings."""
    may = f'Receive="{str(registered.may_receive).lower()}" Send="{str(registered.may_send).lower()}"'
    return f"<e:Channel {may}>{entity('Code', registered.code)}{entity('Name', registered.name)}</e:Channel>"


def findings(results: Iterable[tuple[str, str, str, str]]) -> bytes:
    """ValidatePhytoXML: (area, field, level, message) each; no result is a clean message."""
    return answer(
        "ValidatePhytoXML",
        "".join(
            f"<h:ValidationResult><area>{safe(area)}</area><field>{safe(field)}</field>"
            f"<level>{safe(level)}</level><msg>{safe(message)}</msg></h:ValidationResult>"
            for area, field, level, message in results
        ),
    )
