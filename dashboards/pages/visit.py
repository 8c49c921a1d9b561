"""One visit: where it went from minute to minute, what was touched and paid, and what it said the shopper values."""

from grafana_foundation_sdk.builders import bargauge, common, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common as styles

from dashboards import panels, variables
from dashboards.board import Board, Page, Place, board
from dashboards.palette import FAINT, GOOD, OTHER, PLAIN, THIRD, WATCH
from dashboards.panels import steps

VISIT_PAGE = "instore-visit"
"""Its uid; links to it say which visit."""


def visit() -> Board:
    """The page, for one visit: links bring its store, its pseudonym, and its time."""
    page = Page(
        uid=VISIT_PAGE,
        title="One visit",
        about="All that is known of one visit. Follow the link of a visit on the page Journeys, or of a signal on Store now, to get here.",
        since="now-1h",
        refresh="1m",
        links=None,
    )
    lines: list[list[Place]] = [
        [_facts()],
        [_stays()],
        [_touches(), _payment()],
        [_scores(), _priority()],
        [_signals()],
    ]
    return board(page, lines, [variables.store(), variables.visit()])


def _facts() -> table.Panel:
    about = (
        "The visit as it is told now; `may change yet` until no reading in time can change it any more. "
        "`is not known`: none of this pseudonym began in this store and time; pick one on the page Journeys. "
        "Values: what it says the shopper values, a heuristic (docs/priority.md)."
    )
    panel = panels.rows("The visit", about, "visit/facts")
    panels.linked(panel, "All visits", "Pick a visit on Journeys", "/d/instore-journeys?${store:queryparam}")
    panels.sized(panels.sized(panel, 245, "This visit"), 155, "All visits")
    outcomes = {"inside": PLAIN, "bought": GOOD, "left at once": WATCH, "left without buying": FAINT}
    panels.filled(panel, "Outcome", panels.words(outcomes))
    panels.measured(panel, "none", "Paid", decimals=2)
    return panels.size(panels.measured(panel, "s", "Stayed", decimals=1), 24, 3)


def _stays() -> statetimeline.Panel:
    about = (
        "Where the visitor was, from the first reading in a zone to the next one elsewhere; a gap is a silence of over 60 s "
        "(rule presence_gap_s). At a shelf: while a sensor of it saw them."
    )
    panel = panels.timeline("Where it went", about, "visit/stays").no_value("nothing is known of its way").line_width(1).row_height(0.85)
    panel.legend(common.VizLegendOptions().show_legend(False))
    return panels.size(panels.colored(panel, At_the_door=FAINT, In_the_shop=PLAIN, At_the_till=WATCH, At_a_shelf=THIRD), 24, 9)


def _touches() -> table.Panel:
    about = "What shelf sensors saw of the visit, in order. Bought: the product is on a receipt of the same visit."
    panel = panels.rows("What was touched", about, "visit/touches").no_value("no touch is known")
    did = {"looked": FAINT, "picked up": PLAIN, "put back": WATCH}
    panels.filled(panel, "Did", panels.words(did))
    panels.sized(panel, 75, "For", "Bought")
    return panels.size(panels.measured(panel, "s", "For", decimals=1), 12, 10)


def _payment() -> table.Panel:
    about = (
        "The lines of its receipts; of one that has none, the whole amount. "
        "Prices are in the receipt's currency; a line with a negative quantity was given back."
    )
    panel = panels.rows("What was paid", about, "visit/payment").no_value("no payment is known")
    panels.sized(panels.sized(panel, 70, "Till", "Quantity", "Currency"), 95, "Price of one", "Together")
    return panels.size(panels.measured(panel, "none", "Price of one", "Together", decimals=2), 12, 10)


def _scores() -> bargauge.Panel:
    about = (
        "How much the visit says for each priority, from 0 to 1, as it is told now; green from 0.6 (rule priority_threshold), "
        "and nothing while there is too little to judge by. "
        "A heuristic, explained in docs/priority.md."
    )
    panel = panels.gauges("What the shopper values", about, "visit/scores").no_value("too little to judge by").min(0).max(1).decimals(2)
    return panels.size(panel.color_scheme(panels.colored_by_steps()).thresholds(steps(PLAIN, (0.6, GOOD))), 12, 7)


def _priority() -> timeseries.Panel:
    about = (
        "The score of the priority that was announced (signal priority_changed: 0.75 or more for a minute), at that moment, "
        "and of the one with which the visit is told now, at its end."
    )
    panel = panels.lines("How that changed", about, "visit/priority").no_value("no priority stood out").min(0).max(1).decimals(2)
    panel.show_points(styles.VisibilityMode.ALWAYS).point_size(9).fill_opacity(0)
    return panels.size(panels.colored(panel, Speed=OTHER, Selection=PLAIN, Price=WATCH, Recognition=THIRD), 12, 7)


def _signals() -> table.Panel:
    about = "Signals about this visit (docs/signals.md): what was measured, and the threshold that it reached, in the unit of its kind."
    panel = panels.rows("Its signals", about, "visit/signals").no_value("no signals")
    panels.sized(panels.sized(panel, 170, "Signal"), 100, "Measured", "Threshold")
    return panels.size(panels.measured(panel, "none", "Measured", "Threshold", decimals=2), 24, 5)
