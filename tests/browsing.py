"""A real browser for tests: Debian's Chromium, what a page weighs on the wire, and what axe says of it."""

from pathlib import Path
from typing import Final

import axe_playwright_python
from playwright.sync_api import Page, Request

CHROMIUM: Final = "/usr/bin/chromium"
QUIET: Final = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
_AXE: Final = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_WCAG: Final = "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"


class Weighed:
    """What was loaded while it was open costs on the wire: the bodies of all answers, as they were sent.

    `bytes` stands after the end only: asked for within the event, a size may come after the sum was read.
    """

    def __init__(self, page: Page) -> None:
        self.page, self.bytes = page, 0
        self._requests: list[Request] = []

    def __enter__(self) -> "Weighed":
        self.page.on("requestfinished", self._add)
        return self

    def __exit__(self, *args: object) -> None:
        self.page.remove_listener("requestfinished", self._add)
        # What the browser kept has a size below zero.
        self.bytes = sum(max(0, request.sizes()["responseBodySize"]) for request in self._requests)

    def _add(self, request: Request) -> None:
        self._requests.append(request)


def violations(page: Page) -> list[tuple[str, str]]:
    """What breaks WCAG 2.2 AA: (rule, the first element). The context was opened with bypass_csp."""
    page.add_script_tag(content=_AXE)
    return [(found["id"], found["nodes"][0]["html"]) for found in page.evaluate(_WCAG)["violations"]]


def is_wider_than_the_window(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))
