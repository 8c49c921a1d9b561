"""Zones and shelves: where people go and stay, what they look at, take, put back and buy, and where nobody comes."""

from grafana_foundation_sdk.builders import barchart, table, timeseries
from grafana_foundation_sdk.models.common import VisibilityMode

from dashboards import panels, variables
from dashboards.board import Board, Page, Place, board
from dashboards.palette import ACT, FAINT, GOOD, OTHER, PLAIN, THIRD, WATCH
from dashboards.panels import steps

_ONLY = " Zones outside and staff rooms are left out."


def zones() -> Board:
    """The page, for the store and the zones that are picked."""
    page = Page(
        uid="instore-zones",
        title="Zones and shelves",
        about="Where people go and how long they stay; what they look at, take, put back and buy; where nobody comes.",
        since="now-7d",
        refresh="5m",
    )
    lines: list[list[Place]] = [
        [_shelf_funnel(), _dead_spots()],
        [_reach(), _dwell()],
        [_dwell_by_hour()],
        [_products(), _put_back()],
        [_zones()],
    ]
    return board(page, lines, [variables.store(), variables.zones()])


def _shelf_funnel() -> barchart.Panel:
    about = (
        "Of the twelve shelves that are looked at most: looks, looks of 5 s or longer (attention), pickups, "
        "and pickups in visits that then paid for the product. Where a bar is much shorter than the one before, shoppers are lost."
    )
    panel = panels.bars("From a look to the receipt, by shelf", about, "zones/shelf_funnel").decimals(0)
    panels.colored(panel, Looked=FAINT, Looked_5_s_or_longer=PLAIN, Picked_up=OTHER, Bought=GOOD)
    return panels.size(panel.show_value(VisibilityMode.NEVER), 14, 13)


def _dead_spots() -> table.Panel:
    about = (
        "The places that fewest reach: zones by visits, shelves by looks, for a hundred visits to the store. "
        "A dead spot has less than half of the median of all zones, or of all shelves: bring something attractive there, or open the way."
    )
    panel = panels.rows("Where nobody comes", about, "zones/dead_spots").no_value("nobody came")
    panels.filled(panel, "Mark", panels.words({"dead spot": WATCH, "as usual": FAINT}))
    panels.measured(panel, "none", "A hundred visits", decimals=1)
    return panels.size(panels.measured(panel, "percentunit", "Against the median", decimals=0), 10, 13)


def _reach() -> barchart.Panel:
    about = "Exposure rate: visits that came to the zone, of all visits to the store." + _ONLY
    panel = panels.bars("How many reach each zone", about, "zones/reach").unit("percentunit").decimals(0).min(0)
    return panels.size(panels.colored(panel, Reached_by=PLAIN), 12, 12)


def _dwell() -> barchart.Panel:
    about = (
        "How long a stay in the zone lasts: half are shorter than the median, nine of ten than the 90th percentile. "
        "The slowest first. A slow zone of tills is a queue; a fast zone of goods is walked through." + _ONLY
    )
    panel = panels.bars("Slow zones and fast ones", about, "zones/dwell").unit("s").show_value(VisibilityMode.NEVER)
    return panels.size(panels.colored(panel, Median=PLAIN, **{"90th_percentile": THIRD}), 12, 12)


def _dwell_by_hour() -> timeseries.Panel:
    about = "Stays that began in each hour, in all zones that are picked together: pick one zone to see when it slows down." + _ONLY
    panel = panels.lines("When they stay longer", about, "zones/dwell_by_hour").unit("s").fill_opacity(0)
    return panels.size(panels.colored(panel, Median=PLAIN, **{"90th_percentile": THIRD}), 24, 7)


def _products() -> table.Panel:
    about = (
        "The products that are picked up most. Sensors see which shelf is looked at, not which product: "
        "looks are those at the whole shelf. "
        "Bought: pickups in visits that then paid for it. Below 70 % many change their mind: compare price and place."
    )
    panel = panels.rows("From a look to the receipt, by product", about, "zones/product_funnel")
    panels.measured(panel, "percentunit", "Bought of picked up", decimals=0)
    panels.judged(panel, "Bought of picked up", steps(ACT, (0.5, WATCH), (0.7, GOOD)))
    return panels.size(panels.barred(panel, "Bought of picked up", 1), 14, 12)


def _put_back() -> barchart.Panel:
    about = (
        "Put-backs for each pickup, of products picked up at least ten times: taken up, looked at, and not wanted. "
        "Twelve products, the worst first."
    )
    panel = panels.bars("What is put back", about, "zones/put_back").unit("percentunit").decimals(0).min(0)
    return panels.size(panels.colored(panel, Put_back=WATCH), 10, 12)


def _zones() -> table.Panel:
    about = (
        "Visits that came to the zone and their change against the period of the same length before; how often one visit comes back; "
        "the median stay, now and before; and all the time spent there." + _ONLY
    )
    panel = panels.rows("Each zone against the period before", about, "zones/zones")
    panels.measured(panel, "percentunit", "Change", decimals=1)
    panels.judged(panel, "Change", steps(ACT, (-0.2, WATCH), (-0.05, GOOD)))
    panels.measured(panel, "none", "Stays a visit", decimals=1)
    panels.measured(panel, "none", "Hours spent there", decimals=0)
    return panels.size(panels.measured(panel, "s", "Median stay", "Median before", decimals=1), 24, 12)
