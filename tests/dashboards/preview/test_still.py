"""The first page, as plain HTML: it has the figures, no part of it is read as HTML that is none, and it needs no script."""

from typing import Any

import pytest
from dash import dcc, html
from playwright.sync_api import Browser

from dashboards.preview.still import still
from tests.dashboards.preview.looking import Served, looking

pytestmark = pytest.mark.integration


def test_parts_become_html() -> None:
    """Classes, styles, names for screen readers and links; ids are left to the application."""
    named: dict[str, Any] = {"aria-label": "a & b"}
    part = html.Div(["1 < 2", html.P("x", className="big", style={"gridColumn": "1", "--n": "2"})], id="one", **named)
    assert still(part) == '<div aria-label="a &amp; b">1 &lt; 2<p class="big" style="grid-column:1;--n:2">x</p></div>'
    assert still(dcc.Link("go", href='/d/x?a="b"', title="there")) == '<a href="/d/x?a=&quot;b&quot;" title="there">go</a>'
    assert still([dcc.Store(id="s"), None, dcc.Dropdown([{"value": "a", "label": "A"}], "a")]) == '<span class="still picker">A</span>'


def test_figures_are_seen_without_the_application(browser: Browser, served: Served) -> None:
    """Also where no script runs at all, and whatever a store or a text is called."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served.page("sample"))
    assert page.locator("#first .stat-value").all_inner_texts() == ["34", "60", "5.20 min"]
    assert page.locator("#first .part").all_inner_texts() == ["25", "45"]
    assert page.locator("#first td").all_inner_texts()[:2] == ["north", "a-1"]
    assert page.locator("#first .waiting").count() == 9
    context.close()


def test_the_first_page_gives_way_to_the_application(browser: Browser, served: Served) -> None:
    """What is seen then is the application's, and nothing is there twice."""
    with looking(browser) as page:
        page.goto(served.page("sample"))
        page.wait_for_selector("#first", state="detached")
        assert page.get_by_role("heading", level=1).count() == 1
