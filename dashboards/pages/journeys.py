"""Journeys: which ways people take through the store, how long it takes them to pay, and the latest visits one by one."""

from grafana_foundation_sdk.builders import barchart, stat, table

from dashboards import panels, variables
from dashboards.board import Board, Page, Place, board
from dashboards.palette import FAINT, GOOD, OTHER, PLAIN, WATCH

VISIT_URL = (
    "/d/instore-visit?${store:queryparam}&var-visit=${__data.fields.visit_id}&from=${__data.fields.from_ms}&to=${__data.fields.to_ms}"
)


def journeys() -> Board:
    """The page, for the store that is picked."""
    page = Page(
        uid="instore-journeys",
        title="Journeys",
        about="The ways through the store, how long it takes to pay, and the latest visits, each a link to all that is known of it.",
        since="now-7d",
        refresh="1m",
    )
    lines: list[list[Place]] = [
        [[_to_pay(), _shape()], _spread()],
        [_paths()],
        [_transitions(), _latest()],
    ]
    return board(page, lines, [variables.store()])


def _to_pay() -> stat.Panel:
    about = "From the beginning of a visit to its first payment: the median, and the time within which nine of ten had paid."
    panel = panels.stat_panel("From the door to the receipt", about, "journeys/to_pay").unit("s").decimals(1)
    return panels.size(panels.colored(panel, Nine_of_ten_within=OTHER), 12, 5)


def _shape() -> stat.Panel:
    about = "Visits that are over: how many, how many zones they went through, and how many of them ended with a payment."
    panel = panels.measured(panels.stat_panel("What a visit is like", about, "journeys/shape"), "percentunit", "Ended with a purchase")
    return panels.size(panels.measured(panel, "none", "Zones a visit", decimals=1), 12, 5)


def _spread() -> barchart.Panel:
    about = "Visits with a payment, by the time from their beginning to their first payment."
    panel = panels.bars("How long it takes to pay", about, "journeys/to_pay_spread").decimals(0)
    return panels.size(panels.colored(panel, Visits=PLAIN), 12, 10)


def _paths() -> table.Panel:
    about = (
        "The ways taken most, of visits that are over; all tills are one place. Share: of all visits. "
        "A way that few take through to the tills is a place to look for what stands in the way."
    )
    panel = panels.rows("The most usual ways", about, "journeys/paths")
    panels.measured(panel, "percentunit", "Share", "Conversion", decimals=1)
    for name in ("Visits", "Share", "Conversion", "Mean stay"):
        panel.override_by_name(name, [panels.config("custom.width", 110)])
    return panels.size(panels.measured(panel, "s", "Mean stay", decimals=1), 24, 10)


def _transitions() -> table.Panel:
    about = (
        "Moves from zone to zone, counted where people arrive, the most frequent first; and which share of those who leave a zone go there."
    )
    panel = panels.rows("Where they go next", about, "journeys/transitions")
    panels.measured(panel, "percentunit", "Of those who leave", decimals=0)
    return panels.size(panels.barred(panel, "Of those who leave", 1), 9, 14)


def _latest() -> table.Panel:
    about = (
        "The visits that began last, 50 at most, without staff and passers-by. Follow the link of a visit to see its stays, "
        "what was looked at, taken and paid, and its signals. "
        "Values: what the visit says the shopper values, a heuristic (docs/priority.md)."
    )
    panel = panels.rows("The latest visits", about, "journeys/latest")
    outcomes = {"inside": PLAIN, "bought": GOOD, "left at once": WATCH, "left without buying": FAINT}
    panels.filled(panel, "Outcome", panels.words(outcomes))
    panels.measured(panel, "s", "Stayed", decimals=1)
    panels.measured(panel, "none", "Paid", decimals=2)
    panels.linked(panel, "Came", "This visit", VISIT_URL)
    for name, width in {"Came": 165, "Outcome": 115, "Stayed": 80, "Paid": 70, "Currency": 80, "Values": 90, "Zones": 60}.items():
        panel.override_by_name(name, [panels.config("custom.width", width)])
    return panels.size(panels.hidden(panel, "visit_id", "from_ms", "to_ms"), 15, 14)
