"""How tests look at the preview: a page that notes all that must not happen, and what is looked for in it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, ViewportSize, expect

from tests import needs
from tests.dashboards.shop import NOW

AXE = "4.14.1"
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
WITHIN_MS = 45_000
expect.set_options(timeout=WITHIN_MS)


class Visit(NamedTuple):
    """A visit: its pseudonym, and from when to when to look at it."""

    name: str
    since_ms: int
    until_ms: int


class Served(NamedTuple):
    """A preview: its address without a slash at the end, a long visit of the shop's, and the database's URL."""

    address: str
    visit: Visit
    database_url: str

    def page(self, uid: str, hours: float = 24) -> str:
        """The address of a board, up to the shop's NOW."""
        until = round(NOW.timestamp() * 1000)
        since, visit = round(until - hours * 3_600_000), ""
        if uid == "instore-visit":
            visit, since, until = f"&var-visit={self.visit.name}", self.visit.since_ms, self.visit.until_ms
        return f"{self.address}/d/{uid}?from={since}&to={until}{visit}"


@contextmanager
def looking(browser: Browser, *, dark: bool = False, size: ViewportSize = DESKTOP) -> Iterator[Page]:
    """Open a page; in the end nothing may have gone wrong in it, and nothing been asked for from elsewhere."""
    context = browser.new_context(viewport=size, color_scheme="dark" if dark else "light", timezone_id="Europe/Berlin")
    page = context.new_page()
    page.set_default_timeout(WITHIN_MS)
    problems: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(f"console: {message.text}")

    def asked(request: Request) -> None:
        where = urlsplit(request.url)
        if where.scheme not in {"data", "blob"} and where.hostname != "127.0.0.1":
            problems.append(f"asked for {request.url}")

    def answered(response: Response) -> None:
        if response.status >= 400:
            problems.append(f"{response.status}: {response.url}")

    page.on("console", said)
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("request", asked)
    page.on("response", answered)
    try:
        yield page
        assert problems == []
    finally:
        context.close()


def ready(page: Page) -> None:
    """Wait until each panel has its answer, and charts are drawn."""
    page.wait_for_selector("#first", state="detached")
    page.wait_for_selector("main .panel")
    page.wait_for_selector("main .waiting", state="detached")
    expect(page.locator("main .picture:not(:has(.main-svg))")).to_have_count(0, timeout=WITHIN_MS)


def fits(page: Page, within_s: float = WITHIN_MS / 1000) -> bool:
    """Tell whether the page gets as narrow as its window: charts take their time to fit themselves in."""
    return becomes(page, "document.documentElement.scrollWidth <= innerWidth", within_s)


def becomes(page: Page, true: str, within_s: float = WITHIN_MS / 1000) -> bool:
    """Tell whether what JavaScript says of the page gets true: it takes its time to be laid out anew."""
    until = monotonic() + within_s
    # The page's policy forbids Playwright's own waiting for a function.
    while not page.evaluate(true):
        if monotonic() > until:
            return False
        page.wait_for_timeout(100)
    return True


def serious(page: Page) -> list[str]:
    """Let axe look at the page; say what it finds that keeps people out."""
    page.evaluate(_axe())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"][:3]
    ]


def _axe() -> str:
    def install(npm: str, work: Path) -> list[str]:
        return [npm, "install", "--prefix", f"{work}/fetched", "--no-audit", "--no-fund", "--save-exact", f"axe-core@{AXE}"]

    folder = needs.fetched(f"axe-core-{AXE}", ("npm", "npm"), install, "axe cannot be fetched by npm")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


def keep_picture(page: Page, name: str) -> None:
    """Take a picture of the whole page into the folder INSTORE_SCREENSHOTS, if that is set."""
    folder = os.environ.get("INSTORE_SCREENSHOTS")
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    usual = page.viewport_size
    assert usual is not None
    page.set_viewport_size({"width": usual["width"], "height": min(page.evaluate("document.documentElement.scrollHeight"), 6000)})
    page.wait_for_timeout(500)  # charts fit themselves in
    page.screenshot(path=Path(folder) / f"{name}.png")
    page.set_viewport_size(usual)
