"""NPPOs that talk to the pilot Hub by other people's software: zeep, and plain posts. Our own client takes no part."""

from functools import cache
from typing import Any

import requests
import zeep
from django.db import connections
from lxml import etree

from hubclient.namespaces import HUB, SOAP
from tests.hub_server import RunningHub

CONTENT = "<a>]]&gt; ملح 芋 é &lt;</a> ]]>"
SOAP_OF = f'<s:Envelope xmlns:s="{SOAP}" xmlns:h="{HUB}"><s:Body>{{}}</s:Body></s:Envelope>'


@cache
def document(wsdl: str) -> zeep.wsdl.Document:
    """Read once: it takes longer than the calls."""
    return zeep.wsdl.Document(wsdl, zeep.Transport())


def database_url() -> str:
    """The database of this test run, for programs that run apart."""
    place = connections["pilothub"].settings_dict
    if place["PASSWORD"] or place["PORT"]:
        who = f"{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT'] or 5432}"
        return f"postgresql://{who}/{place['NAME']}"
    return f"postgresql://{place['USER']}@/{place['NAME']}?host={place['HOST']}"


def envelope(**changes: Any) -> dict[str, Any]:
    return {
        "From": "WS", "To": "NZ", "CertificateType": 851, "CertificateStatus": 70, "NPPOCertificateNumber": "WS-1",
        "Content": CONTENT,
    } | changes  # fmt: skip


class Caller:
    """An NPPO with its client certificate: by zeep, WS-Addressing headers and all, or by plain posts."""

    def __init__(self, hub: RunningHub, code: str, wsdl: str) -> None:
        """wsdl: where the contract is; "" takes the one that the Hub answers."""
        certificate, private_key = hub.pair(code)
        pair = hub.folder / f"{code}.pair.pem"
        pair.write_text(private_key + certificate)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify, self.session.cert = str(hub.folder / "ca.pem"), str(pair)
        self.client = zeep.Client(
            zeep.wsdl.Document(f"{hub.endpoint}?wsdl", zeep.Transport(session=self.session))
            if not wsdl
            else document(wsdl),
            transport=zeep.Transport(session=self.session),
        )
        self.service = self.client.create_service(f"{{{HUB}}}DeliveryServiceSoapBinding", hub.endpoint)
        self.endpoint, self.is_own = hub.endpoint, not wsdl

    def post(self, body: str, **headers: str) -> requests.Response:
        data = SOAP_OF.format(body).encode()
        return self.session.post(self.endpoint, data=data, headers={"Content-Type": "text/xml", **headers}, timeout=20)

    def ask(self, operation: str, body: str = "") -> etree._Element:
        """The response element of an operation asked plainly, without WS-Addressing and SOAPAction."""
        answer = self.post(f"<h:{operation}>{body}</h:{operation}>")
        return etree.fromstring(answer.content, etree.XMLParser(huge_tree=True)).find("{*}Body")[0]

    def track(self, tracking: str) -> str:
        return self.service.GetEnvelopeTrackingInfo(hubTrackingNumber=tracking).HUBTrackingInfo

    def send(self, **changes: Any) -> str:
        """The tracking number of an envelope that was taken."""
        sent = self.service.DeliverEnvelope(env=envelope(**changes))
        assert sent.HUBTrackingInfo == "PendingDelivery", sent.hubDeliveryErrorMessage
        return sent.hubDeliveryNumber

    def waiting(self) -> list[str]:
        headers = self.service.GetImportEnvelopeHeaders(countryCode="") or []
        return [header.hubDeliveryNumber for header in headers]
