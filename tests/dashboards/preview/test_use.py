"""What a person does with the preview: pick, go back, look at another time, stop, use the keyboard, meet a database that is away."""

import re
from http.client import HTTPConnection
from urllib.parse import urlsplit

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from dashboards.preview.database import Database, NotReady
from dashboards.preview.server import serving
from storage.connect import parse
from storage.errors import DatabaseAway
from storage.migrate import migrate
from tests.conftest import made_database
from tests.dashboards.preview import sample
from tests.dashboards.preview.looking import DESKTOP, PHONE, Served, becomes, fits, looking, ready
from tests.storage.logins import login

pytestmark = pytest.mark.integration


def _sample(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/d/sample")
    ready(page)


def test_a_store_is_picked_with_the_keyboard_and_the_address_is_the_state(browser: Browser, served: Served) -> None:
    """Queries follow, the focus stays; loading again keeps it, going back undoes it."""
    with looking(browser) as page:
        _sample(page, served)
        picked = page.locator("#react-entry-point").get_by_label("Picked", exact=True).locator("td")
        expect(picked).to_have_text("north")
        page.get_by_role("button", name="Store: North").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("option", name="North").locator("input")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("option", name="South").locator("input")).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url("**/d/sample?*var-store=south*")
        expect(page.get_by_role("button", name="Store: South")).to_be_focused()
        expect(picked).to_have_text("south")
        page.reload()
        expect(picked).to_have_text("south")
        page.go_back()
        expect(picked).to_have_text("north")


def test_zones_are_picked_one_by_one(browser: Browser, served: Served) -> None:
    """Picking one leaves All, and All leaves the others."""
    with looking(browser) as page:
        _sample(page, served)
        page.get_by_role("button", name="Zone: All").click()
        page.get_by_role("option", name="Zone 2").click()
        page.wait_for_url("**var-zone=north-2*")
        page.get_by_role("option", name="Zone 3").click()
        page.wait_for_url("**var-zone=north-2&var-zone=north-3*")
        page.get_by_role("option", name="All").click()
        page.wait_for_url(re.compile(r"var-zone=%24__all$"))


def test_another_time(browser: Browser, served: Served) -> None:
    """By a preset, by hand, one step earlier; what is no time is said, and the page shows its usual one."""
    with looking(browser) as page:
        _sample(page, served)
        page.get_by_text("Time: Last 24 hours").click()
        page.get_by_role("link", name="Last 3 hours").click()
        page.wait_for_url("**from=now-3h&to=now*")
        page.get_by_text("Time: Last 3 hours").click()
        page.get_by_role("textbox", name="From").fill("2026-11-14 08:00")
        page.get_by_role("textbox", name="To").fill("2026-11-14 12:00")
        page.keyboard.press("Enter")
        page.get_by_text("2026-11-14 08:00 to 2026-11-14 12:00").wait_for()
        page.get_by_title("Earlier").click()
        page.get_by_text("2026-11-14 04:00 to 2026-11-14 08:00").wait_for()
        page.goto(f"{served.address}/d/sample?from=soon&to=now")
        expect(page.locator("#content .problem")).to_have_text(
            re.compile("“soon” is no time: write now-6h.* The page shows its usual time.")
        )


def test_a_link_in_a_table_goes_to_a_page_without_loading_it_anew(browser: Browser, served: Served) -> None:
    """And takes the time along."""
    with looking(browser) as page:
        _sample(page, served)
        page.evaluate("window.sameDocument = true")
        page.get_by_role("link", name="a-1").click()
        page.wait_for_url("**var-visit=a-1&from=now-24h&to=now")
        expect(page.get_by_role("textbox", name="Visit")).to_have_value("a-1")
        page.get_by_role("link", name="Pipeline").click()
        page.wait_for_url("**/d/instore-pipeline*")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Pipeline")
        expect(page).to_have_title(re.compile("Pipeline"))
        assert page.evaluate("window.sameDocument")


def test_a_visit_that_is_not_there(browser: Browser, served: Served) -> None:
    """Not known in this store and time, or none picked: it is said, with a link to where visits of the same store are picked."""
    for picked, said in (("nobody", "is not known in this store and time"), ("", "none is picked")):
        with looking(browser, size=PHONE) as page:
            page.goto(f"{served.address}/d/instore-visit?var-store=o%27neill&var-visit={picked}")
            ready(page)
            expect(page.get_by_label("The visit", exact=True).locator(".table")).to_contain_text(said)
            page.get_by_role("link", name="pick one on Journeys").click()
            page.wait_for_url("**/d/instore-journeys?var-store=o%27neill")
            ready(page)


def test_a_phone_shows_first_what_is_to_be_done(browser: Browser, served: Served) -> None:
    """From the top: how many need somebody, what to do, the tills; plans only when all of that was said."""
    with looking(browser, size=PHONE) as page:
        page.goto(served.page("instore-now-corner-market"))
        ready(page)
        said = page.locator("main .panel h2").all_inner_texts()
        tops = page.locator("main .panel h2").evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
        assert tops == sorted(set(tops)), "panels do not stand below each other in their order"
        assert said[:3] == ["Need somebody now", "What needs somebody, and what to do", "Tills: who waits, and how long"]
        assert said.index("Where people are") > said.index("Who has been waiting long")


def test_the_name_of_a_visit_is_seen_whole(browser: Browser, served: Served) -> None:
    """In its box, on a wide screen and on a phone: what it holds is no wider than what is seen of it."""
    for size in (DESKTOP, PHONE):
        with looking(browser, size=size) as page:
            page.goto(served.page("instore-visit"))
            ready(page)
            box = page.get_by_role("textbox", name="Visit")
            expect(box).to_have_value(served.visit.name)
            assert box.evaluate("one => one.scrollWidth <= one.clientWidth"), size
            assert fits(page), size


def test_it_asks_again_until_it_is_stopped(browser: Browser, served: Served) -> None:
    """Charts stay the same elements; when paused, nothing is asked for."""
    with looking(browser) as page:
        page.goto(f"{served.address}/d/often")
        ready(page)
        graph = page.locator(".graph .js-plotly-plot").first.element_handle()
        with page.expect_response(re.compile("_dash-update-component"), timeout=10_000):
            pass
        ready(page)
        assert graph.evaluate("one => one.isConnected"), "a chart was thrown away to show new figures"
        page.get_by_role("button", name="Live, every 1 s").click()
        expect(page.get_by_role("button", name="Paused")).to_have_attribute("aria-pressed", "false")
        page.wait_for_load_state("networkidle")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(2_500)
        assert asked == []


def test_a_panel_that_takes_long_keeps_no_other_waiting(browser: Browser, served: Served) -> None:
    """Two seconds of the database's: the others are there before it, and it comes by itself."""
    with looking(browser) as page:
        page.goto(f"{served.address}/d/instore-visits")
        ready(page)
        page.get_by_role("link", name="Sample").click()
        page.wait_for_url("**/d/sample*")
        slow = page.get_by_label("Takes long").locator(".body")
        expect(slow.locator(".waiting")).to_have_count(1)
        expect(page.get_by_label("Wait", exact=True).locator(".stat-value")).to_have_text("5.20 min")
        expect(slow).to_have_text("42")


def test_an_answer_that_comes_while_others_are_asked_for_is_not_lost(browser: Browser, served: Served) -> None:
    """It takes longer than until the next refresh, which goes on with what the one before it began."""
    with looking(browser) as page:
        page.goto(f"{served.address}/d/late")
        expect(page.locator("#react-entry-point").get_by_label("Slow", exact=True).locator(".stat-value")).to_have_text("42")


def test_an_answer_that_was_overtaken_changes_nothing(browser: Browser, served: Served) -> None:
    """Whoever goes on before all is there sees what the new address has, and nothing of the one before comes after it."""
    with looking(browser) as page:
        page.goto(f"{served.address}/d/paces?var-pace=0")
        _shows(page, "0")
        _go(page, "/d/paces?var-pace=30")
        page.wait_for_timeout(1500)
        _go(page, "/d/paces?var-pace=1")
        _shows(page, "1")
        page.wait_for_timeout(3000)
        _shows(page, "1")
        _go(page, "/d/paces?var-pace=4")
        page.wait_for_timeout(200)
        _go(page, "/d/paces?var-pace=1")
        page.wait_for_timeout(2000)
        _shows(page, "1")
        _go(page, "/d/paces?var-pace=20")
        _shows(page, "20")
        expect(page.get_by_label("Slow chart").locator(".js-plotly-plot")).to_have_count(1)
        _go(page, "/d/paces?var-pace=2")
        _shows(page, "2")
        expect(page.get_by_label("Slow chart").locator(".body")).to_have_text("no data")


def _go(page: Page, address: str) -> None:
    """Go to an address as a link of the page does, without loading anything anew."""
    page.evaluate(
        "to => { history.pushState({}, '', to); dispatchEvent(new CustomEvent('_dashprivate_pushstate', {detail: to})); }", address
    )


def _shows(page: Page, pace: str) -> None:
    """The figure and the chart are those of a pace."""
    expect(page.locator("#react-entry-point").get_by_label("Figure", exact=True).locator(".stat-value")).to_have_text(pace)
    assert becomes(page, f"document.querySelector('[aria-label=Chart] .js-plotly-plot')?.data[0].y[0] == {pace}"), "the chart is another's"


def test_light_and_dark(browser: Browser, served: Served) -> None:
    """As the system has it, until somebody picks one; that is kept."""

    def ground(page: Page) -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    with looking(browser, dark=True) as page:
        _sample(page, served)
        dark = ground(page)
        page.emulate_media(color_scheme="light")
        assert ground(page) != dark
        page.get_by_role("button", name="Theme: system").click()
        page.get_by_role("button", name="Theme: light").click()
        page.get_by_role("button", name="Theme: dark").wait_for()
        assert ground(page) == dark
        page.reload()
        ready(page)
        assert ground(page) == dark


def test_keyboard_alone(browser: Browser, served: Served) -> None:
    """The first stop skips the navigation; what a figure means opens with Enter and closes with Escape."""
    with looking(browser) as page:
        _sample(page, served)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("How people inside is defined.")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_text("How people inside is defined.")).to_be_hidden()


def test_pictures_have_words(browser: Browser, served: Served) -> None:
    """Each chart has a name that says its figures."""
    with looking(browser, size=PHONE) as page:
        _sample(page, served)
        names = [one.get_attribute("aria-label") or "" for one in page.locator("[role=img]").all()]
        assert len(names) == 5
        assert any("Seasonal <offers> 1323" in name for name in names)


def test_a_page_that_is_not_there(browser: Browser, served: Served) -> None:
    """It says so, and the others can be reached."""
    with looking(browser) as page:
        page.goto(f"{served.address}/d/nothing")
        expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
        page.get_by_role("link", name="Visits").click()
        ready(page)


def test_a_database_that_comes_and_goes(browser: Browser, postgres_url: str, template_name: str) -> None:
    """Away, the page says so; empty, too; when a store is there, its page appears by itself."""
    with made_database(postgres_url, template_name) as url, psycopg.connect(postgres_url, autocommit=True) as server:
        name = str(parse(url)["dbname"])
        server.execute(f"ALTER DATABASE {name} RENAME TO {name}_away".encode())
        with serving(url, 0) as address, looking(browser) as page:
            page.goto(address)
            expect(page.get_by_role("heading", name="The database is away")).to_be_visible()
            server.execute(f"ALTER DATABASE {name}_away RENAME TO {name}".encode())
            expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("INSERT INTO instore.stores (store_id) VALUES ('first')")
            ready(page)
            expect(page.get_by_role("heading", level=1)).to_contain_text("first")


def test_a_database_that_goes_is_said_once(browser: Browser, postgres_url: str, template_name: str) -> None:
    """Each panel says it, one place tells screen readers, and not again at each refresh; when it is back, nobody says it any more."""
    with made_database(postgres_url, template_name) as url, psycopg.connect(postgres_url, autocommit=True) as server:
        name = str(parse(url)["dbname"])
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("INSERT INTO instore.stores (store_id) VALUES ('first')")
        with serving(url, 0, [sample.often()]) as address, looking(browser) as page:
            page.goto(f"{address}d/often")
            ready(page)
            expect(page.get_by_role("alert")).to_have_text("")
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            expect(page.get_by_role("alert")).to_have_text(re.compile("cannot be used: .* not currently accepting connections"))
            expect(page.locator(".panel .broken")).to_have_text(re.compile("cannot be used"))
            page.evaluate(COUNT_CHANGES)
            for _ in range(3):
                with page.expect_response(re.compile("_dash-update-component")):
                    pass
            assert page.evaluate("window.changes") == 0
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
            expect(page.get_by_role("alert")).to_have_text("")
            ready(page)
            expect(page.locator(".panel .broken")).to_have_count(0)


COUNT_CHANGES = """() => {
    window.changes = 0;
    const watch = new MutationObserver((changes) => { window.changes += changes.length; });
    watch.observe(document.querySelector("[role=alert]"), { childList: true, characterData: true, subtree: true });
}"""
"""Of the place that screen readers are told by."""


def test_a_database_that_is_not_ready(browser: Browser, postgres_url: str) -> None:
    """Without our tables, or for a login that may not read them, the page says what to do."""
    with made_database(postgres_url, "template0") as url:
        with serving(url, 0) as address, looking(browser) as page:
            page.goto(address)
            expect(page.get_by_text("run `instore migrate`")).to_be_visible()
        migrate(url)
        with login(url) as nobody, serving(nobody, 0) as address, looking(browser) as page:
            page.goto(address)
            expect(page.get_by_text("run `instore grant grafana LOGIN`")).to_be_visible()


def test_the_time_is_kept_from_page_to_page(browser: Browser, served: Served) -> None:
    """What was picked goes along, as in Grafana."""
    with looking(browser) as page:
        page.goto(f"{served.address}/d/instore-zones?from=now-3h&to=now")
        ready(page)
        page.locator("#pages").get_by_text("Visits").click()
        page.wait_for_url(re.compile("/d/instore-visits.*from=now-3h&to=now"))


def test_only_browsers_of_this_machine_are_answered(served: Served) -> None:
    """A page elsewhere that has its own name point here would else read the store's figures."""
    here = urlsplit(served.address)
    connection = HTTPConnection(str(here.hostname), here.port)
    for host, status in ((here.netloc, 200), (f"localhost:{here.port}", 200), ("evil.example", 403), (f"evil.example:{here.port}", 403)):
        connection.request("GET", "/_dash-layout", headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status, host
        assert "default-src 'self'" in str(answer.headers["Content-Security-Policy"])
    connection.close()


def test_it_only_reads(served: Served) -> None:
    """Its connections cannot write, and give up after a while."""
    database = Database(served.database_url)
    with pytest.raises(DatabaseAway, match="cannot execute CREATE TABLE in a read-only transaction"):
        database.ask("CREATE TABLE mine (n int)")
    assert database.ask("SHOW statement_timeout").columns[0].values == ["10s"]
    assert database.ask("SHOW search_path").columns[0].values == ["instore_analysis, instore, public"]
    with pytest.raises(NotReady, match="may not read"):
        database.ask("SELECT device_id FROM instore.readings")
    database.close()
