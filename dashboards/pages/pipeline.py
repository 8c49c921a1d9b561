"""Pipeline: whether everything that the sensors said has arrived, in time, and what is wrong where not. For who runs instore."""

from grafana_foundation_sdk.builders import bargauge, stat, table, timeseries
from grafana_foundation_sdk.models.common import BigValueColorMode, StackingMode, VisibilityMode

from dashboards import panels, variables
from dashboards.board import Board, Page, Place, board
from dashboards.palette import ACT, FAINT, GOOD, PLAIN, WATCH
from dashboards.panels import config, steps

_NOTHING = "nothing was received in this time"


def pipeline() -> Board:
    """The page, over all stores."""
    page = Page(
        uid="instore-pipeline",
        title="Pipeline",
        about="Whether everything that the sensors of all stores said has arrived, in time, and what is wrong where not.",
        since="now-6h",
        refresh="30s",
    )
    lines: list[list[Place]] = [
        [_difference(), _behind(), _sensor_count(), _rejected_count()],
        [_stores(), _accounting()],
        [_sensors(), [_traffic(), _delay()]],
        [_rejected(), _rejected_samples()],
        [_late(), _rebuilds()],
    ]
    return board(page, lines, [variables.by("5m", "hour", "day")])


def _difference() -> stat.Panel:
    about = (
        "received - stored - duplicate - rejected, of each store and hour, added up without sign. It must be 0: anything else was lost "
        "or doubled. Then look at the table below, and at the log of the worker of that hour."
    )
    panel = (
        panels.stat_panel("Readings missing or double", about, "pipeline/difference")
        .no_value(_NOTHING)
        .color_mode(BigValueColorMode.BACKGROUND)
    )
    return panels.size(panel.color_scheme(panels.colored_by_steps()).thresholds(steps(GOOD, (1, ACT))), 6, 5)


def _behind() -> stat.Panel:
    about = (
        "How old the newest reading is, of the open store where it is oldest. Orange from a minute, red from 5. Left out: who names no "
        "opening hours and has been silent for 5 minutes to an hour (it may be night there), and who has been for a week. "
        "Is only one store behind, look at its network; are all, at bridge, Kafka and worker (`instore doctor`)."
    )
    panel = panels.stat_panel("Behind, at the most", about, "pipeline/behind").unit("s").decimals(0).no_value("closed, or nothing received")
    panel.color_mode(BigValueColorMode.BACKGROUND).color_scheme(panels.colored_by_steps())
    return panels.size(panel.thresholds(steps(GOOD, (60, WATCH), (300, ACT))), 6, 5)


def _sensor_count() -> stat.Panel:
    about = (
        "Silent: not heard for longer than sensor_silent_s (30 min) while the store is open, or planned and never heard in the time "
        "range. Clock off: its shortest delay is over 10 s, ahead or behind. Late or rejected: over 5 % of its readings late, or over 1"
        " % rejected."
    )
    panel = panels.stat_panel("Sensors with a fault", about, "pipeline/sensor_count").no_value(_NOTHING).color_mode(BigValueColorMode.VALUE)
    return panels.size(panel.color_scheme(panels.colored_by_steps()).thresholds(steps(GOOD, (1, WATCH))), 6, 5)


def _rejected_count() -> stat.Panel:
    about = "Readings that could not be accepted, each with a reason; of all that were stored or rejected. Orange from 0.1 %, red from 1 %."
    panel = panels.stat_panel("Rejected", about, "pipeline/rejected_count").no_value(_NOTHING)
    share = [config("unit", "percentunit"), config("decimals", 2), config("color", {"mode": "thresholds"})]
    share.append(config("thresholds", steps(GOOD, (0.001, WATCH), (0.01, ACT)).build()))
    return panels.size(panel.override_by_name("Of all", share), 6, 5)


def _stores() -> table.Panel:
    about = (
        "How long ago the newest reading of each store was (by the sensors' clocks), when the bridge received the last one, and when a "
        "visit was last written. live: less than a minute; behind: less than 5; stale: longer; closed: by its opening hours, or open "
        "for less than 15 minutes; nothing received: not within the day before the end of the "
        "time range, however new its readings are since; may be closed: it names no opening hours, and this is less than an hour."
    )
    panel = panels.rows("Stores: how fresh", about, "pipeline/stores")
    colors = {"live": GOOD, "behind": WATCH, "stale": ACT, "closed": FAINT, "may be closed": FAINT, "silent for a week": FAINT}
    colors |= {"never heard": WATCH, "nothing received": FAINT}
    panels.filled(panel, "Is", panels.words(colors))
    for name in ("Newest reading was", "Last received", "Last visit written"):
        panel.override_by_name(name, [config("unit", "s"), config("decimals", 0), config("noValue", "over a day")])
    return panels.size(panel, 12, 6)


def _accounting() -> table.Panel:
    about = (
        "received = stored + duplicate + rejected, for each store: received and duplicate are counted at the door, stored and rejected "
        "from the rows. Hours off: hours in which it does not add up; a loss and a doubling cannot cancel out there."
    )
    panel = (
        panels.rows("Accounting: received = stored + duplicate + rejected", about, "pipeline/accounting")
        .no_value(_NOTHING)
        .unit("locale")
        .decimals(0)
    )
    panels.filled(panel, "It", panels.words({"adds up": GOOD, "does not": ACT}))
    return panels.size(panel.override_by_name("It", [config("custom.width", 90)]), 12, 6)


def _sensors() -> table.Panel:
    about = (
        "silent: look at its power and its network. never heard: it stands in the layout; was it ever put up, does its name fit? clock "
        "is off: set its time (NTP); positive is behind. late: its network is slow, or it sends in batches. rejected: look at the "
        "reasons below. nothing received: of the whole store in this time. The worst 100."
    )
    panel = panels.rows("Sensors that somebody must look at", about, "pipeline/sensors").no_value("all are fine")
    colors = {"silent": ACT, "never heard": ACT, "clock is off": WATCH, "late": WATCH, "rejected": WATCH, "nothing received": FAINT}
    panels.filled(panel, "Is", panels.words(colors))
    panel.override_by_name("Is", [config("custom.width", 100)])
    for name, unit in {"Last heard": "s", "Clock behind": "s", "Late": "percentunit"}.items():
        panel.override_by_name(name, [config("unit", unit), config("decimals", 1), config("noValue", "")])
    for name in ("Rejected", "Stored"):
        panel.override_by_name(name, [config("noValue", "")])
    return panels.size(panel, 12, 10)


def _traffic() -> timeseries.Panel:
    about = (
        "Readings by the time of their receipt. Late: further behind their store's time than its lateness_s (60 s); they are stored, "
        "and their visits told anew."
    )
    panel = (
        panels.columns("Readings received", about, "pipeline/traffic")
        .no_value(_NOTHING)
        .unit("short")
        .stacking(panels.stacked(StackingMode.NORMAL))
        .decimals(0)
    )
    return panels.size(panels.colored(panel, On_time=PLAIN, Late=WATCH, Rejected=ACT), 12, 5)


def _delay() -> timeseries.Panel:
    about = (
        "Seconds from a reading's own time to its receipt by the bridge: under way, or by a wrong clock. After an outage it is long for"
        " a while."
    )
    panel = panels.lines("From sensor to bridge", about, "pipeline/delay").no_value(_NOTHING).unit("s").show_points(VisibilityMode.AUTO)
    return panels.size(panels.colored(panel, Mean=PLAIN, Longest=FAINT), 12, 5)


def _rejected() -> bargauge.Panel:
    about = "How many readings were rejected for which reason in the time range: docs/readings.md says what each means."
    panel = panels.gauges("Rejected, by reason", about, "pipeline/rejected").no_value("none")
    return panels.size(panel.decimals(0).color_scheme(panels.always(WATCH)), 9, 5)


def _rejected_samples() -> table.Panel:
    about = (
        "The newest three of each reason, without their bytes, which may name a device. Who may see these: "
        "`SELECT detail, raw FROM instore.rejected_readings`, as the owner of the database."
    )
    return panels.size(panels.rows("Rejected, for example", about, "pipeline/rejected_samples").no_value("none"), 15, 5)


def _late() -> table.Panel:
    about = (
        "Readings that came further behind their store's time than its lateness_s (60 s). They count: visits that they touch are told anew."
    )
    panel = panels.rows("Late readings", about, "pipeline/late").no_value("none was late")
    panel.override_by_name("Of all", [config("unit", "percentunit"), config("decimals", 2)])
    return panels.size(panel.override_by_name("Longest delay", [config("unit", "s"), config("decimals", 0)]), 10, 4)


def _rebuilds() -> table.Panel:
    about = "Stretches of the past that `instore rebuild` asked to be told anew, and how far the worker is."
    panel = panels.rows("Rebuilt", about, "pipeline/rebuilds").no_value("nothing was asked for")
    panels.filled(panel, "Is", panels.words({"done": GOOD, "waits": WATCH, "at work": PLAIN}))
    return panels.size(panel.override_by_name("Of", [config("noValue", "")]), 14, 4)
