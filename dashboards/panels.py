"""The house style: what all panels of a kind have in common. A dashboard adds its query, its unit, and what its numbers mean.

Every panel has a title that is a question's answer in few words, and a description that says how the figure is defined.
"""

from collections.abc import Mapping
from typing import TypeVar

from grafana_foundation_sdk.builders import barchart, bargauge, canvas, common, dashboard, heatmap, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common as styles
from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    DynamicConfigValue,
    FieldColorModeId,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode

from dashboards.palette import FAINT, PLAIN
from dashboards.sql import SOURCE, Query

Panel = TypeVar(
    "Panel", stat.Panel, timeseries.Panel, barchart.Panel, bargauge.Panel, table.Panel, heatmap.Panel, statetimeline.Panel, canvas.Panel
)

NOTHING = "no data"
"""Shown where a query returns nothing: not a zero, which would be a figure."""

LEAST_PX = 60
"""How narrow a column of a table may be: Grafana makes none under 150 by itself, and the last ones do not fit then."""

TIME_PX = 180
"""A day with its time."""


def stat_panel(title: str, about: str, query: str) -> stat.Panel:
    """One number, or one for each column of the query's one row."""
    panel = _common(stat.Panel(), title, about, query)
    return (
        panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .graph_mode(styles.BigValueGraphMode.NONE)
        .color_mode(styles.BigValueColorMode.VALUE)
        .justify_mode(styles.BigValueJustifyMode.CENTER)
    )


def lines(title: str, about: str, query: str) -> timeseries.Panel:
    """Lines over time: a column of time, and a number for each line."""
    panel = _common(timeseries.Panel(), title, about, query)
    return (
        panel.line_width(2)
        .fill_opacity(8)
        .show_points(styles.VisibilityMode.NEVER)
        .line_interpolation(styles.LineInterpolation.STEP_AFTER)
        .legend(_legend())
        .tooltip(common.VizTooltipOptions().mode(styles.TooltipDisplayMode.MULTI).sort(styles.SortOrder.DESCENDING))
        .axis_soft_min(0)
    )


def columns(title: str, about: str, query: str) -> timeseries.Panel:
    """Bars over time: what happened in each stretch of it."""
    return (
        lines(title, about, query)
        .draw_style(styles.GraphDrawStyle.BARS)
        .line_width(0)
        .fill_opacity(80)
        .bar_alignment(styles.BarAlignment.AFTER)
        .line_interpolation(styles.LineInterpolation.LINEAR)
    )


def bars(title: str, about: str, query: str) -> barchart.Panel:
    """Bars of things beside each other: a column of text, and a number for each bar of it."""
    panel = _common(barchart.Panel(), title, about, query)
    return (
        panel.orientation(styles.VizOrientation.HORIZONTAL)
        .show_value(styles.VisibilityMode.AUTO)
        .bar_width(0.8)
        .fill_opacity(80)
        .line_width(0)
        .legend(_legend())
        .tooltip(common.VizTooltipOptions().mode(styles.TooltipDisplayMode.MULTI).sort(styles.SortOrder.NONE))
    )


def gauges(title: str, about: str, query: str) -> bargauge.Panel:
    """One bar for each row of a query, against a maximum: a column of text and a number."""
    panel = _common(bargauge.Panel(), title, about, query)
    return (
        panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(True).limit(50))
        .orientation(styles.VizOrientation.HORIZONTAL)
        .display_mode(styles.BarGaugeDisplayMode.BASIC)
        .show_unfilled(True)
    )


def rows(title: str, about: str, query: str) -> table.Panel:
    """A table of the query's rows. What it says where there is none is not said in every empty cell; all columns fit in."""
    of_all = [config("noValue", ""), config("custom.minWidth", LEAST_PX)]
    panel = _common(table.Panel(), title, about, query).show_header(True).override_by_regexp("/.*/", of_all)
    return panel.override_by_field_type("time", [config("custom.width", TIME_PX)])


def heat(title: str, about: str, query: str) -> heatmap.Panel:
    """Cells over time: a column of time, and a number for each row of cells, from the lowest to the highest."""
    panel = _common(heatmap.Panel(), title, about, query)
    colors = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Blues").steps(64).fill(PLAIN)
    return panel.calculate(False).color(colors).cell_gap(1).show_value(styles.VisibilityMode.NEVER)


def timeline(title: str, about: str, query: str) -> statetimeline.Panel:
    """What was the case from when to when: a column of time, and a text for each row, null where nothing was."""
    panel = _common(statetimeline.Panel(), title, about, query)
    return panel.merge_values(False).show_value(styles.VisibilityMode.AUTO).fill_opacity(80).line_width(0).legend(_legend())


def plan(title: str, about: str, query: str) -> canvas.Panel:
    """A picture whose parts have colors and texts of fields: `dashboards.pages.floor` draws a store's plan so."""
    return _common(canvas.Panel(), title, about, query).inline_editing(False).show_advanced_types(False)


def size(panel: Panel, width: int, height: int) -> Panel:
    """Give a panel its size on the grid of 24 columns."""
    return panel.span(width).height(height)


def steps(base: str, *above: tuple[float, str], percent: bool = False) -> dashboard.ThresholdsConfig:
    """Colors by value: `base` up to the first threshold, then that of each threshold from there on."""
    mode = ThresholdsMode.PERCENTAGE if percent else ThresholdsMode.ABSOLUTE
    return (
        dashboard.ThresholdsConfig().mode(mode).steps([Threshold(color=base), *(Threshold(value=at, color=color) for at, color in above)])
    )


def colored_by_steps() -> dashboard.FieldColor:
    """Take colors from the thresholds."""
    return dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS)


def always(color: str) -> dashboard.FieldColor:
    """Take one color."""
    return dashboard.FieldColor().mode(FieldColorModeId.FIXED).fixed_color(color)


def colored(panel: Panel, **of_columns: str) -> Panel:
    """Give columns colors, by name (`_` for a space)."""
    for name, color in of_columns.items():
        panel.override_by_name(name.replace("_", " "), [config("color", {"mode": "fixed", "fixedColor": color})])
    return panel


def config(name: str, value: object) -> DynamicConfigValue:
    """One property of a column, as Grafana names it: `unit`, `custom.width`, `links`, ..."""
    return DynamicConfigValue(id_val=name, value=value)


def words(colors: Mapping[str, str]) -> ValueMap:
    """Give texts that speak for themselves their colors."""
    return ValueMap(options={text: ValueMappingResult(text=text, color=color, index=at) for at, (text, color) in enumerate(colors.items())})


def stacked(mode: styles.StackingMode) -> common.StackingConfig:
    """Bars of one moment on each other."""
    return common.StackingConfig().mode(mode).group("A")


def filled(panel: Panel, column: str, texts: ValueMap) -> Panel:
    """Fill a table's cells of a column by what they say. A Grafana before 9.5 knows the first name of this, a later one the second."""
    cell: list[DynamicConfigValue] = [
        config("custom.displayMode", "color-background"),
        config("custom.cellOptions", {"type": "color-background", "mode": "basic"}),
    ]
    return panel.override_by_name(column, [*cell, config("mappings", [texts]), config("custom.align", "center")])


def measured(panel: Panel, unit: str, *columns: str, decimals: int | None = None) -> Panel:
    """Give columns a unit, and how many decimals are shown."""
    shown = [config("unit", unit), *([] if decimals is None else [config("decimals", decimals)])]
    for name in columns:
        panel.override_by_name(name, shown)
    return panel


def barred(panel: Panel, column: str, most: float) -> Panel:
    """Draw a table's cells of a column as bars, up to `most`. The first name is that of Grafanas before 9.5."""
    gauge: list[DynamicConfigValue] = [
        config("custom.displayMode", "basic"),
        config("custom.cellOptions", {"type": "gauge", "mode": "basic"}),
    ]
    return panel.override_by_name(column, [*gauge, config("min", 0), config("max", most)])


def judged(panel: Panel, column: str, thresholds: dashboard.ThresholdsConfig) -> Panel:
    """Color a column's values by thresholds of their own."""
    return panel.override_by_name(column, [config("color", {"mode": "thresholds"}), config("thresholds", thresholds.build())])


def sized(panel: Panel, width_px: int, *columns: str) -> Panel:
    """Give columns of a table a width; the others share what is left."""
    for name in columns:
        panel.override_by_name(name, [config("custom.width", width_px)])
    return panel


def hidden(panel: Panel, *names: str) -> Panel:
    """Hide columns that only links need."""
    for name in names:
        panel.override_by_name(name, [config("custom.hidden", value=True)])
    return panel


def linked(panel: Panel, column: str, title: str, url: str) -> Panel:
    """Make the values of a column links: `${__data.fields.NAME}` is what a column of the same row says."""
    return panel.override_by_name(column, [config("links", [{"title": title, "url": url}])])


def unknown(text: str) -> SpecialValueMap:
    """Say a text, faintly, where there is no value: it is no bad one."""
    result = ValueMappingResult(text=text, color=FAINT, index=0)
    return SpecialValueMap(options=DashboardSpecialValueMapOptions(match=SpecialValueMatch.NULL_AND_NAN, result=result))


def _common(panel: Panel, title: str, about: str, query: str) -> Panel:
    return (
        panel.title(title)
        .description(about)
        .datasource(SOURCE)
        .with_target(Query(query))
        .no_value(NOTHING)
        .color_scheme(always(PLAIN))
        .thresholds(steps(PLAIN))
    )


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .show_legend(True)
        .display_mode(styles.LegendDisplayMode.LIST)
        .placement(styles.LegendPlacement.BOTTOM)
        .calcs([])
    )
