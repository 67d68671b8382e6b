"""Debian's Chromium, driven by Playwright; every page that it opens is watched for what must not happen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.services.missing import missing
from tests.services.programs import which

AXE = Path(__file__).parent.parent / "data" / "axe" / "axe.min.js"

QUIET = (
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)

HANG_MS = 60_000
"""Longest wait for anything on a page, also on a machine that has much else to do."""

_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""


@dataclass
class Watched:
    """A page, and what went wrong on it."""

    page: Page
    base: str
    problems: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.base}/console/{path}")

    def wait_until(self, expression: str, *, within_s: float = HANG_MS / 1000) -> None:
        """Wait until an expression is true on the page. The browser's own way to wait is refused by the policy."""
        deadline_s = time.monotonic() + within_s
        while not self.page.evaluate(expression):
            assert time.monotonic() < deadline_s, expression
            self.page.wait_for_timeout(50)

    def violations(self) -> list[str]:
        found: list[str] = self.page.evaluate("window.violations")
        return found

    def serious_findings(self) -> list[str]:
        """Return what axe-core finds on the page as it is, serious and critical."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{finding['id']}: {node['target']} {node['failureSummary']}"
            for finding in found["violations"]
            if finding["impact"] in {"serious", "critical"}
            for node in finding["nodes"]
        ]

    def overflow_px(self) -> int:
        """Return by how much the page is wider than its window."""
        wide: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return wide

    def note_message(self, message: ConsoleMessage) -> None:
        # A page that says "404" or "409" in words is meant; a refused script or style is not.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(message.text)

    def note_request(self, request: Request) -> None:
        if urlsplit(request.url).scheme in {"http", "https"} and not request.url.startswith(self.base):
            self.problems.append(f"request to {request.url}")


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Run the browser until the block ends: the one without windows where it is, which takes half the work."""
    program = which("chromium-headless-shell") or which("chromium")
    if program is None:
        missing("Chromium (apt install chromium)")
    expect.set_options(timeout=HANG_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        browser.close()


@contextmanager
def watched_page(browser: Browser, base: str, **options: Any) -> Iterator[Watched]:
    """Open an empty page in a browser context of its own; what went wrong on it fails the test at the end."""
    context = browser.new_context(**{"viewport": {"width": 1200, "height": 800}, "locale": "en-US", **options})
    context.add_init_script(_WATCH)
    page = context.new_page()
    page.set_default_timeout(HANG_MS)
    watched = Watched(page, base)
    page.on("console", watched.note_message)
    page.on("pageerror", lambda error: watched.problems.append(str(error)))
    page.on("request", watched.note_request)
    page.on("dialog", lambda dialog: dialog.accept())
    yield watched
    violations = watched.violations()
    context.close()
    if watched.problems or violations:
        pytest.fail(f"on the pages: {watched.problems} {violations}")
