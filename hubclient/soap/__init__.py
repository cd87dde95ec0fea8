"""The operations of the IPPC ePhyto Hub over SOAP 1.1 and mutual TLS: `HubClient`, its results and its one error.

Source: the Hub's production WSDL. Never call it inside a transaction.
"""

from hubclient.soap.answers import (
    Channel,
    ChannelRule,
    Finding,
    Forwarding,
    Header,
    HubNppo,
    ListItem,
    Pulled,
    Signature,
)
from hubclient.soap.client import LISTS, TIMEOUT, Call, HubClient
from hubclient.soap.transport import MAX_CONTENT, HubError, tls_context

__all__ = [
    "LISTS",
    "MAX_CONTENT",
    "TIMEOUT",
    "Call",
    "Channel",
    "ChannelRule",
    "Finding",
    "Forwarding",
    "Header",
    "HubClient",
    "HubError",
    "HubNppo",
    "ListItem",
    "Pulled",
    "Signature",
    "tls_context",
]
