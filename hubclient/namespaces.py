"""The namespaces of the Hub's contract: all that the client and the pilot Hub share."""

from typing import Final

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
HUB: Final = "http://ephyto.ippc.int/"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
ENTITIES: Final = "http://ephyto.ippc.int/HUB.Entities"
ACTION: Final = "http://ephyto.ippc.int/IDeliveryService/"
