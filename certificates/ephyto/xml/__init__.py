"""The message as XML: `to_xml` writes it strictly in schema order, `from_xml` reads any order and loses nothing.

Law: `from_xml(to_xml(d, blobs)).document == d` for every d with empty `further`, texts in the XML alphabet, no empty
Text, area or seal in a list, at most five address lines of which the last is not empty.
"""

from certificates.ephyto.xml.content import DEFAULT_LIMITS, Limits, NotReadable, Outcome
from certificates.ephyto.xml.reading import Acknowledgement, Message, from_xml
from certificates.ephyto.xml.writing import indented, to_xml

__all__ = [
    "DEFAULT_LIMITS",
    "Acknowledgement",
    "Limits",
    "Message",
    "NotReadable",
    "Outcome",
    "from_xml",
    "indented",
    "to_xml",
]
