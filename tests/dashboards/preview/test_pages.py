"""Each dashboard in a real Chromium: it has figures, no error, nothing from elsewhere, and axe has nothing serious to say."""

import pytest
from playwright.sync_api import Browser

from tests.dashboards.preview.looking import PHONE, Served, becomes, fits, keep_picture, looking, ready, serious

pytestmark = pytest.mark.integration

PAGES = {
    "instore-now-corner-market": 12,
    "instore-visits": 24 * 7,
    "instore-zones": 24 * 7,
    "instore-journeys": 24,
    "instore-visit": 24 * 7,
    "instore-chain": 24 * 7,
    "instore-pipeline": 6,
    "sample": 24,
}
"""The boards, and how many hours of each are looked at."""


BROKEN = {
    "sample": [
        'The database refused this query: column "no_such_column" does not exist.',
        "The preview cannot draw this panel: kind piechart.",
    ]
}
"""What is broken on purpose, and says so in its panel."""

EMPTY = {
    "instore-now-corner-market": ["Who has been waiting long"],
    "instore-pipeline": ["Late readings", "Rebuilt"],
    "sample": ["Nothing yet"],
}
"""Panels without figures: of what did not happen in the shop."""


DARK = {"instore-now-corner-market", "sample"}
"""Pages with every kind of panel between them: axe looks at these in the dark too."""


@pytest.mark.parametrize("uid", PAGES)
def test_a_page(browser: Browser, served: Served, uid: str) -> None:
    """On a wide screen in light and dark, then on a phone; each panel has figures but for those that are named."""
    with looking(browser) as page:
        page.goto(served.page(uid, PAGES[uid]))
        ready(page)
        assert page.locator(".panel .broken").all_inner_texts() == BROKEN.get(uid, [])
        assert page.locator(".panel:has(.nothing) h2").all_inner_texts() == EMPTY.get(uid, [])
        assert page.locator(".panel").count() >= 5
        assert serious(page) == []
        keep_picture(page, f"{uid}-light")
        page.emulate_media(color_scheme="dark")
        assert uid not in DARK or serious(page) == []
        keep_picture(page, f"{uid}-dark")
        page.set_viewport_size(PHONE)
        assert fits(page), "the page is wider than the phone"
        assert becomes(page, "[...document.querySelectorAll('.table')].every(one => one.clientHeight > 40)"), "a table is not seen"
        keep_picture(page, f"{uid}-phone")


def test_all_boards_of_the_shop_are_looked_at(browser: Browser, served: Served) -> None:
    """The navigation has no page that the test above leaves out."""
    with looking(browser) as page:
        page.goto(served.address)
        ready(page)
        assert "/d/instore-now-" in page.url
        there = [link.get_attribute("href") or "" for link in page.locator("#pages a").all()]
        assert {href.removeprefix("/d/").split("?")[0] for href in there} == {*PAGES, "often", "late", "paces"}
