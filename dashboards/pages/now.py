"""Store now: what happens in a store at this moment, and what needs somebody. One page a store, as each has its own plan.

"Now" is the end of the time range: who picks last Saturday noon as its end sees the store as it was then.
"""

import re
from hashlib import md5
from urllib.parse import quote

from grafana_foundation_sdk.builders import canvas, stat, table, timeseries
from grafana_foundation_sdk.models.common import BigValueColorMode, BigValueGraphMode

from dashboards import panels, variables
from dashboards.board import STORES, Board, Page, Place, board
from dashboards.pages.floor import floor, height_of
from dashboards.palette import ACT, EMPTY, FAINT, GOOD, PLAIN, SOME, WATCH
from dashboards.panels import config, steps
from dashboards.plans import StorePlan

STORE_PAGE = "instore-now-"
"""How the uid of a store's page begins."""

_ID_FITS = re.compile(r"[A-Za-z0-9_-]{1,28}")
"""A Grafana uid has 40 characters at most, of these."""

_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}

_TILLS = {"open a till": ACT, "nobody serves?": WATCH, "watch": WATCH, "fine": GOOD, "nobody waits": FAINT}
"""Red wherever it stands on the page is what the list holds as now."""

_NOT_VISITED = ("outside", "staff")


def page_of(store_id: str) -> str:
    """What the address of a store's page ends with; `queries/parts/all_stores.sql` says the same in SQL."""
    return store_id if _ID_FITS.fullmatch(store_id) else md5(store_id.encode(), usedforsecurity=False).hexdigest()[:12]


def uid_of(plan: StorePlan) -> str:
    """The uid of a store's page."""
    return f"{STORE_PAGE}{page_of(plan.store_id)}"


def name_of(plan: StorePlan) -> str:
    """Name a store so that two of one name are told apart."""
    return plan.name + (f" ({plan.store_id})" if plan.name != plan.store_id else "")


def now(plan: StorePlan) -> Board:
    """The page of a store."""
    page = Page(
        uid=uid_of(plan),
        title=f"Store now: {name_of(plan)}",
        about="What happens in the store at this moment, and what needs somebody. Another end of the time range shows it as it was then.",
        since="now-12h",
        refresh="10s",
        links=STORES,
    )
    lines: list[list[Place]] = [
        [[_need_count(), _inside(plan), _newest()], _needs(plan), [_queues(), _waiting(plan)]],  # on a phone: what to do first
        [[_sales(plan), _visitors()], _inside_today()],
    ]
    if plan.zones:
        lines.insert(1, [_people_floor(plan), _dwell_floor(plan)])
    return board(page, lines, [variables.constant("store", plan.store_id)])


def capacity_of(plan: StorePlan) -> int | None:
    """How many people the store holds comfortably; None where that of a zone is not known."""
    capacities = [zone.capacity for zone in plan.zones if zone.type not in _NOT_VISITED]
    return sum(one for one in capacities if one) if capacities and None not in capacities else None


def _inside(plan: StorePlan) -> stat.Panel:
    capacity = capacity_of(plan)
    about = "Customers whose visit has begun and not ended; staff and passers-by are left out. "
    panel = panels.stat_panel("People inside", about + _of_capacity(capacity), "now/inside").color_mode(BigValueColorMode.BACKGROUND)
    if capacity:
        panel.unit(f"suffix: of {capacity}").thresholds(steps(PLAIN, (0.7 * capacity, WATCH), (0.9 * capacity, ACT)))
        panel.color_scheme(panels.colored_by_steps()).max(capacity)
    return panels.size(panel, 4, 4)


def _of_capacity(capacity: int | None) -> str:
    if capacity is None:
        return "The plan does not say how many people each zone holds, so there is nothing to compare with."
    return f"The zones of the store hold {capacity} together: orange from 70 %, red from 90 %."


def _need_count() -> stat.Panel:
    about = (
        "Signals of the last day whose cause still holds: a zone is not cleared, a queue not short, somebody still there; "
        "of the last 7 days: a sensor not heard again; of the last hour: a basket left behind. As many as the list says `now` of."
    )
    panel = panels.stat_panel("Need somebody now", about, "now/need_count").color_mode(BigValueColorMode.BACKGROUND)
    return panels.size(panel.color_scheme(panels.colored_by_steps()).thresholds(steps(GOOD, (1, ACT))), 4, 6)


def _needs(plan: StorePlan) -> table.Panel:
    about = (
        "Signals, with what to do (docs/signals.md). `now`: its cause still holds, since up to a day (a silent sensor: 7 days), queues "
        "and full zones first, then sensors, of a kind the longest first. For: how long it has lasted. `over`: "
        "raised in the last hour, and settled. "
        "What a shopper values (priority_changed) is for machines, and left out."
    )
    panel = panels.rows("What needs somebody, and what to do", about, "now/needs").no_value("")
    panels.filled(panel, "Is", panels.words({"now": ACT, "over": FAINT, "fine": GOOD}))
    panel.override_by_name("Is", [config("custom.width", 70)]).override_by_name("Since", [config("custom.width", 65)])
    panel.override_by_name("For", [config("unit", "s"), config("decimals", 0), config("noValue", ""), config("custom.width", 70)])
    panels.linked(panel, "Visit", "The visit", _visit_url(plan)).override_by_name("Visit", [config("custom.width", 60)])
    return panels.size(panels.hidden(panel, "at", "visit_id", "from_ms", "to_ms"), 11, 13)


def _queues() -> table.Panel:
    about = (
        "Each zone of tills. Expected wait: people in the zone x the time that one takes (45 s, rule queue_service_s) / open tills; a "
        "till is open for 5 minutes after a payment, and without an open till the wait is that for one. `open a till`: it is on the "
        "list of what needs somebody, from 5 minutes (rule queue_long_wait_s) until it is short; `watch`: from 60 % of that; "
        "`nobody serves?`: somebody for 2 minutes and no till open. Longest here: "
        "how long the first of them has been in the zone."
    )
    panel = panels.rows("Tills: who waits, and how long", about, "now/queues").no_value("the plan has no tills")
    panels.filled(panel, "What to do", panels.words(_TILLS)).override_by_name("What to do", [config("custom.width", 110)])
    for name in ("Expected wait", "Longest here"):
        panel.override_by_name(name, [config("unit", "s"), config("decimals", 0), config("noValue", "")])
    panels.sized(panels.sized(panel, 105, "Expected wait", "Longest here"), 75, "Waiting", "Open tills")
    return panels.size(panel, 9, 7)


def _people_floor(plan: StorePlan) -> canvas.Panel:
    about = (
        "Customers in each zone at this moment, of those whom it holds: from the start of a stay to its end, or 30 s after "
        "its last reading (docs/signals.md). Light: nobody; blue: some, darker from 35 %; orange from 70 %, "
        "red from 90 % of the zone's capacity. Grey: the zone has no capacity in the layout, or is the pavement or a staff room."
    )
    graded = [zone.zone_id for zone in plan.zones if zone.capacity and zone.type not in _NOT_VISITED]
    panel = floor("Where people are", about, "floor/people", plan.zones, graded)
    panel.color_scheme(panels.colored_by_steps()).thresholds(
        steps(EMPTY, (0.000001, SOME), (35, PLAIN), (70, WATCH), (90, ACT), percent=True)
    )
    return panels.size(panel, 12, height_of(plan.zones, 12))


def _dwell_floor(plan: StorePlan) -> canvas.Panel:
    about = (
        "Median time of a stay in each zone, of those that ended in the last hour. Blue: up to half as long again as usual "
        "(the median of the four weeks before); orange from 1.5 times: look whether something is missing, "
        "cannot be found, or a queue stands there. Light: nobody left it. Grey: the pavement, and staff rooms."
    )
    graded = [zone.zone_id for zone in plan.zones if zone.type not in _NOT_VISITED]
    panel = floor("How long they stay, against the usual", about, "floor/dwell", plan.zones, graded)
    panel.color_scheme(panels.colored_by_steps()).thresholds(steps(EMPTY, (0.000001, PLAIN), (37.5, WATCH), percent=True))
    return panels.size(panel.decimals(1), 12, height_of(plan.zones, 12))


def _waiting(plan: StorePlan) -> table.Panel:
    about = (
        "Who has been in a zone of tills for 5 minutes (rule queue_long_wait_s), or elsewhere for 15 (rule long_dwell_s), "
        "and is still there. Red: it is on the list of what needs somebody; at a till the word is that "
        "of its queue. The link opens the visit: what they looked at, and where they were before."
    )
    panel = panels.rows("Who has been waiting long", about, "now/waiting").no_value("nobody")
    panels.filled(panel, "What to do", panels.words(_TILLS | {"offer help": ACT, "fine: waits": GOOD}))
    panel.override_by_name("For", [config("unit", "s"), config("decimals", 0), config("custom.width", 100)])
    panels.linked(panel, "Where", "The visit", _visit_url(plan))
    return panels.size(panels.hidden(panel, "visit_id", "from_ms", "to_ms"), 9, 6)


def _sales(plan: StorePlan) -> stat.Panel:
    about = (
        "Payments less refunds since midnight (the store's), all tills, in the store's currency (nothing, where it names none and is paid "
        "in several). Usual: the mean of the same weekday of the four weeks before, up to the same time of day; weeks without any sale "
        "are left out."
    )
    panel = panels.stat_panel("Sales today", about, "now/sales").no_value("not yet known")
    return panels.size(_against_usual(panel.unit(_money(plan.currency)).decimals(0)), 10, 5)


def _visitors() -> stat.Panel:
    about = (
        "Visits that began since midnight (the store's), without staff and passers-by. Usual: the mean of the same weekday "
        "of the four weeks before, up to the same time of day; weeks without any visit are left out."
    )
    return panels.size(
        _against_usual(panels.stat_panel("Visitors today", about, "now/visitors").no_value("not yet known").decimals(0)), 10, 5
    )


def _against_usual(panel: stat.Panel) -> stat.Panel:
    panels.colored(panel, Usual_by_now=FAINT).mappings([panels.unknown("not yet known")])
    share = [config("unit", "percentunit"), config("decimals", 0), config("color", {"mode": "thresholds"})]
    return panel.override_by_name("Against usual", [*share, config("thresholds", steps(ACT, (-0.2, WATCH), (-0.05, GOOD)).build())])


def _newest() -> stat.Panel:
    about = (
        "How long ago the newest reading of the store was: everything here is as old as that. "
        "Orange from a minute, red from 5 minutes: look at the Pipeline page."
    )
    panel = panels.stat_panel("Newest reading, age", about, "now/newest").unit("s").decimals(0).graph_mode(BigValueGraphMode.NONE)
    return panels.size(panel.color_scheme(panels.colored_by_steps()).thresholds(steps(GOOD, (60, WATCH), (300, ACT))), 4, 3)


def _inside_today() -> timeseries.Panel:
    about = "Customers inside at the end of each 5 minutes, and a week before. Staff and passers-by are left out."
    panel = panels.lines("Inside, and a week before", about, "now/inside_today").decimals(0)
    return panels.size(panels.colored(panel, Inside=PLAIN, A_week_before=FAINT), 14, 10)


def _money(currency: str | None) -> str:
    """The unit of an amount: whole, as thousands say too little of a day's sales."""
    return f"prefix:{_SIGNS.get(currency, currency)} " if currency else "none"


def _visit_url(plan: StorePlan) -> str:
    fields = "var-visit=${__data.fields.visit_id}&from=${__data.fields.from_ms}&to=${__data.fields.to_ms}"
    return f"/d/instore-visit?var-store={quote(plan.store_id, safe='')}&{fields}"
