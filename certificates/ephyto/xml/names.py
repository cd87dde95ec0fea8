"""Namespaces of the message, and the characteristics of a treatment (IPPC ePhyto mapping)."""

from typing import Final

RSM: Final = "urn:un:unece:uncefact:data:standard:SPSCertificate:17"
RAM: Final = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21"
UDT: Final = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:21"

CERTIFICATE: Final = "SPSCertificate"
ACKNOWLEDGEMENT: Final = "SPSAcknowledgement"

ADDRESS_LINES: Final = ("LineOne", "LineTwo", "LineThree", "LineFour", "LineFive")
TREATMENT_TYPE: Final = "ZZZ"
AREA_LEVEL: Final = "0"
CHARACTERISTICS: Final = ("TTL1", "TTL2", "TTCH", "TTTM", "TTCO", "TTAI", "TTFT")
REPEATED_CHARACTERISTICS: Final = ("TTCH",)
