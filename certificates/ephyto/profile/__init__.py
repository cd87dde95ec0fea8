"""The profile: XML Schemas of what GeNS writes (rsm, ram, udt: one a namespace), and where a message deviates from them.

Strict in order, number and form. Reading needs none of it, and a message that deviates may be a good certificate.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, Final, cast

from lxml import etree

from certificates.ephyto.xml.content import DEFAULT_LIMITS, parse
from certificates.ephyto.xml.paths import Element, Paths, local, numbered
from certificates.ephyto.xml.places import line_of
from certificates.ephyto.xml.reading import from_xml

SCHEMA: Final = Path(__file__).parent / "rsm.xsd"
# libxml2 counts the siblings before each element that it complains about: more of them would take minutes.
CROWD: Final = 2_000
MOST: Final = 1_000  # deviations told of one message
_LONGEST: Final = 240
_ONE_AT_A_TIME: Final = Lock()  # a schema keeps one log of errors

_NAMESPACE: Final = re.compile(r"(?<=['( ])\{[^{}']*\}(?=[\w*])")
_WHERE: Final = re.compile(r"Element '(?P<name>[^']*)'(?:, attribute '(?P<attribute>[^']*)')?: (?:\[facet '\w+'\] )?")
_EXPECTED: Final = re.compile(r"This element is not expected\. Expected is (?:one of )?\(([^()]*)\)\.")
_ROOT: Final = "No matching global declaration available for the validation root."


@dataclass(frozen=True)
class Deviation:
    """line: of the content (as decoded, where it came in Base64), from 1. path: by local names, as Further.path."""

    line: int
    path: str
    message: str


def deviations(data: bytes) -> list[Deviation]:
    """Where a message deviates from the profile, by line. Raises NotReadable as from_xml does.

    In an element with a child out of place, that child is named, and what comes after it in there is not judged. Of
    very many deviations the first MOST are told.
    """
    from_xml(data)  # what is no message is no matter for a schema
    root, _repairs = parse(data, DEFAULT_LIMITS)
    paths = Paths()
    crowds = [element for element in root.iter() if len(element) > CROWD]
    told = [(element, f"It has more than {CROWD} children, too many to judge.") for element in crowds]
    told = told or [(element, _plain(words)) for element, words in _complaints(root)]
    found = [Deviation(line_of(element), paths.of(element), words) for element, words in told]
    return sorted(found, key=lambda deviation: deviation.line)


def _complaints(root: Element) -> list[tuple[Element, str]]:
    """What libxml2 says about which element."""
    with _ONE_AT_A_TIME:
        _schema().validate(root)
        log = cast("Iterable[Any]", _schema().error_log)
        said = [(entry.path or "", entry.message) for entry in islice(log, MOST)]
    elements = _Elements(root)
    return [(elements.at(path), words) for path, words in said]


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMA, etree.XMLParser(no_network=True)))


def _plain(words: str) -> str:
    """libxml2's words without namespaces, without the name that the path has already, and short."""
    words = _NAMESPACE.sub("", words)
    where = _WHERE.match(words)
    if where is None:
        return _short(words)
    rest = words[where.end() :].replace("( ", "(").replace(" )", ")")
    if rest == _ROOT:
        return f"{where['name']} is not the root of a certificate, or is of another namespace."
    if (expected := _EXPECTED.match(rest)) and where["name"] in expected[1].split(", "):
        return "This element is of another namespace."
    if where["attribute"] and not rest.startswith("The attribute"):
        rest = f"Attribute '{where['attribute']}': {rest}"
    return _short(rest)


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


class _Elements:
    """Elements by the paths of libxml2. Each parent's children are numbered once."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.steps: dict[Element, dict[str, Element]] = {}

    def at(self, path: str) -> Element:
        """The element of a path such as /rsm:SPSCertificate/*[2]/ram:Note[3]; as near as the path leads."""
        element = self.root
        for step in path.split("/")[2:]:
            if element not in self.steps:
                self.steps[element] = _libxml2_steps(element)
            element = self.steps[element].get(step, element)
        return element


def _libxml2_steps(parent: Element) -> dict[str, Element]:
    """The children as libxml2 names them: with the prefix of the message, or * where it has none."""
    children = list(parent)
    steps = {step: child for child, step in numbered(parent, _prefixed).items()}
    unnamed = {f"*[{n}]" if len(children) > 1 else "*": child for n, child in enumerate(children, start=1)}
    return unnamed | steps


def _prefixed(element: Element) -> str:
    return f"{element.prefix}:{local(element)}" if element.prefix else local(element)
