"""Chain: all stores side by side, ranked, and what stands out among them."""

from grafana_foundation_sdk.builders import barchart, stat, table

from dashboards import panels
from dashboards.board import Board, Page, Place, board
from dashboards.palette import ACT, FAINT, GOOD, PLAIN, WATCH
from dashboards.panels import steps

_STORE_URL = "/d/instore-visits?var-store=${__data.fields.store_id:percentencode}&${__url_time_range}"
"""An id may have any character; Grafana puts a field into an address as it is, unless told."""


def chain() -> Board:
    """The page of all stores."""
    page = Page(
        uid="instore-chain",
        title="Chain",
        about="All stores side by side: who does well, who does not, and what is unusual. Staff is left out.",
        since="now-7d",
        refresh="5m",
    )
    lines: list[list[Place]] = [[_totals(), _outliers()], [_stores()], [_conversion(), _visits()]]
    return board(page, lines)


def _totals() -> stat.Panel:
    about = (
        "Stores with a visit, visits of all of them, and conversion: of the visits, those with a payment. Change: of visits, against "
        "the period of the same length before, of the stores that were there before it."
    )
    panel = panels.stat_panel("The chain", about, "chain/totals")
    panels.measured(panel, "percentunit", "Change", "Conversion", decimals=1)
    panel.override_by_name("Change", [panels.config("noValue", "too new")])
    return panels.size(panels.judged(panel, "Change", steps(ACT, (-0.2, WATCH), (-0.05, GOOD))), 10, 8)


def _outliers() -> table.Panel:
    about = (
        "Figures of the last seven whole days that are far from the median: of all stores (five are needed; visits are not "
        "compared, as stores differ in size), or of up to eight weeks of the same store before (four are needed). "
        "Far: a modified z-score of Iglewicz and Hoaglin beyond 3.5, where the median deviation counts as 2 % of the median "
        "at least. Rates of weeks with fewer than 30 visits are left out, and so are stores that usually have fewer. "
        "A week of which nothing is known has no visits."
    )
    panel = panels.rows("What stands out", about, "chain/outliers").no_value("nothing stands out")
    marks = {"high": WATCH, "low": WATCH, "unknown": FAINT}
    panels.filled(panel, "Mark", panels.words(marks))
    panels.sized(panels.measured(panel, "none", "Last week", "Median", decimals=1), 90, "Last week", "Median", "Mark")
    return panels.size(panels.hidden(panel, "store_id"), 14, 8)


def _stores() -> table.Panel:
    about = (
        "Ranked by conversion. Change: visits against the period of the same length before; a store that only had visits then is here too. "
        "Came in: of all who were heard. "
        "Left at once: shorter than 120 s without a payment. Wait: from the beginning of a stay at the tills to the payment. "
        "Gave up: 30 s or longer there without one. A store with several currencies has no spending."
    )
    panel = panels.rows("The stores, ranked", about, "chain/stores")
    shares = ("Conversion", "Change", "Came in", "Left at once", "Gave up at the till")
    panels.measured(panel, "percentunit", *shares, decimals=1)
    panels.measured(panel, "s", "Median stay", "Nine of ten wait at most", decimals=1)
    panels.measured(panel, "none", "Spent a visit", decimals=2)
    panels.sized(panels.sized(panel, 70, "Rank", "Visits", "Currency"), 175, "Nine of ten wait at most")
    panels.barred(panel, "Conversion", 1)
    panels.judged(panel, "Change", steps(ACT, (-0.2, WATCH), (-0.05, GOOD)))
    return panels.size(panels.hidden(panels.linked(panel, "Store", "Its visits", _STORE_URL), "store_id"), 24, 9)


def _conversion() -> barchart.Panel:
    about = "Of the visits that began, those with a payment, in this period and the one of the same length before."
    panel = panels.bars("Who sells best", about, "chain/conversion").unit("percentunit").decimals(1).min(0)
    return panels.size(panels.colored(panel, Conversion=PLAIN, Period_before=FAINT), 12, 9)


def _visits() -> barchart.Panel:
    about = "Visits that began, in this period and the one of the same length before; passers-by are left out."
    panel = panels.bars("Who is visited most", about, "chain/visits").decimals(0)
    return panels.size(panels.colored(panel, Visits=PLAIN, Period_before=FAINT), 12, 9)
