"""Panels are drawn from their JSON and answers; what the preview does not know is an error, and no board of ours has it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboards.boards import boards
from dashboards.expand import Scope
from dashboards.frames import Column, Frame
from dashboards.plans import StorePlan, ZonePlan
from dashboards.preview.charts import DRAW_STYLES, SHAPES
from dashboards.preview.draw import KINDS, NotDrawn, draw, unknown
from dashboards.preview.fields import MAPPINGS, MATCHERS, SPECIAL
from dashboards.preview.figure import ticks
from dashboards.preview.floor import ELEMENTS
from dashboards.preview.look import Look
from dashboards.preview.tables import CELLS
from dashboards.preview.transform import HANDLERS, KNOWN, transformed
from dashboards.preview.units import FORMATS
from tests.dashboards.preview.sample import STEPS, board, config, panel

SINCE = datetime(2026, 11, 21, 8, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=1)
LOOK = Look(Scope(SINCE, UNTIL, {"store": ("north",)}), {"store": "North"}, ("now-1h", "now"))
TIME = Column("time", "time", [SINCE, SINCE + timedelta(minutes=20), SINCE + timedelta(minutes=40)])
PLANS = [
    StorePlan("north", "North", "EUR", [ZonePlan("dairy", "Dairy", "general", [(0, 0), (4, 0), (4, 3), (0, 3)], 10)]),
    StorePlan("south", "South", "CHF", [ZonePlan("till-1", "Till 1", "checkout", [], None)]),
    StorePlan("west", "West", None, []),
]
"""With and without a capacity, a sign for the currency, a plan: units and panels go by them."""


OPTIONS: dict[str, Any] = {
    "stat": {"colorMode": "value"},
    "bargauge": {"reduceOptions": {"values": True}},
    "canvas": {"root": {"elements": []}},
}
"""What a kind cannot be without."""


def _drawn(kind: str, *columns: Column, **more: Any) -> Any:
    """Draw a panel, and return it as the browser gets it."""
    one = {**panel(kind, "Some", None, (0, 0, 6, 6), options=OPTIONS.get(kind, {})), **more}
    return draw(one, [Frame(list(columns))], LOOK).to_plotly_json()  # type: ignore[no-untyped-call]


def _texts(part: Any) -> str:
    """All texts of a component, in order."""
    if hasattr(part, "to_plotly_json"):
        part = part.to_plotly_json()
    if isinstance(part, dict) and "props" in part:
        return _texts(part["props"].get("children"))
    if isinstance(part, list | tuple):
        return " ".join(filter(None, map(_texts, part)))
    return "" if part is None else str(part)


def _figure(drawn: Any) -> Any:
    return drawn["props"]["children"].figure


def test_the_sample_has_every_kind() -> None:
    """So what the browser tests see is all that there is; and one that the preview does not know."""
    assert {one["type"] for one in board()["panels"]} == {*KINDS, "piechart"}
    assert list(unknown(board())) == ["Sample, Not for the preview: kind piechart"]


def test_nothing_in_our_boards_is_unknown_to_the_preview() -> None:
    """Neither a kind of panel nor a unit, a transformation, a color, a mapping."""
    assert [problem for one in boards(PLANS) for problem in unknown(one)] == []


def test_the_preview_draws_no_kind_that_our_boards_do_not_have() -> None:
    """Nor a unit, a transformation, a way to mean columns, a kind of mapping, of cells, of lines: what nobody uses goes."""
    made = str(boards(PLANS))
    known = [*KINDS, *FORMATS, *KNOWN, *HANDLERS, *MATCHERS, *MAPPINGS, SPECIAL, *CELLS, *SHAPES, *DRAW_STYLES, *ELEMENTS]
    assert [name for name in known if f"'{name}'" not in made] == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": "piechart"}, "kind piechart"),
        ({"title": "Wait at ${store}"}, "a variable in its title"),
        ({"fieldConfig": config(unit="furlongs")}, "unit furlongs"),
        ({"fieldConfig": config(("x", "unit", "furlongs"))}, "unit furlongs"),
        ({"fieldConfig": config(color={"mode": "rainbow"})}, "color mode rainbow"),
        ({"fieldConfig": config(color={"mode": "fixed", "fixedColor": "mauve"})}, "color mauve"),
        ({"fieldConfig": config(mappings=[{"type": "range", "options": {}}])}, "mapping range"),
        ({"fieldConfig": config(mappings=[{"type": "special", "options": {"match": "empty"}}])}, "mapping special"),
        ({"fieldConfig": config(displayName="N")}, "displayName"),
        ({"fieldConfig": {"overrides": [{"matcher": {"id": "byMagic"}, "properties": []}]}}, "override byMagic"),
        ({"fieldConfig": config(("x", "custom.displayMode", "sparkles"))}, "cell sparkles"),
        ({"fieldConfig": config(("x", "custom.lineInterpolation", "smooth"))}, "lineInterpolation smooth"),
        ({"fieldConfig": config(("x", "custom.stacking", {"mode": "percent"}))}, "stacking percent"),
        ({"fieldConfig": config(links=[{"url": "/d/x?tz=${__timezone}"}])}, "${__timezone} in a link"),
        ({"transformations": [{"id": "histogram"}]}, "transformation histogram"),
        ({"transformations": [{"id": "rowsToFields", "options": {"mappings": [{"handlerKey": "min"}]}}]}, "handler min"),
        ({"repeat": "zone"}, "repeat of a panel"),
        ({"options": {"textMode": "name"}}, "textMode name"),
        ({"options": {"reduceOptions": {"calcs": ["mean"]}}}, "reduction mean"),
        ({"options": {"reduceOptions": {"values": True}}}, "reduction of each row"),
        ({"options": {"root": {"elements": [{"type": "drone"}]}}}, "part drone of a canvas"),
        ({"options": {"root": {"elements": [{"type": "rectangle"}]}}}, "part of a canvas that does not grow with it"),
    ],
)
def test_what_is_unknown_is_named(changes: dict[str, Any], said: str) -> None:
    """With the board and the panel that it is in."""
    one = {**panel("stat", "Some", None, (0, 0, 1, 1)), **changes}
    assert list(unknown({"title": "Sample", "panels": [one]})) == [f"Sample, {one['title']}: {said}"]


def test_an_unknown_kind_is_not_drawn() -> None:
    """It is said, and no silent blank."""
    with pytest.raises(NotDrawn, match="kind piechart"):
        _drawn("piechart", TIME)
    with pytest.raises(NotDrawn, match="unit furlongs, color mode rainbow"):
        _drawn("stat", fieldConfig=config(unit="furlongs", color={"mode": "rainbow"}))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_nothing_is_said_to_be_nothing(kind: str) -> None:
    """A query without rows shows the panel's words for that."""
    empty = [Column("time", "time", []), Column("name", "string", []), Column("n", "number", [])]
    assert _texts(_drawn(kind, *empty)) == "no data"


def test_one_number_and_its_color() -> None:
    """The last value that is not null, in its unit, with the color of its threshold."""
    drawn = _drawn("stat", Column("n", "number", [1.0, 41.0, None]), fieldConfig=config(thresholds=STEPS, color={"mode": "thresholds"}))
    assert _texts(drawn) == "41"
    assert "#D55E00" in str(drawn)


def test_lines_have_times_of_the_clock_and_values_in_their_unit() -> None:
    """A null is a gap."""
    trace = _figure(_drawn("timeseries", TIME, Column("In", "number", [1, None, 90]), fieldConfig=config(unit="s")))["data"][0]
    assert trace["x"][0] == "2026-11-21 08:00:00.000"
    assert (trace["name"], trace["y"], trace["customdata"]) == ("In", [1, None, 90], ["1 s", None, "1.50 min"])


def test_a_picture_has_words() -> None:
    """Who cannot see a chart hears what it shows."""
    drawn = _drawn("timeseries", TIME, Column("In", "number", [1, 7, 3]))
    assert drawn["props"]["role"] == "img"
    assert drawn["props"]["aria-label"] == "Some: over time. In: from 1 to 7, last 3"


def test_two_bars_of_one_name_stay_two() -> None:
    """Zones of two stores may be called the same."""
    figure = _figure(_drawn("barchart", Column("Zone", "string", ["Dairy", "Dairy"]), Column("N", "number", [1, 2])))
    assert len(set(figure["data"][0]["y"])) == 2
    assert figure["layout"]["yaxis"]["ticktext"] == ["Dairy", "Dairy"]


@pytest.mark.parametrize("name", ['<a href="https://x.example">free</a>', "<b>bold</b>", "a &lt; b", "%{x}", "Fruit & vegetables"])
def test_names_are_no_markup(name: str) -> None:
    """Plotly reads tags, entities, and in templates `%{...}`: names of sensors and shelves come from outside."""
    told = name.replace("&lt;", "&amp;lt;").replace("<", "&lt;")
    bars = _figure(_drawn("barchart", Column("Zone", "string", [name]), Column(name, "number", [1])))
    assert bars["layout"]["yaxis"]["ticktext"] == [told] or told.startswith(bars["layout"]["yaxis"]["ticktext"][0].removesuffix("…"))
    states = _figure(_drawn("state-timeline", TIME, Column(name, "string", [name, None, None])))
    assert all("<" not in text for trace in states["data"] for text in (trace["name"], *trace["y"], *trace["text"]))
    assert all(trace["hovertemplate"].count("%{") == 2 for trace in states["data"])


def test_a_long_time_is_no_more_work_a_cell() -> None:
    """Five years by the hour: each column is looked through once, not once for each of its cells."""
    hours = 43_800
    time = Column("time", "time", [SINCE + timedelta(hours=at) for at in range(hours)])
    figure = _figure(_drawn("heatmap", time, *(Column(f"{row} min", "number", list(range(hours))) for row in range(8))))
    assert len(figure["data"][0]["z"][7]) == hours


def test_states_last_until_the_next_or_the_end() -> None:
    """A null is nothing; the last lasts until the end of what is looked at."""
    figure = _figure(_drawn("state-timeline", TIME, Column("zone", "string", ["Dairy", None, "Tills"])))
    lasting = {trace["name"]: trace["x"] for trace in figure["data"]}
    assert lasting == {"Dairy": [1_200_000], "Tills": [1_200_000]}


def test_a_table_links_and_leaves_out() -> None:
    """A hidden column is still good for links."""
    fields = config(("id", "custom.hidden", True), ("For", "links", [{"title": "It", "url": "/d/x?var-visit=${__data.fields.id}"}]))
    columns = [Column("id", "string", ["a", "b", "c"]), Column("For", "number", [1, None, 3])]
    drawn = _drawn("table", *columns, fieldConfig=fields)
    assert _texts(drawn) == "For 1 no data 3"
    assert "/d/x?var-visit=c" in str(drawn)


def test_rows_become_columns_with_their_configuration() -> None:
    """Each zone is a column of a canvas, with the capacity as its maximum."""
    rows = Frame([Column("zone", "string", ["a", "b"]), Column("n", "number", [1, 2]), Column("most", "number", [10, 20])])
    handled = {"zone": "field.name", "n": "field.value", "most": "max"}
    mappings = [{"fieldName": name, "handlerKey": key} for name, key in handled.items()]
    made = transformed([rows], [{"id": "rowsToFields", "options": {"mappings": mappings}}])
    assert [(column.name, column.values) for column in made.frames[0].columns] == [("a", [1]), ("b", [2])]
    assert [one["properties"] for one in made.overrides] == [[{"id": "max", "value": 10}], [{"id": "max", "value": 20}]]


@pytest.mark.parametrize(
    ("low", "high", "unit", "found"),
    [
        (0, 23, None, [0, 10, 20]),
        (0, 40, None, [0, 10, 20, 30, 40]),
        (0, 1, "percentunit", [0, 0.25, 0.5, 0.75, 1]),
        (0, 900, "s", [0, 300, 600, 900]),
        (0, 7200, "s", [0, 1800, 3600, 5400, 7200]),
        (-4, 4, None, [-4, -2, 0, 2, 4]),
    ],
)
def test_ticks_are_round(low: float, high: float, unit: str | None, found: list[float]) -> None:
    """In tens, in quarters, and in minutes where they are times."""
    assert ticks(low, high, unit) == pytest.approx(found)
