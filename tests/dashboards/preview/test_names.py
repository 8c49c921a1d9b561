"""Stores and zones are called what their owners like: no sign in an id breaks a page, a picker or a link."""

import re
from datetime import timedelta

import pytest
from msgspec import structs
from playwright.sync_api import Browser, Page, expect

from dashboards.preview.server import serving
from sensors.layout import Zone
from tests.conftest import made_database
from tests.dashboards.preview.looking import looking, ready
from tests.dashboards.scene import LAYOUT, NOW, scene, visit
from tests.databases import Database

pytestmark = pytest.mark.integration

STORE, ZONE = "a&b #1", """cheese "n' <more>?"""
TIMES = "&".join(f"{name}={round(at.timestamp() * 1000)}" for name, at in (("from", NOW - timedelta(hours=2)), ("to", NOW)))


def test_signs_in_names(browser: Browser, postgres_url: str, template_name: str) -> None:
    """A store is picked, its pages are gone through by their links, a zone is picked, a visit followed: all are of that store."""
    with made_database(postgres_url, template_name) as url:
        database = Database(url, "plain")
        scene(database, structs.replace(LAYOUT, store_id="other", name="Other"))
        zones = (Zone(zone_id=ZONE, capacity=5), *LAYOUT.zones)
        here = scene(database, structs.replace(LAYOUT, store_id=STORE, name="", zones=zones))
        here.write(visits=[structs.replace(visit(1, (ZONE, -60, -5)), store_id=STORE)])
        with serving(url, 0) as address, looking(browser) as page:
            page.goto(f"{address}d/instore-visits?var-store=other&{TIMES}")
            _pick(page, "Store: Other", STORE)
            page.wait_for_url(re.compile(r"var-store=a%26b(\+|%20)%231(&|$)"))
            page.reload()
            _of_the_store(page)
            page.locator("#pages").get_by_role("link", name="Store now").click()
            expect(page.get_by_role("heading", level=1)).to_have_text(f"Store now: {STORE}")
            expect(page.locator("#react-entry-point .part", has_text="1 of 5")).to_have_count(1)
            _go(page, "Zones and shelves")
            _pick(page, "Zone: All", ZONE)
            page.wait_for_url(re.compile(r"var-zone=cheese"))  # a picker shows it a moment earlier, and a link of then would be overtaken
            expect(page.get_by_role("button", name=f"Zone: {ZONE}")).to_be_visible()
            _go(page, "Journeys")
            page.get_by_label("The latest visits", exact=True).get_by_role("link").click()
            _of_the_store(page)
            expect(page.get_by_label("The visit", exact=True).locator(".table")).to_contain_text("inside")
            assert page.locator(".broken").all_inner_texts() == []


def _pick(page: Page, picker: str, name: str) -> None:
    ready(page)
    page.get_by_role("button", name=picker).click()
    page.get_by_role("option", name=name).click()


def _go(page: Page, name: str) -> None:
    page.locator("#pages").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    _of_the_store(page)


def _of_the_store(page: Page) -> None:
    expect(page.get_by_role("button", name=f"Store: {STORE}")).to_be_visible()
    ready(page)
    assert page.locator(".broken, .problem:not(:empty)").all_inner_texts() == []
