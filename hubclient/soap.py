"""The operations of the IPPC ePhyto Hub over SOAP 1.1 and mutual TLS. Envelopes are built by hand (see the design).

Source: the Hub's production WSDL. Answers are matched by local name: their qualification differs from child to child.
Never call it inside a transaction.
"""

import re
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import requests
from lxml import etree
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from hubclient.namespaces import ACTION, ENTITIES, HUB, SOAP, XSI

TIMEOUT: Final = 60.0  # seconds
MAX_SOAP: Final = 16_000_000  # bytes
MAX_CONTENT: Final = 10_000_000
FAILED_DELIVERY: Final = "FailedDelivery"
# what OpenSSL calls a failure of the handshake, when no request can have been read
_HANDSHAKE: Final = ("CERTIFICATE", "UNKNOWN_CA", "HANDSHAKE_FAILURE", "WRONG_VERSION", "PROTOCOL_VERSION")
# a document whose first element follows declaration and comments: no DOCTYPE, and no encoding that could hide one
_NO_DOCTYPE: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->)*+<[^!?\x00]", re.DOTALL)

Element = etree._Element


class HubError(Exception):
    """A call that brought no result.

    permanent: the Hub refused, trying again cannot help. unknown: the request may have been carried out all the same.
    Neither: it certainly was not, and may be tried again.
    """

    def __init__(self, message: str, *, permanent: bool = False, unknown: bool = False) -> None:
        super().__init__(message)
        self.permanent, self.unknown = permanent, unknown


@dataclass(frozen=True)
class Header:
    """EnvelopeHeader of the WSDL. tracking_info is a plain string: an unknown value is no error.

    | WSDL | here |
    |---|---|
    | From, To | sender, receiver: connection codes |
    | CertificateType, CertificateStatus, NPPOCertificateNumber | certificate_type, certificate_status, number |
    | hubDeliveryNumber | tracking_number, "" on sending |
    | HUBTrackingInfo, hubDeliveryErrorMessage | tracking_info, error_message |
    """

    sender: str
    receiver: str
    certificate_type: str
    certificate_status: str
    number: str
    tracking_number: str = ""
    tracking_info: str = ""
    error_message: str = ""


@dataclass(frozen=True)
class Pulled:
    """One envelope with its content: the exact characters, as UTF-8."""

    header: Header
    content: bytes


@dataclass(frozen=True)
class HubNppo:
    """Nppo of the WSDL: who is connected, whether it sends and receives, which (type, status) it accepts."""

    code: str
    sends: bool
    receives: bool
    accepts: tuple[tuple[str, str], ...] = ()


def tls_context(ca: str, certificate: str, private_key: str) -> ssl.SSLContext:
    """A client context of PEM texts; ca "" means the system's authorities. Raises ssl.SSLError for a bad pair."""
    context = ssl.create_default_context(cadata=ca or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # the ssl module reads a key pair from files only
    with tempfile.TemporaryDirectory(prefix="gens-tls-") as folder:
        chain = Path(folder, "pair.pem")
        chain.touch(mode=0o600)
        chain.write_text(f"{private_key.strip()}\n{certificate.strip()}\n", encoding="ascii")
        context.load_cert_chain(chain)
    return context


class _PinnedAdapter(HTTPAdapter):
    """Connects with our context and nothing else."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self.context)


class HubClient:
    """One NPPO's account at one Hub. Keeps its connection alive; not shared between threads."""

    def __init__(self, endpoint: str, tls: ssl.SSLContext, *, timeout: float = TIMEOUT, max_content: int = MAX_CONTENT):
        self.endpoint, self.timeout, self.max_content = endpoint, timeout, max_content
        self.session = requests.Session()
        self.session.trust_env = False  # else REQUESTS_CA_BUNDLE overrides the pinned authority
        self.session.mount("https://", _PinnedAdapter(tls))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.session.close()

    def validate_and_deliver(self, header: Header, content: bytes) -> Header:
        """ValidateAndDeliverEnvelope: the Hub judges the content, then queues it. FailedDelivery raises (permanent)."""
        if len(content) > self.max_content:
            raise HubError(f"The message has more than {self.max_content} bytes.", permanent=True)
        fields = (
            ("From", header.sender),
            ("To", header.receiver),
            ("CertificateType", header.certificate_type),
            ("CertificateStatus", header.certificate_status),
            ("NPPOCertificateNumber", header.number),
            ("hubDeliveryNumber", ""),
            ("Content", content.decode("utf-8")),
        )
        request = _request("ValidateAndDeliverEnvelope")
        envelope = etree.SubElement(request, f"{{{HUB}}}envelope")
        for name, text in fields:
            etree.SubElement(envelope, f"{{{ENTITIES}}}{name}").text = text
        answer = _header(self._result("ValidateAndDeliverEnvelope", request))
        if answer.tracking_info == FAILED_DELIVERY:
            raise HubError(answer.error_message or "The Hub refused the envelope.", permanent=True)
        if not answer.tracking_number:
            raise HubError("The Hub answered without a tracking number.", unknown=True)
        return answer

    def tracking_info(self, tracking_number: str) -> Header:
        """GetEnvelopeTrackingInfo. EnvelopeNotExists is an answer, not an error: it can be transient."""
        return _header(self._call("GetEnvelopeTrackingInfo", {"hubTrackingNumber": tracking_number}))

    def under_delivery(self) -> list[Header]:
        """GetUnderDeliveryEnvelope: our envelopes that are not finally delivered."""
        return _headers(self._call("GetUnderDeliveryEnvelope", {}))

    def import_headers(self) -> list[Header]:
        """GetImportEnvelopeHeaders: what waits for us. The country code is passed as an empty string."""
        return _headers(self._call("GetImportEnvelopeHeaders", {"countryCode": ""}))

    def pull(self, tracking_number: str) -> Pulled:
        """PULLSingleImportEnvelope: one envelope with its content; pulling removes nothing.

        An answer without this envelope's content raises: stored as an empty message it would be refused for good.
        """
        result = self._call("PULLSingleImportEnvelope", {"hubTrackingNumber": tracking_number})
        content = None if result is None else _child(result, "Content")
        header = _header(result)
        if content is None or _is_nil(content) or header.tracking_number not in ("", tracking_number):
            raise HubError(f"The Hub did not give envelope {tracking_number}.")
        return Pulled(header, (content.text or "").encode("utf-8", "surrogatepass"))

    def acknowledge(self, tracking_number: str) -> None:
        """AcknowledgeEnvelopeReceipt: Delivered. Final."""
        self._call("AcknowledgeEnvelopeReceipt", {"hubTrackingNumber": tracking_number})

    def acknowledge_with_warnings(self, tracking_number: str, message: str) -> None:
        """AdvancedAcknowledgeEnvelopeReceipt: DeliveredWithWarnings. Final."""
        self._call(
            "AdvancedAcknowledgeEnvelopeReceipt", {"hubTrackingNumber": tracking_number, "warningMessage": message}
        )

    def acknowledge_failed(self, tracking_number: str, message: str) -> None:
        """AcknowledgeFailedEnvelopeReceipt: DeliveredNotReadable. Final; only for content that nobody could read."""
        self._call("AcknowledgeFailedEnvelopeReceipt", {"hubTrackingNumber": tracking_number, "message": message})

    def active_nppos(self) -> list[HubNppo]:
        """GetActiveNppos: who is connected."""
        result = self._call("GetActiveNppos", {})
        return [] if result is None else [_nppo(e) for e in _children(result, "Nppo")]

    def profile(self) -> HubNppo:
        """GetProfile: how the Hub knows us."""
        result = self._call("GetProfile", {})
        if result is None:
            raise HubError("The Hub gave no profile.")
        return _nppo(result)

    def _call(self, operation: str, arguments: Mapping[str, str]) -> Element | None:
        request = _request(operation)
        for name, text in arguments.items():
            etree.SubElement(request, f"{{{HUB}}}{name}").text = text
        return self._result(operation, request)

    def _result(self, operation: str, request: Element) -> Element | None:
        """The ...Result element of the answer, None when the answer is empty. Raises HubError."""
        body = _parsed(
            *self._post(operation, etree.tostring(request.getroottree(), encoding="UTF-8", xml_declaration=True))
        )
        if (fault := _child(body, "Fault")) is not None:
            raise HubError(_fault_message(fault), permanent=True)
        response = _child(body, f"{operation}Response")
        if response is None:
            raise HubError(f"The Hub did not answer {operation} but something else.", unknown=True)
        return next(iter(response), None)

    def _post(self, operation: str, data: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTION}{operation}"'}
        try:
            with self.session.post(
                self.endpoint, data=data, headers=headers, timeout=self.timeout, stream=True, allow_redirects=False
            ) as response:
                return response.status_code, _limited(response)
        except (requests.RequestException, OSError) as error:
            if _is_unsent(error):
                raise HubError(f"No connection to the Hub: {error}") from error
            raise HubError(f"The Hub did not answer in time or not completely: {error}", unknown=True) from error


def _is_unsent(error: Exception) -> bool:
    """Whether the failure came before the request: no address, no connection, no trust. All else may have been read."""
    reason = getattr(next(iter(error.args), None), "reason", None)  # urllib3's, inside requests' own error
    if isinstance(error, requests.exceptions.SSLError):
        why = getattr(next(iter(getattr(reason, "args", ())), None), "reason", None) or ""  # OpenSSL's, inside that
        return any(word in why for word in _HANDSHAKE)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _limited(response: requests.Response) -> bytes:
    """The body, at most MAX_SOAP bytes of it."""
    data = bytearray()
    for chunk in response.iter_content(65_536):
        data += chunk
        if len(data) > MAX_SOAP:
            raise HubError(f"The Hub's answer has more than {MAX_SOAP} bytes.", unknown=True)
    return bytes(data)


def _request(operation: str) -> Element:
    """The wrapper element of an operation, inside Envelope and Body."""
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP, "hub": HUB, "ent": ENTITIES})
    return etree.SubElement(etree.SubElement(envelope, f"{{{SOAP}}}Body"), f"{{{HUB}}}{operation}")


def _parsed(status: int, data: bytes) -> Element:
    """The SOAP body. 403 and 405 refuse before anything is done; after any other answer without XML who knows."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        if not _NO_DOCTYPE.match(data):
            raise ValueError("no element first")
        body = _child(etree.fromstring(data, parser), "Body")
    except (etree.XMLSyntaxError, ValueError) as error:
        body = None
        reason = f"HTTP {status}, {error}"
    else:
        reason = f"HTTP {status} without a SOAP body"
    if body is None:
        raise HubError(f"The Hub gave no answer in XML ({reason}).", unknown=status not in (403, 405))
    return body


def _name(element: Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if _name(child) == name]


def _child(element: Element, name: str) -> Element | None:
    return next(iter(_children(element, name)), None)


def _text(element: Element, name: str) -> str:
    child = _child(element, name)
    return "" if child is None else child.text or ""


def _is_nil(element: Element) -> bool:
    return element.get(f"{{{XSI}}}nil", "").strip() in ("true", "1")


def _fault_message(fault: Element) -> str:
    """HubWebException's message, else the fault string."""
    for element in fault.iter():
        if _name(element) == "message" and element.text:
            return element.text
    return _text(fault, "faultstring") or "The Hub refused without a reason."


def _header(element: Element | None) -> Header:
    if element is None:
        raise HubError("The Hub's answer is empty.", unknown=True)
    return Header(
        sender=_text(element, "From"),
        receiver=_text(element, "To"),
        certificate_type=_text(element, "CertificateType"),
        certificate_status=_text(element, "CertificateStatus"),
        number=_text(element, "NPPOCertificateNumber"),
        tracking_number=_text(element, "hubDeliveryNumber").strip(),
        tracking_info=_text(element, "HUBTrackingInfo").strip(),
        error_message=_text(element, "hubDeliveryErrorMessage"),
    )


def _headers(result: Element | None) -> list[Header]:
    return [] if result is None else [_header(element) for element in _children(result, "EnvelopeHeader")]


def _code(document: Element, name: str) -> str:
    """certificateType and certificateStatus carry their code in the attribute number."""
    child = _child(document, name)
    return "" if child is None else child.get("number", "")


def _is_true(element: Element, name: str) -> bool:
    return _text(element, name).strip().lower() == "true"


def _nppo(element: Element) -> HubNppo:
    documents = _children(element, "AllowedDocument")
    accepts = tuple((_code(e, "certificateType"), _code(e, "certificateStatus")) for e in documents)
    return HubNppo(_text(element, "Country"), _is_true(element, "Send"), _is_true(element, "Receive"), accepts)
