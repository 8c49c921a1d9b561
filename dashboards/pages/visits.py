"""Visits: how many came, came in, bought, and stayed how long; against the period of the same length before."""

from grafana_foundation_sdk.builders import barchart, heatmap, stat, table, timeseries

from dashboards import panels, variables
from dashboards.board import Board, Page, Place, board
from dashboards.palette import ACT, FAINT, GOOD, OTHER, PLAIN, WATCH
from dashboards.panels import steps

_BEFORE = " Before: the period of the same length that ends where this one begins."
_WHOLE = "Whole days only: from the one in which the period begins to the last that is over at its end."
_NO_DAY = "no day is over"


def visits() -> Board:
    """The page, for the store that is picked."""
    page = Page(
        uid="instore-visits",
        title="Visits",
        about="Who came, came in, bought and stayed how long, against the period of the same length before. Staff is left out.",
        since="now-7d",
        refresh="1m",
    )
    lines: list[list[Place]] = [
        [_footfall(), _conversion(), _capture(), _bounce(), _stay()],
        [_over_time()],
        [_dwell()],
        [_weekdays(), _weekend()],
        [_loyalty()],
    ]
    return board(page, lines, [variables.store(), variables.by("hour", "day")])


def _footfall() -> stat.Panel:
    about = (
        "Visits that began in the period; passers-by are left out. Change: against the period of the same length before it, "
        "orange below -5 %, red below -20 %; none where that began before the store was heard for the first time."
    )
    panel = panels.measured(panels.stat_panel("How many came", about, "visits/footfall"), "percentunit", "Change", decimals=1)
    panel.override_by_name("Change", [panels.config("noValue", "too new")])
    return panels.size(panels.judged(panel, "Change", steps(ACT, (-0.2, WATCH), (-0.05, GOOD))), 6, 5)


def _conversion() -> stat.Panel:
    about = "Conversion: of the visits that began, those with a payment." + _BEFORE
    return panels.size(_share("How many of them bought", about, "visits/conversion"), 6, 5)


def _capture() -> stat.Panel:
    about = "Capture rate: of all who were heard, those who came in; the others never left the zones outside." + _BEFORE
    return panels.size(_share("How many came in", about, "visits/capture"), 4, 5)


def _bounce() -> stat.Panel:
    about = "Bounce: of the visits that are over, those shorter than 120 s (rule bounce_s) without a payment." + _BEFORE
    return panels.size(_share("How many left at once", about, "visits/bounce"), 4, 5)


def _stay() -> stat.Panel:
    about = "Half of the visits that are over were shorter; told from a histogram, so off by a minute at most." + _BEFORE
    return panels.size(_with_before(panels.stat_panel("How long they stay", about, "visits/stay").unit("s").decimals(1)), 4, 5)


def _share(title: str, about: str, query: str) -> stat.Panel:
    return _with_before(panels.stat_panel(title, about, query).unit("percentunit").decimals(1))


def _with_before(panel: stat.Panel) -> stat.Panel:
    return panels.colored(panel.override_by_name("Before", [panels.config("noValue", "too new")]), Before=FAINT)


def _over_time() -> timeseries.Panel:
    about = (
        "Visits by the hour or day (the store's) in which they began, and those with a payment. "
        "The line: the period before, moved onto this one."
    )
    panel = panels.columns("When they came", about, "visits/over_time").decimals(0)
    panels.colored(panel, Visits=PLAIN, With_a_purchase=OTHER, Visits_in_the_period_before=FAINT)
    as_line = [
        panels.config("custom.drawStyle", "line"),
        panels.config("custom.lineWidth", 2),
        panels.config("custom.fillOpacity", 0),
        panels.config("custom.lineInterpolation", "stepAfter"),
    ]
    return panels.size(panel.override_by_name("Visits in the period before", as_line), 24, 8)


def _dwell() -> heatmap.Panel:
    about = "Of the visits that began in each hour and are over, how many lasted so long: darker, fewer; lighter, more."
    return panels.size(panels.heat("How long visits last, hour by hour", about, "visits/dwell_by_hour"), 24, 8)


def _weekdays() -> barchart.Panel:
    about = "Visits on each day of the week, a day. Grey: in as many days before. " + _WHOLE + " Days on which nobody came are left out."
    panel = panels.bars("Which days are busy", about, "visits/weekday").no_value(_NO_DAY).decimals(0)
    return panels.size(panels.colored(panel, Visits_a_day=PLAIN, In_the_days_before=FAINT), 10, 8)


def _weekend() -> table.Panel:
    about = (
        "Visits a day on which somebody came, and how they went; rates are computed from sums, the stay is the median. "
        "Conversion, came in and left at once as in the figures above. " + _WHOLE
    )
    panel = panels.sized(panels.rows("Weekdays against the weekend", about, "visits/weekend"), 220, "Days").no_value(_NO_DAY)
    panels.measured(panel, "percentunit", "Came in", "Conversion", "Left at once", decimals=1)
    panels.measured(panel, "none", "Visits a day", decimals=0)
    return panels.size(panels.measured(panel, "s", "Median stay", decimals=1), 14, 8)


def _loyalty() -> table.Panel:
    about = (
        "A visitor is known by the tag or phone they carry. Returning: another visit in the 28 days before this one. "
        "What is seen more than three times on each of its days is a band that the store lends, and says nothing of who carries it."
    )
    panel = panels.rows("Who is new, who comes again", about, "visits/loyalty")
    panels.measured(panel, "percentunit", "Share", "Conversion", decimals=1)
    return panels.size(panels.barred(panels.measured(panel, "s", "Median stay", decimals=1), "Share", 1), 24, 5)
