"""The page of the report: what it says, that it judges, and that a browser shows it without asking for anything."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import structs
from playwright.sync_api import Browser

from instore import main
from simulators.report.claims import Assumption, Claim, Verdict
from simulators.report.making import Report, report_on
from simulators.report.page import shown
from simulators.report.published import assumed, judge, read
from simulators.sensing.faults import Expected
from simulators.shop.floor import builtin, builtin_names
from simulators.shop.habits import Habits
from simulators.shop.people import people_of
from simulators.simulate import Options, options, simulate
from tests.chromium import chromium
from tests.simulators.plans import BARE
from tests.simulators.report.report_parts import HABITS, measured, walk_of

FRIDAY = date(2026, 11, 20)


def _verdicts(name: str, people: Habits, days: int = 1) -> dict[str, Verdict]:
    """What is said of a store's people, by figure."""
    wanted = options(builtin(name), FRIDAY, first_day=FRIDAY, days=days, people=structs.replace(people, shoppers=400, passers_by=0.0))
    report = Report.of(wanted)
    for _ in map(report.watch, simulate(wanted, Expected())):
        pass
    return {row.claim.name: row.verdict for row in judge(report.found)}


def test_people_who_buy_too_seldom_are_found_out() -> None:
    """A grocery in which every second one leaves with nothing is outside of what is published; as it is, it is within."""
    assert _verdicts("grocery", people_of("grocery"))["Conversion"] == "within"
    assert _verdicts("grocery", structs.replace(people_of("grocery"), browsers=0.5))["Conversion"] == "outside"


def test_people_who_stay_too_long_are_found_out() -> None:
    """Three times the time makes median, mean and the shares of short trips wrong."""
    right, wrong = (_verdicts("grocery", structs.replace(people_of("grocery"), trip_min=trip)) for trip in ((9.6, 0.66), (29.0, 0.66)))
    of_trips = ("Trips under 10 min", "Median trip", "Mean trip", "Trip lengths: largest gap to the fit")
    assert {right[name] for name in of_trips} == {"within"}
    assert {wrong[name] for name in of_trips} == {"outside"}


def test_too_little_is_no_verdict() -> None:
    """A day says nothing of a week, and nobody nothing at all."""
    verdicts = _verdicts("grocery", people_of("grocery"))
    assert verdicts["Saturday against the mean day"] == verdicts["Visits a week of a shopper"] == "not known"
    assert {row.verdict for row in judge(measured({0: []}))} == {"not known", "within"}  # patience is the habits' own


def test_every_figure_has_its_source_and_its_limits() -> None:
    """Each kind of store has some; what is assumed of a kind is not published of it."""
    claims, assumptions = read("published.yaml", Claim), read("assumed.yaml", Assumption)
    assert all(claim.source and claim.said for claim in claims)
    assert all(claim.limits[0] <= claim.figure <= claim.limits[1] for claim in claims)
    for kind in builtin_names():
        named = [(one.measure, one.of) for one in claims if kind in one.kinds]
        assert len(named) == len(set(named)) > 4
        assert not {(one.measure, one.of) for one in assumptions if kind in one.kinds} & set(named)


@pytest.mark.parametrize("wrong", [{}, {"near": (1.0, 0.1), "within": (0.0, 1.0), "at": 1.0}, {"within": (0.0, 1.0)}])
def test_a_figure_that_cannot_be_judged_is_refused(wrong: dict[str, object]) -> None:
    """It needs a tolerance, or a range with the figure in it."""
    with pytest.raises(ValueError, match="`x` needs `near`, or `within` and `at`"):
        Claim(kinds=frozenset({"home"}), name="x", measure="conversion", said="", source="", **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.2468, "%", "24.7 %"),
        (1.0, "%", "100 %"),
        (13.04, "min", "13.0 min"),
        (1234.0, "", "1,234"),
        (0.9, "x", "0.90"),
        (None, "min", "not known"),
    ],
)
def test_figures_are_written_as_people_do(value: float | None, unit: str, said: str) -> None:
    """With their unit, in three digits or so."""
    assert shown(value, unit) == said


def test_differences_have_a_sign_and_shares_differ_in_points() -> None:
    """A share that is 0.05 lower is five points lower, not five percent."""
    assert (shown(-0.05, "%", sign=True), shown(2.0, "min", sign=True)) == ("\N{MINUS SIGN}5.0 points", "+2.0 min")


def test_the_page_says_what_was_counted() -> None:
    """A hundred trips of 12 minutes, each with one unit and a minute in the queue, and fifty of 5 minutes without."""
    walks = [walk_of(0, 9, 12, 1, wait_s=60)] * 100 + [walk_of(0, 11, 5)] * 50
    found = measured({0: walks}, HABITS)
    rows = {row.claim.name: row for row in judge(found)}
    assert rows["Conversion"].value == pytest.approx(100 / 150)
    assert rows["Conversion"].verdict == "outside"
    assert rows["Trips under 10 min"].value == pytest.approx(1 / 3)
    assert rows["Median trip"].value == 12
    assert rows["Mean trip"].value == pytest.approx((100 * 12 + 50 * 5) / 150)
    assert rows["Mean wait at the till"].value == 1.0
    assert rows["Most frequent basket"].verdict == "within"
    assert rows["Come from 11 to 12 h, Monday to Friday"].value == pytest.approx(1 / 3)
    assert {one.name: value for one, value in assumed(found)}["Units a receipt"] == 1.0
    report = Report(Options(layout=found.tally.floor.layout, first_day=FRIDAY, habits=HABITS), found)
    cells = [re.sub("<[^>]*>?", "", cell) for cell in re.findall("<td.*?(?:<small|</td>)", report.html())]
    at = cells.index("Conversion")
    assert cells[at : at + 7] == [
        "Conversion",
        "over 90 %",
        "90.0 to 100 %",
        "66.7 %",
        "\N{MINUS SIGN}23.3 points",
        "outside",
        "RetailNext 2012",
    ]


def test_a_store_of_which_little_is_known_has_a_page_too() -> None:
    """No plan, no gateways with a place, no shelves; or nobody at all."""
    html = report_on(options(BARE, FRIDAY, first_day=FRIDAY, shoppers=30))
    assert "bare: simulated people against published ones" in html
    assert "The plan" not in html
    closed = structs.replace(BARE, opening_hours={"fri": []})
    assert "nobody came" in report_on(Options(layout=closed, first_day=FRIDAY))


def test_a_store_without_products_has_no_baskets() -> None:
    """Its tills say what was paid and not for what: of units nothing is told, and the rest stands."""
    grocery = builtin("grocery")
    plan = structs.replace(grocery, shelves=tuple(structs.replace(shelf, products=()) for shelf in grocery.shelves))
    html = report_on(options(plan, FRIDAY, first_day=FRIDAY, shoppers=300, people=people_of("grocery")))
    rows = dict(re.findall('<tr><td>(Conversion|Units in the largest).*?<td class="([^"]*)">[^<]*</td><td>[^<]*</td></tr>', html))
    assert rows == {"Units in the largest": "not-known", "Conversion": "within"}


def test_watching_changes_no_byte_of_a_recording(tmp_path: Path) -> None:
    """With a page or without one, and the page with a recording or without one, they are the same."""
    files = {name: tmp_path / name for name in ("a.jsonl", "a.truth", "a.html", "b.jsonl", "b.truth", "c.html")}
    usual = ["simulate", "--date", f"{FRIDAY}", "--store", "fashion", "--shoppers", "20", "--days", "2"]

    def run(*more: object) -> None:
        done = CliRunner().invoke(main, [*usual, *map(str, more)])
        assert done.exit_code == 0, done.stderr

    run("--out", files["a.jsonl"], "--truth", files["a.truth"], "--report", files["a.html"])
    run("--out", files["b.jsonl"], "--truth", files["b.truth"])
    run("--report", files["c.html"])
    for one, other in (("a.jsonl", "b.jsonl"), ("a.truth", "b.truth"), ("a.html", "c.html")):
        assert files[one].read_bytes() == files[other].read_bytes()
        assert files[one].stat().st_size > 10_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with chromium() as found:
        yield found


@pytest.mark.parametrize("name", builtin_names())
def test_a_browser_shows_the_page_and_asks_for_nothing(browser: Browser, tmp_path: Path, name: str) -> None:
    """No request but for the file, nothing on the console, every picture as wide as it should be, on a wide screen and on a phone."""
    file = tmp_path / "page.html"
    file.write_text(report_on(options(builtin(name), FRIDAY, first_day=FRIDAY, days=2, people=people_of(name), shoppers=150)))
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, asked, wrong = context.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(file.as_uri())
    assert page.locator("h1").inner_text().startswith(builtin(name).name)
    assert page.locator("#figures tbody tr").count() > 4
    pictures = page.locator("figure svg")
    assert pictures.count() >= 10
    for one in pictures.all():
        size = one.bounding_box()
        assert size is not None
        assert (size["width"] > 400, size["height"] > 150) == (True, True)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [url for url in asked if url.startswith("http")] == []
    assert len([url for url in asked if not url.startswith("data:")]) == 1
    assert wrong == []
    context.close()
