"""XPaths by local names, with positions where several children have the same, for whoever says where something stands."""

from collections import Counter
from collections.abc import Callable

from lxml import etree

Element = etree._Element


class Paths:
    """The paths of one message: the children of each parent are numbered once, however many are asked for."""

    def __init__(self) -> None:
        self._numbered: dict[Element, dict[Element, str]] = {}

    def of(self, element: Element) -> str:
        """Such as /SPSCertificate/SPSConsignment/TransitSPSCountry[2]."""
        parent = element.getparent()
        if parent is None:
            return f"/{local(element)}"
        if parent not in self._numbered:
            self._numbered[parent] = numbered(parent)
        return f"{self.of(parent)}/{self._numbered[parent][element]}"


def local(element: Element) -> str:
    """The name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def numbered(parent: Element, name_of: Callable[[Element], str] = local) -> dict[Element, str]:
    """Each child's name, with its position where several have the same."""
    names = {child: name_of(child) for child in parent}
    total, seen = Counter(names.values()), Counter[str]()
    steps: dict[Element, str] = {}
    for child, name in names.items():
        seen[name] += 1
        steps[child] = f"{name}[{seen[name]}]" if total[name] > 1 else name
    return steps
