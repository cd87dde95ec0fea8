"""A message as nodes that are taken out as they are read: what is left at the end is what no field holds.

Nodes are plain Python, made in one walk: an lxml element costs several times as much each time it is asked.
"""

from collections.abc import Iterator, Sequence
from typing import Final, cast

from lxml import etree

from certificates.ephyto.document import Further, Measure, Text
from certificates.ephyto.xml.content import Limits, NotReadable, Outcome
from certificates.ephyto.xml.paths import Paths

Element = etree._Element
_TAILS: Final = etree.XPath("//text()[preceding-sibling::*][normalize-space()]")


class Node:
    """One element: its text, attributes and children by local name. place: its number in the order of the message."""

    __slots__ = ("attributes", "children", "place", "text")

    def __init__(self, place: int, text: str) -> None:
        self.place, self.text = place, text
        self.attributes: dict[str, str] | None = None
        self.children: dict[str, list[Node]] | None = None

    def take(self) -> str:
        """Its text, read once: what stays is further information."""
        text, self.text = self.text, ""
        return text

    def attribute(self, name: str) -> str:
        return self.attributes.pop(name, "") if self.attributes else ""

    def language(self) -> str:
        return self.attributes.pop("languageID", "").lower() if self.attributes else ""

    def is_empty(self) -> bool:
        """Whether neither it nor anything in it says something."""
        if self.attributes or self.text.strip():
            return False
        return not self.children or all(child.is_empty() for same in self.children.values() for child in same)


class Tree:
    """The nodes of a message, and those that were read."""

    def __init__(self, root: Element, limits: Limits) -> None:
        self.element, self.limits = root, limits
        self.count = self.attributes = 0
        self.names: dict[str, str] = {}
        self.root = self._node(root, 1)
        self.read = [self.root]

    def _node(self, element: Element, depth: int) -> Node:
        self.count += 1
        if depth > self.limits.depth:
            raise NotReadable(f"The content is nested deeper than {self.limits.depth} elements.", Outcome.TOO_MUCH)
        if self.count > self.limits.elements:
            raise NotReadable(f"The content has more than {self.limits.elements} elements.", Outcome.TOO_MUCH)
        node = Node(self.count - 1, element.text or "")
        if keys := element.keys():
            node.attributes = self._attributes(element, keys)
        if len(element):
            children: dict[str, list[Node]] = {}
            for child in element:
                tag = str(child.tag)
                name = self.names.get(tag) or self.names.setdefault(tag, tag.rpartition("}")[2])
                same = children.get(name)
                if same is None:
                    children[name] = [self._node(child, depth + 1)]
                else:
                    same.append(self._node(child, depth + 1))
            node.children = children
        return node

    def _attributes(self, element: Element, keys: Sequence[str | bytes]) -> dict[str, str]:
        """By their full names. They are counted first: lxml looks for each value among all of its element."""
        self.attributes += len(keys)
        if len(keys) > self.limits.attributes or self.attributes > self.limits.elements:
            raise NotReadable("The content has too many attributes.", Outcome.TOO_MUCH)
        return {str(key): str(element.get(key)) for key in keys}

    def all(self, parent: Node | None, name: str) -> list[Node]:
        """The children of this local name that nobody read yet."""
        if parent is None or not parent.children:
            return []
        found = parent.children.pop(name, [])
        self.read += found
        return found

    def first(self, parent: Node | None, name: str) -> Node | None:
        """The first of them; the others stay unread, hence further information."""
        if parent is None or not parent.children:
            return None
        same = parent.children.get(name)
        if not same:
            return None
        node = same.pop(0)
        self.read.append(node)
        return node

    def forget(self, parent: Node, name: str, text: str) -> None:
        """Take out the first child when it says only this: it is written again whatever the document says."""
        same = (parent.children or {}).get(name)
        if same and same[0].text == text:
            self.text(parent, name)

    def forget_number(self, parent: Node, name: str) -> None:
        """Take out the first child when it is a number that another place says."""
        same = (parent.children or {}).get(name)
        if same and same[0].text.strip().isdigit():
            self.text(parent, name)

    def text(self, parent: Node | None, *path: str) -> str:
        """The exact text at the end of a path of first children; "" when it is not there."""
        node = parent
        for name in path:
            node = self.first(node, name)
        return "" if node is None else node.take()

    def texts(self, parent: Node | None, name: str) -> tuple[Text, ...]:
        """Texts with their languages; empty ones are dropped."""
        return tuple([Text(node.take(), node.language()) for node in self.all(parent, name) if node.text])

    def moment(self, parent: Node | None, name: str) -> str:
        """A DateTimeString, or the plain text that some senders write in its place."""
        node = self.first(parent, name)
        if node is None:
            return ""
        return self.text(node, "DateTimeString") if node.children else node.take()

    def measure(self, parent: Node | None, name: str) -> Measure:
        node = self.first(parent, name)
        return Measure() if node is None else Measure(node.take(), node.attribute("unitCode"))

    def further(self) -> Iterator[Further]:
        """What says something and was not read: whole elements, attributes, and text between elements."""
        tails = cast("list[etree._ElementUnicodeResult]", _TAILS(self.element))
        read = {node.place: node for node in self.read} if tails else {}
        left = [
            child
            for node in self.read
            if node.children
            for same in node.children.values()
            for child in same
            if tails or not child.is_empty()
        ]
        spoken = [node for node in self.read if node.attributes or node.text.strip()]
        if left or spoken or tails:
            yield from _Places(self.element).further(left, spoken, tails, read)


class _Places:
    """The elements of nodes again, and where they stand, for the few that are asked for."""

    def __init__(self, root: Element) -> None:
        self.elements = list(root.iter())
        self.paths = Paths()

    def further(
        self, left: list[Node], spoken: list[Node], tails: list[etree._ElementUnicodeResult], read: dict[int, Node]
    ) -> Iterator[Further]:
        for node in sorted(left, key=lambda node: node.place):
            element = self.elements[node.place]
            if not node.is_empty() or any(text.strip() for text in element.itertext()):
                yield Further(self.paths.of(element), etree.tostring(element, encoding="unicode", with_tail=False))
        for node in sorted(spoken, key=lambda node: node.place):
            path = self.paths.of(self.elements[node.place])
            for key, value in (node.attributes or {}).items():
                if value:
                    yield Further(f"{path}/@{key.rpartition('}')[2]}", value)
            if node.text.strip():
                yield Further(f"{path}/text()", node.text)
        yield from self._after_elements(tails, read)

    def _after_elements(self, tails: list[etree._ElementUnicodeResult], read: dict[int, Node]) -> Iterator[Further]:
        """Text behind a child, unless its parent was not read and is further information as a whole."""
        places = {element: place for place, element in enumerate(self.elements)} if tails else {}
        for text in tails:
            before = text.getparent()
            parent = None if before is None else before.getparent()
            if parent is not None and places[parent] in read:
                yield Further(f"{self.paths.of(parent)}/text()", str(text))
